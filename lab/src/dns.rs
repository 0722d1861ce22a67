//! A name server that says what it is told to say, truthfully or not.
//!
//! It serves UDP and TCP on one port, has a thread of its own and stops when it is dropped, so a plain `#[test]` can use
//! it. It records the questions it saw.

pub mod crowd;
mod question;
mod spoiler;
mod zone;

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener as StdTcpListener, UdpSocket as StdUdpSocket};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::sync::oneshot;

pub use hickory_proto::rr::RecordType;
use question::Reaction;
pub use question::{Question, Transport};
pub use spoiler::{Spoil, Spoiler};
pub use zone::{Behaviour, Zone};

/// A running name server.
#[derive(Debug)]
pub struct DnsServer {
    address: SocketAddr,
    questions: Questions,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl DnsServer {
    /// Starts a server on a free port of 127.0.0.1.
    pub fn start(zone: Zone) -> io::Result<Self> {
        Self::start_on(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), zone)
    }

    /// Starts a server on `address`; port 0 takes a free one.
    pub fn start_on(address: SocketAddr, zone: Zone) -> io::Result<Self> {
        let (udp, tcp) = bind(address)?;
        let address = tcp.local_addr()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let questions = Questions::default();
        let (stop, stopped) = oneshot::channel();
        let service = Service { zone: Arc::new(zone), questions: questions.clone() };
        let serve = move || {
            runtime.block_on(async {
                tokio::select! {
                    _ = service.serve(udp, tcp) => {}
                    _ = stopped => {}
                }
            });
        };
        let thread = std::thread::Builder::new().name("lab-dns".to_owned()).spawn(serve)?;
        Ok(Self { address, questions, stop: Some(stop), thread: Some(thread) })
    }

    /// Where it listens, UDP and TCP.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The questions seen so far, in order.
    pub fn questions(&self) -> Vec<Question> {
        self.questions.lock()
    }
}

impl Drop for DnsServer {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// How often a pair of ports is tried: a free TCP port may be taken for UDP.
const BIND_TRIES: usize = 16;

fn bind(address: SocketAddr) -> io::Result<(StdUdpSocket, StdTcpListener)> {
    let pair = || {
        let tcp = StdTcpListener::bind(address)?;
        let udp = StdUdpSocket::bind(tcp.local_addr()?)?;
        tcp.set_nonblocking(true)?;
        udp.set_nonblocking(true)?;
        Ok((udp, tcp))
    };
    for _ in 1..BIND_TRIES {
        if let Ok(pair) = pair() {
            return Ok(pair);
        }
    }
    pair()
}

#[derive(Debug, Clone, Default)]
struct Questions(Arc<Mutex<Vec<Question>>>);

impl Questions {
    fn lock(&self) -> Vec<Question> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Records a question and says how often it had come before.
    fn record(&self, question: Question) -> usize {
        let mut questions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let before = questions.iter().filter(|&earlier| *earlier == question).count();
        questions.push(question);
        before
    }
}

#[derive(Clone)]
struct Service {
    zone: Arc<Zone>,
    questions: Questions,
}

/// The longest message (RFC 1035, section 4.2.2).
const MAX_MESSAGE: usize = u16::MAX as usize;

impl Service {
    async fn serve(self, udp: StdUdpSocket, tcp: StdTcpListener) -> io::Result<()> {
        let udp = Arc::new(UdpSocket::from_std(udp)?);
        let tcp = TcpListener::from_std(tcp)?;
        tokio::select! {
            ended = self.clone().serve_udp(udp) => ended,
            ended = self.serve_tcp(tcp) => ended,
        }
    }

    async fn serve_udp(self, socket: Arc<UdpSocket>) -> io::Result<()> {
        let mut buffer = vec![0; MAX_MESSAGE];
        loop {
            let (length, client) = match socket.recv_from(&mut buffer).await {
                Ok(received) => received,
                // The client is gone and its system said so: no reason to stop serving others.
                Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => continue,
                Err(error) => return Err(error),
            };
            if let Reaction::Answer(delay, bytes) = self.react(&buffer[..length], Transport::Udp) {
                let socket = Arc::clone(&socket);
                tokio::spawn(async move {
                    tokio::time::sleep(delay).await;
                    let _ = socket.send_to(&bytes, client).await;
                });
            }
        }
    }

    async fn serve_tcp(self, listener: TcpListener) -> io::Result<()> {
        loop {
            let (stream, _) = listener.accept().await?;
            let service = self.clone();
            tokio::spawn(async move {
                let _ = service.converse(stream).await;
            });
        }
    }

    async fn converse(self, mut stream: TcpStream) -> io::Result<()> {
        loop {
            let length = stream.read_u16().await?;
            let mut query = vec![0; usize::from(length)];
            stream.read_exact(&mut query).await?;
            if let Reaction::Answer(delay, bytes) = self.react(&query, Transport::Tcp) {
                tokio::time::sleep(delay).await;
                let length = u16::try_from(bytes.len()).map_err(io::Error::other)?;
                stream.write_all(&[&length.to_be_bytes(), bytes.as_slice()].concat()).await?;
            }
        }
    }

    fn react(&self, query: &[u8], transport: Transport) -> Reaction {
        self.zone.react(query, transport, |question| self.questions.record(question))
    }
}
