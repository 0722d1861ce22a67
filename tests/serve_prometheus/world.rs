//! Three places from which the same mail server is checked, one of them behind a firewall that drops port 25:
//!
//! ```text
//! north (10.9.1.2) ─────────────┐
//! south (10.9.2.2) ─────────────┼ hub ─ this machine (10.9.9.2): the mail server, and Prometheus
//! office (10.9.13.2) ─ firewall ┘
//! ```

use std::net::Ipv4Addr;
use std::process::Command;

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

/// Where every `mailprobe serve` listens.
pub(crate) const SERVE_PORT: u16 = 9725;

/// The cause that the alert must name.
pub(crate) const CAUSE: &str = "port-25-silent";

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
    authority: tempfile::NamedTempFile,
    _servers: [Server; 2],
}

impl World {
    pub(crate) fn new(test: &'static str) -> Self {
        let network = Network::new(test, &["hub", "firewall", "north", "south", "office"]);
        network.run(LINKS);
        let servers = [(Security::StartTls, 25), (Security::Implicit, 465)].map(|(security, port)| {
            Server::start_at(Behaviour::smtp(security), (Ipv4Addr::UNSPECIFIED, port).into()).expect("a server")
        });
        let authority = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(authority.path(), Pki::shared().ca_pem()).expect("written");
        Self { network, authority, _servers: servers }
    }

    /// Starts `mailprobe serve` at every place, in the order of [`PLACES`].
    pub(crate) fn serve(&self) -> Vec<Service> {
        let authority = self.authority.path().to_str().expect("a path");
        // A check must come to its end within the time that Prometheus gives it.
        let options = ["--connect-timeout", "1s", "--server-name", "mail.test.example", "--ca-file", authority];
        let options = [&["--allow", "10.9.9.0/24"], &options[..]].concat();
        let start = |place: &str| {
            let mut program = Command::new("nsenter");
            let process = self.network.process(place).to_string();
            program.args(["--target", &process, "--net", "--", env!("CARGO_BIN_EXE_mailprobe")]);
            Service::start_at((address(place), SERVE_PORT).into(), &mut program, &options)
        };
        PLACES.map(start).into()
    }
}

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
    ip address add 10.9.9.2/24 dev out
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
