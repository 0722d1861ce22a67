//! The dialogues, and what diagnosis makes of them, against whatever a server may say.

#![no_main]

#[path = "../../tests/watched/mod.rs"]
mod watched;

use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use mailprobe::internals::diagnosis::{self, State};
use mailprobe::internals::observation::{
    Attempt, FIRST_BYTES, Observation, Purpose, Stage, StageOutcome, StageRecord, StopCause, Stopped, TlsFacts,
};
use mailprobe::internals::protocol::imap::Imap;
use mailprobe::internals::protocol::pop3::Pop3;
use mailprobe::internals::protocol::smtp::Smtp;
use mailprobe::internals::protocol::{Dialogue, Phase, Settings, Stop, Upgrade, Wants};
use mailprobe::internals::service::{Protocol, Security, Service};
use mailprobe::internals::target::{Endpoint, Host, Source};
use watched::{Outcome, all_wants, hold};

fuzz_target!(|input: (u8, u8, &[u8])| {
    let (choice, piece, words) = input;
    let service = Service::ALL[usize::from(choice) % Service::ALL.len()];
    let security = Security::ALL[usize::from(choice / 7) % Security::ALL.len()];
    let upgrade = match choice / 28 % 3 {
        _ if security != Security::StartTls => Upgrade::Never,
        0 => Upgrade::Always,
        _ => Upgrade::WhenOffered,
    };
    // The two high bits: whether everything is wanted, and whether it may be done.
    let (wants, gives_leave) = (if piece & 0x80 == 0 { Wants::default() } else { all_wants() }, piece & 0x40 != 0);
    let secured = security == Security::Implicit;
    let settings = Settings { secured, upgrade, hello: "probe.test.example".into(), wants: wants.clone() };
    let dialogue = || -> Box<dyn Dialogue> {
        match service.protocol() {
            Protocol::Smtp => Box::new(Smtp::new(settings.clone())),
            Protocol::Imap => Box::new(Imap::new(settings.clone())),
            Protocol::Pop3 => Box::new(Pop3::new(settings.clone())),
        }
    };
    let hold = |piece| hold(dialogue(), &wants, gives_leave, words.chunks(piece));
    let outcome = hold(usize::from(piece & 0x3f) + 1);
    assert_eq!(outcome, hold(words.len().max(1)), "the size of the pieces matters");

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
