//! Through the binary: whom a check of a domain asks, and what that costs.

use std::time::{Duration, Instant};

use mailprobe_lab::https::Page;
use mailprobe_lab::{Behaviour, Leaf, Pki, Server};

use crate::command::report;
use crate::netns::in_own_network;
use crate::site::{GOOD, POLICY, Site, text, zone};

#[test]
fn a_check_of_a_domain_asks_for_its_policy_once_and_waits_for_it_only_so_long() {
    const TEST: &str = "command_line::a_check_of_a_domain_asks_for_its_policy_once_and_waits_for_it_only_so_long";
    in_own_network(TEST, || {
        let folder = tempfile::tempdir().expect("a folder");
        let ca_file = folder.path().join("ca.pem");
        std::fs::write(&ca_file, Pki::shared().ca_pem()).expect("a file");
        for (page, is_bad) in [(text(GOOD), false), (Page::Drip(Duration::from_millis(500)), true)] {
            let site = Site::new(TEST, zone().a("mx.example.test", [127, 0, 0, 10]));
            let site = site.with_web(Leaf::Good, &[POLICY.0], &[(POLICY.0, POLICY.1, page)]);
            let behaviour: Behaviour = "smtp:starttls".parse().expect("a behaviour");
            let _mx = Server::start_at(behaviour.names(["mx.example.test"]), ([127, 0, 0, 10], 25).into());
            let dns = site.dns.address().to_string();
            let ca_file = ca_file.to_str().expect("a name");
            let began = Instant::now();
            let options = ["--ca-file", ca_file, "--dns-server", &dns, "--helo", "probe.test.example", "@example.test"];
            let (outcome, document) = report(&options);
            assert_eq!(document["targets"][0]["endpoints"][0]["state"], "ok", "{document:#}");
            assert_eq!(outcome.code, 0, "{document:#}");
            let limit = Duration::from_secs(if is_bad { 20 } else { 9 });
            assert!(began.elapsed() < limit, "{:?}", began.elapsed());
            assert_eq!(site.asked(), [[POLICY.0, POLICY.1].concat()]);
        }
    });
}
