//! A forwarder between a client and a good resolver that spoils DNSSEC on the way, as home routers and local stubs do.

use std::io;
use std::net::{SocketAddr, TcpListener as StdTcpListener, UdpSocket as StdUdpSocket};
use std::sync::Arc;

use hickory_proto::op::{Message, ResponseCode};
use hickory_proto::rr::{Record, RecordType};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::task::AbortHandle;

use super::question::Transport;
use super::zone::{CLASSIC_UDP_MESSAGE, reply, truncated};
use super::{MAX_MESSAGE, bind};
use crate::server;

/// What a forwarder does to what it passes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spoil {
    /// Asks without the DO bit, and passes on no signature, no key and no proof of absence.
    Strips,
    /// As the stub of systemd-resolved (252, with `DNSSEC=no`) was seen to: keys and DS records pass, signatures and proofs of
    /// absence do not, and a question for signatures is called malformed. Where the client sets CD beside DO, everything
    /// passes.
    LikeResolved,
    /// Answers over UDP with the mark that the answer was cut short and nothing else; over TCP it is honest.
    Truncates,
}

/// A running forwarder. It stops when dropped.
#[derive(Debug)]
pub struct Spoiler {
    address: SocketAddr,
    tasks: [AbortHandle; 2],
}

impl Spoiler {
    /// Listens at `address` (port 0 takes a free one) and asks `upstream`.
    ///
    /// # Errors
    ///
    /// What `bind` says: address in use, not of this machine, not permitted.
    pub fn start(address: SocketAddr, upstream: SocketAddr, spoil: Spoil) -> io::Result<Self> {
        let (udp, tcp): (StdUdpSocket, StdTcpListener) = bind(address)?;
        let address = tcp.local_addr()?;
        let runtime = server::runtime()?;
        let (udp, tcp) = {
            let _context = runtime.enter();
            (UdpSocket::from_std(udp)?, TcpListener::from_std(tcp)?)
        };
        let way = Way { upstream, spoil };
        let tasks = [runtime.spawn(way.serve_udp(Arc::new(udp))), runtime.spawn(way.serve_tcp(tcp))];
        Ok(Self { address, tasks: tasks.map(|task| task.abort_handle()) })
    }

    /// Where it listens, UDP and TCP.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Spoiler {
    fn drop(&mut self) {
        self.tasks.iter().for_each(AbortHandle::abort);
    }
}

/// The way from a client to the good resolver and back.
#[derive(Debug, Clone, Copy)]
struct Way {
    upstream: SocketAddr,
    spoil: Spoil,
}

impl Way {
    async fn serve_udp(self, socket: Arc<UdpSocket>) {
        let mut buffer = vec![0; MAX_MESSAGE];
        // A client that is gone is no reason to stop serving others.
        loop {
            let Ok((length, client)) = socket.recv_from(&mut buffer).await else { continue };
            let (query, socket) = (buffer[..length].to_vec(), Arc::clone(&socket));
            tokio::spawn(async move {
                if let Some(answer) = self.answer(&query, Transport::Udp).await {
                    let _ = socket.send_to(&answer, client).await;
                }
            });
        }
    }

    async fn serve_tcp(self, listener: TcpListener) {
        loop {
            let Ok((mut stream, _)) = listener.accept().await else { continue };
            tokio::spawn(async move {
                while let Ok(query) = read(&mut stream).await {
                    let Some(answer) = self.answer(&query, Transport::Tcp).await else { break };
                    if write(&mut stream, &answer).await.is_err() {
                        break;
                    }
                }
            });
        }
    }

    async fn answer(self, query: &[u8], transport: Transport) -> Option<Vec<u8>> {
        let asked = Message::from_vec(query).ok()?;
        let answer = match self.spoil {
            Spoil::Truncates if transport == Transport::Udp => return truncated(&asked).to_vec().ok(),
            Spoil::Truncates => return self.ask(query).await.ok(),
            Spoil::LikeResolved if wants_dnssec(&asked) && asked.metadata.checking_disabled => {
                self.ask(query).await.ok()?
            }
            Spoil::LikeResolved if asked.queries.iter().any(|query| query.query_type() == RecordType::RRSIG) => {
                let mut refusal = reply(&asked, ResponseCode::FormErr);
                refusal.queries.clear();
                refusal.to_vec().ok()?
            }
            Spoil::Strips | Spoil::LikeResolved => self.ask_plainly(&asked).await?,
        };
        let room = asked.edns.as_ref().map_or(CLASSIC_UDP_MESSAGE, |edns| usize::from(edns.max_payload()));
        if transport == Transport::Udp && answer.len() > room {
            return truncated(&asked).to_vec().ok();
        }
        Some(answer)
    }

    /// Asks as a client that knows nothing of DNSSEC, and hands on as if there were none.
    async fn ask_plainly(self, asked: &Message) -> Option<Vec<u8>> {
        let mut query = asked.clone();
        query.metadata.checking_disabled = false;
        query.metadata.authentic_data = false;
        if let Some(edns) = &mut query.edns {
            edns.set_dnssec_ok(false);
        }
        let mut answer = Message::from_vec(&self.ask(&query.to_vec().ok()?).await.ok()?).ok()?;
        answer.metadata.authentic_data = false;
        for section in [&mut answer.answers, &mut answer.authorities, &mut answer.additionals] {
            section.retain(|record: &Record| self.passes(record.record_type()));
        }
        answer.to_vec().ok()
    }

    /// Whether records of this type are handed on to a client that gets no DNSSEC.
    fn passes(self, record_type: RecordType) -> bool {
        use RecordType::{DNSKEY, DS, NSEC, NSEC3, NSEC3PARAM, RRSIG};
        match record_type {
            RRSIG | NSEC | NSEC3 => false,
            DNSKEY | DS | NSEC3PARAM => self.spoil == Spoil::LikeResolved,
            _ => true,
        }
    }

    /// Asks the good resolver, over TCP so that nothing is cut short.
    async fn ask(self, query: &[u8]) -> io::Result<Vec<u8>> {
        let mut stream = TcpStream::connect(self.upstream).await?;
        write(&mut stream, query).await?;
        read(&mut stream).await
    }
}

fn wants_dnssec(query: &Message) -> bool {
    query.edns.as_ref().is_some_and(|edns| edns.flags().dnssec_ok)
}

async fn read(stream: &mut TcpStream) -> io::Result<Vec<u8>> {
    let length = stream.read_u16().await?;
    let mut message = vec![0; usize::from(length)];
    stream.read_exact(&mut message).await?;
    Ok(message)
}

async fn write(stream: &mut TcpStream, message: &[u8]) -> io::Result<()> {
    let length = u16::try_from(message.len()).map_err(io::Error::other)?;
    stream.write_all(&[&length.to_be_bytes(), message].concat()).await
}
