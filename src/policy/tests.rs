//! The rules of verdicts and exit codes, and the sentences about a target.

mod causes;
mod domains;
mod promises;
mod wanted;

use std::time::{Duration, SystemTime};

use proptest::prelude::*;

use super::*;
use crate::diagnosis::tests::sample::*;
use crate::diagnosis::{FindingId, Severity, State, diagnose};
use crate::observation::*;
use crate::protocol::Stop;
use crate::service::Service;
use crate::target::{Host, Source, TargetKind};

const ALL: Policy =
    Policy { addresses: Addresses::All, strict: false, expectations: Expectations::NONE, recipient: None };
const ANY: Policy =
    Policy { addresses: Addresses::Any, strict: false, expectations: Expectations::NONE, recipient: None };
const STRICT: Policy =
    Policy { addresses: Addresses::All, strict: true, expectations: Expectations::NONE, recipient: None };
const V6: &str = "2001:db8::5";

fn refused(service: Service) -> Observation {
    connect_failed(service, ConnectFailureKind::Refused)
}

fn dropped(service: Service) -> Observation {
    connect_failed(service, ConnectFailureKind::TimedOut)
}

fn interrupted(service: Service) -> Observation {
    observed(service, |attempt| attempt.stop = stopped(Stage::Greeting, StopCause::Interrupted))
}

fn unencrypted(service: Service) -> Observation {
    ended_by_dialogue(service, Stage::Capabilities, Stop::StarttlsNotOffered)
}

fn expired(service: Service) -> Observation {
    faulty(service, &[CertificateFault::Expired])
}

fn soon(service: Service) -> Observation {
    let mut observation = healthy(service);
    if let Some(tls) = &mut observation.attempts[0].tls {
        tls.certificate = Some(certificate(3));
    }
    observation
}

fn at(address: &str, mut observation: Observation) -> Observation {
    observation.endpoint.address = Some(ip(address));
    observation
}

fn from(source: Source, mut observation: Observation) -> Observation {
    observation.endpoint.sources = vec![source];
    observation
}

/// What the DNS says of a service in place of a server.
fn absent(service: Service, source: Source, kind: LookupFailureKind) -> Observation {
    let mut observation = from(source, refused(service));
    observation.endpoint.address = None;
    observation.attempts.clear();
    observation.lookup = Some(LookupFailure { kind, message: String::new() });
    observation
}

fn on(host: &str, mut observation: Observation) -> Observation {
    observation.endpoint.host = Host::Name(host.to_owned());
    observation
}

fn evidence(kind: TargetKind, observations: Vec<Observation>) -> TargetEvidence {
    TargetEvidence {
        typed: HOST.to_owned(),
        kind,
        discovery: None,
        resolutions: Vec::new(),
        observations,
        skipped: Vec::new(),
        left_out: Vec::new(),
        for_mail_program: false,
        mail_hosts: Vec::new(),
        promises: None,
    }
}

fn judged(targets: Vec<TargetEvidence>, policy: &Policy) -> Report {
    judge(targets, policy, SystemTime::UNIX_EPOCH, Duration::ZERO)
}

#[expect(clippy::needless_pass_by_value, reason = "constants are passed")]
fn run(observations: Vec<Observation>, policy: Policy) -> Report {
    judged(vec![evidence(TargetKind::Host, observations)], &policy)
}

/// The verdicts of the endpoints, and the exit code.
fn verdicts(observations: Vec<Observation>, policy: Policy) -> (Vec<Verdict>, u8) {
    let run = run(observations, policy);
    (run.targets[0].endpoints.iter().map(|endpoint| endpoint.verdict).collect(), run.exit_code)
}

use Verdict::{Fail, Inconclusive, Pass, Warn};

