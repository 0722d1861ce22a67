//! TXT records that announce a policy: what is wrong with one, in words.

use crate::diagnosis::{Finding, FindingId};
use crate::observation::promises::RecordFault;
use crate::words::{distinct, joined};

/// A record that cannot be used; `what` names it, as the beginning of a sentence.
pub(super) fn invalid(id: FindingId, what: &str, name: &str, texts: &[String], faults: &[RecordFault]) -> Finding {
    let told = joined(distinct(faults.iter().map(words)));
    let told = if told.is_empty() { "it is not well formed".to_owned() } else { told };
    let parts = faults.iter().filter_map(part).map(|part| format!("here: {part}"));
    let seen: Vec<String> = texts.iter().map(|text| format!("\"{text}\"")).chain(parts).collect();
    Finding::warning(id, format!("{what} cannot be used: {told}."))
        .evidence(format!("{name}: {}", seen.join("; ")))
        .advised()
}

fn words(fault: &RecordFault) -> String {
    match fault {
        RecordFault::Several(count) => format!("there are {count} of them, and then none counts"),
        RecordFault::BadVersion => "it does not begin with its version".to_owned(),
        RecordFault::Missing(field) => format!("the field `{field}` is missing"),
        RecordFault::Twice(_) => "a field stands there more than once".to_owned(),
        RecordFault::BadValue { field, allowed, .. } => {
            format!("the value of `{field}` is not allowed (it must be {allowed})")
        }
        RecordFault::Malformed(_) => "it is not made of fields `name=value` with semicolons between them".to_owned(),
        RecordFault::Foreign(_) => "a record of another kind stands in its place".to_owned(),
        RecordFault::WrongName(_) => "it stands at another name than it should".to_owned(),
    }
}

/// The part of the record that is meant.
fn part(fault: &RecordFault) -> Option<&str> {
    match fault {
        RecordFault::Twice(text)
        | RecordFault::Malformed(text)
        | RecordFault::Foreign(text)
        | RecordFault::WrongName(text)
        | RecordFault::BadValue { value: text, .. } => Some(text),
        RecordFault::Several(_) | RecordFault::BadVersion | RecordFault::Missing(_) => None,
    }
}
