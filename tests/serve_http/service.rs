//! The service as it is started, and questions to it, octet by octet.

use std::io::{BufRead as _, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

/// Nothing here may take longer, on a machine with much to do.
pub(crate) const LONGEST: Duration = Duration::from_secs(60);

/// `mailprobe serve`, until it is dropped.
pub(crate) struct Service {
    child: Child,
    pub(crate) addresses: Vec<SocketAddr>,
    log: Receiver<String>,
}

/// What is answered to a request.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Service {
    pub(crate) fn start(arguments: &[&str]) -> Self {
        Self::start_as(
            Command::new(env!("CARGO_BIN_EXE_mailprobe")).args(["serve", "--listen", "127.0.0.1:0"]).args(arguments),
            1,
        )
    }

    /// `addresses`: how many it is going to listen on.
    pub(crate) fn start_as(command: &mut Command, addresses: usize) -> Self {
        let mut child = command.stdin(Stdio::null()).stderr(Stdio::piped()).spawn().expect("it starts");
        let stderr = BufReader::new(child.stderr.take().expect("a pipe"));
        let (sender, log) = channel();
        thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                let _ = sender.send(line);
            }
        });
        let mut service = Self { child, addresses: Vec::new(), log };
        while service.addresses.len() < addresses {
            let line = service.logged("listening on http");
            let address = line.rsplit('/').next().expect("a URL").parse().expect("an address");
            service.addresses.push(address);
        }
        service
    }

    /// Waits for a line of the log that contains this.
    pub(crate) fn logged(&self, wanted: &str) -> String {
        let mut seen = Vec::new();
        loop {
            let Ok(line) = self.log.recv_timeout(LONGEST) else { panic!("{wanted:?} is not in {seen:#?}") };
            if line.contains(wanted) {
                return line;
            }
            seen.push(line);
        }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        *self.addresses.first().expect("an address")
    }

    pub(crate) fn connect(&self) -> TcpStream {
        connect(self.address())
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, &[])
    }

    pub(crate) fn ask(&self, method: &str, path: &str, headers: &[&str]) -> Answer {
        ask(self.connect(), &self.address().to_string(), method, path, headers)
    }

    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("kill").args(["-s", name, &self.child.id().to_string()]).status();
        assert!(sent.expect("kill is there").success());
    }

    pub(crate) fn ended(&mut self) -> ExitStatus {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("a child") {
                return status;
            }
            assert!(begun.elapsed() < LONGEST, "it does not end");
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// In KiB.
    #[cfg(target_os = "linux")]
    pub(crate) fn resident_memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("a process");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a size");
        line.trim().trim_end_matches(" kB").parse().expect("a number")
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).expect("a connection");
    stream.set_read_timeout(Some(LONGEST)).expect("a time limit");
    stream
}

pub(crate) fn ask(stream: impl Read + Write, host: &str, method: &str, path: &str, headers: &[&str]) -> Answer {
    let headers = headers.iter().map(|header| format!("{header}\r\n")).collect::<Vec<_>>().concat();
    ask_raw(stream, &format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{headers}\r\n"))
}

pub(crate) fn ask_raw(mut stream: impl Read + Write, request: &str) -> Answer {
    // It may have answered and closed before all has been written.
    let _ = stream.write_all(request.as_bytes());
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes);
    let text = String::from_utf8(bytes).expect("UTF-8");
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
    Answer { status: status.unwrap_or_default(), head: head.to_ascii_lowercase(), body: body.to_owned() }
}

impl Answer {
    /// Holds that it is one line of text.
    pub(crate) fn line(&self, status: u16, wanted: &str) {
        assert_eq!(self.status, status, "{self:#?}");
        assert!(self.head.contains("content-type: text/plain; charset=utf-8"), "{self:#?}");
        assert!(self.body.contains(wanted), "{wanted:?} is not in {self:#?}");
        assert!(self.body.ends_with('\n') && self.body.lines().count() == 1, "{self:#?}");
    }
}
