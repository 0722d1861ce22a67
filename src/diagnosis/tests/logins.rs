//! What a login comes to at one endpoint.

use super::sample::*;
use crate::diagnosis::{Diagnosis, FindingId, Severity, State, diagnose};
use crate::observation::discovery::ServerLogin;
use crate::observation::*;
use crate::service::{LoginNeed, Service};

pub(crate) const USER: &str = "user@example.org";

/// A healthy endpoint where a login was asked for.
pub(crate) fn logged_in(service: Service, outcome: LoginOutcome) -> Observation {
    let mut observation = healthy(service);
    observation.login = Some(Box::new(LoginAsked { user: USER.to_owned(), token: false, needs: Vec::new() }));
    let mechanism = (!matches!(outcome, LoginOutcome::Withheld(_))).then(|| "PLAIN".to_owned());
    observation.attempts[0].conversation.login = Some(LoginTalk { mechanism, outcome, detail: None });
    observation
}

pub(crate) fn refusal(line: &str) -> LoginOutcome {
    let mut reply = reply(Status::Permanent, line);
    if let Some((enhanced, text)) = reply.text.clone().split_once(' ').filter(|(code, _)| code.starts_with("5.")) {
        (reply.enhanced, reply.text) = (Some(enhanced.to_owned()), text.to_owned());
    }
    LoginOutcome::Refused(reply)
}

pub(crate) fn acceptance() -> LoginOutcome {
    LoginOutcome::Accepted(reply(Status::Positive, "235 Authentication successful"))
}

const WRONG: &str = "535 5.7.8 Authentication failed";

fn with_need(mut observation: Observation, needs: LoginNeed) -> Observation {
    let text = format!("Example wants {needs}.");
    let page = Some("https://example.org/how".to_owned());
    let host = observation.endpoint.host.clone();
    let need = ServerLogin { host, port: observation.endpoint.port, needs, text, page };
    observation.login.as_mut().expect("a login").needs.push(need);
    observation
}

fn told(observation: &Observation) -> (State, Option<Stage>, Vec<(FindingId, Severity)>) {
    let Diagnosis { state, failed_stage, findings } = diagnose(observation);
    (state, failed_stage, findings.iter().map(|finding| (finding.id, finding.severity)).collect())
}

#[test]
fn every_end_of_a_login_has_its_state_and_finding() {
    use FindingId::*;
    use Severity::{Error, Info, Warning};
    let withheld = LoginOutcome::Withheld;
    for (outcome, state, finding) in [
        (acceptance(), State::Ok, Some((LoginAccepted, Info))),
        (refusal(WRONG), State::LoginRefused, Some((LoginWrongPassword, Error))),
        (
            refusal("535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant."),
            State::LoginRefused,
            Some((LoginPasswordsOff, Error)),
        ),
        (refusal("554 no"), State::LoginRefused, Some((FindingId::LoginRefused, Error))),
        (LoginOutcome::Broken("how".to_owned()), State::LoginRefused, Some((LoginServerUnproven, Error))),
        (LoginOutcome::Unanswered, State::LoginUnavailable, Some((LoginNoAnswer, Error))),
        (withheld(Withheld::NoTls), State::Ok, Some((LoginWithheld, Warning))),
        (withheld(Withheld::NoMechanism), State::LoginRefused, Some((LoginNoMechanism, Error))),
        (withheld(Withheld::RefusedBefore), State::Ok, Some((LoginNotTried, Info))),
        (withheld(Withheld::NoTimeLeft), State::Ok, Some((LoginNotTried, Warning))),
        (withheld(Withheld::NotNamed), State::Ok, Some((LoginNotTried, Warning))),
        (withheld(Withheld::MadeElsewhere), State::Ok, None),
    ] {
        let stage = (state != State::Ok).then_some(Stage::Login);
        let seen = told(&logged_in(Service::Submission, outcome.clone()));
        assert_eq!(seen, (state, stage, finding.into_iter().collect()), "{outcome:?}");
    }
}

#[test]
fn what_comes_before_the_login_is_told_as_ever() {
    let mut untrusted = logged_in(Service::Imaps, LoginOutcome::Withheld(Withheld::Untrusted));
    untrusted.attempts[0].tls.as_mut().expect("TLS").faults.push(CertificateFault::Expired);
    let (state, stage, findings) = told(&untrusted);
    assert_eq!((state, stage), (State::CertificateInvalid, Some(Stage::Tls)));
    let ids: Vec<FindingId> = findings.into_iter().map(|(id, _)| id).collect();
    assert_eq!(ids, [FindingId::CertificateExpired, FindingId::LoginWithheld]);

    let mut plain = ended_by_dialogue(Service::Submission, Stage::Starttls, Stop::StarttlsNotOffered);
    let ids = |observation: &Observation| -> Vec<FindingId> {
        diagnose(observation).findings.iter().map(|finding| finding.id).collect()
    };
    assert!(!ids(&plain).contains(&FindingId::LoginWithheld), "nobody asked");
    plain.login = logged_in(Service::Submission, acceptance()).login;
    assert_eq!(diagnose(&plain).state, State::StarttlsNotOffered);
    assert!(ids(&plain).contains(&FindingId::LoginWithheld));

    let mut refused = connect_failed(Service::Submission, ConnectFailureKind::Refused);
    refused.login = plain.login.clone();
    assert_eq!(ids(&refused), [FindingId::ConnectionRefused]);
}

