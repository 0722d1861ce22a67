//! Why an answer is bogus: the validator only says that it is.

use std::time::{SystemTime, UNIX_EPOCH};

use hickory_resolver::proto::dnssec::Proof;
use hickory_resolver::proto::dnssec::rdata::{DNSKEY, DNSSECRData, DS};
use hickory_resolver::proto::rr::{Name, RData, Record, RecordType, SerialNumber};

use super::checked::{Checked, Handle, NameAnswer, found, proof_of};
use super::pieces::signature;
use crate::resolve::failure::text;
use crate::words::date;

/// How many steps up the reason is looked for: keys and DS records of eight zones.
const MAX_STEPS: usize = 16;

/// The first fault on the way down to a bogus answer.
pub(super) async fn why_bogus(handle: &Handle, name: &Name, record_type: RecordType) -> String {
    let (mut name, mut record_type) = (name.clone(), record_type);
    for _ in 0..MAX_STEPS {
        let Ok(checked) = Checked::lookup(handle, &name, record_type).await else { break };
        let found = found(&checked.answer, &name, record_type);
        let (records, what) = subject(&checked, &found, &name, record_type);
        let Some(signer) = records.iter().find_map(signature).map(|one| one.input().signer_name.clone()) else {
            return format!("{what} came without signatures, although the zone is signed");
        };
        let above = if record_type == RecordType::DNSKEY {
            (name.clone(), RecordType::DS)
        } else {
            (signer, RecordType::DNSKEY)
        };
        let Ok(vouching) = Checked::lookup(handle, &above.0, above.1).await else { break };
        if proof_of(&vouching.answer.answers) != Proof::Secure {
            (name, record_type) = above;
            continue;
        }
        let vouching = &vouching.answer.answers;
        if record_type == RecordType::DNSKEY && !is_named(&name, records, vouching) {
            return format!("the DS record for {} names none of the keys that it publishes", called(&name));
        }
        let keys = if record_type == RecordType::DNSKEY { keys(records) } else { keys(vouching) };
        let is_unfit = |record: &Record| signature(record).is_none() && record.proof == Proof::Bogus;
        if !records.iter().any(is_unfit) {
            return match found {
                NameAnswer::Nothing { .. } => format!("{what} does not cover that name"),
                _ => format!("{what} come from a wildcard, without the proof that the name has none of its own"),
            };
        }
        return of_signatures(records, &what, &keys);
    }
    format!("no chain of signatures leads to {}", records_of(&name, record_type))
}

/// The records that have to be signed, and what they are.
fn subject<'a>(
    checked: &'a Checked,
    found: &NameAnswer,
    name: &Name,
    record_type: RecordType,
) -> (&'a [Record], String) {
    let answer = &checked.answer;
    match found {
        NameAnswer::Nothing { .. } => {
            (&answer.authorities, format!("the proof that there are no {}", records_of(name, record_type)))
        }
        NameAnswer::Alias(_) => (&answer.answers, format!("the CNAME record of {}", called(name))),
        NameAnswer::Records(_) => (&answer.answers, format!("the {}", records_of(name, record_type))),
    }
}

fn records_of(name: &Name, record_type: RecordType) -> String {
    match record_type {
        RecordType::DNSKEY => format!("keys (DNSKEY) of {}", called(name)),
        RecordType::DS => format!("DS records for {}", called(name)),
        other => format!("{other} records of {}", called(name)),
    }
}

/// What is wrong with the signatures of `what`, by the keys of their zone.
fn of_signatures(records: &[Record], what: &str, keys: &[&DNSKEY]) -> String {
    if let Some(untimely) = untimely(records, what) {
        return untimely;
    }
    let mut signatures = records.iter().filter_map(signature).map(|one| one.input());
    let tags: Vec<u16> = keys.iter().filter_map(|key| key.calculate_key_tag().ok()).collect();
    match signatures.clone().next() {
        Some(first) if !signatures.any(|one| tags.contains(&one.key_tag)) => {
            let zone = called(&first.signer_name);
            format!("{what} has a signature by the key {}, which {zone} does not publish", first.key_tag)
        }
        _ => format!("the signature of {what} does not fit"),
    }
}

/// That a signature of `what` is not valid now.
pub(super) fn untimely(records: &[Record], what: &str) -> Option<String> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    // Signatures count seconds modulo 2³² (RFC 4034, section 3.1.5).
    let here = SerialNumber::new(u32::try_from(now & u64::from(u32::MAX)).unwrap_or_default());
    let day = |second: SerialNumber| date(i64::from(second.get()));
    records.iter().filter_map(signature).map(|one| one.input()).find_map(|signature| {
        if here > signature.sig_expiration {
            Some(format!("the signature of {what} expired on {}", day(signature.sig_expiration)))
        } else if here < signature.sig_inception {
            Some(format!("the signature of {what} is valid from {} only", day(signature.sig_inception)))
        } else {
            None
        }
    })
}

/// Whether one of the DS records names one of the keys.
fn is_named(zone: &Name, records: &[Record], digests: &[Record]) -> bool {
    let digests: Vec<&DS> = digests.iter().filter_map(|record| digest(&record.data)).collect();
    keys(records).into_iter().any(|key| digests.iter().any(|digest| digest.covers(zone, key).unwrap_or(false)))
}

fn digest(data: &RData) -> Option<&DS> {
    match data {
        RData::DNSSEC(DNSSECRData::DS(digest)) => Some(digest),
        _ => None,
    }
}

pub(super) fn keys(records: &[Record]) -> Vec<&DNSKEY> {
    let key = |data| match data {
        &RData::DNSSEC(DNSSECRData::DNSKEY(ref key)) => Some(key),
        _ => None,
    };
    records.iter().map(|record| &record.data).filter_map(key).collect()
}

/// What a zone or name is called in a sentence.
pub(super) fn called(name: &Name) -> String {
    if name.is_root() { "the root".to_owned() } else { text(name) }
}
