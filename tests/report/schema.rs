//! The schemas are those of the types, and what is written keeps to them.

use mailprobe::internals::report::model::{Contents, event_schema, report_schema};
use mailprobe::internals::report::{json, jsonl};
use mailprobe::internals::serve::webhook_schema;
use serde_json::{Value, json};

use crate::{assert_committed, samples};

#[test]
fn the_committed_schemas_are_those_of_the_types() {
    for (file, schema) in
        [("report-v1", report_schema()), ("event-v1", event_schema()), ("webhook-v1", webhook_schema())]
    {
        let text = serde_json::to_string_pretty(&schema).expect("a schema");
        assert_committed(&format!("schema/{file}.json"), &(text + "\n"));
    }
}

#[test]
fn every_document_keeps_to_the_schema() {
    let schema = jsonschema::validator_for(report_schema().as_value()).expect("a valid schema");
    for (name, run) in samples::all() {
        for transcript in [false, true] {
            let document = json::render(&run, Contents { transcript }).expect("a document");
            assert_valid(&schema, &document, name);
        }
    }
}

#[test]
fn every_line_keeps_to_the_schema() {
    let schema = jsonschema::validator_for(event_schema().as_value()).expect("a valid schema");
    for (name, run) in samples::all() {
        for target in &run.targets {
            for endpoint in &target.endpoints {
                let line = jsonl::endpoint(&target.typed, endpoint, Contents { transcript: true }).expect("a line");
                assert_valid(&schema, &line, name);
            }
        }
        assert_valid(&schema, &jsonl::summary(&run).expect("a line"), name);
    }
}

#[test]
fn the_schema_notices_a_field_too_many_or_too_few() {
    let schema = jsonschema::validator_for(report_schema().as_value()).expect("a valid schema");
    let document = json::render(&samples::mixed(), Contents::default()).expect("a document");
    let document: Value = serde_json::from_str(&document).expect("JSON");
    assert!(schema.is_valid(&document));

    for place in ["", "/summary", "/targets/0", "/targets/0/endpoints/1", "/targets/0/endpoints/1/tls/certificate"] {
        let mut more = document.clone();
        let object = more.pointer_mut(place).and_then(Value::as_object_mut).expect("an object");
        object.insert("surprise".to_owned(), json!(1));
        assert!(!schema.is_valid(&more), "a field too many at {place:?} goes unnoticed");

        let mut fewer = document.clone();
        let object = fewer.pointer_mut(place).and_then(Value::as_object_mut).expect("an object");
        let field = object.keys().next().cloned().expect("a field");
        object.remove(&field);
        assert!(!schema.is_valid(&fewer), "{field} missing at {place:?} goes unnoticed");
    }
}

#[test]
fn the_schema_knows_what_later_commands_fill_in() {
    let schema = jsonschema::validator_for(report_schema().as_value()).expect("a valid schema");
    let document = json::render(&samples::mixed(), Contents::default()).expect("a document");
    let mut document: Value = serde_json::from_str(&document).expect("JSON");
    document["blocked"] = json!({
        "conclusion": "blocked", "ipv4": "blocked", "ipv6": null, "greeting_shared": false,
        "seen_as": ["203.0.113.9"], "ways_out": ["submissions", "submission"],
        "answer": "Outbound port 25 is blocked, on IPv4.", "hints": [], "findings": [], "request": null
    });
    document["targets"][0]["endpoints"][0]["path"] = json!({
        "port": 25, "control_port": 443, "where": "path", "how": "drop",
        "after": { "ttl": 2, "address": "10.0.0.1" }, "before": { "ttl": 3, "address": null }, "icmp": null,
        "hops": [{
            "ttl": 1,
            "port": { "reply": "time-exceeded", "from": "10.0.1.1", "rtt_ms": 0.4 },
            "control": { "reply": "silence", "from": null, "rtt_ms": null }
        }],
        "tunnel": null
    });
    document["targets"][0]["endpoints"][0]["expectations"] =
        json!([{ "expected": "open", "found": "connection-refused", "holds": false }]);
    assert_valid(&schema, &document.to_string(), "filled in");
}

fn assert_valid(schema: &jsonschema::Validator, document: &str, name: &str) {
    let document: Value = serde_json::from_str(document).expect("JSON");
    let errors: Vec<_> =
        schema.iter_errors(&document).map(|error| format!("{error} at {}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{name}: {errors:#?}");
}
