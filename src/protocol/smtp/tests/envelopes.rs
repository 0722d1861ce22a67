use super::super::*;
use crate::protocol::test_talk::{ScriptedSasl, after, hold, log_in, logging_in, permit, plaintext, secured, talk};
use crate::protocol::{EnvelopeTalk, Input, RecipientTalk, Refrained, Upgrade, Wants, Withheld};

const EHLO: &str = "EHLO probe.test.example";
const INSIDE: [&str; 2] = ["220 mx", "250 mx"];
const MAIL: &str = "MAIL FROM:<>";

fn envelope(recipients: &[&str]) -> Envelope {
    let recipients = recipients.iter().map(|&recipient| recipient.to_owned()).collect();
    Envelope { recipients, ..Envelope::default() }
}

fn asking(envelope: Envelope, settings: Settings) -> Smtp {
    Smtp::new(Settings { wants: Wants { envelope: Some(envelope), ..settings.wants }, ..settings })
}

/// What is said to a server with this envelope after the hello, and what came of it.
fn course(envelope: Envelope, server: &[&str]) -> (Vec<String>, Conversation) {
    let (mut smtp, mut said) = talk(asking(envelope, secured()), &[&INSIDE, server].concat());
    assert_eq!(said.remove(0), EHLO);
    (said, smtp.take_conversation())
}

fn codes(talk: &EnvelopeTalk) -> Vec<Option<&str>> {
    let word = |reply: &Option<Reply>| reply.as_ref().map(|reply| reply.word.clone());
    let replies = [word(&talk.sender_reply)].into_iter().chain(talk.recipients.iter().map(|one| word(&one.reply)));
    replies.map(|word| word.map(|word| &*word.leak())).collect()
}

#[test]
fn recipients_are_asked_for_until_one_is_refused_and_then_everything_is_taken_back() {
    let (said, learnt) = course(
        envelope(&["a@x.example", "b@x.example", "c@x.example"]),
        &["250 2.1.0 ok", "250 2.1.5 ok", "550-5.1.1 no", "550 5.1.1 such user", "250 reset"],
    );
    let rcpt = ["RCPT TO:<a@x.example>", "RCPT TO:<b@x.example>"];
    assert_eq!(said, [&[MAIL], &rcpt as &[&str], &["RSET", "<end>QUIT"]].concat());
    let talk = learnt.envelope.unwrap();
    assert_eq!(codes(&talk), [Some("250"), Some("250"), Some("550"), None]);
    let RecipientTalk { address, reply } = &talk.recipients[1];
    assert_eq!(address, "b@x.example");
    assert_eq!(reply.as_ref().unwrap().text, "no\nsuch user");
    assert_eq!((learnt.stop, talk.refrained), (None, None));
}

#[test]
fn the_sender_alone_ends_with_the_connection() {
    assert_eq!(course(envelope(&[]), &["250 ok"]).0, [MAIL, "<end>QUIT"]);
    let named = Envelope { sender: "me@x.example".to_owned(), ..Envelope::default() };
    let (said, learnt) = course(named, &["250 ok"]);
    assert_eq!(said, ["MAIL FROM:<me@x.example>", "<end>QUIT"]);
    assert_eq!(learnt.envelope.unwrap().sender, "me@x.example");
}

#[test]
fn a_refused_sender_ends_it() {
    for refusal in ["530 5.7.0 log in first", "451 4.3.0 disk", "550 5.7.1 no"] {
        let (said, learnt) = course(envelope(&["a@x.example"]), &[refusal]);
        assert_eq!(said, [MAIL, "<end>QUIT"]);
        let talk = learnt.envelope.unwrap();
        assert_eq!(codes(&talk), [refusal.get(..3), None]);
        assert_eq!(learnt.stop, None);
    }
}

#[test]
fn a_reset_that_is_refused_changes_nothing() {
    let (said, learnt) = course(envelope(&["a@x.example"]), &["250 ok", "550 no", "502 what"]);
    assert_eq!(said, [MAIL, "RCPT TO:<a@x.example>", "RSET", "<end>QUIT"]);
    assert_eq!(learnt.stop, None);
    assert_eq!(codes(&learnt.envelope.unwrap()), [Some("250"), Some("550")]);
}

