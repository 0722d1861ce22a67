//! Networks of one's own, made of network namespaces and without any privilege: routers, firewalls, silent hosts.
//!
//! A test calls [`in_own_network`], which runs that test again inside fresh user, network and mount namespaces. There
//! the test is root over a network that contains nothing: it makes more hosts with [`Network::new`], connects them by
//! a shell script, and listens on them.

#![allow(dead_code, reason = "every test that includes this module uses a part of it")]

#[cfg(feature = "cli")]
pub(crate) mod chain;

use std::io::{Read as _, Write as _};
use std::net::{Ipv6Addr, TcpListener};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use mailprobe_lab::{Behaviour, Server, skips};

/// Set in the process that runs inside the namespaces.
const INSIDE: &str = "MAILPROBE_TEST_NETNS";
/// Set in a process that only listens: the ports, separated by commas.
const LISTEN: &str = "MAILPROBE_TEST_LISTEN";
/// Set in a process that plays mail servers: behaviours with their ports, as in `smtp:starttls@25`, or with address and
/// name, as in `smtp:starttls@192.0.2.1:25/mx.test`, separated by commas.
const SERVE: &str = "MAILPROBE_TEST_SERVE";

/// How a test inside a network ends that lacks a tool, and what it says before the reason.
const LACKS_A_TOOL: i32 = 77;
const LACK: &str = "cannot run here: ";

/// Tools that only some scripts use.
const SPECIAL_TOOLS: [&str; 2] = ["nft", "sysctl"];

/// Runs `body` in a network of its own. `test` is the full name of the calling test, which is run again inside.
///
/// Where the tools are missing the test is skipped, and counted. See [`need`] for tools that only some tests use.
pub(crate) fn in_own_network(test: &str, body: impl FnOnce()) {
    if let Ok(ports) = std::env::var(LISTEN) {
        return echo_until_stdin_ends(&ports);
    }
    if let Ok(servers) = std::env::var(SERVE) {
        return serve_until_stdin_ends(&servers);
    }
    if is_inside() {
        return body();
    }
    if let Some(missing) = missing_tool() {
        return skips::skip(test, &missing);
    }
    // A low limit on descriptors, so that a test can run out of them without holding many.
    let inner = Command::new("unshare")
        .args(["--user", "--map-root-user", "--net", "--mount", "sh", "-c", "ulimit -n 256; exec \"$@\"", "sh"])
        .arg(this_test_program())
        .args(["--exact", test, "--nocapture"])
        .env(INSIDE, "1")
        .output()
        .expect("unshare starts");
    if inner.status.code() == Some(LACKS_A_TOOL) {
        let said = String::from_utf8_lossy(&inner.stdout);
        let lack = said.lines().find_map(|line| line.split_once(LACK)).map_or("a tool is missing", |(_, lack)| lack);
        return skips::skip(test, lack);
    }
    let (stdout, stderr) = (String::from_utf8_lossy(&inner.stdout), String::from_utf8_lossy(&inner.stderr));
    assert!(inner.status.success(), "{test} failed in its own network:\n{stdout}\n{stderr}");
    assert!(stdout.contains("1 passed"), "{test} is not the test's full name");
}

/// Why networks of one's own cannot be made on this machine, as far as that is no failure: `None` where every test is
/// required, and inside such a network.
pub(crate) fn unavailable() -> Option<String> {
    if skips::is_everything_required() || is_inside() { None } else { missing_tool() }
}

/// Ends the test that runs inside a network, as skipped, where this tool is missing. Only a test that sets a rule of a
/// firewall needs nft.
pub(crate) fn need(tool: &str) {
    if !is_there(tool) {
        lack(&format!("the command {tool} is missing"));
    }
}

/// Ends a test that this machine cannot run.
pub(crate) fn lack(why: &str) -> ! {
    let mut stdout = std::io::stdout();
    let _ = writeln!(stdout, "{LACK}{why}").and_then(|()| stdout.flush());
    std::process::exit(LACKS_A_TOOL)
}

/// Whether this process is one that [`in_own_network`] started.
pub(crate) fn is_inside() -> bool {
    std::env::var_os(INSIDE).is_some()
}

/// The hosts of a network beside the test itself. They vanish with the value.
pub(crate) struct Network {
    test: &'static str,
    hosts: Vec<Host>,
    listeners: Vec<Child>,
}

struct Host {
    name: &'static str,
    /// Keeps the namespace alive until its standard input ends, which it does at the latest with this process.
    keeper: Child,
}

