//! `--format github`: workflow commands that GitHub Actions shows as annotations.
//!
//! A line end would begin a new command, so it is escaped as GitHub prescribes; `:` and `,` are in a property.

use super::brief::{causes, grade, place, state, troubled, visible, with_evidence, worst};
use crate::diagnosis::Finding;
use crate::policy::{JudgedEndpoint, JudgedTarget, Report, Verdict};

/// The annotations of a run: one for each endpoint that needs attention, and one for each target that has none.
pub fn render(run: &Report) -> String {
    run.targets.iter().map(target).collect()
}

fn target(target: &JudgedTarget) -> String {
    let mut lines: String = troubled(target).into_iter().map(|judged| endpoint(target, judged)).collect();
    if let Some(finding) = worst(&target.findings) {
        lines.push_str(&command("warning", &target.typed, &[told(finding)]));
    }
    if lines.is_empty() {
        let level = if target.verdict == Verdict::Pass { "notice" } else { "error" };
        let title = format!("{} {}", target.typed, grade(target.verdict));
        lines = command(level, &title, std::slice::from_ref(&target.conclusion));
    }
    lines
}

fn endpoint(target: &JudgedTarget, judged: &JudgedEndpoint) -> String {
    let level = if judged.verdict == Verdict::Warn { "warning" } else { "error" };
    let endpoint = &judged.observation.endpoint;
    let title = format!("{} port {} ({}): {}", target.typed, endpoint.port, endpoint.service, state(judged));
    let mut lines = vec![format!("{} {}", place(&judged.observation), state(judged))];
    lines.extend(causes(judged).into_iter().map(told));
    command(level, &title, &lines)
}

/// What is the case, what shows it, and what to do.
fn told(finding: &Finding) -> String {
    match &finding.hint {
        Some(hint) => format!("{} hint: {hint}", with_evidence(finding)),
        None => with_evidence(finding),
    }
}

fn command(level: &str, title: &str, lines: &[String]) -> String {
    let lines: Vec<String> = lines.iter().map(|line| data(line)).collect();
    // GitHub takes this for a line end inside an annotation.
    format!("::{level} title={}::{}\n", property(title), lines.join("%0A"))
}

fn data(text: &str) -> String {
    // Escaping leaves no line end; those that GitHub names are escaped its way all the same.
    visible(text).replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
