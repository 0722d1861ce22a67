use super::super::*;
use crate::protocol::test_talk::{ScriptedSasl, by_password, log_in, logging_in, permit, plaintext, secured, talk};
use crate::protocol::{LoginOutcome, LoginTalk, Wants};

const INSIDE: [&str; 1] = ["* OK [CAPABILITY IMAP4rev1 AUTH=X-TEST] hi"];
const WITH_INITIAL_RESPONSE: [&str; 1] = ["* OK [CAPABILITY IMAP4rev1 sasl-ir AUTH=X-TEST] hi"];

fn outcome(greeting: &[&str], way: Way, server: &[&str]) -> (Vec<String>, LoginTalk) {
    let (mut imap, said) = log_in(Imap::new(logging_in()), greeting, way, server);
    (said, imap.take_conversation().login.unwrap())
}

fn broken(talk: &LoginTalk) -> &str {
    let LoginOutcome::Broken(why) = &talk.outcome else { panic!("{talk:?}") };
    why
}

#[test]
fn the_initial_response_goes_with_the_command_where_the_server_takes_it_so() {
    let (said, talk) =
        outcome(&WITH_INITIAL_RESPONSE, ScriptedSasl::way(Some("\0u\0p"), &[]), &["a1 OK [CAPABILITY IMAP4rev1] in"]);
    assert_eq!(said, ["<secret>a1 AUTHENTICATE X-TEST AHUAcA==", "<end>a2 LOGOUT"]);
    assert_eq!(talk.mechanism.as_deref(), Some("X-TEST"));
    assert!(matches!(talk.outcome, LoginOutcome::Accepted(_)));
    for empty in ["+ ", "+"] {
        let (said, talk) = outcome(&INSIDE, ScriptedSasl::way(Some("\0u\0p"), &[]), &[empty, "a1 OK in"]);
        assert_eq!(said, ["a1 AUTHENTICATE X-TEST", "<secret>AHUAcA==", "<end>a2 LOGOUT"]);
        assert!(matches!(talk.outcome, LoginOutcome::Accepted(_)));
    }
}

#[test]
fn an_empty_initial_response() {
    let (said, _) = outcome(&WITH_INITIAL_RESPONSE, ScriptedSasl::way(Some(""), &[]), &["a1 OK in"]);
    assert_eq!(said, ["<secret>a1 AUTHENTICATE X-TEST =", "<end>a2 LOGOUT"]);
    let (said, _) = outcome(&INSIDE, ScriptedSasl::way(Some(""), &[]), &["+ ", "a1 OK in"]);
    assert_eq!(said, ["a1 AUTHENTICATE X-TEST", "<secret>", "<end>a2 LOGOUT"]);
}

#[test]
fn one_that_is_longer_than_a_line_waits_for_the_challenge() {
    let (said, talk) =
        outcome(&WITH_INITIAL_RESPONSE, ScriptedSasl::way(Some(&"x".repeat(7000)), &[]), &["+ ", "a1 OK"]);
    assert_eq!(said[0], "a1 AUTHENTICATE X-TEST");
    assert!(matches!(talk.outcome, LoginOutcome::Accepted(_)));
    let (_, talk) = outcome(&WITH_INITIAL_RESPONSE, ScriptedSasl::way(Some(&"x".repeat(7000)), &[]), &["a1 OK"]);
    assert!(broken(&talk).contains("before it had been told"), "{talk:?}");
}

#[test]
fn what_is_shown_of_a_command_has_its_name_only() {
    for (way, expected) in [
        (ScriptedSasl::way(Some("correct horse"), &[]), "a1 AUTHENTICATE X-TEST <blotted>"),
        (by_password("user", "correct horse"), "a1 LOGIN <blotted>"),
    ] {
        let (mut imap, _) = talk(Imap::new(logging_in()), &WITH_INITIAL_RESPONSE);
        let step = imap.permit(Permission::LogIn(Ok(way)));
        assert!(!format!("{step:?}").contains("correct"), "{step:?}");
        let Step::WriteSecret(line) = step else { panic!("{step:?}") };
        assert_eq!(line.shown, expected);
    }
}

