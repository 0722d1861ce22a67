//! What came of an endpoint, in a few words.

use super::words;
use crate::diagnosis::{FindingId, State};
use crate::observation::{CertificateFault, TlsFacts};
use crate::policy::{JudgedEndpoint, Verdict};
use crate::report::known::{connect_failure, first, icmp_from};

/// What matters about an endpoint, the plain word first.
pub(in crate::report) fn remarks(judged: &JudgedEndpoint) -> Vec<String> {
    let JudgedEndpoint { observation, diagnosis, verdict, .. } = judged;
    let state = diagnosis.state;
    let word = if observation.blocked_way().is_some() && state.is_closed() {
        "blocked"
    } else if *verdict == Verdict::Pass && is_declined(state) {
        "not offered"
    } else if is_vouched_for(judged) {
        "works, by its TLSA record"
    } else {
        state.words()
    };
    let mut remarks = vec![word.to_owned()];
    if state != State::Ok && !is_vouched_for(judged) {
        remarks.push(state.name().to_owned());
    }
    if let Some(failure) = connect_failure(observation) {
        match failure.icmp {
            Some(icmp) => remarks.push(icmp_from(icmp)),
            None if failure.on_this_machine => remarks.push("on this machine".to_owned()),
            None => {}
        }
    }
    if let Some(stage) = diagnosis.failed_stage
        && state.leaves_stage_open()
    {
        remarks.push(format!("at {stage}"));
    }
    match first(observation, |attempt| attempt.tls.as_ref()) {
        Some(tls) => tls_remarks(&mut remarks, tls),
        None if state == State::Ok => remarks.push("without TLS".to_owned()),
        None => {}
    }
    remarks
}

/// Whether the certificate is not as others want it, and right by DANE.
fn is_vouched_for(judged: &JudgedEndpoint) -> bool {
    let has_match = judged.diagnosis.findings.iter().any(|finding| finding.id == FindingId::DaneMatch);
    has_match && judged.diagnosis.state == State::CertificateInvalid && judged.verdict == Verdict::Pass
}

/// Whether somebody says that there is no such service. Silence says nothing of the kind.
fn is_declined(state: State) -> bool {
    state == State::DnsNoMail || (state.is_closed() && state != State::ConnectionTimeout)
}

fn tls_remarks(remarks: &mut Vec<String>, tls: &TlsFacts) {
    remarks.extend(tls.version.clone());
    if tls.faults.is_empty() {
        if let Some(certificate) = &tls.certificate {
            remarks.push(match u64::try_from(certificate.chain_days_left()) {
                Ok(left) => format!("certificate {}", words::counted(left, "day")),
                Err(_) => words::days(certificate.chain_days_left()),
            });
        }
    } else {
        let names_nobody = tls.certificate.as_ref().is_some_and(|certificate| certificate.names.is_empty());
        let faults: Vec<_> = tls.faults.iter().map(|fault| fault_words(fault, names_nobody)).collect();
        remarks.push(faults.join(", "));
    }
}

fn fault_words(fault: &CertificateFault, names_nobody: bool) -> &'static str {
    match fault {
        CertificateFault::Expired => "expired",
        CertificateFault::NotYetValid => "not yet valid",
        CertificateFault::WrongName if names_nobody => "no name",
        CertificateFault::WrongName => "wrong name",
        CertificateFault::SelfSigned => "self-signed",
        CertificateFault::UnknownIssuer => "unknown issuer",
        CertificateFault::IssuerExpired => "issuer expired",
        CertificateFault::IssuerNotYetValid => "issuer not valid yet",
        CertificateFault::WrongPurpose => "wrong purpose",
        CertificateFault::Unusable(_) => "unusable",
    }
}
