//! Each family of rules, as a table: what the ports did, and the causes that are told of it.

mod logins;
mod mtu;
mod promises;

use std::net::IpAddr;
use std::time::Duration;

use super::*;
use crate::diagnosis::tests::sample::*;
use crate::diagnosis::{Diagnosis, FindingId, Severity, State, diagnose};
use crate::observation::{
    CertificateFault, ConnectFailureKind, LookupFailure, LookupFailureKind, Observation, Resolution, Via,
};
use crate::observation::{Stage, StageOutcome};
use crate::protocol::Stop;
use crate::service::Service;
use crate::target::{Host, Source, TargetKind};

const V6: &str = "2001:db8::5";
const OTHER: &str = "192.0.2.7";
const ROUTER: &str = "10.0.0.1";

fn dropped(service: Service) -> Observation {
    connect_failed(service, ConnectFailureKind::TimedOut)
}

fn refused(service: Service) -> Observation {
    connect_failed(service, ConnectFailureKind::Refused)
}

fn unrouted(service: Service) -> Observation {
    let mut observation = connect_failed(service, ConnectFailureKind::NetworkUnreachable);
    change_failure(&mut observation, |failure| failure.on_this_machine = true);
    observation
}

/// By a rule at the router.
fn prohibited(service: Service) -> Observation {
    let mut observation = connect_failed(service, ConnectFailureKind::Prohibited);
    change_failure(&mut observation, |failure| failure.icmp = Some(icmp4(3, 13, ROUTER)));
    observation
}

fn change_failure(observation: &mut Observation, change: impl FnOnce(&mut crate::observation::ConnectFailure)) {
    let stop = observation.attempts[0].stop.as_mut().expect("it failed");
    if let crate::observation::StopCause::Connect(failure) = &mut stop.cause {
        change(failure);
    }
}

fn no_tls(service: Service) -> Observation {
    ended_by_dialogue(service, Stage::Capabilities, Stop::StarttlsNotOffered)
}

fn closed_inside_tls(service: Service) -> Observation {
    observed(service, |attempt| {
        attempt.tls = Some(tls());
        let stage = if service == Service::Submissions { Stage::Greeting } else { Stage::SecuredCapabilities };
        attempt.stop = stopped(stage, crate::observation::StopCause::Closed);
    })
}

fn with_certificate(fingerprint: &str, days: i64, service: Service) -> Observation {
    let mut observation = healthy(service);
    if let Some(tls) = &mut observation.attempts[0].tls {
        let mut facts = certificate(days);
        fingerprint.clone_into(&mut facts.sha256);
        tls.certificate = Some(facts);
    }
    observation
}

fn unfound(kind: LookupFailureKind, source: Source, host: &str) -> Observation {
    let mut observation = refused(Service::Smtp);
    observation.endpoint.host = Host::Name(host.to_owned());
    observation.endpoint.address = None;
    observation.endpoint.sources = vec![source];
    observation.attempts.clear();
    observation.lookup = Some(LookupFailure::new(kind, "said so"));
    observation
}

fn at(address: &str, mut observation: Observation) -> Observation {
    observation.endpoint.address = Some(ip(address));
    observation
}

fn on(host: &str, mut observation: Observation) -> Observation {
    observation.endpoint.host = Host::Name(host.to_owned());
    observation
}

fn by_mx(mut observation: Observation) -> Observation {
    observation.endpoint.sources = vec![Source::Mx];
    observation
}

fn every(make: fn(Service) -> Observation) -> Vec<Observation> {
    Service::ALL.iter().map(|&service| make(service)).collect()
}

/// All seven ports: these do one thing, the others another.
fn split(these: &[u16], one: fn(Service) -> Observation, other: fn(Service) -> Observation) -> Vec<Observation> {
    Service::ALL
        .iter()
        .map(|&service| if these.contains(&service.port()) { one(service) } else { other(service) })
        .collect()
}

fn also_at(address: &str, observations: Vec<Observation>) -> Vec<Observation> {
    observations.into_iter().map(|observation| at(address, observation)).collect()
}

/// What fails, fails: no policy forgives it.
fn causes_of(observations: &[Observation], facts: TargetFacts<'_>) -> Vec<Cause> {
    let diagnoses: Vec<Diagnosis> = observations.iter().map(diagnose).collect();
    let states: Vec<JudgedState<'_>> = observations
        .iter()
        .zip(&diagnoses)
        .map(|(observation, diagnosis)| {
            let severity = if diagnosis.state == State::Ok { Severity::Info } else { Severity::Error };
            JudgedState { observation, diagnosis, severity, as_expected: false }
        })
        .collect();
    correlate(&states, facts)
}

