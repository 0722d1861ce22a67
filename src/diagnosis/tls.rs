//! The TLS handshake, and ports on which TLS and plaintext are swapped.

use super::finding::{Diagnosis, Finding};
use super::finding_id::FindingId;
use super::findings::{
    ASK_FOR_ANOTHER_PORT, WANTS_CERTIFICATE, intermittent, interrupted, is_foreign, no_greeting, patience, url_with,
    wrong_protocol,
};
use super::mtu;
use super::seen::{first_line, heard, second_look, time_of};
use super::shape::{self, Shape};
use super::state::State;
use super::uncommon_tls;
use crate::observation::{
    Attempt, Limit, Observation, Purpose, Speaker, Stage, StopCause, TlsFailure, TlsFailureKind, handshake_done,
};
use crate::service::{Protocol, Security, Service};
use crate::words::{joined, seconds};

/// TLS records came where plaintext was due.
pub(super) fn on_plaintext_port(observation: &Observation, probe: &Attempt, stage: Stage) -> Diagnosis {
    let evidence = if shape::is_tls(&probe.first_bytes) {
        "the server's first bytes are a TLS record"
    } else {
        "silent until it received a TLS ClientHello, which it answered"
    };
    let finding = Finding::error(
        FindingId::TlsOnPlaintextPort,
        "The server speaks TLS from the first byte here, where plaintext was expected.",
    )
    .evidence(evidence.to_owned())
    .hint(if observation.endpoint.port == Service::Smtp.port() {
        "Turn off TLS from the first byte for this port on the server: other mail servers start without it here and cannot deliver mail."
            .to_owned()
    } else {
        format!(
            "Probe it as {}, and set mail programs to SSL/TLS for this port.",
            url_with(&observation.endpoint, Security::Implicit)
        )
    });
    Diagnosis::stopped(State::TlsOnPlaintextPort, stage, finding)
}

/// The handshake failed.
pub(super) fn failed(observation: &Observation, probe: &Attempt, failure: &TlsFailure, stage: Stage) -> Diagnosis {
    explained(observation, probe, &failure.kind, stage).unwrap_or_else(|| handshake_failed(observation, failure))
}

/// A time limit was met in the handshake.
pub(super) fn timed_out(observation: &Observation, probe: &Attempt, limit: Limit, stage: Stage) -> Diagnosis {
    if let Some(diagnosis) = explained(observation, probe, &TlsFailureKind::Other, stage) {
        return diagnosis;
    }
    let message = match observation.endpoint.security {
        Security::Implicit if !heard(probe) => return silent(observation, probe, stage),
        Security::Implicit => "The TLS handshake started but did not finish within the limit.",
        _ => "The server agreed to TLS, but the handshake did not finish within the limit.",
    };
    let hint = format!("{} If it persists, look for a device on the path that holds back TLS.", patience(limit));
    handshake_stopped(message, None, &hint)
}

/// Not a byte came where TLS comes first. A server that is slow there is not broken, and one that answers another time
/// was slow: no proof of anything else.
fn silent(observation: &Observation, probe: &Attempt, stage: Stage) -> Diagnosis {
    if !observation.attempts.iter().skip(1).any(handshake_done) {
        return no_greeting(probe, stage);
    }
    let finding = Finding::error(
        FindingId::NoGreeting,
        "The connection was accepted, then there was silence. Another connection was answered: the service is slow at times.",
    )
    .evidence(time_of(probe, stage).map(|time| format!("nothing received within {}", seconds(time))))
    .hint(FindingId::SlowGreeting.entry().advice);
    Diagnosis::stopped(State::NoGreeting, stage, finding)
}

/// The connection ended in the handshake.
pub(super) fn ended(observation: &Observation, probe: &Attempt, cause: &StopCause, stage: Stage) -> Diagnosis {
    if let Some(diagnosis) = explained(observation, probe, &TlsFailureKind::Other, stage) {
        return diagnosis;
    }
    let (state, finding) = interrupted(cause, stage);
    let evidence = if let StopCause::Broken(words) = cause { Some(words.clone()) } else { None };
    let finding = finding.evidence(evidence).hint(
        "The server may have no working TLS on this port: check its certificate and log. Or a device on the path may block TLS.",
    );
    Diagnosis::stopped(state, stage, finding)
}

