use super::*;
use crate::diagnosis::tests::sample::{
    connect_failed, faulty, handshake_failed, healthy, icmp4, looked, silent, with_icmp,
};
use crate::observation::path::Untraceable;
use crate::observation::{ConnectFailureKind, TlsFailureKind};
use crate::report::html::{days_left, standings, target_answer, target_evidence, was_said};
use crate::serve::tests::{answer, at, interrupted, lacks, refuses, works};
use crate::service::Service;

/// Everything that the pages show of an answer.
fn pages(answer: &CheckAnswer) -> String {
    let targets = answer.report().targets.iter();
    let page = |target: &JudgedTarget| {
        let parts = [standings(target), target_answer(target, "it"), target_evidence(target, "it")];
        format!("{:?} {}", days_left(target), parts.map(maud::PreEscaped::into_string).concat())
    };
    targets.map(page).collect()
}

#[test]
fn the_pages_show_what_they_show_of_the_whole_but_for_the_talk() {
    use CertificateFault::{Expired, WrongName};
    let blocked = with_icmp(ConnectFailureKind::Prohibited, icmp4(3, 13, "192.0.2.1"), false);
    let mut untraced = connect_failed(Service::Smtp, ConnectFailureKind::TimedOut);
    untraced.path = Some(Err(Untraceable::System("it does not tell")));
    let mut elsewhere = connect_failed(Service::Pop3, ConnectFailureKind::TimedOut);
    elsewhere.not_offered_by = Some("Example Mail".to_owned());
    let again = |attempt: &mut Attempt| attempt.stages = healthy(Service::Imaps).attempts.remove(0).stages;
    let all = [
        works(),
        refuses(),
        lacks(),
        interrupted(),
        vec![faulty(Service::Submission, &[Expired, WrongName]), healthy(Service::Imaps)],
        vec![looked(handshake_failed(Service::Submissions, TlsFailureKind::NotTls), Purpose::ALL[1], again)],
        vec![blocked, untraced, elsewhere, silent(Service::Imap)],
    ];
    for observations in all {
        let mut said = answer("mail.example.test", at(0), observations);
        let whole = Arc::make_mut(&mut said);
        let compact = KeptCheck::compact(whole).answer();
        let endpoints = report_of(whole).targets.iter_mut().flat_map(|target| &mut target.endpoints);
        for attempt in endpoints.flat_map(|judged| &mut judged.observation.attempts) {
            attempt.transcript.clear();
        }
        assert_eq!(pages(&compact), pages(whole));
        assert_eq!((compact.started, compact.took, compact.verdict()), (whole.started, whole.took, whole.verdict()));
        assert_eq!(compact.conclusion(), whole.conclusion());
        assert!(!compact.report().targets.iter().any(was_said));
    }
}

#[test]
fn ports_share_their_certificate() {
    let KeptCheck::Compact(compact) = KeptCheck::compact(&answer("mail.example.test", at(0), works())) else {
        panic!("it is whole");
    };
    let attempts = compact.endpoints.iter().flatten().flat_map(|one| &one.attempts);
    let certificates: Vec<_> = attempts.filter_map(|attempt| attempt.tls.as_ref()?.certificate.as_ref()).collect();
    assert_eq!(certificates.len(), 2);
    assert!(Arc::ptr_eq(certificates[0], certificates[1]));
}

#[test]
fn a_port_takes_a_fifth_of_what_its_answer_takes() {
    let compact = size_of::<CompactEndpoint>() + size_of::<CompactAttempt>();
    let whole = size_of::<JudgedEndpoint>() + size_of::<Attempt>();
    assert!(compact * 5 < whole, "{compact} of {whole} bytes, without what they point to");
}
