//! Three places from which the same mail server is checked, one of them behind a firewall that drops port 25:
//!
//! ```text
//! north (10.9.1.2) ─────────────┐
//! south (10.9.2.2) ─────────────┼ hub ─ this machine (10.9.9.2): the mail server, and Prometheus
//! office (10.9.13.2) ─ firewall ┘
//! ```

use std::net::Ipv4Addr;
use std::process::Command;

use mailprobe_lab::dns::{DnsServer, Zone};
use mailprobe_lab::{Behaviour, Pki, Security, Server};

use crate::netns::Network;
use crate::serving::Service;

pub(crate) const PLACES: [&str; 3] = ["north", "south", "office"];

/// The place behind the firewall.
pub(crate) const CUT_OFF: &str = "office";

/// The port that the firewall drops, as a label.
pub(crate) const PORT_WITHOUT_WAY: &str = "25";

/// What Prometheus asks about: two ports of this machine, whose servers the lab plays.
pub(crate) const MAIL_SERVER: &str = "10.9.9.2:25,465";

/// The last router that answers the place behind the firewall: the firewall itself, its first hop.
pub(crate) const LAST_HOP: (f64, &str) = (1.0, "10.9.13.1");

/// Where every `mailprobe serve` listens.
pub(crate) const SERVE_PORT: u16 = 9725;

/// The cause that the alert must name.
pub(crate) const CAUSE: &str = "blocked-on-path";

pub(crate) fn address(place: &str) -> Ipv4Addr {
    match place {
        "north" => [10, 9, 1, 2].into(),
        "south" => [10, 9, 2, 2].into(),
        "office" => [10, 9, 13, 2].into(),
        _ => panic!("{place} is no place"),
    }
}

pub(crate) struct World {
    network: Network,
    folder: tempfile::TempDir,
    _servers: Vec<Server>,
    _names: DnsServer,
}

impl World {
    pub(crate) fn new(test: &'static str) -> Self {
        let network = Network::new(test, &["hub", "firewall", "north", "south", "office"]);
        network.run(LINKS);
        let names = DnsServer::start_on((MACHINE, 53).into(), zone()).expect("a name server");
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("ca.pem"), Pki::shared().ca_pem()).expect("written");
        std::fs::write(folder.path().join("mailprobe.toml"), MODULES).expect("written");
        Self { network, folder, _servers: servers(), _names: names }
    }

    /// Starts `mailprobe serve` at every place, in the order of [`PLACES`].
    pub(crate) fn serve(&self) -> Vec<Service> {
        let config = self.folder.path().join("mailprobe.toml");
        let options = ["--config", config.to_str().expect("a path")];
        let start = |place: &str| {
            let mut program = Command::new("nsenter");
            let process = self.network.process(place).to_string();
            program.args(["--target", &process, "--net", "--", env!("CARGO_BIN_EXE_mailprobe")]);
            Service::start_at((address(place), SERVE_PORT).into(), &mut program, &options)
        };
        PLACES.map(start).into()
    }
}

/// What is checked, and where the operators are by whom `blocked` finds out where port 25 is open.
fn servers() -> Vec<Server> {
    let mut servers = vec![(MACHINE, Behaviour::smtp(Security::StartTls), 25)];
    servers.push((MACHINE, Behaviour::smtp(Security::Implicit), 465));
    for (number, operator) in (11..).zip(OPERATORS) {
        let relay = Behaviour::smtp(Security::StartTls).host(format!("mx.{operator}.test"));
        servers.push((Ipv4Addr::new(10, 9, 9, number), relay, 25));
    }
    servers.push((SUBMISSION, Behaviour::smtp(Security::Implicit), 465));
    servers.push((SUBMISSION, Behaviour::smtp(Security::StartTls), 587));
    let start = |(address, behaviour, port)| Server::start_at(behaviour, (address, port).into()).expect("a server");
    servers.into_iter().map(start).collect()
}

fn zone() -> Zone {
    let mut zone = Zone::new().a("smtp.test", SUBMISSION);
    for (number, operator) in (11..).zip(OPERATORS) {
        let host = format!("mx.{operator}.test");
        zone = zone.mx(&format!("{operator}.test"), 10, &host).a(&host, [10, 9, 9, number]);
    }
    zone
}

/// The machine on which all servers are.
const MACHINE: Ipv4Addr = Ipv4Addr::new(10, 9, 9, 2);

/// Another address of it, where mail programs submit mail.
const SUBMISSION: Ipv4Addr = Ipv4Addr::new(10, 9, 9, 21);

/// The domains `one.test` and so on; their mail hosts are at 10.9.9.11 and the next ones.
const OPERATORS: [&str; 3] = ["one", "two", "three"];

/// What every place is told. A check must come to its end within the time that Prometheus gives it.
const MODULES: &str = "
allow = [\"10.9.9.0/24\"]

[defaults]
dns-server = \"10.9.9.2\"
connect-timeout = \"1s\"

[modules.default]
server-name = \"mail.test.example\"
ca-file = [\"ca.pem\"]
trace = \"failed\"

[modules.blocked]
blocked = true
references = [\"one.test\", \"two.test\", \"three.test\"]
submission-hosts = [\"smtp.test\"]
";

/// What every place says, for the message of a failure.
pub(crate) fn told(services: &[Service]) -> String {
    let ask = |service: &Service| service.probe(MAIL_SERVER, Some("3")).map(|answer| answer.body);
    let told = services.iter().map(|service| format!("{}:\n{:?}", service.address, ask(service)));
    told.collect::<Vec<_>>().join("\n")
}

const LINKS: &str = "
    # host, interface of the hub, network
    link() {
        ip link add $2 netns $hub type veth peer name out netns $1
        at $hub ip address add 10.9.$3.1/24 dev $2
        at $hub ip link set $2 up
        at $1 ip address add 10.9.$3.2/24 dev out
        at $1 ip link set out up
        at $1 ip route add default via 10.9.$3.1
    }
    at $hub sysctl -qw net.ipv4.ip_forward=1
    at $firewall sysctl -qw net.ipv4.ip_forward=1
    link $north north 1
    link $south south 2
    link $firewall fw 3
    ip link add here netns $hub type veth peer name out
    at $hub ip address add 10.9.9.1/24 dev here
    at $hub ip link set here up
    for n in 2 11 12 13 21; do ip address add 10.9.9.$n/24 dev out; done
    ip link set out up
    ip route add default via 10.9.9.1
    ip link add inside netns $firewall type veth peer name out netns $office
    at $firewall ip address add 10.9.13.1/24 dev inside
    at $firewall ip link set inside up
    at $office ip address add 10.9.13.2/24 dev out
    at $office ip link set out up
    at $office ip route add default via 10.9.13.1
    at $hub ip route add 10.9.13.0/24 via 10.9.3.2
    at $firewall nft 'table inet t {
        chain c {
            type filter hook forward priority 0
            tcp dport 25 drop
        }
    }'
";
