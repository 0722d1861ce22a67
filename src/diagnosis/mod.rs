//! From observations to states and findings. Pure: no I/O, no clock.
//!
//! The state comes from where the ordinary check stopped, the second looks put in. Everything else that the evidence
//! shows is a finding; what it only suggests says "probably" and never becomes a state.

#![allow(clippy::similar_names, reason = "state and stage are the field's own words")]

mod agreement;
mod blocklists;
mod certificate;
mod connect;
// Its table needs a parser, which only builds have that can see a certificate.
#[cfg(feature = "net")]
mod default_certificate;
mod entry;
pub mod envelope_reply;
mod envelope_talk;
mod expiry;
mod exposed;
mod finding;
mod finding_id;
mod findings;
mod flapping;
mod greeting;
mod inside_tls;
mod interception;
mod issuers;
mod login;
pub mod login_reply;
mod login_talk;
mod lookup;
mod mtu;
mod path;
mod phrases;
mod promises;
pub mod reference;
mod refusal;
#[cfg(feature = "cli")]
pub mod reply;
mod seen;
mod sender;
mod shape;
mod starttls;
mod state;
#[cfg(test)]
pub(crate) mod tests;
mod tls;
mod tlsa;
mod uncommon_tls;
mod unusable;

pub use connect::icmp_meaning;
pub(crate) use connect::rejected_by_routers;
pub(crate) use envelope_talk::{answer_to_recipient, reason_of_refusal};
pub(crate) use exposed::Exposed;
pub use finding::{Diagnosis, Finding, Severity};
pub use finding_id::FindingId;
pub use path::whereabouts;
pub(crate) use promises::{breaches, is_breach, keeps_mail_back};
pub use state::State;
pub(crate) use tlsa::{mend, right_records};

use findings::{local_error, waiting_for};
use seen::looks_for;

use crate::observation::{
    Attempt, Limit, Observation, Purpose, Stage, StopCause, Stopped, TlsFailureKind, handshake_done,
};
use crate::protocol::Stop;
use crate::service::Security;

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
    diagnosis.findings.extend(greeting::notices(observation, probe));
    diagnosis.findings.extend(starttls::remarks(observation, probe));
    diagnosis.findings.extend(login::remarks(observation, probe));
    diagnosis.findings.extend(sender::remarks(observation, probe));
    diagnosis.findings.extend(certificate::remarks(observation));
    login_talk::judge(observation, probe, &mut diagnosis);
    diagnosis
        .findings
        .extend(flapping::remarks(observation.earlier.iter().map(|earlier| diagnose(earlier).state), diagnosis.state));
    path::judge(observation, &mut diagnosis);
    interception::judge(observation, probe, &mut diagnosis);
    promises::judge(observation, &mut diagnosis);
    envelope_talk::judge(observation, probe, &mut diagnosis);
    // Stable: within a severity, the cause that stopped the check stays first.
    diagnosis.findings.sort_by_key(|finding| finding.severity);
    diagnosis
}

