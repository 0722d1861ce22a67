//! What `--login` comes to, in the report and in the document, at servers whose answers are scripted.

mod command;

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use command::{Outcome, finding_ids, run};
use mailprobe_lab::dns::{DnsServer, Zone};
use mailprobe_lab::{Act, Behaviour, Moment, Pki, Received, Security, Server};
use serde_json::Value;
use tempfile::TempDir;

const USER: &str = "user@test.example";
const SECRET: &str = "correct-horse-42";
const HOST: &str = "mail.test.example";

const SMTP_REFUSES: &str = "535 5.7.8 Error: authentication failed: UGFzc3dvcmQ6\r\n";
const IMAP_REFUSES: &str = "{tag} NO [AUTHENTICATIONFAILED] Authentication failed.\r\n";
const POP3_REFUSES: &str = "-ERR [AUTH] Authentication failed.\r\n";

/// A domain with a server for each service, where SRV records name them.
struct Place {
    folder: TempDir,
    dns: DnsServer,
    servers: Vec<Server>,
}

/// What a run left behind.
struct Login {
    outcome: Outcome,
    document: Value,
    screen: String,
    prometheus: String,
}

impl Place {
    /// `services`: the name in the SRV record, and the server.
    fn new(services: Vec<(&str, Behaviour)>) -> Self {
        Self::at(&[Ipv4Addr::LOCALHOST], services)
    }

    fn at(addresses: &[Ipv4Addr], services: Vec<(&str, Behaviour)>) -> Self {
        let mut zone = addresses.iter().fold(Zone::new(), |zone, address| zone.a(HOST, *address));
        let mut servers: Vec<Server> = Vec::new();
        for (service, behaviour) in services {
            let first = addresses.first().expect("an address");
            let server = Server::start_at(behaviour.clone(), (*first, 0).into()).expect("a server");
            let port = server.address().port();
            zone = zone.srv(&format!("_{service}._tcp.test.example"), 0, 0, port, HOST);
            servers.push(server);
            for address in addresses.iter().skip(1) {
                servers
                    .push(Server::start_at(behaviour.clone(), SocketAddr::from((*address, port))).expect("a server"));
            }
        }
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("password"), SECRET).expect("a file");
        fs::write(folder.path().join("ca.pem"), Pki::shared().ca_pem()).expect("a file");
        Self { folder, dns: DnsServer::start(zone).expect("a name server"), servers }
    }

    fn port(&self, index: usize) -> u16 {
        self.servers[index].address().port()
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn trusted(&self, options: &[&str]) -> Login {
        let authority = self.file("ca.pem").display().to_string();
        self.ask(&[&["--ca-file", &authority], options].concat())
    }

    /// Logs in at all of them. The report is for a terminal of 80 columns.
    fn ask(&self, options: &[&str]) -> Login {
        let outputs = ["json", "prometheus"].map(|format| format!("{format}={}", self.file(format).display()));
        let (dns, password) = (self.dns.address().to_string(), self.file("password").display().to_string());
        let mut arguments = vec!["@test.example", "--dns-server", &dns, "--from", "srv"];
        arguments.extend(["--login", USER, "--password-file", &password]);
        arguments.extend(outputs.iter().flat_map(|output| ["--output", output]));
        arguments.extend(options);
        let outcome = run(&arguments);
        let read = |name: &str| fs::read_to_string(self.file(name)).unwrap_or_default();
        let (json, prometheus) = (read("json"), read("prometheus"));
        for text in [&outcome.stdout, &outcome.stderr, &json, &prometheus] {
            assert!(!text.contains(SECRET), "{text}");
        }
        let document = serde_json::from_str(&json).unwrap_or_else(|error| panic!("{error}: {}", outcome.stderr));
        let screen = outcome.stdout.clone();
        assert!(screen.lines().all(|line| line.chars().count() <= 80), "{screen}");
        Login { outcome, document, screen, prometheus }
    }

    /// How often a login was begun at each server.
    fn logins(&self) -> Vec<usize> {
        let is_login = |line: &String| {
            let verb =
                line.split(' ').find(|word| matches!(*word, "AUTH" | "AUTHENTICATE" | "LOGIN" | "USER" | "PASS"));
            verb.is_some()
        };
        let of = |server: &Server| server.connections().iter().flat_map(Received::lines).filter(is_login).count();
        self.servers.iter().map(of).collect()
    }
}

