//! The library as its users see it: `mailprobe::Checker`.

#![cfg(feature = "net")]

use std::io::Read as _;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use mailprobe::{
    CheckEvent, Checker, Credential, Dialer, Dialing, FindingId, Happened, HeloName, State, Target, TcpDialer, Verdict,
};
use mailprobe_lab::{Act, Behaviour, Moment, Pki, Received, Security, Server};

const SEVEN: [(&str, &str); 7] = [
    ("smtp", "starttls"),
    ("submissions", "implicit"),
    ("submission", "starttls"),
    ("pop3", "starttls"),
    ("pop3s", "implicit"),
    ("imap", "starttls"),
    ("imaps", "implicit"),
];

fn protocol(scheme: &str) -> &str {
    if scheme.starts_with("sub") { "smtp" } else { scheme.trim_end_matches('s') }
}

/// A good server for each service, at ports that the system chooses, and a URL for each.
fn servers() -> (Vec<Server>, Vec<Target>) {
    let loopback = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let start = |(scheme, security): (&str, &str)| {
        let behaviour: Behaviour = format!("{}:{security}:good", protocol(scheme)).parse().expect("a behaviour");
        let server = Server::start_at(behaviour, loopback).expect("a server");
        let url = format!("{scheme}://{}", server.address()).parse().expect("a target");
        (server, url)
    };
    SEVEN.into_iter().map(start).unzip()
}

fn states(report: &mailprobe::Report) -> Vec<State> {
    report.targets.iter().flat_map(|target| &target.endpoints).map(|endpoint| endpoint.diagnosis.state).collect()
}

#[tokio::test]
async fn certificates_in_memory_are_trusted() {
    let (_servers, targets) = servers();
    let checker = Checker::builder().ca_certificates(Pki::shared().ca_pem()).build().expect("a CA certificate");
    let report = checker.check(targets.clone()).await;
    assert_eq!((states(&report), report.exit_code), (vec![State::Ok; 7], 0));
    let report = Checker::builder().build().expect("the built-in list").check(targets).await;
    assert!(states(&report).iter().all(|state| *state == State::CertificateInvalid));
    assert!(Checker::builder().ca_certificates(*b"no certificate").build().is_err());
}

#[tokio::test]
async fn the_longest_durations_are_no_limit() {
    let (_servers, targets) = servers();
    let checker = Checker::builder()
        .ca_certificates(Pki::shared().ca_pem())
        .connect_timeout(Duration::MAX)
        .timeout(Duration::MAX)
        .deadline(Duration::MAX)
        .lookup_timeout(Duration::MAX)
        .build()
        .expect("a checker");
    assert_eq!(states(&checker.check(targets).await), [State::Ok; 7]);
}

#[tokio::test]
async fn an_observer_is_told_as_endpoints_finish() {
    let (_servers, targets) = servers();
    let told = Arc::new(Mutex::new(Vec::new()));
    let observer = {
        let told = Arc::clone(&told);
        move |event: CheckEvent<'_>| {
            if let Happened::Finished(state) = event.happened {
                told.lock().unwrap().push((event.target, event.endpoint.service, state));
            }
        }
    };
    let checker = Checker::builder().ca_certificates(Pki::shared().ca_pem()).observer(observer).build().unwrap();
    let report = checker.check(targets).await;
    let mut told = told.lock().unwrap().clone();
    told.sort_unstable_by_key(|&(target, _, _)| target);
    let expected: Vec<_> = report
        .targets
        .iter()
        .enumerate()
        .map(|(target, judged)| (target, judged.endpoints[0].observation.endpoint.service, State::Ok))
        .collect();
    assert_eq!(told, expected);
}

/// A dependency that panics, at one port.
#[derive(Debug)]
struct Cursed(u16);

impl Dialer for Cursed {
    fn dial(&self, server: SocketAddr, limit: Duration) -> Dialing<'_> {
        assert_ne!(server.port(), self.0, "this port is cursed");
        Box::pin(async move { TcpDialer::default().dial(server, limit).await })
    }
}

