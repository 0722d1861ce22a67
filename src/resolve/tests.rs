//! What a lookup tells, against a name server that misbehaves on purpose.

mod dnssec;
mod in_namespaces;
mod records;

use std::net::{IpAddr, SocketAddr};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use mailprobe_lab::dns::{Behaviour, DnsServer, RecordType, Transport, Zone};

use super::dns::Dns;
use super::hosts::HostsFile;
use super::search::{SearchList, absolute};
use super::*;
use crate::observation::{FamilyLookup, LookupFailureKind as Kind, Resolution, Via};

/// Long enough for every honest answer on a loaded machine.
const GENEROUS: Duration = Duration::from_secs(20);

/// Short enough to wait for.
const SHORT: Duration = Duration::from_secs(2);

const V4: Families = Families { v4: true, v6: false };

/// A zone in which `mail.test` has an address of each family.
fn honest() -> Zone {
    Zone::new().a("mail.test", [192, 0, 2, 5]).aaaa("mail.test", [0x2001, 0xdb8, 0, 0, 0, 0, 0, 5])
}

fn server(zone: Zone) -> DnsServer {
    DnsServer::start(zone).expect("a name server")
}

/// A resolver that asks this server and nobody else.
fn exclusive(server: &DnsServer, lookup_timeout: Duration) -> Resolver {
    Resolver::new(ResolverSettings {
        dns_server: Some(server.address()),
        lookup_timeout,
        ..ResolverSettings::default()
    })
}

async fn look_up(resolver: &Resolver, name: &str, families: Families) -> Resolution {
    resolver.addresses(&name.parse().expect("a host"), families).await
}

async fn ask(server: &DnsServer, name: &str, lookup_timeout: Duration) -> Resolution {
    look_up(&exclusive(server, lookup_timeout), name, Families::BOTH).await
}

fn addresses(texts: &[&str]) -> Vec<IpAddr> {
    texts.iter().map(|text| text.parse().expect("an address")).collect()
}

/// Kind and message of a family's failure.
fn failure(lookup: Option<&FamilyLookup>) -> (Kind, &str) {
    match lookup {
        Some(Err(failure)) => (failure.kind, &failure.message),
        other => panic!("not a failure: {other:?}"),
    }
}

#[tokio::test]
async fn both_families_ipv4_first() {
    let server = server(honest().aaaa("mail.test", [0x2001, 0xdb8, 0, 0, 0, 0, 0, 6]).a("mail.test", [192, 0, 2, 5]));
    let found = ask(&server, "Mail.Test.", GENEROUS).await;
    assert_eq!(found.addresses, addresses(&["192.0.2.5", "2001:db8::5", "2001:db8::6"]));
    assert_eq!((found.host.as_str(), found.via), ("mail.test", Via::Dns));
    assert_eq!((found.ipv4, found.ipv6), (Some(Ok(())), Some(Ok(()))));
}

#[tokio::test]
async fn a_family_that_is_not_wanted_is_not_asked_for() {
    let server = server(honest());
    let found = look_up(&exclusive(&server, GENEROUS), "mail.test", V4).await;
    assert_eq!(found.addresses, addresses(&["192.0.2.5"]));
    assert_eq!(found.ipv6, None);
    assert!(server.questions().iter().all(|question| question.record_type == RecordType::A));
}

#[tokio::test]
async fn an_international_name_is_asked_for_in_its_ascii_form() {
    let server = server(Zone::new().a("xn--bcher-kva.test", [192, 0, 2, 5]));
    assert_eq!(ask(&server, "Bücher.test", GENEROUS).await.addresses, addresses(&["192.0.2.5"]));
}

