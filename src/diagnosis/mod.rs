//! From observations to states and findings. Pure: no I/O, no clock.
//!
//! The state comes from where the ordinary check stopped, the second looks put in. Everything else that the evidence
//! shows is a finding; what it only suggests says "probably" and never becomes a state.

#![allow(clippy::similar_names, reason = "state and stage are the field's own words")]

mod certificate;
mod connect;
mod finding;
mod flapping;
mod greeting;
mod interception;
mod login;
mod lookup;
mod path;
pub mod reference;
mod refusal;
mod shape;
mod starttls;
mod state;
#[cfg(test)]
pub(crate) mod tests;
mod tls;

use std::time::Duration;

pub(crate) use connect::blame_the_host;
pub use connect::icmp_meaning;
pub use finding::{Finding, FindingId, Severity};
pub use path::whereabouts;
pub use state::State;

use crate::observation::{Attempt, Cause, Limit, Observation, Purpose, Speaker, Stage, Stopped, TlsFailureKind};
use crate::protocol::Stop;
use crate::service::Security;

/// What an observation means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnosis {
    /// The one-word answer.
    pub state: State,
    /// The stage that was not completed; `None` when the state is `ok`.
    pub failed_stage: Option<Stage>,
    /// What is worth telling, gravest first.
    pub findings: Vec<Finding>,
}

impl Diagnosis {
    fn stopped(state: State, stage: Stage, finding: Finding) -> Self {
        Self { state, failed_stage: Some(stage), findings: vec![finding] }
    }
}

/// Names the state of an endpoint and what is worth telling about it.
pub fn diagnose(observation: &Observation) -> Diagnosis {
    if let Some(failure) = &observation.lookup {
        return lookup::failed(&observation.endpoint, failure);
    }
    let Some(probe) = observation.probe() else {
        return Diagnosis::stopped(State::Inconclusive, Stage::Connect, not_tried());
    };
    let mut diagnosis = outcome(observation, probe);
    connect::excuse_what_is_not_offered(observation, &mut diagnosis);
    diagnosis.findings.extend(greeting::remarks(observation, probe));
    diagnosis.findings.extend(starttls::remarks(observation, probe));
    diagnosis.findings.extend(login::remarks(observation, probe));
    diagnosis.findings.extend(certificate::remarks(observation));
    diagnosis.findings.extend(flapping::remarks(observation, diagnosis.state));
    path::judge(observation, &mut diagnosis);
    interception::judge(observation, probe, &mut diagnosis);
    // Stable: within a severity, the cause that stopped the check stays first.
    diagnosis.findings.sort_by_key(|finding| finding.severity);
    diagnosis
}

/// What became of the ordinary check.
fn outcome(observation: &Observation, probe: &Attempt) -> Diagnosis {
    // An unanswered QUIT says nothing about the service.
    let Some(Stopped { stage, cause }) = probe.stop.as_ref().filter(|stop| stop.stage != Stage::Quit) else {
        return completed(observation, probe);
    };
    let stage = *stage;
    match cause {
        Cause::Connect(failure) => connect::failed(observation, probe, failure),
        Cause::Local(words) => Diagnosis::stopped(State::LocalError, stage, local_error().evidence(words.clone())),
        Cause::Internal(words) => {
            Diagnosis::stopped(State::InternalError, stage, internal_error().evidence(words.clone()))
        }
        Cause::Interrupted => Diagnosis::stopped(State::Interrupted, stage, interrupted(stage)),
        Cause::TimedOut(Limit::Run) => Diagnosis::stopped(State::Inconclusive, stage, deadline_reached(stage)),
        Cause::Tls(failure) if failure.kind == TlsFailureKind::TimedOut(Limit::Run) => {
            Diagnosis::stopped(State::Inconclusive, stage, deadline_reached(stage))
        }
        Cause::TimedOut(_) if stage == Stage::Connect => connect::silence(observation, probe),
        _ if speaks_tls_in_the_clear(observation, probe) => tls::on_plaintext_port(observation, probe, stage),
        Cause::LeftoverPlaintext(bytes) => starttls::injection(bytes),
        Cause::Tls(failure) => tls::failed(observation, probe, failure, stage),
        Cause::TimedOut(limit) if stage == Stage::Tls => tls::timed_out(observation, probe, *limit, stage),
        Cause::TimedOut(limit) => greeting::timed_out(observation, probe, *limit, stage),
        Cause::Closed | Cause::Reset | Cause::Broken(_) => greeting::ended(observation, probe, cause, stage),
        Cause::TooManyBytes => greeting::flooded(stage),
        Cause::Dialogue => dialogue(observation, probe, stage),
    }
}

