//! The whole driver against servers made up by chance, on a clock that runs only when everybody waits.

mod asked_again;
// It needs the lab, which is not published: see `include` in Cargo.toml.
#[cfg(feature = "internals")]
mod lost;
mod requests;
mod segments;
mod server;
mod whole_runs;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use proptest::prelude::*;
use tokio::runtime;
use tokio::time::Instant;

use self::server::{Act, play, script};
use super::context::RunContext;
use super::{Options, Prober, limits};
use crate::diagnosis::{FindingId, Severity, State, diagnose};
use crate::observation::{Observation, Purpose, Speaker};
use crate::service::{Protocol, Role, Security, Service};
use crate::target::{Endpoint, Host, Source};
use crate::transport::dial::{Connection, Dialer, Dialing};

/// The first connection and four second looks.
const MOST_CONNECTIONS: usize = 5;
/// EHLO, HELO, STARTTLS, EHLO inside TLS, and the farewell.
const MOST_SAID: usize = 5;
/// How much a pipe between the two holds: less than a flood, so that neither side can run ahead.
const PIPE_BYTES: usize = 4096;
/// A wait may end a moment late: the clock counts in milliseconds.
const GRACE: Duration = Duration::from_secs(1);

#[derive(Debug)]
struct Stage {
    script: Vec<Act>,
    connections: Mutex<usize>,
}

impl Dialer for Stage {
    fn dial(&self, _: SocketAddr, _: Duration) -> Dialing<'_> {
        *self.connections.lock().expect("nobody panics with it") += 1;
        let (near, far) = tokio::io::duplex(PIPE_BYTES);
        tokio::spawn(play(far, self.script.clone()));
        Box::pin(async { Ok(Connection { stream: Box::new(near), local: None }) })
    }
}

fn stage(script: Vec<Act>) -> Arc<Stage> {
    Arc::new(Stage { script, connections: Mutex::new(0) })
}

fn prober(hello: Option<&str>, stage: &Arc<Stage>) -> Arc<Prober> {
    let hello = hello.map(|name| name.parse().expect("a name"));
    let dialer: Arc<dyn Dialer> = Arc::<Stage>::clone(stage);
    Prober::new(Options { hello, dialer: Some(dialer), ..Options::default() }).expect("nothing is read")
}

/// The endpoint's, which nobody connects to.
const SERVER: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)), 25);

fn endpoint(service: Service, security: Security) -> Endpoint {
    Endpoint {
        host: Host::Name("mail.test.example".into()),
        address: Some([192, 0, 2, 1].into()),
        port: service.port(),
        service,
        security,
        sources: vec![Source::User],
    }
}

/// What a probe of this server shows: the observation, how many connections there were, and how long it took until all
/// of them were closed.
fn probe(service: Service, security: Security, script: Vec<Act>) -> (Observation, usize, Duration) {
    let runtime = runtime::Builder::new_current_thread().enable_time().start_paused(true).build().expect("a runtime");
    runtime.block_on(async {
        let began = Instant::now();
        let endpoint = endpoint(service, security);
        let stage = stage(script);
        let prober = prober(Some("probe.test.example"), &stage);
        let (observation, closing) =
            prober.probe(&endpoint, SERVER, &RunContext::default(), prober.options.try_limits(), None).await;
        closing.done().await;
        let connections = *stage.connections.lock().expect("nobody panics with it");
        (observation, connections, began.elapsed())
    })
}

fn said(observation: &Observation, attempt: usize, speaker: Speaker) -> Vec<&str> {
    let transcript = observation.attempts.get(attempt).map(|attempt| attempt.transcript.as_slice());
    let lines = transcript.unwrap_or_default().iter().filter(|line| line.from == speaker);
    lines.map(|line| line.text.as_str()).collect()
}

fn check(service: Service, security: Security, script: Vec<Act>) -> Result<(), TestCaseError> {
    let (observation, connections, took) = probe(service, security, script);

    prop_assert!((1..=MOST_CONNECTIONS).contains(&connections), "{connections} connections");
    prop_assert_eq!(connections, observation.attempts.len());
    let most = limits::ENDPOINT + limits::DRAIN * u32::try_from(connections).unwrap_or(u32::MAX) + GRACE;
    prop_assert!(took <= most, "it took {took:?}");

    for (number, attempt) in observation.attempts.iter().enumerate() {
        let words = said(&observation, number, Speaker::Client);
        prop_assert!(words.len() <= MOST_SAID, "too talkative: {words:?}");
        let heard: usize = said(&observation, number, Speaker::Server).iter().map(|line| line.len()).sum();
        // Each byte that is no UTF-8 is shown by three.
        prop_assert!(heard <= 3 * (limits::DIALOGUE_BYTES + PIPE_BYTES), "{heard} bytes were kept");
        let stages: Vec<_> = attempt.stages.iter().map(|record| record.stage).collect();
        let again = stages.iter().enumerate().any(|(place, stage)| stages[..place].contains(stage));
        prop_assert!(!again, "a stage was entered twice: {stages:?}");
        let speakers = attempt.transcript.iter().map(|line| line.from);
        let first = speakers.into_iter().find(|&speaker| speaker != Speaker::Remark);
        let begins_with_tls = security == Security::Implicit || attempt.purpose == Purpose::OfferTls;
        prop_assert!(begins_with_tls || first != Some(Speaker::Client), "spoke before the greeting");
    }

    let diagnosis = diagnose(&observation);
    prop_assert_eq!(diagnosis.state == State::Ok, diagnosis.failed_stage.is_none(), "{:?}", diagnosis);
    prop_assert!(diagnosis.state == State::Ok || !diagnosis.findings.is_empty(), "{diagnosis:?}");
    prop_assert!(!matches!(diagnosis.state, State::LocalError | State::Interrupted), "{diagnosis:?}");
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn every_server_ends_in_a_state_within_bounds(
        service in prop::sample::select(Service::ALL),
        security in prop::sample::select(Security::ALL),
        (protocol, good) in (prop::sample::select(Service::ALL), any::<bool>()),
        seed in script(),
    ) {
        // Half of the servers speak the protocol that is asked for.
        let spoken = if good { service } else { protocol };
        check(service, security, server::in_words_of(spoken.protocol(), &seed))?;
    }
}

