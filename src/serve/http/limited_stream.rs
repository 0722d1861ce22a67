//! A connection whose client is waited for only so long: while it sends a request, between two, and while it takes an answer.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};

use super::connections::{HttpExchange, HttpPhase};

/// How long a request may take to come.
pub(super) const REQUEST_LIMIT: Duration = Duration::from_secs(10);

/// How long a connection is kept for the next request: longer than the usual interval of scrapes, a minute.
const IDLE_LIMIT: Duration = Duration::from_secs(75);

/// How long an answer may take to be taken.
const ANSWER_LIMIT: Duration = Duration::from_secs(20);

#[derive(Debug)]
pub(super) struct LimitedStream<S> {
    stream: S,
    exchange: Arc<HttpExchange>,
    reading: Option<Pin<Box<Sleep>>>,
    /// Since the client has not taken what was written.
    writing: Option<Pin<Box<Sleep>>>,
}

impl<S> LimitedStream<S> {
    pub(super) fn new(stream: S, exchange: Arc<HttpExchange>) -> Self {
        Self { stream, exchange, reading: None, writing: None }
    }

    /// Nothing could be read.
    fn read_limit(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let deadline = match self.exchange.phase() {
            HttpPhase::Answering => {
                self.reading = None;
                return Poll::Pending;
            }
            HttpPhase::Reading { since } => since + REQUEST_LIMIT,
            HttpPhase::Idle { since } => since + IDLE_LIMIT,
        };
        let reading = self.reading.get_or_insert_with(|| Box::pin(sleep_until(deadline)));
        if reading.deadline() != deadline {
            reading.as_mut().reset(deadline);
        }
        ready!(reading.as_mut().poll(context));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }

    /// Nothing could be written.
    fn write_limit<T>(&mut self, context: &mut Context<'_>) -> Poll<io::Result<T>> {
        let limit = || Box::pin(sleep_until(Instant::now() + ANSWER_LIMIT));
        ready!(self.writing.get_or_insert_with(limit).as_mut().poll(context));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for LimitedStream<S> {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buffer.filled().len();
        match Pin::new(&mut this.stream).poll_read(context, buffer) {
            Poll::Ready(read) => {
                if buffer.filled().len() > before {
                    this.exchange.heard();
                }
                Poll::Ready(read)
            }
            Poll::Pending => this.read_limit(context),
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for LimitedStream<S> {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        match Pin::new(&mut this.stream).poll_write(context, bytes) {
            Poll::Pending => this.write_limit(context),
            written @ Poll::Ready(_) => written,
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        match Pin::new(&mut this.stream).poll_flush(context) {
            Poll::Pending => this.write_limit(context),
            flushed @ Poll::Ready(_) => {
                this.writing = None;
                flushed
            }
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        match Pin::new(&mut this.stream).poll_shutdown(context) {
            Poll::Pending => this.write_limit(context),
            done @ Poll::Ready(_) => done,
        }
    }
}
