//! With the system's real files and its real resolver, in namespaces of their own: there the name server on 127.0.0.1
//! port 53 is ours, and nothing leaves the machine.

#![cfg(target_os = "linux")]

use std::fs;
use std::process::Command;

use super::*;

/// Runs one of the ignored tests below where `/etc/resolv.conf` and `/etc/hosts` say this.
fn inside(test: &str, resolv_conf: &str, hosts: &str) {
    let directory = tempfile::tempdir().expect("a directory");
    let put = |name: &str, text: &str| {
        let path = directory.path().join(name);
        fs::write(&path, text).expect("a file");
        path
    };
    // An interface beside loopback, for a link-local name server; and the C library's `getent` wants one.
    let script = "ip link set lo up && ip link add d0 type veth peer name d1 && ip link set d0 up && ip link set d1 up && \
                  ip address add 10.9.9.1/24 dev d0 && ip address add fe80::53/64 dev d0 nodad && mount --bind \"$1\" /etc/resolv.conf && mount --bind \"$2\" /etc/hosts && \
                  mount --bind \"$3\" /etc/nsswitch.conf && shift 3 && exec \"$@\"";
    let allowed = Command::new("unshare").args(["-Urnm", "true"]).output();
    if !allowed.is_ok_and(|output| output.status.success()) {
        return mailprobe_lab::skips::skip(test, "the command unshare is missing or may not be used");
    }
    let output = Command::new("unshare")
        .args(["-Urnm", "sh", "-c", script, "sh"])
        .args([put("resolv.conf", resolv_conf), put("hosts", hosts), put("nsswitch.conf", "hosts: files dns\n")])
        .arg(std::env::current_exe().expect("this test's own path"))
        .args(["--ignored", "--exact", &format!("resolve::tests::in_namespaces::{test}")])
        .output()
        .expect("unshare");
    let report = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{report}{}", String::from_utf8_lossy(&output.stderr));
    assert!(report.contains("1 passed"), "{report}");
}

#[test]
fn every_configuration() {
    let one_try = "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n";
    let searching = "nameserver 127.0.0.1\nsearch corp.test\noptions timeout:1 attempts:1\n";
    let down = "nameserver 127.0.0.9\noptions timeout:1 attempts:1\n";
    std::thread::scope(|scope| {
        for (test, resolv_conf, hosts) in [
            ("working_configuration", searching, "192.0.2.77 listed.test\n"),
            ("every_reading_of_the_file_is_that_of_the_c_library", "", ""),
            ("a_name_of_the_hosts_file_exists", one_try, "127.0.0.1 four.test\n::1 six.test\n"),
            ("the_system_may_know_what_the_dns_does_not", one_try, ""),
            ("where_nobody_knows_it_is_told_what_the_dns_said", down, ""),
            ("a_resolver_that_hangs_does_not_keep_the_process_from_ending", "# nothing\n", ""),
        ] {
            scope.spawn(move || inside(test, resolv_conf, hosts));
        }
    });
}

fn system_server(zone: Zone) -> DnsServer {
    DnsServer::start_on("127.0.0.1:53".parse().expect("an address"), zone).expect("port 53")
}

#[tokio::test]
#[ignore = "run by every_configuration"]
async fn working_configuration() {
    let server = system_server(honest().a("mail.corp.test", [192, 0, 2, 6]));
    let resolver = Resolver::new(ResolverSettings::default());
    for (name, address, via) in [
        ("mail.test", "192.0.2.5", Via::Dns),
        ("mail", "192.0.2.6", Via::Dns),
        ("listed.test", "192.0.2.77", Via::Hosts),
    ] {
        let found = look_up(&resolver, name, V4).await;
        assert_eq!((found.addresses, found.via), (addresses(&[address]), via), "{name}");
    }
    // Not even the system's resolver, which is asked after the DNS, tries a search domain for the name of a record.
    let found = resolver.absolute_addresses(&"mail.sub".parse().expect("a host"), Families::BOTH).await;
    assert_eq!(failure(found.ipv4.as_ref()), (Kind::NoSuchName, "mail.sub does not exist"));
    assert_eq!(found.via, Via::Dns);
    assert!(server.questions().iter().all(|question| question.name != "mail.sub.corp.test"));
}

