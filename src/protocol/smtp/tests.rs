mod envelopes;
mod logins;

use super::*;
use crate::protocol::test_talk::{after, cut_off, hold, plaintext, secured, talk};
use crate::protocol::{Upgrade, Wants};

const EHLO: &str = "EHLO probe.test.example";
const HELO: &str = "HELO probe.test.example";

fn smtp() -> Smtp {
    Smtp::new(plaintext(Upgrade::WhenOffered))
}

#[test]
fn the_upgrade_is_asked_for_and_the_capabilities_are_read_again_inside_tls() {
    let (smtp, said) = talk(
        smtp(),
        &[
            "220 mx ESMTP",
            "250-mx at your service, [192.0.2.9]",
            "250-SIZE 1000",
            "250 STARTTLS",
            "220 2.0.0 go",
            "250-mx",
            "250 AUTH PLAIN login",
        ],
    );
    assert_eq!(said, [EHLO, "STARTTLS", "<TLS>", EHLO, "<end>QUIT"]);
    let learnt = smtp.conversation();
    let before = learnt.plaintext.as_ref().unwrap();
    assert_eq!(before.keywords, ["SIZE 1000", "STARTTLS"]);
    assert_eq!(before.hello_text.as_deref(), Some("mx at your service, [192.0.2.9]"));
    assert!(before.starttls && before.listed && before.mechanisms.is_empty());
    let inside = learnt.secured.as_ref().unwrap();
    assert_eq!(inside.keywords, ["AUTH PLAIN login"]);
    assert_eq!(inside.mechanisms, ["PLAIN", "LOGIN"]);
    assert_eq!(learnt.starttls.as_ref().unwrap().enhanced.as_deref(), Some("2.0.0"));
    assert_eq!(learnt.stop, None);
    assert_eq!(smtp.phase(), Phase::SecuredCapabilities);
}

#[test]
fn a_keyword_counts_only_as_the_whole_first_word_of_a_line_after_the_first() {
    let (smtp, said) = talk(
        smtp(),
        &["220 mx", "250-STARTTLS", "250-mail.STARTTLS.example", "250-XSECURITY=NONE,STARTTLS", "250 NOSTARTTLS"],
    );
    assert_eq!(said, [EHLO, "<end>QUIT"]);
    assert_eq!(smtp.conversation().stop, Some(Stop::StarttlsNotOffered));
    assert_eq!(smtp.phase(), Phase::Starttls);

    let (_, said) = talk(Smtp::new(plaintext(Upgrade::WhenOffered)), &["220 mx", "250-mx", "250-starttls", "250 X"]);
    assert_eq!(said, [EHLO, "STARTTLS"]);
}

#[test]
fn an_upgrade_that_is_not_offered_can_be_tried_all_the_same() {
    let (agreed, said) =
        talk(Smtp::new(plaintext(Upgrade::Always)), &["220 mx", "250-mx", "250 XXXXXXXA", "220 go", "250 mx"]);
    assert_eq!(said, [EHLO, "STARTTLS", "<TLS>", EHLO, "<end>QUIT"]);
    assert_eq!(agreed.conversation().plaintext.as_ref().unwrap().keywords, ["XXXXXXXA"]);

    let refused = after(Smtp::new(plaintext(Upgrade::Always)), &["220 mx", "250 mx", "502 5.5.1 what?"]);
    assert_eq!(refused.conversation().stop, Some(Stop::StarttlsNotOffered));
    assert_eq!(refused.conversation().starttls.as_ref().unwrap().word, "502");
}

#[test]
fn a_refused_upgrade_is_told_with_its_reply() {
    for line in ["454 4.7.0 TLS not available", "540 no", "250 fine"] {
        let smtp = hold(smtp(), &["220 mx", "250-mx", "250 STARTTLS", line], &[EHLO, "STARTTLS", "<end>QUIT"]);
        let Some(Stop::StarttlsRefused(reply)) = &smtp.conversation().stop else { panic!("{line}: not refused") };
        assert_eq!(reply.lines, [line]);
    }
}

