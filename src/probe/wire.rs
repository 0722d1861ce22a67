//! A byte stream that begins in the clear and may become TLS.

use std::future::poll_fn;
use std::io;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::task::{Poll, ready};

use tokio::io::{AsyncWriteExt, ReadBuf};
use tokio_rustls::client::TlsStream;

use crate::transport::dial::ByteStream;
use crate::transport::tap::Tap;

/// One read: more than any honest reply, so that what follows a reply in the same segment is seen with it.
const READ_BYTES: usize = 4096;

pub(super) type Plain = Tap<Box<dyn ByteStream>>;

pub(super) enum Wire {
    Plain(Plain),
    Tls(Box<TlsStream<Plain>>),
}

impl Wire {
    /// Hands what comes next to `take`, and says how much that is: nothing at the end of the stream. The buffer is there
    /// only while there is something to put into it: thousands of connections may wait at once.
    pub(super) async fn read(&mut self, mut take: impl FnMut(&[u8])) -> io::Result<usize> {
        poll_fn(|context| {
            let mut space = [MaybeUninit::uninit(); READ_BYTES];
            let mut buffer = ReadBuf::uninit(&mut space);
            ready!(Pin::new(self.stream()).poll_read(context, &mut buffer))?;
            take(buffer.filled());
            Poll::Ready(Ok(buffer.filled().len()))
        })
        .await
    }

    pub(super) async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let stream = self.stream();
        stream.write_all(bytes).await?;
        stream.flush().await
    }

    /// Ends our half; the other side may still speak.
    pub(super) async fn half_close(&mut self) -> io::Result<()> {
        self.stream().shutdown().await
    }

    fn stream(&mut self) -> &mut dyn ByteStream {
        match self {
            Self::Plain(stream) => stream,
            Self::Tls(stream) => stream,
        }
    }
}