#[test]
fn what_was_named_must_pass_or_warn() {
    let named =
        |observation| verdicts(vec![from(Source::User, observation), from(Source::User, healthy(Service::Imaps))], ALL);
    assert_eq!(named(refused(Service::Submission)), (vec![Fail, Pass], 5));
    assert_eq!(named(silent(Service::Submission)), (vec![Fail, Pass], 8));
    assert_eq!(named(soon(Service::Submission)), (vec![Warn, Pass], 0));
}

#[test]
fn a_surveys_closed_port_is_not_offered_when_another_works() {
    let run = run(vec![refused(Service::Pop3), healthy(Service::Imaps)], ALL);
    assert_eq!((run.verdict, run.exit_code), (Pass, 0));
    let closed = &run.targets[0].endpoints[0];
    assert_eq!(closed.verdict, Pass);
    assert_eq!(closed.diagnosis.state, State::ConnectionRefused, "the state stays what it is");
    assert_eq!(closed.diagnosis.findings[0].id, FindingId::PortNotOffered);
    assert!(closed.diagnosis.findings.iter().all(|finding| finding.severity == Severity::Info));
}

#[test]
fn a_surveys_port_that_answers_and_is_broken_fails() {
    assert_eq!(verdicts(vec![silent(Service::Pop3), healthy(Service::Imaps)], ALL), (vec![Fail, Pass], 8));
    assert_eq!(verdicts(vec![expired(Service::Pop3s), healthy(Service::Imaps)], ALL), (vec![Fail, Pass], 14));
}

#[test]
fn where_nothing_passes_the_closed_ports_fail() {
    assert_eq!(verdicts(vec![refused(Service::Pop3), refused(Service::Imaps)], ALL), (vec![Fail, Fail], 5));
    assert_eq!(verdicts(vec![refused(Service::Pop3), dropped(Service::Imaps)], ALL), (vec![Fail, Fail], 1));
    assert_eq!(verdicts(vec![refused(Service::Pop3), silent(Service::Imaps)], ALL), (vec![Fail, Fail], 1));
}

#[test]
fn a_port_open_at_one_address_must_be_open_at_all() {
    let both = || vec![healthy(Service::Imaps), at(V6, refused(Service::Imaps))];
    assert_eq!(verdicts(both(), ALL), (vec![Pass, Fail], 5));
    assert_eq!(verdicts(both(), ANY), (vec![Pass, Warn], 0));
    let broken_there = vec![healthy(Service::Imap), silent(Service::Imaps), at(V6, refused(Service::Imaps))];
    assert_eq!(verdicts(broken_there, ALL), (vec![Pass, Fail, Fail], 1));
    let closed_at_both = vec![healthy(Service::Imap), refused(Service::Imaps), at(V6, dropped(Service::Imaps))];
    assert_eq!(verdicts(closed_at_both, ALL), (vec![Pass, Pass, Pass], 0));
}

#[test]
fn any_address_is_enough_where_asked_for_also_for_named_and_broken_ones() {
    let both = vec![from(Source::User, silent(Service::Imaps)), at(V6, from(Source::User, healthy(Service::Imaps)))];
    let run = run(both, ANY);
    assert_eq!((run.verdict, run.exit_code), (Warn, 0));
    assert!(run.targets[0].endpoints[0].diagnosis.findings.iter().all(|finding| finding.severity != Severity::Error));
    assert_eq!(
        verdicts(vec![silent(Service::Imaps), at(V6, healthy(Service::Imap))], ANY).1,
        8,
        "another port does not help"
    );
}

#[test]
fn port_25_is_opportunistic() {
    for observation in [unencrypted(Service::Smtp), expired(Service::Smtp)] {
        let run = run(vec![observation], ALL);
        assert_eq!((run.verdict, run.exit_code), (Warn, 0));
        assert_eq!(run.targets[0].endpoints[0].diagnosis.findings[0].severity, Severity::Warning);
    }
    assert_eq!(verdicts(vec![unencrypted(Service::Submission)], ALL), (vec![Fail], 12));
    let refuses = Stop::StarttlsRefused(reply(crate::protocol::Status::Permanent, "540 no"));
    assert_eq!(verdicts(vec![ended_by_dialogue(Service::Smtp, Stage::Starttls, refuses)], ALL), (vec![Fail], 12));
}

