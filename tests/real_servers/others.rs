//! The servers that cannot live beside Postfix and Dovecot, one house each.

use super::house::{House, IPV4, Key, NAME, Recipe, Server};
use super::servers::{Cyrus, Exim, Haproxy, OldTls, OpenSmtpd, Postfix, Stunnel};
use super::{assert_all_ok, endpoint, endpoints, has_finding, offers};

#[test]
fn exim_is_ok_on_all_of_its_ports() {
    let Some(house) = House::with(vec![Box::new(Exim)], Recipe::default()) else { return };
    let ports = [25, 465, 587];
    let arguments = ["--format", "json", "--ca-file", &house.authority(), "--ports", "25,465,587", NAME];
    let report = house.probe(&arguments, &ports).report();
    assert_all_ok(&report, &ports);
    let submission = endpoint(&report, 587);
    assert!(offers(submission, "plaintext", "STARTTLS"), "{submission:#}");
    assert!(!offers(submission, "plaintext", "AUTH"), "{submission:#}");
    assert!(offers(submission, "secured", "AUTH PLAIN"), "{submission:#}");
}

#[test]
fn cyrus_is_ok_on_all_of_its_ports() {
    let Some(house) = House::with(vec![Box::new(Cyrus::TlsRequired)], Recipe::default()) else { return };
    let ports = [110, 143, 993, 995];
    let arguments = ["--format", "json", "--ca-file", &house.authority(), "--ports", "110,143,993,995", NAME];
    let report = house.probe(&arguments, &ports).report();
    assert_all_ok(&report, &ports);
    assert!(offers(endpoint(&report, 143), "plaintext", "LOGINDISABLED"), "{report:#}");
    assert!(offers(endpoint(&report, 993), "secured", "AUTH=PLAIN"), "{report:#}");
    assert!(offers(endpoint(&report, 110), "plaintext", "STLS"), "{report:#}");
    assert!(offers(endpoint(&report, 995), "secured", "SASL PLAIN"), "{report:#}");
}

#[test]
fn cyrus_with_open_logins_is_told_so() {
    let Some(house) = House::with(vec![Box::new(Cyrus::TlsOffered)], Recipe::default()) else { return };
    let arguments = ["--format", "json", "--ca-file", &house.authority(), "--ports", "110,143", NAME];
    let report = house.probe(&arguments, &[110, 143]).report();
    for endpoint in endpoints(&report) {
        assert_eq!((&endpoint["state"], &endpoint["verdict"]), (&"ok".into(), &"warn".into()), "{endpoint:#}");
        assert!(has_finding(endpoint, "plaintext-login-offered"), "{endpoint:#}");
    }
}

#[test]
fn opensmtpd_with_its_broken_tls_is_told_from_the_network() {
    let recipe = Recipe { key: Key::Rsa2048, ..Recipe::default() };
    let Some(house) = House::with(vec![Box::new(OpenSmtpd)], recipe) else { return };

    let plain = ["--format", "json", "--security", "plaintext", &format!("{NAME}:25")];
    assert_all_ok(&house.probe(&plain, &[25]).report(), &[25]);

    // Its log tells of its own failure.
    let report = house.look(&["--format", "json", "--ports", "465,587", NAME]).report();
    assert_eq!(report["exit_code"], 13, "{report:#}");
    for endpoint in endpoints(&report) {
        assert_eq!((&endpoint["state"], &endpoint["failed_stage"]), (&"tls-handshake-failed".into(), &"tls".into()));
        assert!(endpoint["findings"].to_string().contains("internal_error"), "{endpoint:#}");
    }
}

#[test]
fn tls_put_in_front_of_a_plaintext_server_is_as_good_as_its_own() {
    for front in [Box::new(Haproxy::Usual) as Box<dyn Server>, Box::new(Stunnel)] {
        let Some(house) = House::with(vec![Box::new(Postfix::BehindProxy), front], Recipe::default()) else { return };
        let arguments = ["--format", "json", "--ca-file", &house.authority(), &format!("{NAME}:465")];
        // One session in front, and behind it one at the server.
        let report = house.probe(&arguments, &[465, 1025]).report();
        let endpoint = endpoint(&report, 465);
        assert_eq!((&report["exit_code"], &endpoint["state"]), (&0.into(), &"ok".into()), "{report:#}");
        assert_eq!(endpoint["tls"]["certificate"]["verified"], true, "{endpoint:#}");
    }
}

#[test]
fn a_server_that_must_be_asked_for_by_name_is_named_as_the_reason() {
    let servers: Vec<Box<dyn Server>> = vec![Box::new(Postfix::BehindProxy), Box::new(Haproxy::Usual)];
    let Some(house) = House::with(servers, Recipe::default()) else { return };
    let name = ["--format", "json", "--ca-file", &house.authority(), "--server-name", NAME, &format!("{IPV4}:465")];
    let report = house.probe(&name, &[465, 1025]).report();
    assert_eq!(endpoint(&report, 465)["state"], "ok", "{report:#}");

    // Last: the proxy complains of these visits, some time later.
    let report = house.look(&["--format", "json", &format!("{IPV4}:465")]).report();
    let failed = endpoint(&report, 465);
    assert_eq!(failed["state"], "tls-handshake-failed", "{report:#}");
    assert!(failed["findings"].to_string().contains("unrecognized_name"), "{report:#}");
}

#[test]
fn retired_versions_of_tls_are_named() {
    for (server, version) in [(OldTls::V1_0, "TLSv1.0"), (OldTls::V1_1, "TLSv1.1")] {
        let recipe = Recipe { key: Key::Rsa2048, ..Recipe::default() };
        let Some(house) = House::with(vec![Box::new(server)], recipe) else { return };
        let report = house.look(&["--format", "json", &format!("{NAME}:995")]).report();
        assert_eq!(report["exit_code"], 13, "{report:#}");
        let endpoint = endpoint(&report, 995);
        assert_eq!(endpoint["state"], "tls-version-unsupported", "{report:#}");
        assert_eq!(endpoint["tls"]["version"], version, "{report:#}");
    }
}

#[test]
fn a_server_that_wants_a_certificate_of_the_client_is_named_as_the_reason() {
    let front = Box::new(Haproxy::ForClientsWithCertificates);
    let servers: Vec<Box<dyn Server>> = vec![Box::new(Postfix::BehindProxy), front];
    let Some(house) = House::with(servers, Recipe::default()) else { return };
    // The proxy complains of this visit.
    let report = house.look(&["--format", "json", "--ca-file", &house.authority(), &format!("{NAME}:465")]).report();
    let failed = endpoint(&report, 465);
    assert_eq!(failed["state"], "tls-handshake-failed", "{report:#}");
    assert!(failed["findings"].to_string().contains("requires a client certificate"), "{report:#}");
}
