//! What mailprobe's speed is measured with works: see `scripts/measure` and docs/performance.md.

#![cfg(all(feature = "cli", target_os = "linux"))]

mod netns;

use std::fs::File;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream};
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use mailprobe_lab::skips;

use mailprobe::{Checker, State};
use mailprobe_lab::client::Target;
use mailprobe_lab::client::bare::Bare;
use mailprobe_lab::client::floor::Floor;
use mailprobe_lab::dns::{Zone, crowd};
use mailprobe_lab::link::{FAR, Link, LinkManner};
use mailprobe_lab::responder::Responder;
use netns::{Network, in_own_network};
use tokio::runtime::Runtime;

/// Scheme and role of each port of a mail host.
const SEVEN: [(&str, u16, &str); 7] = [
    ("smtp", 25, "smtp:starttls"),
    ("submissions", 465, "smtp:implicit"),
    ("submission", 587, "smtp:starttls"),
    ("pop3", 110, "pop3:starttls"),
    ("pop3s", 995, "pop3:implicit"),
    ("imap", 143, "imap:starttls"),
    ("imaps", 993, "imap:implicit"),
];

/// Listens on loopback, at ports that the system chooses, and gives a URL for each.
fn seven(ca_file: &Path) -> (Responder, Vec<String>) {
    std::fs::write(ca_file, Responder::ca_pem()).expect("the file");
    let mut responder = Responder::new(1).expect("a runtime");
    let urls = SEVEN.map(|(scheme, _, role)| {
        let address = responder.listen(role.parse().expect("a role"), SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
        format!("{scheme}://{}", address.expect("a free port"))
    });
    (responder, urls.to_vec())
}

#[test]
fn the_responder_passes_a_check_with_one_connection_to_each_port() {
    let directory = tempfile::tempdir().expect("a directory");
    let ca_file = directory.path().join("ca.pem");
    let (responder, urls) = seven(&ca_file);
    let checker = Checker::builder().ca_file(ca_file).build().expect("a CA file");
    let targets = urls.iter().map(|url| url.parse::<mailprobe::Target>().expect("a target"));
    let run = Runtime::new().expect("a runtime").block_on(checker.check(targets));
    let states: Vec<State> =
        run.targets.iter().flat_map(|target| &target.endpoints).map(|endpoint| endpoint.diagnosis.state).collect();
    assert_eq!(states, [State::Ok; 7]);
    assert!(responder.accepted().iter().all(|(_, count)| *count == 1), "{:?}", responder.accepted());
}

#[test]
fn the_bare_client_holds_the_same_dialogues() {
    let directory = tempfile::tempdir().expect("a directory");
    let (responder, urls) = seven(&directory.path().join("ca.pem"));
    let targets: Vec<Target> = urls.iter().map(|url| url.parse().expect("a target")).collect();
    let bare = Bare::new(None, None).expect("good settings");
    let outcome = Runtime::new().expect("a runtime").block_on(bare.run(targets.into_iter(), 3));
    assert_eq!((outcome.good, outcome.error), (7, None));
    assert!(responder.accepted().iter().all(|(_, count)| *count == 1), "{:?}", responder.accepted());
}

#[test]
fn the_floor_asks_for_the_name_and_checks_seven_ports() {
    in_own_network("the_floor_asks_for_the_name_and_checks_seven_ports", || {
        Network::new("the_floor_asks_for_the_name_and_checks_seven_ports", &[]);
        let directory = tempfile::tempdir().expect("a directory");
        let ca_file = directory.path().join("ca.pem");
        std::fs::write(&ca_file, Responder::ca_pem()).expect("the file");
        let mut responder = Responder::new(1).expect("a runtime");
        for (_, port, role) in SEVEN {
            let address = SocketAddr::from((Ipv4Addr::UNSPECIFIED, port));
            responder.listen(role.parse().expect("a role"), address).expect("a free port");
        }
        let dns = crowd::serve((Ipv4Addr::LOCALHOST, 0).into(), &Zone::new(), 1).expect("a free port");
        let floor = Floor::new(&ca_file, true).expect("good settings");
        let checked = Runtime::new().expect("a runtime").block_on(floor.check("t7.lab.example", Some(dns)));
        assert_eq!(checked.expect("a good host"), 7);
    });
}

#[test]
fn the_link_takes_its_time_in_each_direction() {
    const DELAY: Duration = Duration::from_millis(60);
    const TEST: &str = "the_link_takes_its_time_in_each_direction";
    if let Err(error) = File::options().read(true).write(true).open("/dev/net/tun") {
        return skips::skip(TEST, &format!("/dev/net/tun: {error}"));
    }
    in_own_network(TEST, || {
        let mut network = Network::new(TEST, &["far"]);
        let _link =
            Link::start(LinkManner { delay: DELAY, ..LinkManner::default() }, network.process("far")).expect("a link");
        network.listen("far", &[25]);
        for far in FAR {
            let far: IpAddr = far.parse().expect("an address");
            let began = Instant::now();
            TcpStream::connect((far, 25)).expect("a connection");
            let took = began.elapsed();
            assert!(took >= DELAY * 2 && took < DELAY * 20, "{far}: {took:?}");
        }
    });
}

/// What a network of mail does to packets in bad weather, made to measure: a connection still comes about over it, later.
#[test]
fn the_link_loses_what_it_is_told_to_lose() {
    const TEST: &str = "the_link_loses_what_it_is_told_to_lose";
    if let Err(error) = File::options().read(true).write(true).open("/dev/net/tun") {
        return skips::skip(TEST, &format!("/dev/net/tun: {error}"));
    }
    in_own_network(TEST, || {
        let mut network = Network::new(TEST, &["far"]);
        let manner = LinkManner { delay: Duration::from_millis(1), loss: 0.3, reorder: 0.1, seed: 7 };
        let _link = Link::start(manner, network.process("far")).expect("a link");
        network.listen("far", &[25]);
        // A lost request for a connection is sent again after a second, which nothing else here takes.
        let repeated = thread::scope(|scope| {
            let connect = || {
                let began = Instant::now();
                TcpStream::connect((FAR[0], 25)).expect("a connection, in the end");
                began.elapsed() > Duration::from_millis(900)
            };
            let connections: Vec<_> = (0..60).map(|_| scope.spawn(connect)).collect();
            connections.into_iter().map(|each| each.join().expect("a thread")).filter(|&repeated| repeated).count()
        });
        // Lost in either direction: about every second one.
        assert!((10..=50).contains(&repeated), "{repeated} of 60");
    });
}

#[test]
fn the_script_measures() {
    in_own_network("the_script_measures", || {
        let output = Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/measure"))
            .args(["--quick", "startup"])
            .env("MAILPROBE", env!("CARGO_BIN_EXE_mailprobe"))
            // This section needs no servers.
            .env("MAILPROBE_LAB", "/bin/false")
            .output()
            .expect("the script starts");
        let shown = String::from_utf8_lossy(&output.stdout);
        assert!(shown.contains("CPU beyond /bin/true"), "{output:?}");
    });
}
