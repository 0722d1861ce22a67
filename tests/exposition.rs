//! What a monitor gets from the real `mailprobe serve`: each port with its state and the step at which it stopped, and a format
//! that no server can break.
#![cfg(feature = "serve")]

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use mailprobe_lab::{Behaviour, Server, skips};
use regex::Regex;

/// A running service, which ends with the test.
struct Service {
    process: Child,
    address: SocketAddr,
}

impl Service {
    fn start() -> Self {
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|listener| listener.local_addr());
        let address = free.expect("a free port");
        let process = Command::new(env!("CARGO_BIN_EXE_mailprobe"))
            .args(["serve", "--listen", &address.to_string(), "--log", "error"])
            .stdout(Stdio::null())
            .spawn()
            .expect("it starts");
        let begun = Instant::now();
        while TcpStream::connect(address).is_err() {
            assert!(begun.elapsed() < Duration::from_secs(30), "it does not listen");
            std::thread::sleep(Duration::from_millis(20));
        }
        Self { process, address }
    }

    /// The body of the answer to this request, which must be a good one.
    fn get(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(self.address).expect("a connection");
        let request = format!("GET {path} HTTP/1.0\r\nHost: {}\r\n\r\n", self.address);
        stream.write_all(request.as_bytes()).expect("a request");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
        assert!(head.contains(" 200 "), "{answer}");
        assert!(head.to_ascii_lowercase().contains("content-type: text/plain; version=0.0.4"), "{head}");
        body.to_owned()
    }

    fn probe(&self, target: &str) -> String {
        self.get(&format!("/probe?target={}", target.replace(':', "%3A").replace('/', "%2F")))
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// What becomes of a server of this behaviour, as metrics; and the server's port.
fn probed(service: &Service, scheme: &str, behaviour: &str) -> (String, u16) {
    let behaviour: Behaviour = behaviour.parse().expect("a behaviour");
    let server = Server::start_at(behaviour, SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).expect("a server");
    (service.probe(&format!("{scheme}://{}", server.address())), server.address().port())
}

/// The value of the one series of this family whose labels contain all of these.
#[track_caller]
fn value<'a>(text: &'a str, family: &str, labels: &[&str]) -> &'a str {
    let begins = |line: &str| line.strip_prefix(family).is_some_and(|rest| rest.starts_with(['{', ' ']));
    let found: Vec<&str> =
        text.lines().filter(|line| begins(line) && labels.iter().all(|label| line.contains(label))).collect();
    let [line] = found[..] else { panic!("{family} {labels:?} occurs {} times in\n{text}", found.len()) };
    line.rsplit_once(' ').expect("a value").1
}

fn promtool_takes(text: &str) -> bool {
    let promtool =
        Command::new("promtool").args(["check", "metrics"]).stdin(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let Ok(mut promtool) = promtool else {
        skips::skip(&skips::this_test(), "the command promtool is missing");
        return false;
    };
    promtool.stdin.take().expect("an input").write_all(text.as_bytes()).expect("it reads");
    let output = promtool.wait_with_output().expect("it ends");
    assert!(output.status.success() && output.stderr.is_empty(), "{}\n{text}", String::from_utf8_lossy(&output.stderr));
    true
}

#[test]
fn a_port_is_told_with_its_state_its_stage_and_its_certificate() {
    let service = Service::start();
    let (text, port) = probed(&service, "imaps", "imap:implicit:good");
    let port = format!("port=\"{port}\"");
    // Nobody here trusts the authority of the tests.
    assert_eq!(value(&text, "probe_success", &[]), "0");
    assert_eq!(value(&text, "mailprobe_check_finished", &[]), "1");
    assert_eq!(value(&text, "mailprobe_exit_code", &[]), "14");
    assert_eq!(value(&text, "mailprobe_verdict", &["verdict=\"fail\""]), "1");
    assert_eq!(value(&text, "mailprobe_endpoint_state", &[&port, "state=\"certificate-invalid\""]), "1");
    assert_eq!(value(&text, "mailprobe_endpoint_state", &[&port, "state=\"ok\""]), "0");
    assert_eq!(value(&text, "mailprobe_endpoint_failed_stage", &[&port, "stage=\"tls\""]), "1");
    assert_eq!(value(&text, "mailprobe_endpoint_tls_info", &[&port, "version=\"TLS 1.3\""]), "1");
    let end = value(&text, "mailprobe_endpoint_certificate_not_after_timestamp_seconds", &[&port]);
    assert_eq!(value(&text, "probe_ssl_earliest_cert_expiry", &[]), end);
    let cause = ["cause=\"certificate-unknown-issuer\"", "severity=\"error\"", &port, "summary=\""];
    assert_eq!(value(&text, "mailprobe_cause", &cause), "1");
}

#[test]
fn a_port_that_is_closed_fails_at_the_connection() {
    let service = Service::start();
    let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|listener| listener.local_addr());
    let text = service.probe(&format!("smtp://{}", free.expect("a free port")));
    assert_eq!(value(&text, "mailprobe_endpoint_success", &[]), "0");
    assert_eq!(value(&text, "mailprobe_endpoint_state", &["state=\"connection-refused\""]), "1");
    assert_eq!(value(&text, "mailprobe_endpoint_failed_stage", &["stage=\"connect\""]), "1");
    assert!(!text.contains("probe_ssl_earliest_cert_expiry"), "{text}");
}

/// What stands in a greeting as a terminal, a page or a file format would obey it.
#[test]
fn no_server_breaks_the_format() {
    const FAULTS: [&str; 6] = [
        "nul-in-greeting",
        "escapes-in-greeting",
        "bidi-in-greeting",
        "8bit-greeting",
        "carriage-return-in-greeting",
        "endless-line",
    ];
    let service = Service::start();
    let sample = Regex::new(r#"^[a-z_]+(\{([a-z_]+="([^"\\]|\\[\\n"])*",?)+\})? -?[0-9]+(\.[0-9]+)?$"#).expect("good");
    for fault in FAULTS {
        let (text, port) = probed(&service, "smtp", &format!("smtp:starttls:{fault}"));
        for line in text.lines().filter(|line| !line.starts_with("# ")) {
            assert!(sample.is_match(line), "{fault}: {line:?}");
        }
        let is_plain = |character: char| character == '\n' || (' '..='~').contains(&character);
        assert!(text.chars().all(is_plain), "{fault}: {text}");
        let port = format!("port=\"{port}\"");
        let states = text.lines().filter(|line| line.starts_with("mailprobe_endpoint_state{") && line.contains(&port));
        assert_eq!(states.filter(|line| line.ends_with(" 1")).count(), 1, "{fault}: {text}");
        if !promtool_takes(&text) {
            return;
        }
    }
}

#[test]
fn the_service_tells_of_itself() {
    let service = Service::start();
    probed(&service, "smtp", "smtp:starttls:good");
    let text = service.get("/metrics");
    assert_eq!(value(&text, "mailprobe_serve_checks_total", &["verdict=\"pass\""]), "0");
    assert_eq!(value(&text, "mailprobe_config_last_reload_successful", &[]), "1");
    assert_eq!(value(&text, "mailprobe_build_info", &[env!("CARGO_PKG_VERSION")]), "1");
    assert_eq!(value(&text, "mailprobe_serve_checks_running", &[]), "0");
    if cfg!(target_os = "linux") {
        assert!(value(&text, "process_resident_memory_bytes", &[]).parse::<f64>().is_ok_and(|bytes| bytes > 1e6));
    }
    promtool_takes(&text);
}
