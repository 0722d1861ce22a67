//! Names that lead elsewhere: to more places than anybody checks, into a private network, to this very machine.

use std::net::SocketAddr;

use mailprobe_lab::dns::Zone;
use mailprobe_lab::https::{HttpsServer, Page};
use mailprobe_lab::{Behaviour, Leaf, Server};
use serde_json::Value;

use crate::command::{finding_ids, only_endpoint, run};
use crate::netns::in_own_network;
use crate::site::{DOMAIN, NAMES, OWN, Site, endpoints, finding, is, target};

/// A domain that anybody may look up. Nobody has the top-level domain.
const PUBLIC: &str = "firm.zz";

/// A mail server that counts who connects.
fn listen(address: &str) -> Server {
    let behaviour: Behaviour = "smtp:starttls".parse().expect("a behaviour");
    let address: SocketAddr = address.parse().expect("an address");
    Server::start_at(behaviour.names(["*.firm.zz", "firm.zz"]), address).expect("the port is free")
}

/// The cause of the target with this id.
fn cause<'a>(document: &'a Value, id: &str) -> &'a Value {
    let causes = target(document)["causes"].as_array().expect("causes");
    causes.iter().find(|cause| cause["id"] == id).unwrap_or_else(|| panic!("no {id} in {causes:#?}"))
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn ids(document: &Value) -> Vec<&str> {
    target(document)["causes"].as_array().expect("causes").iter().filter_map(|cause| cause["id"].as_str()).collect()
}

#[test]
fn a_domain_of_a_thousand_addresses_is_checked_at_64() {
    const TEST: &str = "elsewhere::a_domain_of_a_thousand_addresses_is_checked_at_64";
    in_own_network(TEST, || {
        let mut zone = Zone::new();
        for host in 1..=32_u8 {
            let name = format!("mx{host}.example.test");
            zone = zone.mx(DOMAIN, u16::from(host), &name);
            zone = (1..=32_u8).fold(zone, |zone, last| zone.a(&name, [127, 1, host, last]));
        }
        let site = Site::new(TEST, zone, &[]);
        let (done, document) = site.check(&["--from", "mx", "@example.test"]);
        is(&done, &document, "fail", 5);
        let checked = endpoints(&document);
        assert_eq!(checked.len(), 64, "{checked:#?}");
        // Two of each host, and not all of the first two.
        for (pair, host) in checked.chunks(2).zip(1..) {
            let place = |last: u8| format!("mx{host}.example.test 127.1.{host}.{last} 25 connection-refused fail mx");
            assert_eq!(pair, [place(1), place(2)]);
        }
        let told = finding(&document, "endpoints-left-out");
        assert_eq!(told["severity"], "info");
        assert_eq!(
            told["message"],
            "Only 64 of 1024 ports at all addresses were checked: 960 at 960 further addresses of 32 hosts were left \
             out. Each host's first addresses were checked, mail exchangers before others."
        );
        assert!(text(&told["hint"]).contains("--max-endpoints 1024"), "{told:#}");
        let (_, document) = site.check(&["--from", "mx", "--max-endpoints", "70", "@example.test"]);
        assert_eq!(endpoints(&document).len(), 70);
    });
}

#[test]
fn a_host_of_many_addresses_is_checked_at_whole_ones_and_the_report_says_so() {
    const TEST: &str = "elsewhere::a_host_of_many_addresses_is_checked_at_whole_ones_and_the_report_says_so";
    in_own_network(TEST, || {
        let zone = (1..=32_u8).fold(Zone::new(), |zone, last| zone.a("mail.example.test", [127, 1, 1, last]));
        let site = Site::new(TEST, zone, &[]);
        let (_, document) = site.check(&["mail.example.test"]);
        assert_eq!(endpoints(&document).len(), 63);
        let (_, all) = site.check(&["--max-endpoints", "224", "mail.example.test"]);
        assert_eq!(endpoints(&all).len(), 224);
        assert_eq!(finding_ids(target(&all)), [""; 0]);
        let shown = site.show(&["mail.example.test"]).stdout;
        let shown = shown.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(shown.contains("Only 63 of 224 ports"), "{shown}");
        assert!(shown.contains("161 at 23 further addresses of mail.example.test were left out"), "{shown}");
    });
}

