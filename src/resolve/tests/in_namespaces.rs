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
    let script = "ip link set lo up && mount --bind \"$1\" /etc/resolv.conf && mount --bind \"$2\" /etc/hosts && \
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
            // The C library then asks 127.0.0.1.
            ("without_a_configuration_the_system_is_asked", "# nothing\n", ""),
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
    // Not even the system's resolver, which is asked after the DNS, tries a search domain for a name with a dot.
    let found = look_up(&resolver, "mail.sub", Families::BOTH).await;
    assert_eq!(failure(found.ipv4.as_ref()), (Kind::NoSuchName, "mail.sub does not exist"));
    assert_eq!(found.via, Via::Dns);
    assert!(server.questions().iter().all(|question| question.name != "mail.sub.corp.test"));
}

#[tokio::test]
#[ignore = "run by every_configuration"]
async fn without_a_configuration_the_system_is_asked() {
    let _server = system_server(honest());
    let resolver = Resolver::new(ResolverSettings::default());
    let found = look_up(&resolver, "mail.test", Families::BOTH).await;
    assert_eq!((found.addresses, found.via), (addresses(&["192.0.2.5", "2001:db8::5"]), Via::System));
    assert_eq!((found.ipv4, found.ipv6), (Some(Ok(())), Some(Ok(()))));
    let found = look_up(&resolver, "nowhere.test", V4).await;
    assert_eq!(failure(found.ipv4.as_ref()).0, Kind::NoSuchName);
    assert_eq!(found.via, Via::System);
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
    let resolver = Resolver::new(ResolverSettings { dns_server: None, lookup_timeout: Duration::from_secs(5) });
    let found = look_up(&resolver, "mail.test", Families::BOTH).await;
    let (kind, message) = failure(found.ipv4.as_ref());
    assert_eq!(kind, Kind::Failed, "{message}");
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
        let resolver = Resolver::new(ResolverSettings { dns_server: None, lookup_timeout: SHORT });
        look_up(&resolver, "mail.test", V4).await
    });
    drop(runtime);
    assert_eq!(failure(found.ipv4.as_ref()).0, Kind::TimedOut);
    assert!(start.elapsed() < Duration::from_secs(9), "{:?}", start.elapsed());
}
