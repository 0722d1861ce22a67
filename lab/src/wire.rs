//! The bytes of one connection: reading with a record of it, writing in the behaviour's manner, and ways to end.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, sleep_until, timeout_at};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::behaviour::Delivery;
use crate::record::{End, Log};

/// Longer than any command a client may send: RFC 5321, section 4.5.3.1 allows 512 bytes, RFC 2449 255.
const MAX_LINE_BYTES: usize = 8 * 1024;
/// How long a closed stream is read on, so that a late command does not turn the close into a reset.
const DRAIN: Duration = Duration::from_secs(1);
/// The gap that keeps the kernel from joining two single-byte writes.
const BYTEWISE_GAP: Duration = Duration::from_millis(1);

/// The conversation is over; the log says how.
#[derive(Debug)]
pub(crate) struct Over;

pub(crate) struct Wire {
    stream: Stream,
    unread: Vec<u8>,
    delivery: Delivery,
    pub(crate) log: Log,
}

enum Stream {
    Plain(TcpStream),
    Secured(Box<TlsStream<Rewound>>),
    /// TLS inside TLS.
    SecuredTwice(Box<TlsStream<TlsStream<Rewound>>>),
    Gone,
}

impl Wire {
    pub(crate) fn new(tcp: TcpStream, delivery: Delivery, log: Log) -> Self {
        // Refused only on a dead socket, which the first read reports.
        let _ = tcp.set_nodelay(true);
        Self { stream: Stream::Plain(tcp), unread: Vec::new(), delivery, log }
    }

    pub(crate) fn secured(&self) -> bool {
        matches!(self.stream, Stream::Secured(_) | Stream::SecuredTwice(_))
    }

    /// The next line, without its line end.
    pub(crate) async fn line(&mut self) -> Result<String, Over> {
        loop {
            if let Some(end) = self.unread.iter().position(|&byte| byte == b'\n') {
                let line: Vec<u8> = self.unread.drain(..=end).collect();
                return Ok(String::from_utf8_lossy(&line).trim_end_matches(['\r', '\n']).to_owned());
            }
            if self.unread.len() > MAX_LINE_BYTES {
                self.log.end(End::LimitMet);
                return Err(Over);
            }
            self.receive().await?;
        }
    }

    /// Waits until something unread is there.
    pub(crate) async fn await_input(&mut self) -> Result<(), Over> {
        if self.unread.is_empty() { self.receive().await } else { Ok(()) }
    }

    /// Drops plaintext that was sent together with STARTTLS and must not count inside TLS (RFC 3207, section 4.2).
    pub(crate) fn forget_unread(&mut self) {
        self.unread.clear();
    }

    /// Waits, and notes what the client says meanwhile.
    pub(crate) async fn wait(&mut self, duration: Duration) -> Result<(), Over> {
        let deadline = Instant::now() + duration;
        while self.unread.len() <= MAX_LINE_BYTES {
            match timeout_at(deadline, self.receive()).await {
                Ok(received) => received?,
                Err(_elapsed) => return Ok(()),
            }
        }
        sleep_until(deadline).await;
        Ok(())
    }

    /// Reads until the client leaves.
    pub(crate) async fn stall(&mut self) -> Over {
        loop {
            self.unread.clear();
            if let Err(over) = self.receive().await {
                return over;
            }
        }
    }

    pub(crate) async fn send(&mut self, bytes: &[u8]) -> Result<(), Over> {
        match self.delivery {
            Delivery::Whole => self.write(bytes).await,
            Delivery::Bytewise => {
                for byte in bytes.chunks(1) {
                    self.write(byte).await?;
                    sleep(BYTEWISE_GAP).await;
                }
                Ok(())
            }
        }
    }

    /// Reads one TLS record of the client's, or what the client sends in its place, and leaves it out of the record.
    pub(crate) async fn first_record(&mut self) -> Result<Vec<u8>, Over> {
        const HEADER: usize = 5;
        const HANDSHAKE: u8 = 0x16;
        let Stream::Plain(tcp) = &mut self.stream else { return Err(Over) };
        let mut record = std::mem::take(&mut self.unread);
        loop {
            let wanted = match record.as_slice() {
                [HANDSHAKE, _, _, high, low, ..] => HEADER + usize::from(u16::from_be_bytes([*high, *low])),
                [first, ..] if *first != HANDSHAKE => record.len(),
                _ => HEADER,
            };
            if record.len() >= wanted {
                return Ok(record);
            }
            if let Err(error) = read_more(tcp, &mut record).await {
                self.log.end(ending(&error));
                return Err(Over);
            }
        }
    }

    /// Does the TLS handshake; `first_record` is what was read of it already.
    pub(crate) async fn upgrade(&mut self, config: Arc<ServerConfig>, first_record: Vec<u8>) -> Result<(), Over> {
        let Stream::Plain(tcp) = std::mem::replace(&mut self.stream, Stream::Gone) else { return Err(Over) };
        match TlsAcceptor::from(config).accept(Rewound { before: first_record, tcp }).await {
            Ok(stream) => {
                self.stream = Stream::Secured(Box::new(stream));
                self.log.secured();
                Ok(())
            }
            Err(error) => {
                self.log.end(End::HandshakeFailed(error.to_string()));
                Err(Over)
            }
        }
    }

