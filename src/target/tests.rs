//! What can be typed, what it means, and what is refused with which words.

use proptest::prelude::*;

use super::*;
use crate::service::{Security, Service};

fn parse(typed: &str) -> TargetSpec {
    Target::parse(typed).unwrap_or_else(|error| panic!("{typed}: {error}")).spec
}

fn refusal(typed: &str) -> TargetError {
    match Target::parse(typed) {
        Ok(target) => panic!("{typed} was read as {target:?}"),
        Err(error) => error,
    }
}

#[test]
fn bare_hosts() {
    let long_label = format!("{}.example", "a".repeat(63));
    let name = |name: &str| Host::Name(name.to_owned());
    for (typed, host) in [
        ("mail.example.org", name("mail.example.org")),
        ("MAIL.Example.ORG.", name("mail.example.org")),
        ("localhost", name("localhost")),
        ("my_host.example", name("my_host.example")),
        ("4chan.example", name("4chan.example")),
        (&long_label, name(&long_label)),
        ("bücher.example", name("xn--bcher-kva.example")),
        ("BÜCHER.example", name("xn--bcher-kva.example")),
        ("例え.テスト", name("xn--r8jz45g.xn--zckzah")),
        ("例え。テスト", name("xn--r8jz45g.xn--zckzah")),
        ("192.0.2.25", Host::Address([192, 0, 2, 25].into())),
        ("[192.0.2.25]", Host::Address([192, 0, 2, 25].into())),
        ("2001:db8::25", Host::Address("2001:db8::25".parse().unwrap())),
        ("[2001:DB8::25]", Host::Address("2001:db8::25".parse().unwrap())),
        ("::1", Host::Address("::1".parse().unwrap())),
    ] {
        assert_eq!(parse(typed), TargetSpec::Host(host.clone()), "{typed}");
        assert_eq!(typed.parse(), Ok(host), "{typed}");
    }
}

#[test]
fn named_endpoints() {
    use Security::{Implicit, StartTls};
    use Service::{Imap, Imaps, Pop3, Pop3s, Smtp, Submission, Submissions};
    for (typed, host, port, service, security) in [
        ("h:25", "h", 25, Smtp, StartTls),
        ("h:465", "h", 465, Submissions, Implicit),
        ("h:2525", "h", 2525, Submission, StartTls),
        ("192.0.2.5:993", "192.0.2.5", 993, Imaps, Implicit),
        ("[2001:db8::5]:143", "2001:db8::5", 143, Imap, StartTls),
        ("smtp://h", "h", 25, Smtp, StartTls),
        ("SMTP://H/", "h", 25, Smtp, StartTls),
        ("smtp://h:587", "h", 587, Submission, StartTls),
        ("smtp://h:465", "h", 465, Submission, StartTls),
        ("smtp://h:9999", "h", 9999, Smtp, StartTls),
        ("smtp://h:143", "h", 143, Smtp, StartTls),
        ("submission://h", "h", 587, Submission, StartTls),
        ("submission://h:25", "h", 25, Smtp, StartTls),
        ("submissions://h:9999", "h", 9999, Submissions, Implicit),
        ("smtps://h", "h", 465, Submissions, Implicit),
        ("smtps://h:25", "h", 25, Smtp, Implicit),
        ("imap://h:993", "h", 993, Imap, StartTls),
        ("imaps://[2001:db8::5]:9993", "2001:db8::5", 9993, Imaps, Implicit),
        ("pop3://h", "h", 110, Pop3, StartTls),
        ("pop3s://bücher.example.", "xn--bcher-kva.example", 995, Pop3s, Implicit),
    ] {
        let expected =
            NamedEndpoint { host: host.parse().expect("a host"), port: ServicePort { port, service }, security };
        assert_eq!(parse(typed), TargetSpec::Endpoint(expected), "{typed}");
    }
}

