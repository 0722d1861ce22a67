//! What can be typed, what it means, and what is refused with which words.

use proptest::prelude::*;

use super::*;
use crate::service::{Security, Service};

fn parse(typed: &str) -> TargetSpec {
    Target::parse(typed).unwrap_or_else(|error| panic!("{typed}: {error}")).spec
}

fn refusal(typed: &str) -> TargetError {
    Target::parse(typed).expect_err(typed)
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
        ("mail.example.org/", name("mail.example.org")),
        ("[::1:25]", Host::Address("::1:25".parse().unwrap())),
        ("::25", Host::Address("::25".parse().unwrap())),
        ("::1:26a", Host::Address("::1:26a".parse().unwrap())),
        ("2001:db8:1:2:3:4:5:25", Host::Address("2001:db8:1:2:3:4:5:25".parse().unwrap())),
    ] {
        assert_eq!(parse(typed), TargetSpec::Host(host.clone()), "{typed}");
        assert_eq!(typed.trim_end_matches('/').parse(), Ok(host), "{typed}");
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
        ("h:587/", "h", 587, Submission, StartTls),
        ("h:imaps", "h", 993, Imaps, Implicit),
        ("h:SMTP", "h", 25, Smtp, StartTls),
        ("[2001:db8::5]:smtps", "2001:db8::5", 465, Submissions, Implicit),
        ("ssl://h:465", "h", 465, Submissions, Implicit),
        ("SSL://h:2465/", "h", 2465, Submissions, Implicit),
        ("tls://h:587", "h", 587, Submission, StartTls),
        ("tls://[2001:db8::5]:993", "2001:db8::5", 993, Imaps, Implicit),
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
        ("mailto:user@example.org", "example.org", Some("user")),
        ("MAILTO:user@example.org?subject=hello", "example.org", Some("user")),
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
    for (words, refused) in [
        ("is empty: write a host", &[""] as &[&str]),
        ("scheme of \"http://example.org\" is unknown: write smtp://", &["http://example.org"]),
        ("is unknown: write smtp://", &["://example.org"]),
        ("to log in --login USER", &["smtp://me@h"]),
        ("continues after the host", &["imaps://h/INBOX", "smtp://h?x=1", "smtp://h#x", "smtp://h//"]),
        ("there is no host", &["smtp://", "smtp://:25", ":25", ".", "@"]),
        ("number from 1 to 65535", &["h:0", "h:70000", "h:+25", "h:http", "smtp://h:0", "smtp://h:imaps"]),
        ("no port follows the colon", &["h:", "[::1]:", "smtp://h:"]),
        ("\"25-30\" is a range of ports", &["h:25-30", "smtp://h:25-30"]),
        ("is only a number: write a port behind its host, as in mail.example.org 25", &["25", "0", "70000", "12345/"]),
        ("contains a comma", &["h,25", "a.example,b.example"]),
        ("write submissions://h, imaps://h or pop3s://h", &["ssl://h", "tls://h/"]),
        ("submissions://[::1]:9999", &["ssl://[::1]:9999"]),
        (
            "did you mean port 25 of ::1, [::1]:25? If ::1:25 is the address itself, write [::1:25]",
            &["::1:25", "0::1:25"],
        ),
        ("[2001:db8::5]:587", &["2001:db8::5:587", "2001:DB8:0::5:587"]),
        ("smtp://h:9999, submissions://h:9999", &["h:9999"]),
        ("imaps://[2001:db8::1]:9999", &["[2001:db8::1]:9999"]),
        ("too many colons", &["h:25:25", "2001:db8::1::2"]),
        ("must hold an IP address", &["[h]:25", "[::1"]),
        ("only a port may follow", &["[::1]25"]),
        ("network interface", &["fe80::1%eth0", "[fe80::1%eth0]:25"]),
        ("unusual notation", &["010.1.1.1", "1.2.3", "1.2.3.4.5", "2130706433", "256.1.1.1", "0x7f000001", "１.2.3.4"]),
        ("empty part", &["a..b", ".a", "a.example.."]),
        ("longer than 63", &[&long_label]),
        ("longer than 253", &[&long_name]),
        ("longer than 1024 bytes", &[&too_long]),
        ("contains '/'", &["a/b"]),
        ("contains '*'", &["a*.example"]),
        ("not a valid international host name", &["xn--\u{fc}.example"]),
        ("contains a space", &["a b", "a\tb", "a\u{a0}b"]),
        ("invisible character", &["a\u{0}b", "a\u{1b}[31m", "exam\u{202e}ple.org"]),
        ("is not a mail address", &["a@b@c", "<a@b.example>", &long_local_part]),
        ("IP address in place of a mail domain", &["user@192.0.2.1", "user@[192.0.2.1]"]),
        ("contains ':'", &["user@h:25"]),
    ] {
        for typed in refused {
            let message = refusal(typed).to_string();
            assert!(message.contains(words), "{typed:?}: {message}");
        }
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
    assert_eq!(ports("smtp,imaps, SMTPS"), Ok(vec![25, 993, 465]));
    for bad in ["", "25,", "0", "70000", "http", "-1", "25;587"] {
        let message = parse_ports(bad).expect_err(bad).to_string();
        assert!(message.contains("as in 25,587 or smtp,imaps"), "{message}");
    }
    let message = parse_ports("25-30,587").expect_err("a range").to_string();
    assert!(message.contains("\"25-30\" is a range") && message.contains("25,465,587"), "{message}");
    assert!(TargetError::UnlistedPort(9999).to_string().contains("smtp://mail.example.org:9999"));
}

/// What these are read as, each in its canonical form.
fn canonical(targets: Result<Vec<Target>, TargetError>) -> Result<Vec<String>, String> {
    let targets = targets.map_err(|error| error.to_string())?;
    Ok(targets.iter().map(ToString::to_string).collect())
}

fn strings(texts: &[&str]) -> Vec<String> {
    texts.iter().map(ToString::to_string).collect()
}

#[test]
fn a_line_may_name_ports_behind_its_host() {
    for (line, targets) in [
        ("mail.example.org", &["mail.example.org"] as &[&str]),
        ("mail.example.org 25", &["mail.example.org:25"]),
        ("mail.example.org\t25  587 25", &["mail.example.org:25", "mail.example.org:587"]),
        ("mail.example.org,587", &["mail.example.org:587"]),
        ("mail.example.org:25,587", &["mail.example.org:25", "mail.example.org:587"]),
        ("mail.example.org, 25, 587", &["mail.example.org:25", "mail.example.org:587"]),
        ("192.0.2.5 143", &["192.0.2.5:143"]),
        ("2001:db8::5 25", &["[2001:db8::5]:25"]),
        ("2001:db8::5,25", &["[2001:db8::5]:25"]),
        ("[2001:db8::5] 25", &["[2001:db8::5]:25"]),
        ("[2001:db8::5]:25,587", &["[2001:db8::5]:25", "[2001:db8::5]:587"]),
    ] {
        assert_eq!(canonical(Target::parse_line(line)).as_deref(), Ok(strings(targets).as_slice()), "{line}");
    }
    for (line, words) in [
        ("mail.example.org 9999", "smtp://mail.example.org:9999"),
        ("mail.example.org 70000", "1 to 65535"),
        ("mail.example.org imap.example.org", "contains a space"),
        ("mail.example.org,imap.example.org", "contains a comma"),
        ("mail.example.org:25 587", "which is not just a host"),
        ("@example.org 25", "which is not just a host"),
        ("smtp://mail.example.org 25", "which is not just a host"),
        ("smtp://mail.example.org:25,587", "which is not just a host"),
        ("::1:25 587", "[::1]:25"),
        ("25 587", "is only a number"),
        ("smtp://me:12 34@mail.example.org", "--login USER"),
    ] {
        let message = Target::parse_line(line).expect_err(line).to_string();
        assert!(message.contains(words), "{line}: {message}");
    }
}

#[test]
fn a_number_behind_a_host_is_its_port() {
    for (words, targets) in [
        ("a 25", &["a:25"] as &[&str]),
        ("a 25 587 b c 993", &["a:25", "a:587", "b", "c:993"]),
        ("a 25,587 465", &["a:25", "a:587", "a:465"]),
        ("a, 25, 587", &["a:25", "a:587"]),
        ("a:25,587 ::1 143", &["a:25", "a:587", "[::1]:143"]),
    ] {
        let read = canonical(Target::parse_words(words.split(' ')));
        assert_eq!(read.as_deref(), Ok(strings(targets).as_slice()), "{words}");
    }
    for (words, said) in [
        ("25", "\"25\" is only a number"),
        ("25 465", "\"25\" is only a number"),
        ("25 a", "\"25\" is only a number"),
        ("a 9999", "smtp://a:9999"),
        ("a:25 587", "\"587\" follows \"a:25\""),
        ("user@a 587", "\"587\" follows \"user@a\""),
    ] {
        let message = Target::parse_words(words.split(' ')).expect_err(words).to_string();
        assert!(message.contains(said) && !message.contains("unusual notation"), "{words}: {message}");
    }
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
    let [named] = named.as_slice() else { panic!("{named:?}") };
    assert_eq!((named.port, named.service), (2525, Service::Submission));
    assert_eq!(named.sources, [Source::User]);
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
        let secured: Vec<_> = endpoints.iter().map(|endpoint| (endpoint.service, endpoint.security)).collect();
        assert_eq!(secured, [(service, security)], "{typed}");
    }
}