const HOST_FACTS: TargetFacts<'_> =
    TargetFacts { kind: TargetKind::Host, domain: None, findings: &[], elsewhere: &[], mail_hosts: &[] };
const DOMAIN_FACTS: TargetFacts<'_> = TargetFacts {
    kind: TargetKind::Domain,
    domain: Some("example.org"),
    findings: &[],
    elsewhere: &[],
    mail_hosts: &[],
};

/// One cause that is expected: its id, its ports, and words of its message and hint.
type Expected<'a> = (FindingId, &'a [u16], &'a [&'a str]);

const SEVEN: &[u16] = &[25, 465, 587, 110, 995, 143, 993];

fn check(name: &str, observations: &[Observation], facts: TargetFacts<'_>, expected: &[Expected<'_>]) {
    let causes = causes_of(observations, facts);
    let told: Vec<_> = causes.iter().filter(|cause| cause.severity < Severity::Info).collect();
    let found: Vec<_> = told.iter().map(|cause| (cause.id, cause.ports.as_slice())).collect();
    let wanted: Vec<_> = expected.iter().map(|(id, ports, _)| (*id, *ports)).collect();
    assert_eq!(found, wanted, "{name}: {causes:#?}");
    for (cause, (_, _, words)) in told.iter().zip(expected) {
        let text = format!("{} {}", cause.message, cause.hint.as_deref().unwrap_or_default());
        for word in *words {
            let (is_forbidden, word) = word.strip_prefix('!').map_or((false, *word), |word| (true, word));
            assert_ne!(text.contains(word), is_forbidden, "{name}: {word:?} in {text}");
        }
    }
}

/// As it took so long to connect, or to be refused.
fn took(milliseconds: u64, mut observation: Observation) -> Observation {
    let outcome = if observation.attempts[0].stop.is_some() { StageOutcome::Failed } else { StageOutcome::Ok };
    let mut connect = record(Stage::Connect, outcome, 0.0);
    connect.duration = Duration::from_micros(milliseconds * 1000 + 100);
    observation.attempts[0].stages = vec![connect];
    observation
}

#[test]
fn a_reset_that_came_sooner_than_the_host_can_answer_is_from_close_by() {
    let at_once = |service| took(0, refused(service));
    let far = |service| took(20, healthy(service));
    let words =
        ["Port 25 was refused within 1 ms", "at least 20 ms", "this machine", "nft list ruleset", "!service is"];
    check("a far host", &split(&[25], at_once, far), HOST_FACTS, &[(FindingId::BlockedNearby, &[25], &words)]);
    let usual = [(FindingId::ConnectionRefused, &[25][..], &["!this machine"][..])];
    let near = |service| took(2, healthy(service));
    check("a near host", &split(&[25], at_once, near), HOST_FACTS, &usual);
    check("as far as the host", &split(&[25], |service| took(20, refused(service)), far), HOST_FACTS, &usual);
    let lone = [at_once(Service::Smtp), far(Service::Submission)];
    check("one port to compare with", &lone, HOST_FACTS, &usual);
}

/// Where other traffic to the address has a route, a rule is the reason, and is told apart from a missing route.
#[test]
fn a_rule_for_a_port_is_told_beside_ports_that_work() {
    let forbidden = |service| {
        let mut observation = unrouted(service);
        change_failure(&mut observation, |failure| failure.route_exists = true);
        observation
    };
    check(
        "25 and 465",
        &split(&[25, 465], forbidden, healthy),
        HOST_FACTS,
        &[(
            FindingId::RejectedByThisMachine,
            &[25, 465],
            &["rule on this machine", "ip rule list", "dport 25", "!no route"],
        )],
    );
    check(
        "every port",
        &every(forbidden),
        HOST_FACTS,
        &[(FindingId::RejectedByThisMachine, SEVEN, &["a route leads to the address", "!network connection"])],
    );
    check("no route at all", &every(unrouted), HOST_FACTS, &[(FindingId::NoNetwork, SEVEN, &["no route to", "!rule"])]);
}

