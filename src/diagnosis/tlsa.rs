//! TLSA records in words: what was published, what was seen, and the record that would be right.

use std::iter::zip;

use crate::observation::promises::{
    DaneChain, DaneJudgement, RIGHT_AUTHORITY, RecordJudgement, TlsaRecord, UnusableTlsa,
};
use crate::words::{distinct, hex};

/// How many records are listed as evidence.
const MAX_LISTED: usize = 3;

/// The longest hash: longer data are a whole certificate or key, and are cut.
const MAX_DATA_BYTES: usize = 64;

/// The records that senders do not pass over, and what the chain is to them.
pub(super) fn usable(dane: &DaneJudgement) -> impl Iterator<Item = (&TlsaRecord, &RecordJudgement)> {
    zip(&dane.published, &dane.records).filter(|(_, what)| !matches!(what, RecordJudgement::Unusable(_)))
}

/// What the server shows that no record names, at the end of a sentence.
pub(super) fn what_is_shown(dane: &DaneJudgement) -> &'static str {
    let is_one = usable(dane).count() == 1;
    let is_of = |wanted: fn(&TlsaRecord) -> bool| usable(dane).all(|(record, _)| wanted(record));
    if of_right_authority(dane) {
        return "a certificate that is not valid, from the authority that the TLSA record names";
    }
    match (is_of(|record| record.usage == DANE_EE), is_of(|record| record.selector == KEY)) {
        (true, true) if is_one => "a key that the TLSA record does not name",
        (true, true) => "a key that none of the TLSA records names",
        (true, false) if is_one => "a certificate that the TLSA record does not name",
        (true, false) => "a certificate that none of the TLSA records names",
        (false, _) if is_one => "certificates that do not fit the TLSA record",
        (false, _) => "certificates that fit none of the TLSA records",
    }
}

/// Usage 3: the record names the server's own certificate or key.
pub(super) const DANE_EE: u8 = 3;
/// Selector 1: the public key.
const KEY: u8 = 1;

/// Whether a record names an authority that the server's certificate is of, and the certificate is not valid.
pub(super) fn of_right_authority(dane: &DaneJudgement) -> bool {
    let is_so = |what: &RecordJudgement| matches!(what, RecordJudgement::NoMatch(Some(why)) if why.starts_with(RIGHT_AUTHORITY));
    dane.records.iter().any(is_so)
}

/// What to do about a mismatch: the records that would be right for the keys that were seen.
pub(crate) fn mend<'a>(judgements: impl IntoIterator<Item = &'a DaneJudgement> + Clone) -> String {
    if judgements.clone().into_iter().any(of_right_authority) {
        return "Leave the TLSA record as it is: the authority is the right one. Put the certificate in order."
            .to_owned();
    }
    let publish = match right_records(judgements) {
        Some(lines) if lines.contains("` `") => {
            format!("Publish these beside the old record: {lines}. Senders see them once their copy is out of date.")
        }
        Some(line) => {
            format!("Publish this beside the old record: {line}. Senders see it once their copy is out of date.")
        }
        None => "Publish a TLSA record for the key in use beside the old one.".to_owned(),
    };
    format!(
        "{publish} Or make the server use the old key again. For the next renewal, publish the new record first, or keep the \
         key (certbot: --reuse-key)."
    )
}

/// The records that would be right for the keys that were seen, as a zone file has them, each as a piece of code.
pub(crate) fn right_records<'a>(judgements: impl IntoIterator<Item = &'a DaneJudgement>) -> Option<String> {
    let lines = judgements.into_iter().filter_map(|dane| Some(zone_line(&dane.name, dane.right.as_ref()?)));
    let lines: Vec<String> = distinct(lines).iter().map(|line| format!("`{line}`")).collect();
    (!lines.is_empty()).then(|| lines.join(" "))
}

/// A record as a zone file has it: `_25._tcp.mx.example.org. IN TLSA 3 1 1 8cb0…`.
fn zone_line(name: &str, record: &TlsaRecord) -> String {
    format!("{}. IN TLSA {}", name.trim_end_matches('.'), record_text(record))
}

/// The records, what is wrong with each, and the one that would be right, as evidence.
pub(super) fn records(dane: &DaneJudgement) -> String {
    let listed = zip(&dane.published, &dane.records).take(MAX_LISTED).map(|(record, what)| {
        let remark = match what {
            RecordJudgement::Match(_) => " (matches)".to_owned(),
            RecordJudgement::NoMatch(None) => String::new(),
            RecordJudgement::NoMatch(Some(why)) => format!(" ({why})"),
            RecordJudgement::Unusable(why) => format!(" ({})", unusable(*why)),
        };
        format!("{}{remark}", record_text(record))
    });
    let listed: Vec<String> = listed.collect();
    let more = dane.published.len().saturating_sub(MAX_LISTED);
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    let seen = dane.right.as_ref().filter(|_| dane.chain == DaneChain::Mismatches && !of_right_authority(dane));
    let seen = seen.map_or_else(String::new, |right| format!("; of the key in use: {}", record_text(right)));
    if listed.is_empty() {
        return format!("{}{seen}", dane.name);
    }
    format!("{}: {}{more}{seen}", dane.name, listed.join(", "))
}

/// `3 1 1 8cb0…`, a hash in full.
fn record_text(record: &TlsaRecord) -> String {
    let TlsaRecord { usage, selector, matching_type, data } = record;
    let hex = hex(data.get(..MAX_DATA_BYTES).unwrap_or(data));
    let rest = if data.len() > MAX_DATA_BYTES { "…" } else { "" };
    format!("{usage} {selector} {matching_type} {hex}{rest}")
}

const fn unusable(why: UnusableTlsa) -> &'static str {
    match why {
        UnusableTlsa::Usage => "usages 0 and 1 do not apply to mail between servers",
        UnusableTlsa::UnknownUsage => "this usage is not defined",
        UnusableTlsa::Selector => "this selector is not defined",
        UnusableTlsa::MatchingType => "this matching type is not defined",
        UnusableTlsa::Length => "the data are not as long as their hash",
        UnusableTlsa::Data => "the data are not a certificate or key",
    }
}
