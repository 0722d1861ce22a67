//! A dialogue under watch: at every step it is held to what no server may bring it to do, however it misbehaves. Shared with
//! the fuzz target `dialogues`.

use mailprobe::internals::login::{BindingKind, ChannelBinding, Credential, LoginOffer, choose};
use mailprobe::internals::protocol::line::LineSplitter;
use mailprobe::internals::protocol::{
    Conversation, Dialogue, Envelope, Errand, Input, Permission, Phase, Refrained, Step, Wants, Withheld,
};

/// EHLO, HELO and STARTTLS; a sender before TLS and RSET; a hello inside TLS, and HELO; a login of one command and nine
/// answers; an envelope of two recipients.
const MOST_QUESTIONS: usize = 3 + 2 + 2 + 10 + 4;

/// All that is ever said outside of a secret, in IMAP behind the tag. What would hand in a message (DATA, BDAT), ask about
/// users (VRFY, EXPN) or look into a mailbox (SELECT, EXAMINE, STAT, LIST, RETR) is not among it.
const VERBS: [&str; 14] = [
    "EHLO",
    "HELO",
    "STARTTLS",
    "AUTH",
    "MAIL",
    "RCPT",
    "RSET",
    "QUIT",
    "CAPABILITY",
    "AUTHENTICATE",
    "LOGOUT",
    "CAPA",
    "STLS",
    "USER",
];

/// The commands that begin a login, each with a secret or before one.
const LOGINS: [&str; 4] = ["AUTH", "AUTHENTICATE", "LOGIN", "PASS"];

const PASSWORD: &str = "correct \"horse\\ b\u{e4}ttery%20";

/// What a run of one dialogue shows, whatever the size of the pieces. Of a secret, what may be shown.
#[derive(Debug, PartialEq)]
pub(crate) struct Outcome {
    pub(crate) conversation: Conversation,
    pub(crate) phase: Phase,
    pub(crate) said: Vec<u8>,
    pub(crate) questions: usize,
}

/// Everything that can be wanted of a server on one connection: a sender in place of STARTTLS has one of its own.
pub(crate) fn all_wants() -> Wants {
    let envelope = Envelope {
        sender: String::new(),
        recipients: vec!["a@test.example".to_owned(), "gr\u{fc}n@test.example".to_owned()],
        in_the_clear: true,
        tests_relaying: false,
        asks_leave: true,
    };
    Wants { sender_in_the_clear: false, login: true, envelope: Some(envelope) }
}

/// Plays the server's bytes, every handshake succeeding at once, and ends the stream after the last.
///
/// # Panics
///
/// If the dialogue does what it must not.
pub(crate) fn hold<'a>(
    dialogue: Box<dyn Dialogue>,
    wants: &Wants,
    gives_leave: bool,
    pieces: impl IntoIterator<Item = &'a [u8]>,
) -> Outcome {
    let credential = Credential::with_password("us\u{e9}r@test.example", PASSWORD.to_owned()).expect("a credential");
    let wants = wants.clone();
    let watch = Watch {
        dialogue,
        wants,
        gives_leave,
        credential,
        given: Vec::new(),
        logins: 0,
        is_over: false,
        said: Vec::new(),
        questions: 0,
    };
    watch.run(pieces)
}

struct Watch {
    dialogue: Box<dyn Dialogue>,
    wants: Wants,
    gives_leave: bool,
    credential: Credential,
    /// What leave was given for.
    given: Vec<Errand>,
    logins: usize,
    is_over: bool,
    said: Vec<u8>,
    questions: usize,
}