#[test]
fn a_record_that_leads_into_a_private_network_is_the_fault() {
    const TEST: &str = "elsewhere::a_record_that_leads_into_a_private_network_is_the_fault";
    in_own_network(TEST, || {
        let zone = Zone::new()
            .mx(PUBLIC, 10, "mx.firm.zz")
            .srv("_submission._tcp.firm.zz", 0, 1, 2602, "smtp.firm.zz")
            .a("mx.firm.zz", [10, 9, 8, 7])
            .a("smtp.firm.zz", [127, 0, 0, 1])
            .a("shared.firm.zz", [100, 64, 0, 1]);
        let site = Site::new(TEST, zone, &[]);
        site.shell("for a in 10.9.8.7 100.64.0.1; do ip addr add $a/32 dev lo; done");
        let (done, document) = site.check(&["--from", "mx,srv", "@firm.zz"]);
        is(&done, &document, "fail", 5);
        assert_eq!(ids(&document), ["server-at-private-address"; 2], "{document:#}");
        let causes = target(&document)["causes"].as_array().expect("causes");
        let mx = &causes.iter().find(|cause| cause["ports"] == serde_json::json!([25])).expect("a cause");
        assert_eq!(
            mx["message"],
            "An MX record of firm.zz names mx.firm.zz, which has the private address 10.9.8.7: mail servers elsewhere \
             cannot reach it."
        );
        assert_eq!((&mx["severity"], &mx["addresses"][0]), (&"error".into(), &"10.9.8.7".into()));
        let srv = &causes.iter().find(|cause| cause["ports"] == serde_json::json!([2602])).expect("a cause");
        assert!(text(&srv["message"]).starts_with("An SRV record of firm.zz names smtp.firm.zz"), "{srv:#}");
        assert!(text(&srv["message"]).contains("what was checked here is this machine"), "{srv:#}");
        let shown = site.show(&["--from", "mx,srv", "@firm.zz"]).stdout;
        assert!(!shown.contains("Check that the service is running"), "{shown}");

        // It is a warning even where the server answers, since it does so in here alone.
        let _server = listen("10.9.8.7:25");
        let (done, document) = site.check(&["--from", "mx", "@firm.zz"]);
        is(&done, &document, "warn", 0);
        assert_eq!(cause(&document, "server-at-private-address")["severity"], "warning");
        // Who names the host may well be inside.
        let (done, document) = site.check(&["mx.firm.zz:25"]);
        is(&done, &document, "pass", 0);
        let told = finding(&document, "server-at-private-address");
        assert_eq!(told["severity"], "info");
        assert_eq!(
            told["message"],
            "mx.firm.zz has the private address 10.9.8.7: outside its own network that is another machine, or none."
        );
        let (_, document) = site.check(&["shared.firm.zz:25"]);
        assert_eq!(finding(&document, "server-at-private-address")["severity"], "info");
        assert!(ids(&document).contains(&"connection-refused"), "{document:#}");
        let (_, document) = site.check(&["10.9.8.7:25"]);
        assert!(!ids(&document).contains(&"server-at-private-address"), "{document:#}");
    });
}

/// As DNS blockers answer. A connection to 0.0.0.0 reaches this machine's own server.
#[test]
fn a_blocked_name_is_told_and_this_machine_is_not_probed_in_its_place() {
    const TEST: &str = "elsewhere::a_blocked_name_is_told_and_this_machine_is_not_probed_in_its_place";
    in_own_network(TEST, || {
        let zone = Zone::new()
            .mx(PUBLIC, 10, "mail.firm.zz")
            .a("mail.firm.zz", [0, 0, 0, 0])
            .aaaa("mail.firm.zz", [0_u16; 8])
            .a("autoconfig.firm.zz", [0, 0, 0, 0])
            .a("half.firm.zz", [0, 0, 0, 0])
            .a("half.firm.zz", [127, 0, 0, 9]);
        let site = Site::new(TEST, zone, &[]);
        let here = ["127.0.0.1:25", "[::1]:25", "127.0.0.1:443"].map(listen);
        for (asked, verdict) in [("mail.firm.zz:25", "fail"), ("@firm.zz", "fail")] {
            let (done, document) = site.check(&[asked]);
            is(&done, &document, verdict, 4);
            let endpoint = only_endpoint(&document);
            assert_eq!(endpoint["state"], "dns-no-address");
            assert_eq!(finding_ids(endpoint), ["name-blocked"]);
            let told = &endpoint["findings"][0];
            assert!(text(&told["message"]).contains("a DNS blocker that this machine or its network uses"), "{told:#}");
            assert!(text(&told["hint"]).contains("--dns-server"), "{told:#}");
            let evidence = text(&told["evidence"]);
            assert!(evidence.starts_with("the name server "), "{told:#}");
            assert!(evidence.ends_with(" gives 0.0.0.0 and :: for mail.firm.zz"), "{told:#}");
        }
        let (_, document) = site.check(&["half.firm.zz:25"]);
        assert_eq!(endpoints(&document), ["half.firm.zz 127.0.0.9 25 connection-refused fail user"]);
        let told = target(&document)["findings"].as_array().expect("findings");
        let unspecified = told.iter().find(|one| text(&one["message"]).contains("the unspecified address 0.0.0.0"));
        assert!(unspecified.is_some(), "{document:#}");

        // The hosts file blocks in the same way.
        site.shell("f=$(mktemp); echo '0.0.0.0 ads.firm.zz' > $f; mount --bind $f /etc/hosts; rm $f");
        let done = run(&["ads.firm.zz:25"]);
        assert_eq!(done.code, 4, "{}", done.stdout);
        let shown = done.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(
            shown
                .contains("The hosts file of this machine gives 0.0.0.0 for ads.firm.zz, which is no server's address"),
            "{shown}"
        );
        for server in &here {
            assert_eq!(server.connections(), [], "{}", server.address());
        }

        // Who types the address gets what answers there.
        let (_, document) = site.check(&["0.0.0.0:25"]);
        assert_ne!(only_endpoint(&document)["state"], "dns-no-address");
        assert!(!here[0].settled().is_empty());
    });
}

