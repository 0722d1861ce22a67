//! The web servers that may have the autoconfiguration file: what they cannot bring about, and what they cost.

use std::time::{Duration, Instant};

use mailprobe_lab::Leaf;
use mailprobe_lab::https::Page;

use crate::autoconfiguration::{SERVERS, file, zone};
use crate::command::finding_ids;
use crate::netns::in_own_network;
use crate::site::{OWN, Site, finding, is, outcome, target};

#[test]
fn nothing_is_asked_where_the_certificate_is_not_valid() {
    const TEST: &str = "web_servers::nothing_is_asked_where_the_certificate_is_not_valid";
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
    const TEST: &str = "web_servers::a_hostile_web_server_costs_a_bounded_time_and_is_told";
    in_own_network(TEST, || {
        let loops = format!("https://{}{}", OWN.0, OWN.1);
        let laughs = "<!DOCTYPE x [<!ENTITY a \"haha\"><!ENTITY b \"&a;&a;&a;\">]><clientConfig>&b;</clientConfig>";
        for (page, said) in [
            (Page::Redirect(loops), "unusable"),
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
    const TEST: &str = "web_servers::silent_web_servers_do_not_keep_the_rest_waiting_and_what_was_not_asked_is_said";
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

/// What each of these leads to has a file, so that following it would show.
#[test]
fn a_redirect_leads_nowhere_but_to_https_on_its_port_at_a_host_with_a_name() {
    const TEST: &str = "web_servers::a_redirect_leads_nowhere_but_to_https_on_its_port_at_a_host_with_a_name";
    in_own_network(TEST, || {
        let elsewhere = [("*", "/file.xml", file())];
        for location in [
            "http://autoconfig.example.test/file.xml",
            "http://autoconfig.example.test:443/file.xml",
            "https://127.0.0.80/file.xml",
            "https://autoconfig.example.test:8443/file.xml",
            "https://user:word@autoconfig.example.test/file.xml",
        ] {
            let redirect = (OWN.0, OWN.1, Page::Redirect(location.to_owned()));
            let site = Site::new(TEST, zone(), &SERVERS)
                .with_web(Leaf::Good, &[redirect, elsewhere[0].clone()])
                .with_unencrypted_web(&elsewhere);
            let (done, document) = site.check(&["--from", "mx,autoconfig", "@example.test"]);
            is(&done, &document, "pass", 0);
            assert_eq!(outcome(&document, OWN.1), "nothing", "{location}");
            let places = target(&document)["discovery"].as_array().expect("a discovery");
            let place = places.iter().find(|place| place["asked"].as_str().is_some_and(|asked| asked.ends_with(OWN.1)));
            let detail = place.and_then(|place| place["detail"].as_str()).unwrap_or_default();
            assert_eq!(detail, format!("it redirects to a URL that is not followed: {location}"));
            let followed = site.asked().into_iter().chain(site.asked_unencrypted());
            assert!(!followed.into_iter().any(|asked| asked.ends_with("/file.xml")), "{location}");
        }
    });
}

#[test]
fn the_limits_of_redirects_and_size_are_where_they_are_said_to_be() {
    const TEST: &str = "web_servers::the_limits_of_redirects_and_size_are_where_they_are_said_to_be";
    in_own_network(TEST, || {
        let check = |pages: &[(&str, &str, Page)]| {
            let site = Site::new(TEST, zone(), &SERVERS).with_web(Leaf::Good, pages);
            let (_, document) = site.check(&["--from", "mx,autoconfig", "@example.test"]);
            outcome(&document, OWN.1).to_owned()
        };
        for (redirects, said) in [(5, "named"), (6, "unusable")] {
            let paths: Vec<String> = (1..=redirects).map(|hop| format!("/hop{hop}")).collect();
            let mut pages: Vec<(&str, &str, Page)> = Vec::new();
            let mut from = OWN.1;
            for path in &paths {
                pages.push((OWN.0, from, Page::Redirect(path.clone())));
                from = path;
            }
            pages.push((OWN.0, from, file()));
            assert_eq!(check(&pages), said, "{redirects} redirects");
        }
        let Page::File(text) = file() else { unreachable!() };
        for (size, said) in [(64 * 1024, "named"), (64 * 1024 + 1, "unusable")] {
            let padded = format!("{text}{}", " ".repeat(size - text.len()));
            assert_eq!(check(&[(OWN.0, OWN.1, Page::File(padded))]), said, "{size} bytes");
        }
    });
}
