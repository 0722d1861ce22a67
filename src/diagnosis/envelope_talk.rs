//! What a server said to a recipient (`mailprobe rcpt`): would it take mail for it?

use std::time::Duration;

use super::envelope_reply::{Asked, EnvelopeMeaning, meaning};
use super::finding::{Diagnosis, Finding, Severity};
use super::finding_id::FindingId;
use super::refusal;
use super::state::State;
use crate::observation::{Attempt, Observation, Stage};
use crate::protocol::{EnvelopeTalk, Refrained, Reply, Status};
use crate::service::Role;
use crate::target::{AddressClass, Endpoint, Source};

/// What came of asking for a recipient.
enum RecipientAnswer<'a> {
    /// The server would take it.
    Taken { reply: &'a Reply, finding: FindingId },
    /// It would not, or not now.
    Refused { reply: &'a Reply, meaning: EnvelopeMeaning, asked: Asked },
    /// It was not asked: it could not take such an address.
    NoUnicode,
}

/// The envelope with which a recipient was asked for.
fn talk(probe: &Attempt) -> Option<&EnvelopeTalk> {
    probe.conversation.envelope.as_ref().filter(|talk| !talk.recipients.is_empty() && !talk.tests_relaying)
}

/// The answer, where there was one.
fn answer(talk: &EnvelopeTalk) -> Option<RecipientAnswer<'_>> {
    if talk.refrained == Some(Refrained::NoUnicode) {
        return Some(RecipientAnswer::NoUnicode);
    }
    let sender = talk.sender_reply.as_ref()?;
    if let Some(meaning) = meaning(sender, Asked::Sender) {
        return Some(RecipientAnswer::Refused { reply: sender, meaning, asked: Asked::Sender });
    }
    let (wanted, made_up) = talk.recipients.split_first()?;
    let reply = wanted.reply.as_ref()?;
    let meaning = meaning(reply, Asked::Recipient)?;
    if meaning.state != State::Ok {
        return Some(RecipientAnswer::Refused { reply, meaning, asked: Asked::Recipient });
    }
    let is_taken = |reply: &Reply| reply.status == Status::Positive;
    let takes_all = made_up.iter().any(|recipient| recipient.reply.as_ref().is_some_and(is_taken));
    let finding = if takes_all { FindingId::RecipientsAllTaken } else { meaning.finding };
    Some(RecipientAnswer::Taken { reply, finding })
}

/// Whether a recipient was being asked for, and the answer that was wanted did not come.
pub(super) fn is_awaited(probe: &Attempt) -> bool {
    talk(probe).is_some_and(|talk| answer(talk).is_none())
}

/// What the server's answer to a recipient means; `None` where it was not asked for one, or did not answer.
pub(crate) fn answer_to_recipient(observation: &Observation) -> Option<FindingId> {
    Some(match answer(talk(observation.probe()?)?)? {
        RecipientAnswer::Taken { finding, .. } => finding,
        RecipientAnswer::Refused { meaning, .. } => meaning.finding,
        RecipientAnswer::NoUnicode => FindingId::Smtputf8NotOffered,
    })
}

/// Lets the answer be the state where mail servers would have gone on to ask: they pass over a bad certificate, and over
/// TLS that is not to be had. Then what else is to be said of the server is beside the question.
pub(super) fn judge(observation: &Observation, probe: &Attempt, diagnosis: &mut Diagnosis) {
    let endpoint = &observation.endpoint;
    let Some(talk) = talk(probe) else { return };
    let Some(answer) = answer(talk) else { return };
    let (state, finding) = match answer {
        RecipientAnswer::Taken { reply, finding } => (State::Ok, taken(talk, finding).evidence(said(reply))),
        RecipientAnswer::Refused { reply, meaning, asked } => {
            let finding = refused(endpoint, probe, talk, reply, meaning, asked);
            (meaning.state, finding.evidence(said(reply)))
        }
        RecipientAnswer::NoUnicode => {
            (State::MailRefused, Finding::usual(FindingId::Smtputf8NotOffered, Severity::Error))
        }
    };
    let is_passed_over = endpoint.service.tls_is_opportunistic() && diagnosis.state.is_conversation();
    if diagnosis.state == State::Ok || is_passed_over {
        diagnosis.state = state;
        diagnosis.failed_stage = (state != State::Ok).then_some(Stage::Envelope);
        // Nor is it about logins.
        diagnosis.findings.retain(|other| other.id != FindingId::PlaintextLoginOffered);
        for other in &mut diagnosis.findings {
            match other.id {
                FindingId::StarttlsNotOffered => *other = asked_in_the_clear(),
                _ => other.severity = Severity::Info,
            }
        }
    }
    diagnosis.findings.insert(0, finding);
}

