//! The trials: one for each product and scenario.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::{LazyLock, Mutex};

use libtest_mimic::{Arguments, Failed, Trial};
use mailprobe_lab::skips;
use regex::Regex;
use serde_json::Value;

use crate::house::{House, tree};
use crate::products::{COMPLAINT, Endpoint, PRODUCTS, Product, Scenario};
use crate::table::{self, Row};

/// How many servers at a time: a start is work, the rest of a trial is mostly waiting.
const AT_A_TIME: usize = 4;

/// A line of a log that complains.
static COMPLAINTS: LazyLock<Regex> = LazyLock::new(|| Regex::new(COMPLAINT).expect("a pattern"));

/// What the trials have found out.
static ROWS: Mutex<Vec<Row>> = Mutex::new(Vec::new());

pub(crate) fn run() {
    let mut arguments = Arguments::from_args();
    arguments.test_threads = arguments.test_threads.or(Some(AT_A_TIME));
    let scenarios = || PRODUCTS.iter().flat_map(|product| Scenario::ALL.map(|scenario| (product, scenario)));
    let trials = scenarios()
        .filter(|(product, scenario)| !product.endpoints(*scenario).is_empty())
        .map(|(product, scenario)| {
            let name = format!("{} {}", product.folder, scenario.words());
            Trial::test(name, move || survey(product, scenario)).with_ignored_flag(true)
        })
        .collect();
    let is_whole = (arguments.ignored || arguments.include_ignored)
        && arguments.filter.is_none()
        && arguments.skip.is_empty()
        && !arguments.list;
    let conclusion = libtest_mimic::run(&arguments, trials);
    let rows = std::mem::take(&mut *ROWS.lock().expect("no trial holds it any more"));
    if is_whole && !conclusion.has_failed() && !rows.is_empty() {
        table::bless_or_compare(rows);
    }
    conclusion.exit();
}

/// Starts a server, asks mailprobe and the other client, and holds the answers side by side.
fn survey(product: &'static Product, scenario: Scenario) -> Result<(), Failed> {
    if !tree().join("stamp").exists() {
        skips::skip(product.name, "the servers are not unpacked (.ci/real-servers)");
        return Ok(());
    }
    let endpoints = product.endpoints(scenario);
    let house = House::open(product, scenario)?;
    let before = house.log();
    let report = house.probe(endpoints)?;
    keep(product, scenario, &report);
    let log = house.log();
    let written = log.strip_prefix(before.as_str()).unwrap_or(&log);
    let said = house.judge(endpoints)?;

    let mut faults = Vec::new();
    for (endpoint, said) in endpoints.iter().zip(&said) {
        let Some(told) = told_of(&report, endpoint.port) else {
            faults.push(format!("port {} is not in the report", endpoint.port));
            continue;
        };
        faults.extend(compare(endpoint, told, said));
        faults.extend(accusations(product, scenario, endpoint, told));
        // The same words as with another certificate.
        if scenario == Scenario::PackageCertificate {
            continue;
        }
        ROWS.lock().expect("no trial panics with it").push(Row::new(product, scenario, endpoint, told, said));
    }
    faults.extend(complaints(product, written).map(|line| format!("a complaint in the log: {line}")));
    if faults.is_empty() {
        return Ok(());
    }
    let asked = serde_json::to_string_pretty(&said).unwrap_or_default();
    let faults = faults.join("\n- ");
    Err(format!("- {faults}\n\nthe other client read: {asked}\nits log:\n{written}\nthe report: {report:#}").into())
}

/// Keeps a report below the target directory, for those who want to read more of it than is checked here.
fn keep(product: &Product, scenario: Scenario, report: &Value) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("server_survey");
    let file = folder.join(format!("{} {}.json", product.folder, scenario.words()));
    fs::create_dir_all(folder).and_then(|()| fs::write(file, format!("{report:#}"))).expect("a report");
}

fn told_of(report: &Value, port: u16) -> Option<&Value> {
    report["targets"][0]["endpoints"].as_array()?.iter().find(|endpoint| endpoint["port"] == port)
}

/// What mailprobe tells otherwise than expected, or than the other client has read it.
fn compare(endpoint: &Endpoint, told: &Value, said: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    let mut check = |what: &str, told: String, right: String| {
        if told != right {
            faults.push(format!("port {}: {what} is told as {told}, and is {right}", endpoint.port));
        }
    };
    check("the state", text(&told["state"]), endpoint.state.to_owned());
    check("the greeting", table::greeting(&told["greeting"]), table::greeting(&said["greeting"]));
    for when in ["plaintext", "secured"] {
        // Where one of the two did not get that far, the state says why.
        if let (Some(told), Some(asked)) = (words(&told["capabilities"][when]), words(&said[when])) {
            // A greeting that lists what is offered may list less, and need not be asked for more.
            let right = words(&said["listed"]).filter(|listed| *listed == told).unwrap_or(asked);
            check(&format!("what is offered ({when})"), format!("{told:?}"), format!("{right:?}"));
        }
    }
    if let (Some(version), true) = (said["tls"]["version"].as_str(), told["tls"].is_object()) {
        check("the TLS version", text(&told["tls"]["version"]), version.to_owned());
        check("the TLS group", table::group(&told["tls"]["key_exchange"]), table::group(&said["tls"]["group"]));
    }
    faults
}

/// What is wrong with what is told of a certificate that nobody chose: it must be where one is shown, and nowhere else.
fn accusations(product: &Product, scenario: Scenario, endpoint: &Endpoint, told: &Value) -> Option<String> {
    const ABOUT_IT: [&str; 2] = ["certificate-default", "certificate-key-public"];
    let findings = told["findings"].as_array().map(Vec::as_slice).unwrap_or_default();
    let found: Vec<_> = findings.iter().filter(|one| ABOUT_IT.iter().any(|id| one["id"] == *id)).collect();
    let expected = product.default_certificate.as_ref().filter(|default| default.scenario == scenario);
    let is_right = match (expected, found.as_slice()) {
        (None, []) => true,
        (Some(expected), [one]) => one["id"] == expected.finding && text(&one["message"]).starts_with(expected.said),
        _ => false,
    };
    (!is_right).then(|| format!("port {}: of a default certificate is told {found:?}", endpoint.port))
}

/// The capabilities as a set.
fn words(offered: &Value) -> Option<BTreeSet<String>> {
    Some(offered.as_array()?.iter().filter_map(Value::as_str).map(table::capability).collect())
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or("nothing").to_owned()
}

/// Lines of a log that complain, less those that are known.
fn complaints<'a>(product: &Product, log: &'a str) -> impl Iterator<Item = &'a str> {
    let known: Vec<_> = product.known.iter().map(|(pattern, _)| Regex::new(pattern).expect("a pattern")).collect();
    log.lines().filter(move |line| COMPLAINTS.is_match(line) && !known.iter().any(|pattern| pattern.is_match(line)))
}
