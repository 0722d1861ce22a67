//! A TCP connection that acknowledges what it has read before it waits for more.
//!
//! A server that gathers small segments (RFC 896) keeps the next one until the last is acknowledged, and the system
//! delays that for some 40 ms, in the hope of sending it with an answer. A dialogue that waits has none to send: TLS's
//! session tickets and the reply behind them are such a pair. Mostly there is an answer, and the acknowledgement travels
//! with it.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use super::platform;

#[derive(Debug)]
pub struct QuickAckStream {
    stream: TcpStream,
    receipt: Receipt,
}

/// What became of that which was read last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Receipt {
    Given,
    /// Not yet: perhaps there is an answer that does it.
    Open,
    /// The same, and there was nothing more to read. Whoever read it has been woken once more; if it reads again without
    /// having written, it has no answer.
    Due,
}

impl QuickAckStream {
    pub fn new(stream: TcpStream) -> Self {
        Self { stream, receipt: Receipt::Given }
    }
}

impl AsyncRead for QuickAckStream {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buffer.filled().len();
        let outcome = Pin::new(&mut this.stream).poll_read(context, buffer);
        if buffer.filled().len() > before {
            this.receipt = Receipt::Open;
        } else if outcome.is_pending() {
            this.receipt = match this.receipt {
                Receipt::Open => {
                    context.waker().wake_by_ref();
                    Receipt::Due
                }
                Receipt::Due => {
                    platform::acknowledge_at_once(&this.stream);
                    Receipt::Given
                }
                Receipt::Given => Receipt::Given,
            };
        }
        outcome
    }
}

impl AsyncWrite for QuickAckStream {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        this.receipt = Receipt::Given;
        Pin::new(&mut this.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        this.receipt = Receipt::Given;
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
