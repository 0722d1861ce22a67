//! Holds a dialogue with lines written down beforehand.

use std::collections::VecDeque;

use super::line::MAX_REPLY_LINES;
use super::sasl::{Sasl, SaslError, Secret, Way};
use super::{Dialogue, Input, Permission, Settings, Step, Stop, Upgrade, Wants};

/// Plaintext from the start.
pub(super) fn plaintext(upgrade: Upgrade) -> Settings {
    Settings { secured: false, upgrade, hello: "probe.test.example".to_owned(), wants: Wants::default() }
}

/// Inside TLS from the start.
pub(super) fn secured() -> Settings {
    Settings { secured: true, upgrade: Upgrade::Never, hello: "probe.test.example".to_owned(), wants: Wants::default() }
}

/// The dialogue after these lines, in which the client said this.
#[track_caller]
pub(super) fn hold<D: Dialogue>(dialogue: D, lines: &[&str], said: &[&str]) -> D {
    let (dialogue, heard) = talk(dialogue, lines);
    assert_eq!(heard, said, "{lines:?}");
    dialogue
}

/// The dialogue after these lines, whatever the client said.
pub(super) fn after<D: Dialogue>(dialogue: D, lines: &[&str]) -> D {
    talk(dialogue, lines).0
}

/// A reply to which the server adds this line for ever is cut off.
#[track_caller]
pub(super) fn cut_off(mut dialogue: impl Dialogue, line: &str) {
    let taken = (0..).take_while(|_| dialogue.input(Input::Line(line.as_bytes())) == Step::Read);
    assert!(taken.take(MAX_REPLY_LINES + 1).count() <= MAX_REPLY_LINES);
    assert_eq!(dialogue.conversation().stop, Some(Stop::TooLong));
}

/// Inside TLS from the start, where a login is made.
pub(super) fn logging_in() -> Settings {
    Settings { wants: Wants { login: true, ..Wants::default() }, ..secured() }
}

/// Lets the dialogue log in, which must have asked for leave.
#[track_caller]
pub(super) fn permit<D: Dialogue>(dialogue: D, permission: Permission) -> (D, Vec<String>) {
    let mut dialogue = dialogue;
    let step = dialogue.permit(permission);
    let said = note(step);
    (dialogue, said)
}

/// Holds a dialogue that asks for leave to log in after the first lines, gets it, and hears the other lines. What the client
/// said after it got leave.
#[track_caller]
pub(super) fn log_in<D: Dialogue>(dialogue: D, lines: &[&str], way: Way, answers: &[&str]) -> (D, Vec<String>) {
    let (dialogue, before) = talk(dialogue, lines);
    assert_eq!(before.last().map(String::as_str), Some("<LogIn?>"), "{before:?}");
    let (dialogue, mut said) = permit(dialogue, Permission::LogIn(Ok(way)));
    let (dialogue, more) = talk(dialogue, answers);
    said.extend(more);
    (dialogue, said)
}

/// A mechanism that says what is written down for it: an initial response, and answers to whatever challenges.
pub(super) struct ScriptedSasl {
    initial: Option<Vec<u8>>,
    answers: VecDeque<Vec<u8>>,
}

impl ScriptedSasl {
    pub(super) fn way(initial: Option<&str>, answers: &[&str]) -> Way {
        let bytes = |text: &str| text.as_bytes().to_vec();
        let answers = answers.iter().map(|answer| bytes(answer)).collect();
        Way::Sasl(Box::new(Self { initial: initial.map(bytes), answers }))
    }
}

impl Sasl for ScriptedSasl {
    fn mechanism(&self) -> &'static str {
        "X-TEST"
    }

    fn initial_response(&mut self) -> Result<Option<Secret>, SaslError> {
        Ok(self.initial.take().map(Secret::new))
    }

    fn respond(&mut self, _challenge: &[u8]) -> Result<Secret, SaslError> {
        self.answers.pop_front().map(Secret::new).ok_or_else(|| SaslError("nothing left to say".to_owned()))
    }

    fn succeeded(&mut self) -> Result<(), SaslError> {
        if self.answers.is_empty() { Ok(()) } else { Err(SaslError::early_success()) }
    }
}

/// The protocol's own command, for a user of this name.
pub(super) fn by_password(user: &str, password: &str) -> Way {
    Way::Password { user: user.to_owned(), password: Secret::new(password.as_bytes().to_vec()) }
}

/// Feeds the lines one by one and also returns what the client said, one entry a step: the bytes written, `<TLS>` for the
/// handshake, which then succeeds at once, and `<end>` with the farewell.
pub(super) fn talk<D: Dialogue>(mut dialogue: D, lines: &[&str]) -> (D, Vec<String>) {
    let mut said = Vec::new();
    for line in lines {
        let mut step = dialogue.input(Input::Line(line.as_bytes()));
        if let Step::StartTls { then } = &step {
            said.extend(["<TLS>".to_owned(), text(then)]);
            step = dialogue.input(Input::TlsUp);
        }
        said.extend(note(step));
    }
    (dialogue, said)
}

/// What a step is, in the notation of these tests. What is secret is marked.
fn note(step: Step) -> Vec<String> {
    let said = match step {
        Step::Read => return Vec::new(),
        Step::Write(bytes) => text(&bytes),
        Step::WriteSecret(line) => format!("<secret>{}", String::from_utf8_lossy(&line.bytes).trim_end_matches("\r\n")),
        Step::AskLeave(errand) => format!("<{errand:?}?>"),
        Step::StartTls { .. } => "<TLS again>".to_owned(),
        Step::Done { farewell } => format!("<end>{}", text(&farewell)),
    };
    vec![said]
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).replace("\r\n", "")
}
