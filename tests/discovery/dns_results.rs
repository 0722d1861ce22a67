//! What the DNS says is itself a result: each with its own words, state and exit code.

use mailprobe_lab::dns::{Behaviour, RecordType, Zone};

use crate::command::finding_ids;
use crate::netns::in_own_network;
use crate::site::{DOMAIN, Site, endpoints, finding, is, outcome, target};

fn conclusion(document: &serde_json::Value) -> &str {
    target(document)["conclusion"].as_str().expect("a sentence")
}

#[test]
fn a_domain_without_servers_exits_4_and_says_why() {
    const TEST: &str = "dns_results::a_domain_without_servers_exits_4_and_says_why";
    in_own_network(TEST, || {
        let silent = || Zone::new().behave(DOMAIN, Behaviour::Silence);
        let dumb = |behaviour| Zone::new().behave(DOMAIN, behaviour);
        for (zone, state, words) in [
            (Zone::new(), "dns-no-such-name", "The name example.test does not exist."),
            (Zone::new().mx(DOMAIN, 0, "."), "dns-no-mail", "example.test says that it accepts no mail."),
            (Zone::new().txt(DOMAIN, "here"), "dns-no-address", "has neither an MX record nor an address"),
            (silent(), "dns-timeout", "No name server answered for example.test"),
            (dumb(Behaviour::ServFail), "dns-failed", "The name servers could not answer for example.test"),
            (dumb(Behaviour::Referral), "dns-failed", "The name servers could not answer for example.test"),
            (Zone::new().mx(DOMAIN, 10, "192.0.2.5"), "dns-no-address", "does not name a host"),
        ] {
            let site = Site::new(TEST, zone, &[]);
            let (done, document) = site.check(&["@example.test"]);
            is(&done, &document, "fail", 4);
            assert_eq!(endpoints(&document)[0].split(' ').nth(3), Some(state), "{document:#}");
            assert!(conclusion(&document).contains(words), "{state}: {}", conclusion(&document));
            assert!(!target(&document)["hints"].as_array().expect("hints").is_empty(), "{document:#}");
        }
    });
}

#[test]
fn without_an_mx_record_mail_goes_to_the_domain_itself() {
    const TEST: &str = "dns_results::without_an_mx_record_mail_goes_to_the_domain_itself";
    in_own_network(TEST, || {
        let zone = Zone::new().a(DOMAIN, [127, 0, 0, 10]);
        let site = Site::new(TEST, zone.clone(), &[("smtp:starttls", "127.0.0.10:25")]);
        let (done, document) = site.check(&["@example.test"]);
        is(&done, &document, "pass", 0);
        assert_eq!(endpoints(&document), ["example.test 127.0.0.10 25 ok pass implicit-mx"]);
        let told = finding(&document, "mx-missing");
        assert!(told["message"].as_str().is_some_and(|words| words.contains("goes to the host example.test itself")));
        drop(site);
        let site = Site::new(TEST, zone, &[]);
        let (done, document) = site.check(&["@example.test"]);
        is(&done, &document, "fail", 5);
    });
}

#[test]
fn an_mx_that_is_an_alias_an_address_or_nowhere() {
    const TEST: &str = "dns_results::an_mx_that_is_an_alias_an_address_or_nowhere";
    in_own_network(TEST, || {
        let zone = Zone::new()
            .mx(DOMAIN, 10, "alias.example.test")
            .cname("alias.example.test", "mx1.example.test")
            .a("mx1.example.test", [127, 0, 0, 10])
            .mx(DOMAIN, 20, "192.0.2.5")
            .mx(DOMAIN, 30, "nowhere.example.test")
            .mx(DOMAIN, 40, "bare.example.test")
            .txt("bare.example.test", "no address");
        let site = Site::new(TEST, zone, &[("smtp:starttls", "127.0.0.10:25")]);
        let (done, document) = site.check(&["@example.test"]);
        is(&done, &document, "warn", 0);
        assert_eq!(
            endpoints(&document),
            [
                "alias.example.test 127.0.0.10 25 ok pass mx",
                "nowhere.example.test - 25 dns-no-such-name warn mx",
                "bare.example.test - 25 dns-no-address warn mx",
            ]
        );
        assert!(
            finding(&document, "mx-is-alias")["evidence"].as_str().is_some_and(|it| it.contains("mx1.example.test"))
        );
        assert_eq!(finding(&document, "mx-is-no-name")["evidence"], "it names 192.0.2.5");
        assert!(
            !site.questions().iter().any(|question| question.name == "192.0.2.5"),
            "an address is not looked up as a name"
        );
    });
}

