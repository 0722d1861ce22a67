//! Holds a dialogue with lines written down beforehand.

use super::line::MAX_REPLY_LINES;
use super::{Dialogue, Input, Settings, Step, Stop, Upgrade, Wants};

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
        match step {
            Step::Read => {}
            Step::Write(bytes) => said.push(text(&bytes)),
            Step::WriteSecret(line) => said.push(text(&line.bytes)),
            Step::AskLeave(errand) => said.push(format!("<{errand:?}?>")),
            Step::StartTls { .. } => said.push("<TLS again>".to_owned()),
            Step::Done { farewell } => said.push(format!("<end>{}", text(&farewell))),
        }
    }
    (dialogue, said)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).replace("\r\n", "")
}
