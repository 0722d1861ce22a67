//! `--format markdown`: tables to paste into a ticket, as GitHub, GitLab and others read them.
//!
//! What a server said stands in code spans, where nothing is interpreted; other text is escaped, so that it cannot bring
//! in links, images, mentions or HTML.

use std::fmt::Write as _;

use super::brief::{grade, is_not_offered, push, transcript, troubled, visible};
use super::known::first;
use super::time::short;
use crate::diagnosis::{Finding, Severity};
use crate::policy::{JudgedEndpoint, JudgedTarget, Report, Verdict};

pub fn render(run: &Report) -> String {
    run.targets.iter().map(section).collect::<Vec<_>>().join("\n")
}

fn section(target: &JudgedTarget) -> String {
    let mut text = format!("### {}: {}\n\n", code(&target.typed), grade(target.verdict));
    push!(text, "{}\n\n", escaped(&target.conclusion));
    for hint in &target.hints {
        push!(text, "- {}\n", escaped(hint));
    }
    if !target.hints.is_empty() {
        text.push('\n');
    }
    if !target.endpoints.is_empty() {
        text.push_str("| Verdict | Port | Service | Address | State | TLS | Certificate | Time |\n");
        text.push_str("| --- | ---: | --- | --- | --- | --- | --- | ---: |\n");
        text.extend(target.endpoints.iter().map(row));
    }
    for finding in target.findings.iter().filter(|finding| finding.severity < Severity::Info) {
        push!(text, "\n{}", item(finding));
    }
    for judged in troubled(target) {
        text.push_str(&details(judged));
    }
    text
}

fn row(judged: &JudgedEndpoint) -> String {
    let observation = &judged.observation;
    let endpoint = &observation.endpoint;
    let version = first(observation, |attempt| attempt.tls.as_ref()?.version.as_deref());
    let days = first(observation, |attempt| Some(attempt.tls.as_ref()?.certificate.as_ref()?.days_left()));
    let state = judged.diagnosis.state;
    let (verdict, state) = if is_not_offered(judged) {
        ("-", format!("not offered ({state})"))
    } else {
        (grade(judged.verdict), state.to_string())
    };
    format!(
        "| {verdict} | {} | {} | {} | {state} | {} | {} | {} |\n",
        endpoint.port,
        endpoint.service,
        endpoint.address.map(|address| code(&address.to_string())).unwrap_or_default(),
        version.map(escaped).unwrap_or_default(),
        days.map(|days| format!("{days} days")).unwrap_or_default(),
        short(observation.duration),
    )
}

fn details(judged: &JudgedEndpoint) -> String {
    let endpoint = &judged.observation.endpoint;
    let place = endpoint.address.map(|address| format!(" at {}", code(&address.to_string()))).unwrap_or_default();
    let mut text = format!("\n**Port {} ({}){place}**\n\n", endpoint.port, endpoint.service);
    text.extend(judged.diagnosis.findings.iter().filter(|finding| finding.severity < Severity::Info).map(item));
    let said = transcript(&judged.observation);
    if judged.verdict != Verdict::Warn && !said.is_empty() {
        let fence = fence(&said, 3);
        push!(text, "\n<details><summary>what was said</summary>\n\n{fence}text\n{said}{fence}\n\n</details>\n");
    }
    text
}

fn item(finding: &Finding) -> String {
    let mut text = format!("- {}: {}", finding.severity, escaped(&finding.message));
    if let Some(evidence) = &finding.evidence {
        push!(text, " Seen: {}", code(evidence));
    }
    if let Some(hint) = &finding.hint {
        push!(text, " Hint: {}", escaped(hint));
    }
    text.push('\n');
    text
}

/// Text in which nothing is markup. Backslashes do for all but a mention, which is taken apart by an empty comment.
fn escaped(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in visible(text).chars() {
        match character {
            '@' => shown.push_str("@<!-- -->"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '|' | '~' | '&' | '$' | '!' => {
                shown.push('\\');
                shown.push(character);
            }
            _ => shown.push(character),
        }
    }
    shown
}

fn code(text: &str) -> String {
    let text = visible(text);
    if text.is_empty() {
        return String::new();
    }
    let fence = fence(&text, 1);
    let space = if text.starts_with(['`', ' ']) || text.ends_with(['`', ' ']) { " " } else { "" };
    format!("{fence}{space}{text}{space}{fence}")
}

/// More backquotes than stand in a row anywhere in the text, and at least `least`.
fn fence(text: &str, least: usize) -> String {
    let longest = text.split(|character| character != '`').map(str::len).max().unwrap_or(0);
    "`".repeat(least.max(longest + 1))
}
