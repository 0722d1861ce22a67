//! Senders that were named only to see what the server thinks of them: without a login, before STARTTLS, to relay. What it
//! said changes nothing about the state of its port.

use super::envelope_reply::{Asked, meaning};
use super::finding::{Finding, Severity};
use super::finding_id::FindingId;
use super::seen::second_look;
use crate::observation::{Attempt, Observation, Purpose};
use crate::protocol::{Capabilities, EnvelopeTalk, RecipientTalk, Reply, Status};
use crate::service::Role;
use crate::target::{AddressClass, Endpoint};

/// What the answers show.
pub(super) fn remarks(observation: &Observation, probe: &Attempt) -> Vec<Finding> {
    let without_login = mildest_step(probe).and_then(without_login);
    let in_the_clear = second_look(observation, Purpose::SenderInTheClear).map(|look| in_the_clear(observation, look));
    let relayed = probe.conversation.envelope.as_ref().filter(|talk| talk.tests_relaying);
    let relayed = relayed.and_then(|talk| relayed_for_strangers(observation, probe, talk));
    [without_login, in_the_clear, relayed].into_iter().flatten().collect()
}

/// What was said to a sender that nobody but mailprobe asked for.
pub(super) fn mildest_step(probe: &Attempt) -> Option<&EnvelopeTalk> {
    let talk = probe.conversation.envelope.as_ref();
    talk.filter(|talk| talk.recipients.is_empty() && talk.refrained.is_none() && !talk.tests_relaying)
}

/// A submission port that takes a sender from anybody. Refusals are in order, whatever the reason.
fn without_login(talk: &EnvelopeTalk) -> Option<Finding> {
    let reply = talk.sender_reply.as_ref().filter(|reply| reply.status == Status::Positive)?;
    Some(Finding::usual(FindingId::SubmissionWithoutLogin, Severity::Info).evidence(answer("MAIL FROM:<>", reply)))
}

/// Whether the server insists on STARTTLS.
fn in_the_clear(observation: &Observation, look: &Attempt) -> Finding {
    let Some(reply) = &look.conversation.sender_in_the_clear else {
        return cannot_tell(
            "The server did not answer a sender before STARTTLS, so whether it insists on STARTTLS cannot be told.",
            ending(look),
        );
    };
    let seen = answer("MAIL FROM:<> before STARTTLS", reply);
    let is_for_programs = observation.endpoint.service.role() == Role::Submission;
    if reply.status == Status::Positive {
        let severity = if is_for_programs { Severity::Warning } else { Severity::Info };
        return Finding::usual(FindingId::StarttlsNotEnforced, severity).evidence(seen);
    }
    let wanted = meaning(reply, Asked::Sender).map(|meaning| meaning.finding);
    // Where nobody can log in before TLS, to want a login is to want TLS.
    let takes_logins = |offered: &Capabilities| !offered.mechanisms.is_empty();
    match wanted {
        Some(FindingId::TlsWanted) => enforced(seen),
        Some(FindingId::LoginWanted) if !look.conversation.plaintext.as_ref().is_some_and(takes_logins) => {
            enforced(seen)
        }
        Some(FindingId::LoginWanted) => cannot_tell(
            "Before STARTTLS, the server wants a login and offers one, so whether it insists on STARTTLS cannot be told.",
            seen,
        ),
        _ => cannot_tell(
            "The server refused a sender before STARTTLS for another reason, so whether it insists on STARTTLS cannot be told.",
            seen,
        ),
    }
}

fn enforced(seen: String) -> Finding {
    Finding::usual(FindingId::StarttlsEnforced, Severity::Info).evidence(seen)
}

