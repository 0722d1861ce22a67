//! The greeting and the replies after it.

use super::sample::*;
use super::{fail_as_named, ids, the};
use crate::diagnosis::{FindingId, Severity, State, diagnose};
use crate::observation::*;
use crate::protocol::{Status, Stop};
use crate::service::Service;

fn at_greeting(bytes: &[u8], cause: StopCause) -> Observation {
    observed(Service::Submission, |attempt| {
        attempt.first_bytes = bytes.to_vec();
        attempt.stop = stopped(Stage::Greeting, cause);
    })
}

#[test]
fn silence_slowness_and_endings_are_told_apart() {
    let timed_out = || StopCause::TimedOut(Limit::Stage);
    let after_greeting = |stage, cause: StopCause| {
        observed(Service::Imap, |attempt| {
            greet(attempt, Service::Imap);
            attempt.stop = stopped(stage, cause);
        })
    };
    fail_as_named(
        Stage::Greeting,
        [
            ("silence", at_greeting(b"", timed_out()), State::NoGreeting),
            ("tarpit", at_greeting(b"22", timed_out()), State::GreetingTooSlow),
            ("half a greeting", at_greeting(b"220-mail.example.org ESMTP\r\n", timed_out()), State::GreetingTooSlow),
            ("binary", at_greeting(b"J\x00\x00\x0a8.0\x00", timed_out()), State::WrongProtocol),
            ("closed at once", at_greeting(b"", StopCause::Closed), State::ConnectionClosed),
            ("reset at once", at_greeting(b"", StopCause::Reset), State::ConnectionReset),
            ("flood", at_greeting(b"2222", StopCause::TooManyBytes), State::ProtocolError),
        ],
    );
    let broken = StopCause::Broken("broken pipe".to_owned());
    let end_of_stream = ended_by_dialogue(Service::Imap, Stage::Capabilities, Stop::EndOfStream);
    fail_as_named(
        Stage::Capabilities,
        [
            ("no reply to a command", after_greeting(Stage::Capabilities, timed_out()), State::ReplyTimeout),
            ("broken later", after_greeting(Stage::Capabilities, broken), State::ConnectionClosed),
            ("end of stream seen by the dialogue", end_of_stream, State::ConnectionClosed),
        ],
    );
    let closed = after_greeting(Stage::SecuredCapabilities, StopCause::Closed);
    fail_as_named(Stage::SecuredCapabilities, [("closed later", closed, State::ConnectionClosed)]);
}

#[test]
fn a_slow_greeting_is_told_and_matters_less_between_servers() {
    let slow = |service, time| {
        let mut observation = healthy(service);
        observation.attempts[0].stages[0].duration = std::time::Duration::from_secs(time);
        diagnose(&observation)
    };
    assert_eq!(slow(Service::Submission, 20).findings[0].severity, Severity::Warning);
    assert_eq!(slow(Service::Smtp, 6).findings[0].severity, Severity::Info);
    assert_eq!(slow(Service::Smtp, 6).state, State::Ok);
    assert!(slow(Service::Submission, 3).findings.is_empty());
}

#[test]
fn an_unanswered_farewell_changes_nothing() {
    let mut observation = healthy(Service::Imaps);
    observation.attempts[0].stop = stopped(Stage::Quit, StopCause::TimedOut(Limit::Stage));
    assert_eq!(diagnose(&observation).state, State::Ok);
}

/// A refusal, as SMTP's greeting or in answer to EHLO.
fn refused(status: Status, line: &str, stage: Stage) -> Observation {
    ended_by_dialogue(Service::Smtp, stage, Stop::Rejected(reply(status, line)))
}

