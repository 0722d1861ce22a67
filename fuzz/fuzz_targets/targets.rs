//! What users and scripts write: targets, ports, name servers.

#![no_main]

use libfuzzer_sys::fuzz_target;
use mailprobe::internals::resolve::parse_dns_server;
use mailprobe::internals::target::{Host, MAX_TARGET_LENGTH, Target, TargetKind, parse_ports};

fuzz_target!(|text: &str| {
    let parsed = Target::parse(text);
    match &parsed {
        Ok(target) => {
            assert!(text.len() <= MAX_TARGET_LENGTH);
            let endpoints = target.endpoints(None, None);
            assert_eq!(endpoints.is_empty(), target.kind() == TargetKind::Domain);
            for endpoint in endpoints {
                // What it was read as can be written and read again.
                let host = endpoint.host.to_string();
                let again: Host = host.parse().unwrap_or_else(|error| panic!("{text:?} gave {host:?}: {error}"));
                assert_eq!(again, endpoint.host, "{text:?}");
            }
        }
        Err(error) => assert_eq!(error.to_string().lines().count(), 1, "{error}"),
    }
    let _ = Target::parse_line(text).map_err(|error| error.to_string());
    let _ = parse_ports(text).map_err(|error| error.to_string());
    let _ = parse_dns_server(text).map_err(|error| error.to_string());
});