#[test]
fn without_private_addresses_nothing_is_sent_to_any() {
    const TEST: &str = "elsewhere::without_private_addresses_nothing_is_sent_to_any";
    in_own_network(TEST, || {
        let zone = Zone::new()
            .mx(PUBLIC, 10, "mx.firm.zz")
            .srv("_submission._tcp.firm.zz", 0, 1, 2602, "smtp.firm.zz")
            .a("mx.firm.zz", [127, 0, 0, 10])
            .a("smtp.firm.zz", [127, 0, 0, 1])
            .a("autoconfig.firm.zz", [127, 0, 0, 80])
            .a("firm.zz", [127, 0, 0, 80]);
        let site = Site::new(TEST, zone, &[]);
        let places = ["127.0.0.10:25", "127.0.0.1:2602", "127.0.0.80:443", "127.0.0.1:25", "[::1]:25"];
        let servers = places.map(listen);
        let targets =
            ["@firm.zz", "mx.firm.zz:25", "127.0.0.1:25", "[::1]:25", "[::ffff:127.0.0.1]:25", "localhost:25"];
        for asked in targets.iter().chain(&["0.0.0.0:25", "[::]:25"]) {
            for trace in ["--trace=never", "--trace=failed", "--trace=always"] {
                let (done, document) = site.check(&["--no-private", trace, asked]);
                is(&done, &document, "fail", 7);
                for endpoint in target(&document)["endpoints"].as_array().expect("endpoints") {
                    assert_eq!(endpoint["state"], "administratively-prohibited", "{asked}");
                    assert_eq!(finding_ids(endpoint), ["refused-by-option"], "{asked}");
                }
                let told = cause(&document, "refused-by-option");
                assert!(text(&told["message"]).contains("--no-private refuses to connect there"), "{told:#}");
                assert!(text(&target(&document)["conclusion"]).contains("not connected to: --no-private"), "{asked}");
            }
        }
        for server in &servers {
            assert_eq!(server.connections(), [], "{}", server.address());
        }
        // Without the option, every one of them hears of it.
        for asked in targets {
            site.check(&[asked]);
        }
        for server in &servers {
            assert!(!server.settled().is_empty(), "{}", server.address());
        }
    });
}

#[test]
fn without_private_addresses_no_redirect_is_followed_to_one() {
    const TEST: &str = "elsewhere::without_private_addresses_no_redirect_is_followed_to_one";
    in_own_network(TEST, || {
        let zone = Zone::new()
            .a("autoconfig.example.test", [11, 0, 0, 80])
            .a("inside.example.test", [127, 0, 0, 81])
            .mx(DOMAIN, 10, "mx.example.test")
            .a("mx.example.test", [11, 0, 0, 25]);
        let site = Site::new(TEST, zone, &[("smtp:starttls", "0.0.0.0:25")]);
        site.shell("for a in 11.0.0.80 11.0.0.25; do ip addr add $a/32 dev lo; done");
        let page = Page::Redirect("https://inside.example.test/mail".to_owned());
        let web = HttpsServer::start(([11, 0, 0, 80], 443).into(), Leaf::Good, &NAMES, &[(OWN.0, OWN.1, page)]);
        let web = web.expect("port 443 is free");
        let inside = listen("127.0.0.81:443");
        let (done, document) = site.check(&["--no-private", "@example.test"]);
        is(&done, &document, "pass", 0);
        assert_eq!(endpoints(&document), ["mx.example.test 11.0.0.25 25 ok pass mx"]);
        assert_eq!((web.requests().len(), inside.connections().len()), (1, 0));
        let told = finding(&document, "autoconfig-unusable");
        assert!(text(&told["evidence"]).contains("127.0.0.81 is a loopback address"), "{told:#}");
        site.check(&["@example.test"]);
        assert_eq!(inside.settled().len(), 1);
    });
}
