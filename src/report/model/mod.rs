//! The JSON contract, version 1: the documents of `--format json` and `--format jsonl`.
//!
//! Within a version, names and values are only added. A field without a value is `null`, never missing. Durations are
//! milliseconds, rounded to a tenth; times are RFC 3339 in UTC, to the second. The schemas made from these types are
//! committed under `schema/`.

mod endpoint;
mod finding;
mod mirror;
mod names;
mod path;
mod run;
mod target;

use schemars::{JsonSchema, Schema, generate::SchemaSettings};
use serde::Serialize;

use crate::policy::{JudgedRun, JudgedTarget};
use mirror::all;

pub use endpoint::{
    CapabilitiesReport, CertificateReport, Contents, EndpointReport, Expectation, StageReport, TlsReport,
    TranscriptEntry,
};
pub use finding::{FindingReport, IcmpReport};
pub use path::{EdgeReport, HopAnswerReport, HopReport, PathReport};
pub use run::{BlockedReport, RunReport, SCHEMA, Summary};
pub use target::{
    ConsultationReport, NamedServerReport, RecommendedReport, ResolutionReport, ServerSetting, TargetSummary,
};

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
pub enum JsonLine {
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

impl Report {
    /// The document of a whole run.
    pub fn new(run: &JudgedRun, contents: Contents) -> Self {
        let target = |target: &JudgedTarget| TargetReport {
            target: TargetSummary::from(target),
            endpoints: target.endpoints.iter().map(|judged| EndpointReport::from((judged, contents))).collect(),
        };
        Self { run: RunReport::from(run), targets: run.targets.iter().map(target).collect() }
    }
}

impl JsonLine {
    /// The last line.
    pub fn summary(run: &JudgedRun) -> Self {
        Self::Summary(Box::new(SummaryEvent { run: RunReport::from(run), targets: all(&run.targets) }))
    }
}

/// The JSON Schema of [`Report`].
pub fn report_schema() -> Schema {
    settings().into_generator().into_root_schema_for::<Report>()
}

/// The JSON Schema of [`JsonLine`].
pub fn event_schema() -> Schema {
    settings().into_generator().into_root_schema_for::<JsonLine>()
}

/// What is written, not what is read: every field is required, `null` included.
fn settings() -> SchemaSettings {
    SchemaSettings::draft2020_12().for_serialize()
}
