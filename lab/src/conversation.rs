//! One connection from its acceptance to its end: the usual dialogue, and what the script puts in its place.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;

use rustls::ServerConfig;

use crate::behaviour::{Behaviour, Protocol, Security};
use crate::hello::{ClientHello, alert};
use crate::scene::{Command, Scene};
use crate::script::{Act, Moment};
use crate::wire::{Over, Wire};
use crate::{imap, pop3, smtp};

/// Where endless replies end after all: far beyond any client's patience, and little enough for a test machine.
const MAX_FLOOD_BYTES: usize = 256 * 1024 * 1024;
/// How much of a flood goes into one write.
const FLOOD_CHUNK_BYTES: usize = 16 * 1024;

/// The alert for what is no TLS hello (RFC 8446, section 6).
const DECODE_ERROR: u8 = 50;

/// By the protocol that the server speaks.
impl Scene<'_> {
    fn greeting(&self) -> String {
        match self.behaviour.protocol {
            Protocol::Smtp => smtp::greeting(self),
            Protocol::Imap => imap::greeting(self),
            Protocol::Pop3 => pop3::greeting(self),
        }
    }

    fn hear(&self, line: &str) -> Command {
        match self.behaviour.protocol {
            Protocol::Smtp => smtp::hear(self, line),
            Protocol::Imap => imap::hear(self, line),
            Protocol::Pop3 => pop3::hear(self, line),
        }
    }

    fn reply(&self, command: &Command) -> String {
        match self.behaviour.protocol {
            Protocol::Smtp => smtp::reply(self, command),
            Protocol::Imap => imap::reply(self, command),
            Protocol::Pop3 => pop3::reply(self, command),
        }
    }
}

pub(crate) struct Conversation {
    behaviour: Arc<Behaviour>,
    tls: Arc<ServerConfig>,
    peer: SocketAddr,
    wire: Wire,
    /// The client's first TLS record, read before the handshake so that the script can act on it.
    first_record: Vec<u8>,
    /// Whether a recipient was named.
    has_recipient: bool,
}

impl Conversation {
    pub(crate) fn new(behaviour: Arc<Behaviour>, tls: Arc<ServerConfig>, peer: SocketAddr, wire: Wire) -> Self {
        Self { behaviour, tls, peer, wire, first_record: Vec::new(), has_recipient: false }
    }

    /// Talks until the conversation is over.
    pub(crate) async fn hold(mut self) {
        let Err(Over) = self.talk().await;
    }

    async fn talk(&mut self) -> Result<Infallible, Over> {
        self.play(&Command::unprompted(Moment::Accept)).await?;
        if self.behaviour.security == Security::Implicit {
            self.upgrade().await?;
        }
        self.play(&Command::unprompted(Moment::Greeting)).await?;
        loop {
            let line = self.wire.line().await?;
            let command = self.scene().hear(&line);
            self.has_recipient |= command.moment == Moment::Recipient;
            self.play(&command).await?;
        }
    }

    async fn play(&mut self, command: &Command) -> Result<(), Over> {
        let behaviour = Arc::clone(&self.behaviour);
        for act in behaviour.script.acts(command.moment) {
            self.act(act, command).await?;
            if command.moment == Moment::Greeting && matches!(act, Act::Usual | Act::Send(_) | Act::Drip(_)) {
                self.wire.log.greeted();
            }
        }
        Ok(())
    }