#[tokio::test]
async fn one_family_may_fail_while_the_other_answers() {
    for (behaviour, kind, words) in [
        (Behaviour::NoData, Kind::NoAddress, "mail.test has no AAAA record"),
        (Behaviour::ServFail, Kind::Failed, "answered SERVFAIL"),
        (Behaviour::Refused, Kind::Failed, "answered REFUSED"),
        (Behaviour::Malformed, Kind::Failed, "sent a malformed answer"),
        (Behaviour::Referral, Kind::Failed, "only refers to other name servers"),
        (Behaviour::TruncateAlways, Kind::Failed, "truncated its answer"),
        (Behaviour::Silence, Kind::TimedOut, "no answer from the name server"),
        (Behaviour::WrongId, Kind::TimedOut, "no answer from the name server"),
    ] {
        let server = server(honest().behave_for("mail.test", RecordType::AAAA, behaviour));
        let limit = if kind == Kind::TimedOut { SHORT } else { GENEROUS };
        let found = ask(&server, "mail.test", limit).await;
        assert_eq!(found.addresses, addresses(&["192.0.2.5"]), "{behaviour:?}");
        assert_eq!(found.ipv4, Some(Ok(())), "{behaviour:?}");
        let (found_kind, message) = failure(found.ipv6.as_ref());
        assert_eq!(found_kind, kind, "{behaviour:?}: {message}");
        assert!(message.contains(words), "{behaviour:?}: {message}");
        let names_server = message.contains(&server.address().to_string());
        assert!(names_server || kind == Kind::NoAddress, "{message}");
    }
}

#[tokio::test]
async fn ipv4_may_fail_while_ipv6_answers() {
    let server = server(honest().behave_for("mail.test", RecordType::A, Behaviour::ServFail));
    let found = ask(&server, "mail.test", GENEROUS).await;
    assert_eq!(found.addresses, addresses(&["2001:db8::5"]));
    assert_eq!(failure(found.ipv4.as_ref()).0, Kind::Failed);
    assert_eq!(found.ipv6, Some(Ok(())));
}

#[tokio::test]
async fn a_name_may_not_exist_or_have_no_addresses() {
    let server = server(Zone::new().mx("mail.test", 10, "mx.test"));
    for (name, kind, ipv4, ipv6) in [
        ("nowhere.test", Kind::NoSuchName, "nowhere.test does not exist", "nowhere.test does not exist"),
        ("mail.test", Kind::NoAddress, "mail.test has no A record", "mail.test has no AAAA record"),
    ] {
        let found = ask(&server, name, GENEROUS).await;
        assert_eq!(found.addresses, addresses(&[]));
        assert_eq!(failure(found.ipv4.as_ref()), (kind, ipv4));
        assert_eq!(failure(found.ipv6.as_ref()), (kind, ipv6));
    }
}

#[tokio::test]
async fn a_silent_server_costs_no_more_than_the_limit() {
    let server = server(Zone::new().behave("mail.test", Behaviour::Silence));
    let found = ask(&server, "mail.test", SHORT).await;
    for family in [found.ipv4.as_ref(), found.ipv6.as_ref()] {
        assert_eq!(failure(family).0, Kind::TimedOut);
    }
    assert!(found.duration >= SHORT && found.duration < SHORT * 10, "{:?}", found.duration);
}

#[tokio::test]
async fn a_server_that_is_down_is_a_failure_and_no_timeout() {
    let address = server(Zone::new()).address();
    let resolver = Resolver::new(ResolverSettings {
        dns_server: Some(address),
        lookup_timeout: GENEROUS,
        ..ResolverSettings::default()
    });
    let found = look_up(&resolver, "mail.test", Families::BOTH).await;
    let (kind, message) = failure(found.ipv4.as_ref());
    assert_eq!(kind, Kind::Unreachable, "{message}");
    assert!(message.contains("cannot be reached") && message.contains(&address.to_string()), "{message}");
}

#[tokio::test]
async fn lost_packets_are_sent_again_late_answers_count_and_truncated_ones_are_fetched_over_tcp() {
    let late = Behaviour::Delay(Duration::from_millis(1200));
    for (behaviour, over_tcp) in [(Behaviour::Lose(1), false), (late, false), (Behaviour::Truncate, true)] {
        let server = server(honest().behave("mail.test", behaviour));
        let found = ask(&server, "mail.test", GENEROUS).await;
        assert_eq!(found.addresses, addresses(&["192.0.2.5", "2001:db8::5"]), "{behaviour:?}");
        assert_eq!(server.questions().iter().any(|question| question.transport == Transport::Tcp), over_tcp);
    }
}