fn asked_in_the_clear() -> Finding {
    let message = "The server does not offer STARTTLS, so the question was asked in the clear, as a mail server would.";
    Finding::info(FindingId::StarttlsNotOffered, message)
}

fn said(reply: &Reply) -> String {
    reply.lines.join("\n")
}

fn taken(talk: &EnvelopeTalk, id: FindingId) -> Finding {
    let recipient = talk.recipients.first().map_or("", |wanted| wanted.address.as_str());
    let is_looked_up = talk.recipients.iter().skip(1).any(|made_up| made_up.reply.is_some());
    match id {
        FindingId::RecipientTaken if is_looked_up => Finding::info(
            id,
            format!(
                "The server accepted {recipient} and refused a made-up name of the same domain, so it looks names up. \
                 Acceptance at RCPT proves nothing more: the message itself may still be refused."
            ),
        )
        .advised(),
        FindingId::RecipientTaken => Finding::info(
            id,
            format!(
                "The server accepted {recipient}. That proves acceptance at RCPT and nothing more: it may still refuse \
                 the message or drop it, and many servers accept every name."
            ),
        )
        .hint("To see whether it accepts every name, ask with --accept-all-test. To know that a mailbox is read, write to it."),
        FindingId::RecipientsAllTaken => Finding::info(
            id,
            format!(
                "The server accepted a made-up recipient of the same domain as well. That it accepted {recipient} proves \
                 nothing."
            ),
        )
        .advised(),
        _ => Finding::usual(id, Severity::Info),
    }
}

fn refused(
    endpoint: &Endpoint,
    probe: &Attempt,
    talk: &EnvelopeTalk,
    reply: &Reply,
    meaning: EnvelopeMeaning,
    asked: Asked,
) -> Finding {
    use FindingId::{
        AddressBlocklisted, LoginWanted, MailDeferred, MailRefused, NoReverseName, RecipientGreylisted,
        RecipientUnknown, RelayDenied, SenderDomainRefused, SenderRefused,
    };
    let id = meaning.finding;
    let recipient = talk.recipients.first().map_or("", |wanted| wanted.address.as_str());
    let is_mail_host = endpoint.sources.iter().any(|source| matches!(source, Source::Mx | Source::ImplicitMx));
    match id {
        RecipientUnknown => Finding::error(id, format!("The server says that there is no mailbox {recipient}.")).advised(),
        RecipientGreylisted => Finding::usual(id, Severity::Error).hint(format!(
            "Mail servers try again by themselves, so there is nothing to do. To ask again by hand, repeat this with the same \
             sender and recipient, from this machine, after {}.",
            meaning.wait.map_or_else(|| "a quarter of an hour".to_owned(), wait)
        )),
        AddressBlocklisted => with_our_address(refusal::blocklisted(reply), probe),
        NoReverseName => with_our_address(Finding::usual(id, Severity::Error), probe),
        LoginWanted if endpoint.service.role() == Role::Submission => Finding::error(
            id,
            format!(
                "The server takes mail on port {} only after a login. That is the right answer there, and says nothing \
                 about the recipient.",
                endpoint.port
            ),
        )
        .hint("To ask after a login, add --login USER. To ask as another mail server would, leave out --server."),
        LoginWanted => Finding::error(
            id,
            "The server wants a login before it takes this recipient. From strangers it takes mail only for its own \
             domains, so it does not count this one among them, or it is meant for mail programs.",
        )
        .hint(whose_domain(is_mail_host)),
        RelayDenied => Finding::error(
            id,
            "The server does not take mail for the recipient's domain from strangers (relaying is denied): it does not \
             count the domain among its own.",
        )
        .hint(whose_domain(is_mail_host)),
        SenderRefused | SenderDomainRefused if talk.sender.is_empty() => Finding::error(
            id,
            "The server refuses the null sender (MAIL FROM:<>), which every mail server must take: bounces have it \
             (RFC 5321, section 4.5.5). This says nothing about the recipient.",
        )
        .hint("To ask with a sender of your own, add --from ADDRESS. If you run the server, let it take the null sender."),
        MailRefused | MailDeferred => {
            let what = match asked {
                Asked::Sender => "the sender",
                Asked::Recipient => "the recipient",
            };
            let for_now = if meaning.state == State::MailDeferred { " for now" } else { "" };
            let message = format!("The server refuses {what}{for_now}, and its reply does not say clearly why.");
            let finding = Finding::error(id, message);
            // Most servers take mail there from nobody else, whatever their words.
            let may_want_login = endpoint.service.role() == Role::Submission && probe.conversation.login.is_none();
            if may_want_login {
                finding.hint(format!("Port {} is for users who log in: ask again with --login USER.", endpoint.port))
            } else {
                finding.advised()
            }
        }
        _ => Finding::usual(id, Severity::Error),
    }
}

