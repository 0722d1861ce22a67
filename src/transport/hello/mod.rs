//! The bare ClientHello: made by hand, because it offers what the TLS library does not, so that what a server wants is known
//! where the library's handshake fails.
//!
//! No handshake follows: the answer names version and suite, or says why not. In TLS 1.2 and before it also shows, in the
//! clear, the group, the signature algorithm and the certificate; in TLS 1.3 the group.

mod answer;
mod clients;
mod message;
mod names;
mod offer;

use std::io;

use aws_lc_rs::rand;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

pub use answer::{BareHelloReply, ServerChoice};
pub use clients::{Client, clients};
pub use offer::{Offer, Part};

use crate::target::Host;

/// The most bytes of an answer that are looked at: the longest certificate chains have about twenty thousand.
const MAX_ANSWER_BYTES: usize = 64 * 1024;

/// What has come of an answer. It outlives the wait for it: a server that stops half way has still answered.
#[derive(Debug, Default)]
pub struct BareAnswer(Vec<u8>);

impl BareAnswer {
    /// `None` where that is too little to tell.
    pub fn reply(&self) -> Option<BareHelloReply> {
        answer::read(&self.0).0
    }
}

/// Sends the bare hello and reads until the answer is over, or the stream is. There is no time limit here; dropping the
/// future ends it.
pub async fn send_bare_hello<S: AsyncRead + AsyncWrite + Unpin>(
    mut stream: S,
    host: &Host,
    offer: &Offer,
    answer: &mut BareAnswer,
) -> io::Result<()> {
    let mut random = [0; 32];
    rand::fill(&mut random).map_err(|_| io::Error::other("this machine has no random numbers"))?;
    stream.write_all(&message::client_hello(host, offer, random)).await?;
    stream.flush().await?;
    let mut buffer = [0; 1024];
    while answer.0.len() < MAX_ANSWER_BYTES {
        let count = stream.read(&mut buffer).await?;
        answer.0.extend(buffer.iter().take(count));
        if count == 0 || answer::read(&answer.0).1 {
            break;
        }
    }
    Ok(())
}
