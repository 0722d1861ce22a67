//! What README.md, ARCHITECTURE.md and docs/threats.md say is so.

#![cfg(feature = "cli")]

mod command;
#[cfg(target_os = "linux")]
mod netns;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;
use std::sync::LazyLock;

use command::{report, run};
use mailprobe::internals::diagnosis::State;
use serde_json::Value;
use socket2::{Domain, Socket, Type};

/// As committed: on Windows, git may give it other line ends.
static README: LazyLock<String> = LazyLock::new(|| include_str!("../README.md").replace("\r\n", "\n"));
const ARCHITECTURE: &str = include_str!("../ARCHITECTURE.md");
const THREATS: &str = include_str!("../docs/threats.md");

#[test]
fn every_command_works() {
    let commands: Vec<&str> = blocks(&README, "sh").iter().flat_map(|block| block.lines()).collect();
    for required in ["cargo run -p mailprobe-demo", "cargo test", "mailprobe mail.example.org"] {
        assert!(commands.contains(&required), "{required} is missing in {commands:?}");
    }
    for command in commands.into_iter().collect::<BTreeSet<_>>() {
        let words: Vec<&str> = command.split_whitespace().collect();
        match words.as_slice() {
            ["cargo", "run", "-p", "mailprobe-demo"] => demo_shows_good_and_bad(),
            // This is it.
            ["cargo", "test"] => {}
            // It installs packages: tests/comparison.rs has what can be checked without.
            ["python3", "scripts/compare"] => assert!(root().join("scripts/compare/__main__.py").is_file()),
            ["cargo", "install", "--path", "."] => assert!(root().join("src/main.rs").is_file()),
            ["mailprobe", arguments @ ..] => is_understood(arguments),
            _ => panic!("no test knows the README's command {command:?}"),
        }
    }
}

fn demo_shows_good_and_bad() {
    // As a newcomer runs it, in a shell with nothing set; built beside the command, where it has been built before.
    let output = Command::new(env!("CARGO"))
        .args(["run", "--offline", "-p", "mailprobe-demo"])
        .current_dir(root())
        .output()
        .expect("cargo starts");
    let shown = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{shown}\n{}", String::from_utf8_lossy(&output.stderr));
    for word in ["PASS", "ok", "FAIL", "connection-refused", "no-greeting", "certificate-invalid", "hint: "] {
        assert!(shown.contains(word), "{word:?} is missing in\n{shown}");
    }
    for line in shown.lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
}

/// The arguments are accepted. A file that does not exist keeps the command from asking the network.
fn is_understood(arguments: &[&str]) {
    if ["ports", "providers"].iter().any(|command| arguments.first() == Some(command)) {
        assert_eq!(run(arguments).code, 0, "{arguments:?}");
        return;
    }
    // Nobody is there to be asked for a password.
    let password: &[&str] = if arguments.contains(&"--login") { &["--password-file", "Cargo.toml"] } else { &[] };
    let outcome = run(&[arguments, &["--ca-file", "no-such-file.pem"], password].concat());
    // A plugin says so with 3.
    let wrong = if arguments.contains(&"nagios") { 3 } else { 2 };
    assert_eq!(outcome.code, wrong, "{arguments:?}: {}", outcome.stderr);
    assert!(outcome.stderr.contains("cannot read the CA file no-such-file.pem"), "{arguments:?}: {}", outcome.stderr);
}

#[test]
fn every_option_exists() {
    let help = run(&["--help"]).stdout;
    let exists = |option: &str| help.split([' ', ',', '\n']).any(|word| word == option);
    let own = code_spans(&README).into_iter().filter(|code| code.starts_with("mailprobe ") || code.starts_with('-'));
    let mut options = BTreeSet::new();
    for code in own.chain(blocks(&README, "sh").iter().flat_map(|block| block.lines())) {
        if !code.starts_with("cargo ") {
            options.extend(code.split_whitespace().filter(|word| word.starts_with('-')));
        }
    }
    assert!(options.contains("--format") && options.contains("--strict"), "{options:?}");
    for option in options {
        assert!(exists(option), "{option} is not in the help");
    }
}

