//! Questions to one name server whose answers are validated.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use hickory_resolver::config::ResolverOpts;
use hickory_resolver::proto::dnssec::Proof;
use hickory_resolver::proto::dnssec::rdata::DNSKEY;
use hickory_resolver::proto::rr::{Name, RData, RecordType};
use hickory_resolver::{NameServerPool, PoolContext, TlsConfig};
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::checked::{Checked, Handle, NameAnswer, found, proof_of};
use super::faults::{called, keys, untimely, why_bogus};
use super::pieces::{MAX_ALIASES, signature};
use super::questions::Questions;
use crate::observation::LookupFailure;
use crate::observation::promises::DnssecPassage;
use crate::resolve::dns::config_of;
use crate::resolve::failure::{AskedServer, text};
use crate::resolve::trust_anchor::TrustAnchor;

/// Of how many zones with a trust anchor of their own the keys are fetched.
const MAX_ANCHORED: usize = 8;

/// How long the keys that validation begins with are taken for granted.
const ABLE_FOR: Duration = Duration::from_secs(600);
/// How long it is taken for granted that the name server hands out none. It may have been out of reach.
const UNABLE_FOR: Duration = Duration::from_secs(20);

/// One name server, and what validates its answers.
pub(super) struct Validator {
    server: AskedServer,
    questions: Questions,
    anchor: TrustAnchor,
    ability: Mutex<Option<(Instant, Arc<Ability>)>>,
}

/// Whether the name server hands out what validation needs; then the validator, else why not.
struct Ability {
    passage: DnssecPassage,
    validating: Result<Handle, String>,
}

/// A validated answer.
pub(super) struct Validated {
    /// The least of all steps.
    pub(super) proof: Proof,
    /// Why it is not secure.
    pub(super) reason: Option<String>,
    /// None: that there are none is what the proof is of.
    pub(super) records: Vec<RData>,
    /// Where aliases lead, and how far that is proven.
    pub(super) alias: Option<(Name, Proof)>,
    /// How far it is proven that the name itself is an alias.
    pub(super) own_alias: Option<Proof>,
    /// Whether the name exists, or the one that its aliases lead to.
    pub(super) exists: bool,
}

impl Validator {
    pub(super) fn of(server: SocketAddr, tcp_only: bool, options: ResolverOpts, anchor: TrustAnchor) -> Option<Self> {
        let context = Arc::new(PoolContext::new(options, TlsConfig::new().ok()?));
        let asked = AskedServer::new(server);
        let pool = NameServerPool::from_config([config_of(server, tcp_only)], context, asked.sockets.clone());
        Some(Self { server: asked, questions: Questions::to(pool), anchor, ability: Mutex::default() })
    }

    /// As it is named to people.
    pub(super) fn name(&self) -> String {
        self.server.to_string()
    }

    pub(super) fn address(&self) -> IpAddr {
        self.server.address()
    }

    /// Whether the name server hands out what validation needs, and, where not, what it said.
    pub(super) async fn passage(&self) -> (DnssecPassage, String) {
        let ability = self.ability().await;
        let words = ability.validating.as_ref().err().cloned();
        (ability.passage, words.unwrap_or_else(|| format!("the name server {}", self.server)))
    }

    /// What the name server says, not validated.
    pub(super) async fn unproven(&self, name: &Name, record_type: RecordType) -> Result<Vec<RData>, LookupFailure> {
        let mut name = name.clone();
        for _ in 0..MAX_ALIASES {
            let answer = self.questions.ask(&name, record_type).await;
            let answer = answer.map_err(|error| self.server.failure(&name, record_type, error))?;
            match found(&answer, &name, record_type) {
                NameAnswer::Alias(next) => name = next,
                NameAnswer::Records(records) => return Ok(records),
                NameAnswer::Nothing { .. } => return Ok(Vec::new()),
            }
        }
        Err(self.server.failed(&format!("gave more than {MAX_ALIASES} aliases for {}", text(&name))))
    }

    /// Asks for what the validation of a name below this domain will need, all at once.
    pub(super) async fn prepare(&self, domain: &Name) {
        let (root, top) = (Name::root(), domain.trim_to(1));
        let _ = tokio::join!(
            self.questions.ask(&root, RecordType::DNSKEY),
            self.questions.ask(&top, RecordType::DS),
            self.questions.ask(&top, RecordType::DNSKEY),
            self.questions.ask(domain, RecordType::DS),
        );
    }

    /// The records of a name, and how far they are proven. Aliases are followed.
    pub(super) async fn prove(&self, name: &Name, record_type: RecordType) -> Result<Validated, LookupFailure> {
        let ability = self.ability().await;
        let handle = ability.validating.as_ref().map_err(|words| self.server.failed(words))?;
        let mut validated = Validated {
            proof: Proof::Secure,
            reason: None,
            records: Vec::new(),
            alias: None,
            own_alias: None,
            exists: true,
        };
        let mut at = name.clone();
        for _ in 0..=MAX_ALIASES {
            let (proof, found) = self.step(handle, &at, record_type).await?;
            if proof < validated.proof {
                validated.proof = proof;
                validated.reason = self.reason(handle, &at, record_type, proof).await?;
            }
            match found {
                NameAnswer::Alias(next) => {
                    validated.alias = Some((next.clone(), validated.proof));
                    validated.own_alias.get_or_insert(proof);
                    at = next;
                }
                NameAnswer::Records(records) => return Ok(Validated { records, ..validated }),
                NameAnswer::Nothing { exists } => return Ok(Validated { exists, ..validated }),
            }
        }
        Err(self.server.failed(&format!("gave more than {MAX_ALIASES} aliases for {}", text(name))))
    }

