//! Servers that flood, drip and never end cost bounded memory and time.
#![cfg(target_os = "linux")]

use std::fs;
use std::process::{Command, Stdio};
use std::sync::LazyLock;
use std::thread;
use std::time::{Duration, Instant};

use mailprobe_lab::{Behaviour, Server};

/// The most memory that a check may have resident beyond what a check of a good server takes, most of which is the program.
const MOST_BEYOND_KIB: u64 = 16 * 1024;

/// What a check of a good server takes.
static USUAL_KIB: LazyLock<u64> = LazyLock::new(|| {
    let peaks = (0..5).map(|_| probe("smtp:starttls", "submission", "json").peak_kib);
    peaks.max().expect("five runs")
});

/// The most that a report of one endpoint may have, its transcript included.
const MOST_BYTES: usize = 1024 * 1024;

/// What an endpoint may take by the options below.
const TIMEOUT: &str = "4s";

/// Far beyond that, and far below what the lab would go on for: two minutes.
const LONGEST: Duration = Duration::from_secs(40);

/// The time between two bytes of a server that drips.
const BEAT: Duration = Duration::from_millis(100);

/// Each of them never ends, or takes for ever about it.
const FAULTS: [&str; 9] = [
    "endless-line",
    "endless-greeting",
    "endless-greetings",
    "endless-capabilities",
    "endless-hello",
    "endless-empty-records",
    "dripped-handshake",
    "dripped-greeting",
    "tarpit",
];

/// The protocols and securities, and the URL schemes under which they are probed.
const SERVERS: [(&str, &str); 6] = [
    ("smtp:starttls", "submission"),
    ("smtp:implicit", "submissions"),
    ("imap:starttls", "imap"),
    ("imap:implicit", "imaps"),
    ("pop3:starttls", "pop3"),
    ("pop3:implicit", "pop3s"),
];

#[test]
fn a_server_without_end_costs_bounded_memory_and_time() {
    for fault in FAULTS {
        // One fault at a time; the slow ones take no processor.
        thread::scope(|scope| {
            for (server, scheme) in SERVERS {
                scope.spawn(move || is_bounded(&format!("{server}:{fault}"), scheme, "json"));
            }
        });
    }
}

#[test]
fn the_page_for_a_person_is_bounded_too() {
    for fault in ["endless-line", "endless-greetings", "endless-capabilities"] {
        is_bounded(&format!("smtp:starttls:{fault}"), "submission", "human");
    }
}

fn is_bounded(words: &str, scheme: &str, format: &str) {
    // Under load a short run may be over before it was looked at.
    let spent = (0..5).map(|_| probe(words, scheme, format)).find(|spent| spent.peak_kib > 0);
    let Spent { code, output, peak_kib, time } = spent.expect("one run was seen while it lasted");
    assert!(time < LONGEST, "{words} took {time:?}");
    let usual = *USUAL_KIB;
    assert!(peak_kib < usual + MOST_BEYOND_KIB, "{words} took {peak_kib} KiB, a good server {usual}");
    assert!(output.len() < MOST_BYTES, "{words}: {} bytes of output", output.len());
    // Something is wrong with the server, and mailprobe says what: it neither broke nor gave up.
    assert!((8..=14).contains(&code), "{words}: exit {code}, {output}");
}

/// What a check cost and said.
struct Spent {
    code: i32,
    output: String,
    peak_kib: u64,
    time: Duration,
}

/// Probes one server to the end.
fn probe(words: &str, scheme: &str, format: &str) -> Spent {
    let behaviour: Behaviour = words.parse().unwrap_or_else(|error| panic!("{words}: {error}"));
    let server = Server::start(behaviour.beat(BEAT));
    let begin = Instant::now();
    let mut command = Command::new(env!("CARGO_BIN_EXE_mailprobe"));
    match format {
        "human" => command.arg("--verbose"),
        _ => command.args(["--transcript", "--format", format]),
    };
    command.args(["--timeout", TIMEOUT, &server.url(scheme)]).stdout(Stdio::piped());
    let child = command.spawn().expect("the command starts");
    let id = child.id();
    let reader = thread::spawn(move || child.wait_with_output().expect("an output"));
    let mut peak_kib = 0;
    while !reader.is_finished() {
        // The high-water mark only rises, so the last look before the end is as good as any.
        peak_kib = resident_peak_kib(id).unwrap_or(peak_kib);
        thread::sleep(Duration::from_millis(1));
    }
    let output = reader.join().expect("a reader");
    Spent {
        code: output.status.code().expect("the command exits and is not killed"),
        output: String::from_utf8(output.stdout).expect("UTF-8"),
        peak_kib,
        time: begin.elapsed(),
    }
}

/// The most memory that a process has had resident: `VmHWM` in its /proc/PID/status; `None` once it is gone.
fn resident_peak_kib(process: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}