#[test]
fn one_mail_host_of_a_domain_is_enough() {
    let mx = |host, observation| on(host, from(Source::Mx, observation));
    let one_dead = vec![mx("mx1.example.org", dropped(Service::Smtp)), mx("mx2.example.org", healthy(Service::Smtp))];
    assert_eq!(verdicts(one_dead, ALL), (vec![Warn, Pass], 0));
    let all_dead = vec![mx("mx1.example.org", dropped(Service::Smtp)), mx("mx2.example.org", dropped(Service::Smtp))];
    assert_eq!(verdicts(all_dead, ALL), (vec![Fail, Fail], 6));
    let half =
        || vec![mx("mx1.example.org", healthy(Service::Smtp)), at(V6, mx("mx1.example.org", dropped(Service::Smtp)))];
    assert_eq!(verdicts(half(), ALL), (vec![Pass, Fail], 6), "a host must pass at every address");
    assert_eq!(verdicts(half(), ANY), (vec![Pass, Warn], 0));
    let promised = vec![mx("mx1.example.org", healthy(Service::Smtp)), from(Source::Srv, refused(Service::Imaps))];
    assert_eq!(verdicts(promised, ALL), (vec![Pass, Fail], 5));
    let declined = || absent(Service::Pop3s, Source::Srv, LookupFailureKind::NoMail);
    assert_eq!(verdicts(vec![mx("mx1.example.org", healthy(Service::Smtp)), declined()], ALL), (vec![Pass, Pass], 0));
    assert_eq!(verdicts(vec![declined()], ALL), (vec![Fail], 4), "nothing else is there");
    let itself = || from(Source::ImplicitMx, refused(Service::Smtp));
    assert_eq!(verdicts(vec![itself(), from(Source::Srv, healthy(Service::Imaps))], ALL), (vec![Warn, Pass], 0));
    assert_eq!(verdicts(vec![itself()], ALL), (vec![Fail], 5));
    let guessed = vec![mx("mx1.example.org", healthy(Service::Smtp)), from(Source::Guess, refused(Service::Imaps))];
    assert_eq!(verdicts(guessed, ALL), (vec![Pass, Pass], 0));
}

#[test]
fn inconclusive_is_worse_than_a_warning_and_better_than_a_failure() {
    let user = |observation| from(Source::User, observation);
    assert_eq!(
        verdicts(vec![user(interrupted(Service::Imap)), user(soon(Service::Imaps))], ALL),
        (vec![Inconclusive, Warn], 130)
    );
    assert_eq!(
        verdicts(vec![user(interrupted(Service::Imap)), user(refused(Service::Imaps))], ALL),
        (vec![Inconclusive, Fail], 5)
    );
    let mut local = interrupted(Service::Imap);
    local.attempts[0].stop = stopped(Stage::Connect, StopCause::Local("no memory".to_owned()));
    assert_eq!(verdicts(vec![local.clone()], ALL).1, 18);
    assert_eq!(verdicts(vec![local, interrupted(Service::Imaps)], ALL).1, 3);
}

#[test]
fn a_closed_port_is_no_failure_while_an_unknown_one_may_have_worked() {
    assert_eq!(
        verdicts(vec![refused(Service::Pop3), interrupted(Service::Imaps)], ALL),
        (vec![Inconclusive, Inconclusive], 130)
    );
}

#[test]
fn strict_makes_warnings_fail() {
    assert_eq!(verdicts(vec![soon(Service::Imaps)], STRICT), (vec![Warn], 1));
    assert_eq!(run(vec![soon(Service::Imaps)], STRICT).verdict, Fail);
    assert_eq!(verdicts(vec![expired(Service::Smtp), healthy(Service::Imaps)], STRICT).1, 14);
    assert_eq!(verdicts(vec![healthy(Service::Imaps)], STRICT), (vec![Pass], 0));
    assert_eq!(
        verdicts(vec![refused(Service::Pop3), healthy(Service::Imaps)], STRICT).1,
        0,
        "not offered is no warning"
    );
}

