//! An answer, cut into what it says of each name along a chain of aliases.
//!
//! A name server hands out a whole chain at once, with the proofs for every step in one section. The validator holds the
//! proofs against the name that was asked for alone, so that a chain through several zones, or one that ends in nothing,
//! would seem bogus to it. Each name with what concerns it is a question of its own, and needs no second packet.

use hickory_resolver::proto::dnssec::rdata::{DNSSECRData, RRSIG};
use hickory_resolver::proto::op::{Message, Query, ResponseCode};
use hickory_resolver::proto::rr::{Name, RData, Record, RecordType};
use hickory_resolver::proto::serialize::binary::{BinDecodable, BinDecoder};

/// How many steps of a chain of aliases are followed. BIND and Unbound follow no more than sixteen.
pub(super) const MAX_ALIASES: usize = 8;

/// The answer to a question, and those to the questions that follow from it. The sections for what was not asked for are
/// left out: nothing is taken from them, and each record there would be validated with questions of its own.
pub(super) fn pieces(query: &Query, answer: &Message) -> Vec<(Query, Message)> {
    let record_type = query.query_type();
    let mut pieces = Vec::new();
    let mut name = query.name().clone();
    for step in 0..=MAX_ALIASES {
        let asked = Query::query(name.clone(), record_type);
        let own = of(&answer.answers, &name, record_type);
        let (records, next) = if !own.is_empty() {
            (own, None)
        } else if let Some((records, next)) = redirection(&answer.answers, &name) {
            (records, Some(next))
        } else {
            // A chain whose end was left out is asked for on its own.
            if step == 0 || !answer.authorities.is_empty() {
                pieces.push((asked.clone(), message(&asked, answer.response_code, Vec::new(), denial(answer, &name))));
            }
            break;
        };
        let is_expanded = records.iter().any(|record| {
            signature(record).is_some_and(|signature| signature.input().num_labels < record.name.num_labels())
        });
        let proofs = if is_expanded { denial(answer, &name) } else { Vec::new() };
        pieces.push((asked.clone(), message(&asked, ResponseCode::NoError, records, proofs)));
        match next {
            Some(next) => name = next,
            None => break,
        }
    }
    pieces
}

/// Where records lead on from a name: a CNAME record, or a DNAME record above it, whose own CNAME record has no signature.
pub(super) fn redirection(answers: &[Record], name: &Name) -> Option<(Vec<Record>, Name)> {
    let of_subtree = answers.iter().find_map(|record| match &record.data {
        RData::Unknown { code: RecordType::DNAME, rdata } if record.name.zone_of(name) && record.name != *name => {
            let target = substituted(name, &record.name, &rdata.anything)?;
            Some((of(answers, &record.name, RecordType::DNAME), target))
        }
        _ => None,
    });
    of_subtree.or_else(|| {
        let target = answers.iter().find_map(|record| match &record.data {
            RData::CNAME(target) if record.name == *name => Some(target.0.clone()),
            _ => None,
        })?;
        Some((of(answers, name, RecordType::CNAME), target))
    })
}

/// A name below the owner of a DNAME record, moved to its target (RFC 6672, section 2.2).
fn substituted(name: &Name, owner: &Name, target: &[u8]) -> Option<Name> {
    let target = Name::read(&mut BinDecoder::new(target)).ok()?;
    let below = usize::from(name.num_labels()).checked_sub(usize::from(owner.num_labels()))?;
    let labels: Vec<&[u8]> = name.iter().take(below).chain(target.iter()).collect();
    Name::from_labels(labels).ok()
}

/// The records of one name and type, and their signatures.
fn of(records: &[Record], name: &Name, record_type: RecordType) -> Vec<Record> {
    let is_of_type = |record: &Record| {
        record.record_type() == record_type
            || signature(record).is_some_and(|signature| signature.input().type_covered == record_type)
    };
    let own: Vec<Record> =
        records.iter().filter(|record| record.name == *name && is_of_type(record)).cloned().collect();
    // Signatures alone are no answer.
    if own.iter().any(|record| signature(record).is_none()) { own } else { Vec::new() }
}

/// What denies that a name has something, as far as it comes from a zone that the name lies in.
fn denial(answer: &Message, name: &Name) -> Vec<Record> {
    let authorities = &answer.authorities;
    let is_about = |record: &&Record| match record.record_type() {
        RecordType::SOA => record.name.zone_of(name),
        RecordType::NSEC | RecordType::NSEC3 => authorities.iter().any(|other| {
            other.name == record.name && signature(other).is_some_and(|one| one.input().signer_name.zone_of(name))
        }),
        _ => false,
    };
    let mut kept: Vec<Record> = authorities.iter().filter(is_about).cloned().collect();
    let signatures = authorities.iter().filter(|record| {
        signature(record).is_some_and(|signature| {
            let covered = signature.input().type_covered;
            kept.iter().any(|one| one.name == record.name && one.record_type() == covered)
        })
    });
    let signatures: Vec<Record> = signatures.cloned().collect();
    kept.extend(signatures);
    kept
}

pub(super) fn signature(record: &Record) -> Option<&RRSIG> {
    match &record.data {
        RData::DNSSEC(DNSSECRData::RRSIG(signature)) => Some(signature),
        _ => None,
    }
}

fn message(query: &Query, code: ResponseCode, answers: Vec<Record>, authorities: Vec<Record>) -> Message {
    let mut message = Message::query();
    message.add_query(query.clone());
    message.metadata.response_code = code;
    message.insert_answers(answers);
    message.insert_authorities(authorities);
    message.into_response()
}
