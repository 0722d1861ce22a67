use super::super::*;
use crate::protocol::test_talk::{ScriptedSasl, by_password, log_in, logging_in, permit, talk};
use crate::protocol::{LoginOutcome, LoginTalk, Withheld};

const INSIDE: [&str; 5] = ["+OK hi", "+OK", "USER", "SASL X-TEST", "."];

fn outcome(way: Way, server: &[&str]) -> (Vec<String>, LoginTalk) {
    let (mut pop3, said) = log_in(Pop3::new(logging_in()), &INSIDE, way, server);
    (said, pop3.take_conversation().login.unwrap())
}

fn broken(talk: &LoginTalk) -> &str {
    let LoginOutcome::Broken(why) = &talk.outcome else { panic!("{talk:?}") };
    why
}

#[test]
fn name_and_password() {
    let (said, talk) = outcome(by_password("us er@x.example", "gr\u{fc}n \"%"), &["+OK", "+OK in"]);
    assert_eq!(said, ["USER us er@x.example", "<secret>PASS gr\u{fc}n \"%", "<end>QUIT"]);
    assert_eq!(talk.mechanism, None);
    let LoginOutcome::Accepted(reply) = &talk.outcome else { panic!("{talk:?}") };
    assert_eq!(reply.text, "in");
}

#[test]
fn a_name_that_is_refused_ends_it_before_the_password() {
    let (said, talk) = outcome(by_password("user", "secret"), &["-ERR [SYS/TEMP] no such mailbox"]);
    assert_eq!(said, ["USER user", "<end>QUIT"]);
    let LoginOutcome::Refused(reply) = &talk.outcome else { panic!("{talk:?}") };
    assert_eq!(reply.status, Status::Temporary);
    let (said, talk) = outcome(by_password("user", "secret"), &["+OK", "-ERR [AUTH] bad"]);
    assert_eq!(said[2], "<end>QUIT");
    assert!(matches!(talk.outcome, LoginOutcome::Refused(_)));
}

#[test]
fn a_request_for_more_is_no_answer_to_a_name() {
    for line in ["+ ", "+", "+ eA==", "+what"] {
        let (mut pop3, said) = log_in(Pop3::new(logging_in()), &INSIDE, by_password("user", "secret"), &[line]);
        assert!(said[1].starts_with("<end>"), "{said:?}");
        let learnt = pop3.take_conversation();
        assert_eq!(learnt.stop, Some(Stop::Malformed(line.to_owned())));
        assert_eq!(learnt.login.unwrap().outcome, LoginOutcome::Unanswered);
    }
}

#[test]
fn a_mechanism_with_and_without_an_initial_response() {
    let (said, talk) = outcome(ScriptedSasl::way(Some("\0u\0p"), &[]), &["+OK in"]);
    assert_eq!(said, ["<secret>AUTH X-TEST AHUAcA==", "<end>QUIT"]);
    assert!(matches!(talk.outcome, LoginOutcome::Accepted(_)));
    let (said, _) = outcome(ScriptedSasl::way(None, &["user", "secret"]), &["+ VXNlcg==", "+", "+OK in"]);
    assert_eq!(said, ["AUTH X-TEST", "<secret>dXNlcg==", "<secret>c2VjcmV0", "<end>QUIT"]);
    let (said, _) = outcome(ScriptedSasl::way(Some(""), &[""]), &["+ ", "+OK"]);
    assert_eq!(said, ["<secret>AUTH X-TEST =", "<secret>", "<end>QUIT"]);
}

#[test]
fn a_command_has_255_bytes() {
    let (said, _) = outcome(ScriptedSasl::way(Some(&"x".repeat(180)), &[]), &["+OK"]);
    assert_eq!(said[0].len() - "<secret>".len() + "\r\n".len(), 254);
    let (said, talk) = outcome(ScriptedSasl::way(Some(&"x".repeat(181)), &[]), &["+ ", "+OK"]);
    assert_eq!(said[0], "AUTH X-TEST");
    assert!(matches!(talk.outcome, LoginOutcome::Accepted(_)));
    let (_, talk) = outcome(ScriptedSasl::way(Some(&"x".repeat(181)), &[]), &["+OK"]);
    assert!(broken(&talk).contains("before it had been told"), "{talk:?}");
}

#[test]
fn what_ends_an_exchange() {
    let way = || ScriptedSasl::way(None, &["user", "secret"]);
    let (said, talk) = outcome(way(), &["+ what?", "-ERR cancelled"]);
    assert_eq!(said, ["AUTH X-TEST", "<secret>*", "<end>QUIT"]);
    assert!(broken(&talk).contains("no base64"), "{talk:?}");
    let (_, talk) = outcome(way(), &["+ ", "+OK in"]);
    assert!(broken(&talk).contains("before it had been told"), "{talk:?}");
    let (said, talk) = outcome(ScriptedSasl::way(None, &["x"; 100]), &["+ "; 100]);
    assert_eq!(said.iter().filter(|line| *line == "<secret>eA==").count(), 8, "{said:?}");
    assert!(broken(&talk).contains("again and again"), "{talk:?}");
    for (line, status) in [("-ERR [AUTH] bad", Status::Permanent), ("-ERR [IN-USE] locked", Status::Temporary)] {
        let (_, talk) = outcome(way(), &["+ ", "+ ", line]);
        let LoginOutcome::Refused(reply) = &talk.outcome else { panic!("{talk:?}") };
        assert_eq!(reply.status, status);
    }
}

#[test]
fn what_is_shown_of_a_command_has_its_name_only() {
    let (mut pop3, _) = talk(Pop3::new(logging_in()), &INSIDE);
    assert_eq!(
        pop3.permit(Permission::LogIn(Ok(by_password("user", "secret")))),
        Step::Write(b"USER user\r\n".to_vec())
    );
    let step = pop3.input(Input::Line(b"+OK"));
    let Step::WriteSecret(line) = step else { panic!("{step:?}") };
    assert_eq!(line.shown, "PASS <blotted>");
}

#[test]
fn without_leave_nothing_is_said() {
    let (pop3, _) = talk(Pop3::new(logging_in()), &INSIDE);
    let (mut pop3, said) = permit(pop3, Permission::LogIn(Err(Withheld::Untrusted)));
    assert_eq!(said, ["<end>QUIT"]);
    assert_eq!(pop3.take_conversation().login.unwrap().outcome, LoginOutcome::Withheld(Withheld::Untrusted));
}
