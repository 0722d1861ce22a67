//! A TCP connection that acknowledges what it has read before it waits for more.
//!
//! A server that gathers small segments (RFC 896) keeps the next one until the last is acknowledged, and the system
//! delays that for some 40 ms, in the hope of sending it with an answer. A dialogue that waits has none to send: TLS's
//! session tickets and the reply behind them are such a pair.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use super::platform;

/// The connection.
#[derive(Debug)]
pub struct Prompt {
    stream: TcpStream,
    /// Whether something was read and nothing was sent that would acknowledge it.
    unacknowledged: bool,
}

impl Prompt {
    /// Makes a connection prompt.
    pub fn new(stream: TcpStream) -> Self {
        Self { stream, unacknowledged: false }
    }
}

impl AsyncRead for Prompt {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buffer.filled().len();
        let outcome = Pin::new(&mut this.stream).poll_read(context, buffer);
        if buffer.filled().len() > before {
            this.unacknowledged = true;
        } else if outcome.is_pending() && std::mem::take(&mut this.unacknowledged) {
            platform::acknowledge_at_once(&this.stream);
        }
        outcome
    }
}

impl AsyncWrite for Prompt {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        this.unacknowledged = false;
        Pin::new(&mut this.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        this.unacknowledged = false;
        Pin::new(&mut this.stream).poll_write_vectored(context, pieces)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(context)
    }
}
