//! A login that was asked for: what became of it.

use super::finding::{Diagnosis, Finding, Severity};
use super::finding_id::FindingId;
use super::login_reply::{LoginMade, LoginMeaning, meaning};
use super::seen::time_of;
use super::state::State;
use crate::observation::{
    Attempt, LoginAsked, LoginOutcome, LoginTalk, Observation, Reply, Stage, StopCause, Withheld,
};
use crate::protocol::Capabilities;
use crate::service::LoginNeed;
use crate::target::Endpoint;
use crate::words::seconds;

/// Adds what the login came to. Where everything before it works, its state is the endpoint's.
pub(super) fn judge(observation: &Observation, probe: &Attempt, diagnosis: &mut Diagnosis) {
    let Some(asked) = observation.login.as_deref() else { return };
    let told = match (&probe.conversation.login, diagnosis.state) {
        // A check that ended for reasons of this machine's own says nothing of the login.
        (_, state) if state.proves_nothing() => return,
        (Some(talk), _) => Told::of(asked, talk, &observation.endpoint, probe),
        (None, state) if lacks_tls(state) => Told::withheld(asked, NO_TLS),
        (None, _) => return,
    };
    let Some(Told { state, mut finding }) = told else { return };
    if (diagnosis.state, state) == (State::Ok, None) {
        // Nobody asked for TLS there: what was asked for works.
        finding.severity = finding.severity.max(Severity::Warning);
    }
    if finding.id == FindingId::LoginNoMechanism {
        // The same, and here it keeps somebody out.
        diagnosis.findings.retain(|other| other.id != FindingId::LoginNotOffered);
    }
    diagnosis.findings.push(finding);
    if let (State::Ok, Some(state)) = (diagnosis.state, state) {
        diagnosis.state = state;
        diagnosis.failed_stage = Some(Stage::Login);
    }
}

/// What is told of a login.
struct Told {
    /// The state that it leads to; `None` where it is none of its own.
    state: Option<State>,
    finding: Finding,
}

const NO_TLS: &str = "the connection is not encrypted";

/// Whether the check stopped for want of the upgrade to TLS.
const fn lacks_tls(state: State) -> bool {
    matches!(
        state,
        State::StarttlsNotOffered | State::StarttlsStripped | State::StarttlsRefused | State::StarttlsInjection
    )
}

impl Told {
    fn of(asked: &LoginAsked, talk: &LoginTalk, endpoint: &Endpoint, probe: &Attempt) -> Option<Self> {
        match &talk.outcome {
            LoginOutcome::Accepted(reply) => {
                let message = format!("The server accepted the login of {}. The mailbox was not opened.", asked.user);
                let finding = Finding::info(FindingId::LoginAccepted, message);
                Some(Self { state: None, finding: finding.evidence(accepted(talk, reply)) })
            }
            LoginOutcome::Refused(reply) => Some(refused(asked, talk, reply)),
            LoginOutcome::Broken(how) => {
                let message = format!(
                    "The login with {} does not count: the server broke the rules of the mechanism, or did not prove that it \
                     knows the password.",
                    method(talk)
                );
                let finding = Finding::error(FindingId::LoginServerUnproven, message).evidence(how.clone());
                Some(Self { state: Some(State::LoginRefused), finding: finding.advised() })
            }
            LoginOutcome::Unanswered => Some(unanswered(asked, probe)),
            LoginOutcome::Withheld(Withheld::NoTls) => Self::withheld(asked, NO_TLS),
            LoginOutcome::Withheld(Withheld::Untrusted) => Self::withheld(asked, "the certificate was not verified"),
            LoginOutcome::Withheld(Withheld::NotNamed) => Some(not_named(asked, endpoint)),
            LoginOutcome::Withheld(Withheld::NoMechanism) => Some(no_mechanism(asked, probe)),
            LoginOutcome::Withheld(Withheld::RefusedBefore) => {
                let message = "No login was tried here: it was refused at two other ports, and a third refusal might lock the account.";
                Some(Self { state: None, finding: Finding::info(FindingId::LoginNotTried, message) })
            }
            LoginOutcome::Withheld(Withheld::NoTimeLeft) => {
                let message =
                    "No login was tried here: those at other ports come first, and took all the time there was.";
                let finding = Finding::warning(FindingId::LoginNotTried, message);
                Some(Self {
                    state: None,
                    finding: finding.hint("Try again with a longer --timeout, or with this port alone."),
                })
            }
            // What came of it is told there.
            LoginOutcome::Withheld(Withheld::MadeElsewhere) => None,
        }
    }