#[test]
fn the_command_of_imap_itself() {
    for (user, password, said) in [
        ("user", "secret", r#"a1 LOGIN "user" "secret""#),
        ("us er", r#"a"b\c"#, r#"a1 LOGIN "us er" "a\"b\\c""#),
        ("", " ", r#"a1 LOGIN "" " ""#),
        (r"DOM\user", "{3}", r#"a1 LOGIN "DOM\\user" "{3}""#),
        ("%d*", "100%", r#"a1 LOGIN "%d*" "100%""#),
    ] {
        let (heard, talk) = outcome(&INSIDE, by_password(user, password), &["a1 OK in"]);
        assert_eq!(heard, [&format!("<secret>{said}"), "<end>a2 LOGOUT"]);
        assert_eq!(talk.mechanism, None);
        assert!(matches!(talk.outcome, LoginOutcome::Accepted(_)));
    }
}

#[test]
fn what_cannot_be_quoted_is_sent_when_the_server_asks_for_it() {
    let (said, talk) = outcome(&INSIDE, by_password("user", "gr\u{fc}n"), &["+ Ready for literal data", "a1 OK in"]);
    assert_eq!(said, ["<secret>a1 LOGIN \"user\" {5}", "<secret>gr\u{fc}n", "<end>a2 LOGOUT"]);
    assert!(matches!(talk.outcome, LoginOutcome::Accepted(_)));
    let (said, _) = outcome(&INSIDE, by_password("\u{fc}", "\u{fc}\t"), &["+", "+ ", "a1 NO no"]);
    assert_eq!(said, ["<secret>a1 LOGIN {2}", "<secret>\u{fc} {3}", "<secret>\u{fc}\t", "<end>a2 LOGOUT"]);
    let (said, _) = outcome(&INSIDE, by_password("\u{fc}", "secret"), &["+ ", "a1 NO no"]);
    assert_eq!(said, ["<secret>a1 LOGIN {2}", "<secret>\u{fc} \"secret\"", "<end>a2 LOGOUT"]);
    // Refused, or taken, before the password was sent.
    let (said, talk) = outcome(&INSIDE, by_password("\u{fc}", "\u{fc}"), &["+ ", "a1 NO [PRIVACYREQUIRED] no"]);
    assert_eq!(said[2..], ["<end>a2 LOGOUT"]);
    assert!(matches!(talk.outcome, LoginOutcome::Refused(_)));
    let (said, talk) = outcome(&INSIDE, by_password("\u{fc}", "\u{fc}"), &["+ ", "a1 OK in"]);
    assert_eq!(said[2..], ["<end>a2 LOGOUT"]);
    assert!(broken(&talk).contains("before it had been told"), "{talk:?}");
}

#[test]
fn a_server_that_asks_for_more_than_the_command_has_gets_nothing() {
    let (mut imap, said) = log_in(Imap::new(logging_in()), &INSIDE, by_password("user", "secret"), &["+ more"]);
    assert_eq!(said, ["<secret>a1 LOGIN \"user\" \"secret\"", "<end>"]);
    let learnt = imap.take_conversation();
    assert_eq!(learnt.stop, Some(Stop::Malformed("+ more".to_owned())));
    assert_eq!(learnt.login.unwrap().outcome, LoginOutcome::Unanswered);
}

#[test]
fn a_refusal_is_told_with_its_code() {
    for (line, code, status) in [
        ("a1 NO [AUTHENTICATIONFAILED] bad", Some("AUTHENTICATIONFAILED"), Status::Permanent),
        ("a1 NO [UNAVAILABLE] later", Some("UNAVAILABLE"), Status::Temporary),
        ("a1 BAD what", None, Status::Permanent),
        ("* BYE [UNAVAILABLE] later", Some("UNAVAILABLE"), Status::Temporary),
    ] {
        let (said, talk) = outcome(&WITH_INITIAL_RESPONSE, ScriptedSasl::way(Some("x"), &[]), &[line]);
        assert_eq!(said[1], if line.starts_with('*') { "<end>" } else { "<end>a2 LOGOUT" });
        let LoginOutcome::Refused(reply) = &talk.outcome else { panic!("{talk:?}") };
        assert_eq!((reply.response_code.as_deref(), reply.status), (code, status));
    }
}

#[test]
fn what_a_server_says_beside_it_is_heard() {
    let lines = ["* NO [ALERT] maintenance tonight", "* CAPABILITY IMAP4rev1 IDLE", "* OK still here", "a1 NO bad"];
    let (mut imap, said) =
        log_in(Imap::new(logging_in()), &WITH_INITIAL_RESPONSE, ScriptedSasl::way(Some("x"), &[]), &lines);
    assert_eq!(said.len(), 2);
    let learnt = imap.take_conversation();
    assert_eq!(learnt.notices, ["maintenance tonight"]);
    assert!(matches!(learnt.login.unwrap().outcome, LoginOutcome::Refused(_)));
    assert_eq!(learnt.secured.unwrap().keywords, ["IMAP4rev1", "sasl-ir", "AUTH=X-TEST"]);
    let (mut imap, _) =
        log_in(Imap::new(logging_in()), &INSIDE, by_password("user", "secret"), &["a1 OK [ALERT] change it soon"]);
    assert_eq!(imap.take_conversation().notices, ["change it soon"]);
}

#[test]
fn challenges_are_answered_and_what_is_wrong_with_them_ends_the_exchange() {
    let way = || ScriptedSasl::way(None, &["user", "secret"]);
    let (said, _) = outcome(&WITH_INITIAL_RESPONSE, way(), &["+ VXNlcg==", "+ UGFzcw==", "a1 OK in"]);
    assert_eq!(said, ["a1 AUTHENTICATE X-TEST", "<secret>dXNlcg==", "<secret>c2VjcmV0", "<end>a2 LOGOUT"]);
    let (said, talk) = outcome(&INSIDE, way(), &["+ go ahead", "a1 BAD cancelled"]);
    assert_eq!(said[1..], ["<secret>*", "<end>a2 LOGOUT"]);
    assert!(broken(&talk).contains("no base64"), "{talk:?}");
    let (said, talk) = outcome(&INSIDE, way(), &["+ ", "a1 OK in"]);
    assert_eq!(said[1..], ["<secret>dXNlcg==", "<end>a2 LOGOUT"]);
    assert!(broken(&talk).contains("before it had been told"), "{talk:?}");
    let (said, talk) = outcome(&INSIDE, ScriptedSasl::way(None, &["x"; 100]), &["+ "; 100]);
    assert_eq!(said.iter().filter(|line| *line == "<secret>eA==").count(), 8, "{said:?}");
    assert!(broken(&talk).contains("again and again"), "{talk:?}");
}

#[test]
fn the_tag_is_that_of_the_command() {
    let (said, talk) = outcome(&WITH_INITIAL_RESPONSE, ScriptedSasl::way(Some("x"), &[]), &["a2 OK in"]);
    assert_eq!(said[1..], ["<end>a2 LOGOUT"]);
    assert_eq!(talk.outcome, LoginOutcome::Unanswered);
}

#[test]
fn nobody_logs_in_twice() {
    let (mut imap, said) = talk(Imap::new(logging_in()), &["* PREAUTH [CAPABILITY IMAP4rev1 AUTH=X-TEST] hi"]);
    assert_eq!(said, ["<end>a1 LOGOUT"]);
    let login = imap.take_conversation().login.unwrap();
    assert_eq!(login.outcome, LoginOutcome::Withheld(Withheld::NoMechanism));
}

#[test]
fn without_leave_nothing_is_said() {
    let (imap, _) = talk(Imap::new(logging_in()), &INSIDE);
    let (mut imap, said) = permit(imap, Permission::LogIn(Err(Withheld::Untrusted)));
    assert_eq!(said, ["<end>a1 LOGOUT"]);
    assert_eq!(imap.take_conversation().login.unwrap().outcome, LoginOutcome::Withheld(Withheld::Untrusted));
    // Not asked for.
    let (imap, _) = talk(Imap::new(secured()), &["* OK hi"]);
    let (mut imap, said) = permit(imap, Permission::LogIn(Ok(by_password("user", "secret"))));
    assert_eq!(said, ["<end>a2 LOGOUT"]);
    assert_eq!(imap.take_conversation().login, None);
}

#[test]
fn leave_is_asked_for_inside_tls() {
    let wants = Wants { login: true, ..Wants::default() };
    let imap = || Imap::new(Settings { wants: wants.clone(), ..plaintext(Upgrade::WhenOffered) });
    let lines = ["* OK [CAPABILITY IMAP4rev1 STARTTLS AUTH=PLAIN] hi", "a1 OK go", "* CAPABILITY AUTH=PLAIN", "a2 OK"];
    assert_eq!(talk(imap(), &lines).1, ["a1 STARTTLS", "<TLS>", "a2 CAPABILITY", "<LogIn?>"]);
    let (mut without, said) = talk(imap(), &["* OK hi", "* CAPABILITY IMAP4rev1 AUTH=PLAIN", "a1 OK"]);
    assert_eq!(said, ["a1 CAPABILITY", "<end>a2 LOGOUT"]);
    assert_eq!(without.take_conversation().login, None);
}