/// What else was seen explains why there was no handshake.
fn explained(observation: &Observation, probe: &Attempt, kind: &TlsFailureKind, stage: Stage) -> Option<Diagnosis> {
    plaintext_instead(observation, probe, stage)
        .or_else(|| uncommon_tls::not_spoken_here(observation))
        .or_else(|| old_version(observation, probe, kind))
        .or_else(|| mtu::black_hole(observation))
        .or_else(|| smaller_hello_worked(observation))
        .or_else(|| mtu::unproven(observation).filter(|_| !was_only_slow(observation)))
}

/// On a port for implicit TLS, text came instead of a handshake.
fn plaintext_instead(observation: &Observation, probe: &Attempt, stage: Stage) -> Option<Diagnosis> {
    if observation.endpoint.security != Security::Implicit {
        return None;
    }
    let shape = shape::shape_of(&probe.first_bytes).filter(|&shape| shape != Shape::Tls)?;
    let line = first_line(&probe.first_bytes);
    if is_foreign(observation, shape) {
        return Some(wrong_protocol(observation, shape, stage, line));
    }
    let greets = line.as_deref().is_some_and(|line| greets_as_expected(observation, line));
    let finding = Finding::error(
        FindingId::PlaintextOnTlsPort,
        "The server speaks plaintext here, where TLS from the first byte was expected.",
    )
    .evidence(line)
    .hint(if greets {
        format!(
            "Probe it as {}, or enable TLS for this port on the server.",
            url_with(&observation.endpoint, Security::StartTls)
        )
    } else {
        "Enable TLS for this port on the server, and check which program listens there.".to_owned()
    });
    Some(Diagnosis::stopped(State::PlaintextOnTlsPort, stage, finding))
}

/// Whether the text is a greeting, not a refusal, of the endpoint's own protocol.
fn greets_as_expected(observation: &Observation, line: &str) -> bool {
    match observation.endpoint.service.protocol() {
        Protocol::Smtp => line.starts_with("220") && shape::text_shape(line) == Shape::Smtp,
        Protocol::Imap => line.starts_with("* OK") || line.starts_with("* PREAUTH"),
        Protocol::Pop3 => line.starts_with("+OK"),
    }
}

/// The server speaks only what RFC 8996 retired: its alert says so, its hello does, or a look with old versions.
fn old_version(observation: &Observation, probe: &Attempt, kind: &TlsFailureKind) -> Option<Diagnosis> {
    let look = second_look(observation, Purpose::OldTls);
    let chosen = look
        .and_then(|look| look.tls.as_ref()?.version.clone())
        .filter(|version| matches!(version.as_str(), "SSLv3" | "TLSv1" | "TLSv1.0" | "TLSv1.1"))
        .or_else(|| look.and_then(|look| shape::retired_version(&look.first_bytes)).map(str::to_owned))
        .or_else(|| shape::retired_version(&probe.first_bytes).map(str::to_owned));
    let survey = observation.tls_survey.as_ref();
    // One that chose a current version when everything was offered had another reason for its alert.
    let alerted = survey.is_none() && matches!(kind, TlsFailureKind::Alert(name) if name == "protocol_version");
    let evidence = match (chosen, alerted) {
        (Some(version), _) => format!("the server chose {version}"),
        (None, true) => "TLS alert protocol_version in answer to TLS 1.2 and 1.3".to_owned(),
        (None, false) => return None,
    };
    let others = survey.filter(|survey| survey.retired_version).map(uncommon_tls::agreeing).unwrap_or_default();
    let refused = if others.is_empty() {
        "Current mail programs refuse them.".to_owned()
    } else {
        format!("Most current mail programs refuse them; by its defaults, {} can still agree with it.", joined(others))
    };
    let message = format!("The server speaks only TLS versions that are retired (RFC 8996). {refused}");
    let finding = Finding::error(FindingId::TlsVersionUnsupported, message).evidence(evidence).advised();
    Some(Diagnosis::stopped(State::TlsVersionUnsupported, Stage::Tls, finding))
}

