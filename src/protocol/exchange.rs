//! What the three dialogues have in common: where they stand, what they learnt, and when they ask for TLS.

use std::collections::HashSet;
use std::ops::ControlFlow::{self, Break, Continue};

use super::login::{LoginTalk, SaslTalk};
use super::sasl::{Sasl, SaslError, Secret};
use super::{
    Capabilities, Conversation, Errand, Input, LoginOutcome, Phase, Reply, SecretLine, Settings, Step, Stop, Upgrade,
    Withheld,
};

/// Nothing to say before closing: the server has gone, or does not speak the protocol.
pub(super) const SILENCE: &[u8] = b"";

/// What is shown in place of a secret.
pub(super) const BLOTTED: &str = "<blotted>";

/// How much of the server's lines is kept in full: twice the longest real dialogue (Cyrus).
const WHOLE_BYTES: usize = 8 * 1024;

/// How much is kept of every line after that.
const BEGINNING_BYTES: usize = 32;

/// The most keywords kept of a list. The longest real one has about 60.
pub(super) const MOST_KEYWORDS: usize = 512;

/// A dialogue's place and its findings.
pub(super) struct Exchange {
    pub(super) settings: Settings,
    pub(super) conversation: Conversation,
    pub(super) phase: Phase,
    awaiting: Awaiting,
    secured: bool,
    /// The login that is being made.
    login: Option<OngoingLogin>,
    /// How many bytes of the server's words are kept in full yet.
    room: usize,
}

enum OngoingLogin {
    Sasl(SaslTalk),
    /// With the protocol's own command.
    Command,
}

#[derive(Debug, Clone, Copy)]
enum Awaiting {
    Reply,
    Handshake,
    /// Not the server: whether an errand may be done.
    Leave,
    /// The dialogue is over.
    Nothing,
}

impl Exchange {
    pub(super) fn new(settings: Settings) -> Self {
        Self {
            secured: settings.secured,
            settings,
            conversation: Conversation::default(),
            phase: Phase::Greeting,
            awaiting: Awaiting::Reply,
            login: None,
            room: WHOLE_BYTES,
        }
    }

    /// A line as text, to be kept: all of it, unless the server has said too much already. The words that a dialogue
    /// goes by stand at the beginning of a line.
    pub(super) fn keep(&mut self, line: &[u8]) -> String {
        let most = self.room.max(BEGINNING_BYTES);
        self.room = self.room.saturating_sub(line.len());
        match line.get(..most) {
            Some(beginning) if line.len() > most => lossy(beginning) + "…",
            _ => lossy(line),
        }
    }

    /// A reply of which no more is kept than that.
    pub(super) fn shorten(&mut self, reply: Reply) -> Reply {
        let lines = reply.lines.iter().map(|line| self.keep(line.as_bytes())).collect();
        Reply { lines, text: self.keep(reply.text.as_bytes()), ..reply }
    }

