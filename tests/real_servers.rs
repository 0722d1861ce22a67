//! mailprobe against Postfix and Dovecot as Debian ships them, on the seven real ports, each test in a network of
//! its own. Needs root and the packages; without them the tests say so and pass, except on CI.

#![cfg(all(target_os = "linux", feature = "cli"))]

mod real;

use real::{CertificateKind, DUAL_NAME, House, NAME, PORTS};
use serde_json::Value;

#[test]
fn a_sound_host_is_ok_on_all_seven_ports() {
    let Some(house) = House::open(CertificateKind::PrivateAuthority) else { return };
    let report = house.probe(&["--format", "json", "--ca-file", &house.authority(), NAME], &PORTS).report();

    assert_eq!(report["exit_code"], 0, "{report:#}");
    assert_eq!(report["verdict"], "pass", "{report:#}");
    let endpoints = endpoints(&report);
    assert_eq!(ports(&endpoints), PORTS);
    for endpoint in &endpoints {
        assert_eq!(endpoint["state"], "ok", "{endpoint:#}");
        assert_eq!(endpoint["verdict"], "pass", "{endpoint:#}");
        assert_eq!(endpoint["tls"]["version"], "TLSv1.3", "{endpoint:#}");
        let suite = endpoint["tls"]["cipher_suite"].as_str().unwrap_or_default();
        assert!(suite.starts_with("TLS_") && !suite.starts_with("TLS13_"), "not a name of IANA's: {endpoint:#}");
        let certificate = &endpoint["tls"]["certificate"];
        assert_eq!(certificate["verified"], true, "{endpoint:#}");
        let days_left = certificate["days_left"].as_i64().expect("days_left");
        assert!((80..=90).contains(&days_left), "made a moment ago for 90 days: {endpoint:#}");
    }
}

#[test]
fn logins_are_offered_inside_tls_only() {
    let Some(house) = House::open(CertificateKind::PrivateAuthority) else { return };
    let report = house.probe(&["--format", "json", "--ca-file", &house.authority(), NAME], &PORTS).report();

    let submission = endpoint(&report, 587);
    assert!(!offers(submission, "plaintext", "AUTH"), "{submission:#}");
    assert!(offers(submission, "plaintext", "STARTTLS"), "{submission:#}");
    assert!(offers(submission, "secured", "AUTH PLAIN"), "{submission:#}");
    assert!(!offers(submission, "secured", "STARTTLS"), "{submission:#}");
    assert!(offers(endpoint(&report, 465), "secured", "AUTH PLAIN"), "{report:#}");

    let imap = endpoint(&report, 143);
    assert!(offers(imap, "plaintext", "LOGINDISABLED"), "{imap:#}");
    assert!(offers(imap, "secured", "AUTH=PLAIN"), "{imap:#}");
    let pop3 = endpoint(&report, 110);
    assert!(offers(pop3, "plaintext", "STLS"), "{pop3:#}");
    assert!(offers(pop3, "secured", "SASL PLAIN"), "{pop3:#}");
}

#[test]
fn people_read_the_same_answer() {
    let Some(house) = House::open(CertificateKind::PrivateAuthority) else { return };
    let run = house.probe(&["--ca-file", &house.authority(), NAME], &PORTS);

    assert_eq!(run.exit_code(), Some(0), "{run}");
    let stdout = run.stdout();
    for port in PORTS {
        let says_ok = |line: &str| {
            let mut words = line.split(|c: char| !c.is_ascii_alphanumeric());
            words.any(|word| word == port.to_string()) && words.any(|word| word == "ok")
        };
        assert!(stdout.lines().any(says_ok), "no line says that port {port} is ok\n{run}");
    }
}