impl Network {
    /// Makes hosts without any connection, with their loopback up. `test` as in [`in_own_network`].
    pub(crate) fn new(test: &'static str, names: &[&'static str]) -> Self {
        if !names.is_empty() {
            need("nsenter");
        }
        let hosts = names.iter().map(|&name| Host { name, keeper: new_namespace() }).collect();
        let network = Self { test, hosts, listeners: Vec::new() };
        network.run("ip link set lo up");
        for name in names {
            network.run(&format!("at ${name} ip link set lo up"));
        }
        network
    }

    /// The number of a process in the host's namespace, which is alive as long as the host.
    pub(crate) fn process(&self, host: &str) -> u32 {
        self.hosts.iter().find(|one| one.name == host).expect("the host exists").keeper.id()
    }

    /// Runs a shell script in the test's own namespace. `$name` is a host's number for `ip link … netns $name`, and
    /// `at $name command …` runs a command on that host.
    pub(crate) fn run(&self, script: &str) {
        need_tools_of(script);
        let script = format!("at() {{ host=$1; shift; nsenter --target \"$host\" --net -- \"$@\"; }}\n{script}");
        let output = Command::new("sh")
            .args(["-euc", &script])
            .envs(self.hosts.iter().map(|host| (host.name, host.keeper.id().to_string())))
            .output()
            .expect("sh starts");
        assert!(output.status.success(), "{script}\n{}", String::from_utf8_lossy(&output.stderr));
    }

    /// Echoes on these TCP ports of a host, IPv4 and IPv6.
    pub(crate) fn listen(&mut self, host: &str, ports: &[u16]) {
        let ports: Vec<String> = ports.iter().map(u16::to_string).collect();
        self.start(host, LISTEN, &ports.join(","));
    }

    /// Plays mail servers on a host, IPv4 and IPv6: the lab's words for a behaviour, and a port.
    pub(crate) fn serve(&mut self, host: &str, servers: &[(&str, u16)]) {
        let servers: Vec<String> = servers.iter().map(|(behaviour, port)| format!("{behaviour}@{port}")).collect();
        self.start(host, SERVE, &servers.join(","));
    }

    /// Plays mail servers at addresses of their own: the lab's words, address and port, and the name to greet with.
    pub(crate) fn serve_as(&mut self, host: &str, servers: &[(&str, String, &str)]) {
        let server = |(behaviour, at, name): &(&str, String, &str)| format!("{behaviour}@{at}/{name}");
        self.start(host, SERVE, &servers.iter().map(server).collect::<Vec<_>>().join(","));
    }

    /// Starts this program again on a host, to listen until this process ends.
    fn start(&mut self, host: &str, duty: &str, value: &str) {
        let host = self.hosts.iter().find(|one| one.name == host).expect("the host exists");
        let mut listener = Command::new("nsenter")
            .args(["--target", &host.keeper.id().to_string(), "--net", "--"])
            .arg(this_test_program())
            .args(["--exact", self.test, "--nocapture"])
            .env(duty, value)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("nsenter starts");
        wait_for_line(&mut listener, READY);
        self.listeners.push(listener);
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        for child in self.listeners.iter_mut().chain(self.hosts.iter_mut().map(|host| &mut host.keeper)) {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// What a listening process says once its ports are open.
const READY: &str = "listening";

fn echo_until_stdin_ends(ports: &str) {
    for port in ports.split(',') {
        let port: u16 = port.parse().expect("a port");
        // Listening on `::` accepts IPv4 too.
        let listener = TcpListener::bind((Ipv6Addr::UNSPECIFIED, port)).expect("the port is free");
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                std::thread::spawn(move || {
                    let mut reader = stream.try_clone().expect("a descriptor");
                    std::io::copy(&mut reader, &mut stream)
                });
            }
        });
    }
    stay_until_stdin_ends();
}

fn serve_until_stdin_ends(servers: &str) {
    let started = servers.split(',').map(|server| {
        let (behaviour, place) = server.split_once('@').expect("a behaviour and a place");
        let behaviour: Behaviour = behaviour.parse().expect("the lab knows the behaviour");
        let (behaviour, address) = match place.split_once('/') {
            Some((address, name)) => (behaviour.host(name), address.parse().expect("an address and a port")),
            None => (behaviour, (Ipv6Addr::UNSPECIFIED, place.parse().expect("a port")).into()),
        };
        Server::start_at(behaviour, address).expect("the port is free")
    });
    let _servers: Vec<Server> = started.collect();
    stay_until_stdin_ends();
}

fn stay_until_stdin_ends() {
    let mut stdout = std::io::stdout();
    writeln!(stdout, "{READY}").and_then(|()| stdout.flush()).expect("stdout is open");
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
}

fn wait_for_line(child: &mut Child, line: &str) {
    let stdout = child.stdout.as_mut().expect("stdout is piped");
    let mut seen = Vec::new();
    let mut byte = [0];
    while !String::from_utf8_lossy(&seen).contains(line) {
        assert_eq!(stdout.read(&mut byte).expect("stdout is readable"), 1, "the process ended early");
        seen.extend(byte);
    }
}

fn new_namespace() -> Child {
    let keeper = Command::new("unshare")
        .args(["--net", "cat"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .expect("unshare starts");
    let namespace_of = |process: &str| std::fs::read_link(format!("/proc/{process}/ns/net")).ok();
    let (ours, theirs) = (namespace_of("self"), keeper.id().to_string());
    let deadline = Instant::now() + Duration::from_secs(10);
    while namespace_of(&theirs) == ours {
        assert!(Instant::now() < deadline, "unshare made no namespace");
        std::thread::sleep(Duration::from_millis(5));
    }
    keeper
}

fn missing_tool() -> Option<String> {
    let missing = ["ip", "unshare"].into_iter().find(|tool| !is_there(tool));
    if let Some(tool) = missing {
        return Some(format!("the command {tool} is missing"));
    }
    let allowed = works("unshare", &["--user", "--map-root-user", "--net", "--mount", "true"]);
    (!allowed).then(|| "this system does not let users make network namespaces".to_owned())
}

/// [`need`], for each special tool that a shell script uses.
pub(crate) fn need_tools_of(script: &str) {
    for tool in SPECIAL_TOOLS {
        if script.split_whitespace().any(|word| word == tool) {
            need(tool);
        }
    }
}

fn is_there(tool: &str) -> bool {
    works(tool, &["--version"]) || works(tool, &["-V"])
}

fn works(program: &str, arguments: &[&str]) -> bool {
    Command::new(program).args(arguments).output().is_ok_and(|output| output.status.success())
}

fn this_test_program() -> PathBuf {
    std::env::current_exe().expect("a test has a program")
}
