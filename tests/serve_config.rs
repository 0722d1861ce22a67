//! `mailprobe serve`: what its command line and its configuration file may say, and reading the file again.
#![cfg(feature = "serve")]

mod command;

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use command::run;

fn refused(arguments: &[&str], word: &str) {
    let outcome = run(arguments);
    assert_eq!((outcome.code, outcome.stdout.as_str()), (2, ""), "{arguments:?}: {}", outcome.stderr);
    assert_eq!(outcome.stderr.lines().count(), 1, "{arguments:?}: {}", outcome.stderr);
    assert!(outcome.stderr.contains(word), "{arguments:?} should mention {word:?}: {}", outcome.stderr);
}

#[test]
fn what_the_service_does_not_take_is_refused_in_one_line() {
    for (arguments, word) in [
        (&["serve", "--login", "me"] as &[&str], "`serve` has no use for --login"),
        (&["--login", "me", "serve"], "`serve` has no use for --login"),
        (&["serve", "--accept-all-test"], "an option of `mailprobe rcpt`"),
        (&["--listen", "127.0.0.1:9725", "serve"], "an option of `mailprobe serve`, to be written behind"),
        (&["serve", "--expect", "25=ok"], "no use for --expect"),
        (&["serve", "--ports", "25"], "no use for --ports"),
        (&["serve", "--format", "json"], "no use for --format"),
        (&["serve", "--per-host", "3"], "no use for --per-host"),
        (&["serve", "mail.test.example"], "/probe?target="),
        (&["mail.test.example", "serve"], "mailprobe -- serve"),
        (&["serve", "--listen", "9725"], "127.0.0.1:9725, or :9725 for all addresses"),
        (&["serve", "--listen", "mail.test.example:9725"], "write an address and a port"),
        (&["serve", "--allow", "mail.test.example:25"], "*.example.org"),
        (&["serve", "--max-checks", "0"], "from 1 to 10000"),
        (&["serve", "--deadline", "5"], "5s"),
        (&["serve", "--config", "no-such.toml"], "cannot read no-such.toml"),
        (&["serve", "--ca-file", "no-such.pem"], "cannot read the CA file"),
        (&["serve", "--listen", ":0"], "--allow"),
    ] {
        refused(arguments, word);
    }
    // A host of that name.
    let outcome = run(&["--dry-run", "--", "serve"]);
    assert_eq!((outcome.code, outcome.stdout.lines().next()), (0, Some("serve")), "{}", outcome.stderr);
}

#[test]
fn a_mistake_in_the_file_is_told_with_its_place_before_anything_is_served() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("mailprobe.toml");
    let name = path.to_str().expect("a name");
    for (text, place, word) in [
        ("[modules.mx]\nexpct = {}\n", ":2:1: ", "did you mean expect?"),
        ("[[targets]]\ntarget = \"a.example\"\nmodule = \"mx\"\n", ":3:10: ", "there is no module \"mx\""),
        ("[modules.mx]\nca-file = [\"mailprobe.toml\"]\n", ":2:1: ", "mailprobe.toml"),
    ] {
        fs::write(&path, text).expect("a file");
        for options in [&["--dry-run"] as &[&str], &["--listen", "127.0.0.1:0"]] {
            refused(&[&["serve", "--config", name], options].concat(), &format!("{name}{place}"));
            refused(&[&["serve", "--config", name], options].concat(), word);
        }
    }
    // What is for the service alone is nothing to check for the other command.
    fs::write(&path, "[[targets]]\ntarget = \"a.example\"\n").expect("a file");
    refused(&["--config", name, "--dry-run"], "are for `mailprobe serve --config`");
}

