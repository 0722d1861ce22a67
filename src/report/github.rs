//! `--format github`: workflow commands that GitHub Actions shows as annotations.
//!
//! A line end would begin a new command, so it is escaped as GitHub prescribes; `:` and `,` are in a property.

use super::brief::{causes, grade, verdict, visible, with_evidence};
use super::scope::CauseScope;
use crate::correlation::Cause;
use crate::policy::{JudgedTarget, Report, Verdict};

/// The annotations of a run: one for each cause, and one for each target that has none.
pub fn render(run: &Report) -> String {
    run.targets.iter().map(annotations).collect()
}

fn annotations(target: &JudgedTarget) -> String {
    let scope = CauseScope::of(target);
    let lines: String = causes(target).map(|cause| annotation(target, cause, &scope.name(cause))).collect();
    if !lines.is_empty() {
        return lines;
    }
    let level = if target.verdict == Verdict::Pass { "notice" } else { "error" };
    let title = format!("{} {}", target.typed, grade(target.verdict));
    command(level, &title, std::slice::from_ref(&target.conclusion))
}

fn annotation(target: &JudgedTarget, cause: &Cause, scope: &str) -> String {
    let level = if verdict(target, cause) == Verdict::Warn { "warning" } else { "error" };
    let place = [target.typed.as_str(), scope].join(" ");
    let title = format!("{}: {}", place.trim_end(), cause.id);
    let mut lines = vec![with_evidence(cause)];
    lines.extend(cause.hint.as_ref().map(|hint| format!("hint: {hint}")));
    command(level, &title, &lines)
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