#[tokio::test]
async fn a_panic_at_one_port_is_one_row_among_seven() {
    let (servers, targets) = servers();
    let cursed = servers[6].address().port();
    let checker = Checker::builder().ca_certificates(Pki::shared().ca_pem()).dialer(Cursed(cursed)).build().unwrap();
    let report = checker.check(targets).await;
    let mut expected = vec![State::Ok; 7];
    expected[6] = State::InternalError;
    assert_eq!(states(&report), expected);
    assert_eq!((report.exit_code, report.verdict), (18, Verdict::Inconclusive));
}

#[test]
fn dropping_the_future_closes_the_connection() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let target: Target = format!("smtp://{}", listener.local_addr().unwrap()).parse().unwrap();
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let checker = Checker::builder().build().unwrap();
        // The server never greets.
        let check = tokio::time::timeout(Duration::from_millis(300), checker.check([target]));
        assert!(check.await.is_err(), "it should still be waiting");
    });
    let (mut stream, _) = listener.accept().expect("a connection");
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let mut said = Vec::new();
    stream.read_to_end(&mut said).expect("the connection is closed");
    assert_eq!(said, b"", "nothing is said to a server that has not greeted");
}

#[test]
fn a_helo_name_cannot_smuggle_commands() {
    assert!("mail.example.org".parse::<HeloName>().is_ok());
    assert!("x\r\nMAIL FROM:<a@example.org>".parse::<HeloName>().is_err());
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn connections_come_from_the_source_address() {
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
    let target: Target = format!("smtp://{}", listener.local_addr().unwrap()).parse().unwrap();
    let source = IpAddr::from([127, 0, 0, 9]);
    let checker = Checker::builder().source_address(source).timeout(Duration::from_millis(500)).build().unwrap();
    let (_, peer) = tokio::join!(checker.check([target]), listener.accept());
    assert_eq!(peer.expect("a connection").1.ip(), source);
}

/// The document of `mailprobe --format json`, without the command's crates.
#[cfg(feature = "cli")]
#[tokio::test]
async fn a_report_serialises_as_the_json_document() {
    let target: Target = "smtp://127.0.0.1:1".parse().unwrap();
    let report = Checker::builder().build().unwrap().check([target]).await;
    let document = serde_json::to_value(&report).expect("JSON");
    assert_eq!(document["schema"], "mailprobe/report/v1");
    assert_eq!(document["targets"][0]["endpoints"][0]["state"], "connection-refused");
}

/// No name server answers: that something was looked up is seen all the same.
#[cfg(feature = "cli")]
#[tokio::test]
async fn promises_are_looked_up_on_demand_or_left_alone() {
    for (typed, wanted, are_looked_up) in [
        ("@domain.test", None, true),
        ("@domain.test", Some(false), false),
        ("me@domain.test", None, false),
        ("me@domain.test", Some(true), true),
    ] {
        let builder = Checker::builder().dns_server(SocketAddr::from((Ipv4Addr::LOCALHOST, 9)));
        let builder = wanted.into_iter().fold(builder, mailprobe::CheckerBuilder::policies);
        let target: Target = typed.parse().expect("a target");
        let report = builder.build().expect("a checker").check([target]).await;
        let document = serde_json::to_value(&report).expect("JSON");
        assert_eq!(document["targets"][0]["policies"].is_object(), are_looked_up, "{typed} {wanted:?}");
    }
}

#[tokio::test]
async fn a_login_is_made_where_it_was_asked_for() {
    let behaviour = Behaviour::imap(Security::Implicit).at(Moment::Login, [Act::send("{tag} OK Logged in\r\n")]);
    let server = Server::start(behaviour);
    let target: Target = server.url("imaps").parse().expect("a target");
    let builder = || Checker::builder().ca_certificates(Pki::shared().ca_pem());
    let report = builder().build().expect("a checker").check([target.clone()]).await;
    assert!(report.targets[0].endpoints[0].observation.login.is_none());
    let credential =
        Credential::with_password("user@test.example", "correct-horse-42".to_owned()).expect("a credential");
    let report = builder().login(credential).build().expect("a checker").check([target]).await;
    let judged = &report.targets[0].endpoints[0];
    assert_eq!(judged.diagnosis.findings[0].id, FindingId::LoginAccepted);
    assert!(!format!("{report:?}").contains("correct-horse-42"));
    let logins =
        server.connections().iter().flat_map(Received::lines).filter(|line| line.contains("AUTHENTICATE")).count();
    assert_eq!(logins, 1);
}