#[test]
fn a_private_authority_is_unknown_until_it_is_named() {
    let Some(house) = House::open(CertificateKind::PrivateAuthority) else { return };
    let report = house.probe(&["--format", "json", NAME], &PORTS).report();

    assert_eq!(report["exit_code"], 14, "{report:#}");
    for endpoint in endpoints(&report) {
        assert_eq!(endpoint["state"], "certificate-invalid", "{endpoint:#}");
        assert!(has_finding(endpoint, "certificate-unknown-issuer"), "{endpoint:#}");
        assert_eq!(endpoint["tls"]["certificate"]["verified"], false, "{endpoint:#}");
        // Between servers, TLS is opportunistic (RFC 3207): a certificate that nobody can verify does no harm there.
        let verdict = if endpoint["port"] == 25 { "warn" } else { "fail" };
        assert_eq!(endpoint["verdict"], verdict, "{endpoint:#}");
    }
}

#[test]
fn a_self_signed_certificate_is_trusted_when_it_is_named() {
    let Some(house) = House::open(CertificateKind::SelfSigned) else { return };

    let trusting = house.probe(&["--format", "json", "--ca-file", &house.authority(), NAME], &PORTS).report();
    assert_eq!(trusting["exit_code"], 0, "{trusting:#}");
    assert_eq!(trusting["summary"]["states"]["ok"], 7, "{trusting:#}");

    let distrusting = house.probe(&["--format", "json", &format!("imaps://{NAME}")], &[993]).report();
    assert_eq!(distrusting["exit_code"], 14, "{distrusting:#}");
    assert!(has_finding(endpoint(&distrusting, 993), "certificate-self-signed"), "{distrusting:#}");
}

#[test]
fn both_families_are_probed() {
    let Some(house) = House::open(CertificateKind::PrivateAuthority) else { return };
    let report = house
        .probe(&["--format", "json", "--ca-file", &house.authority(), DUAL_NAME], &[PORTS, PORTS].concat())
        .report();

    assert_eq!(report["exit_code"], 0, "{report:#}");
    assert_eq!(report["summary"]["states"]["ok"], 14, "{report:#}");
    let ipv6 = endpoints(&report).into_iter().filter(|endpoint| is_ipv6(endpoint)).count();
    assert_eq!(ipv6, 7, "{report:#}");
}

#[test]
fn a_family_that_this_machine_lacks_is_told_once_and_fails_nothing() {
    let Some(house) = House::open(CertificateKind::PrivateAuthority) else { return };
    house.take_ipv6_away();
    let report = house.probe(&["--format", "json", "--ca-file", &house.authority(), DUAL_NAME], &PORTS).report();

    assert_eq!(report["exit_code"], 0, "{report:#}");
    assert_eq!(report["verdict"], "pass", "{report:#}");
    assert_eq!(report["summary"]["states"]["ok"], 7, "{report:#}");
    assert!(endpoints(&report).iter().all(|endpoint| !is_ipv6(endpoint)), "{report:#}");
    let findings = report["targets"][0]["findings"].as_array().expect("findings");
    let about_ipv6: Vec<_> =
        findings.iter().filter(|finding| finding["message"].as_str().is_some_and(|m| m.contains("IPv6"))).collect();
    assert_eq!(about_ipv6.len(), 1, "{report:#}");
    assert_eq!(about_ipv6[0]["severity"], "info", "{report:#}");
}

/// The endpoints of the only target, in the order of their ports and addresses.
fn endpoints(report: &Value) -> Vec<&Value> {
    let mut endpoints: Vec<_> = report["targets"][0]["endpoints"].as_array().expect("endpoints").iter().collect();
    endpoints.sort_by_key(|endpoint| (endpoint["port"].as_u64(), endpoint["address"].as_str().map(str::to_owned)));
    endpoints
}

fn ports(endpoints: &[&Value]) -> Vec<u16> {
    endpoints.iter().filter_map(|endpoint| u16::try_from(endpoint["port"].as_u64()?).ok()).collect()
}

fn endpoint(report: &Value, port: u16) -> &Value {
    endpoints(report).into_iter().find(|endpoint| endpoint["port"] == port).expect("an endpoint on that port")
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

fn is_ipv6(endpoint: &Value) -> bool {
    endpoint["address"].as_str().is_some_and(|address| address.contains(':'))
}