#[test]
fn services_that_are_not_offered_are_no_failure_beside_others_and_one_alone() {
    const TEST: &str = "dns_results::services_that_are_not_offered_are_no_failure_beside_others_and_one_alone";
    in_own_network(TEST, || {
        let zone = Zone::new()
            .srv("_imaps._tcp.example.test", 0, 0, 0, ".")
            .srv("_imap._tcp.example.test", 10, 1, 143, "second.example.test")
            .srv("_imap._tcp.example.test", 0, 1, 143, "first.example.test")
            .a("first.example.test", [127, 0, 0, 10])
            .a("second.example.test", [127, 0, 0, 11]);
        let servers = [("imap:starttls", "127.0.0.10:143"), ("imap:starttls", "127.0.0.11:143")];
        let site = Site::new(TEST, zone, &servers);
        let (done, document) = site.check(&["--from", "srv", "@example.test"]);
        is(&done, &document, "pass", 0);
        assert_eq!(
            endpoints(&document),
            [
                "first.example.test 127.0.0.10 143 ok pass srv",
                "second.example.test 127.0.0.11 143 ok pass srv",
                "example.test - 993 dns-no-mail pass srv",
            ]
        );
        let (done, document) = site.check(&["--from", "srv", "--ports", "110", "@example.test"]);
        is(&done, &document, "fail", 4);
        assert_eq!(conclusion(&document), "No source names a server of example.test on the requested ports.");
        let (done, document) = site.check(&["--from", "srv", "--ports", "993", "@example.test"]);
        is(&done, &document, "fail", 4);
        assert_eq!(endpoints(&document), ["example.test - 993 dns-no-mail fail srv"]);
        let message = &target(&document)["endpoints"][0]["findings"][0]["message"];
        assert_eq!(message, "The domain example.test says that it does not offer imaps.");
    });
}

#[test]
fn no_source_at_all_is_a_clear_answer() {
    const TEST: &str = "dns_results::no_source_at_all_is_a_clear_answer";
    in_own_network(TEST, || {
        let site = Site::new(TEST, Zone::new().a(DOMAIN, [127, 0, 0, 10]), &[]);
        let (done, document) = site.check(&["--from", "srv,builtin", "@example.test"]);
        is(&done, &document, "fail", 4);
        assert!(endpoints(&document).is_empty());
        assert_eq!(conclusion(&document), "No source names a mail server of example.test.");
        assert_eq!(finding_ids(target(&document)), ["no-server-named"]);
        assert_eq!(outcome(&document, "_imaps._tcp"), "nothing");
        let shown = site.show(&["--from", "srv,builtin", "@example.test"]);
        assert_eq!(shown.code, 4);
        assert!(
            shown.stdout.contains("No source names a mail server") && shown.stdout.contains("--guess"),
            "{}",
            shown.stdout
        );
    });
}

#[test]
fn records_that_could_not_be_looked_up_are_a_warning_where_others_name_servers() {
    const TEST: &str = "dns_results::records_that_could_not_be_looked_up_are_a_warning_where_others_name_servers";
    in_own_network(TEST, || {
        let zone = Zone::new()
            .behave_for(DOMAIN, RecordType::MX, Behaviour::ServFail)
            .srv("_imaps._tcp.example.test", 0, 1, 993, "imap.example.test")
            .behave("_pop3s._tcp.example.test", Behaviour::Silence)
            .a("imap.example.test", [127, 0, 0, 30]);
        let site = Site::new(TEST, zone, &[("imap:implicit", "127.0.0.30:993")]);
        let (done, document) = site.check(&["@example.test"]);
        is(&done, &document, "warn", 0);
        assert_eq!(endpoints(&document), ["imap.example.test 127.0.0.30 993 ok pass srv"]);
        let told = finding(&document, "record-lookup-failed");
        assert!(told["message"].as_str().is_some_and(|words| words.contains("MX records")), "{told:#}");
        assert!(told["evidence"].as_str().is_some_and(|words| words.contains("SERVFAIL")), "{told:#}");
        let srv = target(&document)["findings"].as_array().expect("findings");
        assert!(srv.iter().any(|one| one["message"].as_str().is_some_and(|words| words.contains("SRV records"))));
        assert_eq!(outcome(&document, "_pop3s._tcp"), "unreachable");
    });
}

#[test]
fn a_slow_name_server_is_told() {
    const TEST: &str = "dns_results::a_slow_name_server_is_told";
    in_own_network(TEST, || {
        let zone = Zone::new()
            .mx(DOMAIN, 10, "mx1.example.test")
            .behave_for(DOMAIN, RecordType::MX, Behaviour::Delay(std::time::Duration::from_secs(4)))
            .a("mx1.example.test", [127, 0, 0, 10]);
        let site = Site::new(TEST, zone, &[("smtp:starttls", "127.0.0.10:25")]);
        let (done, document) = site.check(&["--from", "mx", "@example.test"]);
        is(&done, &document, "warn", 0);
        let told = finding(&document, "slow-name-server");
        assert!(told["evidence"].as_str().is_some_and(|words| words.starts_with("example.test MX")), "{told:#}");
    });
}