#[test]
fn a_good_server_is_ok_in_every_protocol() {
    for &service in Service::ALL {
        let script = server::good(service.protocol(), service.security());
        let (observation, connections, took) = probe(service, service.security(), script);
        assert_eq!(diagnose(&observation).state, State::CertificateInvalid, "{observation:#?}");
        assert_eq!(connections, 1, "{observation:#?}");
        assert!(took < GRACE, "{took:?}");
        let farewell = said(&observation, 0, Speaker::Client).pop().unwrap_or_default();
        assert!(farewell.ends_with("QUIT") || farewell.ends_with("LOGOUT"), "{observation:#?}");
    }
}

/// Before the first byte of TLS a server may do all that it does elsewhere before it greets.
#[test]
fn tls_is_waited_for_as_long_as_a_greeting() {
    let after = |pause| {
        let good = server::good(Protocol::Imap, Security::Implicit);
        let script = std::iter::once(Act::Pause(Duration::from_secs(pause))).chain(good).collect();
        let (observation, connections, took) = probe(Service::Imaps, Security::Implicit, script);
        let diagnosis = diagnose(&observation);
        let slow = diagnosis.findings.iter().find(|finding| finding.id == FindingId::SlowGreeting);
        (diagnosis.state, slow.map(|finding| finding.severity), connections, took)
    };
    for (pause, slow) in [(2, None), (8, Some(Severity::Warning)), (24, Some(Severity::Warning))] {
        let (state, finding, connections, _) = after(pause);
        assert_eq!((state, finding, connections), (State::CertificateInvalid, slow, 1), "after {pause} s");
    }
    let (state, _, _, took) = after(30);
    assert_eq!(state, State::NoGreeting, "silence is no failed handshake");
    assert!(took <= Duration::from_secs(30) + GRACE, "it took {took:?}");
}

/// The offer of TLS told nothing, and TLS after the greeting is looked into as anywhere.
#[test]
fn a_late_greeting_on_a_port_for_tls_is_followed_as_an_early_one() {
    let mut script = server::good(Protocol::Imap, Security::StartTls);
    // It hangs up in the handshake.
    script.truncate(5);
    script.insert(0, Act::Pause(Duration::from_secs(9)));
    let (observation, ..) = probe(Service::Imaps, Security::StartTls, script);
    let purposes: Vec<_> = observation.attempts.iter().map(|attempt| attempt.purpose).collect();
    assert_eq!(
        purposes.get(..3),
        Some(&[Purpose::Probe, Purpose::OfferTls, Purpose::ClassicHello][..]),
        "{purposes:?}"
    );
    assert_eq!(diagnose(&observation).failed_stage, Some(crate::observation::Stage::Tls), "{observation:#?}");
}

/// Five thousand may wait at once, and each holds its future.
#[test]
fn a_waiting_probe_is_small() {
    let context = RunContext::default();
    let endpoint = endpoint(Service::ALL[0], Security::StartTls);
    let prober = prober(None, &stage(Vec::new()));
    let waiting = prober.probe(&endpoint, SERVER, &context, prober.options.try_limits(), None);
    assert!(size_of_val(&waiting) <= 3144, "{} bytes", size_of_val(&waiting));
}

#[tokio::test(start_paused = true)]
async fn ehlo_says_this_machine_s_name_where_it_is_known_and_does_not_wait_for_it() {
    for (own_name, introduction) in [(Some("probe.test.example"), "probe.test.example"), (None, "[127.0.0.1]")] {
        let context = RunContext::default();
        for security in [Security::StartTls, Security::Implicit] {
            let service = Service::of(Protocol::Smtp, Role::Submission, security);
            let prober = prober(None, &stage(server::good(Protocol::Smtp, security)));
            prober.own_name.learn(own_name.map(str::to_owned));
            let limits = prober.options.try_limits();
            let (observation, _) = prober.probe(&endpoint(service, security), SERVER, &context, limits, None).await;
            let words = said(&observation, 0, Speaker::Client);
            assert_eq!(words.first().copied(), Some(format!("EHLO {introduction}").as_str()), "{observation:#?}");
        }
    }
}

#[test]
fn floods_and_trickles_are_survived() {
    for &service in Service::ALL {
        for script in server::hostile() {
            check(service, service.security(), script).expect("it holds");
        }
    }
}