#[test]
fn the_exit_codes_are_the_programs() {
    let table: BTreeMap<u8, Vec<&str>> = README
        .lines()
        .filter_map(|line| {
            let cells: Vec<&str> = line.trim_matches('|').split('|').collect();
            let [code, _, states] = cells.as_slice() else { return None };
            Some((code.trim().parse().ok()?, code_spans(states)))
        })
        .collect();
    for &state in State::ALL {
        let row = table.get(&state.exit_code()).unwrap_or_else(|| panic!("{state} has no row"));
        assert!(row.contains(&state.name()), "{state} is not in the row of {}", state.exit_code());
    }
    for (&code, states) in &table {
        for name in states {
            let state = State::from_name(name).unwrap_or_else(|| panic!("{name} is no state"));
            assert_eq!(state.exit_code(), code, "{name}");
        }
    }
    // The codes without a state are the command's own affair, so they are read where it declares them.
    let declared = include_str!("../src/cli/exit.rs").lines().filter_map(|line| {
        line.strip_prefix("pub(super) const ")?.split_once("u8 = ")?.1.strip_suffix(';')?.parse().ok()
    });
    let different_causes = 1;
    let of_states = State::ALL.iter().map(|state| state.exit_code());
    let all: BTreeSet<u8> = declared
        .chain(of_states)
        .chain([
            different_causes,
            mailprobe::internals::policy::NOT_AS_EXPECTED,
            mailprobe::internals::blocked::NO_NETWORK,
        ])
        .collect();
    assert_eq!(table.keys().copied().collect::<BTreeSet<_>>(), all);
}

#[test]
fn the_json_is_what_the_program_prints() {
    let [shown] = blocks(&README, "json")[..] else { panic!("one block of JSON is expected") };
    // Taken, so that nobody else listens there, and not listened on.
    let closed = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
    closed.bind(&"127.0.0.1:0".parse::<std::net::SocketAddr>().expect("an address").into()).expect("a free port");
    let port = closed.local_addr().expect("an address").as_socket().expect("an IP address").port();
    let shown: Value = serde_json::from_str(&shown.replace("2525", &port.to_string())).expect("JSON");
    let (_, live) = report(&[&format!("smtp://127.0.0.1:{port}")]);
    assert_within(&shown, &live);
}

/// Whether everything in `part` is in `whole`, which may say more.
fn assert_within(part: &Value, whole: &Value) {
    match (part, whole) {
        (Value::Object(part), Value::Object(whole)) => {
            for (name, value) in part {
                assert_within(value, whole.get(name).unwrap_or_else(|| panic!("{name} is missing")));
            }
        }
        (Value::Array(part), Value::Array(whole)) if part.len() <= whole.len() => {
            part.iter().zip(whole).for_each(|(part, whole)| assert_within(part, whole));
        }
        _ => assert_eq!(part, whole),
    }
}

#[cfg(target_os = "linux")]
#[test]
fn the_sample_is_what_the_program_prints() {
    use mailprobe_lab::{Behaviour, Pki, Server};

    const TEST: &str = "the_sample_is_what_the_program_prints";
    const SERVERS: [(u16, &str); 6] = [
        (465, "smtp:implicit"),
        (587, "smtp:starttls"),
        (110, "pop3:starttls"),
        (995, "pop3:implicit"),
        (143, "imap:starttls"),
        (993, "imap:implicit:expired-wrong-name"),
    ];
    netns::in_own_network(TEST, || {
        let sample = blocks(&README, "text")[0];
        let (prompt, shown) = sample.split_once('\n').expect("a command and its output");
        let arguments: Vec<&str> =
            prompt.strip_prefix("$ mailprobe ").expect("the command").split_whitespace().collect();

        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("ca.pem"), Pki::shared().ca_pem()).expect("a file");
        std::fs::write(folder.path().join("hosts"), "127.0.0.1 mail.test.example\n").expect("a file");
        let network = netns::Network::new(TEST, &[]);
        network.run(&format!("mount --bind {}/hosts /etc/hosts", folder.path().display()));
        network.run(
            "nft 'table inet filter {
                chain input { type filter hook input priority 0; tcp dport 25 drop; }
            }'",
        );
        let _servers = SERVERS.map(|(port, words)| {
            let behaviour: Behaviour = words.parse().expect("a behaviour");
            Server::start_at(behaviour, ([127, 0, 0, 1], port).into()).expect("the port is free")
        });
        let output = command::mailprobe(&arguments).current_dir(folder.path()).output().expect("the command starts");
        let printed = String::from_utf8_lossy(&output.stdout);
        assert_eq!(timeless(shown), timeless(&printed), "now it is:\n{printed}");
    });
}

