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
    subjects: Vec<SubjectState>,
    /// What became another, oldest first.
    changes: Vec<ChangeState>,
}

/// A target, as a module checks it.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
struct SubjectState {
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
    /// Since when it has had this verdict, as far as is known; null: longer than is known.
    since: Option<String>,
    /// When the last check began.
    checked_at: String,
    /// How long the last check took.
    duration_seconds: f64,
    /// Whether the last check came to its end before its time limit.
    finished: bool,
    /// The checks before, and the last one, oldest first.
    past: Vec<PastState>,
}

/// A check of which only what it came to is kept.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
struct PastState {
    /// When it began.
    at: String,
    /// What it came to.
    verdict: &'static str,
    /// How long it took.
    duration_seconds: f64,
}

/// Something became another.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
struct ChangeState {
    /// Unique, and growing.
    id: u64,
    /// When the check began that saw it.
    at: String,
    /// The target, as typed.
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
        let changes: Vec<_> = history.changes().collect();
        Self {
            schema: SCHEMA,
            version: env!("CARGO_PKG_VERSION"),
            subjects: history.subjects().map(|(key, subject)| SubjectState::new(key, subject, &changes)).collect(),
            changes: changes.into_iter().map(ChangeState::from).collect(),
        }
    }
}

impl SubjectState {
    fn new(key: &SubjectKey, subject: &CheckedSubject, changes: &[&Change]) -> Self {
        let latest = &subject.latest;
        let causes = latest.report().targets.iter().flat_map(|target| &target.causes);
        let last = changes.iter().rev().find(|change| change.subject == *key);
        Self {
            target: key.target.clone(),
            module: key.module.clone(),
            interval_seconds: subject.interval.map(|interval| interval.as_secs_f64()),
            verdict: latest.verdict().name(),
            conclusion: latest.conclusion(),
            causes: causes.map(|cause| cause.id.name().to_owned()).collect(),
            since: last.map(|change| moment(change.at)),
            checked_at: moment(latest.started),
            duration_seconds: latest.took.as_secs_f64(),
            finished: latest.finished,
            past: subject.past.iter().map(PastState::from).collect(),
        }
    }
}

impl From<&Past> for PastState {
    fn from(past: &Past) -> Self {
        Self { at: moment(past.at), verdict: past.verdict.name(), duration_seconds: past.took.as_secs_f64() }
    }
}

impl From<&Change> for ChangeState {
    fn from(change: &Change) -> Self {
        Self {
            id: change.id,
            at: moment(change.at),
            target: change.subject.target.clone(),
            module: change.subject.module.clone(),
            before: change.before.map(Verdict::name),
            after: change.after.name(),
            conclusion: change.conclusion.clone(),
            causes: change.causes.clone(),
        }
    }
}
