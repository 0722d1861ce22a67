//! Through the binary: whom a check of a domain asks, and what that costs.

use std::time::{Duration, Instant};

use mailprobe_lab::dns::RecordType;
use mailprobe_lab::https::Page;
use mailprobe_lab::{Behaviour, Leaf, Pki, Server};

use serde_json::Value;

use crate::command::{report, run};
use crate::netns::in_own_network;
use crate::site::{CONFIG, GOOD, POLICY, Site, WEB, text, zone};

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

/// The names that TLSA records were asked for.
fn tlsa_questions(site: &Site) -> Vec<String> {
    let asked = site.dns.questions().into_iter().filter(|question| question.record_type == RecordType::TLSA);
    asked.map(|question| question.name).collect()
}

#[test]
fn a_host_without_tlsa_records_costs_one_question_and_those_of_a_list_none() {
    const TEST: &str = "command_line::a_host_without_tlsa_records_costs_one_question_and_those_of_a_list_none";
    in_own_network(TEST, || {
        let folder = tempfile::tempdir().expect("a folder");
        let path = |name: &str| folder.path().join(name).to_str().expect("a name").to_owned();
        let (list, copy) = (path("list"), path("copy.json"));
        std::fs::write(&list, "mx.example.test:25\n").expect("a file");
        let behaviour: Behaviour = "smtp:starttls".parse().expect("a behaviour");
        let _mx = Server::start_at(behaviour.names(["mx.example.test"]), ([127, 0, 0, 10], 25).into());
        let output = format!("json={copy}");
        let rows: [(&[&str], usize); 7] = [
            (&["mx.example.test:25"], 1),
            (&["--no-policies", "mx.example.test:25"], 0),
            (&["--targets", &list], 0),
            (&["--targets", &list, "--output", &output], 0),
            (&["--targets", &list, "--retries", "1"], 0),
            (&["--targets", &list, "--wait", "1s"], 0),
            (&["--targets", &list, "--policies"], 1),
        ];
        for (arguments, questions) in rows {
            let site = Site::new(TEST, zone().a("mx.example.test", [127, 0, 0, 10]));
            let dns = site.dns.address().to_string();
            let options = ["--dns-server", &dns, "--helo", "probe.test.example"];
            let (_, document) = report(&[&options[..], arguments].concat());
            assert_eq!(tlsa_questions(&site).len(), questions, "{arguments:?}");
            let dane = &document["targets"][0]["policies"]["dane"];
            let told = if questions == 0 { Value::Null } else { "none".into() };
            assert_eq!(dane["outcome"], told, "{arguments:?}: {dane:#}");
        }
    });
}

#[test]
fn what_this_run_keeps_from_being_asked_is_no_fault_of_the_policy() {
    const TEST: &str = "command_line::what_this_run_keeps_from_being_asked_is_no_fault_of_the_policy";
    in_own_network(TEST, || {
        let digest = format!("v=UAAC1; a=sha256; d={}=", "A".repeat(43));
        let zone = zone().a("mx.example.test", [127, 0, 0, 10]).a(CONFIG.0, WEB);
        let site = Site::new(TEST, zone.txt("_ua-auto-config.example.test", &digest));
        let pages = [(POLICY.0, POLICY.1, text(GOOD)), (CONFIG.0, CONFIG.1, text("{}"))];
        let site = site.with_web(Leaf::Good, &[POLICY.0, CONFIG.0], &pages);
        let behaviour: Behaviour = "smtp:starttls".parse().expect("a behaviour");
        let _mx = Server::start_at(behaviour.names(["mx.example.test"]), ([127, 0, 0, 10], 25).into());
        let dns = site.dns.address().to_string();
        let options = ["--dns-server", &dns, "--helo", "probe.test.example", "@example.test"];
        for option in ["--no-private", "-6"] {
            let (_, document) = report(&[&options[..], &[option]].concat());
            let mta_sts = &document["targets"][0]["policies"]["mta_sts"];
            assert_eq!(mta_sts["outcome"], "cannot-tell", "{option}: {mta_sts:#}");
            assert_eq!(mta_sts["failure"]["kind"], "not-from-here", "{option}: {mta_sts:#}");
            let pacc = &document["targets"][0]["policies"]["pacc"];
            assert_eq!(pacc["outcome"], "cannot-tell", "{option}: {pacc:#}");
            let sentence = pacc["sentence"].as_str().expect("a sentence");
            let begins = "PACC: cannot tell, since the file could not be asked for from here: ";
            assert!(sentence.starts_with(begins), "{option}: {sentence}");
            let findings = document["targets"][0]["findings"].as_array().expect("findings");
            let of_pacc = |finding: &Value| finding["id"].as_str().is_some_and(|id| id.starts_with("pacc"));
            assert!(!findings.iter().any(of_pacc), "{option}: {findings:#?}");
            let sources = document["targets"][0]["discovery"].as_array().expect("sources");
            let said = sources.iter().find(|one| one["source"] == "pacc").expect("PACC was asked");
            let detail = said["detail"].as_str().expect("a detail");
            assert!(detail.starts_with("it could not be asked for from here: "), "{option}: {detail}");
        }
        assert!(site.asked().is_empty(), "{:?}", site.asked());

        // The certificate for another name tells nothing of the one that senders see.
        let other = ["--server-name", "other.example.test"];
        let (_, document) = report(&[&options[..], &other].concat());
        assert_eq!(document["targets"][0]["policies"], Value::Null, "{document:#}");
        let refused = run(&[&options[..], &other, &["--expect-policies", "mta-sts"]].concat());
        assert_eq!(refused.code, 2, "{}", refused.stderr);
    });
}
