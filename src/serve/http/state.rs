//! `/api/v1/state`: what was seen, for programs (`schema/state-v1.json`). Within version 1, names and values are only added.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};
use serde::Serialize;

use crate::policy::Verdict;
use crate::report::time::moment;
use crate::serve::history::{Change, CheckedSubject, History, Past, SubjectKey};

const SCHEMA: &str = "mailprobe/state/v1";

/// What mailprobe serve knows of everything that it checks.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(title = "mailprobe state", deny_unknown_fields)]
pub(super) struct StateDocument {
    /// Which contract this document keeps to.
    schema: &'static str,
    /// The version of mailprobe.
    version: &'static str,
    /// What is checked.
    subjects: Vec<SubjectDocument>,
    /// What became another, oldest first.
    changes: Vec<ChangeDocument>,
}

/// A target, as a module checks it.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
struct SubjectDocument {
    /// What to call it: the target, and the module unless that goes without saying.
    name: String,
    /// As typed; empty for a module that needs none.
    target: String,
    /// The module's name.
    module: String,
    /// How often it is checked without being asked for, in seconds; null: on request only.
    interval_seconds: Option<f64>,
    /// What the last check came to: pass, warn, fail or inconclusive.
    verdict: &'static str,
    /// What a person would say about it.
    conclusion: String,
    /// The ids of the causes, worst first.
    causes: Vec<String>,
    /// Since when it has had this verdict, as far as is known.
    since: String,
    /// When the last check began.
    checked_at: String,
    /// How long the last check took.
    duration_seconds: f64,
    /// Whether the last check came to its end before its time limit.
    finished: bool,
    /// The checks of the last 24 hours, the last one among them, oldest first; those of a quarter of an hour that came to the
    /// same are one entry.
    past: Vec<PastDocument>,
}

/// Checks of which only what they came to is kept.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
struct PastDocument {
    /// When the first of them began.
    at: String,
    /// What they came to.
    verdict: &'static str,
    /// The exit code that they would have.
    exit_code: u8,
    /// How long the longest of them took.
    duration_seconds: f64,
    /// How many they are.
    checks: u32,
}

/// Something became another.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
struct ChangeDocument {
    /// Unique, also over restarts.
    id: String,
    /// When the check began that saw it.
    at: String,
    /// What to call the subject.
    name: String,
    /// The target, as typed; empty for a module that needs none.
    target: String,
    /// The module's name.
    module: String,
    /// What it was; null: it was not known.
    before: Option<&'static str>,
    /// What it is.
    after: &'static str,
    /// What a person would say about it then.
    conclusion: String,
    /// The ids of the causes then, worst first.
    causes: Vec<String>,
}

/// The JSON Schema of the document. Every field is there, `null` included.
pub fn state_schema() -> Schema {
    SchemaSettings::draft2020_12().for_serialize().into_generator().into_root_schema_for::<StateDocument>()
}

impl From<&History> for StateDocument {
    fn from(history: &History) -> Self {
        Self {
            schema: SCHEMA,
            version: env!("CARGO_PKG_VERSION"),
            subjects: history.subjects().map(|(key, subject)| SubjectDocument::new(key, subject)).collect(),
            changes: history.changes().map(ChangeDocument::from).collect(),
        }
    }
}

impl SubjectDocument {
    fn new(key: &SubjectKey, subject: &CheckedSubject) -> Self {
        let latest = subject.latest.outline();
        let causes = latest.report().targets.iter().flat_map(|target| &target.causes);
        Self {
            name: key.to_string(),
            target: key.target.clone(),
            module: key.module.clone(),
            interval_seconds: subject.interval.map(|interval| interval.as_secs_f64()),
            verdict: latest.verdict().name(),
            conclusion: latest.conclusion(),
            causes: causes.map(|cause| cause.id.name().to_owned()).collect(),
            since: moment(subject.since()),
            checked_at: moment(latest.started),
            duration_seconds: latest.took.as_secs_f64(),
            finished: latest.finished,
            past: subject.past.iter().map(PastDocument::from).collect(),
        }
    }
}

impl From<&Past> for PastDocument {
    fn from(past: &Past) -> Self {
        Self {
            at: moment(past.at),
            verdict: past.verdict.name(),
            exit_code: past.exit_code,
            duration_seconds: past.took.as_secs_f64(),
            checks: past.checks,
        }
    }
}

impl From<&Change> for ChangeDocument {
    fn from(change: &Change) -> Self {
        Self {
            id: change.id.to_string(),
            at: moment(change.at),
            name: change.subject.to_string(),
            target: change.subject.target.clone(),
            module: change.subject.module.clone(),
            before: change.before.map(Verdict::name),
            after: change.after.name(),
            conclusion: change.conclusion.clone(),
            causes: change.causes.iter().map(|cause| cause.id.clone()).collect(),
        }
    }
}
