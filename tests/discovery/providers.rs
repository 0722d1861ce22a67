//! The built-in provider table: shown, and used.

use std::process::Command;

use mailprobe_lab::dns::{Behaviour, Zone};
use serde_json::Value;

use crate::command::{clock, finding_ids, run, run_on};
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
    for words in ["smtp-mail.outlook.com", "587  STARTTLS", "takes no password", "Thunderbird ISPDB (2026-03)"] {
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
    assert_eq!(all["providers"].as_array().map(Vec::len), Some(100));
    let one = read(&["providers", "gmail.com", "--format", "json"]);
    assert_eq!(one["providers"][0]["name"], "gmail");
    assert_eq!(one["providers"][0]["servers"][0]["host"], "smtp.gmail.com");
    assert_eq!(one["providers"][0]["servers"][0]["security"], "implicit");
}

fn unwrapped(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn what_microsoft_365_takes_changes_on_the_day() {
    for (day, told, needs) in [
        ("2026-12-30", "takes a password for SMTP until the end of December 2026", "password"),
        (
            "2027-01-02",
            "password login for SMTP (SMTP AUTH) off by default since the end of December",
            "switch-on-first",
        ),
    ] {
        let Some(shown) = run_on(day, &["providers", "microsoft365"]) else { return };
        let text = unwrapped(&shown.stdout);
        assert!(text.contains(told), "{day}: {text}");
        assert!(text.contains("takes no password for IMAP and POP3, only OAuth"), "{day}: {text}");
        assert!(text.contains("(Exchange team's post of 2026-01-27, checked 2026-11-27)"), "{day}: {text}");
        let shown = run_on(day, &["--format", "json", "providers", "microsoft365"]).expect("a clock");
        let document: Value = serde_json::from_str(&shown.stdout).expect("JSON");
        let row = &document["providers"][0];
        assert_eq!(row["password_login"], true, "{day}");
        let of_server = |server: usize| (&row["servers"][server]["login_needs"][0], &row["servers"][server]["port"]);
        assert_eq!(of_server(0), (&needs.into(), &587.into()), "{day}");
        assert_eq!(of_server(1), (&"oauth".into(), &993.into()), "{day}");
        assert_eq!(row["servers"][1]["password_login"], false, "{day}");
    }
}

#[test]
fn a_row_says_what_is_needed_before_one_can_log_in() {
    for (name, needs, told, page) in [
        (
            "gmail",
            "app-password",
            "Gmail wants an app password here",
            "https://support.google.com/accounts/answer/185833",
        ),
        ("posteo", "app-password", "Posteo wants an app password here", "https://posteo.de/en/help/app-passwords"),
        ("gmx", "switch-on-first", "GMX wants IMAP switched on first", "https://support.gmx.com/pop-imap/toggle.html"),
    ] {
        let text = run(&["providers", name]).stdout;
        assert!(text.contains(told) && text.lines().any(|line| line.trim() == page), "{text}");
        assert!(text.contains("(chatmail provider list, checked 20"), "{text}");
        let document: Value =
            serde_json::from_str(&run(&["providers", name, "--format", "json"]).stdout).expect("JSON");
        let rule = &document["providers"][0]["login"][0];
        assert_eq!((&rule["needs"], &rule["page"], &rule["in_force"]), (&needs.into(), &page.into(), &true.into()));
        assert_eq!(document["providers"][0]["password_login"], true);
    }
    let table = run(&["providers"]).stdout;
    for told in ["app password, [1] [2]", "switch on IMAP first", "[1]  Thunderbird ISPDB (2026-03)"] {
        assert!(table.contains(told), "{told}: {table}");
    }
}

#[test]
fn that_an_app_password_is_wanted_is_said_beside_the_settings() {
    const TEST: &str = "providers::that_an_app_password_is_wanted_is_said_beside_the_settings";
    in_own_network(TEST, || {
        let zone = Zone::new().a("imap.gmail.com", [127, 0, 0, 30]).srv(
            "_imaps._tcp.example.test",
            0,
            1,
            993,
            "imap.gmail.com",
        );
        let site = Site::new(TEST, zone, &[("imap:implicit:wildcard", "127.0.0.30:993")]);
        // A domain of somebody's own whose mail is at the provider is told as well.
        for target_of_check in ["@gmail.com", "@example.test"] {
            let (_, document) = site.check(&["--server-name", "x.test.example", target_of_check]);
            let best = &target(&document)["recommended"]["incoming"][0];
            assert_eq!(best["password"], true, "{best:#}");
            assert_eq!(best["login_needs"][0]["needs"], "app-password", "{best:#}");
            let shown = site.show(&["--server-name", "x.test.example", target_of_check]).stdout;
            for told in ["login     app password", "Gmail wants an app password here", "https://support.google.com/"] {
                assert!(shown.contains(told), "{told}: {shown}");
            }
        }
    });
}

/// Set where a test runs once more, on this day.
const DAY: &str = "MAILPROBE_TEST_DAY";

#[test]
fn beside_the_settings_microsoft_365_is_told_as_of_the_day() {
    const TEST: &str = "providers::beside_the_settings_microsoft_365_is_told_as_of_the_day";
    let told = [
        ("2026-12-30", "note Microsoft 365 takes a password for SMTP until the end of December 2026"),
        ("2027-01-02", "note Microsoft 365 has had password login for SMTP (SMTP AUTH) off by default"),
    ];
    let Ok(today) = std::env::var(DAY) else {
        // The whole test lives on the day, so that the server's certificate does, too.
        for (day, _) in told {
            let Some(clock) = clock(day) else { return };
            let program = std::env::current_exe().expect("a path");
            let again = Command::new(program).args(["--exact", TEST]).envs(clock).env(DAY, day).output();
            let again = again.expect("the test starts");
            assert!(again.status.success(), "{}", String::from_utf8_lossy(&again.stdout));
        }
        return;
    };
    in_own_network(TEST, || {
        let zone = Zone::new().a("smtp.office365.com", [127, 0, 0, 31]).srv(
            "_submission._tcp.example.test",
            0,
            1,
            587,
            "smtp.office365.com",
        );
        let site = Site::new(TEST, zone, &[("smtp:starttls:wildcard", "127.0.0.31:587")]);
        let shown = site.show(&["--server-name", "x.test.example", "@example.test"]);
        let text = unwrapped(&shown.stdout);
        for (day, told) in told {
            assert_eq!(text.contains(told), day == today, "{today}: {}{}", shown.stdout, shown.stderr);
        }
    });
}

/// Large domains of the ISPDB, and of nodemailer's list.
#[test]
fn large_providers_are_known_by_their_domains_with_where_the_row_is_from() {
    const ISPDB: [&str; 21] = [
        "orange.fr",
        "free.fr",
        "laposte.net",
        "libero.it",
        "tiscali.it",
        "email.it",
        "mail.com",
        "onet.pl",
        "o2.pl",
        "rediffmail.com",
        "ocn.ne.jp",
        "biglobe.ne.jp",
        "ybb.ne.jp",
        "daum.net",
        "charter.net",
        "earthlink.net",
        "centurylink.net",
        "kpnmail.nl",
        "zoho.com.au",
        "zoho.jp",
        "zohocloud.ca",
    ];
    // Hosting companies: the domains are those of their customers.
    const ISPDB_NAMES: [&str; 2] = ["hetzner", "domainfactory"];
    const NODEMAILER: [&str; 9] =
        ["aruba-pec", "loopia", "disroot", "runbox", "feishu", "aliyun", "forward-email", "mailtrap", "kolab-now"];
    let ispdb = ISPDB.iter().chain(&ISPDB_NAMES).map(|name| (name, "Thunderbird ISPDB"));
    for (name, list) in ispdb.chain(NODEMAILER.iter().map(|name| (name, "nodemailer"))) {
        let shown = run(&["--format", "json", "providers", name]);
        assert_eq!(shown.code, 0, "{name}: {}", shown.stderr);
        let document: Value = serde_json::from_str(&shown.stdout).expect("JSON");
        let sources = document["providers"][0]["sources"].as_array().expect("sources");
        let cited = |source: &Value| source["name"].as_str().is_some_and(|cited| cited.starts_with(list));
        assert!(sources.iter().any(cited), "{name}: {sources:?}");
        assert!(run(&["providers", name]).stdout.contains(&format!("  {list} (202")), "{name}");
    }
    // A hosting company's own domain leads to it.
    for (domain, name) in [("df.eu", "domainfactory"), ("your-server.de", "hetzner"), ("loopia.se", "loopia")] {
        let outcome = run(&["providers", domain]);
        let told = format!("there is no provider \"{domain}\" in the table; did you mean {name}");
        assert!(outcome.code == 2 && outcome.stderr.contains(&told), "{}", outcome.stderr);
    }
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