/// What the C library finds, by its own `getent`.
fn getent(name: &str) -> Vec<IpAddr> {
    let output = Command::new("getent").args(["ahosts", name]).output().expect("getent");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let first_words = text.lines().filter_map(|line| line.split_whitespace().next());
    let mut found: Vec<IpAddr> = first_words.map(|address| address.parse().expect("an address")).collect();
    found.sort_unstable();
    found.dedup();
    found
}

/// Each of the name servers gives another address, so that it shows who was asked.
#[tokio::test]
#[ignore = "run by every_configuration"]
async fn every_reading_of_the_file_is_that_of_the_c_library() {
    let zone = |number: u8| {
        let address = [192, 0, 2, number];
        let zone = Zone::new().a("mail.test", address).aaaa("mail.test", [0x2001, 0xdb8, 0, 0, 0, 0, 0, number.into()]);
        zone.a("mail.ns.corp.test", address).a("mail.corp.test", address)
    };
    let places =
        ["127.0.0.1:53", "127.0.0.2:53", "127.0.0.3:53", "127.0.0.4:53"].map(|place| place.parse().expect("a place"));
    let link = super::super::zone::scope_id("fe80::53".parse().expect("an address"), "d0").expect("the interface");
    let link_local = std::net::SocketAddrV6::new("fe80::53".parse().expect("an address"), 53, 0, link);
    let _servers: Vec<DnsServer> = places
        .into_iter()
        .chain([link_local.into()])
        .zip(1..)
        .map(|(place, number)| DnsServer::start_on(place, zone(number)).expect("port 53"))
        .collect();
    let fast = "options timeout:1 attempts:1\n";
    let long = format!("nameserver 127.0.0.2\nsearch {:064}.test corp.test\n", 0);
    for text in [
        "",
        "search corp.test\n",
        "nameserver 127.0.0.2\n",
        "nameserver\t127.0.0.2\t# a comment\n",
        "nameserver 127.0.0.2",
        "nameserver fe80::53%d0\n",
        &format!("nameserver fe80::53%{link}\n"),
        "\u{feff}nameserver 127.0.0.2\nnameserver 127.0.0.3\n",
        "\u{feff}nameserver 127.0.0.2\n",
        " nameserver 127.0.0.2\n",
        "Nameserver 127.0.0.2\n",
        "nameserver 127.0.0.2\r\nnameserver 127.0.0.3\n",
        "nameserver 127.0.0.2\r\nsearch corp.test\r\n",
        "nameserver 127.2\n",
        "nameserver 0x7f000002\n",
        "nameserver 0177.0.0.2\n",
        "nameserver 127.0.0.2:53\n",
        "nameserver resolver.test\nnameserver 127.0.0.2\n",
        "nameserver 127.0.0.9\nnameserver 127.0.0.9\nnameserver 127.0.0.2\nnameserver 127.0.0.3\n",
        "nameserver 127.0.0.9\nnameserver 127.0.0.9\nnameserver 127.0.0.9\nnameserver 127.0.0.3\n",
        "nameserver 127.0.0.2\nsearch a..b corp.test\n",
        "nameserver 127.0.0.2\nsearch corp.test a..b\n",
        &long,
        "nameserver 127.0.0.2\nsearch other.test\ndomain corp.test\n",
        "nameserver 127.0.0.2\ndomain corp.test\nsearch other.test\n",
        "nameserver 127.0.0.2\nsearch corp.test\nsearch\n",
        "nameserver 127.0.0.2\nsearch .\n",
        "nameserver 127.0.0.2\nsearch corp.test\noptions ndots:5\n",
        "nameserver 127.0.0.2\nsearch corp.test\noptions ndots:0\n",
        "nameserver 127.0.0.2\noptions no-aaaa\n",
        "nameserver 127.0.0.2\noptions use-vc unheard-of edns0\n",
    ] {
        // Not the last line, which may lack its end; a byte order mark must stay the first.
        let text = if text.ends_with('\n') { format!("{text}{fast}") } else { text.to_owned() };
        fs::write("/etc/resolv.conf", &text).expect("the file of this namespace");
        let resolver = Resolver::new(ResolverSettings::default());
        for name in ["mail.test", "mail", "mail.ns", "nowhere.test"] {
            let found = look_up(&resolver, name, Families::BOTH).await;
            let mut sorted = found.addresses.clone();
            sorted.sort_unstable();
            assert_eq!(sorted, getent(name), "{name} with {text:?}: {found:?}");
            assert_eq!(found.via, Via::Dns, "{name} with {text:?}: {found:?}");
        }
    }
    // No file at all.
    assert!(Command::new("umount").arg("/etc/resolv.conf").status().expect("umount").success());
    let script = "mount -t tmpfs none /etc";
    assert!(Command::new("sh").args(["-c", script]).status().expect("mount").success());
    let found = look_up(&Resolver::new(ResolverSettings::default()), "mail.test", V4).await;
    assert_eq!((found.addresses, found.via), (addresses(&["192.0.2.1"]), Via::Dns));
}