/// The dialogue ended early, for a reason of its own.
fn dialogue(observation: &Observation, probe: &Attempt, stage: Stage) -> Diagnosis {
    match &probe.conversation.stop {
        Some(Stop::Rejected(reply)) => refusal::rejected(observation, probe, reply, stage),
        Some(Stop::StarttlsNotOffered) => starttls::not_offered(observation),
        Some(Stop::StarttlsRefused(reply)) => starttls::refused(observation, reply),
        Some(Stop::ForeignGreeting(line)) => greeting::foreign(observation, probe, line, stage),
        Some(Stop::Malformed(line)) => greeting::malformed(observation, line, stage),
        Some(Stop::TooLong) => greeting::flooded(stage),
        Some(Stop::EndOfStream) => greeting::ended(observation, probe, &Cause::Closed, stage),
        None => Diagnosis::stopped(State::Inconclusive, stage, unexplained()),
    }
}

/// The check went to its end.
fn completed(observation: &Observation, probe: &Attempt) -> Diagnosis {
    let faults = probe.tls.as_ref().is_some_and(|tls| !tls.faults.is_empty());
    if faults {
        // The findings, one for each fault, come from `certificate::remarks`.
        return Diagnosis { state: State::CertificateInvalid, failed_stage: Some(Stage::Tls), findings: Vec::new() };
    }
    if observation.endpoint.security != Security::Plaintext && probe.tls.is_none() {
        return starttls::not_offered(observation);
    }
    Diagnosis { state: State::Ok, failed_stage: None, findings: Vec::new() }
}

/// Whether TLS records came where plaintext was due, at once or to a second look.
fn speaks_tls_in_the_clear(observation: &Observation, probe: &Attempt) -> bool {
    if observation.endpoint.security == Security::Implicit {
        return false;
    }
    let silent = probe.first_bytes.is_empty() && probe.conversation.greeting.is_none();
    shape::is_tls(&probe.first_bytes)
        || (silent
            && second_look(observation, Purpose::OfferTls)
                .is_some_and(|look| handshake_done(look) || shape::is_tls(&look.first_bytes)))
}

fn second_look(observation: &Observation, purpose: Purpose) -> Option<&Attempt> {
    observation.attempts.iter().skip(1).find(|attempt| attempt.purpose == purpose)
}

/// Whether an attempt's TLS handshake was completed.
fn handshake_done(attempt: &Attempt) -> bool {
    attempt.tls.as_ref().is_some_and(|tls| tls.version.is_some())
        && attempt.stop.as_ref().is_none_or(|stop| stop.stage != Stage::Tls)
}

/// Whether the server sent anything at all.
fn heard(attempt: &Attempt) -> bool {
    !attempt.first_bytes.is_empty() || attempt.transcript.iter().any(|line| line.from == Speaker::Server)
}

/// The first line of what the server sent, as text.
fn first_line(bytes: &[u8]) -> Option<String> {
    let line = bytes.split(|&byte| byte == b'\n').next()?;
    Some(String::from_utf8_lossy(line).trim_end().to_owned()).filter(|line| !line.is_empty())
}

/// `6.1 s`, or `40 ms` below a second.
fn seconds(time: Duration) -> String {
    if time < Duration::from_secs(1) {
        format!("{} ms", time.as_millis())
    } else {
        format!("{:.1} s", time.as_secs_f64())
    }
}

/// What patience may bring. Only the limit of the whole endpoint can be raised; that of a stage is already generous.
fn patience(limit: Limit) -> &'static str {
    match limit {
        Limit::Endpoint => "Try again with a longer --timeout.",
        Limit::Stage | Limit::Run => "Try again later.",
    }
}

/// A stage inside a sentence: "… while waiting for …".
fn waiting_for(stage: Stage) -> &'static str {
    match stage {
        Stage::Resolve => "the addresses",
        Stage::Connect => "the connection",
        Stage::Greeting => "the greeting",
        Stage::Capabilities => "the list of what the server offers",
        Stage::Starttls => "the answer to the request for TLS",
        Stage::Tls => "the TLS handshake",
        Stage::SecuredCapabilities => "the list of what the server offers inside TLS",
        Stage::Quit => "the farewell",
    }
}

fn not_tried() -> Finding {
    Finding::error(FindingId::Inconclusive, "No connection was tried.").hint("Run the check again.")
}

fn unexplained() -> Finding {
    Finding::error(FindingId::Inconclusive, "The dialogue ended, and nothing says why.")
        .hint("Run it again with --transcript and look at what was said.")
}

fn local_error() -> Finding {
    Finding::error(
        FindingId::LocalError,
        "This machine could not do the check: it lacks descriptors, ports or memory. It says nothing about the server.",
    )
    .hint("Probe fewer targets at once, or raise this machine's limits.")
}

fn internal_error() -> Finding {
    Finding::error(
        FindingId::InternalError,
        "The check ended without a result because of a fault in mailprobe itself. It says nothing about the server.",
    )
    .hint("Please report it, with the output of --log debug.")
}

fn interrupted(stage: Stage) -> Finding {
    Finding::error(FindingId::Interrupted, format!("The run was interrupted while waiting for {}.", waiting_for(stage)))
        .hint("Run it again and let it finish.")
}

fn deadline_reached(stage: Stage) -> Finding {
    Finding::error(
        FindingId::DeadlineReached,
        format!("The run's own time limit was met while waiting for {}. Nothing was proven.", waiting_for(stage)),
    )
    .hint("Give the run more time with a longer --deadline.")
}
