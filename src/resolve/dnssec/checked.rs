//! What the validator makes of an answer.

use hickory_resolver::net::dnssec::DnssecDnsHandle;
use hickory_resolver::net::xfer::{DnsHandle, FirstAnswer};
use hickory_resolver::net::{DnsError, NetError};
use hickory_resolver::proto::dnssec::Proof;
use hickory_resolver::proto::op::{DnsRequestOptions, Message, Query, ResponseCode};
use hickory_resolver::proto::rr::{Name, RData, Record, RecordType};

use super::pieces::{redirection, signature};
use super::questions::Questions;
use super::wildcard;

pub(super) type Handle = DnssecDnsHandle<Questions>;

/// An answer whose records bear what is proven of each.
pub(super) struct Checked {
    pub(super) answer: Message,
    /// How far it is proven that there is no such record, or none but by a wildcard, where the validator found that wanting.
    denied: Option<Proof>,
}

/// What an answer says of one name.
pub(super) enum NameAnswer {
    Records(Vec<RData>),
    Alias(Name),
    Nothing { exists: bool },
}

impl Checked {
    pub(super) async fn lookup(handle: &Handle, name: &Name, record_type: RecordType) -> Result<Self, NetError> {
        let query = Query::query(name.clone(), record_type);
        match handle.lookup(query, DnsRequestOptions::default()).first_answer().await {
            Ok(answer) => Ok(Self { answer: answer.into_message(), denied: None }),
            Err(NetError::Dns(DnsError::Nsec { response, proof, .. })) => {
                Ok(Self { answer: response.into_message(), denied: Some(proof) })
            }
            Err(error) => Err(error),
        }
    }

    /// How far it is proven what it says of the name that was asked for.
    pub(super) fn proof(&self, name: &Name, found: &NameAnswer) -> Proof {
        let answers = &self.answer.answers;
        match found {
            NameAnswer::Nothing { .. } => self.denied.unwrap_or_else(|| {
                // Else the validator let it pass because the zone is not signed.
                let is_proof = |record: &Record| matches!(record.record_type(), RecordType::NSEC | RecordType::NSEC3);
                let mut proofs = self.answer.authorities.iter().filter(|record| is_proof(record));
                if proofs.any(|record| record.proof == Proof::Secure) { Proof::Secure } else { Proof::Insecure }
            }),
            // From a wildcard, without the proof that the name has no records of its own.
            NameAnswer::Records(_) | NameAnswer::Alias(_) => match (proof_of(answers), self.denied) {
                (Proof::Secure, Some(denied)) if is_expanded(answers) => {
                    if wildcard::is_due(name, answers, &self.answer.authorities) { Proof::Secure } else { denied }
                }
                (proof, _) => proof,
            },
        }
    }
}

/// What an answer says of a name, not looking at proofs.
pub(super) fn found(answer: &Message, name: &Name, record_type: RecordType) -> NameAnswer {
    let records: Vec<RData> = of_type(&answer.answers, name, record_type).collect();
    if !records.is_empty() {
        return NameAnswer::Records(records);
    }
    match redirection(&answer.answers, name).filter(|_| record_type != RecordType::CNAME) {
        Some((_, target)) => NameAnswer::Alias(target),
        None => NameAnswer::Nothing { exists: answer.response_code != ResponseCode::NXDomain },
    }
}

fn of_type(records: &[Record], name: &Name, record_type: RecordType) -> impl Iterator<Item = RData> {
    let is_own = move |record: &&Record| record.name == *name && record.record_type() == record_type;
    records.iter().filter(is_own).map(|record| record.data.clone())
}

/// The least that is proven of any of them. Signatures are not counted: one that holds is enough.
pub(super) fn proof_of(records: &[Record]) -> Proof {
    let records = records.iter().filter(|record| signature(record).is_none());
    records.map(|record| record.proof).min().unwrap_or_default()
}

/// Whether records were made from a wildcard.
fn is_expanded(records: &[Record]) -> bool {
    let labels = |record: &Record| signature(record).map(|signature| signature.input().num_labels);
    records.iter().any(|record| labels(record).is_some_and(|labels| labels < record.name.num_labels()))
}
