//! Far more at once than anybody should ask for: every scrape is answered in time, and memory stays bounded.

#![cfg(all(feature = "serve", target_os = "linux"))]

#[path = "../serving/mod.rs"]
mod serving;

use std::collections::BTreeMap;
use std::io::{self, Read as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Barrier, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use mailprobe_lab::skips;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use serving::{Answer, SCRAPE_TIMEOUT, Service, get, probe_path};

const AT_ONCE: u16 = 1000;

/// What Prometheus would say, and the latest moment of an answer.
const SCRAPE_LIMIT: (&str, Duration) = ("10", Duration::from_secs(10));

/// An answer that comes later than this is a hang, however busy the machine.
const HANGS: Duration = Duration::from_secs(60);

/// In an unoptimised build; the measurement is in `assert_bounded`.
const MOST_MEBIBYTES: u64 = 256;

/// One test at a time: each asks for all that the machine has.
static TURN: Mutex<()> = Mutex::new(());

/// A mail server on every address of the loopback that accepts connections and says nothing. Ends with the test program.
struct SilentServer {
    port: u16,
    accepted: Arc<Mutex<BTreeMap<IpAddr, usize>>>,
}

impl SilentServer {
    fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, 0)).expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let accepted: Arc<Mutex<BTreeMap<IpAddr, usize>>> = Arc::default();
        let noted = Arc::clone(&accepted);
        thread::spawn(move || {
            let mut held = Vec::new();
            for stream in listener.incoming().flatten() {
                if let Ok(address) = stream.local_addr() {
                    *noted.lock().unwrap_or_else(PoisonError::into_inner).entry(address.ip()).or_default() += 1;
                }
                held.push(stream);
            }
        });
        Self { port, accepted }
    }

    fn target(&self, number: u16) -> String {
        format!("smtp://{}:{}", Ipv4Addr::from(0x7f20_0001 + u32::from(number)), self.port)
    }

    /// How many connections each address has accepted.
    fn accepted(&self) -> BTreeMap<IpAddr, usize> {
        self.accepted.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Whether there are descriptors for all that a test holds; if not, it is skipped.
fn has_descriptors() -> bool {
    const WANTED: u64 = 4096;
    let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE).expect("a limit");
    let enough = hard >= WANTED && setrlimit(Resource::RLIMIT_NOFILE, hard, hard).is_ok();
    if !enough {
        skips::skip(&skips::this_test(), "this user may not open 4,096 descriptors");
    }
    enough
}

/// Scrapes them all at the same moment.
fn scrape_at_once(address: SocketAddr, targets: &[String]) -> Vec<io::Result<Answer>> {
    let starts = Barrier::new(targets.len());
    thread::scope(|scope| {
        let asking: Vec<_> = targets
            .iter()
            .map(|target| {
                let ask = || {
                    starts.wait();
                    get(address, &probe_path(target), &[(SCRAPE_TIMEOUT, SCRAPE_LIMIT.0)], HANGS)
                };
                thread::Builder::new().stack_size(256 * 1024).spawn_scoped(scope, ask).expect("a thread")
            })
            .collect();
        asking.into_iter().map(|one| one.join().expect("no panic")).collect()
    })
}

/// Every one is answered, in time: with what was seen, or with the refusal that Prometheus shows as `up 0`. How many had each.
///
/// A check that is shared began with the first who asked for it, so much `earlier` at most.
fn assert_answered(answers: Vec<io::Result<Answer>>, earlier: Duration) -> (usize, usize) {
    let (mut checked, mut refused) = (0, 0);
    for answer in answers {
        let answer = answer.expect("an answer");
        match answer.code {
            200 => {
                checked += 1;
                let samples = answer.samples();
                assert!(samples.only("probe_success") < 0.5, "{}", answer.body);
                let states = samples.set("mailprobe_endpoint_state", "state");
                assert!(states.iter().all(|state| ["inconclusive", "no-greeting"].contains(state)), "{}", answer.body);
                // Its own clock: that of a thousand threads on a busy machine is no measure.
                let longest = (SCRAPE_LIMIT.1 + earlier).as_secs_f64();
                assert!(samples.only("probe_duration_seconds") <= longest, "{}", answer.body);
            }
            429 => {
                refused += 1;
                assert!(answer.head.to_ascii_lowercase().contains("\nretry-after: "), "{}", answer.head);
                assert_eq!(answer.body.trim_end().lines().count(), 1, "{}", answer.body);
            }
            _ => panic!("{}\n{}", answer.head, answer.body),
        }
        assert!(answer.took < HANGS / 2, "{:?}\n{}", answer.took, answer.body);
    }
    (checked, refused)
}