#[tokio::test]
async fn a_huge_answer_is_bounded() {
    let server = server(Zone::new().crowd("mail.test", 2000));
    let found = look_up(&exclusive(&server, GENEROUS), "mail.test", V4).await;
    assert_eq!(found.addresses.len(), MAX_ADDRESSES, "{found:?}");
    assert_eq!(found.addresses[0], IpAddr::from([10, 0, 0, 0]));
}

#[tokio::test]
async fn aliases_are_followed() {
    let zone =
        honest().cname("www.test", "alias.test").cname("alias.test", "mail.test").cname("dead.test", "gone.test");
    for zone in [zone.clone(), zone.first_alias_only()] {
        let server = server(zone);
        let found = ask(&server, "www.test", GENEROUS).await;
        assert_eq!(found.addresses, addresses(&["192.0.2.5", "2001:db8::5"]));
        let found = ask(&server, "dead.test", GENEROUS).await;
        let words = "dead.test is an alias for gone.test, which does not exist";
        assert_eq!(failure(found.ipv4.as_ref()), (Kind::NoSuchName, words));
    }
}

#[tokio::test]
async fn aliases_in_a_circle_end() {
    let zone = Zone::new().cname("a.test", "b.test").cname("b.test", "a.test").cname("self.test", "self.test");
    for zone in [zone.clone(), zone.first_alias_only()] {
        let server = server(zone);
        for name in ["a.test", "self.test"] {
            let found = ask(&server, name, GENEROUS).await;
            assert_eq!(failure(found.ipv4.as_ref()).0, Kind::NoAddress);
        }
        assert!(server.questions().len() < 100, "{}", server.questions().len());
    }
}

#[tokio::test]
async fn localhost_needs_no_name_server() {
    let server = server(Zone::new());
    for name in ["localhost", "mail.localhost"] {
        let found = ask(&server, name, GENEROUS).await;
        assert_eq!(found.addresses, addresses(&["127.0.0.1", "::1"]));
        assert_eq!(found.via, Via::System);
    }
    assert_eq!(server.questions(), []);
}

#[tokio::test]
async fn an_address_needs_nobody() {
    let server = server(Zone::new());
    let found = ask(&server, "[2001:db8::25]", GENEROUS).await;
    assert_eq!((found.addresses, found.via), (addresses(&["2001:db8::25"]), Via::Literal));
    assert_eq!(found.ipv4, None, "nobody asked for the other family");
    let found = look_up(&exclusive(&server, GENEROUS), "2001:db8::25", V4).await;
    assert_eq!(failure(found.ipv4.as_ref()), (Kind::NoAddress, "the address itself gives no IPv4 address"));
    assert_eq!(found.addresses, addresses(&[]));
    assert_eq!(server.questions(), []);
}

/// A resolver whose system configuration is this.
fn configured(servers: &[SocketAddr], search: &[&str], hosts: &str, dns_server: Option<SocketAddr>) -> Resolver {
    let search = SearchList::new(search.iter().filter_map(|domain| absolute(domain)).collect(), 1);
    Resolver {
        settings: ResolverSettings { dns_server, lookup_timeout: GENEROUS, ..ResolverSettings::default() },
        hosts: OnceLock::from(HostsFile::from_bytes(hosts.as_bytes())),
        dns: OnceLock::from(Dns::with_servers(servers, search, GENEROUS)),
        validated: OnceLock::new(),
    }
}

#[tokio::test]
async fn the_hosts_file_comes_first_and_is_whole() {
    let server = server(honest());
    let hosts = "192.0.2.99 mail.test\n192.0.2.98 localhost\n";
    let resolver = configured(&[server.address()], &[], hosts, None);
    let found = look_up(&resolver, "mail.test", Families::BOTH).await;
    assert_eq!((found.addresses, found.via), (addresses(&["192.0.2.99"]), Via::Hosts));
    assert_eq!(failure(found.ipv6.as_ref()), (Kind::NoAddress, "the hosts file gives no IPv6 address"));
    assert_eq!(look_up(&resolver, "localhost", V4).await.addresses, addresses(&["192.0.2.98"]));
    assert_eq!(server.questions(), []);
    // It knows no IPv6 address: then the DNS is asked, as the C library does.
    let found = look_up(&resolver, "mail.test", Families { v4: false, v6: true }).await;
    assert_eq!((found.addresses, found.via), (addresses(&["2001:db8::5"]), Via::Dns));
}

