//! Stamps the stages and keeps the transcript of one attempt.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::observation::{
    Attempt, Cause, Purpose, Speaker, Stage, StageOutcome, StageRecord, Stopped, TlsFacts, TranscriptLine,
};
use crate::protocol::{Conversation, Stop};

/// Who wants to know which stage is entered.
pub(super) type Onlooker = Arc<dyn Fn(Stage) + Send + Sync>;

/// What is known of an attempt so far.
pub(super) struct Recorder {
    began: Instant,
    purpose: Purpose,
    stages: Vec<StageRecord>,
    transcript: Transcript,
    /// Boxed, because it is large, and nothing while the server is silent.
    heard: Option<Box<Heard>>,
    current: Option<(Stage, Instant)>,
    onlooker: Option<Onlooker>,
}

/// What was said so far, in two pieces of memory, however many lines it has.
#[derive(Default)]
struct Transcript {
    text: String,
    /// When each line was said, by whom, and where it ends in the text.
    lines: Vec<(Duration, Speaker, usize)>,
}

impl Transcript {
    fn add(&mut self, at: Duration, from: Speaker, text: &str) {
        self.text.push_str(text);
        self.lines.push((at, from, self.text.len()));
    }

    fn into_lines(self) -> Vec<TranscriptLine> {
        let mut begin = 0;
        let lines = self.lines.iter().map(|&(at, from, end)| {
            let text = self.text.get(begin..end).unwrap_or_default().to_owned();
            begin = end;
            TranscriptLine { at, from, text }
        });
        lines.collect()
    }
}

/// What the server let be known.
#[derive(Default)]
struct Heard {
    conversation: Conversation,
    tls: Option<TlsFacts>,
    first_bytes: Vec<u8>,
}

impl Recorder {
    pub(super) fn new(purpose: Purpose, onlooker: Option<Onlooker>) -> Self {
        Self {
            began: Instant::now(),
            purpose,
            stages: Vec::new(),
            transcript: Transcript::default(),
            heard: None,
            current: None,
            onlooker,
        }
    }

    /// Why the connection is made.
    pub(super) fn purpose(&self) -> Purpose {
        self.purpose
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
        self.stages.push(skipped);
    }

    /// The current stage and when it began; before the first stage, the connection.
    pub(super) fn current(&self) -> (Stage, Instant) {
        self.current.unwrap_or((Stage::Connect, self.began))
    }

    pub(super) fn said(&mut self, from: Speaker, text: &str) {
        self.transcript.add(self.began.elapsed(), from, text);
    }

    /// Gives back the room that is kept for more: nothing is said for a while.
    pub(super) fn settle(&mut self) {
        self.transcript.lines.shrink_to_fit();
        self.transcript.text.shrink_to_fit();
    }

    pub(super) fn saw_tls(&mut self, facts: TlsFacts) {
        self.heard().tls = Some(facts);
    }

    pub(super) fn saw_first_bytes(&mut self, bytes: Vec<u8>) {
        self.heard().first_bytes = bytes;
    }

    pub(super) fn learnt(&mut self, conversation: Conversation) {
        self.heard().conversation = conversation;
    }

    /// The attempt went to its end.
    pub(super) fn complete(mut self) -> Attempt {
        self.leave(StageOutcome::Ok, None);
        self.into_attempt(None)
    }

    /// The attempt stopped in the current stage.
    pub(super) fn stop(mut self, cause: Cause) -> Attempt {
        let (stage, since) = self.current();
        self.current = Some((stage, since));
        let words = describe(&cause, self.heard.as_ref().and_then(|heard| heard.conversation.stop.as_ref()));
        self.leave(StageOutcome::Failed, Some(words));
        self.into_attempt(Some(Stopped { stage, cause }))
    }

    fn into_attempt(self, stop: Option<Stopped>) -> Attempt {
        let Heard { conversation, tls, first_bytes } = self.heard.map(|heard| *heard).unwrap_or_default();
        let Self { purpose, mut stages, transcript, .. } = self;
        stages.shrink_to_fit();
        Attempt { purpose, stages, conversation, tls, first_bytes, stop, transcript: transcript.into_lines() }
    }

    fn heard(&mut self) -> &mut Heard {
        self.heard.get_or_insert_default()
    }

    fn leave(&mut self, outcome: StageOutcome, detail: Option<String>) {
        if let Some((stage, since)) = self.current.take() {
            self.stages.push(StageRecord { stage, outcome, duration: since.elapsed(), detail });
        }
    }
}

/// A few words on what ended a stage.
fn describe(cause: &Cause, stop: Option<&Stop>) -> String {
    match cause {
        Cause::Connect(failure) => failure.message.clone(),
        Cause::TimedOut(limit) => format!("no answer within the limit of the {limit}"),
        Cause::Closed => "the server closed the connection".into(),
        Cause::Reset => "the connection was reset".into(),
        Cause::Broken(words) | Cause::Local(words) | Cause::Internal(words) => words.clone(),
        Cause::LeftoverPlaintext(bytes) => format!("{} bytes of plaintext before the handshake", bytes.len()),
        Cause::TooManyBytes => "more bytes than any honest server sends".into(),
        Cause::Tls(failure) => failure.message.clone(),
        Cause::Interrupted => "interrupted".into(),
        Cause::Dialogue => match stop {
            Some(Stop::Rejected(reply) | Stop::StarttlsRefused(reply)) => reply.lines.join(" / "),
            Some(Stop::StarttlsNotOffered) => "not offered".into(),
            Some(Stop::ForeignGreeting(line) | Stop::Malformed(line)) => line.clone(),
            Some(Stop::TooLong) => "an endless line or reply".into(),
            Some(Stop::EndOfStream) => "the server closed the connection".into(),
            None => String::new(),
        },
    }
}
