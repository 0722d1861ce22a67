//! Holds a dialogue with lines written down beforehand.

use super::{Dialogue, Input, Settings, Step, Upgrade};

/// Plaintext from the start.
pub(super) fn plaintext(upgrade: Upgrade) -> Settings {
    Settings { secured: false, upgrade, hello: "probe.test.example".to_owned() }
}

/// Inside TLS from the start.
pub(super) fn secured() -> Settings {
    Settings { secured: true, upgrade: Upgrade::Never, hello: "probe.test.example".to_owned() }
}

/// Feeds the lines one by one and returns what the client said, one entry a step: the bytes written, `<TLS>` for the
/// handshake, which then succeeds at once, and `<end>` with the farewell.
pub(super) fn talk(dialogue: &mut impl Dialogue, lines: &[&str]) -> Vec<String> {
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
            Step::StartTls { .. } => said.push("<TLS again>".to_owned()),
            Step::Done { farewell } => said.push(format!("<end>{}", text(&farewell))),
        }
    }
    said
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).replace("\r\n", "")
}
