//! What is particular to the servers of a mail domain.

use super::*;
use crate::observation::discovery::{Discovery, Oddity};
use crate::protocol::Status;

const OTHER: &str = "mx2.example.org";

fn exchanger(observation: Observation) -> Observation {
    from(Source::Mx, observation)
}

fn conclusion(observations: Vec<Observation>) -> String {
    run(observations, ALL).targets.remove(0).conclusion
}

#[test]
fn starttls_that_was_tampered_with_is_an_error_also_beside_a_mail_host_that_works() {
    let refusal = Stop::StarttlsRefused(reply(Status::Permanent, "540 TLS not available."));
    let tampered = exchanger(on(OTHER, ended_by_dialogue(Service::Smtp, Stage::Starttls, refusal)));
    assert_eq!(verdicts(vec![exchanger(healthy(Service::Smtp)), tampered], ALL), (vec![Pass, Fail], 12));
    let dead = exchanger(on(OTHER, dropped(Service::Smtp)));
    assert_eq!(verdicts(vec![exchanger(healthy(Service::Smtp)), dead], ALL), (vec![Pass, Warn], 0));
}

#[test]
fn a_dead_mail_host_is_no_blocked_port_where_port_25_of_another_answers() {
    let dead = || exchanger(on(OTHER, dropped(Service::Smtp)));
    let both = run(vec![exchanger(healthy(Service::Smtp)), dead()], ALL).targets.remove(0);
    assert!(!both.conclusion.contains("blocked"), "{}", both.conclusion);
    assert!(both.hints.iter().all(|hint| !hint.contains("networks block")), "{:?}", both.hints);
    let told = &both.causes[0];
    assert_eq!((told.id, &told.ports), (FindingId::NothingAnswers, &vec![25]));
    assert!(told.message.contains("Port 25 of another host answers"), "{}", told.message);
    assert!(told.hint.as_deref().is_some_and(|hint| hint.contains("remove its MX record")), "{:?}", told.hint);
    let alone = run(vec![dead()], ALL).targets.remove(0);
    assert_eq!(alone.causes[0].id, FindingId::Port25Silent, "alone it may well be a blocked port");
    assert!(alone.hints[0].contains("mailprobe blocked"), "{:?}", alone.hints);
}

#[test]
fn a_null_mx_fails_nothing_while_a_server_for_mail_programs_works() {
    let null = || absent(Service::Smtp, Source::Mx, LookupFailureKind::NoMail);
    let works = || from(Source::Srv, healthy(Service::Imaps));
    assert_eq!(verdicts(vec![works(), null()], ALL), (vec![Pass, Pass], 0));
    assert_eq!(conclusion(vec![works(), null()]), "Mail programs can fetch mail through 993. Port 25 is not offered.");
    assert_eq!(verdicts(vec![null()], ALL), (vec![Fail], 4));
    assert_eq!(conclusion(vec![null()]), "mail.example.org says that it accepts no mail.");
    let unkept = from(Source::Srv, refused(Service::Imaps));
    let broken = conclusion(vec![unkept, null()]);
    assert!(broken.contains("Port 25 is not offered: the DNS says so") && !broken.contains("address"), "{broken}");
}

#[test]
fn a_domain_that_offers_nothing_is_said_to() {
    let declined = |service| absent(service, Source::Srv, LookupFailureKind::NoMail);
    let nowhere = absent(Service::Smtp, Source::ImplicitMx, LookupFailureKind::NoAddress);
    assert_eq!(
        conclusion(vec![nowhere, declined(Service::Imaps), declined(Service::Pop3s)]),
        "mail.example.org accepts no mail, and says that it does not offer pop3s and imaps."
    );
    assert_eq!(conclusion(vec![declined(Service::Imaps)]), "mail.example.org says that it does not offer imaps.");
}

#[test]
fn a_family_that_was_left_out_is_not_called_missing() {
    let left_out = absent(Service::Smtp, Source::Mx, LookupFailureKind::NoIpv6Address);
    let target = run(vec![left_out.clone()], ALL).targets.remove(0);
    assert_eq!(target.conclusion, "The name mail.example.org has no IPv6 address, but only IPv6 was asked for.");
    assert!(target.hints[0].contains("-6"), "{:?}", target.hints);
    let beside = conclusion(vec![exchanger(on(OTHER, healthy(Service::Smtp))), left_out]);
    assert!(beside.contains("no address of the requested family"), "{beside}");
}

#[test]
fn port_25_is_not_said_to_be_for_mail_programs() {
    let mut named = from(Source::Srv, healthy(Service::Submission));
    named.endpoint.port = 25;
    let sentence = conclusion(vec![named.clone(), from(Source::Srv, healthy(Service::Submissions)), {
        from(Source::Srv, silent(Service::Imaps))
    }]);
    assert!(sentence.starts_with("Mail programs can send through 465. "), "{sentence}");
    let alone = conclusion(vec![named, from(Source::Srv, silent(Service::Imaps))]);
    assert!(alone.starts_with("Port 25 answers, but it is not for mail programs. "), "{alone}");
}

#[test]
fn failures_elsewhere_do_not_contradict_what_works() {
    let sentence = conclusion(vec![
        exchanger(healthy(Service::Smtp)),
        exchanger(on("mx2.example.org", refused(Service::Smtp))),
        exchanger(on("mx3.example.org", silent(Service::Smtp))),
        exchanger(on("mx4.example.org", interrupted(Service::Smtp))),
        exchanger(on("mx5.example.org", dropped(Service::Smtp))),
    ]);
    assert!(!sentence.contains("Port 25 fails"), "{sentence}");
    assert!(sentence.contains("There are other failures at mx"), "{sentence}");
}

#[test]
fn a_port_that_was_expected_and_that_no_server_of_the_domain_has_is_told() {
    let told = |kind, port| {
        let ports = [(port, Expected::Open)].into_iter().collect();
        let policy = Policy { expectations: Expectations { ports, ..Expectations::NONE }, ..ALL };
        let domain = evidence(kind, vec![from(Source::Srv, healthy(Service::Imaps))]);
        let target = judged(vec![domain], &policy).targets.remove(0);
        (target.verdict, target.findings.iter().any(|finding| finding.message.starts_with("Port 995 was expected")))
    };
    assert_eq!(told(TargetKind::Domain, 995), (Fail, true));
    assert_eq!(told(TargetKind::Domain, 993), (Pass, false));
    assert_eq!(told(TargetKind::Host, 995), (Pass, false), "a host's missing port has its own finding");
}

#[test]
fn what_the_dns_publishes_wrongly_is_a_warning_and_what_a_file_says_is_not() {
    for (source, severity) in [(Source::Srv, Severity::Warning), (Source::Autoconfig, Severity::Info)] {
        let oddities = vec![Oddity::UnusableServer { source, text: "%EMAILDOMAIN%".to_owned() }];
        let discovery = Discovery { domain: HOST.to_owned(), oddities, ..Discovery::default() };
        let servers = vec![from(Source::Srv, healthy(Service::Imaps))];
        let domain = TargetEvidence { discovery: Some(discovery), ..evidence(TargetKind::Domain, servers) };
        let target = judged(vec![domain], &ALL).targets.remove(0);
        let finding =
            target.findings.iter().find(|finding| finding.id == FindingId::UnusableServer).expect("it is told");
        assert_eq!((finding.severity, finding.hint.is_some()), (severity, severity == Severity::Warning), "{source:?}");
    }
}
