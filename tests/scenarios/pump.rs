//! Plays a scenario: the driver's part without sockets, clock and TLS.

use std::net::IpAddr;
use std::time::Duration;

use mailprobe::internals::observation::{
    Attempt, CertificateFacts, ChainFacts, FIRST_BYTES, Limit, Observation, Purpose, Speaker, Stage, StageOutcome,
    StageRecord, StopCause, Stopped, TlsFacts, TlsFailure, TlsFailureKind, TranscriptLine,
};
use mailprobe::internals::protocol::imap::Imap;
use mailprobe::internals::protocol::line::LineSplitter;
use mailprobe::internals::protocol::pop3::Pop3;
use mailprobe::internals::protocol::smtp::Smtp;
use mailprobe::internals::protocol::{Dialogue, Input, Phase, Settings, Step, Stop, Upgrade, Wants};
use mailprobe::internals::service::{Protocol, Security};
use mailprobe::internals::target::{Endpoint, Host, Source};

use crate::script::{Event, Scenario, ScriptedAttempt};

const HOST: &str = "mail.test.example";
const HELLO: &str = "probe.test.example";
const DAY: i64 = 24 * 60 * 60;

/// How long everything takes in a scenario.
const MOMENT: Duration = Duration::from_millis(1);

/// Plays every attempt, the server's bytes cut into pieces of at most `piece` bytes. The error says where mailprobe did
/// not say what the scenario has.
pub(crate) fn play(scenario: &Scenario, piece: usize) -> Result<Observation, String> {
    let attempts = scenario.attempts.iter().map(|attempt| Pump::new(scenario, attempt).run(attempt, piece));
    Ok(Observation {
        endpoint: Endpoint {
            host: Host::Name(HOST.to_owned()),
            address: Some(IpAddr::from([192, 0, 2, 25])),
            port: scenario.service.port(),
            service: scenario.service,
            security: scenario.security,
            sources: vec![Source::User],
        },
        lookup: None,
        attempts: attempts.collect::<Result<_, _>>()?,
        tries: 1,
        earlier: Vec::new(),
        duration: MOMENT,
        path: None,
        interface: None,
        not_offered_by: None,
        login: None,
        tls_survey: None,
        promised: None,
    })
}

struct Pump {
    dialogue: Box<dyn Dialogue>,
    splitter: LineSplitter,
    /// What the client said and the scenario has not confirmed yet.
    said: Vec<u8>,
    handshake_due: bool,
    /// What is to be said as soon as TLS is up.
    inside_tls: Vec<u8>,
    over: bool,
    attempt: Attempt,
}

impl Pump {
    fn new(scenario: &Scenario, script: &ScriptedAttempt) -> Self {
        let implicit = scenario.security == Security::Implicit;
        let upgrade = match (scenario.security, script.purpose) {
            (Security::StartTls, Purpose::TryStarttls) => Upgrade::Always,
            (Security::StartTls, _) => Upgrade::WhenOffered,
            (Security::Implicit | Security::Plaintext, _) => Upgrade::Never,
        };
        let settings = Settings { secured: implicit, upgrade, hello: HELLO.to_owned(), wants: Wants::default() };
        let dialogue: Box<dyn Dialogue> = match scenario.service.protocol() {
            Protocol::Smtp => Box::new(Smtp::new(settings)),
            Protocol::Imap => Box::new(Imap::new(settings)),
            Protocol::Pop3 => Box::new(Pop3::new(settings)),
        };
        let attempt = Attempt {
            purpose: script.purpose,
            connection_requests: 1,
            stages: Vec::new(),
            conversation: dialogue.conversation().clone(),
            tls: None,
            local: None,
            first_bytes: Vec::new(),
            stop: None,
            transcript: Vec::new(),
        };
        let mut pump = Self {
            dialogue,
            splitter: LineSplitter::new(),
            said: Vec::new(),
            handshake_due: implicit,
            inside_tls: Vec::new(),
            over: false,
            attempt,
        };
        pump.enter(Stage::Connect);
        pump.enter(if implicit { Stage::Tls } else { Stage::Greeting });
        pump
    }

    fn run(mut self, script: &ScriptedAttempt, piece: usize) -> Result<Attempt, String> {
        for event in &script.events {
            self.event(event, piece)?;
        }
        if !self.said.is_empty() {
            return Err(format!("mailprobe also said {}", readable(&self.said)));
        }
        if !self.over {
            return Err("the scenario ends before the dialogue does".to_owned());
        }
        self.attempt.conversation = self.dialogue.conversation().clone();
        Ok(self.attempt)
    }