#[test]
fn refusals_are_read_before_their_codes() {
    use FindingId as Id;
    use Stage::{Capabilities, Greeting};
    use State::{ServiceRejected as Rejected, ServiceUnavailable as Unavailable};
    use Status::{Permanent, Temporary};
    let blocked = "554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org";
    let reputation = "554 Your access to this mail system has been rejected due to the sending MTA's poor reputation";
    let hello = "504 5.5.2 <probe>: Helo command rejected: need fully-qualified hostname";
    for (stage, line, status, state, id) in [
        (Greeting, blocked, Permanent, Rejected, Id::AddressBlocklisted),
        (
            Greeting,
            "550 5.7.606 Access denied, banned sending IP [192.0.2.1]",
            Permanent,
            Rejected,
            Id::AddressBlocklisted,
        ),
        (Greeting, "421 4.7.1 Your address is on our block list", Temporary, Unavailable, Id::AddressBlocklisted),
        (Greeting, reputation, Permanent, Rejected, Id::PoorReputation),
        (Greeting, "450 4.7.1 Client host rejected: no PTR record", Temporary, Unavailable, Id::NoReverseName),
        (Greeting, "421 4.7.0 mail.example.org too many connections", Temporary, Unavailable, Id::RateLimited),
        (Greeting, "554 #4.4.5 Too many connections from your host.", Permanent, Unavailable, Id::RateLimited),
        (Greeting, "554 Server busy, try again later", Permanent, Unavailable, Id::ServiceUnavailable),
        (Greeting, "554 busy.example.org says no", Permanent, Rejected, Id::ServiceRejected),
        (Greeting, "521 mail.example.org does not accept mail", Permanent, Rejected, Id::NoMailService),
        (Greeting, "554 No SMTP service here", Permanent, Rejected, Id::NoMailService),
        (Greeting, "554 5.7.1 relaying denied", Permanent, Rejected, Id::ServiceRejected),
        (Greeting, "421 Service not available", Temporary, Unavailable, Id::ServiceUnavailable),
        (Capabilities, hello, Permanent, Rejected, Id::HeloRefused),
        (Capabilities, "550 Access denied - Invalid HELO name", Permanent, Rejected, Id::HeloRefused),
        (Capabilities, "550 go away", Permanent, Rejected, Id::ServiceRejected),
        (Capabilities, "421 too many connections", Temporary, Unavailable, Id::RateLimited),
    ] {
        let diagnosis = diagnose(&refused(status, line, stage));
        assert_eq!((diagnosis.state, diagnosis.findings[0].id), (state, id), "{line}");
        assert_eq!((diagnosis.findings[0].evidence.as_deref(), diagnosis.failed_stage), (Some(line), Some(stage)));
    }
}

#[test]
fn refusals_of_imap_and_pop3() {
    let cases = [
        (Service::Imap, Status::Permanent, "* BYE go away", State::ServiceRejected),
        (Service::Imap, Status::Temporary, "* BYE [UNAVAILABLE] later", State::ServiceUnavailable),
        (Service::Pop3, Status::Permanent, "-ERR denied", State::ServiceRejected),
        (Service::Pop3, Status::Permanent, "-ERR server busy, try again later", State::ServiceUnavailable),
        (Service::Pop3, Status::Temporary, "-ERR [IN-USE] locked", State::ServiceUnavailable),
    ];
    for (service, status, line, state) in cases {
        let observation = ended_by_dialogue(service, Stage::Greeting, Stop::Rejected(reply(status, line)));
        assert_eq!(diagnose(&observation).state, state, "{line}");
    }
}

#[test]
fn a_blocklisting_names_the_list_and_where_to_look() {
    let line =
        "554 5.7.1 Client host [192.0.2.1] blocked using zen.spamhaus.org; https://www.spamhaus.org/query/ip/192.0.2.1";
    let finding = the(FindingId::AddressBlocklisted, &refused(Status::Permanent, line, Stage::Greeting));
    assert!(finding.message.contains("zen.spamhaus.org") && finding.message.contains("not the port"));
    assert!(finding.hint.is_some_and(|hint| hint.contains("the page that the reply names")));
    assert!(finding.evidence.is_some_and(|evidence| evidence.contains("https://www.spamhaus.org/query/ip/192.0.2.1")));
}