#[test]
fn a_null_mx_is_the_domains_word_and_fails_nothing_beside_servers_that_work() {
    const TEST: &str = "dns_results::a_null_mx_is_the_domains_word_and_fails_nothing_beside_servers_that_work";
    in_own_network(TEST, || {
        let zone = Zone::new()
            .mx(DOMAIN, 0, ".")
            .a(DOMAIN, [127, 0, 0, 10])
            .srv("_imaps._tcp.example.test", 0, 1, 993, "imap.example.test")
            .a("imap.example.test", [127, 0, 0, 30]);
        let site = Site::new(TEST, zone, &[("imap:implicit", "127.0.0.30:993")]);
        let (done, document) = site.check(&["--from", "mx,srv", "@example.test"]);
        is(&done, &document, "pass", 0);
        assert_eq!(
            endpoints(&document),
            ["imap.example.test 127.0.0.30 993 ok pass srv", "example.test - 25 dns-no-mail pass mx"]
        );
        let shown = site.show(&["--from", "mx,srv", "@example.test"]);
        assert!(!shown.stdout.contains("no address"), "{}", shown.stdout);
        let metrics = site.show(&["--from", "mx,srv", "--format", "prometheus", "@example.test"]).stdout;
        let successes: Vec<&str> = metrics.lines().filter(|line| line.starts_with("probe_success{")).collect();
        assert!(
            successes.len() == 1 && successes[0].contains("993"),
            "what is not offered is no success: {successes:?}"
        );
    });
}

#[test]
fn a_null_mx_beside_other_mail_hosts_is_told() {
    const TEST: &str = "dns_results::a_null_mx_beside_other_mail_hosts_is_told";
    in_own_network(TEST, || {
        let zone =
            Zone::new().mx(DOMAIN, 0, ".").mx(DOMAIN, 10, "mx1.example.test").a("mx1.example.test", [127, 0, 0, 10]);
        let site = Site::new(TEST, zone, &[("smtp:starttls", "127.0.0.10:25")]);
        let (done, document) = site.check(&["--from", "mx", "@example.test"]);
        is(&done, &document, "warn", 0);
        let told = finding(&document, "mx-is-no-name");
        assert!(told["evidence"].as_str().is_some_and(|words| words.contains("RFC 7505")), "{told:#}");
    });
}

#[test]
fn an_mx_of_the_family_that_was_left_out_has_an_address() {
    const TEST: &str = "dns_results::an_mx_of_the_family_that_was_left_out_has_an_address";
    in_own_network(TEST, || {
        let zone = Zone::new().mx(DOMAIN, 10, "mx1.example.test").a("mx1.example.test", [127, 0, 0, 10]);
        let site = Site::new(TEST, zone, &[("smtp:starttls", "127.0.0.10:25")]);
        let (done, document) = site.check(&["--from", "mx", "-6", "@example.test"]);
        is(&done, &document, "fail", 4);
        assert!(
            conclusion(&document).contains("has no IPv6 address, but only IPv6 was asked for"),
            "{}",
            conclusion(&document)
        );
        let hints = target(&document)["hints"].to_string();
        assert!(hints.contains("Omit -6") && !hints.contains("whoever runs"), "{hints}");
    });
}

#[test]
fn a_run_that_is_over_while_one_source_is_silent_keeps_what_the_others_said() {
    const TEST: &str = "dns_results::a_run_that_is_over_while_one_source_is_silent_keeps_what_the_others_said";
    in_own_network(TEST, || {
        let zone = Zone::new()
            .mx(DOMAIN, 10, "mx1.example.test")
            .a("mx1.example.test", [127, 0, 0, 10])
            .behave("mx1.example.test", Behaviour::Silence)
            .srv("_imaps._tcp.example.test", 0, 1, 993, "imap.example.test")
            .behave("_pop3s._tcp.example.test", Behaviour::Silence)
            .behave("autoconfig.example.test", Behaviour::Silence);
        let site = Site::new(TEST, zone, &[]);
        let (done, document) = site.check(&["--deadline", "1s", "@example.test"]);
        is(&done, &document, "inconclusive", 3);
        assert_eq!(
            endpoints(&document),
            [
                "mx1.example.test - 25 inconclusive inconclusive mx",
                "imap.example.test - 993 inconclusive inconclusive srv",
            ]
        );
        assert_eq!(outcome(&document, "example.test MX"), "named");
        assert_eq!(outcome(&document, "_imaps._tcp"), "named");
        assert_eq!(outcome(&document, "_pop3s._tcp"), "unreachable");
        assert_eq!(conclusion(&document), "The time limit was reached before anything was probed.");
    });
}

#[test]
fn a_run_that_is_over_before_the_servers_are_known_proves_nothing() {
    const TEST: &str = "dns_results::a_run_that_is_over_before_the_servers_are_known_proves_nothing";
    in_own_network(TEST, || {
        let site = Site::new(TEST, Zone::new().behave(DOMAIN, Behaviour::Silence), &[]);
        let (done, document) = site.check(&["--deadline", "1s", "@example.test"]);
        is(&done, &document, "inconclusive", 3);
        assert_eq!(endpoints(&document), ["example.test - 25 inconclusive inconclusive mx"]);
    });
}
