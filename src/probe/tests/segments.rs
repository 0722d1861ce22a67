//! Servers whose bytes come in segments that the test chooses: one for each read.

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::*;
use crate::observation::StopCause;

/// Gives one segment to each read, whatever was said before, and then nothing more.
#[derive(Debug)]
struct Segments(VecDeque<Vec<u8>>);

impl AsyncRead for Segments {
    fn poll_read(mut self: Pin<&mut Self>, _: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let Some(segment) = self.0.pop_front() else { return Poll::Pending };
        buffer.put_slice(&segment);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Segments {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[derive(Debug)]
struct Server(Vec<Vec<u8>>);

impl Dialer for Server {
    fn dial(&self, _: SocketAddr, _: Duration) -> Dialing<'_> {
        let stream = Box::new(Segments(self.0.iter().cloned().collect()));
        Box::pin(async { Ok(Connection { stream, local: None }) })
    }
}

/// What the first attempt at such an SMTP server stopped with, and its state.
async fn stopped_by(segments: &[&[u8]]) -> (Option<StopCause>, State) {
    let dialer: Arc<dyn Dialer> = Arc::new(Server(segments.iter().map(|segment| segment.to_vec()).collect()));
    let hello = Some("probe.test.example".parse().expect("a name"));
    let prober = Prober::new(Options { hello, dialer: Some(dialer), ..Options::default() }).expect("nothing is read");
    let submission = Service::of(Protocol::Smtp, Role::Submission, Security::StartTls);
    let endpoint = endpoint(submission, Security::StartTls);
    let context = RunContext::default();
    let (observation, _) = prober.probe(&endpoint, SERVER, &context, prober.options.try_limits(), None).await;
    let stop = observation.attempts.first().and_then(|attempt| attempt.stop.clone());
    (stop.map(|stop| stop.cause), diagnose(&observation).state)
}

/// Whether it comes with the answer to STARTTLS or right behind it, nothing said before TLS is taken for a reply inside.
#[tokio::test(start_paused = true)]
async fn plaintext_before_tls_is_found_in_a_segment_of_its_own_too() {
    let injected: &[u8] = b"250 mx.test.example\r\n";
    let begin: [&[u8]; 2] = [b"220 mx.test.example\r\n", b"250-mx.test.example\r\n250 STARTTLS\r\n"];
    let go: &[u8] = b"220 go ahead\r\n";
    for rest in [vec![go, injected], vec![&*[go, injected].concat()]] {
        let (stop, state) = stopped_by(&[&begin[..], &rest[..]].concat()).await;
        assert_eq!(stop, Some(StopCause::LeftoverPlaintext(injected.to_vec())), "{} segments", rest.len());
        assert_eq!(state, State::StarttlsInjection);
    }
}

/// 250 lines are few enough for a reply, and each is short enough: what is too much is the sum.
#[tokio::test(start_paused = true)]
async fn a_dialogue_ends_when_the_server_has_said_256_kibibytes() {
    let long = format!("250-X{}\r\n", "x".repeat(1100)).into_bytes();
    let short = format!("250-X{}\r\n", "x".repeat(900)).into_bytes();
    for (line, floods) in [(&long, true), (&short, false)] {
        assert_eq!(line.len() * 250 > limits::DIALOGUE_BYTES, floods);
        let lines = std::iter::repeat_n(line.as_slice(), 250);
        let segments: Vec<&[u8]> = std::iter::once(&b"220 mx.test.example\r\n"[..]).chain(lines).collect();
        let (stop, _) = stopped_by(&segments).await;
        assert_eq!(stop == Some(StopCause::TooManyBytes), floods, "{stop:?}");
    }
}