#[test]
fn a_server_that_is_closing_is_not_talked_to_any_more() {
    let envelope = envelope(&["a@x.example", "b@x.example"]);
    let replies = ["250 ok", "250 ok", "250 ok", "250 ok"];
    for at in 0..replies.len() {
        let server = [&replies[..at], &["421 4.3.2 closing"], &["250 late"]].concat();
        let (said, learnt) = course(envelope.clone(), &server);
        assert_eq!(said.len(), at + 3, "{said:?}");
        assert_eq!(said[at + 1..], ["<end>", "<end>"], "{said:?}");
        let talk = learnt.envelope.unwrap();
        let answered = codes(&talk).iter().flatten().count();
        assert_eq!(answered, (at + 1).min(3));
        assert_eq!(codes(&talk).contains(&Some("421")), at < 3);
    }
}

#[test]
fn a_connection_that_is_cut_leaves_what_was_answered() {
    for at in 0..4 {
        let replies = ["250 ok", "250 ok", "550 no"];
        let (mut smtp, _) =
            talk(asking(envelope(&["a@x.example", "b@x.example"]), secured()), &[&INSIDE, &replies[..at]].concat());
        assert_eq!(smtp.input(Input::EndOfStream), Step::Done { farewell: Vec::new() });
        let learnt = smtp.take_conversation();
        assert_eq!(learnt.stop, Some(Stop::EndOfStream));
        assert_eq!(smtp.phase(), Phase::Envelope);
        assert_eq!(codes(&learnt.envelope.unwrap()).iter().flatten().count(), at);
    }
}

#[test]
fn a_server_that_asks_for_the_message_gets_none() {
    for at in 0..3 {
        let server = [&["250 ok"; 3][..at], &["354 go on", "250 taken"]].concat();
        let (said, learnt) = course(envelope(&["a@x.example"]), &server);
        // Not even a farewell, which would be taken for the message.
        assert_eq!(said[at + 1..], ["<end>", "<end>"], "{said:?}");
        assert_eq!(learnt.stop, Some(Stop::Malformed("354 go on".to_owned())));
        assert_eq!(codes(&learnt.envelope.unwrap()).iter().flatten().count(), at);
    }
}

#[test]
fn junk_ends_it_and_leaves_what_was_answered() {
    let (said, learnt) = course(envelope(&["a@x.example"]), &["250 ok", "<html>"]);
    assert_eq!(said, [MAIL, "RCPT TO:<a@x.example>", "<end>QUIT"]);
    assert_eq!(learnt.stop, Some(Stop::Malformed("<html>".to_owned())));
    assert_eq!(codes(&learnt.envelope.unwrap()), [Some("250"), None]);
}

#[test]
fn an_address_beyond_ascii_is_for_servers_that_say_they_take_it() {
    let unicode = || envelope(&["gr\u{fc}n@x.example"]);
    let (said, learnt) = course(unicode(), &[]);
    assert_eq!(said, ["<end>QUIT"]);
    assert_eq!(learnt.envelope.unwrap().refrained, Some(Refrained::NoUnicode));
    let lines = ["220 mx", "250-mx", "250 smtputf8", "250 ok", "250 ok", "250 ok"];
    hold(
        asking(unicode(), secured()),
        &lines,
        &[EHLO, "MAIL FROM:<> SMTPUTF8", "RCPT TO:<gr\u{fc}n@x.example>", "RSET", "<end>QUIT"],
    );
}

#[test]
fn leave_is_asked_for_and_may_be_refused() {
    let asks = Envelope { asks_leave: true, ..envelope(&["a@x.example"]) };
    let smtp = hold(asking(asks.clone(), secured()), &INSIDE, &[EHLO, "<Envelope?>"]);
    let (mut smtp, said) = permit(smtp, Permission::Envelope(Err(Refrained::AskedElsewhere)));
    assert_eq!(said, ["<end>QUIT"]);
    assert_eq!(smtp.take_conversation().envelope.unwrap().refrained, Some(Refrained::AskedElsewhere));

    let smtp = after(asking(asks, secured()), &INSIDE);
    let (smtp, said) = permit(smtp, Permission::Envelope(Ok(())));
    assert_eq!(said, [MAIL]);
    hold(smtp, &["250 ok", "250 ok", "250 ok"], &["RCPT TO:<a@x.example>", "RSET", "<end>QUIT"]);
}

