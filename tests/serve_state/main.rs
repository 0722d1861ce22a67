//! `mailprobe serve` with targets of its own: what it saw and told survives whatever happens to it.

#![cfg(unix)]

mod receiver;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use mailprobe::internals::serve::webhook_schema;
use mailprobe_lab::skips;
use receiver::{Receiver, fickle_server};
use rusqlite::Connection;
use tempfile::TempDir;

/// Far longer than anything here needs, on the slowest machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running service. It is killed with the test, however that ends.
struct Service {
    child: Child,
    log: mpsc::Receiver<String>,
    said: Vec<String>,
}

impl Service {
    fn start(folder: &Path) -> Self {
        Self::start_by(Command::new(env!("CARGO_BIN_EXE_mailprobe")), folder, &folder.join("state.db"))
    }

    /// `command` is the service, or what becomes it.
    fn start_by(mut command: Command, folder: &Path, state: &Path) -> Self {
        command.args(["serve", "--listen", "127.0.0.1:0", "--config"]).arg(folder.join("mailprobe.toml"));
        command.arg("--state").arg(state).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the service starts");
        let stderr = BufReader::new(child.stderr.take().expect("a pipe"));
        let (tell, log) = mpsc::channel();
        thread::spawn(move || stderr.lines().map_while(Result::ok).try_for_each(|line| tell.send(line)));
        Self { child, log, said: Vec::new() }
    }

    /// The line of the log that holds these words.
    fn wait_for(&mut self, words: &str) -> String {
        let begun = Instant::now();
        loop {
            let line = self.log.recv_timeout(PATIENCE.saturating_sub(begun.elapsed()));
            let line = line.unwrap_or_else(|_| panic!("no {words:?} in {:#?}", self.said));
            self.said.push(line.clone());
            if line.contains(words) {
                return line;
            }
        }
    }

    fn address(&mut self) -> SocketAddr {
        let line = self.wait_for("listening on");
        let (_, address) = line.rsplit_once("http://").expect("a URL");
        address.trim().parse().expect("an address")
    }

    fn kill(mut self) {
        self.child.kill().expect("it runs");
        self.child.wait().expect("it ended");
    }

    /// Ends it as an operator does.
    fn stop(mut self) -> Option<i32> {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-s", "TERM", &pid]).status().expect("kill").success());
        self.code()
    }

