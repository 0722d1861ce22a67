//! `--format github`: workflow commands that GitHub Actions shows as annotations.
//!
//! A line end would begin a new command, so it is escaped as GitHub prescribes; `:` and `,` are in a property.

use super::brief::{cause, grade, place, standing, troubled, visible, worst};
use crate::diagnosis::Finding;
use crate::policy::{JudgedEndpoint, JudgedRun, JudgedTarget, Verdict};

/// The annotations of a run: one for each endpoint that needs attention, and one for each target that has none.
pub fn render(run: &JudgedRun) -> String {
    run.targets.iter().map(target).collect()
}

fn target(target: &JudgedTarget) -> String {
    let mut lines: String = troubled(target).into_iter().map(|judged| endpoint(target, judged)).collect();
    if let Some(finding) = worst(&target.findings) {
        lines.push_str(&command("warning", &target.typed, &with_hint(&finding.message, Some(finding))));
    }
    if lines.is_empty() {
        let level = if target.verdict == Verdict::Pass { "notice" } else { "error" };
        lines = command(level, &format!("{} {}", target.typed, grade(target.verdict)), &target.conclusion);
    }
    lines
}

fn endpoint(target: &JudgedTarget, judged: &JudgedEndpoint) -> String {
    let level = if judged.verdict == Verdict::Warn { "warning" } else { "error" };
    let endpoint = &judged.observation.endpoint;
    let title = format!("{} port {} ({}): {}", target.typed, endpoint.port, endpoint.service, judged.diagnosis.state);
    let text = format!("{} {}", place(&judged.observation), standing(judged));
    command(level, &title, &with_hint(&text, cause(judged)))
}

fn with_hint(text: &str, finding: Option<&Finding>) -> String {
    match finding.and_then(|finding| finding.hint.as_deref()) {
        Some(hint) => format!("{text} hint: {hint}"),
        None => text.to_owned(),
    }
}

fn command(level: &str, title: &str, text: &str) -> String {
    format!("::{level} title={}::{}\n", property(title), data(text))
}

fn data(text: &str) -> String {
    // Escaping leaves no line end; those that GitHub names are escaped its way all the same.
    visible(text).replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
