//! The examples for Kubernetes are what the version that they name takes, by the schemas that it publishes.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use mailprobe_lab::skips;
use serde_json::{Value, json};

fn in_repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn text(path: &str) -> String {
    fs::read_to_string(in_repository(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The schemas of all kinds, of the version that the page names (see `scripts/kubernetes-schema`).
fn schemas() -> Value {
    let page = text("examples/kubernetes/README.md");
    let version = page.split("Kubernetes ").find_map(|rest| rest.split_once(" or later")).expect("a version").0;
    serde_json::from_str(&text(&format!("tests/data/kubernetes-{version}.json"))).expect("JSON")
}

/// What is wrong with an object, as one of its kind.
fn faults(schemas: &Value, object: &Value) -> Vec<String> {
    let kind = object["kind"].as_str().unwrap_or_default();
    let schema = json!({ "$ref": format!("#/$defs/{kind}"), "$defs": schemas["$defs"] });
    match jsonschema::validator_for(&schema) {
        Ok(schema) => schema.iter_errors(object).map(|error| format!("{}: {error}", error.instance_path())).collect(),
        Err(error) => vec![format!("{kind}: {error}")],
    }
}

/// The objects of a file; `None` where nothing here reads YAML, and the test is skipped.
fn objects(path: &str) -> Option<Vec<Value>> {
    const READ: &str = "import json, sys, yaml; print(json.dumps(list(yaml.safe_load_all(open(sys.argv[1])))))";
    let output = Command::new("python3").args(["-c", READ]).arg(in_repository(path)).output().ok();
    let said = output.as_ref().map(|output| String::from_utf8_lossy(&output.stderr).into_owned());
    if said.as_ref().is_none_or(|said| said.contains("No module named 'yaml'")) {
        skips::skip(&skips::this_test(), "python3-yaml is missing");
        return None;
    }
    Some(serde_json::from_slice(&output?.stdout).unwrap_or_else(|error| panic!("{path}: {error}: {said:?}")))
}

#[test]
fn the_version_named_takes_the_examples() {
    let schemas = schemas();
    let mut kinds = Vec::new();
    for path in ["examples/kubernetes/cronjob.yml", "examples/kubernetes/list.yml"] {
        let Some(objects) = objects(path) else { return };
        for object in objects {
            assert_eq!(faults(&schemas, &object), [""; 0], "{path}: {object:#}");
            kinds.push(object["kind"].as_str().expect("a kind").to_owned());
        }
    }
    assert_eq!(kinds, ["ConfigMap", "CronJob", "Job"]);
}

/// Otherwise the test above would prove nothing.
#[test]
fn a_mistake_in_them_would_be_seen() {
    let schemas = schemas();
    let Some(mut objects) = objects("examples/kubernetes/list.yml") else { return };
    let job = objects.remove(0);
    for (path, name, value) in [
        ("/spec", "completionmode", "Indexed".into()),
        ("/spec", "completions", "8".into()),
        ("/spec/podFailurePolicy/rules/0", "onPodCondition", Value::Array(Vec::new())),
        ("/spec/template/spec", "restartpolicy", "Never".into()),
        ("/spec/template/spec/containers/0", "args", "--targets".into()),
        ("/spec/template/spec/containers/0/securityContext", "runAsNobody", true.into()),
        ("/spec/template/spec/containers/0/resources", "limit", "1Gi".into()),
        ("", "kind", "Jobs".into()),
        ("", "apiVersion", "batch/v2".into()),
    ] {
        let mut wrong = job.clone();
        wrong.pointer_mut(path).expect("a place in the job")[name] = value;
        assert!(!faults(&schemas, &wrong).is_empty(), "{path}/{name}");
    }
}
