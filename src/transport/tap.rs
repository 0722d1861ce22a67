//! A stream that keeps the first bytes the other side sent.

use std::future::poll_fn;
use std::io::{self, IoSlice};
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::observation::FIRST_BYTES;

/// What one wait reads at most.
const WAIT_BYTES: usize = 4096;

/// Wraps a stream and records what comes first. It stays readable through a [`TapRecord`] while TLS owns the stream, and
/// after TLS has dropped it.
#[derive(Debug)]
pub struct Tap<S> {
    inner: S,
    unread: Vec<u8>,
    record: TapRecord,
}

/// What a [`Tap`] saw. Clones share the same record.
#[derive(Debug, Clone, Default)]
pub struct TapRecord(Arc<Mutex<KeptBytes>>);

#[derive(Debug, Default)]
struct KeptBytes {
    first: Vec<u8>,
    /// The first bytes since somebody asked to keep them.
    since: Option<Vec<u8>>,
}

impl<S> Tap<S> {
    pub fn new(inner: S) -> Self {
        Self { inner, unread: Vec::new(), record: TapRecord::default() }
    }

    pub fn record(&self) -> TapRecord {
        self.record.clone()
    }

    /// Gives bytes back that were read too early; they are read again before anything else, and recorded once.
    pub fn unread(&mut self, bytes: &[u8]) {
        self.unread.splice(..0, bytes.iter().copied());
    }

    /// Waits until something has come that can be read, or the end. Until then there is no buffer, neither here nor with
    /// whoever reads it then.
    pub async fn wait(&mut self) -> io::Result<()>
    where
        S: AsyncRead + Unpin,
    {
        poll_fn(|context| {
            if self.unread.is_empty() {
                let mut space = [MaybeUninit::uninit(); WAIT_BYTES];
                let mut buffer = ReadBuf::uninit(&mut space);
                ready!(Pin::new(&mut *self).poll_read(context, &mut buffer))?;
                self.unread(buffer.filled());
            }
            Poll::Ready(Ok(()))
        })
        .await
    }
}

impl<S: AsyncRead + Unpin> Tap<S> {
    /// The first byte that is still to be read, where it has come.
    pub fn next_byte(&self) -> Option<u8> {
        self.unread.first().copied()
    }

    /// Waits until a line can be read, or more than is recorded of any, or the end.
    pub async fn wait_for_line(&mut self) -> io::Result<()> {
        poll_fn(|context| {
            while self.unread.len() < FIRST_BYTES && !self.unread.contains(&b'\n') {
                let mut space = [MaybeUninit::uninit(); WAIT_BYTES];
                let mut buffer = ReadBuf::uninit(&mut space);
                ready!(Pin::new(&mut self.inner).poll_read(context, &mut buffer))?;
                if buffer.filled().is_empty() {
                    break;
                }
                self.record.add(buffer.filled());
                self.unread.extend_from_slice(buffer.filled());
            }
            Poll::Ready(Ok(()))
        })
        .await
    }
}

impl TapRecord {
    /// The first bytes that the other side sent, up to [`FIRST_BYTES`].
    pub fn first_bytes(&self) -> Vec<u8> {
        self.lock().first.clone()
    }

    /// Keeps what comes from now on apart from what came first, up to as much.
    pub fn begin_anew(&self) {
        self.lock().since = Some(Vec::new());
    }

    /// What has come since [`begin_anew`](Self::begin_anew); it is kept no longer.
    pub fn take_since(&self) -> Vec<u8> {
        self.lock().since.take().unwrap_or_default()
    }

    fn add(&self, bytes: &[u8]) {
        let mut recorded = self.lock();
        let KeptBytes { first, since } = &mut *recorded;
        for kept in [Some(first), since.as_mut()].into_iter().flatten() {
            let room = FIRST_BYTES.saturating_sub(kept.len());
            kept.extend(bytes.iter().take(room));
        }
    }

