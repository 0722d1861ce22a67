//! What the fuzz targets share.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A server whose words are known beforehand: it sends them piece by piece, then ends the stream, and takes whatever
/// it is told. It is always ready, so that no runtime is needed.
#[derive(Debug)]
pub struct Played<'a> {
    words: &'a [u8],
    piece: usize,
}

impl<'a> Played<'a> {
    /// Sends `words`, no more than `piece` bytes at once.
    pub fn new(words: &'a [u8], piece: usize) -> Self {
        Self { words, piece: piece.max(1) }
    }
}

impl AsyncRead for Played<'_> {
    fn poll_read(mut self: Pin<&mut Self>, _: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let (now, later) = self.words.split_at(self.words.len().min(self.piece).min(buffer.remaining()));
        buffer.put_slice(now);
        self.words = later;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Played<'_> {
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
