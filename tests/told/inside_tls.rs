//! Silence inside TLS: a port that leads to a web server, TLS that is ended twice, a server that is slow, and one that hangs.

use std::net::Ipv4Addr;
use std::time::Duration;

use mailprobe_lab::{Act, Behaviour, Limits, Moment, Protocol, Security, Server};

use crate::judge::Told;
use crate::suite::cases;
use crate::world::Loopback;

cases!(inside_tls: network {} loopback {
    a_web_server,
    a_web_server_that_hangs_up_on_silence,
    a_web_server_that_answers_requests_only,
    a_web_server_for_one_client_at_a_time,
    a_web_server_and_one_connection_at_a_time_allowed,
    tls_that_is_ended_twice,
    tls_that_is_ended_twice_for_one_client_at_a_time,
    nine_seconds_before_the_greeting,
    twenty_seconds_before_the_greeting,
    a_server_that_hangs,
    a_server_that_does_not_answer_the_hello,
});

/// What is said of servers that do nothing.
const HANGS: &str = "hung|hang|overload|PROXY header|no-greeting";
const WITHIN: Duration = Duration::from_secs(30);

/// A server of each protocol.
struct Servers([Server; 3]);

impl Servers {
    fn start(behaviour: impl Fn(Behaviour) -> Behaviour, limits: Limits) -> Self {
        Self([Protocol::Imap, Protocol::Smtp, Protocol::Pop3].map(|protocol| {
            let behaviour = behaviour(Behaviour::new(protocol, Security::Implicit));
            Server::start_with(behaviour, (Ipv4Addr::LOCALHOST, 0).into(), limits).expect("a free port")
        }))
    }

    fn ports(&self) -> [u16; 3] {
        self.0.each_ref().map(|server| server.address().port())
    }

    fn ask(&self, options: &str) -> Told {
        let [imaps, smtps, pop3s] = &self.0;
        let urls = format!("{} {} {}", imaps.url("imaps"), smtps.url("submissions"), pop3s.url("pop3s"));
        Loopback::new().ask(&format!("{options} {urls}")).tell()
    }

    /// Asks all, and expects the same state and finding of each.
    fn told(&self, options: &str, state: &str, finding: &str) -> Told {
        let told = self.ask(options);
        self.ports().into_iter().fold(told, |told, port| told.state(port, state).finding(port, finding))
    }

    /// The most connections that any of them had.
    fn connections(&self) -> usize {
        self.0.iter().map(|server| server.settled().len()).max().unwrap_or_default()
    }
}

const ONE_AT_A_TIME: Limits = Limits {
    lifetime: Duration::from_secs(600),
    connection: Duration::from_secs(120),
    open_connections: 1,
    connections: 100,
};

fn is_a_web_server(told: Told) -> Told {
    told.code(11)
        .verdict("fail")
        .says("web server")
        .hint("proxy|load balancer")
        .hint("route")
        .never(HANGS)
        .within(WITHIN)
}

fn is_ended_twice(told: Told) -> Told {
    told.code(11)
        .verdict("fail")
        .says("TLS is ended twice")
        .hint("turn TLS off at the proxy")
        .hint("passes? the connection through")
        .never(HANGS)
        .within(WITHIN)
}

fn a_web_server() {
    let servers = Servers::start(|behaviour| behaviour.fault("http"), Limits::default());
    is_a_web_server(servers.told("", "wrong-protocol", "wrong-protocol")).says("400 Bad Request").judged();
    assert_eq!(servers.connections(), 2);
}

/// It waits for a request, and not for long.
fn a_web_server_that_hangs_up_on_silence() {
    let impatient = |behaviour: Behaviour| {
        let waits = behaviour.clone().pause(Duration::from_secs(4)).at(Moment::Greeting, [Act::Pause, Act::Close]);
        waits.then(behaviour.fault("http"))
    };
    let servers = Servers::start(impatient, Limits::default());
    is_a_web_server(servers.told("", "wrong-protocol", "wrong-protocol")).judged();
}

