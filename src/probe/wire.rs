//! A byte stream that begins in the clear and may become TLS.

use std::future::poll_fn;
use std::io;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::task::{Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio_rustls::client::TlsStream;

use crate::transport::tap::Tap;

/// One read: more than any honest reply, so that what follows a reply in the same segment is seen with it.
const READ_BYTES: usize = 4096;

/// The two conditions of a connection. Boxed, because it is handed on from one future to the next, and each has its own
/// place for it.
pub(super) enum Wire<S> {
    Plain(Box<Tap<S>>),
    Tls(Box<TlsStream<Tap<S>>>),
}

impl<S: AsyncRead + AsyncWrite + Unpin> Wire<S> {
    /// Hands what comes next to `take`, and says how much that is: nothing at the end of the stream. The buffer exists
    /// only while there is something to put into it, because thousands of connections may wait at once.
    pub(super) async fn read(&mut self, mut take: impl FnMut(&[u8])) -> io::Result<usize> {
        poll_fn(|context| {
            let mut space = [MaybeUninit::uninit(); READ_BYTES];
            let mut buffer = ReadBuf::uninit(&mut space);
            ready!(match self {
                Self::Plain(stream) => Pin::new(stream).poll_read(context, &mut buffer),
                Self::Tls(stream) => Pin::new(stream).poll_read(context, &mut buffer),
            })?;
            take(buffer.filled());
            Poll::Ready(Ok(buffer.filled().len()))
        })
        .await
    }

    pub(super) async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Plain(stream) => {
                stream.write_all(bytes).await?;
                stream.flush().await
            }
            Self::Tls(stream) => {
                stream.write_all(bytes).await?;
                stream.flush().await
            }
        }
    }

    /// Ends our half; the other side may still speak.
    pub(super) async fn half_close(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(stream) => stream.shutdown().await,
            Self::Tls(stream) => stream.shutdown().await,
        }
    }
}
