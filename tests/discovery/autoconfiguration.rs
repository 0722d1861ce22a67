//! The autoconfiguration file: where it is looked for, what is told to whom, and what a hostile one costs.

use std::time::{Duration, Instant};

use mailprobe_lab::Leaf;
use mailprobe_lab::dns::Zone;
use mailprobe_lab::https::Page;

use crate::command::finding_ids;
use crate::netns::in_own_network;
use crate::site::{DOMAIN, OWN, Site, WEB, autoconfig, endpoints, finding, is, outcome, target};

const COLLECTION: &str = "autoconfig.thunderbird.net";
const WELL_KNOWN: &str = "/.well-known/autoconfig/mail/config-v1.1.xml";

/// A mail host that works, and a web server under every name that is asked.
fn zone() -> Zone {
    Zone::new()
        .mx(DOMAIN, 10, "mx1.provider.test")
        .a("mx1.provider.test", [127, 0, 0, 10])
        .a("imap.example.test", [127, 0, 0, 30])
        .a(DOMAIN, WEB)
        .a(OWN.0, WEB)
        .a(COLLECTION, WEB)
        .a("autoconfig.provider.test", WEB)
        .a("web.example.test", WEB)
}

const SERVERS: [(&str, &str); 2] = [("smtp:starttls", "127.0.0.10:25"), ("imap:implicit", "127.0.0.30:993")];

fn file() -> Page {
    autoconfig(&[("incomingServer", "imap", "imap.example.test", 993, "SSL")])
}

const IMAPS: &str = "imap.example.test 127.0.0.30 993 ok pass autoconfig";

#[test]
fn the_places_are_asked_in_order_and_the_local_part_goes_to_the_first_alone() {
    const TEST: &str = "autoconfiguration::the_places_are_asked_in_order_and_the_local_part_goes_to_the_first_alone";
    in_own_network(TEST, || {
        let last = ("autoconfig.provider.test", "/mail/config-v1.1.xml", file());
        let site = Site::new(TEST, zone(), &SERVERS).with_web(Leaf::Good, &[last]);
        let (done, document) = site.check(&["jörg+tag@example.test"]);
        is(&done, &document, "pass", 0);
        assert!(endpoints(&document).contains(&IMAPS.to_owned()), "{document:#}");
        let asked: Vec<String> =
            site.requests().iter().map(|request| format!("{}{}", request.host, request.path)).collect();
        assert_eq!(
            asked,
            [
                "autoconfig.example.test/mail/config-v1.1.xml?emailaddress=j%C3%B6rg%2Btag%40example.test".to_owned(),
                format!("example.test{WELL_KNOWN}"),
                format!("{COLLECTION}/v1.1/example.test"),
                format!("{COLLECTION}/v1.1/provider.test"),
                "autoconfig.provider.test/mail/config-v1.1.xml".to_owned(),
            ]
        );
        let names: Vec<String> = site.questions().into_iter().map(|question| question.name).collect();
        assert!(!names.iter().any(|name| name.contains("tag")), "{names:?}");
    });
}

#[test]
fn without_a_local_part_none_is_sent() {
    const TEST: &str = "autoconfiguration::without_a_local_part_none_is_sent";
    in_own_network(TEST, || {
        let site = Site::new(TEST, zone(), &SERVERS).with_web(Leaf::Good, &[(OWN.0, OWN.1, file())]);
        let (done, document) = site.check(&["@example.test"]);
        is(&done, &document, "pass", 0);
        assert_eq!(site.requests().len(), 1);
        assert_eq!(site.requests()[0].path, OWN.1);
    });
}

#[test]
fn a_redirect_is_followed_and_the_local_part_stays_behind() {
    const TEST: &str = "autoconfiguration::a_redirect_is_followed_and_the_local_part_stays_behind";
    in_own_network(TEST, || {
        let site = Site::new(TEST, zone(), &SERVERS).with_web(
            Leaf::Good,
            &[
                (OWN.0, OWN.1, Page::Redirect("https://web.example.test/tell?user=secretive".to_owned())),
                ("web.example.test", "/tell", Page::Redirect("/file.xml".to_owned())),
                ("web.example.test", "/file.xml", file()),
            ],
        );
        let (done, document) = site.check(&["secretive@example.test"]);
        is(&done, &document, "pass", 0);
        assert!(endpoints(&document).contains(&IMAPS.to_owned()), "{document:#}");
        let asked: Vec<String> =
            site.requests().iter().map(|request| format!("{}{}", request.host, request.path)).collect();
        assert!(asked[0].contains("emailaddress=secretive"), "{asked:?}");
        // Asked again without the address before anything goes to the other host.
        assert_eq!(asked[1], format!("{}{}", OWN.0, OWN.1));
    });
}

