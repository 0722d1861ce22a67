//! What this machine itself does is said to be its own: its routing rules, its firewall, its VPN client.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::netns::{lack, need};
use crate::suite::cases;
use crate::world::{MAIL, SEVEN, V4, World, zone};

cases!(here: network {
    a_vpn_client_takes_every_connection,
    a_routing_rule_for_one_port,
    a_blackhole_route,
    a_firewall_of_its_own_where_addresses_are_not_listed,
} loopback {});

/// What would send people to the wrong place.
const ELSEWHERE: [&str; 4] =
    [r"no route to", r"check this machine.s network connection", r"ask whoever runs", r"the server.s log"];

fn a_routing_rule_for_one_port(test: &'static str) {
    let mut world = World::new(test, zone()).serve(&[V4], &SEVEN);
    for kind in ["unreachable", "blackhole", "prohibit"] {
        world = world.here(&format!("ip rule add ipproto tcp dport 25 {kind} pref 10"));
        world
            .ask(&format!("--ports 25,587 {MAIL}"))
            .tell()
            .state(25, "administratively-prohibited")
            .state(587, "ok")
            .finding(25, "rejected-by-this-machine")
            .says("rule on this machine")
            .says(kind)
            .hint("ip rule list")
            .hint(r"ip route get 10\.7\.2\.2 ipproto tcp dport 25")
            .never_any(ELSEWHERE)
            .judged();
        world = world.here("ip rule del pref 10");
    }
}

fn a_blackhole_route(test: &'static str) {
    let world = World::new(test, zone()).serve(&[V4], &SEVEN).here(&format!("ip route add blackhole {V4}"));
    world
        .ask(MAIL)
        .tell()
        .all_at(V4, "network-unreachable")
        .code(7)
        .errors(1)
        .says("blackhole` route on this machine")
        .hint(r"ip route get 10\.7\.2\.2`")
        .never_any(ELSEWHERE)
        .judged();
}

/// Services are often denied netlink sockets, by which a process learns this machine's addresses.
fn a_firewall_of_its_own_where_addresses_are_not_listed(test: &'static str) {
    need("cc");
    let world = World::new(test, zone()).serve(&[V4], &SEVEN).here(
        "nft 'table inet own { chain c { type filter hook output priority 0; \
         tcp dport 25 reject with icmpx admin-prohibited; }; }'",
    );
    let folder = tempfile::tempdir().expect("a folder");
    let unlisted = without_the_list_of_addresses(folder.path());
    for run in [world.ask(&format!("{MAIL}:25")), world.ask(&format!("{MAIL}:25")).env("LD_PRELOAD", &unlisted)] {
        run.tell()
            .state(25, "administratively-prohibited")
            .finding(25, "rejected-by-this-machine")
            .says("this machine")
            .never_any(ELSEWHERE)
            .judged();
    }
}

/// A library that keeps the addresses from the program that it is loaded into.
fn without_the_list_of_addresses(folder: &Path) -> String {
    let source = folder.join("unlisted.c");
    let library = folder.join("unlisted.so");
    let code = "#include <errno.h>\nint getifaddrs(void **all) { (void)all; errno = EPERM; return -1; }\n";
    std::fs::write(&source, code).expect("a file");
    let built = Command::new("cc").args(["-shared", "-fPIC", "-o"]).args([&library, &source]).status();
    assert!(built.is_ok_and(|status| status.success()), "cc builds it");
    library.display().to_string()
}

/// It accepts what it cannot deliver, and hangs up.
fn a_vpn_client_takes_every_connection(test: &'static str) {
    need("python3");
    if let Err(error) = File::options().read(true).write(true).open("/dev/net/tun") {
        lack(&format!("/dev/net/tun: {error}"));
    }
    let world = World::new(test, zone()).serve(&[V4], &SEVEN);
    let vpn = Vpn::start("tun9");
    // A network of the tunnel's own, and one that is merely reached over a router.
    let world = world.here("ip route add 10.9.0.0/16 dev tun9");
    for line in ["10.9.0.25", "--trace=always 10.9.0.25:25"] {
        world
            .ask(line)
            .tell()
            .state(25, "intercepted")
            .code(15)
            .errors(1)
            .finding(25, "intercepted")
            .says("VPN or proxy on this machine answers in the server's place")
            .says("tun9")
            .hint("turn off the VPN")
            .never_any(ELSEWHERE)
            .never("rejecting this address|may not want")
            .judged();
    }
    world.ask(MAIL).tell().all_at(V4, "ok").never("VPN").judged();
    drop(vpn);
}

/// A VPN client in this network, until it is dropped.
struct Vpn(Child);

impl Vpn {
    fn start(device: &str) -> Self {
        let script: PathBuf = [env!("CARGO_MANIFEST_DIR"), "tests", "told", "tun.py"].iter().collect();
        let mut child =
            Command::new("python3").arg(script).arg(device).stdout(Stdio::piped()).spawn().expect("python3 starts");
        let stdout = child.stdout.take().expect("stdout is piped");
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line).expect("it says something");
        assert_eq!(line.trim(), "ready");
        Self(child)
    }
}

impl Drop for Vpn {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
