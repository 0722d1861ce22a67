//! What a server's answer to MAIL FROM or RCPT TO means.
//!
//! The table of real answers that this is held against is `data/replies.toml`.

mod codes;
mod words;

use std::time::Duration;

use super::agreement::{agreed, classes_differ, detail_of, named};
use super::blocklists::known_list;
use super::finding_id::FindingId;
use super::phrases::{has_any, spoken};
use super::state::State;
use crate::protocol::{Reply, Status};

/// What was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// `MAIL FROM`.
    Sender,
    /// `RCPT TO`. Many servers put off to here what they have against the client or the sender.
    Recipient,
}

/// What the answer means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EnvelopeMeaning {
    /// Why, or [`FindingId::MailRefused`] and [`FindingId::MailDeferred`] where that cannot be told.
    pub finding: FindingId,
    /// Whether it is for good or for now, as the reply code alone says: that is what mail servers act upon.
    pub state: State,
    /// The blocklist that is named, where it is one of those that mailprobe knows.
    pub list: Option<&'static str>,
    /// After how long the server wants to be asked again, where it says so.
    pub wait: Option<Duration>,
}

/// Reads an answer. `None` for a sender that is accepted, of which there is nothing to tell.
pub fn meaning(reply: &Reply, asked: Asked) -> Option<EnvelopeMeaning> {
    let (state, unknown) = match reply.status {
        Status::Positive => {
            let is_unverified = matches!(reply.word.as_str(), "251" | "252");
            let finding = if is_unverified { FindingId::RecipientNotVerified } else { FindingId::RecipientTaken };
            let meaning = EnvelopeMeaning { finding, state: State::Ok, list: None, wait: None };
            return (asked == Asked::Recipient).then_some(meaning);
        }
        Status::Temporary => (State::MailDeferred, FindingId::MailDeferred),
        Status::Permanent => (State::MailRefused, FindingId::MailRefused),
    };
    let finding = why(reply, asked).unwrap_or(unknown);
    let list = if finding == FindingId::AddressBlocklisted { known_list(&reply.text) } else { None };
    let wait = if state == State::MailDeferred { wait_of(&spoken(reply)) } else { None };
    Some(EnvelopeMeaning { finding, state, list, wait })
}

/// What a refusal with this code may be, whatever its words: for the code alone.
#[cfg(feature = "cli")]
pub(super) fn by_code(reply: &Reply) -> &'static [FindingId] {
    let fine = reply.enhanced.as_deref().and_then(|enhanced| codes::of_enhanced(detail_of(enhanced)));
    fine.or_else(|| codes::of_code(&reply.word)).map_or(&[], |claim| claim.admits)
}

/// The one reason that all parts of a refusal agree on.
fn why(reply: &Reply, asked: Asked) -> Option<FindingId> {
    let enhanced = reply.enhanced.as_deref();
    let text = spoken(reply);
    if classes_differ(&reply.word, enhanced) || has_any(&text, words::UNCLEAR) {
        return None;
    }
    // OpenSMTPD says just that of an unknown user and of a domain that it does not relay for (findings/).
    if enhanced.is_none() && text.trim_start_matches(|c: char| !c.is_alphabetic()).starts_with("invalid recipient") {
        return None;
    }
    let detail = enhanced.map(detail_of);
    let named = named(words::GROUPS, &text, detail);
    let finding = agreed(&named, detail.and_then(codes::of_enhanced), codes::of_code(&reply.word))?;
    (fits_the_class(finding, reply.status) && fits_the_question(finding, asked)).then_some(finding)
}

/// What is for good cannot be told from a refusal for now, and greylisting is never for good.
fn fits_the_class(finding: FindingId, status: Status) -> bool {
    match finding {
        FindingId::RecipientGreylisted | FindingId::MailServerFault => status == Status::Temporary,
        FindingId::RecipientUnknown
        | FindingId::RecipientDisabled
        | FindingId::RecipientRestricted
        | FindingId::SenderRefused
        | FindingId::AddressRefused => status == Status::Permanent,
        _ => true,
    }
}

/// Whoever was asked about a sender has not heard of a recipient yet.
fn fits_the_question(finding: FindingId, asked: Asked) -> bool {
    let about_recipients = matches!(
        finding,
        FindingId::RecipientUnknown
            | FindingId::RecipientDisabled
            | FindingId::RecipientRestricted
            | FindingId::RecipientMailboxFull
            | FindingId::RecipientGreylisted
            | FindingId::RelayDenied
    );
    asked == Asked::Recipient || !about_recipients
}

/// The longest wait that is believed: mail servers give up after some days.
const LONGEST_WAIT: Duration = Duration::from_secs(24 * 60 * 60);

/// `in 300 seconds`, `for 5 minutes`, `00:04:59`.
fn wait_of(text: &str) -> Option<Duration> {
    let words: Vec<&str> =
        text.split(' ').map(|word| word.trim_matches(['.', ',', ';', '!', '(', ')', '[', ']'])).collect();
    let counted = words.windows(2).find_map(|pair| match pair {
        [count, unit] => Some(seconds_in(unit)?.checked_mul(count.parse().ok()?)?),
        _ => None,
    });
    let seconds = counted.or_else(|| words.iter().find_map(|word| clock(word)))?;
    Some(Duration::from_secs(seconds)).filter(|wait| !wait.is_zero() && *wait <= LONGEST_WAIT)
}

fn seconds_in(unit: &str) -> Option<u64> {
    match unit {
        "s" | "sec" | "secs" | "second" | "seconds" => Some(1),
        "m" | "min" | "mins" | "minute" | "minutes" => Some(60),
        "h" | "hour" | "hours" => Some(60 * 60),
        _ => None,
    }
}

/// `00:04:59`, as milter-greylist writes it.
fn clock(word: &str) -> Option<u64> {
    let parts: Vec<&str> = word.split(':').collect();
    let is_clock = parts.len() == 3 && parts.iter().all(|part| part.len() == 2);
    let number = |part: &&str| part.parse::<u64>().ok();
    is_clock.then(|| parts.iter().try_fold(0, |sum, part| Some(sum * 60 + number(part)?))).flatten()
}

// Its table needs a parser, which not all builds have.
#[cfg(all(test, feature = "net"))]
mod tests;
