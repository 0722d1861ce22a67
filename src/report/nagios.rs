//! `--format nagios`: a plugin's output after the Monitoring Plugins' development guidelines, for Nagios, Icinga and
//! their kin.
//!
//! The first line is the status, what a person should know, and behind a `|` the performance data. Further lines are
//! details. A `|` or a line end inside the text would end it, so both are escaped.

use std::fmt::Write as _;

use super::brief::{causes, is_not_missed, place, push, verdict, visible, with_evidence};
use super::known::first;
use super::scope::CauseScope;
use crate::correlation::Cause;
use crate::observation::{CertificateFacts, Observation};
use crate::policy::{About, JudgedEndpoint, JudgedTarget, Report, Verdict};

/// How many details there are. Nagios cuts a plugin's output at 8 KiB.
const MAX_DETAILS: usize = 20;

const MAX_SENTENCE: usize = 200;

/// How many characters a detail may take: the server's words are in it.
const MAX_DETAIL: usize = 300;

/// The status of a run as a plugin's exit code: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN.
pub const fn exit_code(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Pass => 0,
        Verdict::Warn => 1,
        Verdict::Fail => 2,
        Verdict::Inconclusive => 3,
    }
}

pub fn render(run: &Report) -> String {
    let mut text = format!("MAILPROBE {}: {}", word(run.verdict), plain(&sentence(run), MAX_SENTENCE));
    let measured: Vec<String> =
        run.targets.iter().flat_map(|target| &target.endpoints).flat_map(performance_data).collect();
    if !measured.is_empty() {
        text.push_str(" | ");
        text.push_str(&measured.join(" "));
    }
    text.push('\n');
    let details: Vec<String> = run.targets.iter().flat_map(details).collect();
    for detail in details.iter().take(MAX_DETAILS) {
        push!(text, "{}\n", plain(detail, MAX_DETAIL));
    }
    if details.len() > MAX_DETAILS {
        push!(text, "and {} more\n", details.len() - MAX_DETAILS);
    }
    text
}

/// A line for each cause.
fn details(target: &JudgedTarget) -> Vec<String> {
    let scope = CauseScope::of(target);
    let line = |cause: &Cause| {
        let grade = word(verdict(target, cause));
        let place = [target.typed.as_str(), &scope.name(cause)].join(" ");
        format!("{grade}: {} {}: {}", place.trim_end(), cause.id, with_evidence(cause))
    };
    causes(target).map(line).collect()
}

/// What a person should know: the conclusion of the only target, or of the worst with the number of the others.
fn sentence(run: &Report) -> String {
    let said = |target: &JudgedTarget| format!("{}: {}", target.typed, target.conclusion);
    match run.targets.as_slice() {
        [] => "nothing was probed".to_owned(),
        [only] => said(only),
        targets => {
            let worst = targets.iter().rev().max_by_key(|target| target.verdict.gravity());
            let good = targets.iter().filter(|target| target.verdict == Verdict::Pass).count();
            format!("{good} of {} targets pass. {}", targets.len(), worst.map(said).unwrap_or_default())
        }
    }
}

const fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "OK",
        Verdict::Warn => "WARNING",
        Verdict::Fail => "CRITICAL",
        Verdict::Inconclusive => "UNKNOWN",
    }
}

fn performance_data(judged: &JudgedEndpoint) -> Vec<String> {
    // What was never connected to took no time that anybody would want to see.
    if is_not_missed(judged) || judged.observation.attempts.is_empty() {
        return Vec::new();
    }
    let place = label(&judged.observation);
    let mut data = vec![format!("'{place} time'={:.6}s;;;0;", judged.observation.duration.as_secs_f64())];
    let certificate = first(&judged.observation, |attempt| attempt.tls.as_ref()?.certificate.as_ref());
    // What --min-days counts.
    if let Some(days) = certificate.map(CertificateFacts::chain_days_left) {
        // Fewer days than were asked for fail the run: below this the value is critical, in the guidelines' range syntax.
        let least = judged.expectations.iter().find_map(|compared| match compared.about {
            About::CertificateDays(least) => Some(format!("{least}:")),
            _ => None,
        });
        data.push(format!("'{place} certificate_days'={days};;{};;", least.unwrap_or_default()));
    }
    data
}

/// A label may hold anything but `=`; a quote in it is doubled.
fn label(observation: &Observation) -> String {
    plain(&place(observation), MAX_SENTENCE).replace('=', "\\x3d").replace('\'', "''")
}

/// One line without the character that begins performance data.
fn plain(text: &str, longest: usize) -> String {
    let text: String = text.chars().take(longest).collect();
    visible(&text).replace('|', "\\x7c")
}
