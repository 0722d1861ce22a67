//! Mail hosts of three operators, two submission hosts and a name server that knows them, three routers away.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use mailprobe_lab::dns::{DnsServer, Zone};
use serde_json::Value;

use crate::netns::Network;
use crate::netns::chain::{chain, command, mailprobe};

/// The operators of the references, `one.test` and so on; the host of each is `mx.one.test`, at 10.5.0.1 and `fd05::1`.
pub(crate) const OPERATORS: [&str; 3] = ["one", "two", "three"];

/// Where Linux shows what the firmware says.
const DMI: &str = "/sys/class/dmi/id";

/// Everything around this machine.
pub(crate) struct World {
    pub(crate) network: Network,
    dns: DnsServer,
}

/// What a finished command left behind.
pub(crate) struct Outcome {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl World {
    /// The operators' hosts behave as `relay` says; `name` is what each greets with, `{}` standing for the operator.
    pub(crate) fn new(test: &'static str, relay: &str, name: &str) -> Self {
        let mut network = chain(test);
        network.run(ADDRESSES);
        network.listen("server", &[443]);
        network.serve("server", &[("smtp:implicit", 465), ("smtp:starttls", 587)]);
        for (number, operator) in (1..).zip(OPERATORS) {
            let name = name.replace("{}", operator);
            let at = |address: String| (relay, address, name.as_str());
            network.serve_as("server", &[at(format!("10.5.0.{number}:25")), at(format!("[fd05::{number}]:25"))]);
        }
        wait_for("10.5.0.1:25");
        wait_for("[fd05::1]:25");
        Self { network, dns: DnsServer::start(zone()).expect("a name server") }
    }

    /// `mailprobe blocked` with the references of this world, and quick.
    pub(crate) fn ask(&self, arguments: &[&str]) -> Outcome {
        let named: Vec<String> = OPERATORS.iter().map(|operator| format!("--reference={operator}.test")).collect();
        let mut all: Vec<&str> = named.iter().map(String::as_str).collect();
        all.extend(["--submission-host", "smtp.a.test", "--submission-host", "smtp.b.test"]);
        all.extend(arguments);
        self.run(&all)
    }

    /// [`World::ask`] with these variables in the environment.
    pub(crate) fn ask_with(&self, variables: &[(&str, &str)], arguments: &[&str]) -> Outcome {
        let dns = self.dns.address().to_string();
        let mut all = vec!["blocked", "--dns-server", &dns, "--connect-timeout", "2s", "-4"];
        all.extend(["--reference=one.test", "--reference=two.test", "--submission-host", "smtp.a.test"]);
        all.extend(arguments);
        let output = command(&all).envs(variables.iter().copied()).output().expect("unshare starts");
        outcome(&output)
    }

    /// Makes the firmware say this, to the programs that this test starts.
    pub(crate) fn firmware(&self, file: &str, text: &str) {
        self.network.run(&format!("mount -t tmpfs none /sys/class && mkdir -p {DMI} && echo '{text}' >{DMI}/{file}"));
    }

    /// `mailprobe blocked`, asking this world's name server.
    pub(crate) fn run(&self, arguments: &[&str]) -> Outcome {
        run_asking(&self.dns.address().to_string(), arguments)
    }