#[test]
fn a_mail_domain_names_no_endpoint() {
    assert_eq!(Target::parse("@example.org").expect("a target").endpoints(None, None), []);
}

/// Text made of the pieces that targets are made of, so that many of them are valid.
fn target_like() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "smtp://",
        "smtps://",
        "imap://",
        "pop3s://",
        ":25",
        ":587",
        ":9999",
        ",25",
        " 587",
        "mailto:",
        "tls://",
        "@",
        ".",
        "/",
        "[",
        "]",
        "::1",
        "192.0.2.1",
        "0x1",
        "mail",
        "example.org",
        "bücher",
        "テスト",
        "xn--",
        "\u{202e}",
        " ",
        "%",
        "\"",
    ]);
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
        if let Err(error) = Target::parse_line(&typed) {
            prop_assert!(!error.to_string().chars().any(char::is_control), "{error}");
        }
    }

    #[test]
    fn the_canonical_form_reads_back_as_the_same(typed in prop_oneof![target_like(), "[a-z]{1,5}(:[0-9]{1,4})?"]) {
        if let Ok(target) = Target::parse(&typed) {
            let again = Target::parse(&target.to_string());
            prop_assert_eq!(again.map(|target| target.spec), Ok(target.spec), "{}", typed);
        }
    }
}
