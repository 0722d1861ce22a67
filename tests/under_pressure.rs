//! When this machine is short of something: descriptors, ports, names, time. It is never the server's fault.

#![cfg(target_os = "linux")]

mod command;
mod netns;

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream, UdpSocket};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use command::{mailprobe, report};
use mailprobe_lab::{Behaviour, Protocol, Security, Server};
use netns::in_own_network;
use serde_json::Value;

/// Far longer than anything here needs, on the slowest machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// How many endpoints an impatient administrator hands over at once.
const MANY: u16 = 2000;

/// An SMTP server without TLS on every loopback address, which takes its time to close. Ends with the test program.
fn unhurried_server() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, 0)).expect("a port");
    let port = listener.local_addr().expect("an address").port();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || converse(stream));
        }
    });
    port
}

fn converse(mut stream: TcpStream) -> Option<()> {
    stream.write_all(b"220 mx.test.example ESMTP\r\n").ok()?;
    for line in BufReader::new(stream.try_clone().ok()?).lines().map_while(Result::ok) {
        let reply: &[u8] = if line.starts_with("EHLO") { b"250 mx.test.example\r\n" } else { b"221 bye\r\n" };
        stream.write_all(reply).ok()?;
    }
    thread::sleep(Duration::from_millis(200));
    Some(())
}

/// Endpoints on so many addresses of the loopback network.
fn endpoints(count: u16, port: u16) -> Vec<String> {
    let address = |number: u16| Ipv4Addr::from(0x7f01_0001 + u32::from(number));
    (0..count).map(|number| format!("smtp://{}:{port}", address(number))).collect()
}

/// Runs the command with a limit on its descriptors, and hands back its exit code and its document.
fn with_descriptors(limit: u32, arguments: &[&str], targets: &[String]) -> (Option<i32>, Value) {
    let output = Command::new("sh")
        .args(["-c", &format!("ulimit -n {limit}; exec \"$0\" --format json \"$@\""), env!("CARGO_BIN_EXE_mailprobe")])
        .args(arguments)
        .args(targets)
        .stdin(Stdio::null())
        .output()
        .expect("sh starts");
    let document = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
    (output.status.code(), document)
}

fn states(document: &Value) -> Vec<(&str, u64)> {
    let states = document["summary"]["states"].as_object().expect("states");
    states.iter().filter_map(|(state, count)| Some((state.as_str(), count.as_u64()?))).collect()
}

#[test]
fn two_thousand_endpoints_need_no_more_than_256_descriptors() {
    let targets = endpoints(MANY, unhurried_server());
    let (code, document) = with_descriptors(256, &[], &targets);
    assert_eq!(states(&document), [("starttls-not-offered", u64::from(MANY))]);
    assert_eq!(code, Some(0), "on port 25 it is a warning");
}

#[test]
fn names_that_nobody_answers_for_need_no_more_than_256_descriptors() {
    let silent = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let server = silent.local_addr().expect("an address").to_string();
    let targets: Vec<String> = (0..40).map(|number| format!("smtp://host{number}.test.example")).collect();
    let (code, document) = with_descriptors(256, &["--timeout", "500ms", "--dns-server", &server], &targets);
    assert_eq!((code, states(&document)), (Some(4), vec![("dns-timeout", 40)]));
}

#[test]
fn so_few_descriptors_that_nothing_works_are_this_machines_fault() {
    // Started, the command has about ten.
    thread::scope(|scope| {
        for limit in [12, 14, 16, 20] {
            scope.spawn(move || assert_blames_itself_or_does_not_start(limit));
        }
    });
}

fn assert_blames_itself_or_does_not_start(limit: u32) {
    let output = Command::new("sh")
        .args(["-c", &format!("ulimit -n {limit}; exec \"$0\" --format json \"$@\"")])
        .arg(env!("CARGO_BIN_EXE_mailprobe"))
        .args(endpoints(30, unhurried_server()))
        .output()
        .expect("sh starts");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(!stderr.contains("panicked"), "{limit}: {stderr}");
    match serde_json::from_slice::<Value>(&output.stdout) {
        Ok(document) => {
            let known = ["local-error", "starttls-not-offered"];
            assert!(states(&document).iter().all(|(state, _)| known.contains(state)), "{limit}: {document:#}");
        }
        // It could not even start.
        Err(_) => assert_eq!(output.status.code(), Some(18), "{limit}: {stderr}"),
    }
}