    /// The line of the reply that is due; or what to do, where the input means the same in every protocol.
    pub(super) fn line<'a>(&mut self, input: Input<'a>) -> ControlFlow<Step, &'a [u8]> {
        match (self.awaiting, input) {
            (Awaiting::Nothing, _) => Break(Step::Done { farewell: Vec::new() }),
            (_, Input::EndOfStream) => Break(self.stop(Stop::EndOfStream, SILENCE)),
            (_, Input::LineTooLong(_)) => Break(self.stop(Stop::TooLong, SILENCE)),
            (Awaiting::Reply, Input::Line(line)) => Continue(line),
            (Awaiting::Reply, Input::TlsUp) => Break(Step::Read),
            // The driver says whether, before it hands on what comes.
            (Awaiting::Leave, _) => Break(self.finish(SILENCE)),
            // The driver looks for plaintext before the handshake; a line that comes all the same is never a reply.
            (Awaiting::Handshake, Input::Line(line)) => Break(self.stop(Stop::Malformed(lossy(line)), SILENCE)),
            (Awaiting::Handshake, Input::TlsUp) => {
                self.awaiting = Awaiting::Reply;
                self.secured = true;
                self.enter_capabilities();
                Break(Step::Read)
            }
        }
    }

    /// The capabilities are asked for, before TLS or inside it.
    pub(super) fn enter_capabilities(&mut self) {
        self.phase = if self.secured { Phase::SecuredCapabilities } else { Phase::Capabilities };
    }

    /// Keeps what the server offers and says whether TLS is to be asked for now. `ask_unoffered`: that is worth a try
    /// although it is not among the capabilities.
    pub(super) fn offered(&mut self, capabilities: Capabilities, ask_unoffered: bool) -> bool {
        self.enter_capabilities();
        if self.secured {
            self.conversation.secured = Some(capabilities);
            return false;
        }
        let worth_a_try = self.settings.upgrade == Upgrade::Always || capabilities.starttls || ask_unoffered;
        self.conversation.plaintext = Some(capabilities);
        if self.settings.upgrade == Upgrade::Never {
            return false;
        }
        if worth_a_try {
            self.phase = Phase::Starttls;
        } else {
            self.starttls_not_offered();
        }
        worth_a_try
    }

    pub(super) fn starttls_not_offered(&mut self) {
        self.phase = Phase::Starttls;
        self.conversation.stop = Some(Stop::StarttlsNotOffered);
    }

    /// The server agreed to the upgrade. `then` asks for the capabilities inside TLS.
    pub(super) fn start_tls(&mut self, reply: Reply, then: Vec<u8>) -> Step {
        self.conversation.starttls = Some(reply);
        self.awaiting = Awaiting::Handshake;
        Step::StartTls { then }
    }

    /// The server refused the upgrade, which it may never have offered.
    pub(super) fn refuse_tls(&mut self, reply: Reply, farewell: &[u8]) -> Step {
        self.conversation.starttls = Some(reply.clone());
        let offered = self.conversation.plaintext.as_ref().is_some_and(|capabilities| capabilities.starttls);
        let stop = if offered { Stop::StarttlsRefused(reply) } else { Stop::StarttlsNotOffered };
        self.stop(stop, farewell)
    }

    /// The server answered with a refusal, or took leave.
    pub(super) fn reject(&mut self, reply: Reply, farewell: &[u8]) -> Step {
        match self.phase {
            Phase::Greeting => self.conversation.greeting = Some(reply.clone()),
            Phase::Starttls => self.conversation.starttls = Some(reply.clone()),
            // No refusal of the service: of the login, of the envelope.
            Phase::Login => {
                self.login_refused(reply);
                return self.finish(farewell);
            }
            Phase::Capabilities | Phase::SecuredCapabilities | Phase::Envelope => {}
        }
        self.stop(Stop::Rejected(reply), farewell)
    }

    /// What was learnt, the login and all.
    pub(super) fn take_conversation(&mut self) -> Conversation {
        if let Some(login) = self.login.take() {
            self.conversation.login = Some(match login {
                OngoingLogin::Sasl(sasl) => sasl.unanswered(),
                OngoingLogin::Command => by_command(LoginOutcome::Unanswered),
            });
        }
        std::mem::take(&mut self.conversation)
    }

    /// Whether the dialogue is to go on with a login: then leave is asked for.
    pub(super) fn ask_to_log_in(&mut self) -> Option<Step> {
        let is_due = self.settings.wants.login && self.conversation.login.is_none() && self.conversation.stop.is_none();
        is_due.then(|| self.ask_leave(Errand::LogIn))
    }

    pub(super) fn ask_leave(&mut self, errand: Errand) -> Step {
        self.awaiting = Awaiting::Leave;
        Step::AskLeave(errand)
    }

    /// Whether leave was asked for. It is given once.
    pub(super) fn takes_leave(&mut self) -> bool {
        let asked = matches!(self.awaiting, Awaiting::Leave);
        if asked {
            self.awaiting = Awaiting::Reply;
        }
        asked
    }

    pub(super) fn withhold_login(&mut self, why: Withheld) {
        self.conversation.login = Some(LoginTalk::withheld(why));
    }

    /// Begins a SASL exchange: what the first command ends with, and its name, are returned. `None` where the exchange could
    /// not begin, which is noted.
    pub(super) fn begin_login(&mut self, sasl: Box<dyn Sasl>, most: usize) -> Option<(String, Option<Secret>)> {
        self.phase = Phase::Login;
        match SaslTalk::begin(sasl, most) {
            Ok((talk, attached)) => {
                let mechanism = talk.mechanism().to_owned();
                self.login = Some(OngoingLogin::Sasl(talk));
                Some((mechanism, attached))
            }
            Err(talk) => {
                self.conversation.login = Some(*talk);
                None
            }
        }
    }

    /// Begins a login with the protocol's own command.
    pub(super) fn begin_login_by_command(&mut self) {
        self.phase = Phase::Login;
        self.login = Some(OngoingLogin::Command);
    }

    /// Whether a SASL exchange is on its way.
    pub(super) fn takes_challenges(&self) -> bool {
        matches!(self.login, Some(OngoingLogin::Sasl(_)))
    }

    /// What to do at a challenge, which came with this line.
    pub(super) fn answer_challenge(&mut self, challenge: &[u8], line: &[u8]) -> Step {
        let Some(OngoingLogin::Sasl(sasl)) = &mut self.login else { return self.malformed(line, SILENCE) };
        let mut bytes = sasl.answer(challenge);
        if sasl.goes_on_and_on() {
            return self.stop(Stop::TooLong, SILENCE);
        }
        bytes.extend(b"\r\n");
        secret(bytes, BLOTTED.to_owned())
    }

    /// The server took the login. Whether it did so rightly is noted.
    pub(super) fn login_accepted(&mut self, reply: Reply) {
        self.conversation.login = Some(match self.login.take() {
            Some(OngoingLogin::Sasl(sasl)) => sasl.accepted(reply),
            Some(OngoingLogin::Command) | None => by_command(LoginOutcome::Accepted(reply)),
        });
    }

    /// The server took the login without having been told all of it.
    pub(super) fn login_accepted_early(&mut self) {
        self.login = None;
        self.conversation.login = Some(by_command(LoginOutcome::Broken(SaslError::early_success().to_string())));
    }

    pub(super) fn login_refused(&mut self, reply: Reply) {
        self.conversation.login = Some(match self.login.take() {
            Some(OngoingLogin::Sasl(sasl)) => sasl.refused(reply),
            Some(OngoingLogin::Command) | None => by_command(LoginOutcome::Refused(reply)),
        });
    }

    /// Whether the login was taken.
    pub(super) fn is_logged_in(&self) -> bool {
        self.conversation.login.as_ref().is_some_and(|login| matches!(login.outcome, LoginOutcome::Accepted(_)))
    }

    /// Ends the dialogue early.
    pub(super) fn stop(&mut self, stop: Stop, farewell: &[u8]) -> Step {
        self.conversation.stop = Some(stop);
        self.finish(farewell)
    }

    /// Ends the dialogue because of a line that is no part of any reply.
    pub(super) fn malformed(&mut self, line: &[u8], farewell: &[u8]) -> Step {
        self.stop(Stop::Malformed(lossy(line)), farewell)
    }

    /// Ends the dialogue.
    pub(super) fn finish(&mut self, farewell: &[u8]) -> Step {
        self.awaiting = Awaiting::Nothing;
        Step::Done { farewell: farewell.to_vec() }
    }
}

/// Something secret is to be sent.
pub(super) fn secret(bytes: Secret, shown: String) -> Step {
    Step::WriteSecret(Box::new(SecretLine { bytes, shown }))
}

fn by_command(outcome: LoginOutcome) -> LoginTalk {
    LoginTalk { mechanism: None, outcome, detail: None }
}

/// A line as text, invalid UTF-8 replaced.
pub(super) fn lossy(line: &[u8]) -> String {
    String::from_utf8_lossy(line).into_owned()
}

/// Each value once, in the order of first appearance.
pub(super) fn unique(values: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut seen = HashSet::new();
    values.into_iter().filter(|value| seen.insert(value.clone())).collect()
}

/// Splits `[CODE arguments] text`, as IMAP and POP3 write it, into code, arguments and text. Without a closing bracket
/// everything is text.
pub(super) fn response_code(text: &str) -> (Option<(&str, &str)>, &str) {
    let Some((code, rest)) = text.strip_prefix('[').and_then(|text| text.split_once(']')) else {
        return (None, text);
    };
    let code = code.trim();
    (Some(code.split_once(' ').unwrap_or((code, ""))), rest.trim_start())
}
