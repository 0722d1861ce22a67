//! What is said and advised never goes beyond what was measured.

use serde_json::{Value, json};

use crate::netns::in_own_network;
use crate::world::{DESTINATION_NAT, FORWARD, HERE, INPUT, OUTPUT, World};
use crate::{GOOD, OWN_NAMES, facts, flowing, ids};

fn text<'a>(document: &'a Value, name: &str) -> &'a str {
    document["blocked"][name].as_str().expect("text")
}

const TAKEN_OVER: &str = "wording::a_proxy_on_the_way_is_no_mail_shield";

#[test]
fn a_proxy_on_the_way_is_no_mail_shield() {
    in_own_network(TAKEN_OVER, || {
        let mut world = World::new(TAKEN_OVER, GOOD, OWN_NAMES);
        world.network.serve("r2", &[(GOOD, 25)]);
        world.rules(&[("r2", DESTINATION_NAT, "meta nfproto ipv4 tcp dport 25 redirect to :25")]);
        let (code, document) = world.report(&[]);
        assert_eq!((code, &facts(&document)[1]), (15, &json!("intercepted")), "{document:#}");
        assert_eq!(facts(&document)[2], "not-blocked", "{document:#}");
        let answer = text(&document, "answer");
        assert!(answer.contains("over IPv4 only"), "{answer}");
        assert!(answer.contains("intercepted between hop 1 (10.1.0.1) and hop 2 (10.2.0.2)"), "{answer}");
        let hints = document["blocked"]["hints"].to_string();
        assert!(hints.contains("Ask whoever runs the network") && hints.contains("hop 2 (10.2.0.2)"), "{hints}");
        assert!(!answer.contains("shield") && !hints.contains("mail scanning"), "{answer} {hints}");

        // The other family is not under suspicion.
        let page = world.ask(&[]);
        let over_ipv6 = page.stdout.lines().filter(|line| line.contains("IPv6"));
        let doubtful: Vec<&str> = over_ipv6.filter(|line| line.contains("answers as")).collect();
        assert_eq!(doubtful, Vec::<&str>::new(), "{}", page.stdout);
    });
}

const STOOD_IN_FOR: &str = "wording::a_mail_shield_that_cannot_connect_is_no_mail_server";

#[test]
fn a_mail_shield_that_cannot_connect_is_no_mail_server() {
    in_own_network(STOOD_IN_FOR, || {
        let world = World::new(STOOD_IN_FOR, "smtp:starttls:mail-shield-without-server", OWN_NAMES);
        let (code, document) = world.report(&["-4"]);
        assert_eq!((code, &facts(&document)[0]), (15, &json!("intercepted")), "{document:#}");
        let answer = text(&document, "answer");
        assert!(answer.contains("mail shield") && answer.contains("timed out (error 10060)"), "{answer}");
        let hints = document["blocked"]["hints"].to_string();
        assert!(hints.contains("mail scanning"), "{hints}");
        let page = flowing(&world.ask(&["-4"]));
        assert!(page.contains("INTERCEPTED") && !page.contains("NOT BLOCKED"), "{page}");
        // It is no server that refuses, for now or for good.
        assert!(!page.contains("refuses service") && !page.contains("Try again later"), "{page}");
    });
}

const UNKNOWN: &str = "wording::what_was_measured_is_told_where_the_place_is_unknown";