    fn code(&mut self) -> Option<i32> {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("a child") {
                return status.code();
            }
            assert!(begun.elapsed() < PATIENCE, "the service does not end");
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// What it says before it ends by itself.
    fn refusal(mut self) -> (Option<i32>, Vec<String>) {
        let code = self.code();
        let said = self.log.iter().collect();
        (code, said)
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A folder with a configuration that has these servers checked, each by several modules.
fn folder_with(servers: &[SocketAddr], modules: usize, webhook: Option<SocketAddr>) -> TempDir {
    let folder = TempDir::new().expect("a folder");
    let mut config = String::new();
    for module in 0..modules {
        writeln!(config, "[modules.m{module}]\ndeadline = \"5s\"").expect("text");
        for server in servers {
            let target =
                format!("[[targets]]\ntarget = \"smtp://{server}\"\nmodule = \"m{module}\"\ninterval = \"10s\"");
            writeln!(config, "{target}").expect("text");
        }
    }
    if let Some(webhook) = webhook {
        writeln!(config, "[webhook]\nurl = \"http://{webhook}/hook\"").expect("text");
    }
    fs::write(folder.path().join("mailprobe.toml"), config).expect("a file");
    folder
}

fn get(address: SocketAddr, path: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("it listens");
    write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").expect("a request");
    let mut reply = String::new();
    stream.read_to_string(&mut reply).expect("a reply");
    reply
}

fn texts(database: &Connection, query: &str) -> Vec<String> {
    let mut query = database.prepare(query).expect("a query");
    let texts = query.query_map([], |row| row.get(0)).expect("rows");
    texts.collect::<Result<_, _>>().expect("texts")
}

#[test]
fn killed_fifty_times_it_opens_again_and_no_event_is_lost_or_doubled() {
    let servers: Vec<SocketAddr> = (0..8).map(|_| fickle_server()).collect();
    let receiver = Receiver::start(false);
    let folder = folder_with(&servers, 12, Some(receiver.address));
    let mut acknowledged_before = BTreeSet::new();
    for round in 0..50_u64 {
        let mut service = Service::start(folder.path());
        service.wait_for("listening on");
        thread::sleep(Duration::from_millis(200 + round * 137 % 900));
        service.kill();
        if round % 10 == 9 {
            let database = Connection::open(folder.path().join("state.db")).expect("it opens");
            let ids: BTreeSet<String> =
                texts(&database, "SELECT id FROM events WHERE acknowledged_at IS NOT NULL").into_iter().collect();
            assert!(ids.is_superset(&acknowledged_before), "an acknowledged event is gone");
            acknowledged_before = ids;
        }
    }
    receiver.recover();
    let mut service = Service::start(folder.path());
    service.wait_for("listening on");
    thread::sleep(Duration::from_secs(12));
    assert_eq!(service.stop(), Some(0));

    let database = Connection::open(folder.path().join("state.db")).expect("it opens");
    assert_eq!(texts(&database, "PRAGMA integrity_check"), ["ok"]);
    let ids = texts(&database, "SELECT id FROM events");
    let distinct: BTreeSet<String> = ids.iter().cloned().collect();
    assert_eq!(ids.len(), distinct.len(), "an id is there twice");
    assert!(ids.len() > 50, "too little happened: {} events", ids.len());
    let acknowledged: BTreeSet<String> =
        texts(&database, "SELECT id FROM events WHERE acknowledged_at IS NOT NULL").into_iter().collect();
    assert!(acknowledged.is_superset(&acknowledged_before));
    assert_eq!(receiver.ids(), acknowledged, "the webhook took others than the database says");
    assert_eq!(acknowledged, distinct, "an event was not delivered");

    let schema = jsonschema::validator_for(webhook_schema().as_value()).expect("a valid schema");
    for event in receiver.taken() {
        assert!(schema.is_valid(&event), "{event:#}");
    }
}

#[test]
fn after_a_restart_the_last_states_are_known() {
    let closed = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port");
    let receiver = Receiver::start(true);
    let folder = folder_with(&[closed], 1, Some(receiver.address));
    let mut service = Service::start(folder.path());
    service.wait_for("was unknown, is fail");
    thread::sleep(Duration::from_millis(500));
    assert_eq!(service.stop(), Some(0));
    assert_eq!(receiver.taken().len(), 1, "sent before it ended");

    let mut service = Service::start(folder.path());
    let address = service.address();
    let begun = Instant::now();
    while !get(address, "/metrics").contains("mailprobe_serve_checks_total{verdict=\"fail\"} 1") {
        assert!(begun.elapsed() < PATIENCE, "it is not checked");
        thread::sleep(Duration::from_millis(200));
    }
    assert_eq!(service.stop(), Some(0));
    assert_eq!(receiver.taken().len(), 1, "nothing changed");
}

#[test]
fn a_file_that_cannot_be_used_is_refused_in_one_line_and_left_as_it_is() {
    let folder = folder_with(&[], 1, None);
    let state = folder.path().join("state.db");
    fs::write(&state, "my diary\n").expect("a file");
    let (code, said) = Service::start(folder.path()).refusal();
    assert_eq!((code, said.len()), (Some(2), 1), "{said:#?}");
    assert!(said[0].contains("state.db") && said[0].contains("no state file of mailprobe"), "{said:#?}");
    assert_eq!(fs::read_to_string(&state).expect("a file"), "my diary\n");

    fs::remove_file(&state).expect("gone");
    let mut first = Service::start(folder.path());
    first.wait_for("listening on");
    let (code, said) = Service::start(folder.path()).refusal();
    assert_eq!((code, said.len()), (Some(2), 1), "{said:#?}");
    assert!(said[0].contains("in use by another process"), "{said:#?}");
    assert_eq!(first.stop(), Some(0));
    let mut third = Service::start(folder.path());
    third.wait_for("listening on");
}

/// A service whose state file lies on a disk of its own, and that disk as it is seen from here.
fn on_small_disk(folder: &Path) -> Option<(Service, PathBuf)> {
    let disk = folder.join("disk");
    fs::create_dir(&disk).expect("a folder");
    let mut command = Command::new("unshare");
    let script = "mount -t tmpfs -o size=512k tmpfs \"$1\" && shift && exec \"$@\"";
    command.args(["--user", "--map-root-user", "--mount", "sh", "-c", script, "sh"]).arg(&disk);
    let allowed = Command::new("unshare")
        .args(["--user", "--map-root-user", "--mount", "sh", "-c", script, "sh"])
        .arg(&disk)
        .arg("true")
        .output();
    if !allowed.is_ok_and(|output| output.status.success()) {
        return None;
    }
    command.arg(env!("CARGO_BIN_EXE_mailprobe"));
    let service = Service::start_by(command, folder, &disk.join("state.db"));
    let seen = format!("/proc/{}/root{}", service.child.id(), disk.display());
    Some((service, PathBuf::from(seen)))
}

#[test]
fn with_a_full_disk_it_goes_on_says_so_and_recovers() {
    let receiver = Receiver::start(true);
    let servers: Vec<SocketAddr> = (0..4).map(|_| fickle_server()).collect();
    let folder = folder_with(&servers, 4, Some(receiver.address));
    let Some((mut service, disk)) = on_small_disk(folder.path()) else {
        return skips::skip(&skips::this_test(), "no mount namespace can be made here");
    };
    let address = service.address();
    let filler = disk.join("filler");
    // It is written until there is no room.
    let _ = fs::write(&filler, vec![b'x'; 1024 * 1024]);
    service.wait_for("the state file cannot be written");
    let metrics = get(address, "/metrics");
    let failed = metrics.lines().find(|line| line.starts_with("mailprobe_serve_state_writes_failed_total"));
    assert!(failed.is_some_and(|line| !line.ends_with(" 0")), "{metrics}");
    assert!(get(address, "/-/healthy").contains("200 OK"));
    let told = receiver.taken().len();
    let begun = Instant::now();
    while receiver.taken().len() <= told {
        assert!(begun.elapsed() < PATIENCE, "events are not sent any more");
        thread::sleep(Duration::from_millis(100));
    }
    fs::remove_file(&filler).expect("gone");
    service.wait_for("the state file is written again");
    let complaints = service.said.iter().filter(|line| line.contains("cannot be written")).count();
    assert_eq!(complaints, 1, "{:#?}", service.said);

    // What was told meanwhile is in the database.
    thread::sleep(Duration::from_secs(1));
    let copy = folder.path().join("copy.db");
    let told = receiver.ids();
    fs::copy(disk.join("state.db"), &copy).expect("a copy");
    fs::copy(disk.join("state.db-wal"), folder.path().join("copy.db-wal")).expect("a copy");
    service.kill();
    let database = Connection::open(&copy).expect("it opens");
    let kept: BTreeSet<String> = texts(&database, "SELECT id FROM events").into_iter().collect();
    assert!(kept.is_superset(&told), "{} of {} are kept", kept.len(), told.len());
}
