//! What holds for every server, however it misbehaves: how the bytes are cut into pieces makes no difference, nothing
//! panics, and the client does not talk for ever.

mod watched;

use mailprobe::internals::protocol::imap::Imap;
use mailprobe::internals::protocol::pop3::Pop3;
use mailprobe::internals::protocol::smtp::Smtp;
use mailprobe::internals::protocol::{Dialogue, Settings, Upgrade, Wants};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select, subsequence};
use watched::{Outcome, all_wants, hold};

/// Lines that lead deep into a dialogue, so that chance meets more than the greeting.
const PLAUSIBLE: &[&str] = &[
    "220 mx",
    "220-wait",
    "250 mx",
    "250-mx",
    "250-STARTTLS",
    "250 STARTTLS",
    "250 AUTH PLAIN",
    "421 busy",
    "454 4.7.0 no",
    "502 what",
    "554 5.7.1 no",
    "* OK hi",
    "* OK [CAPABILITY IMAP4rev1 STARTTLS] hi",
    "* PREAUTH hi",
    "* BYE [UNAVAILABLE] later",
    "* CAPABILITY IMAP4rev1 STARTTLS AUTH=PLAIN",
    "* ID {7}",
    "a1 OK done",
    "a2 OK done",
    "a3 OK done",
    "a2 NO no",
    "+OK hi",
    "-ERR [IN-USE] no",
    "STLS",
    "SASL PLAIN",
    "..",
    ".",
    "+ go on",
    "334 ",
    "235 in",
    "354 go on",
    "",
];

/// What an SMTP server may say in a login and to an envelope.
const SMTP_ANSWERS: &[&str] = &[
    "334 ",
    "334",
    "334 VXNlcm5hbWU6",
    "334 what?",
    "334 cj14LHM9eCxpPTE=",
    "334-eA==",
    "235 2.7.0 in",
    "235-in",
    "250 ok",
    "251 elsewhere",
    "252 perhaps",
    "250-ok",
    "354 go on",
    "421 4.3.2 bye",
    "450 4.2.0 later",
    "501 cancelled",
    "503 5.5.1 out of step",
    "530 5.7.0 log in",
    "535 5.7.8 no",
    "550-5.1.1 no",
    "550 5.1.1 no",
    "220 mx",
    "221 bye",
    "<html>",
];
const IMAP_ANSWERS: &[&str] = &[
    "+ ",
    "+",
    "+ VXNlcm5hbWU6",
    "+ what?",
    "+ cj14LHM9eCxpPTE=",
    "a1 OK in",
    "a1 NO [AUTHENTICATIONFAILED] no",
    "a1 BAD what",
    "a2 OK in",
    "a3 OK in",
    "a3 NO no",
    "* BYE [UNAVAILABLE] later",
    "* NO [ALERT] mind",
    "* OK [CAPABILITY IMAP4rev1] hi",
    "* CAPABILITY IMAP4rev1 AUTH=PLAIN",
    "* 3 EXISTS",
    "* ID {7}",
    "<html>",
];
const POP3_ANSWERS: &[&str] = &[
    "+OK",
    "+OK in",
    "-ERR [AUTH] no",
    "-ERR [IN-USE] later",
    "-ERR",
    "+ ",
    "+",
    "+ VXNlcm5hbWU6",
    "+ what?",
    "+ cj14LHM9eCxpPTE=",
    ".",
    "<html>",
];

const MECHANISMS: [&str; 8] =
    ["PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-1", "SCRAM-SHA-1-PLUS", "SCRAM-SHA-256", "SCRAM-SHA-256-PLUS", "XOAUTH2"];

/// A server that is well-behaved until it could be logged in at, and then is not: its protocol (of [`dialogues`]), and its
/// lines.
fn deep_server() -> impl Strategy<Value = (usize, Vec<u8>)> {
    let answers = |lines: &'static [&'static str]| {
        let line = prop_oneof![
            9 => select(lines).prop_map(|line| line.as_bytes().to_vec()),
            1 => vec(any::<u8>(), 0..40),
        ];
        vec(line, 0..20)
    };
    let offered = subsequence(&MECHANISMS[..], 0..=3);
    let flag = any::<bool>();
    (offered, flag, any::<Index>(), answers(SMTP_ANSWERS), answers(IMAP_ANSWERS), answers(POP3_ANSWERS)).prop_map(
        |(offered, flag, which, smtp, imap, pop3)| {
            let words = offered.join(" ");
            let which = which.index(3);
            let (before, answers) = match which {
                0 if flag => (format!("220 mx\r\n250-mx\r\n250-SMTPUTF8\r\n250 AUTH {words}"), smtp),
                0 => (format!("220 mx\r\n250-mx\r\n250 AUTH {words}"), smtp),
                1 => {
                    let keywords: String = offered.iter().map(|name| format!(" AUTH={name}")).collect();
                    let initial = if flag { " SASL-IR" } else { "" };
                    (format!("* OK [CAPABILITY IMAP4rev1{initial}{keywords}] hi"), imap)
                }
                _ => {
                    let user = if flag { "USER\r\n" } else { "" };
                    (format!("+OK hi\r\n+OK\r\n{user}SASL {words}\r\n."), pop3)
                }
            };
            let lines = [vec![before.into_bytes()], answers].concat();
            (which, lines.into_iter().flat_map(|line| [line, b"\r\n".to_vec()].concat()).collect())
        },
    )
}