/// What became of the relay test. `None` where it was made at another address.
fn relayed_for_strangers(observation: &Observation, probe: &Attempt, talk: &EnvelopeTalk) -> Option<Finding> {
    let EnvelopeTalk { sender, sender_reply, recipients, refrained, .. } = talk;
    let (None, Some(RecipientTalk { address, reply })) = (refrained, recipients.first()) else { return None };
    let (command, asked, reply) = match (sender_reply, reply) {
        (_, Some(reply)) => (format!("RCPT TO:<{address}>"), Asked::Recipient, Some(reply)),
        (reply, None) => (format!("MAIL FROM:<{sender}>"), Asked::Sender, reply.as_ref()),
    };
    let Some(reply) = reply.filter(|reply| asked == Asked::Recipient || reply.status != Status::Positive) else {
        let message = "The server did not answer, so whether it relays for strangers cannot be told.";
        return Some(cannot_tell(message, ending(probe)));
    };
    let seen = answer(&command, reply);
    if reply.status == Status::Positive {
        return Some(taken(observation, probe, sender, address).evidence(seen));
    }
    Some(match meaning(reply, asked).map(|meaning| meaning.finding) {
        Some(FindingId::RelayDenied) => {
            Finding::info(FindingId::RelayDenied, "The server refuses to relay a stranger's mail, as it should.")
        }
        Some(FindingId::LoginWanted) => {
            Finding::info(FindingId::LoginWanted, "The server takes mail from strangers only after a login, as it should.")
        }
        _ => {
            let (what, way) = match asked {
                Asked::Sender if sender.is_empty() => ("sender", " Try another sender: --sender postmaster@DOMAIN."),
                Asked::Sender => ("sender", " Try another sender."),
                Asked::Recipient => ("recipient", ""),
            };
            return Some(cannot_tell(
                format!(
                    "The server refused the {what} for another reason, so whether it relays for strangers cannot be told.{way}"
                ),
                seen,
            ));
        }
    }
    .evidence(seen))
}

/// A stranger's recipient was taken.
fn taken(observation: &Observation, probe: &Attempt, sender: &str, recipient: &str) -> Finding {
    let Endpoint { host, address, .. } = &observation.endpoint;
    let class = address.map(AddressClass::of).filter(|class| class.is_internal());
    let domain = sender.rsplit_once('@').map(|(_, domain)| domain);
    let foreign = domain.filter(|domain| !is_of_the_server(domain, &host.to_string(), probe));
    match (class, foreign) {
        // From within a network, relaying is what the server is for.
        (Some(class), _) => Finding::warning(
            FindingId::StrangersRecipientAccepted,
            format!(
                "Without a login, the server accepted the recipient {recipient}, whose domain is not its own. It was asked at {} \
                 address, where it may trust this machine.",
                class.article_and_name()
            ),
        )
        .hint("Ask again from outside its network, at its public address. There, it must refuse."),
        (None, Some(domain)) => Finding::error(
            FindingId::OpenRelay,
            format!(
                "Without a login, the server accepted a sender at {domain} and a recipient of a domain that is not its own. Unless \
                 {domain} is its own or it trusts this machine's address, it relays for everybody."
            ),
        )
        .advised(),
        (None, None) => Finding::warning(
            FindingId::StrangersRecipientAccepted,
            format!(
                "Without a login, the server accepted the recipient {recipient}, whose domain is not its own. That is not yet proof \
                 of an open relay: some servers refuse only the message itself."
            ),
        )
        .advised(),
    }
}

/// Whether the domain is one that the server's own names show to be its own.
fn is_of_the_server(domain: &str, host: &str, probe: &Attempt) -> bool {
    let conversation = &probe.conversation;
    let greeted = conversation.greeting.as_ref().and_then(|greeting| greeting.text.split_whitespace().next());
    let offered = conversation.secured.as_ref().or(conversation.plaintext.as_ref());
    let called = offered.and_then(|offered| offered.hello_text.as_deref()?.split_whitespace().next());
    [Some(host), greeted, called].into_iter().flatten().any(|name| is_below(name, domain) || is_below(domain, name))
}

/// Whether a name is another one, or one below it.
fn is_below(name: &str, other: &str) -> bool {
    let (name, other) = (name.to_ascii_lowercase(), other.to_ascii_lowercase());
    name.strip_suffix(&other).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// How a connection ended on which no answer came.
fn ending(attempt: &Attempt) -> Option<String> {
    attempt.stages.last().and_then(|record| record.detail.clone())
}

fn cannot_tell(message: impl Into<String>, seen: impl Into<Option<String>>) -> Finding {
    Finding::info(FindingId::Inconclusive, message).evidence(seen)
}

fn answer(command: &str, reply: &Reply) -> String {
    format!("{command}: {}", reply.lines.join(" / "))
}