#[tokio::test]
#[ignore = "run by every_configuration"]
async fn a_name_of_the_hosts_file_exists() {
    let _server = system_server(honest());
    let resolver = Resolver::new(ResolverSettings::default());
    let v6 = look_up(&resolver, "four.test", Families { v4: false, v6: true }).await;
    assert_eq!(failure(v6.ipv6.as_ref()), (Kind::NoAddress, "the hosts file gives no IPv6 address"));
    let v4 = look_up(&resolver, "six.test", V4).await;
    assert_eq!(failure(v4.ipv4.as_ref()), (Kind::NoAddress, "the hosts file gives no IPv4 address"));
}

/// The server refuses as often as the DNS client asks, and then not the C library.
#[tokio::test]
#[ignore = "run by every_configuration"]
async fn the_system_may_know_what_the_dns_does_not() {
    let _server = system_server(honest().behave("mail.test", Behaviour::RefuseFirst(2)));
    let found = look_up(&Resolver::new(ResolverSettings::default()), "mail.test", V4).await;
    assert_eq!((found.addresses, found.via), (addresses(&["192.0.2.5"]), Via::System));
    assert_eq!(found.ipv4, Some(Ok(())));
}

#[tokio::test]
#[ignore = "run by every_configuration"]
async fn where_nobody_knows_it_is_told_what_the_dns_said() {
    let resolver = Resolver::new(ResolverSettings {
        dns_server: None,
        lookup_timeout: Duration::from_secs(5),
        ..ResolverSettings::default()
    });
    let found = look_up(&resolver, "mail.test", Families::BOTH).await;
    let (kind, message) = failure(found.ipv4.as_ref());
    assert_eq!(kind, Kind::Unreachable, "{message}");
    assert!(message.contains("127.0.0.9:53"), "{message}");
    // Without a network there still is this machine.
    let found = look_up(&resolver, "localhost", Families::BOTH).await;
    assert_eq!(found.addresses, addresses(&["127.0.0.1", "::1"]));
}

/// The C library asks 127.0.0.1, which is silent, twice for five seconds. The test's process must end long before.
#[test]
#[ignore = "run by every_configuration"]
fn a_resolver_that_hangs_does_not_keep_the_process_from_ending() {
    let _server = system_server(Zone::new().behave("mail.test", Behaviour::Silence));
    let start = Instant::now();
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let found = runtime.block_on(async {
        let resolver =
            Resolver::new(ResolverSettings { dns_server: None, lookup_timeout: SHORT, ..ResolverSettings::default() });
        look_up(&resolver, "mail.test", V4).await
    });
    drop(runtime);
    assert_eq!(failure(found.ipv4.as_ref()).0, Kind::TimedOut);
    assert!(start.elapsed() < Duration::from_secs(9), "{:?}", start.elapsed());
}