#[test]
fn a_family_that_was_not_looked_up_is_a_warning_and_one_left_out_is_not() {
    let failure = |kind| Some(Err(LookupFailure { kind, message: "SERVFAIL".to_owned() }));
    let looked_up = |ipv6, skipped| {
        let resolution = Resolution {
            host: HOST.to_owned(),
            addresses: vec![ip(ADDRESS)],
            via: Via::Dns,
            name_server: None,
            found_as: None,
            dns_failure: None,
            ipv4: Some(Ok(())),
            ipv6,
            duration: Duration::ZERO,
        };
        let target = evidence(TargetKind::Host, vec![healthy(Service::Imaps)]);
        judged(vec![TargetEvidence { resolutions: vec![resolution], skipped, ..target }], &ALL)
    };
    let failed = looked_up(failure(LookupFailureKind::Failed), vec![]);
    assert_eq!((failed.verdict, failed.exit_code), (Warn, 0));
    assert_eq!(failed.targets[0].findings[0].id, FindingId::AddressFamilyLookupFailed);
    let conclusion = &failed.targets[0].conclusion;
    assert!(conclusion.starts_with("Port 993 works") && conclusion.contains("IPv6 addresses failed"), "{conclusion}");
    assert_eq!(
        looked_up(failure(LookupFailureKind::NoAddress), vec![]).verdict,
        Pass,
        "many names have one family only"
    );
    let skipped = looked_up(Some(Ok(())), vec![Family::Ipv6]);
    assert_eq!((skipped.verdict, skipped.targets[0].findings[0].id), (Pass, FindingId::AddressFamilySkipped));
}

#[test]
fn a_run_is_as_bad_as_its_worst_target_and_no_target_proves_nothing() {
    let target = |observation| evidence(TargetKind::Endpoint, vec![from(Source::User, observation)]);
    let two = |one, other| judged(vec![target(one), target(other)], &ALL).exit_code;
    assert_eq!(two(healthy(Service::Imaps), refused(Service::Imap)), 5);
    assert_eq!(two(silent(Service::Imaps), refused(Service::Imap)), 1);
    assert_eq!(judged(vec![], &ALL).exit_code, 3);
}

