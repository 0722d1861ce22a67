mod logins;

use super::*;
use crate::protocol::test_talk::{after, cut_off, hold, plaintext, secured, talk};

fn imap() -> Imap {
    Imap::new(plaintext(Upgrade::WhenOffered))
}

#[test]
fn capabilities_in_the_greeting_save_a_question_and_are_asked_for_again_inside_tls() {
    let (imap, said) = talk(
        imap(),
        &[
            "* OK [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED X-odd] mx ready",
            "a1 OK go",
            "* CAPABILITY IMAP4rev1 AUTH=PLAIN auth=login",
            "a2 OK done",
        ],
    );
    assert_eq!(said, ["a1 STARTTLS", "<TLS>", "a2 CAPABILITY", "<end>a3 LOGOUT"]);
    let learnt = imap.conversation();
    let greeting = learnt.greeting.as_ref().unwrap();
    assert_eq!((greeting.word.as_str(), greeting.text.as_str()), ("OK", "mx ready"));
    assert_eq!(greeting.response_code.as_deref(), Some("CAPABILITY"));
    let before = learnt.plaintext.as_ref().unwrap();
    assert_eq!(before.keywords, ["IMAP4rev1", "STARTTLS", "LOGINDISABLED", "X-odd"]);
    assert!(before.starttls && before.login_disabled && !before.password_login);
    let inside = learnt.secured.as_ref().unwrap();
    assert_eq!(inside.mechanisms, ["PLAIN", "LOGIN"]);
    assert!(inside.password_login && !inside.login_disabled);
    assert_eq!(learnt.stop, None);
}

#[test]
fn a_greeting_without_starttls_proves_nothing_until_capability_is_asked() {
    let (_, said) =
        talk(imap(), &["* OK [CAPABILITY IMAP4rev1] ready", "* CAPABILITY IMAP4rev1 STARTTLS", "a1 OK done"]);
    assert_eq!(said, ["a1 CAPABILITY", "a2 STARTTLS"]);
}

#[test]
fn starttls_that_is_not_offered_is_not_asked_for() {
    let (imap, said) = talk(imap(), &["* OK ready", "* CAPABILITY IMAP4rev1 XSTARTTLS", "a1 OK done"]);
    assert_eq!(said, ["a1 CAPABILITY", "<end>a2 LOGOUT"]);
    assert_eq!(imap.conversation().stop, Some(Stop::StarttlsNotOffered));
}

#[test]
fn inside_tls_from_the_start_the_greeting_may_be_enough() {
    let imap = hold(Imap::new(secured()), &["* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] hi"], &["<end>a1 LOGOUT"]);
    assert_eq!(imap.conversation().secured.as_ref().unwrap().mechanisms, ["PLAIN"]);
    assert_eq!(imap.phase(), Phase::SecuredCapabilities);
}

#[test]
fn capabilities_may_come_in_the_tagged_response() {
    let imap = after(Imap::new(secured()), &["* OK hi", "a1 OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] done"]);
    assert_eq!(imap.conversation().secured.as_ref().unwrap().keywords, ["IMAP4rev1", "AUTH=PLAIN"]);
}

#[test]
fn alerts_and_untagged_warnings_are_kept_wherever_they_stand() {
    let imap = after(
        Imap::new(secured()),
        &[
            "* OK [ALERT] moves on Sunday",
            "* OK nothing new",
            "* OK [alert] disk nearly full",
            "* NO one moment",
            "a1 OK [ALERT] bye soon",
        ],
    );
    assert_eq!(imap.conversation().notices, ["moves on Sunday", "disk nearly full", "one moment", "bye soon"]);
    let many = [&["* OK hi"][..], &["* OK [ALERT] again"; 50]].concat();
    assert_eq!(after(Imap::new(secured()), &many).conversation().notices.len(), MOST_NOTICES);
}

#[test]
fn untagged_responses_of_any_kind_may_come_first() {
    let (imap, said) = talk(
        Imap::new(secured()),
        &["* OK hi", "* 3 EXISTS", "* NO careful", "* capability IMAP4rev1", "* OK [ALERT] look {3}", "a1 OK done"],
    );
    assert_eq!(said, ["a1 CAPABILITY", "<end>a2 LOGOUT"]);
    assert_eq!(imap.conversation().secured.as_ref().unwrap().keywords, ["IMAP4rev1"]);
}

#[test]
fn a_literal_hides_what_looks_like_a_response() {
    // 15 bytes: "* BYE", its line end, and eight more.
    let lines =
        ["* OK hi", "* ID (\"name\" {15}", "* BYE", "+ what?! {0}", "* BYE)", "* CAPABILITY IMAP4rev1", "a1 OK done"];
    let imap = hold(Imap::new(secured()), &lines, &["a1 CAPABILITY", "<end>a2 LOGOUT"]);
    assert_eq!(imap.conversation().secured.as_ref().unwrap().keywords, ["IMAP4rev1"]);
}

#[test]
fn a_literal_longer_than_what_comes_does_not_hide_the_end_of_the_command() {
    let (_, said) = talk(Imap::new(secured()), &["* OK hi", "* ID {99999999999}", "text", "a1 OK done"]);
    assert_eq!(said, ["a1 CAPABILITY", "<end>a2 LOGOUT"]);
}