/// Names this machine's address, where the server sees the one that this machine has.
fn with_our_address(mut finding: Finding, probe: &Attempt) -> Finding {
    finding.message = finding.message.replacen("not the port", "not the recipient", 1);
    if let Some(address) = probe.local.filter(|address| AddressClass::of(*address) == AddressClass::Public) {
        finding.message = finding.message.replacen("public address", &format!("public address, {address},"), 1);
    }
    finding
}

fn whose_domain(is_mail_host: bool) -> &'static str {
    if is_mail_host {
        "The domain's own DNS sends mail to this server. Whoever runs the two must add the domain to the server, or \
         correct the MX record."
    } else {
        "To ask the mail hosts (MX) of the recipient's domain, leave out --server. If this server is meant to be one of \
         them, add the domain to those that it takes mail for."
    }
}

/// `300 s`, `5 minutes`, `2 hours`
fn wait(wait: Duration) -> String {
    match wait.as_secs() {
        seconds if seconds >= 7200 && seconds % 3600 == 0 => format!("{} hours", seconds / 3600),
        seconds if seconds >= 120 && seconds % 60 == 0 => format!("{} minutes", seconds / 60),
        seconds => format!("{seconds} s"),
    }
}

/// Why a server would not take the recipient, to go on after a colon; and whether that is about the recipient at all.
pub(crate) const fn reason_of_refusal(id: FindingId) -> (&'static str, bool) {
    match id {
        FindingId::RecipientUnknown => ("there is no such mailbox", true),
        FindingId::RecipientMailboxFull => ("the mailbox is full", true),
        FindingId::RecipientDisabled => ("the mailbox is disabled", true),
        FindingId::RecipientRestricted => ("the recipient takes mail only from some senders", true),
        FindingId::RecipientGreylisted => ("it wants a second try some minutes later (greylisting)", false),
        FindingId::RelayDenied => ("it does not take mail for that domain from strangers", true),
        FindingId::LoginWanted => ("it wants a login first", false),
        FindingId::TlsWanted => ("it wants TLS first", false),
        FindingId::SenderDomainRefused => ("it refuses the sender's domain", false),
        FindingId::SenderRefused => ("it refuses the sender", false),
        FindingId::AddressBlocklisted => ("this machine's address is on a blocklist", false),
        FindingId::NoReverseName => ("this machine's address has no proper reverse DNS name (PTR)", false),
        FindingId::HeloRefused => ("it refuses the name that this machine gives itself (EHLO)", false),
        FindingId::PoorReputation => ("this machine's address has a poor reputation there", false),
        FindingId::AddressRefused => ("it refuses this machine's address", false),
        FindingId::MailThrottled => ("there was too much mail in too short a time", false),
        FindingId::MailServerFault => ("it has trouble of its own", false),
        FindingId::Smtputf8NotOffered => ("the address is not ASCII, and the server does not offer SMTPUTF8", true),
        _ => ("its reply does not say clearly why", true),
    }
}
