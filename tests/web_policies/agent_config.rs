//! The configuration of mail programs, and the digest that the DNS gives of it.

use mailprobe::internals::observation::promises::{AgentConfig, AgentConfigFailure, PolicyRecord};
use mailprobe_lab::dns::Zone;
use mailprobe_lab::https::Page;
use mailprobe_lab::{Behaviour, Leaf, Server};
use serde_json::Value;

use crate::command::{report, run};
use crate::netns::in_own_network;
use crate::site::{CONFIG, CaFile, Site, WEB};

const FILE: &str = r#"{"protocols": {"imap": {"host": "imap.example.test"}, "smtp": {"host": "smtp.example.test"}}}"#;
const DIGEST: &str = "9Poyz/Gj+LDHl541t774/YUmE9AXArBdLfFPh+hM/zU=";
const STALE: &str = "MOA19C2fw1LnfpriQEArPk+FRkxoE7UVaunADBmu7G8=";

fn config(test: &'static str, digests: &[&str], page: Page) -> AgentConfig {
    let zone = digests.iter().fold(Zone::new().a(CONFIG.0, WEB), |zone, digest| {
        zone.txt("_ua-auto-config.example.test", &format!("v=UAAC1; a=sha256; d={digest}"))
    });
    let site = Site::new(test, zone).with_web(Leaf::Good, &[CONFIG.0], &[(CONFIG.0, CONFIG.1, page)]);
    site.promises().agent_config.expect("asked for")
}

/// Whether one of the records has the digest of the file.
fn agrees(config: &AgentConfig) -> bool {
    let PolicyRecord::Good { record, .. } = &config.record else { panic!("{config:?}") };
    let sha256 = config.sha256.as_ref().expect("a file");
    record.iter().any(|digest| digest.digest == *sha256)
}

#[test]
fn the_digest_of_the_file_is_compared_and_its_servers_are_read() {
    const TEST: &str = "agent_config::the_digest_of_the_file_is_compared_and_its_servers_are_read";
    in_own_network(TEST, || {
        for (digests, agreeing) in [(&[DIGEST][..], true), (&[STALE], false), (&[STALE, DIGEST], true)] {
            let config = config(TEST, digests, Page::File(FILE.to_owned()));
            assert_eq!(agrees(&config), agreeing, "{config:?}");
            let servers = config.servers.expect("a record").expect("a file");
            let named: Vec<String> =
                servers.iter().map(|server| format!("{}:{} {}", server.host, server.port, server.service)).collect();
            assert_eq!(named, ["imap.example.test:993 imaps", "smtp.example.test:465 submissions"]);
        }
    });
}

#[test]
fn a_file_that_cannot_be_had_is_told() {
    const TEST: &str = "agent_config::a_file_that_cannot_be_had_is_told";
    in_own_network(TEST, || {
        let unreachable = |words: &str| AgentConfigFailure::Unreachable(words.to_owned());
        let rows = [
            (Page::Status(404), unreachable("HTTP status 404 Not Found"), false),
            (
                Page::Redirect("https://www.example.test/".to_owned()),
                unreachable("it redirects to https://www.example.test/"),
                false,
            ),
            (Page::Endless, unreachable("the file has more than 65536 bytes"), false),
            (
                Page::File("{}".to_owned()),
                AgentConfigFailure::Unusable("it has no object \"protocols\"".to_owned()),
                true,
            ),
        ];
        for (page, failure, is_file) in rows {
            let config = config(TEST, &[DIGEST], page);
            assert_eq!(config.sha256.is_some(), is_file, "{failure:?}");
            assert_eq!(config.servers, Some(Err(failure)));
        }
    });
}

const MX: [u8; 4] = [127, 0, 0, 10];
const PROGRAMS: [u8; 4] = [127, 0, 0, 11];

/// A domain whose file names an IMAP and a submission server.
fn domain(digest: &str) -> Zone {
    Zone::new()
        .mx("example.test", 10, "mx.example.test")
        .a("mx.example.test", MX)
        .a("imap.example.test", PROGRAMS)
        .a("smtp.example.test", PROGRAMS)
        .a(CONFIG.0, WEB)
        .txt("_ua-auto-config.example.test", &format!("v=UAAC1; a=sha256; d={digest}"))
}

fn served(behaviour: &str, name: &'static str, address: [u8; 4], port: u16) -> Server {
    let behaviour: Behaviour = behaviour.parse().expect("a behaviour");
    Server::start_at(behaviour.names([name]), (address, port).into()).expect("the port is free")
}

/// The addresses of a report's endpoints with their sources: `imap.example.test:993 pacc`.
fn endpoints(document: &Value) -> Vec<String> {
    let endpoints = document["targets"][0]["endpoints"].as_array().expect("endpoints");
    let told = endpoints.iter().map(|endpoint| {
        let sources = endpoint["sources"].as_array().expect("sources").iter().filter_map(Value::as_str);
        let sources = sources.collect::<Vec<_>>().join(",");
        format!("{}:{} {sources}", endpoint["host"].as_str().expect("a host"), endpoint["port"])
    });
    told.collect()
}

