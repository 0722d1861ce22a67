//! A network with nothing but a loopback interface, a mail domain on it, and what a check needs to know of them.

use std::fmt::Write as _;

use mailprobe_lab::dns::{DnsServer, Question, Zone};
use mailprobe_lab::https::{HttpsServer, Page, Request};
use mailprobe_lab::{Behaviour, Leaf, Pki, Server};
use serde_json::Value;

use crate::command::{Outcome, report, run};
use crate::netns::Network;

/// The mail domain of most tests.
pub(crate) const DOMAIN: &str = "example.test";
/// Where the web server is.
pub(crate) const WEB: [u8; 4] = [127, 0, 0, 80];
/// The names that every certificate here is for.
pub(crate) const NAMES: [&str; 8] = [
    "example.test",
    "*.example.test",
    "*.provider.test",
    "*.eu.mail.provider.test",
    "*.provider.co.uk",
    "*.co.uk",
    "co.uk",
    COLLECTION,
];
/// The public collection of autoconfiguration files.
pub(crate) const COLLECTION: &str = "v1.ispdb.net";
/// Where the first step of the search for an autoconfiguration file goes.
pub(crate) const OWN: (&str, &str) = ("autoconfig.example.test", "/mail/config-v1.1.xml");

pub(crate) struct Site {
    network: Network,
    dns: DnsServer,
    web: Option<HttpsServer>,
    unencrypted_web: Option<HttpsServer>,
    _servers: Vec<Server>,
    folder: tempfile::TempDir,
}

impl Site {
    /// `servers`: `protocol:security` and address with port.
    pub(crate) fn new(test: &'static str, zone: Zone, servers: &[(&str, &str)]) -> Self {
        let network = Network::new(test, &[]);
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("ca.pem"), Pki::shared().ca_pem()).expect("a file");
        let dns = DnsServer::start(zone).expect("a name server");
        let servers = servers.iter().map(|(words, address)| start(words, address)).collect();
        Self { network, dns, web: None, unencrypted_web: None, _servers: servers, folder }
    }

    /// Adds a web server at [`WEB`].
    pub(crate) fn with_web(self, leaf: Leaf, pages: &[(&str, &str, Page)]) -> Self {
        let web = HttpsServer::start((WEB, 443).into(), leaf, &NAMES, pages).expect("port 443 is free");
        Self { web: Some(web), ..self }
    }

    /// Adds a web server without TLS at [`WEB`].
    pub(crate) fn with_unencrypted_web(self, pages: &[(&str, &str, Page)]) -> Self {
        let web = HttpsServer::start_without_tls((WEB, 80).into(), pages).expect("port 80 is free");
        Self { unencrypted_web: Some(web), ..self }
    }

    pub(crate) fn check(&self, arguments: &[&str]) -> (Outcome, Value) {
        let options = self.options();
        let options: Vec<&str> = options.iter().map(String::as_str).chain(arguments.iter().copied()).collect();
        report(&options)
    }

    pub(crate) fn show(&self, arguments: &[&str]) -> Outcome {
        let options = self.options();
        let options: Vec<&str> = options.iter().map(String::as_str).chain(arguments.iter().copied()).collect();
        run(&options)
    }

    pub(crate) fn questions(&self) -> Vec<Question> {
        self.dns.questions()
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.web.as_ref().map(HttpsServer::requests).unwrap_or_default()
    }

    /// Changes the network.
    pub(crate) fn shell(&self, script: &str) {
        self.network.run(script);
    }

    /// What was asked for over HTTPS, in order: host, path and query.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.requests().iter().map(|request| format!("{}{}", request.host, request.path)).collect()
    }

    /// The same without TLS.
    pub(crate) fn asked_unencrypted(&self) -> Vec<String> {
        let requests = self.unencrypted_web.as_ref().map(HttpsServer::requests).unwrap_or_default();
        requests.iter().map(|request| format!("{}{}", request.host, request.path)).collect()
    }

    /// From now on, connections to this port are not answered.
    pub(crate) fn drop_packets_to(&self, port: u16) {
        self.drop_packets(&format!("tcp dport {port}"));
    }

    /// From now on, nothing that is sent to this address is answered.
    pub(crate) fn drop_packets_for(&self, address: &str) {
        self.drop_packets(&format!("ip daddr {address}"));
    }

    fn drop_packets(&self, matching: &str) {
        self.network.run(&format!(
            "nft add table ip lab
             nft add chain ip lab in '{{ type filter hook input priority 0; }}'
             nft add rule ip lab in {matching} drop"
        ));
    }

    fn options(&self) -> Vec<String> {
        let ca_file = self.folder.path().join("ca.pem").to_str().expect("a name").to_owned();
        let dns = self.dns.address().to_string();
        ["--ca-file", &ca_file, "--dns-server", &dns, "--helo", "probe.test.example"].map(str::to_owned).to_vec()
    }
}