    fn event(&mut self, event: &Event, piece: usize) -> Result<(), String> {
        if let Event::Client(line) = event {
            self.note(Speaker::Client, line);
            let said = std::mem::take(&mut self.said);
            let same = said == *line;
            return same.then_some(()).ok_or_else(|| format!("not {} but {}", readable(line), readable(&said)));
        }
        if !self.said.is_empty() && !self.over {
            return Err(format!("the scenario goes on before mailprobe's {}", readable(&self.said)));
        }
        match event {
            Event::Server(line) => {
                self.note(Speaker::Server, line);
                self.server_says(line, piece);
            }
            Event::TlsOk => {
                let upgraded = self.attempt.stages.iter().any(|record| record.stage == Stage::Starttls);
                self.handshake_due = false;
                self.attempt.tls = Some(good_tls());
                if upgraded {
                    self.enter(Stage::Tls);
                    let then = std::mem::take(&mut self.inside_tls);
                    self.said.extend(then);
                    let step = self.dialogue.input(Input::TlsUp);
                    self.take(step);
                } else {
                    self.enter(Stage::Greeting);
                }
            }
            Event::TlsAlert(alert) => {
                self.enter(Stage::Tls);
                let kind = TlsFailureKind::Alert(alert.clone());
                let message = format!("received fatal alert: {alert}");
                self.stop(Stage::Tls, StopCause::Tls(TlsFailure { kind, message }));
            }
            Event::EndOfStream if !self.over => {
                let step = self.dialogue.input(Input::EndOfStream);
                self.take(step);
            }
            Event::EndOfStream | Event::Client(_) => {}
            Event::Silence => self.stop(stage_of(self.dialogue.phase()), StopCause::TimedOut(Limit::Stage)),
        }
        Ok(())
    }

    fn server_says(&mut self, bytes: &[u8], piece: usize) {
        let room = FIRST_BYTES.saturating_sub(self.attempt.first_bytes.len());
        self.attempt.first_bytes.extend(bytes.iter().take(room));
        for piece in bytes.chunks(piece) {
            self.splitter.push(piece);
            while !self.over && !self.handshake_due {
                let Some(line) = self.splitter.next_line() else { break };
                let step = self.dialogue.input(line.into());
                self.take(step);
            }
        }
        if self.handshake_due && !self.splitter.pending().is_empty() {
            let leftover = self.splitter.take_pending();
            self.stop(Stage::Starttls, StopCause::LeftoverPlaintext(leftover));
        }
    }

    fn take(&mut self, step: Step) {
        let stage = stage_of(self.dialogue.phase());
        if self.attempt.stages.iter().all(|record| record.stage != stage) {
            self.enter(stage);
        }
        match step {
            Step::Read => {}
            Step::Write(bytes) => self.said.extend(bytes),
            Step::WriteSecret(_) | Step::AskLeave(_) => unreachable!("no errand is wanted"),
            Step::StartTls { then } => {
                self.handshake_due = true;
                self.inside_tls = then;
            }
            Step::Done { farewell } => {
                self.said.extend(farewell);
                self.over = true;
                match &self.dialogue.conversation().stop {
                    None => self.enter(Stage::Quit),
                    Some(Stop::EndOfStream) => self.stop(stage, StopCause::Closed),
                    Some(_) => self.stop(stage, StopCause::Dialogue),
                }
            }
        }
    }

    fn enter(&mut self, stage: Stage) {
        self.attempt.stages.push(StageRecord { stage, outcome: StageOutcome::Ok, duration: MOMENT, detail: None });
    }

    fn stop(&mut self, stage: Stage, cause: StopCause) {
        if let Some(record) = self.attempt.stages.last_mut() {
            record.outcome = StageOutcome::Failed;
        }
        self.attempt.stop = Some(Stopped { stage, cause });
        self.over = true;
    }

    fn note(&mut self, from: Speaker, line: &[u8]) {
        let text = String::from_utf8_lossy(line).trim_end().to_owned();
        self.attempt.transcript.push(TranscriptLine { at: MOMENT, from, text });
    }
}

fn stage_of(phase: Phase) -> Stage {
    match phase {
        Phase::Greeting => Stage::Greeting,
        Phase::Capabilities => Stage::Capabilities,
        Phase::Starttls => Stage::Starttls,
        Phase::SecuredCapabilities => Stage::SecuredCapabilities,
        Phase::Login => Stage::Login,
        Phase::Envelope => Stage::Envelope,
    }
}

fn good_tls() -> TlsFacts {
    TlsFacts {
        version: Some("TLSv1.3".to_owned()),
        cipher_suite: Some("TLS_AES_256_GCM_SHA384".to_owned()),
        key_exchange: Some("X25519MLKEM768".to_owned()),
        certificate: Some(CertificateFacts {
            subject: format!("CN={HOST}"),
            issuer: "O=Test Rig, CN=Test CA".to_owned(),
            names: vec![HOST.to_owned()],
            not_before: 0,
            not_after: 300 * DAY,
            checked_at: 100 * DAY,
            key: "EC P-256".to_owned(),
            sha256: "00".repeat(32),
            extensions: Vec::new(),
            chain_length: 2,
            checked_name: HOST.to_owned(),
            near_miss: None,
            chain: ChainFacts::default(),
        }),
        faults: Vec::new(),
        inside: None,
        presented: Vec::new(),
    }
}

fn readable(bytes: &[u8]) -> String {
    format!("{:?}", String::from_utf8_lossy(bytes))
}