/// As `openssl s_server -www`, which passes over all lines before one.
fn a_web_server_that_answers_requests_only() {
    let page = [Act::send("HTTP/1.0 200 ok\r\nContent-type: text/html\r\n\r\n<HTML>\r\n"), Act::Close];
    let deaf = |behaviour: Behaviour| {
        behaviour
            .at(Moment::Greeting, [])
            .at(Moment::Capabilities, [])
            .at(Moment::SecuredCapabilities, [])
            .at(Moment::Other, page.clone())
    };
    let servers = Servers::start(deaf, Limits::default());
    is_a_web_server(servers.told("", "wrong-protocol", "wrong-protocol")).says("200 ok").judged();
}

fn a_web_server_for_one_client_at_a_time() {
    let servers = Servers::start(|behaviour| behaviour.fault("http"), ONE_AT_A_TIME);
    is_a_web_server(servers.told("", "wrong-protocol", "wrong-protocol")).judged();
}

fn a_web_server_and_one_connection_at_a_time_allowed() {
    let server = Server::start(Behaviour::imap(Security::Implicit).fault("http"));
    let told = Loopback::new().ask(&format!("--per-host 1 {}", server.url("imaps"))).tell();
    is_a_web_server(told).state(server.address().port(), "wrong-protocol").judged();
    let connections = server.settled();
    let [first, second] = connections.as_slice() else { panic!("{connections:#?}") };
    // A busy server may notice the end of one after the beginning of the next.
    let ended = first.released.map(|released| first.accepted + released);
    assert!(ended.is_some_and(|ended| ended <= second.accepted + Duration::from_millis(500)), "{connections:#?}");
}

fn tls_that_is_ended_twice() {
    let servers = Servers::start(|behaviour| behaviour.fault("tls-twice"), Limits::default());
    is_ended_twice(servers.told("", "wrong-protocol", "tls-twice")).opens_with("expects TLS a second time").judged();
}

fn tls_that_is_ended_twice_for_one_client_at_a_time() {
    let servers = Servers::start(|behaviour| behaviour.fault("tls-twice"), ONE_AT_A_TIME);
    is_ended_twice(servers.told("", "wrong-protocol", "tls-twice")).judged();
}

fn greets_after(seconds: u64) -> Told {
    let slow = |behaviour: Behaviour| behaviour.pause(Duration::from_secs(seconds)).fault("slow-greeting");
    let servers = Servers::start(slow, Limits::default());
    servers.told("", "ok", "slow-greeting").code(0).verdict("warn").never("web server|twice").never(HANGS)
}

fn nine_seconds_before_the_greeting() {
    greets_after(9).within(Duration::from_secs(15)).judged();
}

fn twenty_seconds_before_the_greeting() {
    greets_after(20).within(Duration::from_secs(26)).judged();
}

fn a_server_that_hangs() {
    let servers = Servers::start(|behaviour| behaviour.fault("silent"), Limits::default());
    servers
        .told("", "no-greeting", "no-greeting")
        .code(8)
        .verdict("fail")
        .says("hung|overload")
        .says("TLS handshake worked, then there was silence")
        .says("within [0-9.]+ s after the TLS handshake")
        .never("web server|twice|another protocol")
        .within(Duration::from_secs(34))
        .judged();
    assert_eq!(servers.connections(), 4);
}

fn a_server_that_does_not_answer_the_hello() {
    let servers = Servers::start(|behaviour| behaviour.fault("stall-on-accept"), Limits::default());
    servers
        .told("", "no-greeting", "no-greeting")
        .code(8)
        .verdict("fail")
        .says("no answer to the TLS ClientHello")
        .never("web server|twice|another protocol")
        .within(WITHIN)
        .judged();
    assert_eq!(servers.connections(), 3);
}