#[test]
fn silence_is_told_by_what_the_siblings_do() {
    use FindingId::{ConnectionTimeout, NoSubmissionPort, NothingAnswers, Port25Silent};
    check("all", &every(dropped), HOST_FACTS, &[(NothingAnswers, SEVEN, &["down", "address", "firewall", "!blocks"])]);
    check(
        "25 alone",
        &split(&[25], dropped, healthy),
        HOST_FACTS,
        &[(Port25Silent, &[25], &["blocks outbound port 25", "mailprobe blocked", "ports 465 and 587, which work"])],
    );
    check(
        "25, and no submission",
        &split(&[25, 465, 587], dropped, healthy),
        HOST_FACTS,
        &[(
            NoSubmissionPort,
            &[25, 465, 587],
            &["sending mail (25, 465 and 587)", "110, 995, 143 and 993 do answer", "another network", "!use"],
        )],
    );
    check(
        "submission alone",
        &split(&[465, 587], dropped, healthy),
        HOST_FACTS,
        &[(NoSubmissionPort, &[465, 587], &["sending mail (465 and 587)", "firewall", "!mailprobe blocked"])],
    );
    check(
        "465 alone answers",
        &split(&[465], healthy, dropped),
        HOST_FACTS,
        &[(
            ConnectionTimeout,
            &[25, 587, 110, 995, 143, 993],
            &["port 465 does", "at the host or on the path", "!blocked port"],
        )],
    );
    check(
        "25 and nothing else tried",
        &[dropped(Service::Smtp)],
        HOST_FACTS,
        &[(Port25Silent, &[25], &["cannot tell", "mailprobe blocked", "mailprobe mail.example.org"])],
    );
    check(
        "587 and nothing else tried",
        &[dropped(Service::Submission)],
        HOST_FACTS,
        &[(ConnectionTimeout, &[587], &["cannot tell", "mailprobe mail.example.org"])],
    );
    let [first, second] = ["mx1.example.org", "mx2.example.org"].map(|host| by_mx(on(host, dropped(Service::Smtp))));
    check(
        "25 at every mail host",
        &[first, second.clone()],
        DOMAIN_FACTS,
        &[(Port25Silent, &[25], &["any of the 2 mail hosts", "Probably this network", "mailprobe blocked"])],
    );
    let works = by_mx(on("mx1.example.org", healthy(Service::Smtp)));
    check(
        "25 at one mail host of two",
        &[works, second],
        DOMAIN_FACTS,
        &[(NothingAnswers, &[25], &["mx2.example.org", "does not block it", "remove its MX record"])],
    );
    // Where nothing else answered, 25 is no sign of a block.
    check(
        "25 beside what a router forbids",
        &split(&[25], dropped, unrouted),
        HOST_FACTS,
        &[
            (FindingId::ConnectionTimeout, &[25], &["!typical", "!refused", "firewall"]),
            (FindingId::NoRoute, &[465, 587, 110, 995, 143, 993], &[]),
        ],
    );
    let mut one_address = every(healthy);
    one_address.extend(also_at(OTHER, every(dropped)));
    check("one address of two", &one_address, HOST_FACTS, &[(NothingAnswers, SEVEN, &[OTHER, ADDRESS, "!MX"])]);
    let mut some_at_one = every(healthy);
    some_at_one.extend(also_at(OTHER, split(&[143, 993], dropped, healthy)));
    check(
        "two ports at one address",
        &some_at_one,
        HOST_FACTS,
        &[(ConnectionTimeout, &[143, 993], &[&format!("at {OTHER}"), &format!("at {ADDRESS} they do")])],
    );
}

#[test]
fn one_family_that_fails_is_told_as_that_family() {
    use FindingId::AddressFamilyFails;
    let both = |v4: fn(Service) -> Observation, v6: fn(Service) -> Observation| {
        let mut all = every(v4);
        all.extend(also_at(V6, every(v6)));
        all
    };
    check(
        "IPv6 dropped",
        &both(healthy, dropped),
        HOST_FACTS,
        &[(AddressFamilyFails, SEVEN, &[V6, "AAAA record", "-4", "!another host", "!MX"])],
    );
    check(
        "IPv4 dropped",
        &both(dropped, healthy),
        HOST_FACTS,
        &[(AddressFamilyFails, SEVEN, &[ADDRESS, "the A record", "-6"])],
    );
    check(
        "IPv6 refused",
        &both(healthy, refused),
        HOST_FACTS,
        &[(AddressFamilyFails, SEVEN, &["refused", "listen on IPv6", "-4"])],
    );
    check("both dropped", &both(dropped, dropped), HOST_FACTS, &[(FindingId::NothingAnswers, SEVEN, &[ADDRESS, V6])]);
}