#[test]
fn inside_tls_and_without_upgrade_one_ehlo_is_enough() {
    let implicit = hold(Smtp::new(secured()), &["220 mx", "250-mx", "250 AUTH PLAIN"], &[EHLO, "<end>QUIT"]);
    assert!(implicit.conversation().plaintext.is_none());
    assert_eq!(implicit.conversation().secured.as_ref().unwrap().mechanisms, ["PLAIN"]);
    assert_eq!(implicit.phase(), Phase::SecuredCapabilities);

    let development =
        hold(Smtp::new(plaintext(Upgrade::Never)), &["220 mx", "250-mx", "250 STARTTLS"], &[EHLO, "<end>QUIT"]);
    assert!(development.conversation().plaintext.as_ref().unwrap().starttls);
    assert_eq!(development.phase(), Phase::Capabilities);
}

#[test]
fn helo_is_tried_only_where_ehlo_is_not_known() {
    for code in ["500", "502"] {
        let smtp = hold(smtp(), &["220 mx", &format!("{code} what?"), "250 mx"], &[EHLO, HELO, "<end>QUIT"]);
        let offered = smtp.conversation().plaintext.as_ref().unwrap();
        assert!(!offered.listed);
        assert_eq!(offered.hello_text.as_deref(), Some("mx"));
        assert_eq!(smtp.conversation().stop, Some(Stop::StarttlsNotOffered));
    }
    for code in ["501", "504", "550", "451"] {
        let smtp = hold(smtp(), &["220 mx", &format!("{code} 5.5.2 your name")], &[EHLO, "<end>QUIT"]);
        assert!(matches!(smtp.conversation().stop, Some(Stop::Rejected(_))));
        assert_eq!(smtp.phase(), Phase::Capabilities);
    }
}

#[test]
fn inside_tls_a_helo_only_server_is_greeted_with_helo() {
    let (_, said) = talk(Smtp::new(plaintext(Upgrade::Always)), &["220 mx", "502 what?", "250 mx", "220 go", "250 mx"]);
    assert_eq!(said, [EHLO, HELO, "STARTTLS", "<TLS>", HELO, "<end>QUIT"]);
}

#[test]
fn a_greeting_that_refuses_says_why() {
    let smtp = hold(smtp(), &["554-5.7.1 blocked", "554 5.7.1 see https://bl.example"], &["<end>QUIT"]);
    let greeting = smtp.conversation().greeting.clone().unwrap();
    assert_eq!(greeting.status, Status::Permanent);
    assert_eq!(greeting.word, "554");
    assert_eq!(greeting.enhanced.as_deref(), Some("5.7.1"));
    assert_eq!(greeting.text, "blocked\nsee https://bl.example");
    assert_eq!(greeting.lines, ["554-5.7.1 blocked", "554 5.7.1 see https://bl.example"]);
    assert_eq!(smtp.conversation().stop, Some(Stop::Rejected(greeting)));
    assert_eq!(smtp.phase(), Phase::Greeting);
}

#[test]
fn after_421_nothing_is_said_wherever_it_comes() {
    let before: [&[&str]; 5] = [
        &[],
        &["220-wait"],
        &["220 mx"],
        &["220 mx", "250-mx", "250 STARTTLS"],
        &["220 mx", "250-mx", "250 STARTTLS", "220 go"],
    ];
    for lines in before {
        let smtp = after(smtp(), lines);
        let smtp = hold(smtp, &["421 4.7.0 too many"], &["<end>"]);
        let Some(Stop::Rejected(reply)) = &smtp.conversation().stop else { panic!("after {lines:?}: not rejected") };
        assert_eq!(reply.status, Status::Temporary);
    }
}

#[test]
fn a_greeting_of_several_lines_is_one_greeting() {
    let smtp = hold(smtp(), &["220-mx please wait", "220", "250 mx"], &[EHLO, "<end>QUIT"]);
    let greeting = smtp.conversation().greeting.as_ref().unwrap();
    assert_eq!(greeting.lines, ["220-mx please wait", "220"]);
    assert_eq!(greeting.text, "mx please wait\n");
}

#[test]
fn a_refusal_after_a_friendly_beginning_counts_and_other_contradictions_are_malformed() {
    let dropped = hold(smtp(), &["220-mx please wait", "521 5.7.1 blocked"], &["<end>QUIT"]);
    let Some(Stop::Rejected(reply)) = &dropped.conversation().stop else { panic!("not rejected") };
    assert_eq!((reply.word.as_str(), reply.lines.len()), ("521", 2));

    for second in ["250 mx", "what?", "220x"] {
        let broken = hold(smtp(), &["220-mx", second], &["<end>QUIT"]);
        assert_eq!(broken.conversation().stop, Some(Stop::Malformed(second.to_owned())));
        assert_eq!(broken.conversation().greeting.as_ref().unwrap().lines, ["220-mx"]);
    }
}