/// Handshakes with a smaller hello worked. Whether the size was the matter, only a whole row of connections shows: the
/// small hello worked twice, and the large one, tried again, failed again.
fn smaller_hello_worked(observation: &Observation) -> Option<Diagnosis> {
    second_look(observation, Purpose::ClassicHello).filter(|look| handshake_done(look))?;
    let looks = || observation.attempts.iter().skip(1);
    let small_always_worked = looks().filter(|look| look.purpose == Purpose::ClassicHello).all(handshake_done);
    let again = second_look(observation, Purpose::Probe);
    let in_small_packets = second_look(observation, Purpose::SmallSegments).is_some_and(handshake_done);
    let again_in_vain = again.is_some_and(|again| failed_again(observation, again));
    let finding = if small_always_worked && again_in_vain && !in_small_packets {
        Finding::error(
            FindingId::LargeHelloDropped,
            "The TLS handshake failed each time with the usual large ClientHello and worked with a smaller one. \
             Probably something on the path, or the server, drops a ClientHello that does not fit into one packet.",
        )
        .hint(if mtu::may_be(observation) {
            "If a smaller MTU on this machine (1280) helps, large packets get lost on the way. Otherwise update the \
             firewall or load balancer in front of the server: it must accept a ClientHello in several packets \
             (post-quantum keys need it)."
        } else {
            "Update the firewall or load balancer in front of the server: it must accept a ClientHello in several packets \
             (post-quantum keys need it)."
        })
    } else if was_only_slow(observation) {
        return None;
    } else if !small_always_worked || again.is_some_and(handshake_done) {
        intermittent()
    } else {
        Finding::error(
            FindingId::TlsHandshakeFailed,
            "The TLS handshake failed on the first connection and worked on another with a smaller ClientHello. \
             Whether the size is the cause was not determined.",
        )
        .hint("Try again. A longer --timeout leaves time for more attempts.")
    };
    Some(Diagnosis::stopped(State::TlsHandshakeFailed, Stage::Tls, finding.evidence(handshakes(observation))))
}

/// Whether the first handshake met nothing but silence, where a server may be as slow as with a greeting.
fn was_only_slow(observation: &Observation) -> bool {
    let silent = |probe: &Attempt| {
        let cause = probe.stop.as_ref().map(|stop| &stop.cause);
        let timed_out = match cause {
            Some(StopCause::Tls(failure)) => matches!(failure.kind, TlsFailureKind::TimedOut(_)),
            cause => matches!(cause, Some(StopCause::TimedOut(_))),
        };
        timed_out && !heard(probe)
    };
    observation.endpoint.security == Security::Implicit && observation.probe().is_some_and(silent)
}

/// Whether the handshake with the usual hello failed once more, and not for want of time: it was waited for at least as
/// long as the smaller one took.
fn failed_again(observation: &Observation, again: &Attempt) -> bool {
    let in_handshake = |attempt: &Attempt| time_of(attempt, Stage::Tls).unwrap_or_default();
    let Some(stop) = again.stop.as_ref().filter(|stop| stop.stage == Stage::Tls) else { return false };
    match &stop.cause {
        StopCause::TimedOut(Limit::Run) | StopCause::Interrupted | StopCause::Local(_) => false,
        StopCause::Tls(failure) if failure.kind == TlsFailureKind::TimedOut(Limit::Run) => false,
        StopCause::TimedOut(_) => second_look(observation, Purpose::ClassicHello)
            .is_some_and(|small| in_handshake(again) >= in_handshake(small)),
        _ => true,
    }
}

/// How each handshake went, in order: "large hello failed, small hello worked, small hello failed".
fn handshakes(observation: &Observation) -> String {
    let told = observation.attempts.iter().map(|attempt| {
        let hello = match attempt.purpose {
            Purpose::ClassicHello => "small ClientHello",
            Purpose::SmallSegments => "large ClientHello in small packets",
            _ => "large ClientHello",
        };
        let outcome = if handshake_done(attempt) { "worked" } else { "failed" };
        format!("{hello} {outcome}")
    });
    told.collect::<Vec<_>>().join(", ")
}