#[test]
fn a_servers_words_and_links_stay_in_the_evidence() {
    for line in [
        "554 5.7.1 [192.0.2.1] blocked using rbl.stranger.example; see https://stranger.example/pay?x=1",
        "554 5.7.1 [192.0.2.1] listed at stranger.example, write to pay@stranger.example",
        "554 5.7.1 [192.0.2.1] blacklisted by www.stranger.example",
        "554 5.7.1 [192.0.2.1] poor reputation, see https://stranger.example/",
    ] {
        let finding = diagnose(&refused(Status::Permanent, line, Stage::Greeting)).findings.remove(0);
        let ours = format!("{} {}", finding.message, finding.hint.unwrap_or_default());
        assert!(!ours.contains("stranger") && !ours.contains("http"), "{ours}");
        assert_eq!(finding.evidence.as_deref(), Some(line));
    }
}

#[test]
fn another_protocol_is_named_by_the_shape_of_its_first_line() {
    let foreign = |line: &str| {
        let mut observation =
            ended_by_dialogue(Service::Submission, Stage::Greeting, Stop::ForeignGreeting(line.to_owned()));
        observation.attempts[0].first_bytes = line.as_bytes().to_vec();
        observation
    };
    let cases = [
        ("SSH-2.0-OpenSSH_9.2", State::WrongProtocol, "SSH"),
        ("HTTP/1.1 400 Bad Request", State::WrongProtocol, "HTTP"),
        ("* OK ready", State::WrongProtocol, "IMAP"),
        ("+OK ready", State::WrongProtocol, "POP3"),
        ("hello from ssh.example.org", State::ProtocolError, "not a valid greeting"),
    ];
    for (line, state, word) in cases {
        let diagnosis = diagnose(&foreign(line));
        assert_eq!(diagnosis.state, state, "{line}");
        assert!(diagnosis.findings[0].message.contains(word), "{line}: {}", diagnosis.findings[0].message);
        assert_eq!(diagnosis.findings[0].evidence.as_deref(), Some(line));
    }
    let portal = diagnose(&foreign("HTTP/1.1 302 Found"));
    assert_eq!(portal.findings[1].id, FindingId::CaptivePortalSuspected);
    // The network's own doing is advised first, and once.
    assert_eq!(portal.findings[0].hint, portal.findings[1].hint);
    assert!(portal.findings[1].hint.as_ref().is_some_and(|hint| hint.starts_with("Open a web page")), "{portal:#?}");
    let mut website = foreign("HTTP/1.1 301 Moved Permanently");
    website.endpoint.port = 80;
    assert_eq!(ids(&diagnose(&website)), [FindingId::WrongProtocol]);
    let mut known = foreign("HTTP/1.1 302 Found");
    known.attempts[0].tls = Some(tls());
    assert_eq!(ids(&diagnose(&known)), [FindingId::WrongProtocol]);
}

#[test]
fn ftp_and_lmtp_greet_like_smtp_and_give_themselves_away_at_ehlo() {
    let cases = [
        ("220 (vsFTPd 3.0.5)", State::WrongProtocol),
        ("220 Welcome.", State::WrongProtocol),
        ("220 mail.example.org LMTP ready", State::WrongProtocol),
        ("220 ftp.example.org ESMTP", State::ServiceRejected),
    ];
    for (line, state) in cases {
        let refused = refused(Status::Permanent, "530 Please login with USER and PASS.", Stage::Capabilities);
        assert_eq!(diagnose(&greeted(refused, line)).state, state, "{line}");
    }
}

#[test]
fn lines_that_are_no_replies_are_a_broken_protocol() {
    let malformed =
        |line: &str| ended_by_dialogue(Service::Smtp, Stage::Capabilities, Stop::Malformed(line.to_owned()));
    assert_eq!(diagnose(&malformed("what?")).state, State::ProtocolError);
    assert_eq!(diagnose(&malformed("HTTP/1.1 400 Bad Request")).state, State::WrongProtocol);
    let long = ended_by_dialogue(Service::Smtp, Stage::Greeting, Stop::TooLong);
    assert_eq!(diagnose(&long).state, State::ProtocolError);
}

