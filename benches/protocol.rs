//! How fast the dialogues read what servers say: `cargo bench --bench protocol`.
//!
//! Each is compared with merely cutting the same bytes at their line feeds. With `--test`, or run by `cargo test`, it only
//! shows that it works.

use std::hint::black_box;
use std::io::Write as _;
use std::time::{Duration, Instant};

use mailprobe::internals::protocol::imap::Imap;
use mailprobe::internals::protocol::line::LineSplitter;
use mailprobe::internals::protocol::pop3::Pop3;
use mailprobe::internals::protocol::smtp::Smtp;
use mailprobe::internals::protocol::{Dialogue, Input, Settings, Step, Upgrade, Wants};

/// Recorded from real servers.
const RECORDED: [(&str, &str); 3] = [
    ("smtp", include_str!("../tests/scenarios/postfix-587.txt")),
    ("imap", include_str!("../tests/scenarios/dovecot-143.txt")),
    ("pop3", include_str!("../tests/scenarios/dovecot-110.txt")),
];

/// How long each measurement goes on.
const PATIENCE: Duration = Duration::from_millis(500);

fn main() {
    let in_earnest = std::env::args().any(|argument| argument == "--bench")
        && !std::env::args().any(|argument| argument == "--test");
    let patience = if in_earnest { PATIENCE } else { Duration::ZERO };
    let mut output = std::io::stdout().lock();
    for (name, recorded) in RECORDED {
        let answers = answers(recorded);
        let lines = answers.iter().flatten().filter(|&&byte| byte == b'\n').count();
        let understood = repeat(patience, || assert!(converse(name, &answers), "{name} does not come to its end"));
        let cut = repeat(patience, || {
            for line in answers.iter().flat_map(|answer| answer.split(|&byte| byte == b'\n')) {
                black_box(line);
            }
        });
        let (understood, cut) = (per_line(understood, lines), per_line(cut, lines));
        let ratio = understood / cut;
        let rate = 1e3 / understood;
        // Nothing is left to be done about a standard output that is closed.
        let _ = writeln!(
            output,
            "{name}: {understood:.0} ns a line, {rate:.1} million lines a second, {ratio:.0} times the cutting"
        );
    }
}

/// What the server said between two commands. TLS comes without any bytes: an empty answer.
fn answers(recorded: &str) -> Vec<Vec<u8>> {
    let mut answers = vec![Vec::new()];
    for line in recorded.lines() {
        if let Some(text) = line.strip_prefix("S: ") {
            let bytes = text.replace("\\r\\n", "\r\n").into_bytes();
            answers.last_mut().expect("never empty").extend(bytes);
        } else if line.starts_with("C: ") {
            answers.push(Vec::new());
        }
    }
    answers
}

/// Holds the dialogue and says whether it came to its end.
fn converse(protocol: &str, answers: &[Vec<u8>]) -> bool {
    let settings = Settings {
        secured: false,
        upgrade: Upgrade::WhenOffered,
        hello: "probe.test.example".to_owned(),
        wants: Wants::default(),
    };
    let mut dialogue: Box<dyn Dialogue> = match protocol {
        "smtp" => Box::new(Smtp::new(settings)),
        "imap" => Box::new(Imap::new(settings)),
        _ => Box::new(Pop3::new(settings)),
    };
    let mut splitter = LineSplitter::new();
    for answer in answers {
        splitter.push(answer);
        while let Some(line) = splitter.next_line() {
            match dialogue.input(line.into()) {
                Step::Read | Step::Write(_) => {}
                Step::WriteSecret(_) | Step::AskLeave(_) => unreachable!("no errand is wanted"),
                Step::StartTls { .. } => drop(dialogue.input(Input::TlsUp)),
                Step::Done { farewell } => {
                    black_box(dialogue.conversation());
                    return !farewell.is_empty();
                }
            }
        }
    }
    false
}

/// The time that one call takes.
fn repeat(patience: Duration, mut work: impl FnMut()) -> Duration {
    let began = Instant::now();
    let mut times = 0;
    loop {
        (0..100).for_each(|_| work());
        times += 100;
        if began.elapsed() >= patience {
            return began.elapsed() / times;
        }
    }
}

fn per_line(time: Duration, lines: usize) -> f64 {
    let lines = u32::try_from(lines).unwrap_or(u32::MAX);
    time.as_secs_f64() * 1e9 / f64::from(lines)
}
