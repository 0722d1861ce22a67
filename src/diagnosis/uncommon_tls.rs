//! Servers whose TLS mailprobe's own library does not speak: what it lacks, and what that means for others.

use super::certificate;
use super::finding::{Diagnosis, Finding, Severity};
use super::finding_id::FindingId;
use super::state::State;
use crate::observation::{Observation, Stage, TlsFacts, TlsPart, TlsSurvey};
use crate::words::joined;

/// The handshake failed for want of something that the server takes and the library does not offer.
pub(super) fn not_spoken_here(observation: &Observation) -> Option<Diagnosis> {
    let survey = observation.tls_survey.as_ref().filter(|survey| !survey.lacking.is_empty())?;
    let suits_most = agreeing(survey).len() * 2 > survey.clients.len();
    let certificate = certificate::facts(observation);
    let has_faults = certificate.is_some_and(|tls| !tls.faults.is_empty());
    let (state, id, severity) = match (suits_most, has_faults) {
        // The rest is told by a finding for each fault.
        (true, true) => (State::CertificateInvalid, FindingId::TlsUnsupportedHere, Severity::Warning),
        (true, false) => (State::TlsUnsupportedHere, FindingId::TlsUnsupportedHere, Severity::Warning),
        (false, _) if survey.lacking == [TlsPart::CipherSuite] && survey.version == "TLSv1.2" => {
            (State::TlsHandshakeFailed, FindingId::RetiredSuitesOnly, Severity::Error)
        }
        (false, _) => (State::TlsHandshakeFailed, FindingId::TlsHandshakeFailed, Severity::Error),
    };
    let unread = if certificate.is_none() { ", nor its certificate" } else { "" };
    let message = format!(
        "The server chose {} that mailprobe's own TLS library does not offer, and agreed to nothing that it does offer. {} What the \
         server offers inside TLS could not be seen{unread}.",
        beyond_the_library(survey, certificate),
        for_clients(survey),
    );
    let mut finding =
        if severity == Severity::Error { Finding::error(id, message) } else { Finding::warning(id, message) };
    finding = finding.evidence(chosen(survey)).hint(advice(survey));
    Some(Diagnosis::stopped(state, Stage::Tls, finding))
}

/// What the clients of the table make of a server, each with its default settings.
fn for_clients(survey: &TlsSurvey) -> String {
    let named = |agrees| {
        let which = survey.clients.iter().filter(|outcome| outcome.agrees == agrees);
        which.map(|outcome| outcome.client.as_str()).collect::<Vec<_>>()
    };
    let (good, bad, unknown) = (named(Some(true)), named(Some(false)), named(None));
    let told = match (&good[..], &bad[..]) {
        ([], []) => String::new(),
        ([], bad) => format!("By their defaults, none of {} can agree with it.", joined(bad)),
        (good, []) => format!("By their defaults, {} can agree with it.", joined(good)),
        (good, bad) => format!("By their defaults, {} can agree with it, {} cannot.", joined(good), joined(bad)),
    };
    match (told.as_str(), &unknown[..]) {
        (_, []) => told,
        ("", _) => "Whether common clients can agree with it was not found out.".to_owned(),
        (_, unknown) => format!("{told} For {} it was not found out.", joined(unknown)),
    }
}

pub(super) fn agreeing(survey: &TlsSurvey) -> Vec<&str> {
    let agree = survey.clients.iter().filter(|outcome| outcome.agrees == Some(true));
    agree.map(|outcome| outcome.client.as_str()).collect()
}

/// `a cipher suite (TLS_RSA_WITH_AES_128_CBC_SHA)`, `a signature algorithm`
fn beyond_the_library(survey: &TlsSurvey, facts: Option<&TlsFacts>) -> String {
    let key = facts.and_then(|facts| Some(&facts.certificate.as_ref()?.key));
    let named = |what: &str, name: Option<&String>| match name {
        Some(name) => format!("a {what} ({name})"),
        None => format!("a {what}"),
    };
    joined(survey.lacking.iter().map(|part| match part {
        TlsPart::CipherSuite => named("cipher suite", Some(&survey.cipher_suite)),
        TlsPart::Group => named("group", survey.group.as_ref()),
        TlsPart::SignatureAlgorithm => named("signature algorithm", survey.signature_algorithm.as_ref()),
        TlsPart::KeyCurve => named("curve for its certificate's key", key),
    }))
}

/// What the server chose when everything was offered.
fn chosen(survey: &TlsSurvey) -> String {
    let mut parts = vec![survey.version.clone(), survey.cipher_suite.clone()];
    parts.extend(survey.group.as_ref().map(|group| format!("group {group}")));
    parts.extend(survey.dh_bits.map(|bits| format!("Diffie-Hellman with {bits} bits")));
    parts.extend(survey.signature_algorithm.as_ref().map(|algorithm| format!("signature {algorithm}")));
    format!("of all that a bare ClientHello offered, the server chose {}", parts.join(", "))
}

fn advice(survey: &TlsSurvey) -> String {
    let advice = survey.lacking.iter().map(|part| match part {
        TlsPart::CipherSuite => FindingId::RetiredSuitesOnly.entry().advice,
        TlsPart::Group => {
            "Let the server take the groups x25519 and secp256r1 (P-256) as well: all common clients offer both."
        }
        TlsPart::SignatureAlgorithm => {
            "Let the server sign with SHA-256 and an RSA or ECDSA P-256 key, if need be with a second certificate: all common \
             clients take that."
        }
        TlsPart::KeyCurve => {
            "Have a certificate issued for an ECDSA P-256 or an RSA key, if need be as a second one: all common clients take \
             that."
        }
    });
    advice.collect::<Vec<_>>().join(" ")
}