#[test]
fn without_tls_only_what_would_be_sent_in_the_clear_is_asked_for() {
    let clear = |in_the_clear| Envelope { in_the_clear, ..envelope(&[]) };
    let lines = ["220 mx", "250 mx", "250 ok"];
    let no = hold(asking(clear(false), plaintext(Upgrade::WhenOffered)), &lines[..2], &[EHLO, "<end>QUIT"]);
    assert_eq!(no.conversation().stop, Some(Stop::StarttlsNotOffered));
    assert_eq!(no.conversation().envelope, None);
    let yes = hold(asking(clear(true), plaintext(Upgrade::WhenOffered)), &lines, &[EHLO, MAIL, "<end>QUIT"]);
    assert_eq!(yes.conversation().stop, None);
    assert!(yes.conversation().envelope.is_some());
    // A server that offers TLS and then refuses it is no server without TLS.
    let refused = ["220 mx", "250-mx", "250 STARTTLS", "454 later"];
    let refused =
        hold(asking(clear(true), plaintext(Upgrade::WhenOffered)), &refused, &[EHLO, "STARTTLS", "<end>QUIT"]);
    assert_eq!(refused.conversation().envelope, None);
}

#[test]
fn an_envelope_comes_after_the_login_and_only_if_that_was_taken() {
    let wants = Wants { envelope: Some(envelope(&[])), ..logging_in().wants };
    let smtp = || Smtp::new(Settings { wants: wants.clone(), ..logging_in() });
    let lines = ["220 mx", "250-mx", "250 AUTH X-TEST"];
    let way = || ScriptedSasl::way(Some("x"), &[]);
    let (_, said) = log_in(smtp(), &lines, way(), &["235 ok", "250 ok"]);
    assert_eq!(said, ["<secret>AUTH X-TEST eA==", MAIL, "<end>QUIT"]);
    let (_, said) = log_in(smtp(), &lines, way(), &["535 no"]);
    assert_eq!(said, ["<secret>AUTH X-TEST eA==", "<end>QUIT"]);
    let (_, said) = permit(after(smtp(), &lines), Permission::LogIn(Err(Withheld::Untrusted)));
    assert_eq!(said, ["<end>QUIT"]);
}

/// The sender before TLS, on a connection of its own: to see whether the server insists on it.
mod before_tls {
    use super::*;

    const OFFERING: [&str; 3] = ["220 mx", "250-mx", "250 STARTTLS"];

    fn smtp() -> Smtp {
        let wants = Wants { sender_in_the_clear: true, envelope: Some(envelope(&[])), login: false };
        Smtp::new(Settings { wants, ..plaintext(Upgrade::WhenOffered) })
    }

    #[test]
    fn where_no_tls_is_offered_it_is_not_asked() {
        let smtp = hold(smtp(), &INSIDE, &[EHLO, "<end>QUIT"]);
        assert_eq!(smtp.conversation().stop, Some(Stop::StarttlsNotOffered));
        assert_eq!(smtp.conversation().sender_in_the_clear, None);
    }

    #[test]
    fn a_server_may_leave_there() {
        let (mut closing, said) = talk(smtp(), &[&OFFERING as &[&str], &["421 closing"]].concat());
        assert_eq!(said, [EHLO, MAIL, "<end>"]);
        let learnt = closing.take_conversation();
        assert_eq!(learnt.sender_in_the_clear.unwrap().word, "421");
        assert_eq!(learnt.stop, None);
        assert_eq!(learnt.envelope, None);

        let mut cut = after(smtp(), &OFFERING);
        cut.input(Input::EndOfStream);
        let learnt = cut.take_conversation();
        assert_eq!(learnt.stop, Some(Stop::EndOfStream));
        // This was not the envelope that was wanted.
        assert_eq!((learnt.sender_in_the_clear, learnt.envelope), (None, None));
    }
}
