//! Work that is lost to a panic: it is told, and nothing else is lost with it.

use futures_util::stream;
use mailprobe_lab::dns::{DnsServer, Zone};
use tokio::runtime::Handle;

use super::whole_runs::{Servers, options};
use super::*;
use crate::checker::Checker;
use crate::collector::Collector;
use crate::diagnosis::FindingId;
use crate::observation::path::Untraceable;
use crate::observation::{Observation, StopCause};
use crate::policy::{JudgedTarget, Policy, Verdict};
use crate::probe::recorder::Recorder;
use crate::probe::trace::{Waiting, groups};
use crate::probe::unprobed::stopped;
use crate::resolve::ResolverSettings;
use crate::target::Target;

const INTERNAL_ERROR: u8 = 18;

fn states(target: &JudgedTarget) -> Vec<(u16, State)> {
    let endpoints = target.endpoints.iter();
    endpoints.map(|one| (one.observation.endpoint.port, one.diagnosis.state)).collect()
}

fn assert_only_993_is_lost(target: &JudgedTarget) {
    let mut states = states(target);
    states.sort_unstable_by_key(|&(port, _)| port);
    let expected = [25, 110, 143, 465, 587, 993, 995]
        .map(|port| (port, if port == 993 { State::InternalError } else { State::Ok }));
    assert_eq!(states, expected, "{target:#?}");
}

#[tokio::test(start_paused = true)]
async fn a_port_whose_probe_panics_is_told_beside_the_others() {
    let run = Checker::of(options(Arc::new(Servers { panic_at: Some(993) })))
        .check([Target::parse("192.0.2.1").unwrap()])
        .await;
    assert_eq!(run.exit_code, INTERNAL_ERROR, "{run:#?}");
    assert_only_993_is_lost(&run.targets[0]);
    let lost = run.targets[0].endpoints.iter().find(|one| one.diagnosis.state == State::InternalError).unwrap();
    assert!(lost.diagnosis.findings.iter().any(|finding| finding.id == FindingId::InternalError), "{lost:#?}");
    let stop = lost.observation.attempts[0].stop.as_ref().unwrap();
    assert_eq!(stop.cause, StopCause::Internal("port 993 is cursed".into()));
}

#[tokio::test(start_paused = true)]
async fn in_a_list_every_target_is_told() {
    let prober = Prober::new(options(Arc::new(Servers { panic_at: Some(993) }))).unwrap();
    let targets = ["192.0.2.1", "192.0.2.2", "192.0.2.3"].map(|typed| Target::parse(typed).unwrap());
    let mut run = prober.start_list(stream::iter(targets), &[Handle::current()]).remove(0);
    let mut collector = Collector::of_list(Policy::default());
    let mut judged = Vec::new();
    while let Some(event) = run.next().await {
        collector.take(event);
        judged.extend((0..3).filter_map(|target| collector.take_judged(target)));
    }
    run.close().await;
    assert_eq!(judged.len(), 3);
    for target in judged {
        assert_only_993_is_lost(&target.target);
        assert_eq!(target.target.verdict, Verdict::Inconclusive);
    }
}

/// The search for a domain's servers connects, too: for the autoconfiguration file.
#[tokio::test]
async fn a_target_whose_planning_panics_is_told_beside_the_others() {
    let zone = Zone::new().a("autoconfig.lost.test", [127, 0, 0, 1]).mx("lost.test", 10, "mail.lost.test");
    let server = DnsServer::start(zone).unwrap();
    let resolver = ResolverSettings { dns_server: Some(server.address()), ..ResolverSettings::default() };
    let options = Options { resolver, ..options(Arc::new(Servers { panic_at: Some(443) })) };
    let run = Checker::of(options)
        .check([Target::parse("@lost.test").unwrap(), Target::parse("imaps://127.0.0.1").unwrap()])
        .await;
    assert_eq!(states(&run.targets[0]), [(25, State::InternalError)], "{run:#?}");
    let stop = run.targets[0].endpoints[0].observation.attempts[0].stop.as_ref().unwrap();
    assert_eq!(stop.stage, crate::observation::Stage::Resolve);
    assert_eq!(states(&run.targets[1]), [(993, State::Ok)], "{run:#?}");
    assert_eq!(run.exit_code, INTERNAL_ERROR);
}

#[test]
fn a_lost_plan_has_an_endpoint_for_every_service_that_was_to_be_probed() {
    let prober = prober(None, &stage(Vec::new()));
    for (typed, count) in [("mail.example.org", 7), ("imaps://mail.example.org", 1), ("@example.org", 1)] {
        let plan = prober.lost_plan(&Target::parse(typed).unwrap(), &StopCause::Internal("gone".into()));
        assert_eq!(plan.endpoints.len(), count, "{typed}");
    }
}

#[test]
fn endpoints_whose_route_was_being_traced_are_told_all_the_same() {
    let endpoint = endpoint(Service::Smtp, Security::StartTls);
    let stop = stopped(&endpoint, Recorder::at(crate::observation::Stage::Connect), StopCause::Closed, Duration::ZERO);
    let waiting = Waiting { index: 0, observation: Box::new(stop) };
    let mut group = groups(vec![waiting], &[]).remove(0);
    group.lose(&StopCause::Internal("gone".into()));
    let observation: &Observation = &group.endpoints[0].observation;
    assert!(matches!(&observation.path, Some(Err(Untraceable::Local(words))) if words.ends_with("gone")));
}
