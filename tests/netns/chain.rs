//! A way with three routers, and what each hop answers as:
//!
//! | this machine | r1 | r2 | r3 | server |
//! | --- | --- | --- | --- | --- |
//! | 10.1.0.2 | 10.1.0.1 | 10.2.0.2 | 10.3.0.2 | 10.4.0.2 |
//! | `fd01::2` | `fd01::1` | `fd02::2` | `fd03::2` | `fd04::2` |
//!
//! The routers keep the kernel's own limits on ICMP.

use std::process::{Command, Output};

use super::Network;

/// The server's addresses.
pub(crate) const SERVER: [&str; 2] = ["10.4.0.2", "fd04::2"];

/// Makes the hosts and their links.
pub(crate) fn chain(test: &'static str) -> Network {
    let network = Network::new(test, &["r1", "r2", "r3", "server"]);
    network.run(LINKS);
    network
}

/// Runs the command on this machine as a user without any capability.
pub(crate) fn mailprobe(arguments: &[&str]) -> Output {
    command(arguments).output().expect("unshare starts")
}

/// The command of [`mailprobe`], which may be given more.
pub(crate) fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new("unshare");
    command.args(["--user", "--map-user=1000", "--", env!("CARGO_BIN_EXE_mailprobe")]).args(arguments);
    command.env_remove("CLICOLOR_FORCE");
    // Where the tests themselves run is not what they are about.
    for variable in PLATFORMS {
        command.env_remove(variable);
    }
    command
}

/// By what the platforms are told that run tests.
const PLATFORMS: [&str; 4] = ["GITHUB_ACTIONS", "GITLAB_CI", "CODESPACES", "RUNNER_ENVIRONMENT"];

const LINKS: &str = "
    ip link add c0 type veth peer name west netns $r1
    ip link add east netns $r1 type veth peer name west netns $r2
    ip link add east netns $r2 type veth peer name west netns $r3
    ip link add east netns $r3 type veth peer name s0 netns $server
    ip address add 10.1.0.2/24 dev c0
    ip address add fd01::2/64 dev c0 nodad
    ip link set c0 up
    ip route add default via 10.1.0.1
    ip -6 route add default via fd01::1
    router() {
        at $1 sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
        at $1 ip address add 10.$2.0.$3/24 dev west
        at $1 ip address add fd0$2::$3/64 dev west nodad
        at $1 ip address add 10.$4.0.1/24 dev east
        at $1 ip address add fd0$4::1/64 dev east nodad
        at $1 ip link set west up
        at $1 ip link set east up
    }
    router $r1 1 1 2
    router $r2 2 2 3
    router $r3 3 2 4
    at $r1 ip route add default via 10.2.0.2
    at $r1 ip -6 route add default via fd02::2
    at $r2 ip route add default via 10.3.0.2
    at $r2 ip -6 route add default via fd03::2
    at $r2 ip route add 10.1.0.0/24 via 10.2.0.1
    at $r2 ip -6 route add fd01::/64 via fd02::1
    at $r3 ip route add default via 10.3.0.1
    at $r3 ip -6 route add default via fd03::1
    at $server ip address add 10.4.0.2/24 dev s0
    at $server ip address add fd04::2/64 dev s0 nodad
    at $server ip link set s0 up
    at $server ip route add default via 10.4.0.1
    at $server ip -6 route add default via fd04::1
";
