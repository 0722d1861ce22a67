//! The pump between a byte stream and a dialogue: it owns the stream and the time, the dialogue owns the words.

use std::borrow::Cow;
use std::io;
use std::pin::pin;

use futures_util::FutureExt;
use rustls::pki_types::UnixTime;

use super::closing::Closing;
use super::deadlines::Deadlines;
use super::limits;
use super::log_in::{Login, compute};
use super::recorder::Recorder;
use super::vigil::Vigil;
use super::wire::{Plain, Wire};
use crate::observation::{Speaker, Stage, StopCause, TlsFacts, TlsFailure, TlsFailureKind};
use crate::protocol::line::{Line, LineSplitter};
use crate::protocol::{Dialogue, Errand, Input, Permission, Phase, SecretLine, Step, Stop, Withheld};
use crate::target::Host;
use crate::transport::hello::{BareAnswer, BareHelloReply, Offer, ServerChoice, send_bare_hello};
use crate::transport::tls::{self, Hello, TlsClient, TlsSession};

/// Waits for the beginning of the greeting, or the end.
pub(super) async fn wait_for_greeting(
    stream: &mut Plain,
    deadlines: &Deadlines<'_>,
    recorder: &Recorder,
    vigil: Option<&Vigil>,
) -> Result<(), StopCause> {
    let end = deadlines.stage_end(recorder);
    recorder.awaits(deadlines.end(end).0);
    // Pinned here, so that it is not kept twice.
    let waited = pin!(deadlines.wait(end, async {
        stream.wait().await?;
        Ok(usize::from(stream.next_byte().is_some()))
    }));
    let waited = match vigil {
        Some(vigil) => vigil.keep(end, waited).await?,
        None => waited.await?,
    };
    waited.map(drop).map_err(|error| broken(&error))
}

/// How TLS is begun.
pub(super) enum Opening<'a> {
    /// With a handshake.
    Handshake(Hello),
    /// With a bare hello, and the answer to it ends the conversation.
    Bare { offer: &'a Offer, chosen: &'a mut Option<ServerChoice> },
}

pub(super) struct Pump<'a> {
    pub(super) dialogue: &'a mut dyn Dialogue,
    pub(super) client: &'a TlsClient,
    /// The name or address that is sent in the TLS handshake (names only) and looked for in the certificate.
    pub(super) host: &'a Host,
    pub(super) opening: Opening<'a>,
    /// Whether the handshake comes before everything else.
    pub(super) implicit: bool,
    /// What EHLO is to name, as far as it is known once the server has begun to greet.
    pub(super) hello_name: &'a (dyn Fn() -> String + Sync),
    pub(super) deadlines: &'a Deadlines<'a>,
    pub(super) recorder: &'a mut Recorder,
    pub(super) closing: &'a mut Closing,
    pub(super) lines: LineSplitter,
    pub(super) received: usize,
    /// What a write met: the system tells of a reset once, and the next read would find a mere end.
    pub(super) hung_up: Option<StopCause>,
    /// Kept while nothing is said inside TLS.
    pub(super) vigil: Option<&'a Vigil>,
    /// The login that is wanted.
    pub(super) login: Option<Box<Login<'a>>>,
    /// Whether the certificates that the server sends are kept.
    pub(super) keeps_certificates: bool,
}