fn handshake_failed(observation: &Observation, failure: &TlsFailure) -> Diagnosis {
    let upgraded = observation.endpoint.security == Security::StartTls;
    if let Some(words) = said_in_the_clear(observation).filter(|_| upgraded) {
        return handshake_stopped(
            "The server agreed to TLS, then answered in the clear instead of beginning it.",
            Some(words),
            "Look at the server's own words, and into its log for this time: typically its certificate or key is missing, or \
             cannot be read.",
        );
    }
    let (message, hint) = match &failure.kind {
        TlsFailureKind::Alert(name) => alert(observation, name),
        TlsFailureKind::NotTls if upgraded => (
            "The server agreed to TLS, then sent something that is not TLS.".to_owned(),
            "Update the server, or look for a device on the path that answers in its place.",
        ),
        TlsFailureKind::NotTls => (
            "What the server sent is not TLS.".to_owned(),
            "Check which program listens on this port, and enable TLS for it.",
        ),
        TlsFailureKind::Incompatible => (
            "There is no TLS version, cipher suite or key exchange that both sides accept.".to_owned(),
            "Enable TLS 1.2 and 1.3 with their usual cipher suites on the server, or update it.",
        ),
        TlsFailureKind::Misbehaved => (
            "The server violated the TLS protocol in the handshake.".to_owned(),
            "Update the server. If it is up to date, look for a device on the path that decrypts TLS.",
        ),
        _ => ("The TLS handshake failed.".to_owned(), "Check the server's log for this time, and its TLS setup."),
    };
    handshake_stopped(message, Some(evidence(failure)), hint)
}

/// What the server said after it had agreed to TLS.
fn said_in_the_clear(observation: &Observation) -> Option<String> {
    let probe = observation.probe()?;
    let agreed = probe.conversation.starttls.as_ref()?.lines.last()?;
    let mut from_the_end = probe.transcript.iter().rev().filter(|line| line.from == Speaker::Server);
    let last = from_the_end.next().filter(|line| line.text != *agreed)?;
    // Of a long transcript something may be left out.
    from_the_end.any(|line| line.text == *agreed).then(|| last.text.clone())
}

/// In the very handshake that failed.
fn sent_its_certificate(observation: &Observation) -> bool {
    observation.probe().and_then(|probe| probe.tls.as_ref()).is_some_and(|tls| tls.certificate.is_some())
}

/// What a fatal alert (RFC 8446, section 6) says about the server.
fn alert(observation: &Observation, name: &str) -> (String, &'static str) {
    match name {
        "internal_error" => (
            "The server could not do its part of TLS: it reports an internal error. Typically its own certificate or key is unusable."
                .to_owned(),
            "Check the certificate and key in the server's configuration, and that it can read them. Its log says \
             more.",
        ),
        "handshake_failure" if sent_its_certificate(observation) => (
            "The server agreed to a cipher suite and sent its certificate, then broke off. Most likely it requires a client \
             certificate, and mailprobe has none."
                .to_owned(),
            "Ask whoever runs the server whether this port is for clients with a certificate; its log says why it broke off.",
        ),
        "handshake_failure" | "insufficient_security" => (
            "The server found no common ground: no cipher suite, key exchange or signature algorithm in common, or it has no \
             usable certificate."
                .to_owned(),
            "Check the server's certificate, and that the usual cipher suites of TLS 1.2 and 1.3 are enabled.",
        ),
        "unrecognized_name" => (
            format!("The server has no TLS configuration for the name {}.", observation.endpoint.host),
            "Use the name that the server is configured for, or add this one to its TLS configuration.",
        ),
        "certificate_required" | "bad_certificate" | "access_denied" | "unknown_ca" => {
            (WANTS_CERTIFICATE.to_owned(), ASK_FOR_ANOTHER_PORT)
        }
        _ => (
            format!("The server ended the TLS handshake with the alert {name}."),
            "Check the server's log for this time, and its TLS setup.",
        ),
    }
}

fn evidence(failure: &TlsFailure) -> String {
    match &failure.kind {
        TlsFailureKind::Alert(name) => format!("TLS alert {name}"),
        _ => failure.message.clone(),
    }
}

fn handshake_stopped(message: impl Into<String>, evidence: Option<String>, hint: &str) -> Diagnosis {
    let finding = Finding::error(FindingId::TlsHandshakeFailed, message).evidence(evidence).hint(hint);
    Diagnosis::stopped(State::TlsHandshakeFailed, Stage::Tls, finding)
}