    async fn step(
        &self,
        handle: &Handle,
        name: &Name,
        record_type: RecordType,
    ) -> Result<(Proof, NameAnswer), LookupFailure> {
        let failure = |error| self.server.failure(name, record_type, error);
        if !self.anchor.zones().iter().any(|zone| zone.zone_of(name)) {
            let answer = self.questions.ask(name, record_type).await.map_err(failure)?;
            return Ok((Proof::Indeterminate, found(&answer, name, record_type)));
        }
        let checked = Checked::lookup(handle, name, record_type).await.map_err(failure)?;
        let found = found(&checked.answer, name, record_type);
        Ok((checked.proof(name, &found), found))
    }

    /// Found out once for all that ask at a time, and again after a while: a run of `--watch` may last for days.
    async fn ability(&self) -> Arc<Ability> {
        let mut known = self.ability.lock().await;
        if let Some((since, ability)) = known.as_ref() {
            let holds = if ability.validating.is_ok() { ABLE_FOR } else { UNABLE_FOR };
            if since.elapsed() < holds {
                return Arc::clone(ability);
            }
        }
        let ability = Arc::new(self.find_ability().await);
        *known = Some((Instant::now(), Arc::clone(&ability)));
        ability
    }

    /// The keys of the zones that validation begins with are needed anyway: whether they come, with their signatures, tells
    /// whether the name server passes such records on.
    async fn find_ability(&self) -> Ability {
        let mut zones = self.anchor.zones();
        zones.truncate(MAX_ANCHORED);
        let asked = zones.iter().map(async |zone| (zone, self.questions.ask(zone, RecordType::DNSKEY).await));
        let mut published: Vec<(Name, DNSKEY)> = Vec::new();
        let mut is_passed = false;
        let mut failure = None;
        for (zone, answer) in join_all(asked).await {
            match answer {
                Ok(answer) => {
                    let keys = keys(&answer.answers).into_iter().cloned();
                    published.extend(keys.map(|key| (zone.clone(), key)));
                    is_passed |= published.iter().any(|(of, _)| of == zone)
                        && answer.answers.iter().any(|record| signature(record).is_some());
                }
                Err(error) => failure = failure.or(Some(self.server.failure(zone, RecordType::DNSKEY, error))),
            }
        }
        if !is_passed {
            let missing = if published.is_empty() { "keys" } else { "signatures" };
            let stripped = || {
                let whose = called(&zones[0]);
                let asked = format!("answered the question for the keys of {whose} without {missing}");
                (DnssecPassage::Stripped, format!("the name server {} {asked}", self.server))
            };
            let (passage, words) = failure.map_or_else(stripped, |failure| (DnssecPassage::Unknown, failure.message));
            return Ability { passage, validating: Err(words) };
        }
        let handle = Handle::with_trust_anchor(self.questions.clone(), Arc::new(self.anchor.keys(&published)));
        let mut distrusted = None;
        for zone in &zones {
            match self.distrust(&handle, zone).await {
                None => return Ability { passage: DnssecPassage::Passed, validating: Ok(handle) },
                Some(words) => distrusted = distrusted.or(Some(words)),
            }
        }
        Ability { passage: DnssecPassage::Unknown, validating: Err(distrusted.unwrap_or_default()) }
    }

    /// Why the keys of a zone with a trust anchor are not trusted, where they are not. That is no fault of any mail domain.
    async fn distrust(&self, handle: &Handle, zone: &Name) -> Option<String> {
        let checked = match Checked::lookup(handle, zone, RecordType::DNSKEY).await {
            Ok(checked) => checked,
            Err(error) => return Some(self.server.failure(zone, RecordType::DNSKEY, error).message),
        };
        let answers = &checked.answer.answers;
        if proof_of(answers) == Proof::Secure {
            return None;
        }
        let whose = called(zone);
        let why = untimely(answers, &format!("the keys of {whose}")).map_or_else(String::new, |why| format!(": {why}"));
        let server = &self.server;
        Some(format!(
            "the name server {server} hands out keys of {whose} that the trust anchor does not vouch for{why}"
        ))
    }

    /// Why an answer is not secure. An error where the validator had no answer to one of its own questions: then nothing is
    /// known of the signatures.
    async fn reason(
        &self,
        handle: &Handle,
        name: &Name,
        record_type: RecordType,
        proof: Proof,
    ) -> Result<Option<String>, LookupFailure> {
        match proof {
            Proof::Secure => Ok(None),
            Proof::Indeterminate => Ok(Some(format!("there is no trust anchor for {}", text(name)))),
            Proof::Insecure => {
                let zone = self.questions.unsigned_above(name);
                Ok(zone.map(|zone| format!("{} is not signed: the zone above has no DS record for it", text(&zone))))
            }
            Proof::Bogus => {
                if let Some((zone, asked, error)) = self.questions.unanswered_above(name) {
                    return Err(self.server.failure(&zone, asked, error));
                }
                Ok(Some(why_bogus(handle, name, record_type).await))
            }
        }
    }
}