    /// Starts it with `--format json`, and asks it to stop after a while.
    pub(crate) fn interrupted(&self, after: Duration) -> Outcome {
        let dns = self.dns.address().to_string();
        let child = Command::new("unshare")
            .args(["--user", "--map-user=1000", "--", env!("CARGO_BIN_EXE_mailprobe")])
            .args(["blocked", "--dns-server", &dns, "--reference=one.test", "--reference=two.test", "--format", "json"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("unshare starts");
        std::thread::sleep(after);
        self.network.run(&format!("kill -INT {}", child.id()));
        outcome(&child.wait_with_output().expect("it ends"))
    }

    /// [`World::ask`] with `--format json`.
    pub(crate) fn report(&self, arguments: &[&str]) -> (i32, Value) {
        let outcome = self.ask(&[&["--format", "json"], arguments].concat());
        let document = serde_json::from_str(&outcome.stdout)
            .unwrap_or_else(|error| panic!("{error}: {:?}, {:?}", outcome.stdout, outcome.stderr));
        (outcome.code, document)
    }

    /// As [`World::report`], with the limits that the command has by itself.
    pub(crate) fn unlimited(&self, arguments: &[&str]) -> (i32, Value) {
        let named: Vec<String> = OPERATORS.iter().map(|operator| format!("--reference={operator}.test")).collect();
        let dns = self.dns.address().to_string();
        let mut all = vec!["blocked", "--format", "json", "--dns-server", &dns, "--submission-host", "smtp.a.test"];
        all.extend(named.iter().map(String::as_str).chain(arguments.iter().copied()));
        let outcome = outcome(&mailprobe(&all));
        (
            outcome.code,
            serde_json::from_str(&outcome.stdout).unwrap_or_else(|error| panic!("{error}: {}", outcome.stderr)),
        )
    }

    /// Puts rules into place of those before.
    pub(crate) fn rules(&self, rules: &[Rule]) {
        self.network.run("nft flush ruleset; for r in $r1 $r2 $r3 $server; do at $r nft flush ruleset; done");
        for (number, (place, hook, rule)) in rules.iter().enumerate() {
            let at = if *place == HERE { String::new() } else { format!("at ${place}") };
            self.network.run(&format!("{at} nft 'table inet t{number} {{\nchain c {{\ntype {hook}\n{rule}\n}}\n}}'"));
        }
    }
}

/// A rule of nftables: on which host, at which hook, and what it says.
pub(crate) type Rule = (&'static str, &'static str, &'static str);

/// This machine, in place of a host's name.
pub(crate) const HERE: &str = "here";
pub(crate) const INPUT: &str = "filter hook input priority 0";
pub(crate) const OUTPUT: &str = "filter hook output priority 0";
pub(crate) const FORWARD: &str = "filter hook forward priority 0";
pub(crate) const SOURCE_NAT: &str = "nat hook postrouting priority 100";
pub(crate) const DESTINATION_NAT: &str = "nat hook prerouting priority -100";

/// `mailprobe blocked`, asking the name server at this address.
pub(crate) fn run_asking(dns: &str, arguments: &[&str]) -> Outcome {
    let mut all = vec!["blocked", "--dns-server", dns, "--connect-timeout", "2s"];
    all.extend(arguments);
    let output = mailprobe(&all);
    outcome(&output)
}

fn outcome(output: &Output) -> Outcome {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("UTF-8");
    let code = output.status.code().expect("it exits");
    Outcome { code, stdout: text(&output.stdout), stderr: text(&output.stderr) }
}

/// A new link takes IPv6 a second or two before it carries anything.
fn wait_for(address: &str) {
    let address: SocketAddr = address.parse().expect("an address");
    let deadline = Instant::now() + Duration::from_secs(20);
    while TcpStream::connect_timeout(&address, Duration::from_millis(500)).is_err() {
        assert!(Instant::now() < deadline, "{address} cannot be reached");
    }
}

fn zone() -> Zone {
    let v4 = |last: u8| Ipv4Addr::new(10, 5, 0, last);
    let v6 = |last: u16| Ipv6Addr::new(0xfd05, 0, 0, 0, 0, 0, 0, last);
    let mut zone = Zone::new()
        .a("smtp.a.test", v4(21))
        .aaaa("smtp.a.test", v6(0x21))
        .a("smtp.b.test", v4(22))
        .aaaa("smtp.b.test", v6(0x22))
        .ptr([203, 0, 113, 9], "client.test")
        .a("client.test", [203, 0, 113, 9])
        .a("here.test", [10, 1, 0, 2]);
    for (number, operator) in (1_u8..).zip(OPERATORS) {
        let (domain, host) = (format!("{operator}.test"), format!("mx.{operator}.test"));
        zone = zone
            .mx(&domain, 10, &host)
            .mx(&domain, 20, "dead.test")
            .a(&domain, v4(10 + number))
            .aaaa(&domain, v6(0x10 + u16::from(number)))
            .a(&host, v4(number))
            .aaaa(&host, v6(number.into()));
    }
    zone
}

/// The hosts' addresses are all the server's; to the servers this machine is 203.0.113.9, translated by the first router.
const ADDRESSES: &str = "
    for n in 1 2 3 11 12 13 21 22; do
        at $server ip address add 10.5.0.$n/32 dev lo
        at $server ip address add fd05::$n/128 dev lo nodad
    done
    at $r3 ip route add 10.5.0.0/24 via 10.4.0.2
    at $r3 ip -6 route add fd05::/64 via fd04::2
    at $r1 ip address add 203.0.113.9/32 dev lo
    at $r2 ip route add 203.0.113.9 via 10.2.0.1
";
