//! `--format csv`: a row for an endpoint, after RFC 4180 with a line feed at the end of each row.

use std::time::SystemTime;

use csv::{Error, WriterBuilder};

use super::brief::{causes_of, visible};
use super::known::first;
use super::time::{milliseconds, moment, moment_of};
use crate::correlation::Cause;
use crate::policy::{JudgedEndpoint, JudgedTarget, Report};

/// The names of the columns. New ones are only added at the end. `finding`, `message` and `evidence` hold all that is
/// wrong, the ids with blanks between.
pub const COLUMNS: [&str; 18] = [
    "started_at",
    "target",
    "host",
    "address",
    "port",
    "service",
    "security",
    "verdict",
    "state",
    "failed_stage",
    "tries",
    "duration_ms",
    "tls_version",
    "certificate_not_after",
    "certificate_days_left",
    "finding",
    "message",
    "evidence",
];

pub fn render(run: &Report) -> Result<String, Error> {
    let started = moment(run.started);
    let mut table = heading()?;
    for target in &run.targets {
        table.push_str(&rows(&started, target)?);
    }
    Ok(table)
}

pub fn heading() -> Result<String, Error> {
    text_of([COLUMNS])
}

/// The rows of a target of a run that began at `started`.
pub fn target(started: SystemTime, target: &JudgedTarget) -> Result<String, Error> {
    rows(&moment(started), target)
}

fn rows(started: &str, target: &JudgedTarget) -> Result<String, Error> {
    let endpoints = target.endpoints.iter().enumerate();
    text_of(endpoints.map(|(index, judged)| row(started, &target.typed, judged, &causes_of(target, index))))
}

fn text_of<Row: IntoIterator<Item: AsRef<[u8]>>>(rows: impl IntoIterator<Item = Row>) -> Result<String, Error> {
    let mut writer = WriterBuilder::new().from_writer(Vec::new());
    for row in rows {
        writer.write_record(row)?;
    }
    let bytes = writer.into_inner().map_err(|error| Error::from(error.into_error()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn row(started: &str, target: &str, judged: &JudgedEndpoint, causes: &[&Cause]) -> [String; COLUMNS.len()] {
    let observation = &judged.observation;
    let endpoint = &observation.endpoint;
    let version = first(observation, |attempt| attempt.tls.as_ref()?.version.clone());
    let certificate = first(observation, |attempt| attempt.tls.as_ref()?.certificate.as_ref());
    let ids: Vec<&str> = causes.iter().map(|cause| cause.id.name()).collect();
    let messages: Vec<&str> = causes.iter().map(|cause| cause.message.as_str()).collect();
    let evidence: Vec<&str> = causes.iter().flat_map(|cause| &cause.evidence).map(String::as_str).collect();
    [
        text(started),
        text(target),
        text(&endpoint.host.to_string()),
        endpoint.address.map(|address| text(&address.to_string())).unwrap_or_default(),
        endpoint.port.to_string(),
        text(endpoint.service.name()),
        text(endpoint.security.name()),
        text(judged.verdict.name()),
        text(judged.diagnosis.state.name()),
        judged.diagnosis.failed_stage.map(|stage| text(stage.name())).unwrap_or_default(),
        observation.tries.to_string(),
        milliseconds(observation.duration).to_string(),
        version.as_deref().map(text).unwrap_or_default(),
        certificate.map(|certificate| text(&moment_of(certificate.not_after))).unwrap_or_default(),
        certificate.map(|certificate| certificate.days_left().to_string()).unwrap_or_default(),
        text(&ids.join(" ")),
        text(&messages.join(" ")),
        text(&evidence.join("; ")),
    ]
}

/// A cell of text that a spreadsheet does not take for a formula: what could begin one, blanks before it or not, gets an
/// apostrophe. A tab or a line end at the start is escaped as everywhere. Numbers need none of that.
fn text(text: &str) -> String {
    let text = visible(text);
    // Some locales take the wide characters of East Asia as well.
    let begins_formula = text.trim_start().starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']);
    if begins_formula { format!("'{text}") } else { text.into_owned() }
}
