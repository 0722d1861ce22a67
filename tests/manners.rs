//! What servers see of a check: one quiet, polite connection.

mod command;

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{IpAddr, Ipv6Addr, TcpListener};
use std::thread;
use std::time::Duration;

use command::{mailprobe, report, run};
use mailprobe_lab::{Behaviour, End, Protocol, Received, Security, Server};

/// What starts a login or hands in mail, in any of the three protocols.
const NEVER_SAID: [&str; 11] =
    ["AUTH", "AUTHENTICATE", "LOGIN", "USER", "PASS", "APOP", "RCPT", "DATA", "BDAT", "VRFY", "EXPN"];

/// The null sender is all that submission ports are asked about: whether they take it without a login.
const SENDER: &str = "MAIL FROM:<>";

/// Long enough that a client in a hurry would speak.
const PAUSE: Duration = Duration::from_millis(700);

const ALL: [(Protocol, Security, &str); 6] = [
    (Protocol::Smtp, Security::StartTls, "submission"),
    (Protocol::Smtp, Security::Implicit, "submissions"),
    (Protocol::Imap, Security::StartTls, "imap"),
    (Protocol::Imap, Security::Implicit, "imaps"),
    (Protocol::Pop3, Security::StartTls, "pop3"),
    (Protocol::Pop3, Security::Implicit, "pop3s"),
];

/// Probes servers with this fault in one run, and hands back what each of them saw.
fn seen(fault: Option<&str>, options: &[&str]) -> Vec<(&'static str, Vec<Received>)> {
    let servers: Vec<(&str, Server)> = ALL
        .into_iter()
        .map(|(protocol, security, scheme)| {
            let behaviour = Behaviour::new(protocol, security).pause(PAUSE);
            (scheme, Server::start(fault.into_iter().fold(behaviour, Behaviour::fault)))
        })
        .collect();
    let urls: Vec<String> = servers.iter().map(|(scheme, server)| server.url(scheme)).collect();
    let mut arguments = options.to_vec();
    arguments.extend(urls.iter().map(String::as_str));
    let _ = report(&arguments);
    servers.iter().map(|(scheme, server)| (*scheme, server.settled())).collect()
}

/// The connection of each server, which must be the only one.
fn only(seen: Vec<(&'static str, Vec<Received>)>) -> Vec<(&'static str, Received)> {
    let only_one = |(scheme, mut connections): (&'static str, Vec<Received>)| {
        assert_eq!(connections.len(), 1, "{scheme}: {connections:#?}");
        (scheme, connections.remove(0))
    };
    seen.into_iter().map(only_one).collect()
}

/// The verb of a command: the first word, in IMAP the one after the tag.
fn verb<'a>(scheme: &str, line: &'a str) -> &'a str {
    line.split(' ').nth(usize::from(scheme.starts_with("imap"))).unwrap_or_default()
}

#[test]
fn one_connection_says_what_is_needed_and_goodbye() {
    for (scheme, connection) in only(seen(None, &[])) {
        let lines = connection.lines();
        let verbs: Vec<&str> = lines.iter().map(|line| verb(scheme, line)).collect();
        let expected: &[&str] = match scheme {
            "submission" => &["EHLO", "STARTTLS", "EHLO", "MAIL", "QUIT"],
            "submissions" => &["EHLO", "MAIL", "QUIT"],
            "imap" => &["STARTTLS", "CAPABILITY", "LOGOUT"],
            // The greeting carried the capabilities.
            "imaps" => &["LOGOUT"],
            "pop3" => &["CAPA", "STLS", "CAPA", "QUIT"],
            _ => &["CAPA", "QUIT"],
        };
        assert_eq!(verbs, expected, "{scheme}");
        assert!(connection.said_goodbye(), "{scheme}: {lines:?}");
        let end = connection.end.as_ref().map(|(_, end)| end);
        // The server ends the stream after its reply, and nobody cut it off.
        assert_eq!(end, Some(&End::ServerEnded), "{scheme}");
        assert!(!connection.spoke_first(), "{scheme}");
    }
}