/// The text as a plain terminal shows it, without dates and durations.
#[cfg(target_os = "linux")]
fn timeless(text: &str) -> Vec<String> {
    let plain = text.replace('✓', "+").replace('✗', "x").replace('·', "-");
    let is_date = |word: &str| word.len() >= 10 && word.bytes().filter(|&byte| byte == b'-').count() == 2;
    plain
        .lines()
        .map(|line| {
            let mut words: Vec<&str> =
                line.split_whitespace().map(|word| if is_date(word) { "DATE" } else { word }).collect();
            if let [.., number, "ms" | "s"] = words[..]
                && number.parse::<f64>().is_ok()
            {
                words.truncate(words.len() - 2);
            }
            words.join(" ")
        })
        .collect()
}

#[test]
fn every_path_exists() {
    for (page, text) in
        [("README.md", README.as_str()), ("ARCHITECTURE.md", ARCHITECTURE), ("docs/threats.md", THREATS)]
    {
        let paths: Vec<&str> = code_spans(text).into_iter().filter(|code| is_path(code)).collect();
        assert!(!paths.is_empty(), "{page} names no path");
        for path in paths {
            assert!(root().join(path).exists(), "{page} names {path}, which does not exist");
        }
    }
}

#[test]
fn every_limit_and_test_of_the_page_of_threats_exists() {
    let mut code = String::new();
    let mut folders = vec![root().join("src"), root().join("tests")];
    while let Some(folder) = folders.pop() {
        for path in std::fs::read_dir(folder).expect("a folder").flatten().map(|entry| entry.path()) {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                code += &std::fs::read_to_string(path).expect("a file");
            }
        }
    }
    let (mut limits, mut tests) = (0, 0);
    for line in THREATS.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| ---")) {
        let cells: Vec<&str> = line.trim_matches(['|', ' ']).split(" | ").collect();
        let [what, how, held] = cells.as_slice() else { panic!("three cells are expected: {line}") };
        let is_header = *held == "held by";
        let is_test = |code: &&str| !is_path(code) && code.contains('_');
        for test in code_spans(held).into_iter().filter(is_test) {
            assert!(code.contains(&format!("fn {test}(")), "{what}: there is no test {test}");
            tests += 1;
        }
        let says_who = held.contains('`') || held.contains("no test") || held.contains("see tests/");
        assert!(is_header || says_who, "{what}: no test is named");
        let is_limit = |code: &&str| code.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_');
        for limit in code_spans(how).into_iter().filter(is_limit) {
            assert!(code.contains(&format!("const {limit}: ")), "{what}: there is no limit {limit}");
            limits += 1;
        }
    }
    assert!(limits > 20 && tests > 40, "{limits} limits, {tests} tests");
}

fn is_path(code: &str) -> bool {
    let ends = [".rs", ".md", ".toml", ".json", ".sh", ".yml", "/"];
    !code.contains(' ')
        && !code.contains("://")
        && (ends.iter().any(|end| code.ends_with(end)) || code.starts_with(".ci"))
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// What stands between fences of this kind.
fn blocks<'a>(text: &'a str, kind: &str) -> Vec<&'a str> {
    let opening = format!("\n```{kind}\n");
    text.split(&opening).skip(1).filter_map(|rest| rest.split("```").next()).collect()
}

/// What stands between single backquotes, fenced blocks left out.
fn code_spans(text: &str) -> Vec<&str> {
    text.split("```").step_by(2).flat_map(|prose| prose.split('`').skip(1).step_by(2)).collect()
}
