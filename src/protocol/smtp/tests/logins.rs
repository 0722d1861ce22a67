use super::super::*;
use crate::protocol::test_talk::{ScriptedSasl, by_password, log_in, logging_in, permit, talk};
use crate::protocol::{Input, LoginOutcome, LoginTalk, Withheld};

const INSIDE: [&str; 3] = ["220 mx", "250-mx", "250 AUTH X-TEST"];

/// A login with these messages of the client's, to which the server says this. What the client said, and what came of it.
fn outcome(initial: Option<&str>, answers: &[&str], server: &[&str]) -> (Vec<String>, LoginTalk) {
    let (mut smtp, said) = log_in(Smtp::new(logging_in()), &INSIDE, ScriptedSasl::way(initial, answers), server);
    (said, smtp.take_conversation().login.unwrap())
}

fn broken(talk: &LoginTalk) -> &str {
    let LoginOutcome::Broken(why) = &talk.outcome else { panic!("{talk:?}") };
    why
}

#[test]
fn a_login_with_an_initial_response_takes_one_round_trip() {
    let (said, talk) = outcome(Some("\0u\0p"), &[], &["235 2.7.0 welcome"]);
    assert_eq!(said, ["<secret>AUTH X-TEST AHUAcA==", "<end>QUIT"]);
    assert_eq!(talk.mechanism.as_deref(), Some("X-TEST"));
    let LoginOutcome::Accepted(reply) = &talk.outcome else { panic!("{talk:?}") };
    assert_eq!((reply.enhanced.as_deref(), reply.text.as_str()), (Some("2.7.0"), "welcome"));
}

#[test]
fn what_is_shown_of_a_command_has_its_name_only() {
    let (mut smtp, _) = talk(Smtp::new(logging_in()), &INSIDE);
    let step = smtp.permit(Permission::LogIn(Ok(ScriptedSasl::way(Some("correct horse"), &["battery"]))));
    assert!(!format!("{step:?}").contains("Y29ycmVj"), "{step:?}");
    let Step::WriteSecret(line) = step else { panic!("{step:?}") };
    assert_eq!(line.shown, "AUTH X-TEST <blotted>");
    let step = smtp.input(Input::Line(b"334 "));
    let Step::WriteSecret(line) = step else { panic!("{step:?}") };
    assert_eq!(line.shown, "<blotted>");
}

#[test]
fn a_login_without_one_waits_for_the_challenge() {
    let (said, talk) = outcome(None, &["user", "secret"], &["334 VXNlcm5hbWU6", "334 UGFzc3dvcmQ6", "235 ok"]);
    assert_eq!(said, ["AUTH X-TEST", "<secret>dXNlcg==", "<secret>c2VjcmV0", "<end>QUIT"]);
    assert!(matches!(talk.outcome, LoginOutcome::Accepted(_)));
    // Without the blank, and with nothing at all behind the code.
    let (said, _) = outcome(None, &["user", ""], &["334", "334 ", "235 ok"]);
    assert_eq!(said, ["AUTH X-TEST", "<secret>dXNlcg==", "<secret>", "<end>QUIT"]);
}

#[test]
fn an_empty_initial_response_is_an_equals_sign_and_an_empty_answer_is_empty() {
    let (said, _) = outcome(Some(""), &[""], &["334 ", "235 ok"]);
    assert_eq!(said, ["<secret>AUTH X-TEST =", "<secret>", "<end>QUIT"]);
}

#[test]
fn an_initial_response_that_does_not_fit_is_sent_at_the_first_challenge() {
    // 512 bytes with everything: 372 bytes make 496 of base64.
    let (fits, over) = ("x".repeat(372), "x".repeat(373));
    let (said, _) = outcome(Some(&fits), &[], &["235 ok"]);
    assert_eq!(said[0].len() - "<secret>".len() + "\r\n".len(), 510);
    let (said, talk) = outcome(Some(&over), &[], &["334 ", "235 ok"]);
    assert_eq!(said[0], "AUTH X-TEST");
    assert_eq!(said[1].len() - "<secret>".len(), 500);
    assert!(matches!(talk.outcome, LoginOutcome::Accepted(_)));
    // A server that says yes instead has not been told anything.
    let (said, talk) = outcome(Some(&over), &[], &["235 ok"]);
    assert_eq!(said, ["AUTH X-TEST", "<end>QUIT"]);
    assert!(broken(&talk).contains("before it had been told"), "{talk:?}");
}