#[test]
fn nothing_is_said_before_a_late_greeting() {
    for (scheme, connection) in only(seen(Some("slow-greeting"), &[])) {
        let greeted = connection.greeted.unwrap_or_else(|| panic!("{scheme} was not waited for"));
        assert!(!connection.spoke_first(), "{scheme}: {connection:#?}");
        assert!(connection.pieces.first().is_some_and(|first| first.at >= greeted), "{scheme}");
    }
}

#[test]
fn goodbye_is_said_to_servers_that_refuse_the_upgrade() {
    for (words, scheme) in [
        ("smtp:starttls:starttls-refused-454", "submission"),
        ("imap:starttls:starttls-refused-no", "imap"),
        ("pop3:starttls:starttls-refused-err", "pop3"),
        ("smtp:starttls:no-starttls", "submission"),
        ("smtp:starttls:greeting-554-stays", "submission"),
    ] {
        let server = Server::start(words.parse().expect("a behaviour"));
        let _ = report(&[&server.url(scheme)]);
        let connections = server.settled();
        assert_eq!(connections.len(), 1, "{words}: {connections:#?}");
        assert!(connections.iter().all(Received::said_goodbye), "{words}: {connections:#?}");
    }
}

#[test]
fn a_server_that_is_closing_is_left_alone() {
    for words in ["smtp:starttls:greeting-421-too-many", "smtp:starttls:ehlo-421"] {
        let server = Server::start(words.parse().expect("a behaviour"));
        let _ = report(&[&server.url("submission")]);
        let connections = server.settled();
        assert_eq!(connections.len(), 1, "{words}: {connections:#?}");
        let lines = connections.first().expect("a connection").lines();
        assert!(lines.iter().all(|line| line.starts_with("EHLO ")), "{words}: {lines:?}");
    }
}

#[test]
fn nobody_ever_tries_to_log_in_or_to_send_mail() {
    for fault in [None, Some("slow-greeting"), Some("close-after-greeting")] {
        for (scheme, connections) in seen(fault, &[]) {
            for line in connections.iter().flat_map(Received::lines) {
                let verb = verb(scheme, &line).to_ascii_uppercase();
                assert!(!NEVER_SAID.contains(&verb.as_str()), "{scheme} {fault:?}: {line}");
                assert!(verb != "MAIL" || line == SENDER && scheme.starts_with("submission"), "{scheme}: {line}");
            }
        }
    }
    let server = Server::start(Behaviour::smtp(Security::StartTls).login_in_the_clear());
    let _ = report(&[&server.url("submission")]);
    for line in server.settled().iter().flat_map(Received::lines) {
        assert!(!NEVER_SAID.contains(&verb("submission", &line)), "{line}");
    }
}

/// The commands that `--help` lists, those to come as well; not `blocked`, which is for servers elsewhere.
fn commands() -> Vec<String> {
    let help = run(&["--help"]).stdout;
    let lines = help.lines().skip_while(|line| !line.ends_with("ommands:")).skip(1).take_while(|line| !line.is_empty());
    let names = lines.filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    let names = names.filter_map(|line| line.split_whitespace().next());
    names.filter(|name| *name != "blocked").map(str::to_owned).collect()
}

/// Whatever a command takes for its arguments.
#[test]
fn no_command_hands_in_a_message_or_asks_about_users() {
    let names = commands();
    assert!(names.iter().any(|name| name == "explain") && names.len() > 2, "{names:?}");
    let server = Server::start(Behaviour::smtp(Security::StartTls));
    let (url, address) = (server.url("submission"), "postmaster@[127.0.0.1]");
    let plain = url.trim_start_matches("submission://");
    for name in &names {
        for arguments in [
            &[&*url] as &[&str],
            &[address],
            &[address, &url],
            &[&url, address],
            &[address, "--server", plain],
            &[plain],
        ] {
            let _ = mailprobe(&[&[&**name], arguments].concat()).write_stdin("").output();
        }
    }
    let _ = report(&[&url]);
    let connections = server.settled();
    assert!(!connections.is_empty());
    for line in connections.iter().flat_map(Received::lines) {
        let verb = verb("submission", &line).to_ascii_uppercase();
        assert!(!["DATA", "BDAT", "VRFY", "EXPN", "TURN", "ETRN", "AUTH"].contains(&verb.as_str()), "{line}");
    }
}