#[test]
fn a_machine_without_free_ports_blames_itself() {
    in_own_network("a_machine_without_free_ports_blames_itself", || {
        run("ip link set lo up");
        let port = unhurried_server();
        run("sysctl -qw net.ipv4.ip_local_port_range='61000 61003' net.ipv4.tcp_tw_reuse=0");
        let target = format!("smtp://127.0.0.1:{port}");
        let (outcome, document) = report(&[target.as_str(); 40]);
        let states = states(&document);
        assert!(states.iter().any(|&(state, _)| state == "local-error"), "{document:#}");
        let known = ["local-error", "starttls-not-offered"];
        assert!(states.iter().all(|(state, _)| known.contains(state)), "{states:?}");
        assert_eq!(outcome.code, 18, "{states:?}");
    });
}

#[test]
fn a_machine_that_has_free_ports_again_in_a_moment_is_waited_for() {
    in_own_network("a_machine_that_has_free_ports_again_in_a_moment_is_waited_for", || {
        run("ip link set lo up");
        let port = unhurried_server();
        // A port that was used to the same server is free again after a second.
        run("sysctl -qw net.ipv4.ip_local_port_range='61000 61003' net.ipv4.tcp_tw_reuse=1");
        let target = format!("smtp://127.0.0.1:{port}");
        let (outcome, document) = report(&[target.as_str(); 10]);
        assert_eq!(states(&document), [("starttls-not-offered", 10)]);
        assert_eq!(outcome.code, 0);
    });
}

#[test]
fn a_machine_with_nothing_but_a_loopback_says_so_for_each_kind_of_target() {
    in_own_network("a_machine_with_nothing_but_a_loopback_says_so_for_each_kind_of_target", || {
        // No resolv.conf, no hosts file, no nsswitch.conf; and a home in which nothing can be written.
        run("ip link set lo up && mount -t tmpfs -o ro tmpfs /etc");
        run("sysctl -qw net.ipv6.conf.all.disable_ipv6=1");
        let here = format!("smtp://127.0.0.1:{}", unhurried_server());
        let targets = [here.as_str(), "mail.test.example:25", "192.0.2.1:25", "[2001:db8::1]:25", "localhost:25"];
        let arguments: Vec<&str> = ["--format", "json", "--timeout", "4s"].into_iter().chain(targets).collect();
        let output = mailprobe(&arguments).env("HOME", "/proc").output().expect("the command starts");
        let document: Value = serde_json::from_slice(&output.stdout).expect("a document");
        let states: Vec<&str> = document["targets"]
            .as_array()
            .expect("targets")
            .iter()
            .map(|target| target["endpoints"][0]["state"].as_str().unwrap_or_default())
            .collect();
        let expected = ["starttls-not-offered", "dns-failed", "network-unreachable", "network-unreachable"];
        assert_eq!(states.get(..4), Some(&expected[..]), "{document:#}");
        assert_eq!(states.get(4), Some(&"connection-refused"), "{document:#}");
    });
}