    /// Does a second TLS handshake inside TLS, with whatever the client says there.
    pub(crate) async fn upgrade_again(&mut self, config: Arc<ServerConfig>) -> Result<(), Over> {
        let Stream::Secured(tls) = std::mem::replace(&mut self.stream, Stream::Gone) else { return Err(Over) };
        match TlsAcceptor::from(config).accept(*tls).await {
            Ok(stream) => {
                self.stream = Stream::SecuredTwice(Box::new(stream));
                Ok(())
            }
            Err(error) => {
                self.log.end(End::HandshakeFailed(error.to_string()));
                Err(Over)
            }
        }
    }

    /// Ends the stream in good order and reads on for a moment.
    pub(crate) async fn close(&mut self) -> Over {
        self.log.end(End::ServerEnded);
        let shut = match &mut self.stream {
            Stream::Plain(tcp) => tcp.shutdown().await,
            Stream::Secured(tls) => tls.shutdown().await,
            Stream::SecuredTwice(tls) => tls.shutdown().await,
            Stream::Gone => Ok(()),
        };
        self.drain(shut).await
    }

    /// Ends the TCP stream without a word from TLS.
    pub(crate) async fn cut(&mut self) -> Over {
        self.log.end(End::ServerEnded);
        let shut = match &mut self.stream {
            Stream::Plain(tcp) => tcp.shutdown().await,
            Stream::Secured(tls) => tls.get_mut().0.tcp.shutdown().await,
            Stream::SecuredTwice(tls) => tls.get_mut().0.get_mut().0.tcp.shutdown().await,
            Stream::Gone => Ok(()),
        };
        self.drain(shut).await
    }

    pub(crate) fn reset(&mut self) -> Over {
        self.log.end(End::ServerEnded);
        let tcp = match std::mem::replace(&mut self.stream, Stream::Gone) {
            Stream::Plain(tcp) => tcp,
            Stream::Secured(tls) => tls.into_inner().0.tcp,
            Stream::SecuredTwice(tls) => tls.into_inner().0.into_inner().0.tcp,
            Stream::Gone => return Over,
        };
        // A zero linger turns the close that follows into a RST.
        let _ = tcp.set_zero_linger();
        Over
    }

    async fn drain(&mut self, shut: io::Result<()>) -> Over {
        if shut.is_ok() {
            // Either end is fine: this is only a courtesy.
            let _ = timeout_at(Instant::now() + DRAIN, self.stall()).await;
        }
        Over
    }

    async fn receive(&mut self) -> Result<(), Over> {
        let secured = self.secured();
        let before = self.unread.len();
        let read = match &mut self.stream {
            Stream::Plain(tcp) => read_more(tcp, &mut self.unread).await,
            Stream::Secured(tls) => read_more(tls, &mut self.unread).await,
            Stream::SecuredTwice(tls) => read_more(tls, &mut self.unread).await,
            Stream::Gone => return Err(Over),
        };
        if let Err(error) = read {
            self.log.end(ending(&error));
            return Err(Over);
        }
        self.log.piece(secured, self.unread.get(before..).unwrap_or_default());
        Ok(())
    }

    async fn write(&mut self, bytes: &[u8]) -> Result<(), Over> {
        let written = match &mut self.stream {
            Stream::Plain(tcp) => tcp.write_all(bytes).await,
            Stream::Secured(tls) => write_all(tls, bytes).await,
            Stream::SecuredTwice(tls) => write_all(tls, bytes).await,
            Stream::Gone => return Err(Over),
        };
        written.map_err(|error| {
            self.log.end(ending(&error));
            Over
        })
    }
}

async fn write_all(stream: &mut (impl AsyncWrite + Unpin), bytes: &[u8]) -> io::Result<()> {
    stream.write_all(bytes).await?;
    stream.flush().await
}

async fn read_more(stream: &mut (impl AsyncRead + Unpin), buffer: &mut Vec<u8>) -> io::Result<()> {
    let mut chunk = [0; 4096];
    let count = stream.read(&mut chunk).await?;
    if count == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    buffer.extend_from_slice(chunk.get(..count).unwrap_or_default());
    Ok(())
}

fn ending(error: &io::Error) -> End {
    match error.kind() {
        io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe => End::ClientReset,
        _ => End::ClientClosed,
    }
}

/// A TCP stream of which the first bytes were read already.
struct Rewound {
    before: Vec<u8>,
    tcp: TcpStream,
}

impl AsyncRead for Rewound {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.before.is_empty() {
            return Pin::new(&mut self.tcp).poll_read(context, buffer);
        }
        let count = self.before.len().min(buffer.remaining());
        let bytes: Vec<u8> = self.before.drain(..count).collect();
        buffer.put_slice(&bytes);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Rewound {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.tcp).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_shutdown(context)
    }
}
