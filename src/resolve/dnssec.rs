//! Answers of the DNS with the proof of what they say (DNSSEC).
//!
//! These questions have clients of their own: they ask for signatures (EDNS, with the DO bit), which plain questions do
//! without, and they keep what was answered for a while, since the keys of a zone are needed for everything in it.

mod checked;
mod faults;
mod pieces;
mod questions;
mod validator;
mod wildcard;

use std::fmt;
use std::future::pending;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use hickory_resolver::proto::dnssec::Proof;
use hickory_resolver::proto::rr::{Name, RData, RecordType};
use tokio::time::{Instant, timeout_at};

use super::dns::options;
use super::failure::{no_answer_from, text};
use super::trust_anchor::TrustAnchor;
use crate::observation::LookupFailure;
use crate::observation::promises::{DnssecPassage, DnssecStatus, Proven};
use validator::{Validated, Validator};

/// How many records of a name are kept, as of those that are not proven.
const MAX_PROVEN: usize = 32;

/// Whether a name server in use hands out what DNSSEC needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DnssecAbility {
    pub passage: DnssecPassage,
    /// The name server that this is said of, by its address.
    pub server: Option<IpAddr>,
    /// Which name server was asked, and what it said where that is why nothing can be told; hostile text.
    pub detail: String,
}

/// Records, or that there are none, and how far that is proven.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProvenAnswer<T> {
    pub proven: Proven,
    /// None: it is proven that far that there are none.
    pub records: Vec<T>,
    /// Where an alias leads, every step of which is secure; in lower case and without a final dot.
    pub alias_of: Option<String>,
    /// Whether the name is an alias, and that it is one is secure, wherever it leads.
    pub is_secure_alias: bool,
    /// Whether there is such a name, be it with other records.
    pub exists: bool,
}

/// The name servers, each with what validates its answers.
pub(super) struct ValidatedDns {
    validators: Vec<Validator>,
    limit: Duration,
}

impl ValidatedDns {
    pub(super) fn asking(servers: &[SocketAddr], tcp_only: bool, anchor: &TrustAnchor, limit: Duration) -> Self {
        let of = |server: &SocketAddr| Validator::of(*server, tcp_only, options(true, limit), anchor.clone());
        Self { validators: servers.iter().filter_map(of).collect(), limit }
    }

    /// What the first name server that hands out what DNSSEC needs is known by; else what the first one said.
    pub(super) async fn ability(&self) -> DnssecAbility {
        match self.able().await {
            Ok(able) => {
                let (passage, detail) = able[0].passage().await;
                DnssecAbility { passage, server: Some(able[0].address()), detail }
            }
            Err(ability) => ability,
        }
    }

    /// The first name server that hands out what DNSSEC needs, and those behind it.
    async fn able(&self) -> Result<&[Validator], DnssecAbility> {
        let nobody = "this machine's DNS configuration names no name server that can be used";
        let mut found = DnssecAbility { passage: DnssecPassage::Unknown, server: None, detail: nobody.to_owned() };
        for (position, validator) in self.validators.iter().enumerate() {
            let (passage, detail) = validator.passage().await;
            match passage {
                DnssecPassage::Passed => return Ok(&self.validators[position..]),
                DnssecPassage::Unknown if position > 0 => {}
                // That one strips signatures says more than that another does not answer.
                DnssecPassage::Unknown | DnssecPassage::Stripped => {
                    if found.passage == DnssecPassage::Unknown {
                        found = DnssecAbility { passage, server: Some(validator.address()), detail };
                    }
                }
            }
        }
        Err(found)
    }

    /// The records of a name with their proof. One name server is asked at a time, the next where that one fails.
    ///
    /// `domain`: the zone that the name is in, as far as the name itself tells.
    pub(super) async fn prove<T>(
        &self,
        name: &Name,
        record_type: RecordType,
        domain: Option<&Name>,
        read: impl Fn(&RData) -> Option<T>,
    ) -> Result<ProvenAnswer<T>, LookupFailure> {
        let deadline = Instant::now() + self.limit;
        let able = match timeout_at(deadline, self.able()).await {
            Ok(Ok(able)) => able,
            Ok(Err(ability)) => return Ok(ProvenAnswer::unknown(ability.detail)),
            Err(_) => return Err(no_answer_from("in use")),
        };
        let mut failure = None;
        for validator in able {
            if validator.passage().await.0 != DnssecPassage::Passed {
                continue;
            }
            let proving = async {
                let preparing = async {
                    if let Some(domain) = domain {
                        validator.prepare(domain).await;
                    }
                    pending().await
                };
                tokio::select! {
                    proven = validator.prove(name, record_type) => proven,
                    proven = preparing => proven,
                }
            };
            match timeout_at(deadline, proving).await {
                Ok(Ok(validated)) => return Ok(ProvenAnswer::of(validated, &read)),
                Ok(Err(other)) => failure = failure.or(Some(other)),
                Err(_) => return Err(failure.unwrap_or_else(|| no_answer_from(&validator.name()))),
            }
        }
        Err(failure.unwrap_or_else(|| no_answer_from("in use")))
    }

    /// What the first name server that answers says, not validated: one question.
    pub(super) async fn unproven<T>(
        &self,
        name: &Name,
        record_type: RecordType,
        read: impl Fn(&RData) -> Option<T>,
    ) -> Result<Vec<T>, LookupFailure> {
        let deadline = Instant::now() + self.limit;
        let mut failure = None;
        for validator in &self.validators {
            match timeout_at(deadline, validator.unproven(name, record_type)).await {
                Ok(Ok(records)) => return Ok(records.iter().filter_map(read).take(MAX_PROVEN).collect()),
                Ok(Err(other)) => failure = failure.or(Some(other)),
                Err(_) => return Err(failure.unwrap_or_else(|| no_answer_from(&validator.name()))),
            }
        }
        Err(failure.unwrap_or_else(|| no_answer_from("in use")))
    }
}

impl fmt::Debug for ValidatedDns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.validators.iter().map(Validator::name)).finish()
    }
}

impl<T> ProvenAnswer<T> {
    fn of(validated: Validated, read: impl Fn(&RData) -> Option<T>) -> Self {
        let Validated { proof, reason, records, alias, own_alias, exists } = validated;
        let status = match proof {
            Proof::Secure => DnssecStatus::Secure,
            Proof::Insecure => DnssecStatus::Insecure,
            Proof::Bogus => DnssecStatus::Bogus,
            Proof::Indeterminate => DnssecStatus::CannotTell,
        };
        let alias_of =
            alias.filter(|(_, proof)| *proof == Proof::Secure).map(|(end, _)| text(&end).to_ascii_lowercase());
        // All of them, which the answer bounds: a certificate may match the last of its records.
        let records = records.iter().filter_map(read).collect();
        let is_secure_alias = own_alias == Some(Proof::Secure);
        Self { proven: Proven { status, reason }, records, alias_of, is_secure_alias, exists }
    }

    fn unknown(reason: String) -> Self {
        let proven = Proven { status: DnssecStatus::CannotTell, reason: Some(reason) };
        Self { proven, records: Vec::new(), alias_of: None, is_secure_alias: false, exists: true }
    }
}
