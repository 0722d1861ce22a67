//! The JSON contract, version 1: the documents of `--format json` and `--format jsonl`.
//!
//! Within a version, names and values are only added. A field without a value is `null`, never missing. Durations are
//! milliseconds, rounded to a tenth; times are RFC 3339 in UTC, to the second. The schemas made from these types are
//! committed under `schema/`.

mod build;
mod endpoint;
mod names;
mod path;

use std::collections::BTreeMap;
use std::net::IpAddr;

use schemars::{JsonSchema, Schema, generate::SchemaSettings};
use serde::Serialize;

use crate::diagnosis::State;
use crate::observation::Via;
use crate::observation::discovery::SourceOutcome;
use crate::policy::Verdict;
use crate::service::{Protocol, Security, Service};
use crate::target::{Source, TargetKind};

pub use endpoint::{
    CapabilitiesReport, CertificateReport, EndpointReport, Expectation, FindingReport, IcmpReport, StageReport,
    TlsReport, TranscriptEntry,
};
pub use path::{BlockedConclusion, BlockedReport, EdgeReport, HopAnswerReport, HopReport, PathReport};

/// The name and version of the contract, as every document bears it.
pub const SCHEMA: &str = "mailprobe/report/v1";

/// What a document shall hold beside the facts that it always holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Contents {
    /// Whether what was said is included (`--transcript`).
    pub transcript: bool,
}

/// The document of `--format json`: a whole run.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(title = "mailprobe report", deny_unknown_fields)]
pub struct Report {
    /// Facts about the run as a whole.
    #[serde(flatten)]
    pub run: RunReport,
    /// The targets, in the order they were typed.
    pub targets: Vec<TargetReport>,
}

/// One line of `--format jsonl`.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(title = "mailprobe event", deny_unknown_fields)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum Event {
    /// An endpoint has been checked.
    Endpoint(Box<EndpointEvent>),
    /// A target of a list (`--targets`) is done: all of its endpoints have been told.
    Target(Box<TargetEvent>),
    /// The run is over. This is the last line.
    Summary(Box<SummaryEvent>),
}

/// An endpoint, as it finishes.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct EndpointEvent {
    /// The target it belongs to, as typed.
    pub target: String,
    /// The endpoint.
    #[serde(flatten)]
    pub endpoint: EndpointReport,
}

/// A target of a list, without its endpoints.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct TargetEvent {
    /// Facts about the target as a whole.
    #[serde(flatten)]
    pub target: TargetSummary,
}

/// A whole run without its endpoints.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct SummaryEvent {
    /// Facts about the run as a whole.
    #[serde(flatten)]
    pub run: RunReport,
    /// The targets, in the order they were typed; those of a list (`--targets`) had lines of their own.
    pub targets: Vec<TargetSummary>,
}

/// Facts about a run as a whole.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct RunReport {
    /// The contract and its version: `mailprobe/report/v1`.
    #[schemars(extend("const" = SCHEMA))]
    pub schema: &'static str,
    /// The version of mailprobe.
    pub version: &'static str,
    /// When the run began.
    #[schemars(extend("format" = "date-time"))]
    pub started_at: String,
    /// How long it took.
    pub duration_ms: f64,
    /// The worst verdict among the targets; of `mailprobe blocked`, what its conclusion comes to.
    pub verdict: Verdict,
    /// The exit code of the command.
    pub exit_code: u8,
    /// The endpoints, counted.
    pub summary: Summary,
    /// How many lines of the list (`--targets`) are no targets; `null` where there was no list.
    pub bad_lines: Option<usize>,
    /// The answer of `mailprobe blocked`; `null` otherwise.
    pub blocked: Option<BlockedReport>,
}

/// The endpoints of a run, counted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Summary {
    /// All of them.
    pub endpoints: usize,
    /// Those with the verdict `pass`.
    pub pass: usize,
    /// Those with the verdict `warn`.
    pub warn: usize,
    /// Those with the verdict `fail`.
    pub fail: usize,
    /// Those with the verdict `inconclusive`.
    pub inconclusive: usize,
    /// How often each state occurs; states that do not occur are left out.
    pub states: BTreeMap<State, usize>,
}

