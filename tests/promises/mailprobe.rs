//! The real command, asked about a domain of the lab.

use std::net::Ipv4Addr;
use std::process::Command;

use mailprobe_lab::skips;
use serde_json::Value;

use crate::world::{Folder, RESOLVER};

/// Set to leave mailprobe's column out: for work on the lab alone.
const REFERENCE_ONLY: &str = "MAILPROBE_TEST_REFERENCE_ONLY";

/// Whether mailprobe is asked at all. Not to ask it is nothing for the gate.
pub(crate) fn is_asked() -> bool {
    let is_asked = std::env::var_os(REFERENCE_ONLY).is_none();
    assert!(is_asked || !skips::is_everything_required(), "{REFERENCE_ONLY} is set, and {} too", skips::REQUIRE);
    is_asked
}

/// What it says of DANE.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Dane {
    /// What came of the promise.
    pub(crate) outcome: String,
    /// Of port 25 at each address; `-` where DANE does not apply to it.
    pub(crate) results: Vec<String>,
}

/// A finished run.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: Option<i32>,
    /// Null where it wrote none.
    pub(crate) report: Value,
    /// What it wrote to a person.
    pub(crate) text: String,
}

/// Asks about DANE of a domain.
pub(crate) fn dane(folder: &Folder, domain: &str, addresses: &[Ipv4Addr]) -> Dane {
    let run = ask(folder, RESOLVER, &[&format!("@{domain}")]);
    let results = addresses.iter().filter_map(|address| {
        let endpoint = run.endpoint(25, *address)?;
        Some(endpoint["promised"]["dane"]["result"].as_str().unwrap_or("-").to_owned())
    });
    Dane { outcome: run.outcome("dane").to_owned(), results: results.collect() }
}

/// Runs it with these arguments through this resolver.
pub(crate) fn ask(folder: &Folder, resolver: &str, arguments: &[&str]) -> Run {
    ask_without_resolver(folder, &[&["--dns-server", resolver], arguments].concat())
}

/// Runs it with these arguments; it takes the resolver of the system.
pub(crate) fn ask_without_resolver(folder: &Folder, arguments: &[&str]) -> Run {
    let (authority, anchor) = (folder.file("ca.pem"), folder.anchor());
    let json = tempfile::NamedTempFile::new_in(folder.path()).expect("a file");
    let output = Command::new(env!("CARGO_BIN_EXE_mailprobe"))
        .args(arguments)
        .args(["--dnssec-anchor", &anchor, "--ca-file", &authority])
        .arg("--output")
        .arg(format!("json={}", json.path().display()))
        .current_dir(folder.path())
        .env("COLUMNS", "200")
        .output()
        .expect("mailprobe starts");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let report = std::fs::read_to_string(json.path()).unwrap_or_default();
    Run {
        code: output.status.code(),
        report: serde_json::from_str(&report).unwrap_or_default(),
        text: text(&output.stdout) + &text(&output.stderr),
    }
}

impl Run {
    fn target(&self) -> &Value {
        &self.report["targets"][0]
    }

    /// The sentence about the domain.
    pub(crate) fn conclusion(&self) -> &str {
        self.target()["conclusion"].as_str().unwrap_or_default()
    }

    /// What came of a promise.
    pub(crate) fn outcome(&self, policy: &str) -> &str {
        self.target()["policies"][policy.replace('-', "_")]["outcome"].as_str().unwrap_or("(none in the report)")
    }

    /// What was found at a port of an address.
    pub(crate) fn endpoint(&self, port: u16, address: Ipv4Addr) -> Option<&Value> {
        let address = address.to_string();
        let endpoints = self.target()["endpoints"].as_array()?;
        endpoints.iter().find(|one| one["port"] == port && one["address"] == address.as_str())
    }

    /// Host, port, state and verdict of all endpoints: what promises must not change where nothing can be told of them.
    pub(crate) fn verdicts(&self) -> Vec<String> {
        let endpoints = self.target()["endpoints"].as_array().map(Vec::as_slice).unwrap_or_default();
        let facts = ["host", "address", "port", "state", "verdict"];
        let mut verdicts: Vec<String> =
            endpoints.iter().map(|one| facts.map(|fact| one[fact].to_string()).join(" ")).collect();
        verdicts.sort();
        verdicts
    }
}