impl Pump<'_> {
    /// Holds the dialogue over `stream` to its end, and closes the connection. Everything seen goes to the recorder.
    pub(super) async fn run(&mut self, stream: Plain) -> Result<(), StopCause> {
        let record = stream.record();
        let result = self.converse(Wire::Plain(stream)).await;
        if matches!(&result, Err(cause) if *cause != StopCause::Dialogue) {
            self.note_partial_line();
        }
        if result.is_err() {
            // They tell what else it is that answers.
            self.recorder.learnt().first_bytes = record.first_bytes();
        }
        let mut conversation = self.dialogue.take_conversation();
        if let Some(login) = &mut self.login {
            // It came in a challenge.
            if let Some(detail) = conversation.login.as_mut().and_then(|talk| talk.detail.as_mut()) {
                *detail = String::from_utf8_lossy(&login.blot(detail.as_bytes())).into_owned();
            }
            login.end(conversation.login.as_ref());
        }
        self.recorder.learnt().conversation = conversation;
        result
    }

    async fn converse(&mut self, mut wire: Wire) -> Result<(), StopCause> {
        if self.implicit {
            let Some(secured) = self.secure(wire, &[]).await? else { return Ok(()) };
            wire = secured;
        }
        self.follow_phase();
        let mut step = Step::Read;
        loop {
            step = match step {
                Step::Read => self.listen(&mut wire).await?,
                Step::Write(bytes) => {
                    self.speak(&mut wire, &bytes).await?;
                    Step::Read
                }
                Step::WriteSecret(line) => {
                    let SecretLine { bytes, shown } = *line;
                    self.recorder.said(Speaker::Client, &shown);
                    self.send(&mut wire, &bytes).await?;
                    Step::Read
                }
                Step::AskLeave(errand) => {
                    let permission = Box::pin(self.ask_leave(errand)).await?;
                    let step = self.dialogue.permit(permission);
                    self.follow_phase();
                    step
                }
                Step::StartTls { then } => {
                    self.forbid_leftovers(&mut wire).await?;
                    let Some(secured) = self.secure(wire, &then).await? else { return Ok(()) };
                    wire = secured;
                    self.note_said(&then);
                    self.tell(Input::TlsUp)
                }
                Step::Done { farewell } => return self.close(wire, farewell),
            };
        }
    }

    async fn listen(&mut self, wire: &mut Wire) -> Result<Step, StopCause> {
        loop {
            if let Some(line) = self.lines.next_line() {
                let (Line::Whole(bytes) | Line::TooLong(bytes)) = line;
                // Nothing that came back of a secret goes any further than this.
                let shown = self.login.as_ref().map_or(Cow::Borrowed(bytes), |login| login.blot(bytes));
                self.recorder.said(Speaker::Server, &String::from_utf8_lossy(&shown));
                // But a mechanism reads what really came: the prompt "Password:" may hold a poor password.
                let heard = if self.dialogue.is_challenge(bytes) { bytes } else { &shown };
                let input = match line {
                    Line::Whole(_) => Input::Line(heard),
                    Line::TooLong(_) => Input::LineTooLong(heard),
                };
                if self.dialogue.phase() == Phase::Greeting {
                    self.dialogue.introduce((self.hello_name)());
                }
                let dialogue = &mut *self.dialogue;
                let step = if dialogue.phase() == Phase::Login {
                    compute(|| dialogue.input(input))
                } else {
                    dialogue.input(input)
                };
                self.follow_phase();
                return Ok(step);
            }
            let end = self.deadlines.stage_end(self.recorder);
            let lines = &mut self.lines;
            let read = self.deadlines.wait(end, wire.read(|bytes| lines.push(bytes)));
            let read = match self.vigil.filter(|_| self.received == 0) {
                Some(vigil) => {
                    self.recorder.awaits(self.deadlines.end(end).0);
                    vigil.keep(end, read).await?
                }
                None => read.await?,
            };
            match read {
                Ok(0) => return self.hear_the_end(),
                Ok(count) => {
                    self.received += count;
                    if self.received > limits::DIALOGUE_BYTES {
                        return Err(StopCause::TooManyBytes);
                    }
                }
                // A TLS peer that closes without saying so: many mail servers do.
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return self.hear_the_end(),
                Err(error) => return Err(broken(&error)),
            }
        }
    }

    fn hear_the_end(&mut self) -> Result<Step, StopCause> {
        if self.hung_up == Some(StopCause::Reset) {
            return Err(StopCause::Reset);
        }
        self.note_partial_line();
        self.recorder.said(Speaker::Remark, "the server closed the connection");
        Ok(self.tell(Input::EndOfStream))
    }

    /// Half a line is evidence, too: a server that is slow is told from one that is silent, inside TLS as well.
    fn note_partial_line(&mut self) {
        let partial = self.lines.take_pending();
        if !partial.is_empty() {
            let partial = self.login.as_ref().map_or(partial.as_slice().into(), |login| login.blot(&partial));
            self.recorder.said(Speaker::Server, &String::from_utf8_lossy(&partial));
        }
    }

    /// Whether an errand may be done.
    async fn ask_leave(&mut self, errand: Errand) -> Result<Permission, StopCause> {
        Ok(match (errand, self.login.as_deref_mut()) {
            (Errand::Envelope, _) => Permission::Envelope(self.deadlines.context.errands.envelope().await),
            (Errand::LogIn, None) => Permission::LogIn(Err(Withheld::NoMechanism)),
            (Errand::LogIn, Some(login)) => {
                let offered = self.dialogue.conversation().secured.as_ref();
                Permission::LogIn(login.ask(offered, self.deadlines).await?)
            }
        })
    }

    /// Sends bytes. A server that has hung up may have said why before it did: then the next read tells.
    async fn speak(&mut self, wire: &mut Wire, bytes: &[u8]) -> Result<(), StopCause> {
        self.note_said(bytes);
        self.send(wire, bytes).await
    }

    async fn send(&mut self, wire: &mut Wire, bytes: &[u8]) -> Result<(), StopCause> {
        let end = self.deadlines.stage_end(self.recorder);
        match self.deadlines.wait(end, wire.write(bytes)).await?.map_err(|error| broken(&error)) {
            Err(hung_up @ (StopCause::Closed | StopCause::Reset)) => {
                self.hung_up = Some(hung_up);
                Ok(())
            }
            written => written,
        }
    }

    /// Before the client's hello the server has nothing to say. What it says all the same was put there in the clear
    /// (CVE-2011-0411), and is neither fed to the TLS layer nor taken as a reply from inside the tunnel.
    async fn forbid_leftovers(&mut self, wire: &mut Wire) -> Result<(), StopCause> {
        let mut leftovers = self.lines.take_pending();
        if leftovers.is_empty() {
            // Bytes that came in a segment of their own may be waiting in the socket.
            tokio::task::yield_now().await;
            let _ = wire.read(|bytes| leftovers.extend_from_slice(bytes)).now_or_never();
        }
        if leftovers.is_empty() {
            return Ok(());
        }
        self.recorder.said(Speaker::Server, &String::from_utf8_lossy(&leftovers));
        Err(StopCause::LeftoverPlaintext(leftovers))
    }

    /// Begins TLS, with `then` as the first words inside it; `None` after the bare hello, which leaves no stream to go on
    /// with.
    async fn secure(&mut self, wire: Wire, then: &[u8]) -> Result<Option<Wire>, StopCause> {
        let Wire::Plain(stream) = wire else { return Ok(Some(wire)) };
        // Nothing is left in it: what is said inside TLS begins anew.
        self.lines = LineSplitter::new();
        self.recorder.settle();
        self.recorder.enter(Stage::Tls);
        let Opening::Handshake(hello) = self.opening else { return self.say_bare_hello(stream).await.map(|()| None) };
        let record = stream.record();
        record.begin_anew();
        let outcome = self.shake_hands(stream, hello, then).await;
        let heard = record.take_since();
        match outcome? {
            Ok(session) => {
                self.recorder.said(Speaker::Remark, &format!("TLS is up: {}", parameters(&session.facts)));
                if let Some(login) = &mut self.login {
                    login.bind(&session);
                }
                self.recorder.learnt().tls = Some(self.kept(session.facts));
                Ok(Some(Wire::Tls(session.stream)))
            }
            Err((failure, facts)) => {
                if !self.implicit {
                    self.note_said_in_the_clear(&heard);
                }
                self.recorder.said(Speaker::Remark, &format!("the TLS handshake failed: {}", failure.message));
                // A handshake that told nothing is no sign of TLS.
                if facts != TlsFacts::default() {
                    self.recorder.learnt().tls = Some(self.kept(facts));
                }
                Err(StopCause::Tls(failure))
            }
        }
    }

    /// The facts, with the certificates themselves only where something is held against them.
    fn kept(&self, mut facts: TlsFacts) -> TlsFacts {
        if !self.keeps_certificates {
            facts.presented = Vec::new();
        }
        facts
    }

    /// Makes the handshake within its limits: one for the first byte, and one for all that follows it.
    async fn shake_hands(
        &mut self,
        stream: Plain,
        hello: Hello,
        then: &[u8],
    ) -> Result<Result<TlsSession<Plain>, (TlsFailure, TlsFacts)>, StopCause> {
        // The one box that counts: a handshake is several times as large as all the rest, and thousands of probes wait
        // without being in one.
        let hellos = Box::pin(self.client.say_hello(stream, self.host, hello, then));
        let first_byte_end = self.deadlines.answered_hello_end(self.recorder, self.implicit);
        self.recorder.awaits(self.deadlines.end(first_byte_end).0);
        match self.deadlines.wait(first_byte_end, hellos).await? {
            Ok(answered) => {
                let end = self.deadlines.handshake_end(self.recorder, self.implicit);
                self.deadlines.wait(end, Box::pin(answered.finish())).await
            }
            Err(failure) => Ok(Err((failure, TlsFacts::default()))),
        }
    }

    /// A server that agreed to TLS and cannot begin it may say why in the clear, after a TLS alert perhaps.
    fn note_said_in_the_clear(&mut self, mut heard: &[u8]) {
        while let [0x14..=0x17, 3, _, high, low, rest @ ..] = heard {
            let length = usize::from(u16::from_be_bytes([*high, *low]));
            heard = rest.get(length..).unwrap_or_default();
        }
        let mut lines = LineSplitter::new();
        if heard.first().is_some_and(u8::is_ascii_graphic) {
            lines.push(heard);
        }
        while let Some(Line::Whole(line) | Line::TooLong(line)) = lines.next_line() {
            self.recorder.said(Speaker::Server, &String::from_utf8_lossy(line));
        }
    }

    async fn say_bare_hello(&mut self, stream: Plain) -> Result<(), StopCause> {
        let Opening::Bare { offer, chosen } = &mut self.opening else { return Ok(()) };
        let mut answer = BareAnswer::default();
        let exchange = Box::pin(send_bare_hello(stream, self.host, offer, &mut answer));
        let end = self.deadlines.wait(self.deadlines.stage_end(self.recorder), exchange).await;
        let failed = |kind, message: String| Err(StopCause::Tls(TlsFailure { kind, message }));
        match answer.reply() {
            // Whatever became of the rest.
            Some(BareHelloReply::Chosen(choice)) => {
                let facts = bare_facts(self.client, self.host, &choice);
                self.recorder.said(Speaker::Remark, &format!("the server would accept {}", parameters(&facts)));
                self.recorder.learnt().tls = Some(facts);
                **chosen = Some(*choice);
                Ok(())
            }
            Some(BareHelloReply::Alert(name)) => {
                failed(TlsFailureKind::Alert(name.clone()), format!("fatal alert: {name}"))
            }
            Some(BareHelloReply::NotTls) => failed(TlsFailureKind::NotTls, "the answer is not TLS".into()),
            None => Err(end?.map_or_else(|error| broken(&error), |()| StopCause::Closed)),
        }
    }

    /// Says the farewell and leaves; nobody waits for the answer.
    fn close(&mut self, wire: Wire, farewell: Vec<u8>) -> Result<(), StopCause> {
        let outcome = match &self.dialogue.conversation().stop {
            None => Ok(()),
            Some(Stop::EndOfStream) => Err(StopCause::Closed),
            Some(_) => Err(StopCause::Dialogue),
        };
        if !farewell.is_empty() {
            if outcome.is_ok() {
                self.recorder.enter(Stage::Quit);
            }
            self.note_said(&farewell);
        }
        *self.closing = Closing::begin(wire, farewell);
        outcome
    }

    fn tell(&mut self, input: Input<'_>) -> Step {
        let step = self.dialogue.input(input);
        self.follow_phase();
        step
    }

    /// The stages of the dialogue follow its phases.
    fn follow_phase(&mut self) {
        let stage = match self.dialogue.phase() {
            Phase::Greeting => Stage::Greeting,
            Phase::Capabilities => Stage::Capabilities,
            Phase::Starttls => Stage::Starttls,
            Phase::SecuredCapabilities => Stage::SecuredCapabilities,
            Phase::Login => Stage::Login,
            Phase::Envelope => Stage::Envelope,
        };
        if let (Some(login), Some(talk)) = (&mut self.login, &self.dialogue.conversation().login) {
            login.end(Some(talk));
        }
        let current = self.recorder.current().0;
        if current == Stage::Greeting && stage == Stage::Starttls {
            self.recorder.skip(Stage::Capabilities, "they came with the greeting");
        }
        if current != stage {
            self.recorder.enter(stage);
        }
    }

    fn note_said(&mut self, bytes: &[u8]) {
        self.recorder.said(Speaker::Client, String::from_utf8_lossy(bytes).trim_end());
    }
}

/// What a server would do, and the certificate that it would show, where it came in the clear. That it holds the key is
/// not proven by that.
fn bare_facts(client: &TlsClient, host: &Host, choice: &ServerChoice) -> TlsFacts {
    let judged = match choice.certificates() {
        [own, others @ ..] => client.judge(own, others, host, UnixTime::now()),
        [] => TlsFacts::default(),
    };
    TlsFacts { certificate: judged.certificate, faults: judged.faults, ..choice.facts() }
}

/// Version, suite and key exchange, as far as they are known.
fn parameters(facts: &TlsFacts) -> String {
    let words = [&facts.version, &facts.cipher_suite, &facts.key_exchange];
    words.into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join(", ")
}

pub(super) fn broken(error: &io::Error) -> StopCause {
    match error.kind() {
        io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted => StopCause::Reset,
        io::ErrorKind::BrokenPipe | io::ErrorKind::UnexpectedEof => StopCause::Closed,
        _ => tls::late_alert(error).map_or_else(|| StopCause::Broken(error.to_string()), StopCause::Tls),
    }
}
