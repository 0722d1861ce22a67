//! The endpoint's part of the JSON contract.

use std::net::IpAddr;

use schemars::JsonSchema;
use serde::Serialize;

use super::PathReport;
use crate::diagnosis::{FindingId, Severity, State};
use crate::observation::{Purpose, Speaker, Stage, StageOutcome};
use crate::policy::Verdict;
use crate::service::{Protocol, Security, Service};
use crate::target::Source;

/// One endpoint: what was seen there and what it means.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct EndpointReport {
    /// The host name, or the address as typed.
    pub host: String,
    /// The IP address; `null` when the name gave none.
    #[schemars(with = "Option<String>")]
    pub address: Option<IpAddr>,
    /// The TCP port.
    pub port: u16,
    /// The service expected there.
    pub service: Service,
    /// Its protocol.
    pub protocol: Protocol,
    /// How the connection is to be secured.
    pub security: Security,
    /// Who named the endpoint.
    pub sources: Vec<Source>,
    /// What happened.
    pub state: State,
    /// The stage that was not completed; `null` when the state is `ok`.
    pub failed_stage: Option<Stage>,
    /// What one thinks of it.
    pub verdict: Verdict,
    /// How often the whole check was made.
    pub tries: u32,
    /// From the start of the first connection to the end of the last.
    pub duration_ms: f64,
    /// The stages of every connection, in the order they were entered.
    pub stages: Vec<StageReport>,
    /// The server's first reply, its lines joined by a line feed. Hostile text.
    pub greeting: Option<String>,
    /// What the server offers.
    pub capabilities: CapabilitiesReport,
    /// The ICMP message that ended the connection, where the system tells.
    pub icmp: Option<IcmpReport>,
    /// What is known of TLS.
    pub tls: Option<TlsReport>,
    /// What is worth telling, gravest first.
    pub findings: Vec<FindingReport>,
    /// What was expected of this endpoint, and whether it holds.
    pub expectations: Vec<Expectation>,
    /// Where on the way the port is blocked; `null` where that was not traced.
    pub path: Option<PathReport>,
    /// What was said; `null` without `--transcript`.
    pub transcript: Option<Vec<TranscriptEntry>>,
}

/// How one stage went.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct StageReport {
    /// Which connection, counted from 1.
    pub attempt: usize,
    /// Why that connection was made.
    pub purpose: Purpose,
    /// Which stage.
    pub stage: Stage,
    /// How it went.
    pub outcome: StageOutcome,
    /// How long it took.
    pub duration_ms: f64,
    /// A remark: the reply that ended it, the error. Hostile text.
    pub detail: Option<String>,
}

/// What a server offers, keyword by keyword, as it wrote it. Hostile text.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct CapabilitiesReport {
    /// Outside TLS; `null` when it was not asked, or did not answer.
    pub plaintext: Option<Vec<String>>,
    /// Inside TLS; `null` when it was not asked, or did not answer.
    pub secured: Option<Vec<String>>,
}

/// An ICMP error message, of IPv4 or IPv6.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct IcmpReport {
    /// The type.
    #[serde(rename = "type")]
    pub icmp_type: u8,
    /// The code.
    pub code: u8,
    /// Who sent it, where the system tells.
    #[schemars(with = "Option<String>")]
    pub from: Option<IpAddr>,
    /// What type and code mean.
    pub meaning: String,
}

/// What is known of a TLS session. Names are IANA's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct TlsReport {
    /// `TLSv1.3`
    pub version: Option<String>,
    /// `TLS_AES_256_GCM_SHA384`
    pub cipher_suite: Option<String>,
    /// `X25519MLKEM768`
    pub key_exchange: Option<String>,
    /// The server's certificate, where it could be read.
    pub certificate: Option<CertificateReport>,
}

/// What a server's certificate says. Hostile text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct CertificateReport {
    /// The subject's distinguished name.
    pub subject: String,
    /// The issuer's distinguished name.
    pub issuer: String,
    /// The subject alternative names.
    pub names: Vec<String>,
    /// From when it is valid.
    #[schemars(extend("format" = "date-time"))]
    pub not_before: String,
    /// Until when it is valid.
    #[schemars(extend("format" = "date-time"))]
    pub not_after: String,
    /// Whole days until it expires; negative when it has.
    pub days_left: i64,
    /// `RSA 2048`, `EC P-256`, `Ed25519`
    pub key: String,
    /// The SHA-256 of the certificate, in lower-case hexadecimal.
    pub sha256: String,
    /// How many certificates the server sent.
    pub chain_length: usize,
    /// Whether it has no fault: its name, dates, issuer and purpose are as they should be.
    pub verified: bool,
}

/// One fact worth telling.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct FindingReport {
    /// The stable id.
    pub id: FindingId,
    /// How much it matters here.
    pub severity: Severity,
    /// What is the case.
    pub message: String,
    /// What was seen that shows it. Hostile text.
    pub evidence: Option<String>,
    /// What to do about it.
    pub hint: Option<String>,
}

/// What was expected of an endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Expectation {
    /// What was expected: `open`, `closed`, `tls`, `starttls`, `implicit`, `plaintext` or a state; or what must be so of
    /// the certificate, of TLS or of logins.
    pub expected: String,
    /// What was found, in the same words. Hostile text.
    pub found: String,
    /// Whether they agree.
    pub holds: bool,
}

/// One line of what was said.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct TranscriptEntry {
    /// Since the start of the connection.
    pub at_ms: f64,
    /// Which connection, counted from 1.
    pub attempt: usize,
    /// Who said it.
    pub from: Speaker,
    /// The line without its end, invalid UTF-8 replaced. Hostile text.
    pub text: String,
}