#[test]
fn ehlo_gives_the_name_that_helo_sets() {
    let lines: Vec<String> = only(seen(None, &["--helo", "probe.test.example"]))
        .into_iter()
        .filter(|(scheme, _)| scheme.starts_with("submission"))
        .flat_map(|(_, connection)| connection.lines())
        .filter(|line| line.starts_with("EHLO"))
        .collect();
    assert_eq!(lines, ["EHLO probe.test.example"; 3]);
}

#[test]
fn ehlo_gives_a_full_name_or_an_address_and_never_the_targets_name() {
    let server = Server::start(Behaviour::smtp(Security::Implicit));
    let target = format!("submissions://localhost:{}", server.address().port());
    let _ = report(&["-4", &target]);
    let connections = server.settled();
    let lines: Vec<String> = connections.iter().flat_map(Received::lines).collect();
    let names: Vec<&str> = lines.iter().filter_map(|line| line.strip_prefix("EHLO ")).collect();
    assert_eq!(names.len(), 1, "{lines:?}");
    for name in names {
        assert!(is_address_literal(name) || name.contains('.'), "{name}");
        assert!(!name.eq_ignore_ascii_case("localhost") && !name.starts_with("localhost."), "{name}");
    }
}

/// RFC 5321, section 4.1.3.
fn is_address_literal(text: &str) -> bool {
    let Some(inside) = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')) else { return false };
    match inside.strip_prefix("IPv6:") {
        Some(address) => address.parse::<Ipv6Addr>().is_ok(),
        None => matches!(inside.parse(), Ok(IpAddr::V4(_))),
    }
}

#[test]
fn an_odd_answer_is_looked_at_three_more_times_at_most() {
    for (words, scheme) in [
        ("imap:implicit:tls-1-0-only", "imaps"),
        ("imap:implicit:alert-internal-error", "imaps"),
        ("pop3:implicit:close-in-handshake", "pop3s"),
        ("smtp:starttls:close-on-accept", "submission"),
        ("smtp:starttls:masked-starttls-refused", "submission"),
    ] {
        let server = Server::start(words.parse().expect("a behaviour"));
        let _ = report(&["--timeout", "8s", &server.url(scheme)]);
        let connections = server.settled();
        assert!((2..=4).contains(&connections.len()), "{words}: {} connections", connections.len());
    }
}

#[test]
fn a_second_connection_waits_until_the_first_has_parted() {
    // The lab's servers leave as soon as the client half-closes; this one lingers.
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let target = format!("submission://{}", listener.local_addr().expect("an address"));
    let server = thread::spawn(move || {
        let (mut first, _) = listener.accept().expect("a connection");
        first.write_all(b"220 mail.test.example ESMTP\r\n").expect("a greeting");
        let mut lines = BufReader::new(first.try_clone().expect("a descriptor")).lines();
        assert!(lines.next().is_some_and(|line| line.is_ok_and(|line| line.starts_with("EHLO "))));
        first.write_all(b"250-mail.test.example\r\n250 XXXXXXXA\r\n").expect("a reply");
        // QUIT, and the end of the client's stream.
        assert_eq!(lines.map_while(Result::ok).collect::<Vec<_>>(), ["QUIT"]);
        thread::sleep(PAUSE);
        listener.set_nonblocking(true).expect("a socket");
        let too_early = listener.accept().is_ok();
        drop(first);
        listener.set_nonblocking(false).expect("a socket");
        let came_later = !too_early && listener.accept().is_ok();
        (too_early, came_later)
    });
    let (_, document) = report(&["--timeout", "8s", &target]);
    assert_eq!(server.join().expect("the server"), (false, true), "{document:#}");
}