fn dialogues(secured: bool, upgrade: Upgrade, wants: &Wants) -> Vec<Box<dyn Dialogue>> {
    let settings = Settings { secured, upgrade, hello: "probe.test.example".to_owned(), wants: wants.clone() };
    vec![Box::new(Smtp::new(settings.clone())), Box::new(Imap::new(settings.clone())), Box::new(Pop3::new(settings))]
}

/// Every dialogue with what a server says, in these pieces.
fn held(how: &How, pieces: &[&[u8]]) -> Vec<Outcome> {
    let How { secured, upgrade, wants, gives_leave } = how;
    let dialogues = dialogues(*secured, *upgrade, wants).into_iter();
    dialogues.map(|dialogue| hold(dialogue, wants, *gives_leave, pieces.iter().copied())).collect()
}

fn server_bytes() -> impl Strategy<Value = Vec<u8>> {
    let line = prop_oneof![
        8 => select(PLAUSIBLE).prop_map(|line| line.as_bytes().to_vec()),
        1 => vec(any::<u8>(), 0..40),
    ];
    let end = prop_oneof![4 => Just(&b"\r\n"[..]), 1 => Just(&b"\n"[..]), 1 => Just(&b"\r"[..])];
    vec((line, end), 0..24)
        .prop_map(|lines| lines.into_iter().flat_map(|(line, end)| [line, end.to_vec()].concat()).collect())
}

#[derive(Debug, Clone)]
struct How {
    secured: bool,
    upgrade: Upgrade,
    wants: Wants,
    gives_leave: bool,
}

fn how() -> impl Strategy<Value = How> {
    let upgrade = select(&[Upgrade::Never, Upgrade::WhenOffered, Upgrade::Always][..]);
    let wants = select(vec![Wants::default(), all_wants(), Wants { login: true, ..Wants::default() }]);
    (any::<bool>(), upgrade, wants, any::<bool>()).prop_map(|(secured, upgrade, wants, gives_leave)| How {
        secured,
        upgrade,
        wants,
        gives_leave,
    })
}

/// The bytes in pieces of these lengths, over and over.
fn cut<'a>(bytes: &'a [u8], cuts: &[usize]) -> Vec<&'a [u8]> {
    let mut pieces = Vec::new();
    let mut rest = bytes;
    for cut in cuts.iter().cycle().take(bytes.len()) {
        let (piece, after) = rest.split_at((*cut).min(rest.len()));
        pieces.push(piece);
        rest = after;
    }
    pieces
}

#[test]
fn a_good_server_is_asked_for_everything() {
    let wants = all_wants();
    let server: &[u8] = b"220 mx\r\n250-mx\r\n250-SMTPUTF8\r\n250 AUTH LOGIN PLAIN\r\n235 in\r\n250 ok\r\n250 ok\r\n550 no\r\n250 ok\r\n";
    let outcome = hold(dialogues(true, Upgrade::Never, &wants).remove(0), &wants, true, [server]);
    let said = String::from_utf8(outcome.said).expect("text");
    let verbs: Vec<&str> = said.lines().filter_map(|line| line.split([' ', ':']).next()).collect();
    assert_eq!(verbs, ["EHLO", "AUTH", "MAIL", "RCPT", "RCPT", "RSET", "QUIT"], "{said}");
}

// What must never be said is looked for in every step: `watched`.
proptest! {
    #[test]
    fn how_the_bytes_are_cut_makes_no_difference(
        bytes in server_bytes(),
        cuts in vec(1_usize..30, 1..40),
        how in how(),
    ) {
        prop_assert_eq!(held(&how, &[&bytes]), held(&how, &cut(&bytes, &cuts)));
    }

    #[test]
    fn no_server_has_the_client_say_what_it_must_not(
        (which, bytes) in deep_server(),
        cuts in vec(1_usize..30, 1..40),
        gives_leave: bool,
    ) {
        let wants = all_wants();
        let hold = |pieces: &[&[u8]]| {
            hold(dialogues(true, Upgrade::Never, &wants).remove(which), &wants, gives_leave, pieces.iter().copied())
        };
        let outcome = hold(&[&bytes]);
        let login = outcome.conversation.login.as_ref();
        prop_assert!(login.is_some() || outcome.conversation.stop.is_some(), "{outcome:?}");
        prop_assert_eq!(outcome, hold(&cut(&bytes, &cuts)));
    }

    #[test]
    fn arbitrary_bytes_are_survived(bytes in vec(any::<u8>(), 0..600), how in how()) {
        held(&how, &[&bytes]);
    }
}
