//! The built-in provider table: shown, and used.

use mailprobe_lab::dns::{Behaviour, Zone};
use serde_json::Value;

use crate::command::{finding_ids, run};
use crate::netns::in_own_network;
use crate::site::{Site, endpoints, finding, is, settings, target};

#[test]
fn the_table_fits_80_columns_and_a_row_says_it_all() {
    let table = run(&["providers"]);
    assert_eq!((table.code, table.stderr.as_str()), (0, ""));
    for name in ["gmail", "postmark", "proton-submission"] {
        assert!(table.stdout.lines().any(|line| line.starts_with(&format!("{name} "))), "{name}");
    }
    let outlook = run(&["providers", "outlook"]);
    for words in ["smtp-mail.outlook.com", "587  STARTTLS", "no password login", "Thunderbird ISPDB (2026-03)"] {
        assert!(outlook.stdout.contains(words), "{words:?} is missing in\n{}", outlook.stdout);
    }
    let postmark = run(&["providers", "postmark"]);
    assert!(postmark.stdout.contains("which"), "{}", postmark.stdout);
    for line in [table, outlook, postmark].iter().flat_map(|shown| shown.stdout.lines()) {
        assert!(line.chars().count() <= 80, "{line}");
    }
}

#[test]
fn the_table_is_json_too() {
    let read = |arguments: &[&str]| -> Value { serde_json::from_str(&run(arguments).stdout).expect("JSON") };
    let all = read(&["--format", "json", "providers"]);
    assert_eq!(all["providers"].as_array().map(Vec::len), Some(66));
    let one = read(&["providers", "gmail.com", "--format", "json"]);
    assert_eq!(one["providers"][0]["name"], "gmail");
    assert_eq!(one["providers"][0]["servers"][0]["host"], "smtp.gmail.com");
    assert_eq!(one["providers"][0]["servers"][0]["security"], "implicit");
}

#[test]
fn an_unknown_name_is_answered_with_near_ones() {
    let outcome = run(&["providers", "gmial"]);
    assert_eq!((outcome.code, outcome.stdout.as_str()), (2, ""));
    assert_eq!(outcome.stderr, "mailprobe: there is no provider \"gmial\" in the table; did you mean gmail?\n");
    assert_eq!(run(&["mail.test.example", "providers"]).code, 2);
}

const POSTEO: [(&str, &str); 1] = [("smtp:implicit", "127.0.0.20:465")];

#[test]
fn a_domain_of_the_table_works_without_answers_for_its_records() {
    const TEST: &str = "providers::a_domain_of_the_table_works_without_answers_for_its_records";
    in_own_network(TEST, || {
        let servers = [("imap:implicit:wildcard", "127.0.0.30:993"), ("smtp:starttls:no-starttls", "127.0.0.1:25")];
        let hosts = || Zone::new().a("imap.mail.me.com", [127, 0, 0, 30]).a("smtp.mail.me.com", [127, 0, 0, 31]);
        let names = ["_submissions", "_submission", "_imaps", "_imap", "_pop3s", "_pop3"];
        let silence = names.iter().fold(hosts().behave("icloud.com", Behaviour::Silence), |zone, service| {
            zone.behave(&format!("{service}._tcp.icloud.com"), Behaviour::Silence)
        });
        for zone in [hosts(), silence] {
            let site = Site::new(TEST, zone, &servers);
            let (_, document) = site.check(&["--server-name", "x.test.example", "user@icloud.com"]);
            assert_eq!(
                endpoints(&document),
                [
                    "smtp.mail.me.com 127.0.0.31 587 connection-refused pass builtin",
                    "imap.mail.me.com 127.0.0.30 993 ok pass builtin",
                ]
            );
            assert_eq!(settings(&document, "incoming"), ["imap.mail.me.com 993 implicit"]);
            assert_eq!(document["verdict"], "warn", "{document:#}");
            assert_eq!(document["exit_code"], 0);
            assert!(finding_ids(target(&document)).contains(&"record-lookup-failed"), "{document:#}");
        }
    });
}

#[test]
fn a_provider_that_takes_no_password_is_said_to() {
    const TEST: &str = "providers::a_provider_that_takes_no_password_is_said_to";
    in_own_network(TEST, || {
        let zone = Zone::new().a("outlook.office365.com", [127, 0, 0, 30]);
        let site = Site::new(TEST, zone, &[("imap:implicit:wildcard", "127.0.0.30:993")]);
        let (_, document) = site.check(&["--server-name", "x.test.example", "@outlook.com"]);
        let told = finding(&document, "no-password-login");
        assert!(told["message"].as_str().is_some_and(|words| words.contains("OAuth")), "{told:#}");
        // The server of the lab lists PLAIN and LOGIN.
        let best = &target(&document)["recommended"]["incoming"][0];
        assert_eq!((&best["port"], &best["password"]), (&993.into(), &false.into()), "{best:#}");
        let shown = site.show(&["--server-name", "x.test.example", "@outlook.com"]).stdout;
        assert!(shown.contains("no password: OAuth") && !shown.contains("PLAIN"), "{shown}");
    });
}

#[test]
fn a_port_that_a_provider_does_not_offer_is_not_called_blocked() {
    const TEST: &str = "providers::a_port_that_a_provider_does_not_offer_is_not_called_blocked";
    in_own_network(TEST, || {
        let zone = Zone::new().a("smtp.postmarkapp.com", [127, 0, 0, 20]);
        let site = Site::new(TEST, zone, &[("smtp:starttls:wildcard", "127.0.0.20:587")]);
        site.drop_packets_to(465);
        let (done, document) = site.check(&["--connect-timeout", "1s", "smtp.postmarkapp.com:465"]);
        is(&done, &document, "fail", 6);
        let endpoint = &target(&document)["endpoints"][0];
        assert_eq!(endpoint["state"], "connection-timeout");
        assert_eq!(finding_ids(endpoint), ["port-not-offered"], "{endpoint:#}");
        let text = document.to_string();
        assert!(text.contains("Postmark does not offer port 465") && !text.contains("firewall"), "{document:#}");
        let conclusion = target(&document)["conclusion"].as_str().unwrap_or_default();
        assert_eq!(conclusion, "Port 465 is not offered by the provider.");
    });
}

#[test]
fn the_table_is_a_survey_and_named_beside_the_records() {
    const TEST: &str = "providers::the_table_is_a_survey_and_named_beside_the_records";
    in_own_network(TEST, || {
        // posteo.de is its own mail host, so without an MX record the fallback leads to it as well.
        let zone = Zone::new().a("posteo.de", [127, 0, 0, 20]);
        let site = Site::new(TEST, zone, &POSTEO);
        let (done, document) = site.check(&["--server-name", "mail.example.test", "@posteo.de"]);
        is(&done, &document, "warn", 0);
        assert_eq!(endpoints(&document)[0], "posteo.de 127.0.0.20 25 connection-refused warn implicit-mx");
        assert_eq!(endpoints(&document)[1], "posteo.de 127.0.0.20 465 ok pass builtin");
        assert_eq!(settings(&document, "outgoing"), ["posteo.de 465 implicit"]);
    });
}
