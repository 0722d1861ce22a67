//! `--targets FILE`: a list is read as a stream, its results leave as they come, and no server is rushed.

#[path = "../command/mod.rs"]
mod command;
mod manners;
mod reading;
mod resuming;

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use command::{Outcome, run};
use mailprobe_lab::{Behaviour, Pki, Security, Server};
use serde_json::Value;
use tempfile::TempDir;

/// Far longer than anything here needs, on the slowest machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A list in a file that ends with the value.
struct List {
    _folder: TempDir,
    path: PathBuf,
}

impl List {
    fn new(text: &str) -> Self {
        let folder = TempDir::new().expect("a folder");
        let path = folder.path().join("list");
        fs::write(&path, text).expect("a file");
        Self { _folder: folder, path }
    }

    fn of(targets: &[String]) -> Self {
        Self::new(&(targets.join("\n") + "\n"))
    }

    fn check(&self, arguments: &[&str]) -> Outcome {
        let path = self.path.to_str().expect("a path in UTF-8");
        run(&[&["--targets", path], arguments].concat())
    }
}

/// An SMTP server without TLS on all of 127/8, which counts its clients.
#[derive(Clone, Default)]
struct Counting {
    port: u16,
    greeting: &'static str,
    inside: Arc<AtomicUsize>,
    most: Arc<AtomicUsize>,
    began: Arc<Mutex<Vec<Instant>>>,
}

impl Counting {
    fn start(greeting: &'static str) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, 0)).expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let server = Self { port, greeting, ..Self::default() };
        let shared = server.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let server = shared.clone();
                thread::spawn(move || {
                    server.began.lock().expect("a list").push(Instant::now());
                    server.most.fetch_max(server.inside.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    let _ = server.converse(&stream);
                    // Before the connection closes: then the client may make the next one at once.
                    server.inside.fetch_sub(1, Ordering::SeqCst);
                    drop(stream);
                });
            }
        });
        server
    }

    fn converse(&self, mut stream: &TcpStream) -> Option<()> {
        // Long enough for others to come meanwhile, if they may.
        thread::sleep(Duration::from_millis(20));
        stream.write_all(self.greeting.as_bytes()).ok()?;
        for line in BufReader::new(stream.try_clone().ok()?).lines().map_while(Result::ok) {
            let reply: &[u8] = if line.starts_with("EHLO") { b"250 mx.test.example\r\n" } else { b"221 bye\r\n" };
            stream.write_all(reply).ok()?;
        }
        Some(())
    }

    /// Targets on different addresses, from this one on.
    fn targets(&self, count: u32) -> Vec<String> {
        let address = |number: u32| Ipv4Addr::from(0x7f01_0001 + number);
        (0..count).map(|number| format!("smtp://{}:{}", address(number), self.port)).collect()
    }
}

const GOOD: &str = "220 mx.test.example ESMTP\r\n";

fn lines(stdout: &str) -> Vec<Value> {
    stdout.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))).collect()
}

fn of_type<'a>(lines: &'a [Value], wanted: &str) -> Vec<&'a Value> {
    lines.iter().filter(|line| line["type"] == wanted).collect()
}

/// A command that reads its list from a pipe.
struct Piped {
    child: Child,
}

impl Piped {
    fn start(arguments: &[&str]) -> Self {
        let child = Command::new(env!("CARGO_BIN_EXE_mailprobe"))
            .args(["--targets", "-"])
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the command starts");
        Self { child }
    }

    fn code(&mut self) -> Option<i32> {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("a child") {
                return status.code();
            }
            assert!(begun.elapsed() < PATIENCE, "the command does not end");
            thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Piped {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
