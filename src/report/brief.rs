//! An endpoint in a few words, for the formats that have one line or one cell for it.

use std::borrow::Cow;
use std::fmt::Write as _;

use super::sanitize::{Charset, escape};
use crate::correlation::Cause;
use crate::diagnosis::{Severity, State};
use crate::observation::{Observation, Speaker};
use crate::policy::{Compared, JudgedEndpoint, JudgedTarget, NOT_AS_EXPECTED, Outcome, Verdict};

/// Appends formatted text to a string. That cannot fail.
macro_rules! push {
    ($text:expr, $($arguments:tt)*) => {{
        let _ = write!($text, $($arguments)*);
    }};
}
pub(super) use push;

/// How many characters of a line that a server said are shown: twice the longest reply line of RFC 5321, section
/// 4.5.3.1.5. More is in the JSON.
const MAX_LINE: usize = 1024;

/// A judgement in one word, as a machine reads it first.
pub(super) const fn grade(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "PASS",
        Verdict::Warn => "WARN",
        Verdict::Fail => "FAIL",
        Verdict::Inconclusive => "UNKNOWN",
    }
}

/// Whether the port is closed, or the DNS says that there is no such service, and nobody misses it.
pub(super) fn is_not_missed(judged: &JudgedEndpoint) -> bool {
    let state = judged.diagnosis.state;
    let absent = state.is_closed() || state == State::DnsNoMail;
    judged.verdict == Verdict::Pass && absent && judged.expectations.is_empty()
}

/// What a port that nobody misses is: silence does not say that it is not offered.
pub(super) fn absence(judged: &JudgedEndpoint) -> &'static str {
    if judged.diagnosis.state == State::ConnectionTimeout { State::ConnectionTimeout.words() } else { "not offered" }
}

/// `mail.example.org:587 (192.0.2.5)`, `[2001:db8::25]:587`
pub(super) fn place(observation: &Observation) -> String {
    let endpoint = &observation.endpoint;
    let host = endpoint.host.to_string();
    let host = if host.contains(':') { format!("[{host}]") } else { host };
    match endpoint.address {
        Some(address) if address.to_string() != endpoint.host.to_string() => {
            format!("{host}:{} ({address})", endpoint.port)
        }
        _ => format!("{host}:{}", endpoint.port),
    }
}

/// The causes that deserve attention, worst first.
pub(super) fn causes(target: &JudgedTarget) -> impl Iterator<Item = &Cause> {
    target.causes.iter().filter(|cause| cause.severity < Severity::Info)
}

/// What is wrong at an endpoint: the causes that are errors; without any, the worst warning.
pub(super) fn causes_of(target: &JudgedTarget, endpoint: usize) -> Vec<&Cause> {
    let causes: Vec<&Cause> = target.causes_of(endpoint).collect();
    let errors: Vec<&Cause> = causes.iter().copied().filter(|cause| cause.severity == Severity::Error).collect();
    if errors.is_empty() { causes.into_iter().take(1).collect() } else { errors }
}

/// What one thinks of what a cause covers: the worst verdict of it.
pub(super) fn verdict(target: &JudgedTarget, cause: &Cause) -> Verdict {
    let covered = cause.endpoints.iter().filter_map(|&index| Some(target.endpoints.get(index)?.verdict));
    let by_severity = if cause.severity == Severity::Error { Verdict::Fail } else { Verdict::Warn };
    match covered.max_by_key(|verdict| verdict.gravity()) {
        // A warning of a port that fails for something else.
        Some(worst) if cause.severity == Severity::Error => worst,
        _ => by_severity,
    }
}

/// One line on how an endpoint stands: its state, and what is wrong about it.
pub(super) fn standing(target: &JudgedTarget, endpoint: usize) -> String {
    let Some(judged) = target.endpoints.get(endpoint) else { return String::new() };
    let messages: Vec<&str> = causes_of(target, endpoint).into_iter().map(|cause| cause.message.as_str()).collect();
    match messages.as_slice() {
        [] if is_not_missed(judged) => format!("{} ({})", absence(judged), judged.diagnosis.state),
        [] => judged.diagnosis.state.to_string(),
        messages => format!("{}: {}", state(judged), messages.join(" ")),
    }
}

/// The state in words that do not call well what was not wanted: `certificate-invalid`, `not as expected (ok)`.
pub(super) fn state(judged: &JudgedEndpoint) -> String {
    let state = judged.diagnosis.state;
    let was_not_wanted = |compared: &Compared| compared.outcome == Outcome::Broken(NOT_AS_EXPECTED);
    if judged.expectations.iter().any(was_not_wanted) {
        format!("not as expected ({state})")
    } else {
        state.to_string()
    }
}

/// What is the case, and what was seen that shows it: the server's own words.
pub(super) fn with_evidence(cause: &Cause) -> String {
    match cause.evidence.as_slice() {
        [] => cause.message.clone(),
        evidence => format!("{} seen: {}", cause.message, evidence.join("; ")),
    }
}

/// What was said, a line each: `C:` is mailprobe, `S:` the server. Escaped, and every line bounded.
pub(super) fn transcript(observation: &Observation) -> String {
    let mut text = String::new();
    for (number, attempt) in (1..).zip(&observation.attempts) {
        if !attempt.transcript.is_empty() {
            push!(text, "connection {number} ({})\n", attempt.purpose);
        }
        for line in &attempt.transcript {
            let speaker = match line.from {
                Speaker::Client => "C:",
                Speaker::Server => "S:",
                Speaker::Remark => "--",
            };
            let said = visible(&line.text);
            let shown: String = said.chars().take(MAX_LINE).collect();
            let cut = if shown.len() < said.len() { "…" } else { "" };
            push!(text, "{speaker} {shown}{cut}\n");
        }
    }
    text
}

/// Text with everything escaped that acts or cannot be seen, line ends included: one line, whatever a server sent.
pub(super) fn visible(text: &str) -> Cow<'_, str> {
    escape(text, Charset::Unicode)
}