#[test]
fn conclusions_are_what_a_person_would_say() {
    let conclusion = |observations| run(observations, ALL).targets.remove(0).conclusion;
    let every =
        |make: fn(Service) -> Observation| Service::ALL.iter().map(|&service| make(service)).collect::<Vec<_>>();
    assert_eq!(conclusion(every(healthy)), "All seven ports work.");
    assert_eq!(conclusion(every(refused)), "All seven ports refuse connections.");
    assert_eq!(conclusion(every(expired)[1..].to_vec()), "All 6 ports answer, but the certificate has expired.");
    assert_eq!(
        conclusion(vec![dropped(Service::Smtp), healthy(Service::Submissions), healthy(Service::Submission)]),
        "Mail programs can send through 465 and 587. Port 25 never answered, which is typical of a blocked port."
    );
    let forbidden = |from| conclusion(vec![with_icmp(ConnectFailureKind::Prohibited, icmp4(3, 13, from), false)]);
    assert_eq!(forbidden("10.0.0.1"), "Port 587 is forbidden by a rule at 10.0.0.1.");
    assert_eq!(forbidden(ADDRESS), "Port 587 is forbidden by a rule.", "by the host itself");
    let mut families = every(healthy);
    families.extend(every(dropped).into_iter().map(|observation| at(V6, observation)));
    assert_eq!(conclusion(families), "Everything works over IPv4; over IPv6 nothing answers.");
    assert_eq!(
        conclusion(vec![
            healthy(Service::Imaps),
            healthy(Service::Imap),
            at("192.0.2.6", healthy(Service::Imaps)),
            at("192.0.2.6", silent(Service::Imap))
        ]),
        "Mail programs can fetch mail through 143 and 993. At 192.0.2.6, port 143 accepts connections but stays silent."
    );
    assert_eq!(
        conclusion(vec![healthy(Service::Smtp), refused(Service::Pop3), refused(Service::Imap)]),
        "Other mail servers can deliver through 25. Ports 110 and 143 are not offered."
    );
    let mut three_causes =
        vec![healthy(Service::Submissions), silent(Service::Imap), expired(Service::Imaps), refused(Service::Pop3)];
    let two_told = "Mail programs can send through 465. Port 143 accepts connections but stays silent. Port 993 \
                    answers, but the certificate has expired.";
    assert_eq!(conclusion(three_causes.clone()), two_told, "a port that is not offered does not fail");
    three_causes.push(unencrypted(Service::Submission));
    let more_told = "Mail programs can send through 465. Port 587 does not offer TLS. Port 143 accepts connections but \
                     stays silent. Port 993 fails for other reasons.";
    assert_eq!(conclusion(three_causes), more_told);
    assert_eq!(conclusion(vec![]), "Nothing was probed.");
    let nameless = absent(Service::Imaps, Source::Default, LookupFailureKind::NoSuchName);
    assert_eq!(conclusion(vec![nameless]), "The name mail.example.org does not exist.");
}

#[test]
fn hints_are_few_and_the_gravest_comes_first() {
    let mut observations =
        vec![soon(Service::Submissions), silent(Service::Imap), silent(Service::Pop3), expired(Service::Imaps)];
    observations.push(unencrypted(Service::Submission));
    let hints = run(observations, ALL).targets.remove(0).hints;
    assert_eq!(hints.len(), 3);
    assert!(hints[0].contains("overloaded"), "two endpoints say so: {hints:?}");
    let distinct: std::collections::HashSet<_> = hints.iter().collect();
    assert_eq!(distinct.len(), hints.len());
}

#[test]
fn what_was_expected_of_a_port_decides() {
    let expecting = |ports: &[(u16, Expected)], addresses| Policy {
        addresses,
        expectations: Expectations { ports: ports.iter().copied().collect(), ..Expectations::NONE },
        ..ALL
    };
    let closed = |addresses| expecting(&[(143, Expected::Closed)], addresses);
    let named = |observation| from(Source::User, observation);
    let (v4, v6) = (named(refused(Service::Imap)), at(V6, named(dropped(Service::Imap))));
    assert_eq!(verdicts(vec![v4.clone(), v6], closed(Addresses::All)), (vec![Pass, Pass], 0), "a drop counts");
    let open_at_v6 = at(V6, named(healthy(Service::Imap)));
    assert_eq!(verdicts(vec![v4.clone(), open_at_v6.clone()], closed(Addresses::All)), (vec![Pass, Fail], 16));
    assert_eq!(verdicts(vec![v4.clone(), open_at_v6], closed(Addresses::Any)), (vec![Pass, Warn], 0));

    let working = expecting(&[(143, Expected::State(State::Ok)), (993, Expected::Closed)], Addresses::All);
    let both = vec![v4, named(healthy(Service::Imaps))];
    assert_eq!(verdicts(both, working.clone()), (vec![Fail, Fail], 1), "5 and 16 are different causes");
    let cut_short = vec![named(interrupted(Service::Imap))];
    assert_eq!(verdicts(cut_short, working), (vec![Inconclusive], 130), "what is not known is no broken promise");
}

