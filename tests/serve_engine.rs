//! `mailprobe serve` under time pressure: answers before the scraper gives up, equal scrapes, many scrapes, scrapers that go
//! away.

#![cfg(target_os = "linux")]

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use mailprobe_lab::{Act, Behaviour, Limits, Moment, Security, Server};

/// Far longer than anything here needs, on the slowest machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long before the scraper gives up it gets its answer.
const BEFORE_THE_SCRAPER: f64 = 0.5;

/// A running `mailprobe serve`, which ends with the test.
struct Service {
    child: Child,
    address: SocketAddr,
}

/// A scrape, begun.
struct Scrape {
    stream: TcpStream,
    begun: Instant,
}

/// An answer, and how long it took.
struct Answer {
    code: u16,
    body: String,
    took: Duration,
}

impl Service {
    fn start() -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mailprobe"));
        command.args(["serve", "--listen", "127.0.0.1:0"]).stdin(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the command starts");
        let mut log = BufReader::new(child.stderr.take().expect("a pipe"));
        let address = loop {
            let mut line = String::new();
            assert_ne!(log.read_line(&mut line).expect("UTF-8"), 0, "the service ended");
            let mut words = line.split_whitespace().map(|word| word.trim_matches(|c: char| !c.is_ascii_digit()));
            if let Some(address) = words.find_map(|word| word.parse::<SocketAddr>().ok()) {
                break address;
            }
        };
        thread::spawn(move || log.lines().for_each(drop));
        Self { child, address }
    }

    /// Asks for a check of a target, as a Prometheus does that waits so many seconds for the answer.
    fn scrape(&self, target: &str, seconds: f64) -> Scrape {
        let begun = Instant::now();
        let mut stream = TcpStream::connect(self.address).expect("the service listens");
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        write!(
            stream,
            "GET /probe?target={target} HTTP/1.1\r\nHost: {}\r\nX-Prometheus-Scrape-Timeout-Seconds: {seconds}\r\n\
             Connection: close\r\n\r\n",
            self.address,
        )
        .expect("it takes that");
        Scrape { stream, begun }
    }

    /// The most memory that it ever held, in bytes.
    fn most_memory(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("it runs");
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("the peak");
        let kilobytes = line.trim().trim_end_matches(" kB").parse::<u64>().expect("a number");
        kilobytes * 1024
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Scrape {
    fn answer(mut self) -> Answer {
        let mut text = String::new();
        self.stream.read_to_string(&mut text).expect("an answer");
        let took = self.begun.elapsed();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {text:?}"));
        let code = head.split(' ').nth(1).and_then(|code| code.parse().ok()).expect("a status line");
        Answer { code, body: body.to_owned(), took }
    }
}

impl Answer {
    /// The only state of the only port.
    fn state(&self) -> &str {
        let holds = |line: &&str| !line.starts_with('#') && line.contains("state=\"") && line.ends_with(" 1");
        let lines: Vec<&str> = self.body.lines().filter(holds).collect();
        let states = lines.iter().filter_map(|line| line.split_once("state=\"")?.1.split('"').next());
        let states: BTreeSet<&str> = states.collect();
        assert_eq!(states.len(), 1, "{}", self.body);
        states.into_iter().next().expect("one")
    }
}

fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < PATIENCE, "{what}");
        thread::sleep(Duration::from_millis(5));
    }
}

fn silent() -> Server {
    Server::start(Behaviour::smtp(Security::StartTls).fault("silent"))
}

#[test]
fn an_unfinished_check_is_answered_in_time_with_its_state() {
    let service = Service::start();
    let half_way = Behaviour::smtp(Security::StartTls).at(Moment::Capabilities, [Act::Stall]);
    for server in [silent(), Server::start(half_way)] {
        let answer = service.scrape(&server.url("smtp"), 2.0 + BEFORE_THE_SCRAPER).answer();
        assert_eq!(answer.code, 200);
        assert_eq!(answer.state(), "inconclusive");
        assert!(
            answer.body.contains("\nprobe_success 0\n") || answer.body.contains("probe_success{"),
            "{}",
            answer.body
        );
        assert!(answer.took < Duration::from_secs(2), "{:?}", answer.took);
        assert!(answer.took > Duration::from_millis(1700), "its time was not used: {:?}", answer.took);
    }
}

#[test]
fn equal_scrapes_at_the_same_time_make_one_connection() {
    let (service, server) = (Service::start(), silent());
    let first = service.scrape(&server.url("smtp"), 3.5);
    wait_until("it is begun", || !server.connections().is_empty());
    let others = [2.5, 3.5, 4.5].map(|seconds| service.scrape(&server.url("smtp"), seconds));
    for scrape in others.into_iter().chain([first]) {
        let answer = scrape.answer();
        assert_eq!((answer.code, answer.state()), (200, "inconclusive"), "{}", answer.body);
    }
    assert_eq!(server.connections().len(), 1);

    service.scrape(&server.url("smtp"), 1.5).answer();
    assert_eq!(server.connections().len(), 2, "what is over is not answered again");
}

#[test]
fn a_scraper_that_goes_away_cancels_its_check() {
    let (service, server) = (Service::start(), silent());
    let scrape = service.scrape(&server.url("smtp"), 20.0);
    wait_until("it is begun", || !server.connections().is_empty());
    drop(scrape);
    let gone = Instant::now();
    wait_until("the connection ends", || server.connections().iter().all(|one| one.end.is_some()));
    assert!(gone.elapsed() < Duration::from_secs(5), "{:?}", gone.elapsed());
    // What it held is free again.
    let answer = service.scrape(&server.url("smtp"), 2.0).answer();
    assert_eq!((answer.code, server.connections().len()), (200, 2));
}

#[test]
fn a_thousand_scrapes_at_once_are_answered_in_time_within_bounds() {
    const SCRAPES: u16 = 1000;
    /// What judging hundreds of checks at the same moment takes longer than in a program that is built for use.
    const UNOPTIMISED: Duration = Duration::from_secs(2);
    mailprobe::internals::probe::raise_limit(3 * usize::from(SCRAPES));
    let service = Service::start();
    let silent = Behaviour::smtp(Security::StartTls).fault("silent");
    let limits = Limits { open_connections: usize::from(SCRAPES), ..Limits::default() };
    let server = Server::start_with(silent, (Ipv4Addr::UNSPECIFIED, 0).into(), limits).expect("a port");
    // All of them on this machine, and each with an address of its own.
    let target =
        |number: u16| format!("smtp://127.1.{}.{}:{}", number / 250, number % 250 + 1, server.address().port());
    let seconds = 8.0;
    let scrapes: Vec<Scrape> = (0..SCRAPES).map(|number| service.scrape(&target(number), seconds)).collect();
    let (mut checked, mut refused) = (0, 0);
    for scrape in scrapes {
        let answer = scrape.answer();
        match answer.code {
            200 => {
                assert_eq!(answer.state(), "inconclusive");
                checked += 1;
            }
            429 => refused += 1,
            other => panic!("{other}: {}", answer.body),
        }
        assert!(answer.took < Duration::from_secs_f64(seconds) + UNOPTIMISED, "{:?}", answer.took);
    }
    assert_eq!(checked + refused, usize::from(SCRAPES));
    assert!(checked > 0 && refused > 0, "{checked} were checked, {refused} refused");
    // What could not end in time was not begun.
    assert!(server.connections().len() <= checked, "{} connections, {checked} checks", server.connections().len());
    let most = service.most_memory();
    assert!(most < 128 << 20, "{most} bytes");
}
