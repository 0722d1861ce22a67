//! What a fault is, and what the families of the catalogue share.

use std::fmt;

use crate::behaviour::{Behaviour, Protocol, Security};
use crate::script::{Act, Moment};

pub(super) const SMTP: &[Protocol] = &[Protocol::Smtp];
pub(super) const IMAP: &[Protocol] = &[Protocol::Imap];
pub(super) const POP3: &[Protocol] = &[Protocol::Pop3];
pub(super) const ANY_PROTOCOL: &[Protocol] = &[Protocol::Smtp, Protocol::Imap, Protocol::Pop3];
pub(super) const ANY_SECURITY: &[Security] = &[Security::Implicit, Security::StartTls, Security::Plaintext];
pub(super) const WITH_STARTTLS: &[Security] = &[Security::StartTls];
pub(super) const WITH_TLS: &[Security] = &[Security::Implicit, Security::StartTls];
pub(super) const CLEAR_AT_FIRST: &[Security] = &[Security::StartTls, Security::Plaintext];

/// One way to misbehave.
pub struct Fault {
    pub(super) name: String,
    about: String,
    protocols: &'static [Protocol],
    securities: &'static [Security],
    pub(super) change: Box<dyn Fn(Behaviour) -> Behaviour + Send + Sync>,
}

impl Fault {
    /// Its name: lower case, words joined by hyphens.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What the server does, in one sentence.
    pub fn about(&self) -> &str {
        &self.about
    }

    /// Whether a server of this protocol and security can have it.
    pub fn fits(&self, protocol: Protocol, security: Security) -> bool {
        self.protocols.contains(&protocol) && self.securities.contains(&security)
    }

    /// A fault of every protocol and security; the two methods below narrow it.
    pub(super) fn new(
        name: impl Into<String>,
        about: impl Into<String>,
        change: impl Fn(Behaviour) -> Behaviour + Send + Sync + 'static,
    ) -> Self {
        Self {
            name: name.into(),
            about: about.into(),
            protocols: ANY_PROTOCOL,
            securities: ANY_SECURITY,
            change: Box::new(change),
        }
    }

    pub(super) fn of(mut self, protocols: &'static [Protocol]) -> Self {
        self.protocols = protocols;
        self
    }

    pub(super) fn secured(mut self, securities: &'static [Security]) -> Self {
        self.securities = securities;
        self
    }
}

impl fmt::Debug for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Fault").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Does these acts at the first capabilities, inside TLS or outside.
pub(super) fn at_any_capabilities(behaviour: Behaviour, acts: &[Act]) -> Behaviour {
    behaviour.at(Moment::Capabilities, acts).at(Moment::SecuredCapabilities, acts)
}
