//! Promises that the user wants a domain to make and keep.

use super::*;
use crate::diagnosis::Finding;
use crate::policy::wanted::compare;

fn policy(kind: PolicyKind, outcome: PolicyOutcome) -> JudgedPolicy {
    let finding = (outcome == PolicyOutcome::Broken).then_some(FindingId::CertificateExpired);
    JudgedPolicy { kind, outcome, clause: "as it is".to_owned(), finding }
}

/// What is said, and whether the target fails for it alone.
fn said(outcome: Option<PolicyOutcome>, kind: TargetKind, of_target: &[Finding]) -> (Vec<String>, bool) {
    let policies: Vec<JudgedPolicy> = outcome.map(|outcome| policy(PolicyKind::Dane, outcome)).into_iter().collect();
    let works = run(vec![healthy(Service::Smtp)], ALL).targets.remove(0).endpoints;
    let compared = compare(&[PolicyKind::Dane], kind, &policies, &works, of_target);
    (compared.findings.into_iter().map(|finding| finding.message).collect(), compared.fails_alone)
}

#[test]
fn only_a_promise_that_is_kept_is_as_expected() {
    let of_domain = |outcome| said(outcome, TargetKind::Domain, &[]);
    assert_eq!(of_domain(Some(PolicyOutcome::Kept)), (Vec::new(), false));
    for (outcome, words) in [
        (Some(PolicyOutcome::Broken), "DANE was expected to be kept, and is broken."),
        (Some(PolicyOutcome::None), "DANE was expected, and the domain does not promise it."),
        (Some(PolicyOutcome::CannotTell), "DANE was expected to be kept, and whether it is cannot be told from here."),
        (None, "DANE was expected to be kept, and it was not looked up."),
    ] {
        assert_eq!(of_domain(outcome), (vec![words.to_owned()], true));
    }
    let (words, _) = said(None, TargetKind::Host, &[]);
    assert_eq!(words, ["DANE was expected, but this is no mail domain."]);
}

#[test]
fn a_broken_promise_that_fails_anyway_keeps_its_own_exit_code() {
    let broken = [Finding::error(FindingId::CertificateExpired, "Senders defer mail.")];
    let (words, fails_alone) = said(Some(PolicyOutcome::Broken), TargetKind::Domain, &broken);
    assert_eq!((words.len(), fails_alone), (1, false));
    let remark = [Finding::warning(FindingId::CertificateExpired, "It is only tested.")];
    assert!(said(Some(PolicyOutcome::Broken), TargetKind::Domain, &remark).1, "a warning fails nothing");

    // As a port's own finding.
    let mut fails = run(vec![from(Source::User, expired(Service::Imaps))], ALL).targets.remove(0).endpoints;
    let policies = [policy(PolicyKind::Dane, PolicyOutcome::Broken)];
    let fails_alone = |endpoints: &[JudgedEndpoint]| {
        compare(&[PolicyKind::Dane], TargetKind::Domain, &policies, endpoints, &[]).fails_alone
    };
    assert!(!fails_alone(&fails));
    fails[0].verdict = Warn;
    assert!(fails_alone(&fails));
}

#[test]
fn what_keeps_a_promise_from_being_told_fails_with_its_own_code() {
    let policy =
        Policy { expectations: Expectations { policies: vec![PolicyKind::Dane], ..Expectations::NONE }, ..ALL };
    let fails = evidence(TargetKind::Domain, vec![from(Source::Mx, refused(Service::Smtp))]);
    let judged = judged(vec![fails], &policy);
    assert_eq!((judged.verdict, judged.exit_code), (Fail, 5));
}

#[test]
fn what_is_expected_of_a_domain_fails_it_with_16() {
    let wanting = |policies| Policy { expectations: Expectations { policies, ..Expectations::NONE }, ..ALL };
    let domain = || vec![evidence(TargetKind::Domain, vec![from(Source::Mx, healthy(Service::Smtp))])];
    let met = judged(domain(), &wanting(Vec::new()));
    assert_eq!((met.verdict, met.exit_code), (Pass, 0));
    let missed = judged(domain(), &wanting(vec![PolicyKind::TlsReporting]));
    assert_eq!((missed.verdict, missed.exit_code), (Fail, 16));
    let target = &missed.targets[0];
    assert_eq!(target.causes[0].message, "TLS reporting was expected to be kept, and it was not looked up.");
}
