//! Postfix and Dovecot, together on the seven ports.

use super::house::{DUAL_NAME, House, NAME, PORTS, Recipe};
use super::servers::{Dovecot, Postfix};
use super::{endpoint, endpoints, has_finding, offers};
use serde_json::Value;

#[test]
fn a_sound_host_is_ok_on_all_seven_ports() {
    let Some(house) = House::open(Recipe::default()) else { return };
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
    let Some(house) = House::open(Recipe::default()) else { return };
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
    let Some(house) = House::open(Recipe::default()) else { return };
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
    let Some(house) = House::open(Recipe::default()) else { return };
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
    let Some(house) = House::open(Recipe::self_signed()) else { return };

    let trusting = house.probe(&["--format", "json", "--ca-file", &house.authority(), NAME], &PORTS).report();
    assert_eq!(trusting["exit_code"], 0, "{trusting:#}");
    assert_eq!(trusting["summary"]["states"]["ok"], 7, "{trusting:#}");

    let distrusting = house.probe(&["--format", "json", &format!("imaps://{NAME}")], &[993]).report();
    assert_eq!(distrusting["exit_code"], 14, "{distrusting:#}");
    assert!(has_finding(endpoint(&distrusting, 993), "certificate-self-signed"), "{distrusting:#}");
}

#[test]
fn both_families_are_probed() {
    let Some(house) = House::open(Recipe::default()) else { return };
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
    let Some(house) = House::open(Recipe::default()) else { return };
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

fn ports(endpoints: &[&Value]) -> Vec<u16> {
    endpoints.iter().filter_map(|endpoint| u16::try_from(endpoint["port"].as_u64()?).ok()).collect()
}

#[test]
fn postscreen_keeps_a_visitor_waiting_once_and_finds_nothing_to_complain_of() {
    let Some(house) = House::with(vec![Box::new(Postfix::BehindPostscreen)], Recipe::default()) else { return };
    let look = || {
        let arguments = ["--format", "json", "--ca-file", &house.authority(), &format!("{NAME}:25")];
        let report = house.probe(&arguments, &[25]).report();
        assert_eq!(endpoint(&report, 25)["state"], "ok", "{report:#}");
        report
    };

    let stranger = look();
    let greeting = endpoint(&stranger, 25)["greeting"].as_str().unwrap_or_default();
    assert!(greeting.starts_with("220-"), "no teaser in {stranger:#}");
    assert!(has_finding(endpoint(&stranger, 25), "slow-greeting"), "{stranger:#}");

    let acquaintance = look();
    assert!(!has_finding(endpoint(&acquaintance, 25), "slow-greeting"), "{acquaintance:#}");
}

#[test]
fn a_server_without_tls_is_told_by_its_role() {
    let Some(house) = House::with(vec![Box::new(Postfix::WithoutTls)], Recipe::default()) else { return };
    let arguments = ["--format", "json", "--ports", "25,587", NAME];
    let report = house.probe(&arguments, &[25, 587]).report();
    assert_eq!(report["exit_code"], 12, "{report:#}");
    for (port, verdict) in [(25, "warn"), (587, "fail")] {
        let endpoint = endpoint(&report, port);
        assert_eq!(endpoint["state"], "starttls-not-offered", "{endpoint:#}");
        assert_eq!(endpoint["verdict"], verdict, "{endpoint:#}");
    }

    let wanted = ["--format", "json", "--security", "plaintext", "--ports", "25,587", NAME];
    let report = house.probe(&wanted, &[25, 587]).report();
    assert_eq!(report["summary"]["states"]["ok"], 2, "{report:#}");
}

#[test]
fn a_server_whose_logins_are_open_without_tls_is_told_so() {
    let Some(house) = House::with(vec![Box::new(Dovecot::OpenLogins)], Recipe::default()) else { return };
    let arguments = ["--format", "json", "--ca-file", &house.authority(), "--ports", "110,143", NAME];
    let report = house.probe(&arguments, &[110, 143]).report();
    for endpoint in endpoints(&report) {
        assert_eq!(endpoint["state"], "ok", "{endpoint:#}");
        assert!(has_finding(endpoint, "plaintext-login-offered"), "{endpoint:#}");
    }
}

fn is_ipv6(endpoint: &Value) -> bool {
    endpoint["address"].as_str().is_some_and(|address| address.contains(':'))
}