#[test]
fn a_stop_in_the_middle_of_a_login_is_told_by_who_caused_it() {
    let stopped_by = |cause| {
        let mut observation = logged_in(Service::Imaps, LoginOutcome::Unanswered);
        observation.attempts[0].stop = stopped(Stage::Login, cause);
        diagnose(&observation)
    };
    let silent = stopped_by(StopCause::TimedOut(Limit::Stage));
    assert_eq!(silent.state, State::LoginUnavailable);
    assert!(silent.findings[0].message.starts_with("The server did not answer the login of user@example.org"));
    assert!(stopped_by(StopCause::Reset).findings[0].message.starts_with("The connection was reset"));
    assert!(stopped_by(StopCause::Closed).findings[0].message.starts_with("The server closed the connection"));
    for (cause, state) in [
        (StopCause::Interrupted, State::Interrupted),
        (StopCause::TimedOut(Limit::Run), State::Inconclusive),
        (StopCause::Local("no more descriptors".to_owned()), State::LocalError),
    ] {
        let diagnosis = stopped_by(cause);
        assert_eq!(diagnosis.state, state);
        assert!(diagnosis.findings.iter().all(|finding| finding.id != FindingId::LoginNoAnswer), "{diagnosis:?}");
    }
}

#[test]
fn what_the_provider_wants_is_the_better_guess() {
    for (needs, probably) in [
        (LoginNeed::AppPassword, "wants an app password"),
        (LoginNeed::OAuth, "takes no password at all"),
        (LoginNeed::SwitchOnFirst, "switched off"),
    ] {
        let diagnosis = diagnose(&with_need(logged_in(Service::Imaps, refusal(WRONG)), needs));
        let finding = &diagnosis.findings[0];
        assert_eq!(finding.id, FindingId::LoginWrongPassword);
        assert!(finding.message.contains(probably), "{finding:?}");
        assert!(finding.hint.as_ref().is_some_and(|hint| hint.contains("https://example.org/how")), "{finding:?}");
    }
    let wanted = "534 5.7.9 Application-specific password required";
    let diagnosis = diagnose(&with_need(logged_in(Service::Submission, refusal(wanted)), LoginNeed::AppPassword));
    assert_eq!(diagnosis.findings[0].id, FindingId::LoginAppPasswordWanted);
    assert!(diagnosis.findings[0].hint.as_ref().is_some_and(|hint| hint.contains("https://example.org/how")));
}

/// The same reply comes of a back end that is down, and of a hash that the login method has no use for.
#[test]
fn what_else_a_wrong_password_may_be_is_told() {
    let hint = |line: &str, mechanism: &str| {
        let mut observation = logged_in(Service::Submission, refusal(line));
        observation.attempts[0].conversation.login.as_mut().expect("a login").mechanism = Some(mechanism.to_owned());
        let findings = diagnose(&observation).findings;
        assert_eq!(findings[0].id, FindingId::LoginWrongPassword, "{line}");
        findings[0].hint.clone().expect("a hint")
    };
    let postfix = "535 5.7.8 Error: authentication failed: (reason unavailable)";
    for (line, mechanism, back_end, store) in [
        (WRONG, "PLAIN", false, false),
        (WRONG, "SCRAM-SHA-256", false, true),
        (WRONG, "CRAM-MD5", false, true),
        (postfix, "PLAIN", true, false),
        (postfix, "SCRAM-SHA-1", true, true),
    ] {
        let hint = hint(line, mechanism);
        assert!(hint.starts_with("Check that the name is the whole mail address"), "{hint}");
        assert_eq!((hint.contains("back end is down"), hint.contains("a hash")), (back_end, store), "{hint}");
    }
}

#[test]
fn a_server_without_a_fitting_method_is_told_what_it_offers() {
    let offering = |keywords: &[&str], mechanisms: &[&str]| {
        let mut observation = logged_in(Service::Submissions, LoginOutcome::Withheld(Withheld::NoMechanism));
        observation.attempts[0].conversation.secured = Some(super::sample::offering(keywords, mechanisms));
        diagnose(&observation).findings
    };
    let oauth = offering(&["AUTH XOAUTH2 GSSAPI"], &["XOAUTH2", "GSSAPI"]);
    assert_eq!(oauth[0].evidence.as_deref(), Some("offered: XOAUTH2, GSSAPI"));
    assert!(oauth[0].hint.as_ref().is_some_and(|hint| hint.contains("--token-file")));
    let none = offering(&["PIPELINING"], &[]);
    assert_eq!(none.iter().map(|finding| finding.id).collect::<Vec<_>>(), [FindingId::LoginNoMechanism]);
}