#[test]
fn the_servers_that_the_file_names_are_checked_and_it_is_fetched_once() {
    const TEST: &str = "agent_config::the_servers_that_the_file_names_are_checked_and_it_is_fetched_once";
    const MX_ONLY: [&str; 1] = ["mx.example.test:25 mx"];
    const ALL: [&str; 3] = ["mx.example.test:25 mx", "imap.example.test:993 pacc", "smtp.example.test:465 pacc"];
    const KEPT: &str = "PACC: kept, the file and its digest agree, and the servers that it names work";
    const FAILING: &str = "PACC: imap.example.test:993, which the file names, does not work";
    const UNCHECKED: &str =
        "PACC: kept, the file and its digest agree; imap.example.test:993 and smtp.example.test:465 were not checked";
    const NOT_ITS: &str = "PACC: the published digest is not that of the file";
    // Digest, whether IMAP works, options; the endpoints, the sentence, the exit code.
    type Row<'a> = (&'a str, bool, &'a [&'a str], &'a [&'a str], Option<&'a str>, i32);
    let rows: [Row<'_>; 9] = [
        (DIGEST, true, &["@example.test"], &ALL, Some(KEPT), 0),
        (DIGEST, true, &["--expect-policies", "pacc", "@example.test"], &ALL, Some(KEPT), 0),
        (DIGEST, true, &["--no-policies", "@example.test"], &ALL, None, 0),
        (DIGEST, true, &["someone@example.test"], &ALL, None, 0),
        (DIGEST, true, &["--from", "mx", "@example.test"], &MX_ONLY, Some(UNCHECKED), 0),
        (DIGEST, false, &["@example.test"], &ALL, Some(FAILING), 5),
        (DIGEST, false, &["--expect-policies", "pacc", "@example.test"], &ALL, Some(FAILING), 5),
        // No mail program uses that file, so it leads nobody anywhere.
        (STALE, true, &["@example.test"], &MX_ONLY, Some(NOT_ITS), 0),
        (STALE, true, &["--expect-policies", "pacc", "@example.test"], &MX_ONLY, Some(NOT_ITS), 16),
    ];
    in_own_network(TEST, || {
        let folder = CaFile::new();
        for (digest, has_imap, options, expected, sentence, code) in rows {
            let pages = [(CONFIG.0, CONFIG.1, Page::File(FILE.to_owned()))];
            let site = Site::new(TEST, domain(digest)).with_web(Leaf::Good, &[CONFIG.0], &pages);
            let _mx = served("smtp:starttls", "mx.example.test", MX, 25);
            let _smtp = served("smtp:implicit", "smtp.example.test", PROGRAMS, 465);
            let _imap = has_imap.then(|| served("imap:implicit", "imap.example.test", PROGRAMS, 993));
            let (dns, ca_file) = (site.dns.address().to_string(), folder.path());
            let here = ["--ca-file", &ca_file, "--dns-server", &dns, "--helo", "probe.test.example"];
            let (outcome, document) = report(&[&here, options].concat());
            assert_eq!(endpoints(&document), *expected, "{options:?}: {document:#}");
            assert_eq!(outcome.code, code, "{options:?}: {document:#}");
            assert_eq!(document["targets"][0]["policies"]["pacc"]["sentence"].as_str(), sentence, "{options:?}");
            let files: Vec<String> = site.asked().into_iter().filter(|asked| asked.starts_with(CONFIG.0)).collect();
            assert_eq!(files, [[CONFIG.0, CONFIG.1].concat()], "{options:?}");
            let texts = site.dns.questions().into_iter().filter(|asked| asked.name == "_ua-auto-config.example.test");
            assert_eq!(texts.count(), 1, "{options:?}");
        }
    });
}

#[test]
fn the_record_that_would_be_right_for_the_file_is_told() {
    const TEST: &str = "agent_config::the_record_that_would_be_right_for_the_file_is_told";
    in_own_network(TEST, || {
        let pages = [(CONFIG.0, CONFIG.1, Page::File(FILE.to_owned()))];
        let site = Site::new(TEST, domain(STALE)).with_web(Leaf::Good, &[CONFIG.0], &pages);
        let _mx = served("smtp:starttls", "mx.example.test", MX, 25);
        let (dns, folder) = (site.dns.address().to_string(), CaFile::new());
        let options = ["--ca-file", &folder.path(), "--dns-server", &dns, "--helo", "probe.test.example", "-v"];
        let page = run(&[&options[..], &["@example.test"]].concat()).stdout;
        let page = page.split_whitespace().collect::<Vec<_>>().join(" ");
        let record = format!("at _ua-auto-config.example.test: `v=UAAC1; a=sha256; d={DIGEST}`");
        assert!(page.contains(&record), "{page}");
        assert!(page.contains("its digest is not the published one, so its servers are not used"), "{page}");
    });
}
