//! A run with `--trace`: ways that stop at different places, judged as a real one is.

use std::net::IpAddr;
use std::time::{Duration, SystemTime};

use mailprobe::internals::observation::path::{Edge, Hop, HopAnswer, HopReply, How, Path, Place, Untraceable};
use mailprobe::internals::observation::{
    Attempt, ConnectFailure, ConnectFailureKind, Icmp, Observation, Purpose, Stage, StageOutcome, StageRecord,
    StopCause, Stopped,
};
use mailprobe::internals::policy::{Policy, Report, TargetEvidence, judge};
use mailprobe::internals::protocol::Conversation;
use mailprobe::internals::service::Service;
use mailprobe::internals::target::{Endpoint, Host, Source, TargetKind};

const V4: &str = "192.0.2.5";
const V6: &str = "2001:db8:85a3:1234:5678:8a2e:370:7334";
/// 2026-11-22 05:00:00 UTC
const NOW: u64 = 1_795_323_600;

/// Two targets: one that is blocked on a long way, and one with something else at every port.
pub(crate) fn run() -> Report {
    let target = |typed: &str, observations| TargetEvidence {
        typed: typed.to_owned(),
        kind: TargetKind::Host,
        resolutions: Vec::new(),
        observations,
        skipped: Vec::new(),
        left_out: Vec::new(),
        for_mail_program: false,
        mail_hosts: Vec::new(),
        promises: None,
        discovery: None,
    };
    let long = [Service::Smtp, Service::Submissions, Service::Submission]
        .map(|service| observed(V6, service, ConnectFailureKind::TimedOut, None, Ok(dropped_far_away(service.port()))));
    let targets = vec![target("mail.example.org", long.into()), target("relay.example.org", every_kind())];
    judge(targets, &Policy::default(), SystemTime::UNIX_EPOCH + Duration::from_secs(NOW), Duration::from_secs(6))
}

/// After hop 9 of 12; hop 3 is mute.
fn dropped_far_away(port: u16) -> Path {
    let router = |ttl: u8| -> IpAddr { ip(&format!("2001:db8:f00d:{ttl:x}:a:b:c:d")) };
    let hop = |ttl: u8| match ttl {
        3 => (ttl, HopAnswer::SILENCE, HopAnswer::SILENCE),
        1..=9 => (ttl, exceeded(router(ttl), ttl), exceeded(router(ttl), ttl)),
        10..=11 => (ttl, HopAnswer::SILENCE, exceeded(router(ttl), ttl)),
        _ => (ttl, HopAnswer::SILENCE, connected(V6)),
    };
    let edge = |ttl| Some(Edge { ttl, address: Some(router(ttl)) });
    path(port, Place::Path, Some(How::Drop), (edge(9), edge(10)), None, (1..=12).map(hop).collect())
}

fn every_kind() -> Vec<Observation> {
    use ConnectFailureKind::{Prohibited, Refused, TimedOut};
    let [r1, r2, r3] = ["10.1.0.1", "10.2.0.2", "10.3.0.2"].map(ip);
    let edge = |ttl, address| Some(Edge { ttl, address: Some(address) });
    let through = |ttl, router| (ttl, exceeded(router, ttl), exceeded(router, ttl));
    let beyond = |ttl, router| (ttl, HopAnswer::SILENCE, exceeded(router, ttl));
    let end = |port| (4, port, connected(V4));
    let icmp = Icmp { v6: false, icmp_type: 3, code: 13, from: Some(r2) };
    let rejected = HopAnswer { reply: HopReply::Icmp, from: Some(r2), rtt: Some(rtt(2)) };
    let reset = HopAnswer { reply: HopReply::Refused, from: Some(ip(V4)), rtt: Some(rtt(4)) };
    vec![
        observed(
            V4,
            Service::Smtp,
            TimedOut,
            None,
            Ok(path(
                25,
                Place::ThisMachineOrFirstHop,
                Some(How::Drop),
                (None, edge(1, r1)),
                None,
                vec![beyond(1, r1), beyond(2, r2), beyond(3, r3), end(HopAnswer::SILENCE)],
            )),
        ),
        observed(
            V4,
            Service::Submissions,
            Prohibited,
            Some(icmp),
            Ok(path(
                465,
                Place::Path,
                Some(How::Icmp),
                (edge(2, r2), edge(3, r3)),
                Some(icmp),
                vec![through(1, r1), through(2, r2), (3, rejected, exceeded(r3, 3)), end(rejected)],
            )),
        ),
        observed(
            V4,
            Service::Submission,
            Refused,
            None,
            Ok(path(
                587,
                Place::Destination,
                Some(How::Reset),
                (edge(3, r3), edge(4, ip(V4))),
                None,
                vec![through(1, r1), through(2, r2), through(3, r3), end(reset)],
            )),
        ),
        observed(
            V4,
            Service::Imaps,
            TimedOut,
            None,
            Ok(path(
                993,
                Place::Unknown,
                None,
                (edge(1, r1), None),
                None,
                vec![through(1, r1), (2, HopAnswer::SILENCE, HopAnswer::SILENCE)],
            )),
        ),
        observed(
            V4,
            Service::Pop3s,
            TimedOut,
            None,
            Err(Untraceable::Local("Too many open files (os error 24)".to_owned())),
        ),
    ]
}

fn path(
    port: u16,
    place: Place,
    how: Option<How>,
    (after, before): (Option<Edge>, Option<Edge>),
    icmp: Option<Icmp>,
    hops: Vec<(u8, HopAnswer, HopAnswer)>,
) -> Path {
    let hops = hops.into_iter().map(|(ttl, port, control)| Hop { ttl, port, control }).collect();
    Path { port, control_port: 443, place, how, after, before, icmp, hops, tunnel: None }
}

fn exceeded(from: IpAddr, ttl: u8) -> HopAnswer {
    HopAnswer { reply: HopReply::TimeExceeded, from: Some(from), rtt: Some(rtt(ttl)) }
}

fn connected(from: &str) -> HopAnswer {
    HopAnswer { reply: HopReply::Connected, from: Some(ip(from)), rtt: Some(rtt(12)) }
}

fn rtt(ttl: u8) -> Duration {
    Duration::from_micros(u64::from(ttl) * 1700)
}

fn observed(
    address: &str,
    service: Service,
    kind: ConnectFailureKind,
    icmp: Option<Icmp>,
    traced: Result<Path, Untraceable>,
) -> Observation {
    let message = "the system's words".to_owned();
    let failure = ConnectFailure { kind, icmp, on_this_machine: false, route_exists: false, os_error: None, message };
    let duration = Duration::from_secs(5);
    Observation {
        endpoint: Endpoint {
            host: Host::Name("mail.example.org".to_owned()),
            address: Some(ip(address)),
            port: service.port(),
            service,
            security: service.security(),
            sources: vec![Source::Default],
        },
        lookup: None,
        attempts: vec![Attempt {
            purpose: Purpose::Probe,
            connection_requests: 1,
            stages: vec![StageRecord { stage: Stage::Connect, outcome: StageOutcome::Failed, duration, detail: None }],
            conversation: Conversation::default(),
            tls: None,
            local: None,
            first_bytes: Vec::new(),
            stop: Some(Stopped { stage: Stage::Connect, cause: StopCause::Connect(failure) }),
            transcript: Vec::new(),
        }],
        tries: 1,
        duration,
        path: Some(traced),
        interface: None,
        not_offered_by: None,
        login: None,
        tls_survey: None,
        promised: None,
        earlier: Vec::new(),
    }
}

fn ip(address: &str) -> IpAddr {
    address.parse().expect("an address of the samples")
}