#[test]
fn a_refusal_is_told_with_its_code() {
    for (server, enhanced, farewell) in [
        (&["535 5.7.8 bad"] as &[&str], Some("5.7.8"), "<end>QUIT"),
        (&["535-5.7.8 bad", "535 5.7.8 see https://help.test.example"], Some("5.7.8"), "<end>QUIT"),
        (&["454 4.7.0 later"], Some("4.7.0"), "<end>QUIT"),
        (&["500 what"], None, "<end>QUIT"),
        // Nobody listens any more.
        (&["421 4.7.0 too many"], Some("4.7.0"), "<end>"),
    ] {
        let (said, talk) = outcome(Some("x"), &[], server);
        assert_eq!(said.last().unwrap(), farewell, "{server:?}");
        let LoginOutcome::Refused(reply) = &talk.outcome else { panic!("{talk:?}") };
        assert_eq!(reply.enhanced.as_deref(), enhanced);
    }
    // In the middle, too.
    let (said, talk) = outcome(None, &["user", "secret"], &["334 ", "535 no"]);
    assert_eq!(said, ["AUTH X-TEST", "<secret>dXNlcg==", "<end>QUIT"]);
    assert!(matches!(talk.outcome, LoginOutcome::Refused(_)));
}

#[test]
fn a_challenge_that_is_no_base64_ends_the_exchange() {
    for challenge in ["334 what?", "334 dXNlcg", "334 =", "334 dXNl cg==", "334 \u{fffd}"] {
        let (said, talk) = outcome(None, &["user"], &[challenge, "501 cancelled"]);
        assert_eq!(said, ["AUTH X-TEST", "<secret>*", "<end>QUIT"], "{challenge}");
        assert!(broken(&talk).contains("no base64"), "{talk:?}");
        // Whatever the server makes of it, this login has not been made.
        assert!(broken(&outcome(None, &["user"], &[challenge, "235 ok"]).1).contains("no base64"));
        assert!(broken(&outcome(None, &["user"], &[challenge]).1).contains("no base64"));
    }
}

#[test]
fn a_challenge_after_the_last_message_ends_the_exchange() {
    let (said, talk) = outcome(Some("x"), &[], &["334 ", "501 cancelled"]);
    assert_eq!(said, ["<secret>AUTH X-TEST eA==", "<secret>*", "<end>QUIT"]);
    assert_eq!(broken(&talk), "nothing left to say");
}

#[test]
fn challenges_without_end_are_not_answered_for_ever() {
    let (said, talk) = outcome(None, &["x"; 100], &["334 "; 100]);
    assert_eq!(said.iter().filter(|line| *line == "<secret>eA==").count(), 8, "{said:?}");
    assert_eq!(said.iter().filter(|line| *line == "<secret>*").count(), 1, "{said:?}");
    assert_eq!(said[10], "<end>");
    assert!(broken(&talk).contains("again and again"), "{talk:?}");
}

#[test]
fn a_long_challenge_is_read_whole_after_long_lists() {
    let keywords: Vec<String> = (0..200).map(|number| format!("250-X-{number:050}")).collect();
    let lines: Vec<&str> = ["220 mx", "250-mx"]
        .into_iter()
        .chain(keywords.iter().map(String::as_str))
        .chain(["250 AUTH X-TEST"])
        .collect();
    let challenge = format!("334 {}", "QUJD".repeat(100));
    let way = ScriptedSasl::way(None, &["answer"]);
    let (_, said) = log_in(Smtp::new(logging_in()), &lines, way, &[&challenge]);
    assert_eq!(said, ["AUTH X-TEST", "<secret>YW5zd2Vy"]);
}

