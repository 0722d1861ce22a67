//! Silence inside TLS that second looks explain.

use super::finding::{Diagnosis, Finding};
use super::finding_id::FindingId;
use super::findings::ROUTE_TO_MAIL;
use super::seen::{server_line, time_of};
use super::state::State;
use crate::observation::{Attempt, InsideTls, Observation, Stage, handshake_done};
use crate::words::seconds;

/// What a second look found inside TLS, where the ordinary check met nothing but silence there.
pub(super) fn explained(observation: &Observation, probe: &Attempt, stage: Stage) -> Option<Diagnosis> {
    if stage != Stage::Greeting || !handshake_done(probe) || server_line(probe).is_some() {
        return None;
    }
    let inside = observation.attempts.iter().skip(1).find_map(|look| look.tls.as_ref()?.inside.as_ref())?;
    let silence = time_of(probe, Stage::Greeting).map(seconds).unwrap_or_default();
    let evidence = |answer: &str| {
        format!(
            "nothing received within {silence} after the TLS handshake; on another connection, where mailprobe spoke \
             first, the answer inside TLS was: {answer}"
        )
    };
    let finding = match inside {
        InsideTls::Http(line) => Finding::error(
                FindingId::WrongProtocol,
                "A web server answers inside TLS (HTTP), where a mail server was expected.",
            )
            .evidence(evidence(line))
            .hint(ROUTE_TO_MAIL),
        InsideTls::Tls(answer) => Finding::error(
            FindingId::TlsTwice,
            "TLS is ended twice: inside TLS, the server expects TLS once more. Probably a proxy ends TLS and passes the \
             connection on to a port that expects TLS itself.",
        )
        .evidence(evidence(answer))
        .advised(),
    };
    Some(Diagnosis::stopped(State::WrongProtocol, stage, finding))
}