/// A target and its endpoints.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct TargetReport {
    /// Facts about the target as a whole.
    #[serde(flatten)]
    pub target: TargetSummary,
    /// Its endpoints, in the order of hosts, addresses and the port table.
    pub endpoints: Vec<EndpointReport>,
}

/// Facts about a target as a whole.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct TargetSummary {
    /// As typed.
    pub target: String,
    /// What it is.
    pub kind: TargetKind,
    /// What one thinks of it.
    pub verdict: Verdict,
    /// What a person would say about it.
    pub conclusion: String,
    /// What to do.
    pub hints: Vec<String>,
    /// Findings about the target as a whole.
    pub findings: Vec<FindingReport>,
    /// For a mail domain: who was asked for its servers, and what each said; `null` otherwise.
    pub discovery: Option<Vec<ConsultationReport>>,
    /// How its names were resolved.
    pub resolution: Vec<ResolutionReport>,
    /// For a mail domain: what to enter in a mail program; `null` otherwise.
    pub recommended: Option<Recommended>,
}

/// One question to one source about a mail domain's servers.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct ConsultationReport {
    /// Which source.
    pub source: Source,
    /// What was asked for: a name and type of record, an address on the web, a row of the table.
    pub asked: String,
    /// What came of it.
    pub outcome: SourceOutcome,
    /// Why it gave nothing. Hostile text.
    pub detail: Option<String>,
    /// The servers that it named, in its own order.
    pub servers: Vec<NamedServerReport>,
    /// How long it took.
    pub duration_ms: f64,
}

/// A server that a source named.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct NamedServerReport {
    /// The host name.
    pub host: String,
    /// The TCP port.
    pub port: u16,
    /// The service.
    pub service: Service,
    /// How the connection is to be secured.
    pub security: Security,
}

/// How a host name was resolved.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct ResolutionReport {
    /// The host name, or the address as typed.
    pub host: String,
    /// The addresses found.
    #[schemars(with = "Vec<String>")]
    pub addresses: Vec<IpAddr>,
    /// Who knew.
    pub via: Via,
    /// How the lookup of IPv4 addresses went: `ok` or a `dns-…` state; `null` when nobody asked.
    pub ipv4: Option<State>,
    /// How the lookup of IPv6 addresses went: `ok` or a `dns-…` state; `null` when nobody asked.
    pub ipv6: Option<State>,
    /// How long it took.
    pub duration_ms: f64,
}

/// What to enter in a mail program, best first. Only what was checked and passed is recommended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Recommended {
    /// For reading mail.
    pub incoming: Vec<ServerSetting>,
    /// For sending mail.
    pub outgoing: Vec<ServerSetting>,
    /// Why these, in one sentence, or why none; `null` where nobody named a server for mail programs.
    pub why: Option<String>,
}

/// One server to enter in a mail program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct ServerSetting {
    /// The service.
    pub service: Service,
    /// Its protocol.
    pub protocol: Protocol,
    /// The server's host name.
    pub host: String,
    /// The TCP port.
    pub port: u16,
    /// How the connection is to be secured.
    pub security: Security,
    /// Who named the server.
    pub sources: Vec<Source>,
    /// The login methods that the server offers inside TLS: names of SASL mechanisms. Hostile text.
    pub login: Vec<String>,
    /// Whether one of the login methods takes a password; `null` where the server does not list them, `false` where the
    /// provider or the autoconfiguration file says that it wants `OAuth`, whatever the server lists.
    pub password: Option<bool>,
}

/// The JSON Schema of [`Report`].
pub fn report_schema() -> Schema {
    settings().into_generator().into_root_schema_for::<Report>()
}

/// The JSON Schema of [`Event`].
pub fn event_schema() -> Schema {
    settings().into_generator().into_root_schema_for::<Event>()
}

/// What is written, not what is read: every field is required, `null` included.
fn settings() -> SchemaSettings {
    SchemaSettings::draft2020_12().for_serialize()
}