impl Login {
    fn endpoint(&self, port: u16) -> &Value {
        let endpoints = self.document["targets"][0]["endpoints"].as_array().expect("endpoints");
        endpoints.iter().find(|endpoint| endpoint["port"] == port).unwrap_or_else(|| panic!("{:#}", self.document))
    }

    fn states(&self) -> Vec<&str> {
        let endpoints = self.document["targets"][0]["endpoints"].as_array().expect("endpoints");
        endpoints.iter().filter_map(|endpoint| endpoint["state"].as_str()).collect()
    }

    fn causes(&self, id: &str) -> Vec<&Value> {
        let causes = self.document["targets"][0]["causes"].as_array().expect("causes");
        causes.iter().filter(|cause| cause["id"] == id).collect()
    }

    fn conclusion(&self) -> &str {
        self.document["targets"][0]["conclusion"].as_str().expect("a sentence")
    }

    /// Without the breaks of its lines.
    fn said(&self) -> String {
        self.screen.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

fn submissions(reply: &str) -> (&'static str, Behaviour) {
    ("submissions", Behaviour::smtp(Security::Implicit).at(Moment::Login, [Act::send(reply)]))
}

fn submission(reply: &str) -> (&'static str, Behaviour) {
    ("submission", Behaviour::smtp(Security::StartTls).at(Moment::Login, [Act::send(reply)]))
}

fn imaps(reply: &str) -> (&'static str, Behaviour) {
    ("imaps", Behaviour::imap(Security::Implicit).at(Moment::Login, [Act::send(reply)]))
}

fn pop3s(reply: &str) -> (&'static str, Behaviour) {
    ("pop3s", Behaviour::pop3(Security::Implicit).at(Moment::Login, [Act::send(reply)]))
}

const SMTP_ACCEPTS: &str = "235 2.7.0 Authentication successful\r\n";
const IMAP_ACCEPTS: &str = "{tag} OK Logged in\r\n";
const POP3_ACCEPTS: &str = "+OK Logged in.\r\n";

#[test]
fn a_wrong_password_on_one_port() {
    let place = Place::new(vec![submissions(SMTP_REFUSES)]);
    let login = place.trusted(&[]);
    let endpoint = login.endpoint(place.port(0));
    assert_eq!((login.outcome.code, &endpoint["state"]), (19, &"login-refused".into()), "{endpoint:#}");
    assert_eq!(endpoint["failed_stage"], "login");
    assert_eq!(finding_ids(endpoint), ["login-wrong-password"]);
    let told = &endpoint["login"];
    assert_eq!(
        (&told["user"], &told["outcome"], &told["mechanism"]),
        (&USER.into(), &"refused".into(), &"PLAIN".into())
    );
    assert_eq!((&told["withheld"], &told["reply"][0]), (&Value::Null, &SMTP_REFUSES.trim_end().into()));
    let stages = endpoint["stages"].as_array().expect("stages");
    let stage = stages.iter().find(|stage| stage["stage"] == "login").expect("a stage");
    assert_eq!((&stage["outcome"], &stage["detail"]), (&"failed".into(), &SMTP_REFUSES.trim_end().into()));
    assert!(login.said().contains("refuses the name or password of user@test.example"), "{}", login.screen);
    assert!(login.prometheus.contains("mailprobe_login_success{"), "{}", login.prometheus);
    assert_eq!(place.logins(), [1]);
}

#[test]
fn two_refusals_are_enough() {
    let place = Place::new(vec![submissions(SMTP_REFUSES), imaps(IMAP_REFUSES), pop3s(POP3_REFUSES)]);
    let login = place.trusted(&[]);
    assert_eq!(login.outcome.code, 19, "{:#}", login.document);
    assert_eq!(place.logins().iter().sum::<usize>(), 2);
    let mut states = login.states();
    states.sort_unstable();
    assert_eq!(states, ["login-refused", "login-refused", "ok"]);
    let causes = login.causes("login-wrong-password");
    assert_eq!(causes.len(), 1, "{causes:#?}");
    assert_eq!(causes[0]["ports"].as_array().map(Vec::len), Some(2));
    assert_eq!(login.causes("login-not-tried").len(), 1);
    // What was asked for comes first.
    let first = login.conclusion().split('.').next().unwrap_or_default();
    assert!(first.ends_with(" refuse the name or password"), "{}", login.conclusion());
    // What was not tried is not said to work.
    assert!(login.conclusion().contains("not tried there"), "{}", login.conclusion());
    assert!(!login.conclusion().contains("can "), "{}", login.conclusion());
}

#[test]
fn an_accepted_login_is_the_first_thing_said() {
    let place =
        Place::new(vec![submissions(SMTP_ACCEPTS), submission(SMTP_ACCEPTS), imaps(IMAP_ACCEPTS), pop3s(POP3_ACCEPTS)]);
    let login = place.trusted(&[]);
    assert_eq!((login.outcome.code, login.states()), (0, vec!["ok"; 4]), "{:#}", login.document);
    assert_eq!(login.conclusion(), "All 4 ports work, and so does the login.");
    for index in 0..4 {
        let endpoint = login.endpoint(place.port(index));
        assert_eq!(
            (&endpoint["login"]["outcome"], &endpoint["login"]["mechanism"]),
            (&"accepted".into(), &"PLAIN".into())
        );
    }
    assert!(!login.said().contains("check name and password"), "{}", login.screen);
    assert_eq!(place.logins(), [1; 4]);
    assert_eq!(login.prometheus.matches("\nmailprobe_login_success{").count(), 4);
    let verbose = place.trusted(&["-v"]);
    assert!(verbose.said().contains("login user@test.example - PLAIN - accepted"), "{}", verbose.screen);
}

#[test]
fn what_one_service_takes_is_not_doubted_at_another() {
    let place = Place::new(vec![submissions(SMTP_REFUSES), imaps(IMAP_ACCEPTS)]);
    let login = place.trusted(&[]);
    assert_eq!(login.outcome.code, 19, "{:#}", login.document);
    let causes = login.causes("login-wrong-password");
    assert_eq!(causes.len(), 1, "{causes:#?}");
    let said = login.said();
    assert!(said.contains("SMTP AUTH) is switched off for this mailbox"), "{}", login.screen);
    assert!(!said.contains("Check the name first") && !said.contains("check name and password"), "{}", login.screen);
    assert!(login.conclusion().contains("fetch mail through"), "{}", login.conclusion());

    // The same service at another port takes it: then it is not switched off.
    let place = Place::new(vec![submissions(SMTP_REFUSES), submission(SMTP_ACCEPTS)]);
    let login = place.trusted(&[]);
    assert!(!login.said().contains("switched off"), "{}", login.screen);
    assert!(login.said().contains("right where they are accepted"), "{}", login.screen);
    assert_eq!(login.document["targets"][0]["recommended"]["outgoing"][0]["port"], place.port(1));
}

#[test]
fn a_server_with_methods_of_other_kinds() {
    let list = "250-mail.test.example\r\n250 AUTH GSSAPI XOAUTH2\r\n";
    let behaviour = Behaviour::smtp(Security::Implicit).at(Moment::SecuredCapabilities, [Act::send(list)]);
    let place = Place::new(vec![("submissions", behaviour)]);
    let login = place.trusted(&[]);
    let endpoint = login.endpoint(place.port(0));
    assert_eq!((login.outcome.code, &endpoint["state"]), (19, &"login-refused".into()));
    assert_eq!(
        (&endpoint["login"]["outcome"], &endpoint["login"]["withheld"]),
        (&"withheld".into(), &"no-mechanism".into())
    );
    let finding = &login.causes("login-no-mechanism")[0];
    assert!(finding["evidence"].as_str().is_some_and(|seen| seen.contains("GSSAPI, XOAUTH2")), "{finding:#}");
    assert!(finding["hint"].as_str().is_some_and(|hint| hint.contains("--token-file")), "{finding:#}");
    assert_eq!(place.logins(), [0]);
}

#[test]
fn an_untrusted_server_gets_no_password() {
    let place = Place::new(vec![submissions(SMTP_ACCEPTS), imaps(IMAP_ACCEPTS)]);
    let login = place.ask(&[]);
    assert_eq!((login.outcome.code, login.states()), (14, vec!["certificate-invalid"; 2]), "{:#}", login.document);
    assert_eq!(login.causes("login-withheld").len(), 1);
    assert_eq!(login.endpoint(place.port(0))["login"]["withheld"], "untrusted");
    assert!(login.said().contains("No password was sent"), "{}", login.screen);
    assert_eq!(place.logins(), [0, 0]);
    assert!(!login.prometheus.contains("\nmailprobe_login_success{"), "{}", login.prometheus);
}

#[test]
fn a_server_without_tls_gets_no_password() {
    let place = Place::new(vec![("submission", Behaviour::smtp(Security::Plaintext))]);
    let login = place.trusted(&[]);
    let endpoint = login.endpoint(place.port(0));
    assert_eq!((login.outcome.code, &endpoint["state"]), (12, &"starttls-not-offered".into()), "{endpoint:#}");
    assert!(finding_ids(endpoint).contains(&"login-withheld"), "{endpoint:#}");
    assert!(login.said().contains("No password was sent"), "{}", login.screen);
    assert_eq!(place.logins(), [0]);
}

#[test]
fn a_login_that_is_not_answered_or_cut_off() {
    for (act, said) in [
        (Act::Stall, "did not answer the login"),
        (Act::Close, "closed the connection in answer to the login"),
        (Act::Reset, "reset in answer to the login"),
    ] {
        let behaviour = Behaviour::imap(Security::Implicit).at(Moment::Login, [act]);
        let place = Place::new(vec![("imaps", behaviour)]);
        let login = place.trusted(&["--timeout", "4s"]);
        let endpoint = login.endpoint(place.port(0));
        assert_eq!((login.outcome.code, &endpoint["state"]), (19, &"login-unavailable".into()), "{endpoint:#}");
        assert_eq!(endpoint["login"]["outcome"], "unanswered");
        assert_eq!(finding_ids(endpoint), ["login-no-answer"]);
        assert!(login.said().contains(said), "{}", login.screen);
        assert_eq!(place.logins(), [1], "no second attempt");
    }
}

#[test]
fn a_login_that_waits_for_another_is_no_silence_of_the_server() {
    let stalls = Behaviour::imap(Security::Implicit).at(Moment::Login, [Act::Stall]);
    let place = Place::new(vec![("imaps", stalls.clone()), ("imap", stalls.security(Security::StartTls))]);
    let login = place.trusted(&["--timeout", "4s"]);
    let mut states = login.states();
    states.sort_unstable();
    assert_eq!(states, ["login-unavailable", "ok"], "{:#}", login.document);
    assert_eq!(login.causes("login-not-tried")[0]["severity"], "warning");
}

// Elsewhere a loopback interface has one address.
#[cfg(target_os = "linux")]
#[test]
fn two_addresses_of_a_host_get_one_login() {
    let second = Ipv4Addr::new(127, 0, 0, 2);
    let place = Place::at(
        &[Ipv4Addr::LOCALHOST, second],
        vec![(
            "imaps",
            Behaviour::imap(Security::Implicit)
                .names(["mail.test.example"])
                .at(Moment::Login, [Act::send(IMAP_REFUSES)]),
        )],
    );
    let login = place.trusted(&[]);
    assert_eq!(login.outcome.code, 19, "{:#}", login.document);
    assert_eq!(place.logins().iter().sum::<usize>(), 1);
    let endpoints = login.document["targets"][0]["endpoints"].as_array().expect("endpoints");
    let withheld: Vec<_> = endpoints.iter().filter_map(|endpoint| endpoint["login"]["withheld"].as_str()).collect();
    assert_eq!(withheld, ["made-elsewhere"]);
    assert!(!login.conclusion().contains("can fetch mail"), "{}", login.conclusion());
}

#[test]
fn a_server_that_accepts_without_its_proof() {
    let list = "250-mail.test.example\r\n250 AUTH SCRAM-SHA-256\r\n";
    let behaviour = Behaviour::smtp(Security::Implicit)
        .at(Moment::SecuredCapabilities, [Act::send(list)])
        .at(Moment::Login, [Act::send(SMTP_ACCEPTS)]);
    let place = Place::new(vec![("submissions", behaviour)]);
    let login = place.trusted(&[]);
    let endpoint = login.endpoint(place.port(0));
    assert_eq!((login.outcome.code, &endpoint["state"]), (19, &"login-refused".into()), "{endpoint:#}");
    assert_eq!(endpoint["login"]["outcome"], "broken");
    assert_eq!(finding_ids(endpoint), ["login-server-unproven"]);
    assert!(login.said().contains("did not prove that it knows the password"), "{}", login.screen);
}