#[test]
fn a_refusal_is_told_once_with_who_refused_and_what_was_silent_beside_it() {
    use FindingId::{ConnectionTimeout, RejectedByRouter};
    check("all", &every(prohibited), HOST_FACTS, &[(RejectedByRouter, SEVEN, &[ROUTER, "let mail through"])]);
    let beside = split(&[143, 993], dropped, prohibited);
    check(
        "some silent",
        &beside,
        HOST_FACTS,
        &[(RejectedByRouter, SEVEN, &["Ports 143 and 993 were silent, probably"])],
    );
    let speaker = causes_of(&beside, HOST_FACTS)[0].speaker.expect("one speaks for all");
    assert_eq!(diagnose(&beside[speaker]).state, State::AdministrativelyProhibited);
    let mut answering = beside;
    answering[0] = healthy(Service::Smtp);
    check(
        "another port answers",
        &answering,
        HOST_FACTS,
        &[(RejectedByRouter, &[465, 587, 110, 995], &[ROUTER]), (ConnectionTimeout, &[143, 993], &["port 25 does"])],
    );
    let mut families = every(healthy);
    families.extend(also_at(V6, every(prohibited)));
    check("one family", &families, HOST_FACTS, &[(RejectedByRouter, SEVEN, &["The other family works", "-4"])]);
    check("no route", &every(unrouted), HOST_FACTS, &[(FindingId::NoNetwork, SEVEN, &["no route", "Wi-Fi"])]);
}

#[test]
fn a_certificate_is_told_once_and_another_one_is_told_of() {
    use FindingId::{CertificateExpired, CertificateSelfSigned, CertificatesDiffer};
    let faults = |service| faulty(service, &[CertificateFault::Expired, CertificateFault::SelfSigned]);
    let mut both = every(faults);
    both.extend(also_at(V6, every(faults)));
    check(
        "two faults, seven ports, two addresses",
        &both,
        HOST_FACTS,
        &[(CertificateExpired, SEVEN, &[]), (CertificateSelfSigned, SEVEN, &[])],
    );
    let mut renewed: Vec<Observation> =
        Service::ALL.iter().map(|&service| with_certificate("aa", 60, service)).collect();
    renewed[6] = with_certificate("bb", 89, Service::Imaps);
    let info = causes_of(&renewed, HOST_FACTS);
    assert_eq!(
        (info[0].id, info[0].severity, info[0].ports.as_slice()),
        (CertificatesDiffer, Severity::Info, &[993][..])
    );
    assert!(
        info[0].message.starts_with("Port 993 shows another certificate than ports 25, 465"),
        "{}",
        info[0].message
    );
    assert!(info[0].hint.as_deref().is_some_and(|hint| hint.contains("reload")), "{:?}", info[0].hint);
    assert_eq!(causes_of(&every(healthy), HOST_FACTS), [], "one certificate");
    let mut stale = every(healthy);
    stale[6] = faulty(Service::Imaps, &[CertificateFault::Expired]);
    for attempt in &mut stale[6].attempts {
        let facts = attempt.tls.as_mut().and_then(|tls| tls.certificate.as_mut()).expect("a certificate");
        "old".clone_into(&mut facts.sha256);
    }
    let advice = "the one of ports 25, 465, 587, 110, 995 and 143 is valid until";
    check(
        "expired on one port only",
        &stale,
        HOST_FACTS,
        &[(CertificateExpired, &[993], &[advice, "Make port 993 show"])],
    );
}

#[test]
fn what_a_login_back_end_does_is_told_as_that() {
    use FindingId::{ConnectionClosed, LoginBackendHangs, NoGreeting};
    let waiting = |service| {
        let mut observation = greeted(silent(service), "* OK Waiting for authentication process to respond..");
        observation.attempts[0].stop =
            stopped(Stage::Capabilities, crate::observation::StopCause::TimedOut(crate::observation::Limit::Stage));
        observation
    };
    let hangs = vec![waiting(Service::Imap), waiting(Service::Imaps), silent(Service::Pop3), healthy(Service::Smtp)];
    check("hangs", &hangs, HOST_FACTS, &[(LoginBackendHangs, &[110, 143, 993], &["login", "Port 110 is mute"])]);
    check("no word of it", &[silent(Service::Pop3)], HOST_FACTS, &[(NoGreeting, &[110], &["!login"])]);
    let down = [closed_inside_tls(Service::Submissions), closed_inside_tls(Service::Submission)];
    check("down", &down, HOST_FACTS, &[(ConnectionClosed, &[465, 587], &["login back end", "log"])]);
}

#[test]
fn no_upgrade_to_tls_is_told_once_with_what_has_tls() {
    use FindingId::{ConnectionRefused, StarttlsNotOffered};
    let plain = &[25, 587, 110, 143];
    check(
        "TLS from the start works",
        &split(plain, no_tls, healthy),
        HOST_FACTS,
        &[(StarttlsNotOffered, plain, &["STARTTLS and STLS", "ports 465, 995 and 993 work"])],
    );
    check(
        "TLS is off",
        &split(plain, no_tls, refused),
        HOST_FACTS,
        &[(StarttlsNotOffered, plain, &["Enable TLS", "!465", "!993"]), (ConnectionRefused, &[465, 995, 993], &[])],
    );
}