    #[allow(clippy::unnecessary_wraps, reason = "as all others")]
    fn withheld(asked: &LoginAsked, why: &str) -> Option<Self> {
        let message = format!("No {} was sent, so the login was not tried: {why}.", asked.secret_name());
        Some(Self { state: None, finding: Finding::error(FindingId::LoginWithheld, message).advised() })
    }
}

/// Whoever answers for the DNS could have named a server of theirs, with a good certificate for its own name.
fn not_named(asked: &LoginAsked, endpoint: &Endpoint) -> Told {
    let message = format!(
        "No {} was sent here: only the DNS, or a file of settings, named this server, and it is outside the domain of {}.",
        asked.secret_name(),
        asked.user
    );
    let hint = format!("If it is the right one, name it: mailprobe --login {} {}", asked.user, endpoint.host);
    Told { state: None, finding: Finding::warning(FindingId::LoginNotTried, message).hint(hint) }
}

/// `with SCRAM-SHA-256: 235 2.7.0 Authentication successful`
fn accepted(talk: &LoginTalk, reply: &Reply) -> String {
    format!("with {}: {}", method(talk), reply.lines.join("\n"))
}

/// How the login was made.
fn method(talk: &LoginTalk) -> &str {
    talk.mechanism.as_deref().unwrap_or("the protocol's own login command")
}

fn refused(asked: &LoginAsked, talk: &LoginTalk, reply: &Reply) -> Told {
    let made = LoginMade { token: asked.token, challenge: talk.detail.as_deref() };
    let LoginMeaning { finding, state } = meaning(reply, made);
    let evidence: Vec<&str> = reply.lines.iter().map(String::as_str).chain(talk.detail.as_deref()).collect();
    let mut told = told_by(asked, finding);
    if finding == FindingId::LoginWrongPassword {
        let hint = told.hint.take().unwrap_or_default();
        let doubts =
            [reply.text.contains(DOVECOT_DOES_NOT_SAY).then_some(BACK_END), proves_by_hash(talk).then_some(STORE)];
        let said: Vec<&str> = [Some(hint.as_str())].into_iter().chain(doubts).flatten().collect();
        told = told.hint(said.join(" "));
    }
    let finding = told.evidence(evidence.join("\n"));
    Told { state: Some(state), finding }
}

/// What Postfix says where Dovecot gave no reason, as for a back end that is down (findings/).
const DOVECOT_DOES_NOT_SAY: &str = "(reason unavailable)";

const BACK_END: &str = "If you run the server, look at the log of Dovecot: Postfix gives this reply, too, where Dovecot's back \
                        end is down.";
const STORE: &str = "If you run the server and they are right, see how it stores passwords: it may list this login method \
                     and keep a hash that does not fit it.";

/// Whether the server needs the password, or a hash of a kind of its own, to check what it was sent.
fn proves_by_hash(talk: &LoginTalk) -> bool {
    talk.mechanism.as_deref().is_some_and(|name| name.starts_with("SCRAM-") || name == "CRAM-MD5")
}

/// A refusal, with what is known of the provider.
fn told_by(asked: &LoginAsked, id: FindingId) -> Finding {
    let user = &asked.user;
    match id {
        FindingId::LoginWrongPassword => wrong_password(asked),
        FindingId::LoginAppPasswordWanted => by_provider(asked, id, LoginNeed::AppPassword),
        FindingId::LoginServiceOff => by_provider(asked, id, LoginNeed::SwitchOnFirst),
        FindingId::LoginRefused => {
            let message = format!("The server refuses the login of {user}. Its reply does not say clearly why.");
            Finding::error(id, message).hint(
                "Read the reply. If it is about the name or the password, try both once on the provider's web page: many \
                 failures lock the account.",
            )
        }
        FindingId::LoginUnavailable => Finding::error(
            id,
            format!(
                "The server takes no login of {user} for now. This says nothing about the {}.",
                asked.secret_name()
            ),
        )
        .advised(),
        _ => Finding::usual(id, Severity::Error),
    }
}

/// In the usual words, with what is known of the provider in place of the usual advice.
fn by_provider(asked: &LoginAsked, id: FindingId, kind: LoginNeed) -> Finding {
    let finding = Finding::usual(id, Severity::Error);
    match need(asked, kind) {
        Some(told) => finding.hint(told),
        None => finding,
    }
}