    fn lock(&self) -> MutexGuard<'_, KeptBytes> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Tap<S> {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let tap = self.get_mut();
        if !tap.unread.is_empty() {
            let count = tap.unread.len().min(buffer.remaining());
            if let Some(bytes) = tap.unread.get(..count) {
                buffer.put_slice(bytes);
            }
            tap.unread.drain(..count);
            if tap.unread.is_empty() {
                tap.unread = Vec::new();
            }
            return Poll::Ready(Ok(()));
        }
        let before = buffer.filled().len();
        let outcome = Pin::new(&mut tap.inner).poll_read(context, buffer);
        if let Some(read) = buffer.filled().get(before..).filter(|read| !read.is_empty()) {
            tap.record.add(read);
        }
        outcome
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Tap<S> {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().inner).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().inner).poll_write_vectored(context, pieces)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    #[tokio::test]
    async fn keeps_the_first_bytes() {
        let (near, mut far) = tokio::io::duplex(4096);
        let mut tap = Tap::new(near);
        let record = tap.record();
        far.write_all(&[b'x'; FIRST_BYTES + 100]).await.unwrap();
        drop(far);
        tap.read_to_end(&mut Vec::new()).await.unwrap();
        drop(tap);
        assert_eq!(record.first_bytes(), [b'x'; FIRST_BYTES]);
    }

    #[tokio::test]
    async fn what_was_waited_for_is_read_and_recorded_once() {
        let (near, mut far) = tokio::io::duplex(64);
        let mut tap = Tap::new(near);
        far.write_all(b"abc").await.unwrap();
        tap.wait().await.unwrap();
        tap.wait().await.unwrap();
        far.write_all(b"def").await.unwrap();
        drop(far);
        let mut all = Vec::new();
        tap.read_to_end(&mut all).await.unwrap();
        tap.wait().await.unwrap();
        assert_eq!(all, b"abcdef");
        assert_eq!(tap.record().first_bytes(), b"abcdef");
    }

    #[tokio::test]
    async fn a_line_that_comes_in_pieces_is_waited_for_and_recorded_once() {
        let (near, mut far) = tokio::io::duplex(1);
        let mut tap = Tap::new(near);
        let sent = tokio::spawn(async move { far.write_all(b"220-FTP\r\nmore").await });
        tap.wait_for_line().await.unwrap();
        assert_eq!((tap.next_byte(), tap.record().first_bytes()), (Some(b'2'), b"220-FTP\r\n".to_vec()));
        let mut all = Vec::new();
        tap.read_to_end(&mut all).await.unwrap();
        sent.await.unwrap().unwrap();
        assert_eq!((all.as_slice(), tap.record().first_bytes()), (&b"220-FTP\r\nmore"[..], all.clone()));
        tap.wait_for_line().await.unwrap();
        assert_eq!(tap.next_byte(), None);
    }

    #[tokio::test]
    async fn what_comes_later_is_kept_apart_when_asked_for() {
        let (near, mut far) = tokio::io::duplex(64);
        let mut tap = Tap::new(near);
        let record = tap.record();
        far.write_all(b"abc").await.unwrap();
        tap.read_exact(&mut [0; 3]).await.unwrap();
        record.begin_anew();
        far.write_all(b"def").await.unwrap();
        tap.read_exact(&mut [0; 3]).await.unwrap();
        assert_eq!((record.first_bytes(), record.take_since()), (b"abcdef".to_vec(), b"def".to_vec()));
        assert_eq!(record.take_since(), b"");
    }

    #[tokio::test]
    async fn unread_bytes_come_first_and_are_recorded_once() {
        let (near, mut far) = tokio::io::duplex(64);
        let mut tap = Tap::new(near);
        far.write_all(b"abcdef").await.unwrap();
        drop(far);
        let mut early = [0; 4];
        tap.read_exact(&mut early).await.unwrap();
        tap.unread(b"cd");
        let mut rest = Vec::new();
        tap.read_to_end(&mut rest).await.unwrap();
        assert_eq!(rest, b"cdef");
        assert_eq!(tap.record().first_bytes(), b"abcdef");
    }
}