    async fn act(&mut self, act: &Act, command: &Command) -> Result<(), Over> {
        match act {
            Act::Usual => self.usual(command).await,
            Act::Send(bytes) => self.send(bytes, command).await,
            Act::Drip(bytes) => self.drip(bytes).await,
            Act::Flood(bytes) => self.flood(bytes).await,
            Act::Tarpit(bytes) => loop {
                self.drip(bytes).await?;
            },
            Act::Pause => self.wire.wait(self.behaviour.pause).await,
            Act::AwaitInput => self.wire.await_input().await,
            Act::Upgrade => self.upgrade().await,
            Act::UpgradeAgain => self.wire.upgrade_again(Arc::clone(&self.tls)).await,
            Act::OldTls(minor) => {
                let answer = ClientHello::parse(&self.first_record).map(|hello| hello.old_answer(*minor));
                self.wire.send(&answer.unwrap_or_else(|| alert(DECODE_ERROR))).await
            }
            Act::OnlySuite(suite) => {
                let answer = ClientHello::parse(&self.first_record).map(|hello| hello.answer_with_suite(*suite));
                self.wire.send(&answer.unwrap_or_else(|| alert(DECODE_ERROR))).await
            }
            Act::DropHelloOver(limit) if self.first_record.len() > *limit => Err(self.wire.stall().await),
            Act::DropHelloOver(_) => Ok(()),
            Act::Stall => Err(self.wire.stall().await),
            Act::Close => Err(self.wire.close().await),
            Act::Cut => Err(self.wire.cut().await),
            Act::Reset => Err(self.wire.reset()),
        }
    }

    async fn usual(&mut self, command: &Command) -> Result<(), Over> {
        match command.moment {
            Moment::Accept | Moment::Secured => Ok(()),
            Moment::Greeting => {
                let greeting = self.scene().greeting();
                self.send(greeting.as_bytes(), command).await
            }
            Moment::Handshake => {
                let record = std::mem::take(&mut self.first_record);
                self.wire.upgrade(Arc::clone(&self.tls), record).await
            }
            Moment::StartTls if self.scene().takes_starttls() => {
                self.wire.forget_unread();
                self.reply(command).await?;
                self.upgrade().await
            }
            Moment::Quit => {
                self.reply(command).await?;
                Err(self.wire.close().await)
            }
            _ => self.reply(command).await,
        }
    }

    async fn reply(&mut self, command: &Command) -> Result<(), Over> {
        let reply = self.scene().reply(command);
        self.send(reply.as_bytes(), command).await
    }

    /// From plaintext to TLS.
    async fn upgrade(&mut self) -> Result<(), Over> {
        self.first_record = self.wire.first_record().await?;
        match ClientHello::parse(&self.first_record) {
            Some(hello) => self.wire.log.client_hello(hello.seen()),
            None => self.wire.log.piece(false, &self.first_record),
        }
        // Boxed because these moments are played from within another one.
        Box::pin(self.play(&Command::unprompted(Moment::Handshake))).await?;
        if self.wire.secured() {
            Box::pin(self.play(&Command::unprompted(Moment::Secured))).await?;
        }
        Ok(())
    }

    async fn send(&mut self, bytes: &[u8], command: &Command) -> Result<(), Over> {
        let mut bytes = replace(bytes, b"{tag}", command.tag.as_bytes());
        if self.behaviour.bare_line_feeds {
            bytes = replace(&bytes, b"\r\n", b"\n");
        }
        self.wire.send(&bytes).await
    }

    async fn drip(&mut self, bytes: &[u8]) -> Result<(), Over> {
        for byte in bytes.chunks(1) {
            self.wire.send(byte).await?;
            self.wire.wait(self.behaviour.beat).await?;
        }
        Ok(())
    }

    async fn flood(&mut self, bytes: &[u8]) -> Result<(), Over> {
        let chunk = bytes.repeat(FLOOD_CHUNK_BYTES / bytes.len().max(1) + 1);
        for _ in 0..MAX_FLOOD_BYTES / chunk.len().max(1) {
            self.wire.send(&chunk).await?;
        }
        Err(self.wire.close().await)
    }

    fn scene(&self) -> Scene<'_> {
        Scene {
            behaviour: &self.behaviour,
            peer: self.peer,
            secured: self.wire.secured(),
            has_recipient: self.has_recipient,
        }
    }
}

fn replace(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut replaced = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some(byte) = rest.first() {
        if let Some(after) = rest.strip_prefix(from) {
            replaced.extend_from_slice(to);
            rest = after;
        } else {
            replaced.push(*byte);
            rest = rest.get(1..).unwrap_or_default();
        }
    }
    replaced
}