#[test]
fn a_rate_limit_says_nothing_about_starttls() {
    for (line, state) in [
        ("421 4.7.0 too many connections", State::ServiceUnavailable),
        ("454 4.7.0 TLS not available due to local problem", State::StarttlsRefused),
    ] {
        let refused = Stop::StarttlsRefused(reply(Status::Temporary, line));
        assert_eq!(diagnose(&ended_by_dialogue(Service::Submission, Stage::Starttls, refused)).state, state, "{line}");
    }
}

#[test]
fn a_mail_shields_own_greeting_proves_it_and_a_host_name_does_not() {
    let greets = |line| diagnose(&greeted(healthy(Service::Pop3), line));
    let shield = greets("+OK Avast POP3 proxy ready.");
    assert_eq!((shield.state, shield.findings[0].id), (State::Intercepted, FindingId::Intercepted));
    assert_eq!(greets("+OK avast-proxy.example.org ready").state, State::Ok);
    assert_eq!(greets("+OK Kaspersky Security for Mail ready").state, State::Ok);
}

#[test]
fn a_greeting_with_another_name_is_only_a_possibility() {
    let unverified = || ended_by_dialogue(Service::Smtp, Stage::Capabilities, Stop::StarttlsNotOffered);
    let foreign = "220 mx.hoster.example ESMTP";
    let finding = the(FindingId::GreetingNamesAnotherHost, &greeted(unverified(), foreign));
    assert_eq!(finding.severity, Severity::Info);
    // A verified certificate settles who it is; a name of the same domain raises no question.
    assert_eq!(ids(&diagnose(&greeted(healthy(Service::Smtp), foreign))), []);
    let akin = diagnose(&greeted(unverified(), "220 mx7.example.org ESMTP"));
    assert!(!ids(&akin).contains(&FindingId::GreetingNamesAnotherHost));
}

#[test]
fn a_server_that_wants_a_clients_certificate_is_not_tried_again_later() {
    let line = "421 4.7.1 mail.test.example Error: No client certificate presented";
    let observation = refused(Status::Temporary, line, Stage::SecuredCapabilities);
    let finding = the(FindingId::ServiceUnavailable, &observation);
    assert!(finding.message.contains("client certificate"), "{finding:?}");
    assert!(!finding.hint.unwrap_or_default().contains("later"));
}

#[test]
fn a_reply_that_belongs_elsewhere_makes_one_think_of_a_proxy_header() {
    for (service, line, is_one) in [
        (Service::Submission, "250-mail.test.example Hello", true),
        (Service::Submission, "25 what", false),
        (Service::Imap, "PROXY BAD unknown", true),
        (Service::Imap, "a9 OK done", false),
    ] {
        let observation = ended_by_dialogue(service, Stage::Capabilities, Stop::Malformed(line.to_owned()));
        let hint = the(FindingId::ProtocolError, &observation).hint.unwrap_or_default();
        assert_eq!(hint.contains("PROXY header"), is_one, "{line}: {hint}");
    }
}

#[test]
fn nobody_is_sent_to_port_25_with_tls_from_the_first_byte() {
    for (service, is_advised) in [(Service::Smtp, false), (Service::Submission, true)] {
        let mut observation = at_greeting(b"\x16\x03\x03", StopCause::Closed);
        observation.endpoint = endpoint(service);
        let hint = the(FindingId::TlsOnPlaintextPort, &observation).hint.unwrap_or_default();
        assert_eq!(hint.contains("submissions://"), is_advised, "{hint}");
    }
}

#[test]
fn postscreens_refusal_of_an_address_is_not_one_of_all_mail() {
    let refusal = |line| refused(Status::Permanent, line, Stage::Greeting);
    let hint = the(FindingId::ServiceUnavailable, &refusal("521 5.3.2 Service currently unavailable")).hint;
    assert!(hint.unwrap_or_default().contains("deny list"));
    the(FindingId::NoMailService, &refusal("521 mail.test.example"));
}