/// Many servers say the same of a wrong password and of one of the wrong kind: what the provider is known to want is
/// the better guess.
fn wrong_password(asked: &LoginAsked) -> Finding {
    let refusal = format!("The server refuses the name or password of {}", asked.user);
    let probable = [
        (LoginNeed::OAuth, "probably because it takes no password at all"),
        (LoginNeed::AppPassword, "probably because it wants an app password"),
        (LoginNeed::SwitchOnFirst, "or access for mail programs is switched off"),
    ];
    let known = probable.into_iter().find_map(|(kind, why)| Some((why, need(asked, kind)?)));
    match known {
        Some((why, told)) => Finding::error(FindingId::LoginWrongPassword, format!("{refusal}, {why}.")).hint(told),
        None => Finding::error(FindingId::LoginWrongPassword, format!("{refusal}.")).hint(
            "Check that the name is the whole mail address, and try both once on the provider's web page: many failures \
             lock the account. If they work there, look for app passwords and for IMAP, POP or SMTP in its settings.",
        ),
    }
}

/// What the provider asks for, in a sentence or two, with the page that says how.
fn need(asked: &LoginAsked, kind: LoginNeed) -> Option<String> {
    let login = asked.needs.iter().find(|login| login.needs == kind)?;
    let token = if kind == LoginNeed::OAuth { " mailprobe takes a token with --token-file." } else { "" };
    let page = login.page.as_ref().map(|page| format!(" How: {page}"));
    Some(format!("{}{token}{}", login.text, page.unwrap_or_default()))
}

fn unanswered(asked: &LoginAsked, probe: &Attempt) -> Told {
    let waited = || time_of(probe, Stage::Login).map(|time| format!("nothing received within {}", seconds(time)));
    let (what, evidence) = match probe.stop.as_ref().map(|stop| &stop.cause) {
        Some(StopCause::TimedOut(_)) => ("The server did not answer the login", waited()),
        Some(StopCause::Reset) => ("The connection was reset in answer to the login", None),
        Some(StopCause::Dialogue | StopCause::TooManyBytes) => {
            ("The server answered the login with something that is no reply", None)
        }
        _ => ("The server closed the connection in answer to the login", None),
    };
    let message = format!(
        "{what} of {}. Some servers do that to a refused {}, Microsoft's among them.",
        asked.user,
        asked.secret_name()
    );
    let finding = Finding::error(FindingId::LoginNoAnswer, message).evidence(evidence).advised();
    Told { state: Some(State::LoginUnavailable), finding }
}

/// What mailprobe can use, in plain words.
const FOR_A_PASSWORD: &str = "SCRAM-SHA-256, SCRAM-SHA-1, PLAIN, LOGIN or CRAM-MD5";
const FOR_A_TOKEN: &str = "OAUTHBEARER or XOAUTH2";

fn no_mechanism(asked: &LoginAsked, probe: &Attempt) -> Told {
    let conversation = &probe.conversation;
    let offered = conversation.secured.as_ref().or(conversation.plaintext.as_ref());
    let mechanisms = offered.map(|offered: &Capabilities| offered.mechanisms.as_slice()).unwrap_or_default();
    let secret = asked.secret_name();
    let usable = if asked.token { FOR_A_TOKEN } else { FOR_A_PASSWORD };
    let (message, evidence, hint) = if mechanisms.is_empty() {
        (
            "The server offers no login here, so none was tried.".to_owned(),
            offered.filter(|offered| offered.listed).map(|offered| format!("offered: {}", offered.keywords.join(", "))),
            "Check that this is the right port for logins. If you run the server, enable authentication for it."
                .to_owned(),
        )
    } else {
        let is_oauth = |name: &String| matches!(name.as_str(), "XOAUTH2" | "OAUTHBEARER");
        let hint = match (asked.token, mechanisms.iter().any(is_oauth)) {
            (false, true) => "Give mailprobe an OAuth token in place of the password: --token-file.",
            (true, _) => "Give mailprobe a password in place of the token, if the server takes one.",
            (false, false) => {
                "If you run the server, offer a mechanism that takes a password inside TLS, such as PLAIN."
            }
        };
        (
            format!("The server offers no login method that takes a {secret} and that mailprobe can use ({usable})."),
            Some(format!("offered: {}", mechanisms.join(", "))),
            hint.to_owned(),
        )
    };
    let finding = Finding::error(FindingId::LoginNoMechanism, message).evidence(evidence).hint(hint);
    Told { state: Some(State::LoginRefused), finding }
}