#[test]
fn a_greeting_of_another_protocol_is_answered_with_nothing() {
    for line in
        ["SSH-2.0-OpenSSH_9.2", "* OK ready", "+OK ready", "HTTP/1.1 400 Bad Request", "", "22", "2200 x", "199 x"]
    {
        let smtp = hold(smtp(), &[line], &["<end>"]);
        assert_eq!(smtp.conversation().stop, Some(Stop::ForeignGreeting(line.to_owned())));
        assert_eq!(smtp.conversation().greeting, None);
    }
}

#[test]
fn a_tab_or_nothing_after_the_code_ends_a_reply() {
    let smtp = hold(smtp(), &["220\tmx", "250"], &[EHLO, "<end>QUIT"]);
    assert_eq!(smtp.conversation().greeting.as_ref().unwrap().text, "mx");
}

#[test]
fn mechanisms_are_read_from_both_forms_of_auth_and_named_once() {
    let smtp = after(
        Smtp::new(plaintext(Upgrade::Never)),
        &["220 mx", "250-mx", "250-AUTH PLAIN LOGIN", "250-AUTH=LOGIN CRAM-MD5", "250 AUTHENTIC X"],
    );
    assert_eq!(smtp.conversation().plaintext.as_ref().unwrap().mechanisms, ["PLAIN", "LOGIN", "CRAM-MD5"]);
}

#[test]
fn an_enhanced_status_code_is_told_from_a_version_number() {
    for (line, enhanced) in [
        ("550 5.7.1 no", Some("5.7.1")),
        ("550 5.7.606 no", Some("5.7.606")),
        ("550 5.7.1", Some("5.7.1")),
        ("550 5.7 no", None),
        ("550 5.7.1.2 no", None),
        ("550 5.7.x no", None),
        ("220 5.0.1 is our version", None),
        ("220 2.0.0 ready", Some("2.0.0")),
    ] {
        let smtp = after(smtp(), &[line]);
        assert_eq!(smtp.conversation().greeting.as_ref().unwrap().enhanced.as_deref(), enhanced, "{line}");
    }
}

#[test]
fn the_end_of_the_stream_keeps_the_lines_that_came() {
    let mut smtp = after(smtp(), &["220-mx please wait"]);
    assert_eq!(smtp.input(Input::EndOfStream), Step::Done { farewell: Vec::new() });
    assert_eq!(smtp.conversation().stop, Some(Stop::EndOfStream));
    assert_eq!(smtp.conversation().greeting.as_ref().unwrap().lines, ["220-mx please wait"]);
    assert_eq!(smtp.phase(), Phase::Greeting);
}

#[test]
fn an_endless_reply_is_cut_off() {
    cut_off(smtp(), "220-more");
}

#[test]
fn a_line_between_starttls_and_the_handshake_is_never_a_reply() {
    let mut smtp = smtp();
    for line in ["220 mx", "250-mx", "250 STARTTLS"] {
        smtp.input(Input::Line(line.as_bytes()));
    }
    let then = b"EHLO probe.test.example\r\n".to_vec();
    assert_eq!(smtp.input(Input::Line(b"220 go")), Step::StartTls { then });
    assert_eq!(smtp.input(Input::Line(b"250 injected")), Step::Done { farewell: Vec::new() });
    assert!(smtp.conversation().secured.is_none());
}

#[test]
fn after_its_end_a_dialogue_says_nothing_more() {
    let mut smtp = after(smtp(), &["554 no"]);
    let learnt = smtp.conversation().clone();
    for input in [Input::Line(b"220 mx"), Input::EndOfStream, Input::TlsUp, Input::LineTooLong(b"x")] {
        assert_eq!(smtp.input(input), Step::Done { farewell: Vec::new() });
    }
    assert_eq!(*smtp.conversation(), learnt);
}

#[test]
fn only_220_greets() {
    for line in ["250 hello", "354 go", "200 news", "211 status"] {
        let smtp = hold(smtp(), &[line], &["<end>QUIT"]);
        assert_eq!(smtp.conversation().stop, Some(Stop::ForeignGreeting(line.to_owned())));
        assert_eq!((smtp.phase(), &smtp.conversation().greeting), (Phase::Greeting, &None));
    }
}