#[test]
fn what_was_measured_is_told_where_the_place_is_unknown() {
    in_own_network(UNKNOWN, || {
        let world = World::new(UNKNOWN, GOOD, OWN_NAMES);
        // The other port of the host stops there as well; the submission ports get through.
        world.rules(&[("r2", FORWARD, "tcp dport { 25, 443 } drop")]);
        let (code, document) = world.report(&["-4", "--request"]);
        assert_eq!((code, &facts(&document)[0]), (6, &json!("blocked")), "{document:#}");
        let answer = text(&document, "answer");
        assert!(answer.contains("beyond hop 2 (10.2.0.2)"), "{answer}");
        let first = document["blocked"]["hints"][0].as_str().expect("a hint");
        assert!(first.contains("provider") && !first.contains("nft"), "{first}");
        let request = text(&document, "request").replace('\n', " ");
        assert!(request.contains("last hop that answers for port 25: hop 2 (10.2.0.2)"), "{request}");

        // No router answers; the other port of the host does.
        let mute = "icmp type time-exceeded drop";
        world.rules(&[
            ("r2", FORWARD, "tcp dport 25 drop"),
            (HERE, INPUT, mute),
            ("r1", FORWARD, mute),
            ("r1", OUTPUT, mute),
        ]);
        let (code, document) = world.report(&["-4", "--request"]);
        assert_eq!((code, &facts(&document)[0]), (6, &json!("blocked")), "{document:#}");
        assert!(text(&document, "answer").contains("could not be determined"), "{document:#}");
        let request = text(&document, "request").replace('\n', " ");
        // The way to any one of the hosts is traced, whose port 25 was waited for longest.
        let is_told = |host| request.contains(&format!("port 443 of 10.5.0.{host} is open, at hop 4"));
        assert!((1..=3).any(is_told), "{request}");
        let page = world.ask(&["-4"]).stdout;
        let way: Vec<&str> = page.lines().skip_while(|line| !line.contains("The route to")).collect();
        let cross = way.iter().position(|line| line.contains("no answer")).expect("a cross");
        let last_mute = way.iter().rposition(|line| line.contains("3   *")).expect("the last mute router");
        assert!(cross > last_mute, "{page}");
    });
}

const NO_SERVICE: &str = "wording::a_refusal_is_told_as_what_it_is";

#[test]
fn a_refusal_is_told_as_what_it_is() {
    in_own_network(NO_SERVICE, || {
        let world = World::new(NO_SERVICE, "smtp:starttls:greeting-554-no-service", OWN_NAMES);
        let (code, document) = world.report(&[]);
        assert_eq!((code, &facts(&document)[0]), (0, &json!("not-blocked")), "{document:#}");
        assert!(text(&document, "answer").contains("All of them refuse this machine"), "{document:#}");
        assert_eq!(ids(&document["blocked"]["findings"]).len(), 1, "{document:#}");
        let page = flowing(&world.ask(&["-4"]));
        assert!(page.contains("refuses this machine"), "{page}");
        assert!(page.contains("554 No SMTP service here"), "{page}");

        // A warning fails a strict run.
        let (code, document) = world.report(&["-4", "--strict"]);
        assert_eq!((code, &document["verdict"]), (1, &json!("fail")), "{document:#}");
    });
}

const AT_THE_END: &str = "wording::a_block_at_the_hosts_is_not_on_the_way_out";

#[test]
fn a_block_at_the_hosts_is_not_on_the_way_out() {
    in_own_network(AT_THE_END, || {
        let world = World::new(AT_THE_END, GOOD, OWN_NAMES);
        world.rules(&[("server", INPUT, "tcp dport 25 drop")]);
        let (code, document) = world.report(&["-4", "--request"]);
        assert_eq!((code, &facts(&document)[0]), (6, &json!("blocked")), "{document:#}");
        assert!(!text(&document, "answer").contains("Outbound"), "{document:#}");
        assert_eq!(document["blocked"]["request"], Value::Null, "nobody on the way can open it");
        assert!(!document["blocked"]["hints"].to_string().contains("--request"), "{document:#}");

        // Nothing at all gets farther than the second router.
        world.rules(&[("r2", FORWARD, "drop")]);
        let (code, document) = world.report(&["-4"]);
        assert_eq!((code, &facts(&document)[0]), (3, &json!("inconclusive")), "{document:#}");
        assert!(text(&document, "answer").contains("beyond hop 2 (10.2.0.2)"), "{document:#}");
    });
}