#[test]
fn the_example_is_served_and_keeps_to_the_schema() {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/serve/mailprobe.toml");
    let outcome = run(&["serve", "--dry-run", "--config", example.to_str().expect("a name")]);
    assert_eq!((outcome.code, outcome.stderr.as_str()), (0, ""));
    for part in [
        "Module mx\n",
        "at most 50s for each check",
        "Every 1m, by the module mx:\nmx1.example.org\n",
        "Every 15m, by the module default:\n@example.org\n",
        "Every 1h, by the module port25\n",
        "tried at mx1.example.net and mx2.example.net",
        "Checked on request: *.example.org, @example.org, 192.0.2.0/24",
        "Changes are sent to hooks.example.org",
    ] {
        assert!(outcome.stdout.contains(part), "{part:?} is not in {}", outcome.stdout);
    }
    let schema: serde_json::Value = serde_json::from_str(include_str!("../schema/config-v1.json")).expect("JSON");
    let current: serde_json::Value =
        serde_json::from_str(&run(&["explain", "config", "--format", "json"]).stdout).expect("JSON");
    assert_eq!(schema, current, "schema/config-v1.json is not what `mailprobe explain config --format json` prints");
    let schema = jsonschema::validator_for(&schema).expect("a schema");
    for path in ["examples/serve/mailprobe.toml", "examples/mailprobe.toml"] {
        let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).expect("a file");
        let document: serde_json::Value = toml::from_str(&text).expect("TOML");
        let mistakes: Vec<String> = schema.iter_errors(&document).map(|error| error.to_string()).collect();
        assert!(mistakes.is_empty(), "{path}: {mistakes:?}");
    }
}

/// A service that is ended with the test.
struct Service {
    process: Child,
    port: u16,
}

impl Service {
    fn start(options: &[&str]) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port").port();
        let process = Command::new(env!("CARGO_BIN_EXE_mailprobe"))
            .args(["serve", "--listen", &format!("127.0.0.1:{port}")])
            .args(options)
            .stderr(Stdio::piped())
            .spawn()
            .expect("it starts");
        let service = Self { process, port };
        let end = Instant::now() + Duration::from_secs(60);
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(Instant::now() < end, "it does not listen");
            std::thread::sleep(Duration::from_millis(50));
        }
        service
    }

    /// The status and the body.
    fn ask(&self, method: &str, path: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).expect("a connection");
        let host = format!("127.0.0.1:{}", self.port);
        let request =
            format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).expect("a request");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
        (status, answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap_or_default())
    }

    /// Ends it, and what it has logged.
    fn end(mut self) -> String {
        self.process.kill().expect("it ran");
        let mut log = String::new();
        self.process.stderr.take().expect("a log").read_to_string(&mut log).expect("a text");
        log
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn a_bad_file_changes_nothing_and_a_good_one_everything() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("mailprobe.toml");
    let name = path.to_str().expect("a name");
    fs::write(&path, "[modules.one]\nports = [25]\n").expect("a file");
    let service = Service::start(&["--config", name]);
    // Nobody listens there.
    let closed = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port").port();
    let probe =
        |module: &str| service.ask("GET", &format!("/probe?target=smtp%3A%2F%2F127.0.0.1%3A{closed}&module={module}"));
    assert_eq!(probe("one").0, 200);
    assert_eq!(probe("two").0, 400);

    fs::write(&path, "[modules.two]\n  prots = [25]\n").expect("a file");
    let (status, said) = service.ask("POST", "/-/reload");
    assert_eq!(status, 500);
    assert!(said.contains(&format!("{name}:2:3: ")) && said.contains("did you mean ports?"), "{said}");
    assert_eq!((probe("one").0, probe("two").0), (200, 400));

    fs::write(&path, "[modules.two]\nports = [25]\n").expect("a file");
    assert_eq!(service.ask("POST", "/-/reload").0, 200);
    assert_eq!((probe("one").0, probe("two").0), (400, 200));
}

#[test]
fn checks_that_the_service_does_not_run_are_told_in_the_log() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("mailprobe.toml");
    let name = path.to_str().expect("a name");
    fs::write(&path, "[[check]]\ntarget = \"mail.test.example\"\n").expect("a file");
    let log = Service::start(&["--config", name]).end();
    assert_eq!(log.matches("[[check]] tables are for `mailprobe --config`").count(), 1, "{log}");
    let plan = run(&["serve", "--config", name, "--dry-run"]);
    assert!(plan.code == 0 && plan.stdout.contains("[[check]] tables are for `mailprobe --config`"), "{}", plan.stdout);
}