#[test]
fn names_and_networks_are_told_once() {
    use FindingId::{DnsFailed, DnsNoSuchName, NoNetwork};
    use LookupFailureKind::{Failed, NoSuchName};
    let named = |kind| vec![unfound(kind, Source::Default, HOST); 7];
    check("no such name", &named(NoSuchName), HOST_FACTS, &[(DnsNoSuchName, &[25], &["does not exist", "spelling"])]);
    check("no answer", &named(Failed), HOST_FACTS, &[(DnsFailed, &[25], &["name servers"])]);
    check(
        "no network",
        &named(LookupFailureKind::NoNetwork),
        HOST_FACTS,
        &[(NoNetwork, &[25], &["no network", "Wi-Fi", "!this machine's name servers"])],
    );
}

#[test]
fn a_domain_is_told_by_its_records() {
    use FindingId::{ConnectionRefused, DnsNoSuchName, MailHostElsewhere};
    let gone = unfound(LookupFailureKind::NoSuchName, Source::Mx, "gone.example.org");
    check(
        "MX to nowhere",
        &[gone],
        DOMAIN_FACTS,
        &[(
            DnsNoSuchName,
            &[25],
            &["MX record of example.org names gone.example.org", "Correct the MX record", "!spelling"],
        )],
    );
    let web = by_mx(on("www.example.org", refused(Service::Smtp)));
    check(
        "MX to a web host",
        &[web],
        DOMAIN_FACTS,
        &[(ConnectionRefused, &[25], &["www.example.org", "MX record of example.org names the right host"])],
    );
    let mail_hosts = [Host::Name("mx.example.net".to_owned())];
    let elsewhere = TargetFacts { mail_hosts: &mail_hosts, ..HOST_FACTS };
    check(
        "a domain typed as a host",
        &every(dropped),
        elsewhere,
        &[
            (MailHostElsewhere, SEVEN, &["mx.example.net", "mailprobe @mail.example.org"]),
            (FindingId::NothingAnswers, SEVEN, &[]),
        ],
    );
}

#[test]
fn a_record_that_leads_into_a_private_network_explains_the_failure_there() {
    use FindingId::{ConnectionRefused, ServerAtPrivateAddress};
    let resolution = |host: &str| Resolution {
        host: host.to_owned(),
        addresses: vec![ADDRESS.parse().unwrap()],
        via: Via::Dns,
        name_server: None,
        found_as: None,
        dns_failure: None,
        ipv4: Some(Ok(())),
        ipv6: None,
        duration: Duration::ZERO,
    };
    let host = "mx.firm.zz";
    let refused = by_mx(on(host, refused(Service::Smtp)));
    let led = led_elsewhere(&[resolution(host)], &[&refused.endpoint], Some("firm.zz"));
    let facts = TargetFacts { elsewhere: &led, ..DOMAIN_FACTS };
    check(
        "an MX at an address for documentation, and nothing there",
        std::slice::from_ref(&refused),
        facts,
        &[(ServerAtPrivateAddress, &[25], &["An MX record of firm.zz names mx.firm.zz", "no server on the Internet"])],
    );
    // The name that a person types may be meant for inside: what was found there stands.
    let typed = on(host, connect_failed(Service::Smtp, ConnectFailureKind::Refused));
    let led = led_elsewhere(&[resolution(host)], &[&typed.endpoint], None);
    check(
        "the same, typed",
        &[typed],
        TargetFacts { elsewhere: &led, ..HOST_FACTS },
        &[(ConnectionRefused, &[25], &[])],
    );
    // Names for documentation are at addresses for documentation, and the hosts file is this machine's own affair.
    let hosts_file = Resolution { via: Via::Hosts, ..resolution(host) };
    assert_eq!(led_elsewhere(&[resolution("mail.example.org"), hosts_file], &[&refused.endpoint], None), []);
}

#[test]
fn addresses_of_a_cause_are_those_it_covers() {
    let mut families = every(healthy);
    families.extend(also_at(V6, every(dropped)));
    let causes = causes_of(&families, HOST_FACTS);
    let v6: IpAddr = ip(V6);
    assert_eq!((causes[0].addresses.as_slice(), causes[0].hosts.len()), (&[v6][..], 1));
    assert_eq!(causes[0].endpoints, (7..14).collect::<Vec<_>>());
}