#[test]
fn tags_are_compared_byte_for_byte() {
    for line in ["A1 OK done", "a01 OK done", "a10 OK done", "a1OK done", "a1", "a1 FINE", "+ go on", "", "OK"] {
        let imap = hold(imap(), &["* OK hi", line], &["a1 CAPABILITY", "<end>a2 LOGOUT"]);
        assert_eq!(imap.conversation().stop, Some(Stop::Malformed(line.to_owned())));
    }
}

#[test]
fn a_refused_upgrade_is_told_with_its_reply() {
    for line in ["a1 NO [UNAVAILABLE] later", "a1 BAD what?"] {
        let (imap, said) = talk(imap(), &["* OK [CAPABILITY STARTTLS] hi", "* OK still here", line]);
        assert_eq!(said, ["a1 STARTTLS", "<end>a2 LOGOUT"]);
        let Some(Stop::StarttlsRefused(reply)) = &imap.conversation().stop else { panic!("{line}: not refused") };
        assert_eq!(reply.lines, [line]);
        assert_eq!(imap.phase(), Phase::Starttls);
    }
}

#[test]
fn a_refused_capability_command_is_a_rejection() {
    let imap = hold(imap(), &["* OK hi", "a1 BAD what?"], &["a1 CAPABILITY", "<end>a2 LOGOUT"]);
    assert!(matches!(&imap.conversation().stop, Some(Stop::Rejected(reply)) if reply.word == "BAD"));
    assert_eq!(imap.phase(), Phase::Capabilities);
}

#[test]
fn bye_is_a_rejection_wherever_it_comes_and_nothing_is_said_after_it() {
    let before: [&[&str]; 4] =
        [&[], &["* OK hi"], &["* OK [CAPABILITY STARTTLS] hi"], &["* OK [CAPABILITY STARTTLS] hi", "a1 OK go"]];
    for lines in before {
        for (bye, status) in [("* BYE go away", Status::Permanent), ("* bye [unavailable] later", Status::Temporary)] {
            let imap = after(imap(), lines);
            let imap = hold(imap, &[bye], &["<end>"]);
            let Some(Stop::Rejected(reply)) = &imap.conversation().stop else { panic!("after {lines:?}") };
            assert_eq!((reply.word.as_str(), reply.status), ("BYE", status));
        }
    }
}

#[test]
fn preauth_leaves_no_way_to_the_upgrade() {
    for upgrade in [Upgrade::WhenOffered, Upgrade::Always] {
        let imap =
            hold(Imap::new(plaintext(upgrade)), &["* PREAUTH [CAPABILITY IMAP4rev1 STARTTLS] hi"], &["<end>a1 LOGOUT"]);
        assert_eq!(imap.conversation().stop, Some(Stop::StarttlsNotOffered));
        assert_eq!(imap.conversation().greeting.as_ref().unwrap().word, "PREAUTH");
        assert!(!imap.conversation().plaintext.as_ref().unwrap().password_login);
        assert_eq!(imap.phase(), Phase::Starttls);
    }
    hold(Imap::new(secured()), &["* PREAUTH hi"], &["a1 CAPABILITY"]);
}

#[test]
fn a_greeting_of_another_protocol_is_answered_with_nothing() {
    for line in ["220 mx ESMTP", "+OK ready", "SSH-2.0-x", "* 3 EXISTS", "* NO", "*OK", "a1 OK", ""] {
        let imap = hold(imap(), &[line], &["<end>"]);
        assert_eq!(imap.conversation().stop, Some(Stop::ForeignGreeting(line.to_owned())));
        assert_eq!(imap.conversation().greeting, None);
    }
}

#[test]
fn endless_untagged_responses_are_cut_off() {
    cut_off(after(imap(), &["* OK hi"]), "* 1 EXISTS");
}

#[test]
fn the_length_of_a_literal_stands_at_the_very_end() {
    for (line, length) in [
        ("ID {12}", Some(12)),
        ("ID {12+}", Some(12)),
        ("{0}", Some(0)),
        ("ID {}", None),
        ("ID {12} ", None),
        ("ID 12}", None),
        ("ID {-1}", None),
        ("ID {99999999999999999999999}", None),
        ("}", None),
    ] {
        assert_eq!(announced_literal(line.as_bytes()), length, "{line}");
    }
}

#[test]
fn what_decides_is_heard_at_the_end_of_a_long_list_and_little_of_the_rest_is_kept() {
    let words: Vec<String> = (0..20_000).map(|number| format!("X{number}-{}", "x".repeat(40))).collect();
    let mut lines = vec!["* OK mx".to_owned()];
    lines.extend(words.chunks(100).map(|words| format!("* CAPABILITY {}", words.join(" "))));
    lines.extend(["* CAPABILITY starttls LOGINDISABLED".to_owned(), "a1 OK done".to_owned()]);
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let imap = hold(imap(), &lines, &["a1 CAPABILITY", "a2 STARTTLS"]);
    let before = imap.conversation().plaintext.as_ref().unwrap();
    assert!(before.starttls && before.login_disabled);
    assert!(before.keywords.len() < 600, "{}", before.keywords.len());
}
