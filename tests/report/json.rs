//! The documents for programs.

use mailprobe::internals::report::model::Contents;
use mailprobe::internals::report::{json, jsonl};
use serde_json::Value;

use crate::{assert_committed, samples};

const WITH_TRANSCRIPT: Contents = Contents { transcript: true };

#[test]
fn documents_read_as_committed() {
    let run = samples::mixed();
    let document = json::render(&run, Contents::default()).expect("a document");
    assert_committed("tests/report/golden/mixed.json", &document);
    let document = json::render(&samples::one_endpoint(), WITH_TRANSCRIPT).expect("a document");
    assert_committed("tests/report/golden/one-endpoint.transcript.json", &document);
}

#[test]
fn lines_read_as_committed() {
    assert_committed("tests/report/golden/two-families.jsonl", &lines(&samples::two_families()));
}

#[test]
fn a_name_without_address_has_an_endpoint_for_every_port() {
    let document: Value = parse(&json::render(&samples::dns_failure(), Contents::default()).expect("a document"));
    let endpoints = document["targets"][0]["endpoints"].as_array().expect("endpoints");
    assert_eq!(endpoints.len(), 7);
    for endpoint in endpoints {
        assert_eq!(endpoint["address"], Value::Null);
        assert_eq!(endpoint["state"], "dns-no-such-name");
        assert_eq!(endpoint["failed_stage"], "resolve");
    }
    assert_eq!(document["targets"][0]["resolution"][0]["ipv4"], "dns-no-such-name");
    assert_eq!(document["summary"]["states"]["dns-no-such-name"], 7);
}

#[test]
fn the_transcript_is_there_only_when_asked_for() {
    let without: Value = parse(&json::render(&samples::all_ok(), Contents::default()).expect("a document"));
    assert_eq!(without["targets"][0]["endpoints"][0]["transcript"], Value::Null);
    let with: Value = parse(&json::render(&samples::all_ok(), WITH_TRANSCRIPT).expect("a document"));
    let said = &with["targets"][0]["endpoints"][0]["transcript"][1];
    assert_eq!(said["from"], "client");
    assert_eq!(said["attempt"], 1);
    assert_eq!(said["text"], "EHLO probe.example.net");
}

#[test]
fn an_icmp_message_names_its_sender() {
    let document: Value = parse(&json::render(&samples::mixed(), Contents::default()).expect("a document"));
    let icmp = &document["targets"][0]["endpoints"][0]["icmp"];
    assert_eq!(icmp["type"], 3);
    assert_eq!(icmp["code"], 13);
    assert_eq!(icmp["from"], "10.0.0.1");
}

#[test]
fn a_second_look_that_cannot_connect_is_not_the_endpoints_failure() {
    let mut run = samples::mixed();
    let endpoints = &mut run.targets[0].endpoints;
    let blocked = endpoints[0].observation.attempts[0].clone();
    endpoints[6].observation.attempts.push(blocked);
    let document: Value = parse(&json::render(&run, Contents::default()).expect("a document"));
    assert_eq!(document["targets"][0]["endpoints"][6]["icmp"], Value::Null);
}

#[test]
fn the_lines_hold_the_same_facts_as_the_document() {
    let run = samples::several_targets();
    let document: Value = parse(&json::render(&run, Contents::default()).expect("a document"));
    let lines: Vec<Value> = lines(&run).lines().map(parse).collect();
    let (summary, endpoints) = lines.split_last().expect("a last line");

    let mut expected = Vec::new();
    for target in document["targets"].as_array().expect("targets") {
        for endpoint in target["endpoints"].as_array().expect("endpoints") {
            let mut event = endpoint.clone();
            event["type"] = "endpoint".into();
            event["target"] = target["target"].clone();
            expected.push(event);
        }
    }
    assert_eq!(endpoints, expected);

    let mut expected = document;
    expected["type"] = "summary".into();
    for target in expected["targets"].as_array_mut().expect("targets") {
        target.as_object_mut().expect("an object").remove("endpoints");
    }
    assert_eq!(summary, &expected);
}

#[test]
fn hostile_text_arrives_unchanged_and_cannot_break_a_line() {
    let run = samples::hostile();
    let lines = lines(&run);
    assert_eq!(lines.lines().count(), 2);
    let endpoint: Value = parse(lines.lines().next().unwrap_or_default());
    assert!(endpoint["greeting"].as_str().is_some_and(|greeting| greeting.starts_with("220 \x1b]0;owned\x07")));
    assert!(!lines.contains('\x1b'));
}

fn lines(run: &mailprobe::internals::policy::Report) -> String {
    let mut text = String::new();
    for target in &run.targets {
        for endpoint in &target.endpoints {
            text.push_str(&jsonl::endpoint(&target.typed, endpoint, Contents::default()).expect("a line"));
        }
    }
    text.push_str(&jsonl::summary(run).expect("a line"));
    text
}

fn parse(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}