/// Runs a shell script in the test's own network.
fn run(script: &str) {
    netns::need_tools_of(script);
    let output = Command::new("sh").args(["-euc", script]).output().expect("sh starts");
    assert!(output.status.success(), "{script}: {}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn an_answer_that_comes_too_late_does_no_harm() {
    let server = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let address = server.local_addr().expect("an address").to_string();
    thread::spawn(move || {
        let server = Arc::new(server);
        let mut question = [0; 512];
        while let Ok((length, client)) = server.recv_from(&mut question) {
            let (server, mut answer) = (Arc::clone(&server), question.get(..length).unwrap_or_default().to_vec());
            thread::spawn(move || {
                thread::sleep(Duration::from_millis(900));
                // QR and RA set, and the question: "no error", and no record.
                if let Some(flags) = answer.get_mut(2..4) {
                    flags.copy_from_slice(&[0x81, 0x80]);
                }
                server.send_to(&answer, client)
            });
        }
    });
    let begun = Instant::now();
    let arguments = ["--dns-server", &address, "--timeout", "600ms", "mail.test.example:25", "mail.test.example:587"];
    let (outcome, document) = report(&arguments);
    assert_eq!((outcome.code, states(&document)), (4, vec![("dns-timeout", 2)]), "{document:#}");
    assert!(begun.elapsed() < PATIENCE);
}

/// Where a server stops to answer, and the stage in which the command is then.
const STALLS: [(&str, &str, Security); 8] = [
    ("stall-on-accept", "greeting", Security::StartTls),
    ("stall-on-capabilities", "capabilities", Security::StartTls),
    ("stall-on-starttls", "starttls", Security::StartTls),
    ("stall-in-handshake", "tls", Security::StartTls),
    ("stall-after-tls", "secured-capabilities", Security::StartTls),
    ("stall-on-accept", "tls", Security::Implicit),
    ("stall-in-handshake", "tls", Security::Implicit),
    ("stall-on-secured-capabilities", "secured-capabilities", Security::Implicit),
];

const SIGNALS: [(&str, i32); 2] = [("INT", 130), ("TERM", 143)];

#[test]
fn a_signal_ends_the_run_at_every_stage_and_the_stage_is_told() {
    thread::scope(|scope| {
        for (signal, code) in SIGNALS {
            for (fault, stage, security) in STALLS {
                scope.spawn(move || {
                    let server = Server::start(Behaviour::new(Protocol::Smtp, security).fault(fault));
                    let scheme = if security == Security::Implicit { "submissions" } else { "submission" };
                    assert_interrupted(signal, code, stage, &[&server.url(scheme)]);
                });
            }
            scope.spawn(move || {
                let silent = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
                let server = silent.local_addr().expect("an address").to_string();
                assert_interrupted(signal, code, "resolve", &["--dns-server", &server, "mail.test.example:25"]);
            });
        }
    });
}

#[test]
fn a_signal_ends_the_wait_for_a_connection() {
    in_own_network("a_signal_ends_the_wait_for_a_connection", || {
        // Whatever is sent there is lost.
        run(
            "ip link set lo up; nft 'table inet hole { chain input { type filter hook input priority 0; tcp dport 25 drop; }; }'",
        );
        for (signal, code) in SIGNALS {
            assert_interrupted(signal, code, "connect", &["--connect-timeout", "40s", "127.0.0.1:25"]);
        }
    });
}

#[test]
fn a_signal_ends_every_kind_of_run() {
    let silent = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let name_server = silent.local_addr().expect("an address").to_string();
    let server = Server::start(Behaviour::smtp(Security::StartTls).fault("silent"));
    let url = server.url("submission");
    thread::scope(|scope| {
        for (signal, code) in SIGNALS {
            for words in [
                &["@test.example"][..],
                &["--guess", "user@test.example"],
                &["blocked", "mail.test.example"],
                &["--trace", &url],
                &["--wait", "60s", &url],
                &["--retries", "3", &url],
            ] {
                let arguments = [&["--dns-server", &name_server], words].concat();
                scope.spawn(move || {
                    let document = interrupted(signal, code, &arguments);
                    let states = states(&document);
                    assert!(states.iter().all(|(state, _)| *state == "interrupted"), "{arguments:?}: {states:?}");
                });
            }
        }
    });
}

/// Starts the command, sends it the signal once it waits, and looks where it says that it was.
fn assert_interrupted(signal: &str, code: i32, stage: &str, arguments: &[&str]) {
    let document = interrupted(signal, code, arguments);
    let endpoint = &document["targets"][0]["endpoints"][0];
    assert_eq!(endpoint["state"], "interrupted", "{arguments:?}: {document:#}");
    assert_eq!(endpoint["failed_stage"], stage, "{arguments:?}: {document:#}");
}

/// Starts the command, sends it the signal once it waits, and hands back its document.
fn interrupted(signal: &str, code: i32, arguments: &[&str]) -> Value {
    let mut child = Command::new(env!("CARGO_BIN_EXE_mailprobe"))
        .args(["--format", "json"])
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the command starts");
    // Long enough to come as far as the server lets it, and far from losing patience.
    thread::sleep(Duration::from_secs(3));
    let killed = Command::new("kill").args(["-s", signal, &child.id().to_string()]).status().expect("kill");
    assert!(killed.success(), "it ended by itself: {arguments:?}");
    let mut stdout = String::new();
    child.stdout.take().expect("a pipe").read_to_string(&mut stdout).expect("UTF-8");
    assert_eq!(child.wait().expect("a child").code(), Some(code), "{arguments:?}: {stdout}");
    let document: Value = serde_json::from_str(&stdout).expect("a document");
    assert_eq!(document["exit_code"], code, "{arguments:?}: {document:#}");
    document
}
