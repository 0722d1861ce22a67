//! mailprobe against mail servers as Debian ships them, on their real ports, each test in a network of its own. Needs
//! root, the packages of .ci/run and what .ci/servers unpacks; without them the tests say so and pass, except on CI.

#![cfg(all(target_os = "linux", feature = "cli"))]

mod certificates;
mod house;
mod others;
#[path = "../packets/mod.rs"]
mod packets;
mod servers;
mod usual;
mod wire;

use serde_json::Value;

/// The endpoints of the only target, in the order of their ports and addresses.
fn endpoints(report: &Value) -> Vec<&Value> {
    let mut endpoints: Vec<_> = report["targets"][0]["endpoints"].as_array().expect("endpoints").iter().collect();
    endpoints.sort_by_key(|endpoint| (endpoint["port"].as_u64(), endpoint["address"].as_str().map(str::to_owned)));
    endpoints
}

fn endpoint(report: &Value, port: u16) -> &Value {
    endpoints(report).into_iter().find(|endpoint| endpoint["port"] == port).expect("an endpoint on that port")
}

/// Holds a run to this: these ports are all that answered, every one is `ok` and passes.
fn assert_all_ok(report: &Value, ports: &[u16]) {
    assert_eq!(report["exit_code"], 0, "{report:#}");
    for &port in ports {
        let endpoint = endpoint(report, port);
        assert_eq!((&endpoint["state"], &endpoint["verdict"]), (&"ok".into(), &"pass".into()), "{endpoint:#}");
    }
    assert_eq!(report["summary"]["pass"], ports.len(), "{report:#}");
}

/// Whether a capability is offered whose words begin with the words asked for: `AUTH` is found in `AUTH PLAIN`.
fn offers(endpoint: &Value, when: &str, words: &str) -> bool {
    endpoint["capabilities"][when].as_array().is_some_and(|offered| {
        offered.iter().filter_map(Value::as_str).any(|capability| {
            capability.strip_prefix(words).is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '=']))
        })
    })
}

fn has_finding(endpoint: &Value, id: &str) -> bool {
    endpoint["findings"].as_array().is_some_and(|findings| findings.iter().any(|finding| finding["id"] == id))
}
