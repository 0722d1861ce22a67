//! The JSON contract, version 1: the documents of `--format json` and `--format jsonl`.
//!
//! Within a version, names and values are only added. A field without a value is `null`, never missing. Durations are
//! milliseconds, rounded to a tenth; times are RFC 3339 in UTC, to the second. The schemas made from these types are
//! committed under `schema/`.

mod discovery;
mod endpoint;
mod finding;
mod login;
mod names;
mod path;
mod policies;
mod promised;
mod run;
mod target;

#[cfg(feature = "cli")]
use schemars::{JsonSchema, Schema, generate::SchemaSettings};
use serde::{Serialize, Serializer};

use super::mirror::{all, mirror};
use crate::policy::{JudgedEndpoint, JudgedTarget, Report};

pub use discovery::{ConsultationReport, NamedServerReport};
pub use endpoint::{
    CapabilitiesReport, CertificateReport, Contents, EndpointReport, Expectation, StageReport, TlsReport,
    TranscriptEntry,
};
pub use finding::{CauseReport, FindingReport, IcmpReport};
pub use path::{EdgeReport, HopAnswerReport, HopReport, PathReport};
pub use policies::{
    AgentConfigReport, DaneReport, DigestReport, FaultReport, HostTlsaReport, LookupFailureReport, MtaStsPolicyReport,
    MtaStsReport, PassageReport, PoliciesReport, PolicyFailureReport, ProvenReport, RecordReport, TlsReportingReport,
    TlsaReport,
};
pub use promised::{DaneMatchReport, MtaStsCoverageReport, PromisedReport, RecordMatchReport};
pub use run::{BlockedReport, RunReport, SCHEMA, Summary};
pub use target::{RecommendedReport, ResolutionReport, ServerSetting, TargetSummary};

mirror! {
    /// The document of `--format json`: a whole run.
    #[cfg_attr(feature = "cli", schemars(title = "mailprobe report"))]
    struct Document from (run, contents): (&Report, Contents) {
        /// Facts about the run as a whole.
        #[serde(flatten)]
        run: RunReport = run.into(),
        /// The targets, in the order they were typed.
        targets: Vec<TargetReport> = run.targets.iter().map(|target| (target, contents).into()).collect(),
    }

    /// An endpoint, as it finishes.
    struct EndpointEvent from (target, judged, contents): (&str, &JudgedEndpoint, Contents) {
        /// The target it belongs to, as typed.
        target: String = target.to_owned(),
        /// The endpoint.
        #[serde(flatten)]
        endpoint: EndpointReport = (judged, contents).into(),
    }

    /// A target of a list, without its endpoints.
    struct TargetEvent from (target, exit_code): (&JudgedTarget, u8) {
        /// Facts about the target as a whole.
        #[serde(flatten)]
        target: TargetSummary = target.into(),
        /// The exit code of a run of this target alone.
        exit_code: u8 = exit_code,
    }

    /// A whole run without its endpoints.
    struct SummaryEvent from (run, targets): (RunReport, &[JudgedTarget]) {
        /// Facts about the run as a whole.
        #[serde(flatten)]
        run: RunReport = run,
        /// The targets, in the order they were typed; those of a list (`--targets`) had lines of their own.
        targets: Vec<TargetSummary> = all(targets),
    }

    /// A target and its endpoints.
    struct TargetReport from (target, contents): (&JudgedTarget, Contents) {
        /// Facts about the target as a whole.
        #[serde(flatten)]
        target: TargetSummary = target.into(),
        /// Its endpoints, in the order of hosts, addresses and the port table.
        endpoints: Vec<EndpointReport> = target.endpoints.iter().map(|judged| (judged, contents).into()).collect(),
    }
}

/// One line of `--format jsonl`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(JsonSchema))]
#[cfg_attr(feature = "cli", schemars(title = "mailprobe event", deny_unknown_fields))]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum JsonLine {
    /// An endpoint has been checked.
    Endpoint(Box<EndpointEvent>),
    /// A target of a list (`--targets`) is done: all of its endpoints have been told.
    Target(Box<TargetEvent>),
    /// The run is over. This is the last line.
    Summary(Box<SummaryEvent>),
}

/// The JSON Schema of [`Document`].
#[cfg(feature = "cli")]
pub fn report_schema() -> Schema {
    schema_of::<Document>()
}

/// The JSON Schema of [`JsonLine`].
#[cfg(feature = "cli")]
pub fn event_schema() -> Schema {
    schema_of::<JsonLine>()
}

/// What is written, not what is read: every field is required, `null` included.
#[cfg(feature = "cli")]
fn schema_of<T: JsonSchema>() -> Schema {
    SchemaSettings::draft2020_12().for_serialize().into_generator().into_root_schema_for::<T>()
}

/// As the document of `mailprobe --format json` (`schema/report-v1.json`), without what was said.
impl Serialize for Report {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Document::from((self, Contents::default())).serialize(serializer)
    }
}
