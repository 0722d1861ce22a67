//! What holds for every server, however it misbehaves: how the bytes are cut into pieces makes no difference, nothing
//! panics, and the client does not talk for ever.

use mailprobe::internals::protocol::imap::Imap;
use mailprobe::internals::protocol::line::LineSplitter;
use mailprobe::internals::protocol::pop3::Pop3;
use mailprobe::internals::protocol::smtp::Smtp;
use mailprobe::internals::protocol::{Conversation, Dialogue, Input, Phase, Settings, Step, Upgrade, Wants};
use proptest::collection::vec;
use proptest::prelude::*;

/// The most a dialogue ever asks: EHLO, HELO, STARTTLS, and a hello inside TLS.
const MAX_QUESTIONS: usize = 4;

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
    "",
];

#[derive(Debug, PartialEq)]
struct Outcome {
    learnt: Conversation,
    phase: Phase,
    said: Vec<u8>,
    questions: usize,
}

/// Plays the server's bytes, every handshake succeeding at once, and ends the stream after the last.
fn hold(mut dialogue: Box<dyn Dialogue>, pieces: &[&[u8]]) -> Outcome {
    let mut splitter = LineSplitter::new();
    let mut said = Vec::new();
    let mut questions = 0;
    let mut over = false;
    for piece in pieces {
        splitter.push(piece);
        while let Some(line) = splitter.next_line() {
            let mut step = dialogue.input(line.into());
            if let Step::StartTls { then } = &step {
                said.extend(then);
                questions += 1;
                step = dialogue.input(Input::TlsUp);
            }
            match step {
                Step::Read | Step::StartTls { .. } => {}
                Step::WriteSecret(_) | Step::AskLeave(_) => unreachable!("no errand is wanted"),
                Step::Write(bytes) => {
                    said.extend(bytes);
                    questions += 1;
                }
                Step::Done { farewell } => {
                    said.extend(farewell);
                    over = true;
                }
            }
        }
    }
    if !over {
        assert!(matches!(dialogue.input(Input::EndOfStream), Step::Done { .. }));
    }
    Outcome { learnt: dialogue.conversation().clone(), phase: dialogue.phase(), said, questions }
}

fn dialogues(secured: bool, upgrade: Upgrade) -> Vec<Box<dyn Dialogue>> {
    let settings = Settings { secured, upgrade, hello: "probe.test.example".to_owned(), wants: Wants::default() };
    vec![Box::new(Smtp::new(settings.clone())), Box::new(Imap::new(settings.clone())), Box::new(Pop3::new(settings))]
}

fn server_bytes() -> impl Strategy<Value = Vec<u8>> {
    let line = prop_oneof![
        8 => prop::sample::select(PLAUSIBLE).prop_map(|line| line.as_bytes().to_vec()),
        1 => vec(any::<u8>(), 0..40),
    ];
    let end = prop_oneof![4 => Just(&b"\r\n"[..]), 1 => Just(&b"\n"[..]), 1 => Just(&b"\r"[..])];
    vec((line, end), 0..24)
        .prop_map(|lines| lines.into_iter().flat_map(|(line, end)| [line, end.to_vec()].concat()).collect())
}

fn settings() -> impl Strategy<Value = (bool, Upgrade)> {
    let upgrade = prop::sample::select(&[Upgrade::Never, Upgrade::WhenOffered, Upgrade::Always][..]);
    (any::<bool>(), upgrade)
}

proptest! {
    #[test]
    fn how_the_bytes_are_cut_makes_no_difference(
        bytes in server_bytes(),
        cuts in vec(1_usize..30, 1..40),
        (secured, upgrade) in settings(),
    ) {
        let mut pieces = Vec::new();
        let mut rest = &bytes[..];
        for cut in cuts.iter().cycle().take(bytes.len()) {
            let (piece, after) = rest.split_at((*cut).min(rest.len()));
            pieces.push(piece);
            rest = after;
        }
        let whole = dialogues(secured, upgrade).into_iter().map(|dialogue| hold(dialogue, &[&bytes]));
        let cut = dialogues(secured, upgrade).into_iter().map(|dialogue| hold(dialogue, &pieces));
        for (whole, cut) in whole.zip(cut) {
            prop_assert_eq!(whole, cut);
        }
    }

    #[test]
    fn no_server_makes_the_client_talk_for_ever(bytes in server_bytes(), (secured, upgrade) in settings()) {
        for dialogue in dialogues(secured, upgrade) {
            let outcome = hold(dialogue, &[&bytes]);
            prop_assert!(outcome.questions <= MAX_QUESTIONS, "{} questions", outcome.questions);
        }
    }

    #[test]
    fn arbitrary_bytes_are_survived(bytes in vec(any::<u8>(), 0..600), (secured, upgrade) in settings()) {
        for dialogue in dialogues(secured, upgrade) {
            hold(dialogue, &[&bytes]);
        }
    }
}
