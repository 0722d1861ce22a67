mod logins;

use super::*;
use crate::protocol::Upgrade;
use crate::protocol::test_talk::{after, cut_off, hold, plaintext, secured, talk};

fn pop3() -> Pop3 {
    Pop3::new(plaintext(Upgrade::WhenOffered))
}

#[test]
fn the_upgrade_is_asked_for_and_the_capabilities_are_read_again_inside_tls() {
    let (pop3, said) = talk(
        pop3(),
        &["+OK hi <1@mx>", "+OK list", "TOP", "stls", "X-odd 7", ".", "+OK go", "+OK", "USER", "SASL PLAIN login", "."],
    );
    assert_eq!(said, ["CAPA", "STLS", "<TLS>", "CAPA", "<end>QUIT"]);
    let learnt = pop3.conversation();
    let before = learnt.plaintext.as_ref().unwrap();
    assert_eq!(before.keywords, ["TOP", "stls", "X-odd 7"]);
    assert!(before.starttls && before.listed && !before.password_login);
    let inside = learnt.secured.as_ref().unwrap();
    assert_eq!(inside.keywords, ["USER", "SASL PLAIN login"]);
    assert_eq!(inside.mechanisms, ["PLAIN", "LOGIN"]);
    assert!(inside.password_login);
    assert_eq!(learnt.stop, None);
    assert_eq!(pop3.phase(), Phase::SecuredCapabilities);
}

#[test]
fn a_list_without_stls_means_that_it_is_not_offered() {
    let pop3 = hold(pop3(), &["+OK hi", "+OK", "IMPLEMENTATION STLS", "USER", "."], &["CAPA", "<end>QUIT"]);
    assert_eq!(pop3.conversation().stop, Some(Stop::StarttlsNotOffered));
    assert_eq!(pop3.conversation().starttls, None);
    assert_eq!(pop3.phase(), Phase::Starttls);
}

#[test]
fn a_server_without_capa_is_asked_for_stls_all_the_same() {
    let (accepted, said) = talk(pop3(), &["+OK hi", "-ERR what?", "+OK go", "-ERR what?"]);
    assert_eq!(said, ["CAPA", "STLS", "<TLS>", "CAPA", "<end>QUIT"]);
    assert!(!accepted.conversation().secured.as_ref().unwrap().listed);
    assert_eq!(accepted.conversation().stop, None);

    let refused = hold(pop3(), &["+OK hi", "-ERR what?", "-ERR no"], &["CAPA", "STLS", "<end>QUIT"]);
    assert_eq!(refused.conversation().stop, Some(Stop::StarttlsNotOffered));
    assert_eq!(refused.conversation().starttls.as_ref().unwrap().lines, ["-ERR no"]);
    assert!(!refused.conversation().plaintext.as_ref().unwrap().listed);
}

#[test]
fn without_upgrade_stls_is_not_asked_for() {
    let development =
        hold(Pop3::new(plaintext(Upgrade::Never)), &["+OK hi", "+OK", "STLS", "."], &["CAPA", "<end>QUIT"]);
    assert_eq!(development.conversation().stop, None);

    let implicit = hold(Pop3::new(secured()), &["+OK hi", "-ERR what?"], &["CAPA", "<end>QUIT"]);
    assert!(implicit.conversation().secured.is_some());
}

#[test]
fn a_refused_upgrade_is_told_with_its_reply() {
    let pop3 = after(pop3(), &["+OK hi", "+OK", "STLS", ".", "-ERR [SYS/TEMP] later"]);
    let Some(Stop::StarttlsRefused(reply)) = &pop3.conversation().stop else { panic!("not refused") };
    assert_eq!((reply.status, reply.text.as_str()), (Status::Temporary, "later"));
}

#[test]
fn a_refusal_is_for_now_or_for_good() {
    for (line, status, code) in [
        ("-ERR go away", Status::Permanent, None),
        ("-ERR [AUTH] no", Status::Permanent, Some("AUTH")),
        ("-ERR [SYS/PERM] no", Status::Permanent, Some("SYS/PERM")),
        ("-err [sys/temp] later", Status::Temporary, Some("SYS/TEMP")),
        ("-ERR [IN-USE] later", Status::Temporary, Some("IN-USE")),
        ("-ERR [LOGIN-DELAY] later", Status::Temporary, Some("LOGIN-DELAY")),
    ] {
        let pop3 = hold(pop3(), &[line], &["<end>QUIT"]);
        let greeting = pop3.conversation().greeting.clone().unwrap();
        assert_eq!(
            (greeting.word.as_str(), greeting.status, greeting.response_code.as_deref()),
            ("-ERR", status, code)
        );
        assert_eq!(pop3.conversation().stop, Some(Stop::Rejected(greeting)));
    }
}

#[test]
fn dot_stuffing_is_undone_and_only_a_lone_dot_ends_the_list() {
    let pop3 = after(Pop3::new(secured()), &["+OK hi", "+OK", "..", "..X", ". ", "", "USER", "."]);
    assert_eq!(pop3.conversation().secured.as_ref().unwrap().keywords, [".", ".X", "USER"]);
}

#[test]
fn a_greeting_of_another_protocol_is_answered_with_nothing() {
    for line in ["220 mx ESMTP", "* OK ready", "SSH-2.0-x", "+OKAY", "+ OK", "ERR", ""] {
        let pop3 = hold(pop3(), &[line], &["<end>"]);
        assert_eq!(pop3.conversation().stop, Some(Stop::ForeignGreeting(line.to_owned())));
    }
}

#[test]
fn a_later_line_without_status_indicator_is_malformed() {
    let pop3 = hold(pop3(), &["+OK hi", "what?"], &["CAPA", "<end>QUIT"]);
    assert_eq!(pop3.conversation().stop, Some(Stop::Malformed("what?".to_owned())));
}

#[test]
fn an_endless_list_is_cut_off_and_an_unfinished_one_ends_with_the_stream() {
    let endless = after(pop3(), &["+OK hi", "+OK"]);
    cut_off(endless, "X");

    let mut unfinished = after(pop3(), &["+OK hi", "+OK", "USER"]);
    unfinished.input(Input::EndOfStream);
    assert_eq!(unfinished.conversation().stop, Some(Stop::EndOfStream));
    assert_eq!(unfinished.phase(), Phase::Capabilities);
}

#[test]
fn what_decides_is_heard_at_the_end_of_a_long_list_and_little_of_the_rest_is_kept() {
    let long = "x".repeat(990);
    let mut lines = vec!["+OK hi", "+OK list"];
    lines.extend(std::iter::repeat_n(long.as_str(), 240));
    lines.extend(["STLS", "."]);
    let pop3 = hold(pop3(), &lines, &["CAPA", "STLS"]);
    let before = pop3.conversation().plaintext.as_ref().unwrap();
    assert!(before.starttls);
    assert!(before.keywords.iter().map(String::len).sum::<usize>() <= 17 * 1024);
}

#[test]
fn of_a_long_greeting_the_beginning_is_kept() {
    let greeting = format!("+OK {}", "x".repeat(12 * 1024));
    let pop3 = after(pop3(), &[&greeting]);
    let kept = pop3.conversation().greeting.as_ref().unwrap();
    assert!(kept.lines[0].starts_with("+OK xxx") && kept.lines[0].ends_with("x…"));
    assert!(kept.text.starts_with("xxx") && kept.text.len() < 100, "{}", kept.text.len());
}
