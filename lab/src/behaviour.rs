//! What a server is told to be.

use std::time::Duration;

use crate::pki::{Leaf, NAMES};
use crate::script::{Act, Moment, Script};

/// The protocol a server speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Protocol {
    /// RFC 5321.
    Smtp,
    /// RFC 9051 and 3501.
    Imap,
    /// RFC 1939 and 2449.
    Pop3,
}

/// How a server is secured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Security {
    /// TLS from the first byte.
    Implicit,
    /// Plaintext, upgraded by STARTTLS or STLS.
    StartTls,
    /// No TLS at all.
    Plaintext,
}

/// Whether the capabilities tell of STARTTLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mention {
    /// They do.
    Offered,
    /// They do not, but the command works.
    Hidden,
    /// A middlebox wrote X over it, as Cisco's SMTP inspection does; the command works.
    Masked,
    /// They do not, and the command is unknown.
    Absent,
}

/// How bytes leave the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// Each reply in one write.
    Whole,
    /// Every byte in a write of its own.
    Bytewise,
}

/// The TLS versions a server takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TlsVersions {
    /// TLS 1.2 and 1.3.
    Both,
    /// TLS 1.2 only.
    Only12,
    /// TLS 1.3 only.
    Only13,
}

/// What a server does. It begins as a good one; each method changes one thing.
#[derive(Debug, Clone)]
pub struct Behaviour {
    pub(crate) protocol: Protocol,
    pub(crate) security: Security,
    pub(crate) leaf: Leaf,
    pub(crate) names: Vec<String>,
    pub(crate) tls_versions: TlsVersions,
    pub(crate) host: String,
    pub(crate) starttls: Mention,
    pub(crate) login_in_the_clear: bool,
    pub(crate) capabilities_in_greeting: bool,
    pub(crate) delivery: Delivery,
    pub(crate) bare_line_feeds: bool,
    pub(crate) pause: Duration,
    pub(crate) beat: Duration,
    pub(crate) script: Script,
    pub(crate) next: Option<Box<Behaviour>>,
}

impl Behaviour {
    /// A good server.
    pub fn new(protocol: Protocol, security: Security) -> Self {
        Self {
            protocol,
            security,
            leaf: Leaf::Good,
            names: NAMES.map(str::to_owned).to_vec(),
            tls_versions: TlsVersions::Both,
            host: "mail.test.example".to_owned(),
            starttls: if security == Security::StartTls { Mention::Offered } else { Mention::Absent },
            login_in_the_clear: security == Security::Plaintext,
            capabilities_in_greeting: true,
            delivery: Delivery::Whole,
            bare_line_feeds: false,
            // What Postfix's postscreen waits before its greeting.
            pause: Duration::from_secs(6),
            beat: Duration::from_secs(1),
            script: Script::default(),
            next: None,
        }
    }

    /// A good SMTP server.
    pub fn smtp(security: Security) -> Self {
        Self::new(Protocol::Smtp, security)
    }

    /// A good IMAP server.
    pub fn imap(security: Security) -> Self {
        Self::new(Protocol::Imap, security)
    }

    /// A good POP3 server.
    pub fn pop3(security: Security) -> Self {
        Self::new(Protocol::Pop3, security)
    }

    /// Shows this certificate.
    #[must_use]
    pub fn certificate(mut self, leaf: Leaf) -> Self {
        self.leaf = leaf;
        self
    }

    /// Covers these names and addresses with its certificate, in place of [`NAMES`]. Of no effect on kinds that have
    /// names of their own, and on those that are not made anew ([`Leaf::X509V1`], [`Leaf::Sha1`], [`Leaf::Rsa1024`]).
    #[must_use]
    pub fn names(mut self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.names = names.into_iter().map(Into::into).collect();
        self
    }

    /// Does these acts at this moment, in place of the usual one.
    #[must_use]
    pub fn at(mut self, moment: Moment, acts: impl Into<Vec<Act>>) -> Self {
        self.script.set(moment, acts.into());
        self
    }

    /// Is this one for the first connection only, and `next` for those after it: `a.then(b).then(c)` is `a`, `b`, and
    /// `c` from then on.
    #[must_use]
    pub fn then(mut self, next: Behaviour) -> Self {
        self.next = Some(Box::new(match self.next {
            Some(later) => later.then(next),
            None => next,
        }));
        self
    }

    /// How long [`Act::Pause`] waits: 6 seconds unless told.
    #[must_use]
    pub fn pause(mut self, pause: Duration) -> Self {
        self.pause = pause;
        self
    }

    /// The time between two bytes of [`Act::Drip`] and [`Act::Tarpit`]: one second unless told.
    #[must_use]
    pub fn beat(mut self, beat: Duration) -> Self {
        self.beat = beat;
        self
    }

    /// The name the server gives itself in its greeting: `mail.test.example` unless told.
    #[must_use]
    pub fn host(mut self, name: impl Into<String>) -> Self {
        self.host = name.into();
        self
    }

    /// Whether the capabilities tell of STARTTLS.
    #[must_use]
    pub fn starttls(mut self, mention: Mention) -> Self {
        self.starttls = mention;
        self
    }

    /// Offers AUTH, LOGIN or USER outside TLS too.
    #[must_use]
    pub fn login_in_the_clear(mut self) -> Self {
        self.login_in_the_clear = true;
        self
    }

    /// Leaves the capabilities out of the IMAP greeting.
    #[must_use]
    pub fn plain_greeting(mut self) -> Self {
        self.capabilities_in_greeting = false;
        self
    }

    /// How bytes leave the server.
    #[must_use]
    pub fn delivery(mut self, delivery: Delivery) -> Self {
        self.delivery = delivery;
        self
    }

    /// Ends lines with LF alone.
    #[must_use]
    pub fn bare_line_feeds(mut self) -> Self {
        self.bare_line_feeds = true;
        self
    }

    /// The TLS versions the server takes.
    #[must_use]
    pub fn tls_versions(mut self, versions: TlsVersions) -> Self {
        self.tls_versions = versions;
        self
    }

    /// Speaks another protocol.
    #[must_use]
    pub fn protocol(mut self, protocol: Protocol) -> Self {
        self.protocol = protocol;
        self
    }

    /// Is secured in another way.
    #[must_use]
    pub fn security(mut self, security: Security) -> Self {
        self.security = security;
        self.starttls = if security == Security::StartTls { Mention::Offered } else { Mention::Absent };
        self
    }
}