#[test]
fn mail_domains() {
    for (typed, name, local_part) in [
        ("@example.org", "example.org", None),
        ("@Bücher.Example.", "xn--bcher-kva.example", None),
        ("user@example.org", "example.org", Some("user")),
        ("Jörg+mail@example.org", "example.org", Some("Jörg+mail")),
        ("\"a@b\"@example.org", "example.org", Some("\"a@b\"")),
    ] {
        let expected = MailDomain { name: name.to_owned(), local_part: local_part.map(str::to_owned) };
        assert_eq!(parse(typed), TargetSpec::Domain(expected), "{typed}");
    }
}

/// The words a user reads, for every way to be wrong.
#[test]
fn refusals_say_what_to_write_instead() {
    let long_label = format!("{}.example", "a".repeat(64));
    let long_name = ["a".repeat(63).as_str(); 4].join(".");
    let too_long = "a".repeat(2000);
    let long_local_part = format!("{}@example.org", "a".repeat(65));
    for (typed, words) in [
        ("", "is empty: write a host"),
        ("http://example.org", "scheme of \"http://example.org\" is unknown: write smtp://"),
        ("://example.org", "is unknown: write smtp://"),
        ("smtp://me@h", "mailprobe never logs in"),
        ("imaps://h/INBOX", "continues after the host"),
        ("smtp://h?x=1", "continues after the host"),
        ("smtp://h#x", "continues after the host"),
        ("smtp://h//", "continues after the host"),
        ("smtp://", "there is no host"),
        ("smtp://:25", "there is no host"),
        (":25", "there is no host"),
        (".", "there is no host"),
        ("@", "there is no host"),
        ("h:", "number from 1 to 65535"),
        ("h:0", "number from 1 to 65535"),
        ("h:70000", "number from 1 to 65535"),
        ("h:+25", "number from 1 to 65535"),
        ("h:smtp", "number from 1 to 65535"),
        ("smtp://h:0", "number from 1 to 65535"),
        ("h:9999", "smtp://h:9999, submissions://h:9999"),
        ("[2001:db8::1]:9999", "imaps://[2001:db8::1]:9999"),
        ("h:25:25", "too many colons"),
        ("2001:db8::1::2", "too many colons"),
        ("[h]:25", "must hold an IP address"),
        ("[::1", "must hold an IP address"),
        ("[::1]25", "only a port may follow"),
        ("fe80::1%eth0", "network interface"),
        ("[fe80::1%eth0]:25", "network interface"),
        ("010.1.1.1", "unusual notation"),
        ("1.2.3", "unusual notation"),
        ("1.2.3.4.5", "unusual notation"),
        ("12345", "unusual notation"),
        ("256.1.1.1", "unusual notation"),
        ("0x7f000001", "unusual notation"),
        ("１.2.3.4", "unusual notation"),
        ("a..b", "empty part"),
        (".a", "empty part"),
        ("a.example..", "empty part"),
        (&long_label, "longer than 63"),
        (&long_name, "longer than 253"),
        (&too_long, "longer than 1024 bytes"),
        ("a/b", "contains '/'"),
        ("a*.example", "contains '*'"),
        ("xn--\u{fc}.example", "not a valid international host name"),
        ("a b", "contains a space"),
        ("a\tb", "contains a space"),
        ("a\u{a0}b", "contains a space"),
        ("a\u{0}b", "invisible character"),
        ("a\u{1b}[31m", "invisible character"),
        ("exam\u{202e}ple.org", "invisible character"),
        ("a@b@c", "is not a mail address"),
        ("mailto:a@b.example", "is not a mail address"),
        ("<a@b.example>", "is not a mail address"),
        (&long_local_part, "is not a mail address"),
        ("user@192.0.2.1", "IP address in place of a mail domain"),
        ("user@[192.0.2.1]", "IP address in place of a mail domain"),
        ("user@h:25", "contains ':'"),
    ] {
        let message = refusal(typed).to_string();
        assert!(message.contains(words), "{typed:?}: {message}");
    }
}

#[test]
fn a_refusal_never_repeats_a_password() {
    for typed in ["smtp://me:secret@h", "smtp://me:sec ret@h", "smtp://me:secret\u{0}@h", "http://me:secret@h"] {
        let message = refusal(typed).to_string();
        assert!(!message.contains("sec"), "{message}");
    }
}