#[tokio::test]
async fn a_named_server_is_asked_past_the_hosts_file() {
    let server = server(honest());
    let resolver = configured(&[server.address()], &[], "192.0.2.99 mail.test\n", Some(server.address()));
    let found = look_up(&resolver, "mail.test", V4).await;
    assert_eq!((found.addresses, found.via), (addresses(&["192.0.2.5"]), Via::Dns));
}

#[tokio::test]
async fn search_domains_are_for_what_a_person_typed() {
    let zone = Zone::new().a("mail.b.test", [192, 0, 2, 5]).behave("www.a.test", Behaviour::NoData);
    let server = server(zone);
    let resolver = configured(&[server.address()], &["a.test", "b.test"], "", Some(server.address()));
    let names = || server.questions().into_iter().map(|question| question.name).collect::<Vec<_>>();

    let found = look_up(&resolver, "mail", V4).await;
    assert_eq!((found.addresses, found.host.as_str()), (addresses(&["192.0.2.5"]), "mail"));
    assert_eq!(found.found_as.as_deref(), Some("mail.b.test"));
    assert_eq!(found.name_server, Some(server.address().to_string()));
    assert_eq!(names(), ["mail.a.test", "mail.b.test"]);

    // A name with a dot is what it says, and only then something in a search domain.
    let dotted = look_up(&resolver, "no.mail", V4).await;
    let words = "no.mail does not exist, and not in this machine's 2 search domains either";
    assert_eq!(failure(dotted.ipv4.as_ref()), (Kind::NoSuchName, words));
    assert_eq!(names()[2..], ["no.mail", "no.mail.a.test", "no.mail.b.test"]);
    let found = look_up(&resolver, "mail.b.test", V4).await;
    assert_eq!((found.found_as, names()[5..].to_vec()), (None, vec!["mail.b.test".to_owned()]));

    let single = look_up(&resolver, "www", V4).await;
    assert_eq!(failure(single.ipv4.as_ref()), (Kind::NoAddress, "www.a.test has no A record"));
    assert_eq!(names()[6..], ["www.a.test", "www.b.test", "www"]);

    // What a record names is absolute.
    let host = "mail".parse().expect("a host");
    let absolute = resolver.absolute_addresses(&host, V4).await;
    assert_eq!(failure(absolute.ipv4.as_ref()), (Kind::NoSuchName, "mail does not exist"));
    assert_eq!(names()[9..], ["mail"]);
}

#[tokio::test]
async fn the_next_server_is_asked_when_one_fails_or_is_silent() {
    for behaviour in [Behaviour::Silence, Behaviour::ServFail, Behaviour::Refused, Behaviour::Malformed] {
        let bad = server(Zone::new().behave("mail.test", behaviour));
        let good = server(honest());
        let resolver = configured(&[bad.address(), good.address()], &[], "", None);
        let found = look_up(&resolver, "mail.test", Families::BOTH).await;
        assert_eq!(found.addresses, addresses(&["192.0.2.5", "2001:db8::5"]), "{behaviour:?}");
        assert!(found.duration < GENEROUS, "{behaviour:?}");
    }
}

#[tokio::test]
async fn the_first_failure_is_the_one_that_is_told() {
    let [refusing, failing] =
        [Behaviour::Refused, Behaviour::ServFail].map(|behaviour| server(Zone::new().behave("mail.test", behaviour)));
    let servers = [refusing.address(), failing.address()];
    let resolver = configured(&servers, &[], "", Some(refusing.address()));
    let found = look_up(&resolver, "mail.test", V4).await;
    assert!(failure(found.ipv4.as_ref()).1.contains("REFUSED"), "{found:?}");
}
