use super::*;
use crate::diagnosis::tests::replies::{Row, Witnesses, distinct_by, envelopes, mixed, reply};

fn asked(row: &Row) -> Asked {
    if row.asked.as_deref() == Some("sender") { Asked::Sender } else { Asked::Recipient }
}

fn recipient(text: &str) -> EnvelopeMeaning {
    meaning(&reply(text), Asked::Recipient).expect("a meaning")
}

fn is_definite(finding: FindingId) -> bool {
    !matches!(finding, FindingId::MailRefused | FindingId::MailDeferred)
}

#[test]
fn real_answers_mean_what_the_table_says() {
    assert!(envelopes().len() >= 65, "{}", envelopes().len());
    let mut wrong = Vec::new();
    for row in envelopes() {
        let read = row.read();
        let found = meaning(&read, asked(row)).expect("a meaning");
        let wait = row.wait.map(Duration::from_secs);
        if (found.finding, found.list, found.wait) != (row.means(), row.list.as_deref(), wait) {
            wrong.push(format!("{}: {}: {found:?} instead of {}", row.server, row.reply, row.means()));
        }
        let state = match read.status {
            Status::Positive => State::Ok,
            Status::Temporary => State::MailDeferred,
            Status::Permanent => State::MailRefused,
        };
        assert_eq!(found.state, state, "{}", row.reply);
        assert!(!row.source.is_empty() && !row.seen.is_empty(), "{}", row.reply);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The rule of the whole table: of the code, the enhanced code and the words of any three rows, put together as one reply,
/// never two contradict what it is read as.
#[test]
fn no_mixture_is_read_as_what_two_of_three_contradict() {
    let rows = envelopes();
    let witnesses = Witnesses::of(rows);
    let (codes, finer) =
        (distinct_by(rows, |reply| reply.word.clone()), distinct_by(rows, |reply| reply.enhanced.clone()));
    let (mut definite, mut wrong) = (0, Vec::new());
    for (code, fine) in codes.iter().flat_map(|code| finer.iter().map(move |fine| (code, fine))) {
        for words in rows {
            let mixture = mixed(code, fine, &words.read());
            let Some(found) = meaning(&mixture, asked(words)) else { continue };
            if !is_definite(found.finding) || found.state == State::Ok {
                continue;
            }
            definite += 1;
            let against = witnesses.against(found.finding, code, fine, alone(&mixture));
            if against > 1 {
                wrong.push(format!("{} {} read as {}", code.word, tail(fine, &words.reply), found.finding));
            }
            let never = if code.status == Status::Permanent {
                FindingId::RecipientGreylisted
            } else {
                FindingId::RecipientUnknown
            };
            assert_ne!(found.finding, never, "{mixture:?}");
        }
    }
    assert!(definite > 1000, "{definite}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What the words say with a code that says nothing: of the same class, or else of the other.
fn alone(mixture: &Reply) -> Option<FindingId> {
    let bare = |word: &str, status| Reply { word: word.into(), status, enhanced: None, ..mixture.clone() };
    [bare("550", Status::Permanent), bare("450", Status::Temporary)]
        .iter()
        .find_map(|reply| why(reply, Asked::Recipient))
}

/// The finer code and the words of a mixture, for a message.
fn tail(fine: &Reply, words: &str) -> String {
    let code = fine.enhanced.as_ref().or(fine.response_code.as_ref()).map_or("", String::as_str);
    format!("{code}, words of {words:?}")
}

#[test]
fn what_contradicts_itself_is_not_told() {
    for (text, finding) in [
        ("550 5.1.1 <user@example.org>: Relay access denied", FindingId::MailRefused),
        ("450 5.1.1 User unknown", FindingId::MailDeferred),
        ("550 4.2.2 Mailbox full", FindingId::MailRefused),
        ("550 5.7.1 Greylisted, try again later", FindingId::MailRefused),
        ("450 4.1.1 User unknown", FindingId::MailDeferred),
        ("452 4.2.2 User unknown", FindingId::MailDeferred),
        ("550 5.2.2 blocked using zen.spamhaus.org", FindingId::MailRefused),
        ("550 User unknown, mailbox full", FindingId::MailRefused),
        ("535 5.7.8 Mailbox full", FindingId::MailRefused),
    ] {
        assert_eq!(recipient(text).finding, finding, "{text}");
    }
}

#[test]
fn an_enhanced_code_speaks_where_the_words_are_silent() {
    for (text, finding) in [
        ("550 5.1.1 Destinataire inconnu", FindingId::RecipientUnknown),
        ("552 5.2.2", FindingId::RecipientMailboxFull),
        ("550 5.7.25", FindingId::NoReverseName),
        ("550 5.7.1", FindingId::MailRefused),
        ("550", FindingId::MailRefused),
        ("450", FindingId::MailDeferred),
    ] {
        assert_eq!(recipient(text).finding, finding, "{text}");
    }
}

#[test]
fn addresses_and_links_in_a_reply_say_nothing() {
    let text = "550 5.1.1 <greylisted@spamhaus.example>: User unknown, see https://example.org/blacklist";
    assert_eq!(recipient(text).finding, FindingId::RecipientUnknown);
}

#[test]
fn a_sender_is_not_refused_for_a_recipient() {
    let refused = meaning(&reply("550 5.1.1 User unknown"), Asked::Sender).expect("a meaning");
    assert_eq!(refused.finding, FindingId::MailRefused);
    assert_eq!(meaning(&reply("250 2.1.0 Ok"), Asked::Sender), None);
}

#[test]
fn the_time_to_wait_is_read() {
    for (text, seconds) in [
        ("450 4.7.1 Greylisted, please try again in 300 seconds", Some(300)),
        ("450 4.7.1 Greylisted for 5 minutes", Some(300)),
        ("451 4.7.1 Greylisting in action, please come back in 00:04:59", Some(299)),
        ("450 Greylisted, come back in 1 hour.", Some(3600)),
        ("450 Greylisted, come back later", None),
        ("450 Greylisted for 99999999999999999999 seconds", None),
        ("450 Greylisted for 9999999999 hours", None),
        ("450 Greylisted for 0 seconds", None),
        // Nobody waits after a refusal for good.
        ("550 5.1.1 User unknown, try again in 300 seconds", None),
    ] {
        assert_eq!(recipient(text).wait, seconds.map(Duration::from_secs), "{text}");
    }
}