#[test]
fn a_success_that_comes_too_early_is_none() {
    let (said, talk) = outcome(None, &["user", "secret"], &["334 ", "235 ok"]);
    assert_eq!(said, ["AUTH X-TEST", "<secret>dXNlcg==", "<end>QUIT"]);
    assert!(broken(&talk).contains("before it had been told"), "{talk:?}");
}

#[test]
fn what_is_no_answer_to_a_login() {
    for line in ["250 ok", "220 mx", "354 go on", "334-eA==", "<html>"] {
        let (mut smtp, said) =
            log_in(Smtp::new(logging_in()), &INSIDE, ScriptedSasl::way(Some("x"), &[]), &[line, "334 done"]);
        assert!(said.iter().any(|line| line == "<end>QUIT"), "{said:?}");
        let learnt = smtp.take_conversation();
        assert!(matches!(learnt.stop, Some(Stop::Malformed(_))), "{line}: {learnt:?}");
        assert_eq!(learnt.login.unwrap().outcome, LoginOutcome::Unanswered, "{line}");
    }
}

#[test]
fn no_answer_is_no_refusal() {
    for server in [&[] as &[&str], &["334 "]] {
        let (mut smtp, _) =
            log_in(Smtp::new(logging_in()), &INSIDE, ScriptedSasl::way(None, &["user", "secret"]), server);
        assert_eq!(smtp.input(Input::EndOfStream), Step::Done { farewell: Vec::new() });
        assert_eq!(smtp.take_conversation().login.unwrap().outcome, LoginOutcome::Unanswered);
    }
}

#[test]
fn a_token_that_is_refused_brings_what_the_server_says_of_it() {
    // {"status":"401"}
    let (said, talk) = outcome(Some("token"), &[""], &["334 eyJzdGF0dXMiOiI0MDEifQ==", "535 5.7.8 bad"]);
    assert_eq!(said, ["<secret>AUTH X-TEST dG9rZW4=", "<secret>", "<end>QUIT"]);
    assert_eq!(talk.detail.as_deref(), Some(r#"{"status":"401"}"#));
}

#[test]
fn without_leave_nothing_is_said() {
    for why in [Withheld::NoTls, Withheld::Untrusted, Withheld::NoMechanism, Withheld::RefusedBefore] {
        let (smtp, _) = talk(Smtp::new(logging_in()), &INSIDE);
        let (mut smtp, said) = permit(smtp, Permission::LogIn(Err(why)));
        assert_eq!(said, ["<end>QUIT"]);
        assert_eq!(smtp.take_conversation().login.unwrap().outcome, LoginOutcome::Withheld(why));
    }
    // SMTP has no command of its own for it.
    let (smtp, _) = talk(Smtp::new(logging_in()), &INSIDE);
    let (mut smtp, said) = permit(smtp, Permission::LogIn(Ok(by_password("user", "secret"))));
    assert_eq!(said, ["<end>QUIT"]);
    let login = smtp.take_conversation().login.unwrap();
    assert_eq!(login.outcome, LoginOutcome::Withheld(Withheld::NoMechanism));
}

#[test]
fn leave_that_was_not_asked_for_leads_nowhere() {
    for lines in [&[] as &[&str], &["220 mx"], &["220 mx", "250-mx"]] {
        let (smtp, _) = talk(Smtp::new(logging_in()), lines);
        let (_, said) = permit(smtp, Permission::LogIn(Ok(ScriptedSasl::way(Some("x"), &[]))));
        assert_eq!(said, ["<end>QUIT"], "{lines:?}");
    }
    // A server that speaks before the leave is given has ended the dialogue.
    let (smtp, said) = talk(Smtp::new(logging_in()), &["220 mx", "250-mx", "250 AUTH X-TEST", "235 ok"]);
    assert_eq!(said.last().unwrap(), "<end>");
    let (_, said) = permit(smtp, Permission::LogIn(Ok(ScriptedSasl::way(Some("x"), &[]))));
    assert_eq!(said, ["<end>QUIT"]);
}
