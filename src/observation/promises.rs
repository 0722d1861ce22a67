//! What a mail domain promises about its servers, as it was published: DANE (RFC 7672), MTA-STS (RFC 8461), TLS reporting
//! (RFC 8460) and the configuration of mail programs with its digest (draft-ietf-mailmaint-pacc). And what of it concerns
//! one endpoint, held against what was seen there.

mod agent_config;
mod dane;
mod dnssec;
mod mta_sts;
mod policy_record;
mod tls_reporting;

use std::net::IpAddr;
use std::time::Duration;

pub use agent_config::{AgentConfig, AgentConfigDigest, AgentConfigFailure};
pub(crate) use dane::RIGHT_AUTHORITY;
pub use dane::{
    Dane, DaneChain, DaneJudgement, HostTlsa, MatchedBy, RecordJudgement, TlsaAnswer, TlsaRecord, UnusableTlsa,
};
pub use dnssec::{DnssecPassage, DnssecStatus, Proven};
pub use mta_sts::{MtaSts, MtaStsCoverage, MtaStsMode, MtaStsPolicy, PolicyFailure, PolicyFault};
pub use policy_record::{PolicyRecord, RecordFault};
pub use tls_reporting::TlsReporting;

/// Everything that was published, by what was asked.
#[derive(Debug, Clone, PartialEq)]
pub struct Promises {
    /// The domain in its ASCII form, or the host where one was asked for on its own.
    pub name: String,
    /// Whether it is a mail domain.
    pub is_domain: bool,
    /// Whether the name servers pass signatures.
    pub passage: DnssecPassage,
    /// The name server that this is said of; `None` where none could be asked, or none had to be.
    pub name_server: Option<IpAddr>,
    /// Which name server was asked, and what it said where that is why nothing can be told; hostile text.
    pub passage_detail: Option<String>,
    /// `None`: not asked for.
    pub dane: Option<Dane>,
    /// `None`: not asked for, as for a host on its own.
    pub mta_sts: Option<MtaSts>,
    /// `None`: not asked for, as for a host on its own.
    pub tls_reporting: Option<TlsReporting>,
    /// `None`: not asked for, as for a host on its own.
    pub agent_config: Option<AgentConfig>,
    /// How long it took to ask.
    pub duration: Duration,
}

/// What the promises say of one endpoint, held against what was seen there.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Promised {
    /// DANE, where it applies to the host.
    pub dane: Option<DaneJudgement>,
    /// MTA-STS, where the domain has a policy.
    pub mta_sts: Option<MtaStsCoverage>,
}