fn start(words: &str, address: &str) -> Server {
    let behaviour: Behaviour = words.parse().unwrap_or_else(|error| panic!("{words}: {error}"));
    let address = address.parse().expect("an address");
    Server::start_at(behaviour.names(NAMES), address).unwrap_or_else(|error| panic!("{words} at {address}: {error}"))
}

/// An autoconfiguration file with these servers: (element, type, host, port, socketType).
pub(crate) fn autoconfig(servers: &[(&str, &str, &str, u16, &str)]) -> Page {
    let mut elements = String::new();
    for (element, kind, host, port, socket) in servers {
        write!(
            elements,
            "<{element} type=\"{kind}\"><hostname>{host}</hostname><port>{port}</port>\
             <socketType>{socket}</socketType><username>%EMAILADDRESS%</username></{element}>"
        )
        .expect("a string");
    }
    Page::File(format!(
        "<?xml version=\"1.0\"?><clientConfig version=\"1.1\"><emailProvider id=\"example.test\">{elements}\
         </emailProvider></clientConfig>"
    ))
}

/// The only target.
pub(crate) fn target(document: &Value) -> &Value {
    &document["targets"][0]
}

/// `host port state sources`, for every endpoint.
pub(crate) fn endpoints(document: &Value) -> Vec<String> {
    let endpoints = target(document)["endpoints"].as_array().expect("endpoints");
    endpoints
        .iter()
        .map(|endpoint| {
            let text = |name: &str| endpoint[name].as_str().unwrap_or("-").to_owned();
            let sources: Vec<&str> =
                endpoint["sources"].as_array().expect("sources").iter().filter_map(Value::as_str).collect();
            format!(
                "{} {} {} {} {} {}",
                text("host"),
                text("address"),
                endpoint["port"],
                text("state"),
                text("verdict"),
                sources.join("+")
            )
        })
        .collect()
}

/// The finding of the target with this id.
pub(crate) fn finding<'a>(document: &'a Value, id: &str) -> &'a Value {
    let findings = target(document)["findings"].as_array().expect("findings");
    findings.iter().find(|finding| finding["id"] == id).unwrap_or_else(|| panic!("no {id} in {findings:#?}"))
}

/// What a source said to one of the questions put to it.
pub(crate) fn outcome<'a>(document: &'a Value, asked: &str) -> &'a str {
    let asked_of = target(document)["discovery"].as_array().expect("a discovery");
    let one = asked_of.iter().find(|one| one["asked"].as_str().is_some_and(|text| text.contains(asked)));
    one.unwrap_or_else(|| panic!("nobody was asked {asked}: {asked_of:#?}"))["outcome"].as_str().expect("a word")
}

/// `host port security`, for the settings of one direction.
pub(crate) fn settings(document: &Value, direction: &str) -> Vec<String> {
    let settings = target(document)["recommended"][direction].as_array().expect("settings");
    let text = |setting: &Value, name: &str| setting[name].as_str().unwrap_or("-").to_owned();
    settings
        .iter()
        .map(|setting| format!("{} {} {}", text(setting, "host"), setting["port"], text(setting, "security")))
        .collect()
}

#[track_caller]
pub(crate) fn is(outcome: &Outcome, document: &Value, verdict: &str, code: i32) {
    assert_eq!((&document["verdict"], outcome.code), (&verdict.into(), code), "{document:#}");
    assert_eq!(document["exit_code"], code, "{document:#}");
    assert_eq!(outcome.stderr, "");
}
