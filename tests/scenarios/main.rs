//! Every `.txt` file beside this one is a conversation with a server, real or made up, and says what must come of it.
//! Adding a server's odd behaviour is adding a file.

mod pump;
mod script;

use std::path::Path;

use mailprobe::internals::diagnosis::{Severity, diagnose};
use mailprobe::internals::observation::{Observation, StopCause};
use mailprobe::internals::protocol::Stop;
use pump::play;
use script::{Expected, Scenario};

#[test]
fn every_scenario_goes_as_written() {
    let mut wrong = Vec::new();
    for (name, scenario) in scenarios() {
        match play(&scenario, usize::MAX) {
            Err(mismatch) => wrong.push(format!("{name}: {mismatch}")),
            Ok(observation) => {
                let differences = dialogue_differences(&scenario.expected, &observation);
                wrong.extend(differences.into_iter().map(|difference| format!("{name}: {difference}")));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn every_scenario_is_diagnosed_as_written() {
    let mut wrong = Vec::new();
    for (name, scenario) in scenarios() {
        let observation = play(&scenario, usize::MAX).unwrap_or_else(|mismatch| panic!("{name}: {mismatch}"));
        let differences = diagnosis_differences(&scenario.expected, &observation);
        wrong.extend(differences.into_iter().map(|difference| format!("{name}: {difference}")));
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn how_the_bytes_are_cut_changes_no_observation() {
    for (name, scenario) in scenarios() {
        let whole = play(&scenario, usize::MAX);
        for piece in [1, 2, 7] {
            assert_eq!(play(&scenario, piece), whole, "{name} in pieces of {piece}");
        }
    }
}

fn scenarios() -> Vec<(String, Scenario)> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios");
    let mut paths: Vec<_> = std::fs::read_dir(directory)
        .expect("the scenarios are beside this file")
        .map(|entry| entry.expect("a directory entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "txt"))
        .collect();
    paths.sort();
    let read = |path: &Path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(path).expect("a scenario is text");
        let scenario = Scenario::parse(&text).unwrap_or_else(|problem| panic!("{name}: {problem}"));
        (name, scenario)
    };
    paths.iter().map(|path| read(path)).collect()
}

/// Compares what the first dialogue learnt and how it ended.
fn dialogue_differences(expected: &Expected, observation: &Observation) -> Vec<String> {
    let Some(attempt) = observation.probe() else { return vec!["no attempt".to_owned()] };
    let mut differences = Vec::new();
    let mut differ = |what: &str, expected: &dyn std::fmt::Debug, found: &dyn std::fmt::Debug| {
        differences.push(format!("{what}: expected {expected:?}, found {found:?}"));
    };

    let end = end(attempt.stop.as_ref().map(|stop| &stop.cause), attempt.conversation.stop.as_ref());
    if end != expected.end {
        differ("end", &expected.end, &end);
    }
    let stage = attempt.stop.as_ref().map(|stop| stop.stage);
    if stage != expected.stage {
        differ("stage", &expected.stage, &stage);
    }
    let greeting = attempt.conversation.greeting.as_ref().and_then(|greeting| greeting.lines.first());
    if expected.greeting.is_some() && expected.greeting.as_ref() != greeting {
        differ("greeting", &expected.greeting, &greeting);
    }
    let keywords = |capabilities: &Option<mailprobe::internals::protocol::Capabilities>| {
        capabilities.as_ref().map(|capabilities| capabilities.keywords.clone()).unwrap_or_default()
    };
    let before = keywords(&attempt.conversation.plaintext);
    let inside = keywords(&attempt.conversation.secured);
    for capability in expected.capabilities.iter().filter(|capability| !before.contains(capability)) {
        differ("capability", capability, &before);
    }
    for capability in expected.secured_capabilities.iter().filter(|capability| !inside.contains(capability)) {
        differ("secured capability", capability, &inside);
    }
    let last = attempt.conversation.secured.as_ref().or(attempt.conversation.plaintext.as_ref());
    let mechanisms = last.map(|capabilities| capabilities.mechanisms.clone()).unwrap_or_default();
    for mechanism in expected.mechanisms.iter().filter(|mechanism| !mechanisms.contains(mechanism)) {
        differ("mechanism", mechanism, &mechanisms);
    }
    differences
}

/// The word a scenario has for the way an attempt ended.
fn end(cause: Option<&StopCause>, stop: Option<&Stop>) -> &'static str {
    match (cause, stop) {
        (None, None) => "completed",
        (_, Some(Stop::Rejected(_))) => "rejected",
        (_, Some(Stop::StarttlsNotOffered)) => "starttls-not-offered",
        (_, Some(Stop::StarttlsRefused(_))) => "starttls-refused",
        (_, Some(Stop::ForeignGreeting(_))) => "foreign-greeting",
        (_, Some(Stop::Malformed(_))) => "malformed",
        (_, Some(Stop::TooLong)) => "too-long",
        (_, Some(Stop::EndOfStream)) => "end-of-stream",
        (Some(StopCause::LeftoverPlaintext(_)), None) => "leftover-plaintext",
        (Some(StopCause::Tls(_)), None) => "tls-failed",
        (Some(StopCause::TimedOut(_)), None) => "timed-out",
        (Some(_), None) => "otherwise",
    }
}

fn diagnosis_differences(expected: &Expected, observation: &Observation) -> Vec<String> {
    let diagnosis = diagnose(observation);
    let mut differences = Vec::new();
    if diagnosis.state.name() != expected.state {
        differences.push(format!("state: expected {}, found {}", expected.state, diagnosis.state));
    }
    if diagnosis.failed_stage != expected.stage {
        differences.push(format!("stage: expected {:?}, found {:?}", expected.stage, diagnosis.failed_stage));
    }
    let found: Vec<_> = diagnosis.findings.iter().map(|finding| finding.id.name()).collect();
    for finding in expected.findings.iter().filter(|finding| !found.contains(&finding.as_str())) {
        differences.push(format!("finding: expected {finding}, found {found:?}"));
    }
    let serious = diagnosis.findings.iter().filter(|finding| finding.severity != Severity::Info);
    for finding in serious.filter(|finding| !expected.findings.iter().any(|name| name == finding.id.name())) {
        differences.push(format!("finding: did not expect {}: {}", finding.id, finding.message));
    }
    differences
}
