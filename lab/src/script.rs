//! What a server does, moment by moment.

use std::collections::BTreeMap;

/// A point in a conversation at which a script may put its own acts in place of the usual one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Moment {
    /// The connection is there. Usually nothing happens.
    Accept,
    /// The server's first words.
    Greeting,
    /// EHLO, LHLO, CAPABILITY or CAPA arrived outside TLS.
    Capabilities,
    /// HELO arrived.
    Helo,
    /// STARTTLS or STLS arrived.
    StartTls,
    /// The client's first TLS record arrived. The usual act is the handshake.
    Handshake,
    /// The handshake is done. Usually nothing happens.
    Secured,
    /// EHLO, LHLO, CAPABILITY or CAPA arrived inside TLS.
    SecuredCapabilities,
    /// MAIL arrived.
    Sender,
    /// RCPT arrived, for the first time on the connection.
    Recipient,
    /// RCPT arrived again.
    FurtherRecipient,
    /// AUTH, AUTHENTICATE, LOGIN or PASS arrived where logins are allowed.
    Login,
    /// QUIT or LOGOUT arrived.
    Quit,
    /// Any other command arrived.
    Other,
}

/// One thing a server does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// What a good server does at this moment.
    Usual,
    /// Sends these bytes in one write. `{tag}` stands for the tag of the IMAP command that is being answered.
    Send(Vec<u8>),
    /// Sends these bytes one at a time, a [beat](crate::Behaviour::beat) apart.
    Drip(Vec<u8>),
    /// Sends these bytes over and over, as fast as the peer takes them.
    Flood(Vec<u8>),
    /// Sends these bytes over and over, one at a time, a beat apart.
    Tarpit(Vec<u8>),
    /// Waits for the behaviour's [pause](crate::Behaviour::pause).
    Pause,
    /// Waits until the client has sent something.
    AwaitInput,
    /// Goes on with the TLS handshake, as after STARTTLS.
    Upgrade,
    /// Expects TLS once more inside TLS.
    UpgradeAgain,
    /// Answers a `ClientHello` as a server does whose newest version is TLS 1.`n`: 0 or 1. A hello that offers no
    /// version so old gets the alert `protocol_version`.
    OldTls(u8),
    /// Answers a `ClientHello` as a TLS 1.2 server does that knows only this cipher suite (IANA's number).
    OnlySuite(u16),
    /// Stalls if the `ClientHello` is longer than this many bytes, as where a middlebox drops its second packet.
    DropHelloOver(usize),
    /// Says nothing more and reads on until the client leaves.
    Stall,
    /// Ends the stream in good order.
    Close,
    /// Ends the stream without TLS's `close_notify`.
    Cut,
    /// Resets the connection.
    Reset,
}

impl Act {
    /// Sends these bytes: [`Act::Send`].
    pub fn send(bytes: impl Into<Vec<u8>>) -> Self {
        Act::Send(bytes.into())
    }
}

/// The moments at which a server departs from the usual.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Script(BTreeMap<Moment, Vec<Act>>);

impl Script {
    pub(crate) fn set(&mut self, moment: Moment, acts: Vec<Act>) {
        self.0.insert(moment, acts);
    }

    pub(crate) fn acts(&self, moment: Moment) -> &[Act] {
        self.0.get(&moment).map_or(&[Act::Usual], Vec::as_slice)
    }
}
