//! Events as they are told: a line in the log, a document for others.

use std::time::{Duration, UNIX_EPOCH};

use jiff::Timestamp;
use schemars::{JsonSchema, Schema, generate::SchemaSettings};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::history::{Change, ChangeCause, SubjectKey};
use crate::diagnosis::Severity;
use crate::policy::Verdict;
use crate::report::sanitize::{Charset, escape};

/// What is sent to the webhook: a target stands otherwise than it did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(title = "mailprobe webhook event", deny_unknown_fields)]
pub struct WebhookEvent {
    /// `mailprobe.webhook/v1`: within a version, fields are only added.
    pub schema: String,
    /// Unique, and the same whenever the event is sent again; also in the header `Idempotency-Key`.
    pub id: String,
    /// When it was seen: RFC 3339, UTC, to the second.
    pub at: String,
    /// As typed in the configuration; empty for a module that needs none: then it is about port 25 from this machine.
    pub target: String,
    /// The module that said how to check.
    pub module: String,
    /// The verdict before; `null` where nothing was known.
    pub before: Option<String>,
    /// The verdict now: `pass`, `warn`, `fail` or `inconclusive`. It may be the one before, with other causes.
    pub after: String,
    /// What a person would say about it. It may hold text of the server: escape it.
    pub conclusion: String,
    /// The errors and warnings, worst first.
    pub causes: Vec<WebhookCause>,
    /// The exit code of `mailprobe TARGET`.
    pub exit_code: u8,
}

/// One thing that is wrong with the target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct WebhookCause {
    /// The stable id; `mailprobe explain ID` tells more.
    pub id: String,
    /// `error` or `warning`.
    pub severity: String,
    /// What is the case, in one or two sentences.
    pub message: String,
    /// The ports that it covers; none where it is about the target as a whole.
    pub ports: Vec<u16>,
}

const SCHEMA: &str = "mailprobe.webhook/v1";

/// The JSON Schema of [`WebhookEvent`].
pub fn webhook_schema() -> Schema {
    SchemaSettings::draft2020_12().for_serialize().into_generator().into_root_schema_for::<WebhookEvent>()
}

impl From<&Change> for WebhookEvent {
    fn from(change: &Change) -> Self {
        let seconds = change.at.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let at = i64::try_from(seconds).ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
        Self {
            schema: SCHEMA.to_owned(),
            id: change.id.to_string(),
            at: at.unwrap_or(Timestamp::MAX).to_string(),
            target: change.subject.target.clone(),
            module: change.subject.module.clone(),
            before: change.before.map(|verdict| verdict.name().to_owned()),
            after: change.after.name().to_owned(),
            conclusion: change.conclusion.clone(),
            causes: change.causes.iter().map(WebhookCause::from).collect(),
            exit_code: change.exit_code,
        }
    }
}

impl From<&ChangeCause> for WebhookCause {
    fn from(cause: &ChangeCause) -> Self {
        Self {
            id: cause.id.clone(),
            severity: cause.severity.name().to_owned(),
            message: cause.message.clone(),
            ports: cause.ports.clone(),
        }
    }
}

impl WebhookEvent {
    /// The event that this document tells; `None` where it was not written by this program.
    pub(super) fn into_change(self) -> Option<Change> {
        let seconds = u64::try_from(self.at.parse::<Timestamp>().ok()?.as_second()).ok()?;
        let cause = |cause: WebhookCause| {
            let severity = Severity::from_name(&cause.severity)?;
            Some(ChangeCause { id: cause.id, severity, message: cause.message, ports: cause.ports })
        };
        Some(Change {
            id: Uuid::parse_str(&self.id).ok()?,
            at: UNIX_EPOCH + Duration::from_secs(seconds),
            subject: SubjectKey { target: self.target, module: self.module },
            before: match self.before {
                Some(before) => Some(Verdict::from_name(&before)?),
                None => None,
            },
            after: Verdict::from_name(&self.after)?,
            conclusion: self.conclusion,
            causes: self.causes.into_iter().map(cause).collect::<Option<_>>()?,
            exit_code: self.exit_code,
        })
    }
}

/// Writes an event to the log, in one line.
pub(super) fn log(change: &Change) {
    let before = change.before.map_or("unknown", Verdict::name);
    let line = format!("{} was {before}, is {}: {}", change.subject, change.after, change.conclusion);
    let line = escape(&line, Charset::Unicode);
    if change.after == Verdict::Fail { tracing::warn!("{line}") } else { tracing::info!("{line}") }
}
