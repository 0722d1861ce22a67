//! Stamps the stages and keeps the transcript of one attempt.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::observation::{
    Attempt, Cause, Purpose, Speaker, Stage, StageOutcome, StageRecord, Stopped, TlsFacts, TranscriptLine,
};
use crate::protocol::Conversation;

/// Who wants to know which stage is entered.
pub(super) type Onlooker = Arc<dyn Fn(Stage) + Send + Sync>;

/// What is known of an attempt so far.
pub(super) struct Recorder {
    began: Instant,
    attempt: Attempt,
    current: Option<(Stage, Instant)>,
    onlooker: Option<Onlooker>,
}

impl Recorder {
    pub(super) fn new(purpose: Purpose, onlooker: Option<Onlooker>) -> Self {
        let attempt = Attempt {
            purpose,
            stages: Vec::new(),
            conversation: Conversation::default(),
            tls: None,
            first_bytes: Vec::new(),
            stop: None,
            transcript: Vec::new(),
        };
        Self { began: Instant::now(), attempt, current: None, onlooker }
    }

    /// Ends the stage that was current, well, and begins the next.
    pub(super) fn enter(&mut self, stage: Stage) {
        self.leave(StageOutcome::Ok, None);
        self.current = Some((stage, Instant::now()));
        if let Some(onlooker) = &self.onlooker {
            onlooker(stage);
        }
    }

    /// Notes a stage that was not needed.
    pub(super) fn skip(&mut self, stage: Stage, why: &str) {
        let detail = Some(why.to_string());
        let skipped = StageRecord { stage, outcome: StageOutcome::Skipped, duration: Duration::ZERO, detail };
        self.attempt.stages.push(skipped);
    }

    /// The current stage and when it began; before the first stage, the connection.
    pub(super) fn current(&self) -> (Stage, Instant) {
        self.current.unwrap_or((Stage::Connect, self.began))
    }

    pub(super) fn said(&mut self, from: Speaker, text: impl Into<String>) {
        self.attempt.transcript.push(TranscriptLine { at: self.began.elapsed(), from, text: text.into() });
    }

    pub(super) fn saw_tls(&mut self, facts: TlsFacts) {
        self.attempt.tls = Some(facts);
    }

    pub(super) fn saw_first_bytes(&mut self, bytes: Vec<u8>) {
        self.attempt.first_bytes = bytes;
    }

    pub(super) fn learnt(&mut self, conversation: Conversation) {
        self.attempt.conversation = conversation;
    }

    /// The attempt went to its end.
    pub(super) fn complete(mut self) -> Attempt {
        self.leave(StageOutcome::Ok, None);
        self.attempt
    }

    /// The attempt stopped in the current stage.
    pub(super) fn stop(mut self, cause: Cause) -> Attempt {
        let (stage, since) = self.current();
        self.current = Some((stage, since));
        self.leave(StageOutcome::Failed, Some(describe(&cause, &self.attempt.conversation)));
        self.attempt.stop = Some(Stopped { stage, cause });
        self.attempt
    }

    fn leave(&mut self, outcome: StageOutcome, detail: Option<String>) {
        if let Some((stage, since)) = self.current.take() {
            self.attempt.stages.push(StageRecord { stage, outcome, duration: since.elapsed(), detail });
        }
    }
}

/// A few words on what ended a stage.
fn describe(cause: &Cause, conversation: &Conversation) -> String {
    use crate::protocol::Stop;
    match cause {
        Cause::Connect(failure) => failure.message.clone(),
        Cause::TimedOut(limit) => format!("no answer within the limit of the {limit}"),
        Cause::Closed => "the server closed the connection".into(),
        Cause::Reset => "the connection was reset".into(),
        Cause::Broken(words) | Cause::Local(words) => words.clone(),
        Cause::LeftoverPlaintext(bytes) => format!("{} bytes of plaintext before the handshake", bytes.len()),
        Cause::TooManyBytes => "more bytes than any honest server sends".into(),
        Cause::Tls(failure) => failure.message.clone(),
        Cause::Interrupted => "interrupted".into(),
        Cause::Dialogue => match &conversation.stop {
            Some(Stop::Rejected(reply) | Stop::StarttlsRefused(reply)) => reply.lines.join(" / "),
            Some(Stop::StarttlsNotOffered) => "not offered".into(),
            Some(Stop::ForeignGreeting(line) | Stop::Malformed(line)) => line.clone(),
            Some(Stop::TooLong) => "an endless line or reply".into(),
            Some(Stop::EndOfStream) => "the server closed the connection".into(),
            None => String::new(),
        },
    }
}