#[test]
fn a_server_whose_name_needs_the_local_part_is_left_out() {
    const TEST: &str = "autoconfiguration::a_server_whose_name_needs_the_local_part_is_left_out";
    in_own_network(TEST, || {
        let file = autoconfig(&[
            ("incomingServer", "imap", "%EMAILLOCALPART%.example.test", 993, "SSL"),
            ("incomingServer", "imap", "imap.%EMAILDOMAIN%", 993, "SSL"),
        ]);
        let site = Site::new(TEST, zone(), &SERVERS).with_web(Leaf::Good, &[(OWN.0, OWN.1, file)]);
        let (done, document) = site.check(&["secretive@example.test"]);
        is(&done, &document, "pass", 0);
        assert!(finding(&document, "unusable-server")["evidence"].as_str().is_some_and(|it| it.contains("%EMAIL")));
        assert!(!site.questions().iter().any(|question| question.name.contains("secretive")));
    });
}

#[test]
fn nothing_is_asked_where_the_certificate_is_not_valid() {
    const TEST: &str = "autoconfiguration::nothing_is_asked_where_the_certificate_is_not_valid";
    in_own_network(TEST, || {
        for leaf in [Leaf::Expired, Leaf::WrongName, Leaf::SelfSigned, Leaf::UnknownIssuer] {
            let site = Site::new(TEST, zone(), &SERVERS).with_web(leaf, &[(OWN.0, OWN.1, file())]);
            let (done, document) = site.check(&["user@example.test"]);
            is(&done, &document, "pass", 0);
            assert!(site.requests().is_empty(), "{:?}", site.requests());
            assert_eq!(outcome(&document, OWN.1), "unreachable");
            let told = finding(&document, "autoconfig-unusable");
            assert!(told["evidence"].as_str().is_some_and(|it| it.contains("certificate")), "{told:#}");
        }
    });
}

#[test]
fn a_hostile_web_server_costs_a_bounded_time_and_is_told() {
    const TEST: &str = "autoconfiguration::a_hostile_web_server_costs_a_bounded_time_and_is_told";
    in_own_network(TEST, || {
        let loops = format!("https://{}{}", OWN.0, OWN.1);
        let laughs = "<!DOCTYPE x [<!ENTITY a \"haha\"><!ENTITY b \"&a;&a;&a;\">]><clientConfig>&b;</clientConfig>";
        for (page, said) in [
            (Page::Redirect(loops), "unusable"),
            (Page::Redirect("http://autoconfig.example.test/plain".to_owned()), "nothing"),
            (Page::Redirect("https://127.0.0.80/".to_owned()), "nothing"),
            (Page::Redirect("https://example.test:8443/".to_owned()), "nothing"),
            (Page::Endless, "unusable"),
            (Page::EndlessHeader, "unreachable"),
            (Page::Drip(Duration::from_millis(500)), "unreachable"),
            (Page::Silence, "unreachable"),
            (Page::Garbage, "unreachable"),
            (Page::Status(404), "nothing"),
            (Page::Status(503), "unreachable"),
            (Page::File("<!DOCTYPE html><title>Welcome</title>".to_owned()), "nothing"),
            (Page::File(laughs.to_owned()), "unusable"),
            (Page::File(format!("<clientConfig>{}", "<a>".repeat(20_000))), "unusable"),
            (Page::File(format!("<clientConfig>{}</clientConfig>", "x".repeat(1_000_000))), "unusable"),
            (Page::File("<clientConfig><emailProvider/></clientConfig>".to_owned()), "nothing"),
        ] {
            let site = Site::new(TEST, zone(), &SERVERS).with_web(Leaf::Good, &[(OWN.0, OWN.1, page.clone())]);
            let began = Instant::now();
            let (done, document) = site.check(&["@example.test"]);
            assert!(began.elapsed() < Duration::from_secs(60), "{page:?}");
            assert_eq!(outcome(&document, OWN.1), said, "{page:?}: {document:#}");
            let told = finding_ids(target(&document)).contains(&"autoconfig-unusable");
            assert_eq!(told, said != "nothing", "{page:?}: {document:#}");
            is(&done, &document, if said == "unusable" { "warn" } else { "pass" }, 0);
        }
    });
}

#[test]
fn silent_web_servers_do_not_keep_the_rest_waiting_and_what_was_not_asked_is_said() {
    const TEST: &str =
        "autoconfiguration::silent_web_servers_do_not_keep_the_rest_waiting_and_what_was_not_asked_is_said";
    in_own_network(TEST, || {
        let site = Site::new(TEST, zone(), &SERVERS);
        site.drop_packets_to(443);
        let (done, document) = site.check(&["@example.test"]);
        is(&done, &document, "pass", 0);
        let places = target(&document)["discovery"].as_array().expect("a discovery");
        let places: Vec<_> = places.iter().filter(|place| place["source"] == "autoconfig").collect();
        let spent: f64 = places.iter().filter_map(|place| place["duration_ms"].as_f64()).sum();
        assert!(spent < 9_000.0, "{spent} ms: {places:#?}");
        let detail = |place: &serde_json::Value| place["detail"].as_str().unwrap_or_default().to_owned();
        assert!(!detail(places[0]).starts_with("not asked"), "{places:#?}");
        assert!(places[2..].iter().all(|place| detail(place).starts_with("not asked")), "{places:#?}");
    });
}
