//! `mailprobe serve`, started as a user would, and a client that asks it as Prometheus would.

#![allow(dead_code, reason = "every test program uses its own part")]

pub(crate) mod exposition;

use std::fs;
use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use exposition::Samples;

/// What Prometheus says in its requests.
pub(crate) const SCRAPE_TIMEOUT: &str = "X-Prometheus-Scrape-Timeout-Seconds";

/// Far longer than the service needs to start, on the slowest machine.
const STARTS_WITHIN: Duration = Duration::from_secs(60);

/// A running service, which ends with the value.
pub(crate) struct Service {
    child: Child,
    pub(crate) address: SocketAddr,
}

/// The answer to a request.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) code: u16,
    /// The status line and the fields, as they came.
    pub(crate) head: String,
    pub(crate) body: String,
    /// From before the connection until the last byte.
    pub(crate) took: Duration,
}

impl Service {
    /// Starts it on a free port of the loopback.
    pub(crate) fn start(arguments: &[&str]) -> Self {
        Self::start_at(free_port(), &mut Command::new(env!("CARGO_BIN_EXE_mailprobe")), arguments)
    }

    /// Starts it as `program` says, which may be one that starts it elsewhere.
    pub(crate) fn start_at(address: SocketAddr, program: &mut Command, arguments: &[&str]) -> Self {
        let listen = match address.ip() {
            ip if ip.is_loopback() => address.to_string(),
            _ => format!("0.0.0.0:{}", address.port()),
        };
        let child = program
            .args(["serve", "--listen", &listen])
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .expect("the service starts");
        let mut service = Self { child, address };
        let deadline = Instant::now() + STARTS_WITHIN;
        while service.get("/-/healthy", &[]).map_or(true, |answer| answer.code != 200) {
            let ended = service.child.try_wait().expect("a child");
            assert!(ended.is_none(), "the service ended: {ended:?}");
            assert!(Instant::now() < deadline, "the service does not answer at {address}");
            thread::sleep(Duration::from_millis(50));
        }
        service
    }

    pub(crate) fn get(&self, path: &str, fields: &[(&str, &str)]) -> io::Result<Answer> {
        get(self.address, path, fields, Duration::from_secs(120))
    }

    /// A scrape with the limit that Prometheus names; without one, the module's own holds.
    pub(crate) fn probe(&self, target: &str, scrape_timeout: Option<&str>) -> io::Result<Answer> {
        let fields: Vec<_> = scrape_timeout.map(|seconds| (SCRAPE_TIMEOUT, seconds)).into_iter().collect();
        self.get(&probe_path(target), &fields)
    }

    /// The most memory that it held so far.
    pub(crate) fn peak_kib(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("it runs");
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a peak");
        line.split_whitespace().next().and_then(|size| size.parse().ok()).expect("a number")
    }

    /// How many descriptors it has open.
    pub(crate) fn descriptors(&self) -> usize {
        fs::read_dir(format!("/proc/{}/fd", self.child.id())).expect("it runs").count()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Answer {
    /// The metrics of an answer that must have some.
    pub(crate) fn samples(&self) -> Samples {
        assert_eq!(self.code, 200, "{}\n{}", self.head, self.body);
        Samples::read(&self.body)
    }
}

/// The path of a scrape.
pub(crate) fn probe_path(target: &str) -> String {
    let query: String = url::form_urlencoded::Serializer::new(String::new()).append_pair("target", target).finish();
    format!("/probe?{query}")
}

/// Asks once, on a connection of its own.
pub(crate) fn get(address: SocketAddr, path: &str, fields: &[(&str, &str)], patience: Duration) -> io::Result<Answer> {
    let began = Instant::now();
    let mut stream = TcpStream::connect_timeout(&address, patience)?;
    stream.set_read_timeout(Some(patience))?;
    let fields = fields.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect::<Vec<_>>().concat();
    // HTTP/1.0: the answer ends with the connection, and is not sent in chunks.
    write!(stream, "GET {path} HTTP/1.0\r\nHost: {address}\r\nAccept: text/plain;version=0.0.4\r\n{fields}\r\n")?;
    let mut text = Vec::new();
    stream.read_to_end(&mut text)?;
    let text = String::from_utf8(text).map_err(io::Error::other)?;
    let (head, body) = text.split_once("\r\n\r\n").ok_or(io::ErrorKind::UnexpectedEof)?;
    let code = head.split(' ').nth(1).and_then(|code| code.parse().ok()).ok_or(io::ErrorKind::InvalidData)?;
    Ok(Answer { code, head: head.to_owned(), body: body.to_owned(), took: began.elapsed() })
}

/// A port of the loopback that nobody else was given in the meantime.
fn free_port() -> SocketAddr {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|listener| listener.local_addr()).expect("a free port")
}