#[test]
fn lists_of_ports() {
    let ports = |text| parse_ports(text).map(|ports| ports.iter().map(|port| port.port).collect::<Vec<_>>());
    assert_eq!(ports("25,587,2525"), Ok(vec![25, 587, 2525]));
    assert_eq!(ports("587, 25,587"), Ok(vec![587, 25]));
    assert_eq!(parse_ports("2465"), Ok(vec![ServicePort { port: 2465, service: Service::Submissions }]));
    assert_eq!(ports("25,9999"), Err(TargetError::UnlistedPort(9999)));
    for bad in ["", "25,", "0", "70000", "smtp", "-1", "25;587"] {
        assert!(matches!(parse_ports(bad), Err(TargetError::BadPort(_))), "{bad}");
    }
    assert!(TargetError::UnlistedPort(9999).to_string().contains("smtp://mail.example.org:9999"));
}

#[test]
fn a_bare_host_is_a_survey_of_the_port_table() {
    let target = Target::parse("mail.example.org").expect("a target");
    let survey = target.endpoints(None, None);
    assert_eq!(survey.iter().map(|endpoint| endpoint.service).collect::<Vec<_>>(), Service::ALL);
    assert!(survey.iter().all(|endpoint| endpoint.sources == [Source::Default] && endpoint.address.is_none()));
}

#[test]
fn ports_that_the_user_names_are_the_users() {
    let target = Target::parse("mail.example.org").expect("a target");
    let named = target.endpoints(Some(&parse_ports("2525").expect("a port")), None);
    assert_eq!(named.len(), 1);
    assert_eq!((named[0].port, named[0].service), (2525, Service::Submission));
    assert_eq!(named[0].sources, [Source::User]);
}

#[test]
fn security_on_the_command_line_overrides_ports_and_schemes() {
    for (typed, security, service) in [
        ("imaps://h", Security::StartTls, Service::Imap),
        ("h:587", Security::Implicit, Service::Submissions),
        ("h:25", Security::Plaintext, Service::Smtp),
        ("h:995", Security::Plaintext, Service::Pop3),
    ] {
        let target = Target::parse(typed).expect("a target");
        let endpoints = target.endpoints(None, Some(security));
        assert_eq!(endpoints.len(), 1, "{typed}");
        assert_eq!((endpoints[0].service, endpoints[0].security), (service, security), "{typed}");
    }
}

#[test]
fn a_mail_domain_names_no_endpoint() {
    assert_eq!(Target::parse("@example.org").expect("a target").endpoints(None, None), []);
}

/// Text made of the pieces that targets are made of, so that many of them are valid.
fn target_like() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("smtp://"),
        Just("smtps://"),
        Just("imap://"),
        Just("pop3s://"),
        Just(":25"),
        Just(":587"),
        Just(":9999"),
        Just("@"),
        Just("."),
        Just("/"),
        Just("["),
        Just("]"),
        Just("::1"),
        Just("192.0.2.1"),
        Just("0x1"),
        Just("mail"),
        Just("example.org"),
        Just("bücher"),
        Just("テスト"),
        Just("xn--"),
        Just("\u{202e}"),
        Just(" "),
        Just("%"),
        Just("\""),
    ];
    prop::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused_in_one_plain_line(typed in prop_oneof![".*", target_like()]) {
        if let Err(error) = Target::parse(&typed) {
            let message = error.to_string();
            prop_assert!(!message.chars().any(|c| c.is_control() || c == '\u{202e}'), "{message:?}");
        }
        let _ = parse_ports(&typed);
    }

    #[test]
    fn the_canonical_form_reads_back_as_the_same(typed in prop_oneof![target_like(), "[a-z]{1,5}(:[0-9]{1,4})?"]) {
        if let Ok(target) = Target::parse(&typed) {
            let again = Target::parse(&target.to_string());
            prop_assert_eq!(again.map(|target| target.spec), Ok(target.spec), "{}", typed);
        }
    }
}
