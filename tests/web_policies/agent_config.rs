//! The configuration of mail programs, and the digest that the DNS gives of it.

use mailprobe::internals::observation::promises::{AgentConfig, PolicyRecord};
use mailprobe_lab::Leaf;
use mailprobe_lab::dns::Zone;
use mailprobe_lab::https::Page;

use crate::netns::in_own_network;
use crate::site::{CONFIG, Site, WEB};

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
        let rows = [
            (Page::Status(404), "HTTP status 404 Not Found", false),
            (
                Page::Redirect("https://www.example.test/".to_owned()),
                "it redirects to https://www.example.test/",
                false,
            ),
            (Page::Endless, "the file has more than 65536 bytes", false),
            (Page::File("{}".to_owned()), "it has no object \"protocols\"", true),
        ];
        for (page, words, is_file) in rows {
            let config = config(TEST, &[DIGEST], page);
            assert_eq!(config.servers, Some(Err(words.to_owned())));
            assert_eq!(config.sha256.is_some(), is_file, "{words}");
        }
    });
}