#[test]
fn a_warning_stays_one_where_the_port_is_as_expected() {
    let ports = [(25, Expected::Open)].into_iter().collect();
    let policy = Policy { expectations: Expectations { ports, ..Expectations::NONE }, ..ALL };
    assert_eq!(verdicts(vec![expired(Service::Smtp)], policy.clone()), (vec![Warn], 0));
    assert_eq!(verdicts(vec![silent(Service::Smtp)], policy), (vec![Pass], 0), "open is all that was asked");
}

#[test]
fn runs_that_were_judged_apart_come_together_by_the_same_rules() {
    let combined = |codes: &[fn(Service) -> Observation]| {
        let runs = codes.iter().map(|make| run(vec![from(Source::User, make(Service::Imaps))], ALL)).collect();
        let run = combine(runs);
        (run.verdict, run.exit_code, run.targets.len())
    };
    assert_eq!(combined(&[healthy, refused]), (Fail, 5, 2));
    assert_eq!(combined(&[silent, refused]), (Fail, 1, 2));
    assert_eq!(combined(&[interrupted, soon]), (Inconclusive, 130, 2));
    assert_eq!(combined(&[healthy, soon]), (Warn, 0, 2));
}

/// An endpoint of a small target: two hosts, two addresses, three services, every kind of outcome and source.
fn any_observation() -> impl Strategy<Value = Observation> {
    let outcomes: [fn(Service) -> Observation; 7] = [healthy, refused, dropped, silent, interrupted, expired, soon];
    let outcome = prop::sample::select(outcomes.to_vec());
    let service = prop::sample::select(vec![Service::Smtp, Service::Submission, Service::Imaps]);
    let source =
        prop::sample::select(vec![Source::User, Source::Default, Source::Mx, Source::ImplicitMx, Source::Guess]);
    let host = prop::sample::select(vec!["mx1.example.org", "mx2.example.org"]);
    let address = prop::sample::select(vec![ADDRESS, V6]);
    (outcome, service, source, host, address)
        .prop_map(|(outcome, service, source, host, address)| on(host, at(address, from(source, outcome(service)))))
}

fn of<'a>(endpoints: &'a [EndpointProgress<'a>]) -> TargetProgress<'a> {
    TargetProgress { endpoints, for_mail_program: false, awaits_promises: false }
}

proptest! {
    /// What is settled early is what the judge says in the end, and everything is settled in the end.
    #[test]
    fn settled_and_judge_agree(
        observed in prop::collection::vec((any_observation(), any::<bool>()), 1..8),
        addresses in prop::sample::select(Addresses::ALL),
    ) {
        let policy = Policy { addresses, ..ALL };
        let diagnoses: Vec<_> = observed.iter().map(|(observation, _)| diagnose(observation)).collect();
        let progress = |known: &dyn Fn(usize) -> bool| -> Vec<EndpointProgress<'_>> {
            observed.iter().zip(&diagnoses).enumerate().map(|(index, ((observation, _), diagnosis))| EndpointProgress {
                endpoint: &observation.endpoint,
                diagnosis: known(index).then_some(diagnosis),
                expectations: &[],
            }).collect()
        };
        let judged = run(observed.iter().map(|(observation, _)| observation.clone()).collect(), policy.clone());
        let (partial, whole) = (progress(&|index| observed[index].1), progress(&|_| true));
        for (index, endpoint) in judged.targets[0].endpoints.iter().enumerate() {
            prop_assert_eq!(settled(index, of(&whole), &policy), Some(endpoint.verdict));
            if let Some(early) = settled(index, of(&partial), &policy) {
                prop_assert_eq!(early, endpoint.verdict);
            }
        }
    }

    /// A run exits 0 exactly when it passes or warns.
    #[test]
    fn the_exit_code_follows_the_verdict(observed in prop::collection::vec(any_observation(), 1..8), strict: bool) {
        let judged = run(observed, Policy { strict, ..ALL });
        prop_assert_eq!(judged.exit_code == 0, matches!(judged.verdict, Pass | Warn));
        prop_assert!(!judged.targets[0].conclusion.is_empty());
    }
}