/// What became of the ordinary check.
fn outcome(observation: &Observation, probe: &Attempt) -> Diagnosis {
    let Some(Stopped { stage, cause }) = probe.stop.as_ref().filter(|stop| !is_beyond_the_check(stop, probe)) else {
        return completed(observation, probe);
    };
    let stage = *stage;
    if let Some(diagnosis) = inside_tls::explained(observation, probe, stage) {
        return diagnosis;
    }
    // A handshake that ended without a word of TLS is told like the end of any other stage.
    let plain = match cause {
        StopCause::Tls(failure) => match failure.kind {
            TlsFailureKind::TimedOut(limit) => &StopCause::TimedOut(limit),
            TlsFailureKind::Closed => &StopCause::Closed,
            TlsFailureKind::Reset => &StopCause::Reset,
            _ => cause,
        },
        _ => cause,
    };
    let stopped = |state, finding: Finding| Diagnosis::stopped(state, stage, finding);
    match plain {
        StopCause::Connect(failure) => connect::failed(observation, probe, failure),
        StopCause::Local(words) => stopped(State::LocalError, local_error().evidence(words.clone())),
        StopCause::Internal(words) => stopped(State::InternalError, internal_error().evidence(words.clone())),
        StopCause::Interrupted => stopped(State::Interrupted, interrupted(stage)),
        StopCause::TimedOut(Limit::Run) => stopped(State::Inconclusive, deadline_reached(stage)),
        StopCause::NoTurn => stopped(State::Inconclusive, no_turn(stage)),
        StopCause::TimedOut(_) if stage == Stage::Connect => connect::silence(observation, probe),
        _ if speaks_tls_in_the_clear(observation, probe) => tls::on_plaintext_port(observation, probe, stage),
        StopCause::Superseded => greeting::offered_tls_text(observation, stage)
            .unwrap_or_else(|| stopped(State::Inconclusive, unexplained())),
        StopCause::LeftoverPlaintext(bytes) => starttls::plaintext_before_tls(observation, bytes),
        StopCause::Tls(failure) => tls::failed(observation, probe, failure, stage),
        StopCause::TimedOut(limit) if stage == Stage::Tls => tls::timed_out(observation, probe, *limit, stage),
        StopCause::TimedOut(limit) => greeting::timed_out(observation, probe, *limit, stage),
        StopCause::Closed | StopCause::Reset | StopCause::Broken(_) if stage == Stage::Tls => {
            tls::ended(observation, probe, plain, stage)
        }
        StopCause::Closed | StopCause::Reset | StopCause::Broken(_) => {
            greeting::ended(observation, probe, plain, stage)
        }
        StopCause::TooManyBytes => greeting::flooded(stage),
        StopCause::Dialogue => dialogue(observation, probe, stage),
    }
}

/// Whether everything that is checked of a service had been seen before: an unanswered QUIT says nothing about it, and what
/// became of a login or an envelope is told for itself, unless the answer to a recipient was what was wanted.
fn is_beyond_the_check(stop: &Stopped, probe: &Attempt) -> bool {
    match stop.stage {
        Stage::Quit => true,
        Stage::Envelope if envelope_talk::is_awaited(probe) => false,
        // Nobody asked for that one.
        Stage::Envelope if sender::mildest_step(probe).is_some() => true,
        Stage::Login | Stage::Envelope => !matches!(
            stop.cause,
            StopCause::Local(_) | StopCause::Internal(_) | StopCause::Interrupted | StopCause::TimedOut(Limit::Run)
        ),
        _ => false,
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
        Some(Stop::EndOfStream) => greeting::ended(observation, probe, &StopCause::Closed, stage),
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
            && looks_for(observation, Purpose::OfferTls)
                .any(|look| handshake_done(look) || shape::is_tls(&look.first_bytes)))
}

fn not_tried() -> Finding {
    Finding::error(FindingId::Inconclusive, "No connection was tried.").hint("Run the check again.")
}

fn unexplained() -> Finding {
    Finding::error(FindingId::Inconclusive, "The dialogue ended for no known reason.")
        .hint("Run it again with --transcript and look at the dialogue.")
}

fn internal_error() -> Finding {
    Finding::error(
        FindingId::InternalError,
        "The check ended without a result because of a bug in mailprobe itself. This says nothing about the server.",
    )
    .hint("Please report it, with the output of --log debug.")
}

fn interrupted(stage: Stage) -> Finding {
    Finding::error(FindingId::Interrupted, format!("The run was interrupted while waiting for {}.", waiting_for(stage)))
        .advised()
}

/// The bounds on what is done at once are ours: nothing was asked of the server.
fn no_turn(stage: Stage) -> Finding {
    let what = if stage == Stage::Resolve { "looking the name up" } else { "this port" };
    Finding::error(
        FindingId::DeadlineReached,
        format!(
            "The run's own time limit was reached before mailprobe began with {what}: it does only so much at once, to one \
             server and altogether, and other checks were under way. Nothing was proven."
        ),
    )
    .advised()
}

fn deadline_reached(stage: Stage) -> Finding {
    Finding::error(
        FindingId::DeadlineReached,
        format!("The run's own time limit was reached while waiting for {}. Nothing was proven.", waiting_for(stage)),
    )
    .advised()
}