impl Watch {
    fn run<'a>(mut self, pieces: impl IntoIterator<Item = &'a [u8]>) -> Outcome {
        let mut splitter = LineSplitter::new();
        for piece in pieces {
            splitter.push(piece);
            while let Some(line) = splitter.next_line() {
                let step = self.dialogue.input(line.into());
                self.follow(step);
            }
        }
        if !self.is_over {
            let step = self.dialogue.input(Input::EndOfStream);
            assert!(matches!(step, Step::Done { .. }), "{step:?} at the end of the stream");
        }
        assert!(self.questions <= MOST_QUESTIONS, "{} questions", self.questions);
        let phase = self.dialogue.phase();
        Outcome { conversation: self.dialogue.take_conversation(), phase, said: self.said, questions: self.questions }
    }

    fn follow(&mut self, mut step: Step) {
        loop {
            assert!(!self.is_over || matches!(step, Step::Done { .. }), "the dialogue was over, and said {step:?}");
            step = match step {
                Step::Read => return,
                Step::StartTls { then } => {
                    self.command(&then);
                    self.dialogue.input(Input::TlsUp)
                }
                Step::Write(bytes) => return self.command(&bytes),
                Step::WriteSecret(line) => {
                    assert!(self.given.contains(&Errand::LogIn), "a secret without leave: {}", line.shown);
                    assert!(line.bytes.ends_with(b"\r\n") || line.shown == "<blotted>", "{}", line.shown);
                    self.keeps_its_secret(line.shown.as_bytes());
                    self.count_login(&line.shown);
                    self.questions += 1;
                    self.said.extend(line.shown.as_bytes());
                    self.said.extend(b"\r\n");
                    return;
                }
                Step::AskLeave(errand) => {
                    let permission = self.permission(errand);
                    self.dialogue.permit(permission)
                }
                Step::Done { farewell } => {
                    if !farewell.is_empty() {
                        self.command(&farewell);
                    }
                    self.is_over = true;
                    return;
                }
            };
        }
    }

    /// One command, nothing of it secret.
    fn command(&mut self, bytes: &[u8]) {
        let line = std::str::from_utf8(bytes).expect("commands are text");
        let line = line.strip_suffix("\r\n").expect("a command ends with its line");
        assert!(!line.contains(['\r', '\n']), "two commands at once: {line:?}");
        let verb = verb(line);
        assert!(VERBS.contains(&verb), "{line}");
        assert!(verb != "RCPT" || self.given.contains(&Errand::Envelope), "a recipient without leave: {line}");
        assert!(
            verb != "MAIL" || self.given.contains(&Errand::Envelope) || self.wants.sender_in_the_clear,
            "a sender unasked: {line}"
        );
        assert!(verb != "USER" || self.given.contains(&Errand::LogIn), "a user without leave");
        self.keeps_its_secret(bytes);
        self.count_login(line);
        self.questions += 1;
        self.said.extend(bytes);
    }

    fn count_login(&mut self, line: &str) {
        if LOGINS.contains(&verb(line)) {
            assert!(self.given.contains(&Errand::LogIn), "a login without leave: {line}");
            self.logins += 1;
            assert_eq!(self.logins, 1, "a second login: {line}");
        }
    }

    fn keeps_its_secret(&self, bytes: &[u8]) {
        assert_eq!(&*self.credential.blotter().blot(bytes), bytes, "the password is in what may be shown");
    }

    fn permission(&mut self, errand: Errand) -> Permission {
        match errand {
            Errand::LogIn if !self.wants.login => panic!("no login is wanted"),
            Errand::Envelope if self.wants.envelope.is_none() => panic!("no envelope is wanted"),
            Errand::LogIn if !self.gives_leave => Permission::LogIn(Err(Withheld::Untrusted)),
            Errand::Envelope if !self.gives_leave => Permission::Envelope(Err(Refrained::AskedElsewhere)),
            Errand::LogIn => {
                // As the driver has it.
                let Some(offered) = self.dialogue.conversation().secured.as_ref() else {
                    return Permission::LogIn(Err(Withheld::NoTls));
                };
                let offer = LoginOffer {
                    mechanisms: &offered.mechanisms,
                    password_command: offered.password_login,
                    binding: Some(ChannelBinding { kind: BindingKind::TlsExporter, data: vec![7; 32].into() }),
                    host: "mail.test.example",
                    port: 993,
                };
                let way = choose(&self.credential, &offer);
                self.given.extend(way.is_some().then_some(Errand::LogIn));
                Permission::LogIn(way.ok_or(Withheld::NoMechanism))
            }
            Errand::Envelope => {
                self.given.push(Errand::Envelope);
                Permission::Envelope(Ok(()))
            }
        }
    }
}

/// The command's name, behind IMAP's tag.
fn verb(line: &str) -> &str {
    let mut words = line.split(' ');
    let first = words.next().unwrap_or_default();
    let is_tag = first.strip_prefix('a').is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit()));
    if is_tag { words.next().unwrap_or_default() } else { first }
}