fn assert_bounded(service: &Service) {
    let mebibytes = service.peak_kib() / 1024;
    assert!(mebibytes < MOST_MEBIBYTES, "{mebibytes} MiB");
}

fn assert_healthy_at_once(service: &Service) {
    let answer = service.get("/-/healthy", &[]).expect("an answer");
    assert_eq!(answer.code, 200);
    assert!(answer.took < Duration::from_secs(2), "{:?}", answer.took);
}

#[test]
fn a_thousand_targets_at_once() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    if !has_descriptors() {
        return;
    }
    let (server, service) = (SilentServer::start(), Service::start(&[]));
    let targets: Vec<String> = (0..AT_ONCE).map(|number| server.target(number)).collect();
    let answers = scrape_at_once(service.address, &targets);
    assert_healthy_at_once(&service);
    let (checked, refused) = assert_answered(answers, Duration::ZERO);
    assert!(checked > 0, "all {refused} were refused");
    assert_bounded(&service);
    // What was refused was not begun.
    let begun = server.accepted().len();
    assert!(begun <= checked, "{begun} servers were connected to, {checked} scrapes answered with what was seen");
}

#[test]
fn a_thousand_times_the_same_target() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    if !has_descriptors() {
        return;
    }
    let (server, service) = (SilentServer::start(), Service::start(&[]));
    let answers = scrape_at_once(service.address, &vec![server.target(0); usize::from(AT_ONCE)]);
    assert_healthy_at_once(&service);
    let (checked, refused) = assert_answered(answers, Duration::from_secs(5));
    assert_eq!((checked, refused), (usize::from(AT_ONCE), 0), "they share one check");
    assert_bounded(&service);
    let connections: usize = server.accepted().values().sum();
    // A check may look twice, and a scrape that came late begins another.
    assert!(connections <= 20, "{connections} connections for equal scrapes at the same time");
}

/// Clients that send a byte now and then, and never end.
#[test]
fn clients_that_dawdle_keep_nobody_waiting_and_are_hung_up_on() {
    const DAWDLERS: usize = 500;
    const HUNG_UP_ON_WITHIN: Duration = Duration::from_secs(60);
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    if !has_descriptors() {
        return;
    }
    let (server, service) = (SilentServer::start(), Service::start(&[]));
    let before = service.descriptors();
    let mut dawdlers: Vec<TcpStream> = (0..DAWDLERS)
        .map(|_| {
            let stream = TcpStream::connect(service.address).expect("a connection");
            stream.set_nonblocking(true).expect("a socket");
            stream
        })
        .collect();
    let request: Vec<u8> =
        b"GET /probe?target=127.0.0.1 HTTP/1.1\r\nX-Slow: ".iter().copied().chain([b'x'].repeat(200)).collect();
    let began = Instant::now();
    for &byte in &request {
        dawdlers.retain_mut(|stream| stream.write_all(&[byte]).is_ok() && !has_ended(stream));
        if dawdlers.is_empty() {
            break;
        }
        assert!(began.elapsed() < HUNG_UP_ON_WITHIN, "{} dawdlers still hold a connection", dawdlers.len());
        if began.elapsed() < Duration::from_secs(3) {
            assert_healthy_at_once(&service);
            let answer = get(service.address, &probe_path(&server.target(1)), &[(SCRAPE_TIMEOUT, "1.5")], HANGS);
            let answer = answer.expect("an answer");
            assert!(answer.code == 200 && answer.took < Duration::from_secs(5), "{answer:?}");
        }
        thread::sleep(Duration::from_millis(500));
    }
    assert!(dawdlers.is_empty(), "{} dawdlers still hold a connection", dawdlers.len());
    assert_bounded(&service);
    // None of their connections is left on this side either.
    let deadline = Instant::now() + Duration::from_secs(10);
    while service.descriptors() > before + 10 {
        assert!(Instant::now() < deadline, "{} descriptors, and {before} before", service.descriptors());
        thread::sleep(Duration::from_millis(100));
    }
}

/// Whether the service hung up, perhaps after a last word.
fn has_ended(stream: &mut TcpStream) -> bool {
    match stream.read(&mut [0; 1024]) {
        Ok(0) => true,
        Ok(_) => false,
        Err(error) => error.kind() != io::ErrorKind::WouldBlock,
    }
}
