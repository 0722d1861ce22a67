//! What a run left without a result, and what several rounds make of an endpoint.

use std::net::IpAddr;

use super::*;
use crate::diagnosis::tests::sample::healthy;
use crate::policy::Verdict::{Inconclusive, Pass};
use crate::probe::Planned;
use crate::resolve::Families;
use crate::service::Service;
use crate::target::ServicePort;

const SERVICES: [Service; 2] = [Service::Smtp, Service::Submission];

fn target(typed: &str) -> Target {
    Target::parse(typed).expect("a target")
}

fn seen(service: Service) -> Observation {
    let mut observation = healthy(service);
    observation.endpoint.sources = vec![Source::User];
    observation
}

fn planned(target: usize) -> Event {
    let probe = |service| Planned::Probe(seen(service).endpoint, IpAddr::from([192, 0, 2, 5]));
    let endpoints = SERVICES.map(probe).into();
    let skipped = Families { v4: false, v6: false };
    Event::Planned {
        target,
        plan: Plan {
            discovery: None,
            resolutions: Vec::new(),
            skipped,
            left_out: Vec::new(),
            awaits_promises: false,
            endpoints,
        },
    }
}

fn finished(target: usize, index: usize, observation: Observation) -> Event {
    Event::Finished { target, index, observation: Box::new(observation) }
}

fn stopped(service: Service, cause: StopCause) -> Observation {
    Observation::stopped(seen(service).endpoint, None, cause)
}

/// A plan for a target, and results for its endpoints as far as there are any.
fn take(collector: &mut Collector, target: usize, results: impl IntoIterator<Item = Observation>) {
    collector.take(planned(target));
    for (index, observation) in results.into_iter().enumerate() {
        collector.take(finished(target, index, observation));
    }
}

fn states(target: &JudgedTarget) -> Vec<(u16, State)> {
    target.endpoints.iter().map(|judged| (judged.observation.endpoint.port, judged.diagnosis.state)).collect()
}

fn judged(collector: Collector) -> Report {
    collector.judge(SystemTime::UNIX_EPOCH, Duration::ZERO)
}

#[test]
fn an_endpoint_without_a_result_is_a_fault_that_is_told() {
    let mut collector = Collector::new(&[target("mx.test")], Policy::default());
    take(&mut collector, 0, [seen(Service::Smtp)]);
    let run = judged(collector);
    assert_eq!((run.verdict, run.exit_code), (Inconclusive, 18));
    assert_eq!(states(&run.targets[0]), [(25, State::Ok), (587, State::InternalError)]);
    let finding = &run.targets[0].endpoints[1].diagnosis.findings[0];
    assert_eq!(finding.evidence.as_deref(), Some(LOST));
}

#[test]
fn a_target_that_was_never_planned_has_every_endpoint_that_was_to_be_probed() {
    let typed = ["mx.test", "mx.test:465", "user@example.org"];
    let lost = |plan: PlanOptions| {
        let run = judged(Collector::new(&typed.map(target), Policy::default()).planned_by(plan));
        assert_eq!((run.verdict, run.exit_code), (Inconclusive, 18));
        let endpoints = run.targets.iter().flat_map(|target| &target.endpoints);
        assert!(endpoints.clone().all(|judged| judged.diagnosis.state == State::InternalError));
        let mut names = endpoints.map(|judged| &judged.observation.endpoint);
        let last = names.next_back().expect("the domain");
        assert_eq!((last.host.to_string().as_str(), last.port, last.service), ("example.org", 25, Service::Smtp));
        run.targets.iter().map(|target| target.endpoints.len()).collect::<Vec<_>>()
    };
    assert_eq!(lost(PlanOptions::default()), [Service::ALL.len(), 1, 1]);
    let two = SERVICES.map(ServicePort::from).into();
    assert_eq!(lost(PlanOptions { ports: Some(two), ..PlanOptions::default() }), [2, 1, 1]);
}

#[test]
fn what_a_list_left_unfinished_is_taken_out_once() {
    let mut collector = Collector::of_list(Policy::default());
    for number in 0..3 {
        collector.take(Event::Begun { target: number, named: target("mx.test:25") });
    }
    for number in 1..3 {
        take(&mut collector, number, [seen(Service::Smtp)]);
    }
    assert_eq!(collector.settled(1).len(), 1);
    collector.take(finished(2, 1, seen(Service::Submission)));
    assert_eq!(collector.take_judged(2).map(|done| done.target.verdict), Some(Pass));
    assert!(collector.take_judged(1).is_none() && collector.take_judged(0).is_none());

    let left = collector.take_unfinished();
    let told: Vec<_> = left.iter().map(|done| (states(&done.target), done.unreported.clone())).collect();
    let never_planned = (vec![(25, State::InternalError)], vec![0]);
    let half_done = (vec![(25, State::Ok), (587, State::InternalError)], vec![1]);
    assert_eq!(told, [never_planned, half_done]);
    assert!(left.iter().all(|done| done.target.verdict == Inconclusive));
    assert!(collector.take_unfinished().is_empty());
}

#[test]
fn at_the_end_of_a_run_what_is_lost_is_settled() {
    let mut collector = Collector::new(&[target("mx.test")], Policy::default());
    collector.take(planned(0));
    assert!(collector.settled(0).is_empty());
    collector.end();
    assert_eq!(collector.settled(0).len(), 2);
    assert_eq!(collector.state(0, 1), Some(State::InternalError));
}

#[test]
fn a_result_that_is_lost_in_a_later_round_does_not_leave_the_earlier_one() {
    let mut collector = Collector::new(&[target("mx.test")], Policy::default());
    assert!(matches!(collector.again(true).as_slice(), [Recheck::AllBut(known)] if known.is_empty()));
    take(&mut collector, 0, [seen(Service::Smtp), stopped(Service::Submission, StopCause::Closed)]);
    assert_eq!(collector.missing().len(), 1);

    assert!(matches!(collector.again(true).as_slice(), [Recheck::AllBut(known)] if known.len() == 1));
    assert!(collector.missing().iter().all(|(_, state)| state.is_some()), "what failed is known until it is looked at");
    collector.end();
    let run = judged(collector);
    assert_eq!(run.exit_code, 18);
    assert_eq!(states(&run.targets[0]), [(25, State::Ok), (587, State::InternalError)]);
    let lost = &run.targets[0].endpoints[1].observation;
    assert_eq!((lost.tries, lost.earlier.len()), (2, 1));
}

#[test]
fn a_later_round_adds_to_what_is_known() {
    let mut collector = Collector::new(&[target("mx.test")], Policy::default());
    take(&mut collector, 0, [seen(Service::Smtp), stopped(Service::Submission, StopCause::Closed)]);
    collector.again(false);
    // The run hands out once more what it was told is good.
    take(&mut collector, 0, [seen(Service::Smtp), stopped(Service::Submission, StopCause::Interrupted)]);
    assert_ne!(collector.state(0, 1), Some(State::Interrupted), "a try that proves nothing does not count");
    collector.again(false);
    take(&mut collector, 0, SERVICES.map(seen));
    assert!(collector.missing().is_empty());
    assert!(matches!(collector.again(false).as_slice(), [Recheck::Nothing]));
    let run = judged(collector);
    assert_eq!(run.verdict, Pass);
    assert_eq!(run.targets[0].endpoints[1].observation.tries, 2);
}