#[test]
fn what_decides_is_heard_at_the_end_of_a_long_list_and_little_of_the_rest_is_kept() {
    let long = format!("250-X{}", "x".repeat(990));
    let mut lines = vec!["220 mx", "250-mx"];
    lines.extend(std::iter::repeat_n(long.as_str(), 240));
    lines.extend(["250-AUTH PLAIN", "250 STARTTLS"]);
    let smtp = hold(smtp(), &lines, &[EHLO, "STARTTLS"]);
    let before = smtp.conversation().plaintext.as_ref().unwrap();
    assert!(before.starttls);
    assert_eq!((before.keywords.len(), before.mechanisms.as_slice()), (242, &["PLAIN".to_owned()][..]));
    assert_eq!(before.keywords.first().map(String::as_str), long.get(4..));
    assert!(before.keywords[239].ends_with("x…"), "{}", before.keywords[239]);
    assert!(before.keywords.iter().map(String::len).sum::<usize>() <= 16 * 1024);
}

#[test]
fn a_list_of_extensions_is_no_answer_to_helo() {
    let lines = ["220 mx", "502 what?", "250-mx", "250-PIPELINING", "250 X-odd"];
    let late = hold(smtp(), &lines, &[EHLO, HELO, "<end>QUIT"]);
    assert!(matches!(late.conversation().stop, Some(Stop::Malformed(_))), "{:?}", late.conversation());
}

fn wanting(mut settings: Settings, wants: Wants) -> Smtp {
    settings.wants = wants;
    Smtp::new(settings)
}

#[test]
fn a_sender_alone_is_named_last_and_taken_back_by_the_farewell() {
    for reply in ["250 2.1.0 ok", "530 5.7.0 login first", "451 4.3.0 later"] {
        let wants = Wants { envelope: Some(Envelope::default()), ..Wants::default() };
        let before = ["220 mx", "250-mx", "250 AUTH PLAIN"];
        let smtp =
            hold(wanting(secured(), wants), &[&before[..], &[reply]].concat(), &[EHLO, "MAIL FROM:<>", "<end>QUIT"]);
        let talk = smtp.conversation().envelope.as_ref().unwrap();
        assert_eq!(talk.sender_reply.as_ref().unwrap().lines, [reply]);
        assert!(talk.recipients.is_empty() && talk.refrained.is_none());
        assert_eq!((&smtp.conversation().stop, smtp.phase()), (&None, Phase::Envelope));
    }
}

#[test]
fn where_the_sender_takes_the_place_of_starttls_nothing_else_is_asked() {
    let wants = || Wants { sender_in_the_clear: true, ..Wants::default() };
    for reply in ["530 5.7.0 STARTTLS first", "250 ok"] {
        let smtp = wanting(plaintext(Upgrade::WhenOffered), wants());
        let smtp = hold(smtp, &["220 mx", "250-mx", "250 STARTTLS", reply], &[EHLO, "MAIL FROM:<>", "<end>QUIT"]);
        assert_eq!(smtp.conversation().sender_in_the_clear.as_ref().unwrap().lines, [reply]);
        assert_eq!((&smtp.conversation().envelope, &smtp.conversation().stop), (&None, &None));
    }
    let smtp = wanting(plaintext(Upgrade::WhenOffered), wants());
    let smtp = hold(smtp, &["220 mx", "250 mx"], &[EHLO, "<end>QUIT"]);
    assert_eq!(smtp.conversation().sender_in_the_clear, None);
    assert_eq!(smtp.conversation().stop, Some(Stop::StarttlsNotOffered));
}

#[test]
fn an_envelope_in_the_clear_is_no_answer_about_starttls() {
    let envelope = Envelope { recipients: vec!["a@b.example".to_owned()], in_the_clear: true, ..Envelope::default() };
    let wants = Wants { sender_in_the_clear: true, envelope: Some(envelope), ..Wants::default() };
    let said = [EHLO, "MAIL FROM:<>", "RCPT TO:<a@b.example>", "RSET", "<end>QUIT"];
    let replies = ["220 mx", "250 mx", "250 ok", "550 5.1.1 unknown", "250 ok"];
    let smtp = hold(wanting(plaintext(Upgrade::WhenOffered), wants), &replies, &said);
    let talk = smtp.conversation().envelope.as_ref().unwrap();
    assert_eq!(talk.recipients[0].reply.as_ref().unwrap().word, "550");
    assert_eq!(smtp.conversation().sender_in_the_clear, None);
}
