//! Stamps the stages and keeps the transcript of one attempt.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::transcript::Transcript;
use crate::observation::{Attempt, Purpose, Speaker, Stage, StageOutcome, StageRecord, StopCause, Stopped, TlsFacts};
use crate::protocol::{Conversation, LoginOutcome, Stop};

/// Who wants to know what is waited for.
pub(super) type Onlooker = Arc<dyn Fn(Watched) + Send + Sync>;

/// How far an attempt is.
#[derive(Debug, Clone, Copy)]
pub(super) enum Watched {
    Entered(Stage),
    /// What the server says first in this stage, until then.
    Awaits(Instant),
}

pub(super) struct Recorder {
    pub(super) purpose: Purpose,
    /// How many connection requests were sent.
    pub(super) connection_requests: u32,
    began: Instant,
    stages: Vec<StageRecord>,
    transcript: Transcript,
    /// Boxed, because most of an attempt is this, and while servers are silent, thousands of them perhaps, it is nothing.
    learnt: Option<Box<Learnt>>,
    current: Option<(Stage, Instant)>,
    onlooker: Option<Onlooker>,
}

#[derive(Default)]
pub(super) struct Learnt {
    pub(super) conversation: Conversation,
    pub(super) tls: Option<TlsFacts>,
    pub(super) local: Option<IpAddr>,
    pub(super) first_bytes: Vec<u8>,
}

impl Recorder {
    pub(super) fn new(purpose: Purpose, transcript: Transcript, onlooker: Option<Onlooker>) -> Self {
        Self {
            purpose,
            connection_requests: 0,
            began: Instant::now(),
            stages: Vec::new(),
            transcript,
            learnt: None,
            current: None,
            onlooker,
        }
    }

    /// Of the probe itself, and in this stage from now on. Nobody looks on.
    pub(super) fn at(stage: Stage) -> Self {
        let mut recorder = Self::new(Purpose::Probe, Transcript::bounded(), None);
        recorder.enter(stage);
        recorder
    }

    /// Ends the stage that was current, well, and begins the next.
    pub(super) fn enter(&mut self, stage: Stage) {
        self.leave(StageOutcome::Ok, None);
        self.current = Some((stage, Instant::now()));
        if let Some(onlooker) = &self.onlooker {
            onlooker(Watched::Entered(stage));
        }
    }

    /// Lets it be known until when the server is waited for.
    pub(super) fn awaits(&self, until: Instant) {
        if let Some(onlooker) = &self.onlooker {
            onlooker(Watched::Awaits(until));
        }
    }

    /// Notes a stage that was not needed.
    pub(super) fn skip(&mut self, stage: Stage, why: &str) {
        let detail = Some(why.to_string());
        let skipped = StageRecord { stage, outcome: StageOutcome::Skipped, duration: Duration::ZERO, detail };
        self.stages.push(skipped);
    }

    /// The current stage and when it began; before the first stage, the connection.
    pub(super) fn current(&self) -> (Stage, Instant) {
        self.current.unwrap_or((Stage::Connect, self.began))
    }

    pub(super) fn said(&mut self, from: Speaker, text: &str) {
        self.transcript.add(self.began.elapsed(), from, text);
    }

    /// Keeps no room for more to be said: a wait begins that may be long.
    pub(super) fn settle(&mut self) {
        self.transcript.settle();
    }

    /// What the server let be known, to be added to.
    pub(super) fn learnt(&mut self) -> &mut Learnt {
        self.learnt.get_or_insert_default()
    }

    /// The attempt has ended like this.
    pub(super) fn end(self, result: Result<(), StopCause>) -> Attempt {
        match result {
            Ok(()) => self.complete(),
            Err(cause) => self.stop(cause),
        }
    }

    pub(super) fn complete(mut self) -> Attempt {
        self.leave(StageOutcome::Ok, None);
        self.into_attempt(None)
    }

    pub(super) fn stop(mut self, cause: StopCause) -> Attempt {
        let (stage, since) = self.current();
        self.current = Some((stage, since));
        let detail = describe(&cause, self.learnt.as_ref().and_then(|learnt| learnt.conversation.stop.as_ref()));
        self.leave(StageOutcome::Failed, Some(detail));
        self.into_attempt(Some(Stopped { stage, cause }))
    }

    fn into_attempt(self, stop: Option<Stopped>) -> Attempt {
        let Self { purpose, connection_requests, mut stages, transcript, .. } = self;
        let Learnt { conversation, tls, local, first_bytes } = self.learnt.map(|learnt| *learnt).unwrap_or_default();
        note_refused_login(&mut stages, &conversation);
        stages.shrink_to_fit();
        Attempt {
            purpose,
            connection_requests,
            stages,
            conversation,
            tls,
            local,
            first_bytes,
            stop,
            transcript: transcript.into_lines(),
        }
    }

    fn leave(&mut self, outcome: StageOutcome, detail: Option<String>) {
        if let Some((stage, since)) = self.current.take() {
            self.stages.push(StageRecord { stage, outcome, duration: since.elapsed(), detail });
        }
    }
}

/// A refusal of the login ends no dialogue: the farewell follows.
fn note_refused_login(stages: &mut [StageRecord], conversation: &Conversation) {
    let words = match conversation.login.as_ref().map(|login| &login.outcome) {
        Some(LoginOutcome::Refused(reply)) => reply.lines.join(" / "),
        Some(LoginOutcome::Broken(how)) => how.clone(),
        _ => return,
    };
    for record in stages.iter_mut().filter(|record| record.stage == Stage::Login) {
        record.outcome = StageOutcome::Failed;
        record.detail.get_or_insert_with(|| words.clone());
    }
}

/// A few words on what ended a stage.
fn describe(cause: &StopCause, stop: Option<&Stop>) -> String {
    match cause {
        StopCause::Connect(failure) => failure.message.clone(),
        StopCause::TimedOut(limit) => format!("no answer within the limit of the {limit}"),
        StopCause::Closed => "the server closed the connection".into(),
        StopCause::Reset => "the connection was reset".into(),
        StopCause::Broken(words) | StopCause::Local(words) | StopCause::Internal(words) => words.clone(),
        StopCause::LeftoverPlaintext(bytes) => format!("{} bytes of plaintext before the handshake", bytes.len()),
        StopCause::TooManyBytes => "more bytes than any real server sends".into(),
        StopCause::Tls(failure) => failure.message.clone(),
        StopCause::Superseded => "another connection had the answer".into(),
        StopCause::NoTurn => "not begun: others were under way".into(),
        StopCause::Interrupted => "interrupted".into(),
        StopCause::Dialogue => match stop {
            Some(Stop::Rejected(reply) | Stop::StarttlsRefused(reply)) => reply.lines.join(" / "),
            Some(Stop::StarttlsNotOffered) => "not offered".into(),
            Some(Stop::ForeignGreeting(line) | Stop::Malformed(line)) => line.clone(),
            Some(Stop::TooLong) => "an endless line or reply".into(),
            Some(Stop::EndOfStream) => "the server closed the connection".into(),
            None => String::new(),
        },
    }
}
