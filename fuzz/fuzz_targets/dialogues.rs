//! The dialogues, and what diagnosis makes of them, against whatever a server may say.

#![no_main]

use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use mailprobe::internals::diagnosis::{self, State};
use mailprobe::internals::observation::{
    Attempt, FIRST_BYTES, Observation, Purpose, Stage, StageOutcome, StageRecord, StopCause, Stopped, TlsFacts,
};
use mailprobe::internals::protocol::imap::Imap;
use mailprobe::internals::protocol::line::LineSplitter;
use mailprobe::internals::protocol::pop3::Pop3;
use mailprobe::internals::protocol::smtp::Smtp;
use mailprobe::internals::protocol::{Conversation, Dialogue, Input, Phase, Settings, Step, Stop, Upgrade, Wants};
use mailprobe::internals::service::{Security, Service};
use mailprobe::internals::target::{Endpoint, Host, Source};

/// EHLO, HELO, STARTTLS, and a hello inside TLS.
const MAX_QUESTIONS: usize = 4;

/// What a run of one dialogue shows, whatever the size of the pieces.
#[derive(Debug, PartialEq)]
struct Outcome {
    conversation: Conversation,
    phase: Phase,
    said: Vec<u8>,
    questions: usize,
}

fuzz_target!(|input: (u8, u8, &[u8])| {
    let (choice, piece, words) = input;
    let service = Service::ALL[usize::from(choice) % Service::ALL.len()];
    let security = Security::ALL[usize::from(choice / 7) % Security::ALL.len()];
    let upgrade = match choice / 28 % 3 {
        _ if security != Security::StartTls => Upgrade::Never,
        0 => Upgrade::Always,
        _ => Upgrade::WhenOffered,
    };
    let settings = Settings { secured: security == Security::Implicit, upgrade, hello: "probe.test.example".into(), wants: Wants::default() };
    let dialogue = || -> Box<dyn Dialogue> {
        match service.protocol() {
            mailprobe::internals::service::Protocol::Smtp => Box::new(Smtp::new(settings.clone())),
            mailprobe::internals::service::Protocol::Imap => Box::new(Imap::new(settings.clone())),
            mailprobe::internals::service::Protocol::Pop3 => Box::new(Pop3::new(settings.clone())),
        }
    };
    let outcome = hold(dialogue(), words, usize::from(piece) + 1);
    assert_eq!(outcome, hold(dialogue(), words, words.len().max(1)), "the size of the pieces matters");
    assert!(outcome.questions <= MAX_QUESTIONS, "{} questions", outcome.questions);

    let endpoint = Endpoint {
        host: Host::Name("mail.test.example".into()),
        address: Some([192, 0, 2, 1].into()),
        port: service.port(),
        service,
        security,
        sources: vec![Source::User],
    };
    let diagnosis = diagnosis::diagnose(&observation(endpoint, outcome, words));
    assert_eq!(diagnosis.state == State::Ok, diagnosis.failed_stage.is_none(), "{diagnosis:?}");
    assert!(diagnosis.state == State::Ok || !diagnosis.findings.is_empty(), "{diagnosis:?}");
});

/// Plays the server's words, every handshake succeeding at once, and ends the stream after the last.
fn hold(mut dialogue: Box<dyn Dialogue>, words: &[u8], piece: usize) -> Outcome {
    let mut splitter = LineSplitter::new();
    let (mut said, mut questions, mut over) = (Vec::new(), 0, false);
    for piece in words.chunks(piece) {
        splitter.push(piece);
        while let Some(line) = splitter.next_line() {
            let mut step = dialogue.input(line.into());
            if let Step::StartTls { then } = &step {
                said.extend(then);
                questions += 1;
                step = dialogue.input(Input::TlsUp);
            }
            assert!(!over || matches!(step, Step::Done { .. }), "the dialogue was over, and said {step:?}");
            match step {
                Step::Read => {}
                Step::WriteSecret(_) | Step::AskLeave(_) => unreachable!("no errand is wanted"),
                Step::StartTls { .. } => unreachable!("TLS is up"),
                Step::Write(bytes) => {
                    said.extend(bytes);
                    questions += 1;
                }
                Step::Done { farewell } if !over => {
                    said.extend(farewell);
                    over = true;
                }
                Step::Done { .. } => {}
            }
        }
    }
    if !over {
        assert!(matches!(dialogue.input(Input::EndOfStream), Step::Done { .. }));
    }
    Outcome { conversation: dialogue.conversation().clone(), phase: dialogue.phase(), said, questions }
}

fn observation(endpoint: Endpoint, outcome: Outcome, words: &[u8]) -> Observation {
    let stage = match outcome.phase {
        Phase::Greeting => Stage::Greeting,
        Phase::Capabilities => Stage::Capabilities,
        Phase::Starttls => Stage::Starttls,
        Phase::SecuredCapabilities => Stage::SecuredCapabilities,
        Phase::Login => Stage::Login,
        Phase::Envelope => Stage::Envelope,
    };
    let stop = outcome.conversation.stop.as_ref().map(|stop| Stopped {
        stage,
        cause: if *stop == Stop::EndOfStream { StopCause::Closed } else { StopCause::Dialogue },
    });
    let was_secured = outcome.conversation.secured.is_some() || endpoint.security == Security::Implicit;
    let attempt = Attempt {
        connection_requests: 1,
        purpose: Purpose::Probe,
        stages: vec![StageRecord {
            stage,
            outcome: StageOutcome::Ok,
            duration: Duration::from_millis(5),
            detail: None,
        }],
        tls: was_secured.then(TlsFacts::default),
        local: None,
        first_bytes: words.iter().copied().take(FIRST_BYTES).collect(),
        stop,
        transcript: Vec::new(),
        conversation: outcome.conversation,
    };
    let duration = Duration::from_millis(9);
    Observation {
        endpoint,
        lookup: None,
        attempts: vec![attempt],
        tries: 1,
        earlier: Vec::new(),
        duration,
        path: None,
        interface: None,
        not_offered_by: None,
        login: None,
        tls_survey: None,
        promised: None,
    }
}
