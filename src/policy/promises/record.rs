//! TXT records that announce a policy: what is wrong with one, in words.

use crate::diagnosis::{Finding, FindingId};
use crate::observation::promises::RecordFault;
use crate::words::{distinct, joined};

/// A kind of record.
pub(super) struct RecordKind {
    /// What it is for: `MTA-STS`.
    pub(super) purpose: &'static str,
    /// Where it stands, below the domain: `_mta-sts`.
    pub(super) label: &'static str,
    /// What it begins with: `v=STSv1;`.
    pub(super) beginning: &'static str,
    /// What tells that it cannot be used.
    pub(super) invalid: FindingId,
}

/// What is wrong with a record.
pub(super) struct Invalid {
    /// As a clause: `it has no field id`.
    pub(super) why: String,
    pub(super) finding: Finding,
}

impl RecordKind {
    pub(super) fn name(&self, domain: &str) -> String {
        format!("{}.{domain}", self.label)
    }

    /// A record that cannot be used. What to do about it is for the caller to say.
    pub(super) fn invalid(&self, domain: &str, texts: &[String], faults: &[RecordFault]) -> Invalid {
        let told = joined(distinct(faults.iter().map(|fault| self.words(fault))));
        let why = if told.is_empty() { "it is not well formed".to_owned() } else { told };
        let message = format!("{domain}'s record for {} cannot be used: {why}.", self.purpose);
        let finding = Finding::warning(self.invalid, message).evidence(self.evidence(domain, texts, faults));
        Invalid { why, finding }
    }

    /// What is odd about a record that can be used.
    pub(super) fn remark(&self, id: FindingId, domain: &str, text: &str, remarks: &[RecordFault]) -> Option<Finding> {
        if remarks.is_empty() {
            return None;
        }
        let told = joined(distinct(remarks.iter().map(|fault| self.words(fault))));
        let message = format!("{domain}'s record for {} can be used, but {told}.", self.purpose);
        Some(Finding::info(id, message).evidence(self.evidence(domain, &[text.to_owned()], remarks)))
    }

    /// The records, and the parts of them that are meant; hostile text.
    fn evidence(&self, domain: &str, texts: &[String], faults: &[RecordFault]) -> String {
        let parts = faults.iter().filter_map(part).map(|part| format!("here: {part}"));
        let seen: Vec<String> = texts.iter().map(|text| format!("\"{text}\"")).chain(parts).collect();
        format!("{}: {}", self.name(domain), seen.join("; "))
    }

    fn words(&self, fault: &RecordFault) -> String {
        match fault {
            RecordFault::Several(count) => format!("there are {count} of them, and then none counts"),
            RecordFault::BadVersion => format!("it does not begin with `{}`", self.beginning),
            RecordFault::Missing(field) => format!("the field `{field}` is missing"),
            RecordFault::Twice(_) => "it gives a field more than once".to_owned(),
            RecordFault::BadValue { field, allowed, .. } => {
                format!("the value of `{field}` is not allowed (it must be {allowed})")
            }
            RecordFault::Malformed(_) => {
                "it is not made of fields `name=value` with one semicolon between them".to_owned()
            }
            RecordFault::Foreign(_) => "a record of another kind stands in its place".to_owned(),
            RecordFault::WrongName(label) => format!("what stands in its place belongs at `{label}`"),
        }
    }
}

/// The part of the record that is meant.
fn part(fault: &RecordFault) -> Option<&str> {
    match fault {
        RecordFault::Twice(text)
        | RecordFault::Malformed(text)
        | RecordFault::Foreign(text)
        | RecordFault::BadValue { value: text, .. } => Some(text),
        RecordFault::Several(_) | RecordFault::BadVersion | RecordFault::Missing(_) | RecordFault::WrongName(_) => None,
    }
}

/// What to publish, where anything stands there already that must go: `Leave one of the TXT records at NAME: …`.
pub(super) fn publish(name: &str, faults: &[RecordFault], record: &str, remark: &str) -> String {
    let what = if faults.iter().any(|fault| matches!(fault, RecordFault::Several(_))) {
        format!("Leave one TXT record at {name} and remove the others")
    } else if faults.iter().any(|fault| matches!(fault, RecordFault::Foreign(_) | RecordFault::WrongName(_))) {
        format!("Publish this in a TXT record at {name}, in the place of what stands there")
    } else {
        format!("Publish this in the TXT record at {name}")
    };
    format!("{what}: `{record}`, {remark}.")
}
