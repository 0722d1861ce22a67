//! The TXT records in which policies are announced, by the rules that RFC 8461 (section 3.1) and RFC 8460 (section 3)
//! share: fields `name=value` with semicolons between them, the version first. Pure.

use super::excerpt::excerpt;
use crate::observation::promises::{PolicyRecord, RecordFault};
use crate::observation::{LookupFailure, LookupFailureKind};
use crate::words::distinct;

/// How many faults of one record are told.
const MAX_FAULTS: usize = 8;

/// The kind of policy that a record announces.
#[derive(Debug, Clone, Copy)]
pub(super) struct Announcement {
    /// `STSv1`, as the record's first field `v` has it.
    pub(super) version: &'static str,
    /// What the version begins with in any case: `sts`.
    pub(super) family: &'static str,
}

/// A record taken apart, and what is wrong with it.
#[derive(Debug, Default)]
pub(super) struct Fields<'a> {
    pairs: Vec<(&'a str, &'a str)>,
    /// What keeps senders from using it.
    pub(super) faults: Vec<RecordFault>,
    /// What does not.
    pub(super) remarks: Vec<RecordFault>,
}

impl<'a> Fields<'a> {
    fn of(text: &'a str) -> Self {
        let mut fields = Self::default();
        let mut pieces: Vec<&str> = text.split(';').map(trimmed).collect();
        // A final semicolon is allowed.
        pieces.pop_if(|last| last.is_empty());
        for piece in pieces {
            match piece.split_once('=') {
                Some((name, value)) if is_name(name) => fields.pairs.push((name, value)),
                None if piece.is_empty() => fields.remarks.push(RecordFault::Malformed(";;".to_owned())),
                _ => fields.faults.push(RecordFault::Malformed(excerpt(piece))),
            }
        }
        let mut names: Vec<&str> = fields.pairs.iter().map(|(name, _)| *name).collect();
        names.sort_unstable();
        let twice = names.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| pair[0].to_owned());
        fields.remarks.extend(twice.map(RecordFault::Twice));
        fields
    }

    /// The field's value, or the fault that there is none.
    pub(super) fn required(&mut self, name: &'static str) -> Option<&'a str> {
        let found = self.first(name);
        if found.is_none() {
            self.faults.push(RecordFault::Missing(name));
        }
        found
    }

    /// The field's value: of several the first counts (RFC 8461, section 3.2).
    fn first(&self, name: &str) -> Option<&'a str> {
        self.pairs.iter().find(|(named, _)| *named == name).map(|(_, value)| *value)
    }
}

/// What the records come to where there must be exactly one. `read` gives what it says, or adds a fault.
pub(super) fn only<T>(
    answer: Result<Vec<String>, LookupFailure>,
    announcement: Announcement,
    read: impl FnOnce(&mut Fields<'_>) -> Option<T>,
) -> PolicyRecord<T> {
    let texts = match found(answer) {
        Ok(texts) => texts,
        Err(instead) => return instead,
    };
    let mut announced: Vec<String> =
        texts.iter().filter(|text| version_of(text) == Some(announcement.version)).cloned().collect();
    if announced.len() > 1 {
        let faults = vec![RecordFault::Several(announced.len())];
        return PolicyRecord::Faulty { texts: announced, faults };
    }
    let Some(text) = announced.pop() else { return unannounced(texts, announcement) };
    let mut fields = Fields::of(&text);
    let record = read(&mut fields);
    let Fields { mut faults, remarks, .. } = fields;
    let remarks = at_most(distinct(remarks));
    match record {
        Some(record) if faults.is_empty() => PolicyRecord::Good { text, record, remarks },
        _ => {
            faults.extend(remarks);
            PolicyRecord::Faulty { texts: vec![text], faults: at_most(distinct(faults)) }
        }
    }
}

/// The records, if there are any.
pub(super) fn found<T>(answer: Result<Vec<String>, LookupFailure>) -> Result<Vec<String>, PolicyRecord<T>> {
    answer.map_err(|failure| match failure.kind {
        LookupFailureKind::NoSuchName | LookupFailureKind::NoAddress => PolicyRecord::None,
        _ => PolicyRecord::Failed(failure),
    })
}

/// What records come to of which none announces the policy: none, unless they look as if one were meant, or should be
/// elsewhere. Others stand there where a wildcard answers for every name.
pub(super) fn unannounced<T>(texts: Vec<String>, announcement: Announcement) -> PolicyRecord<T> {
    let (meant, others): (Vec<String>, Vec<String>) =
        texts.into_iter().partition(|text| announcement.is_meant_by(text));
    if !meant.is_empty() {
        return PolicyRecord::Faulty { texts: meant, faults: vec![RecordFault::BadVersion] };
    }
    let foreign: Vec<String> = others.into_iter().filter(|text| foreign_version(text).is_some()).collect();
    if foreign.is_empty() {
        return PolicyRecord::None;
    }
    let faults = distinct(foreign.iter().filter_map(|text| foreign_version(text)).map(misplaced));
    PolicyRecord::Faulty { texts: foreign, faults: at_most(faults) }
}

impl Announcement {
    fn is_meant_by(self, text: &str) -> bool {
        let bare: String = text.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '=').collect();
        let bare = bare.to_ascii_lowercase();
        bare.starts_with(&format!("v={}", self.family)) || bare.contains(&self.version.to_ascii_lowercase())
    }
}

/// The version of a record that begins with one, as senders look for it.
fn version_of(text: &str) -> Option<&str> {
    text.split(';').next()?.strip_prefix("v=").map(|version| version.trim_end_matches([' ', '\t']))
}

/// `v=spf1` of a record that something else wants elsewhere.
fn foreign_version(text: &str) -> Option<String> {
    let first = text.split([';', ' ', '\t']).next()?;
    let is_version = first.len() > 2 && first.get(..2).is_some_and(|start| start.eq_ignore_ascii_case("v="));
    is_version.then(|| excerpt(first))
}

/// The names where the records belong that announce a policy, by their versions.
const PLACES: [(&str, &str); 3] =
    [("v=STSv1", "_mta-sts"), ("v=TLSRPTv1", "_smtp._tls"), ("v=UAAC1", "_ua-auto-config")];

fn misplaced(version: String) -> RecordFault {
    match PLACES.iter().find(|(known, _)| known.eq_ignore_ascii_case(&version)) {
        Some((_, label)) => RecordFault::WrongName(label),
        None => RecordFault::Foreign(version),
    }
}

/// Without the white space of RFC 5234 around it.
fn trimmed(text: &str) -> &str {
    text.trim_matches([' ', '\t'])
}

/// `sts-ext-name` of RFC 8461, to which the names of all known fields conform.
pub(super) fn is_name(name: &str) -> bool {
    let begins_well = name.starts_with(|c: char| c.is_ascii_alphanumeric());
    let rest = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    begins_well && name.len() <= 32 && name.chars().all(rest)
}

/// A fault of one field.
pub(super) fn bad_value(field: &'static str, value: &str, allowed: &'static str) -> RecordFault {
    RecordFault::BadValue { field, value: excerpt(value), allowed }
}

fn at_most(mut faults: Vec<RecordFault>) -> Vec<RecordFault> {
    faults.truncate(MAX_FAULTS);
    faults
}
