//! One connection, in the clear and then inside TLS.

use std::io::{self, Read, Write};
use std::net::SocketAddr;
use std::sync::Arc;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::words::{self, Ask};
use crate::Protocol;

/// A read's worth, and more than any answer of an honest server.
const BUFFER: usize = 8 * 1024;

/// A connection to a server of this protocol.
pub(super) struct Connection {
    tcp: TcpStream,
    tls: Option<Box<ClientConnection>>,
    protocol: Protocol,
    buffer: Box<[u8; BUFFER]>,
}

impl Connection {
    /// Connects. `at_once`: every segment is acknowledged the moment it comes (Linux).
    pub(super) async fn open(address: SocketAddr, protocol: Protocol, at_once: bool) -> io::Result<Self> {
        let tcp = TcpStream::connect(address).await?;
        tcp.set_nodelay(true)?;
        #[cfg(target_os = "linux")]
        if at_once {
            socket2::SockRef::from(&tcp).set_tcp_quickack(true)?;
        }
        #[cfg(not(target_os = "linux"))]
        let _ = at_once;
        Ok(Self { tcp, tls: None, protocol, buffer: Box::new([0; BUFFER]) })
    }

    /// Begins TLS. What `first` asks for is sent together with the end of the handshake, and still has to be heard.
    pub(super) async fn secure(
        &mut self,
        config: Arc<ClientConfig>,
        name: ServerName<'static>,
        first: Option<Ask>,
    ) -> io::Result<()> {
        let mut tls = Box::new(ClientConnection::new(config, name).map_err(io::Error::other)?);
        if let Some(first) = first {
            // Until the handshake is done it is kept back.
            tls.writer().write_all(words::command(self.protocol, first).as_bytes())?;
        }
        while tls.is_handshaking() {
            flush(&mut tls, &mut self.tcp).await?;
            receive(&mut tls, &mut self.tcp, self.buffer.as_mut_slice()).await?;
        }
        flush(&mut tls, &mut self.tcp).await?;
        self.tls = Some(tls);
        Ok(())
    }

    /// Asks and hears the answer.
    pub(super) async fn ask(&mut self, ask: Ask) -> io::Result<()> {
        self.say(ask).await?;
        self.hear(ask).await
    }

    /// Says the command alone.
    pub(super) async fn say(&mut self, ask: Ask) -> io::Result<()> {
        let command = words::command(self.protocol, ask);
        match &mut self.tls {
            None => self.tcp.write_all(command.as_bytes()).await,
            Some(tls) => {
                tls.writer().write_all(command.as_bytes())?;
                flush(tls, &mut self.tcp).await
            }
        }
    }

    /// Hears an answer to its end, which must be a yes.
    pub(super) async fn hear(&mut self, ask: Ask) -> io::Result<()> {
        let mut answer = Vec::new();
        while !words::is_whole(self.protocol, ask, &answer) {
            let count = self.read(&mut answer).await?;
            if count == 0 || answer.len() > BUFFER {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        if words::is_yes(self.protocol, &answer) || ask == Ask::Goodbye {
            return Ok(());
        }
        Err(io::Error::other(String::from_utf8_lossy(&answer).into_owned()))
    }

    /// Ends our half and reads until the server has ended its own.
    pub(super) async fn close(mut self) -> io::Result<()> {
        if let Some(tls) = &mut self.tls {
            tls.send_close_notify();
            flush(tls, &mut self.tcp).await?;
        }
        self.tcp.shutdown().await?;
        while self.tcp.read(self.buffer.as_mut_slice()).await? > 0 {}
        Ok(())
    }

    async fn read(&mut self, answer: &mut Vec<u8>) -> io::Result<usize> {
        let Some(tls) = &mut self.tls else {
            let count = self.tcp.read(self.buffer.as_mut_slice()).await?;
            answer.extend_from_slice(&self.buffer[..count]);
            return Ok(count);
        };
        loop {
            match tls.reader().read(self.buffer.as_mut_slice()) {
                Ok(count) => {
                    answer.extend_from_slice(&self.buffer[..count]);
                    return Ok(count);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
            receive(tls, &mut self.tcp, self.buffer.as_mut_slice()).await?;
        }
    }
}

async fn flush(tls: &mut ClientConnection, tcp: &mut TcpStream) -> io::Result<()> {
    let mut records = Vec::new();
    while tls.wants_write() {
        tls.write_tls(&mut records)?;
    }
    tcp.write_all(&records).await
}

async fn receive(tls: &mut ClientConnection, tcp: &mut TcpStream, buffer: &mut [u8]) -> io::Result<()> {
    let count = tcp.read(buffer).await?;
    if count == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    let mut records = &buffer[..count];
    while !records.is_empty() {
        tls.read_tls(&mut records)?;
        tls.process_new_packets().map_err(io::Error::other)?;
    }
    Ok(())
}
