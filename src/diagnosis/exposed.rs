//! What would be readable on the way to a port that has no upgrade to TLS.

use super::login;
use crate::observation::Observation;
use crate::protocol::Capabilities;
use crate::service::{Protocol, Role};
use crate::words::joined;

/// What is at stake, by the logins that are offered there without TLS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Exposed {
    /// A login that hands over the password itself is offered.
    Passwords,
    /// What logins there are is not known, at least not for other hosts.
    AnyPassword,
    /// The logins that are offered, by name, only prove that one knows the password.
    NoPasswords(Vec<String>),
    /// No login is offered to mail programs that send mail, or to other servers.
    MailAlone { is_relay: bool },
    /// No login is offered where nothing is to be had without one.
    Nothing,
}

impl Exposed {
    pub(crate) fn of(observation: &Observation) -> Self {
        let service = observation.endpoint.service;
        let without_login = match service.role() {
            Role::Retrieval | Role::Access => Self::Nothing,
            role => Self::MailAlone { is_relay: role == Role::Relay },
        };
        let Some(probe) = observation.probe() else { return Self::AnyPassword };
        let Some(offered) = probe.conversation.plaintext.as_ref() else { return Self::AnyPassword };
        if !offered.listed {
            // Without EHLO there are no logins. IMAP and POP3 have some that need not be listed.
            return if service.protocol() == Protocol::Smtp { without_login } else { Self::AnyPassword };
        }
        if !login::bare_logins(offered).is_empty() {
            return if login::trusts_its_own_host(observation, probe) { Self::AnyPassword } else { Self::Passwords };
        }
        let greeting = probe.conversation.greeting.as_ref().map_or("", |greeting| &greeting.text);
        match proofs(offered, service.protocol(), greeting) {
            none if none.is_empty() || login::requires_tls(offered) => without_login,
            proofs => Self::NoPasswords(proofs),
        }
    }

    pub(crate) fn has_passwords(&self) -> bool {
        matches!(self, Self::Passwords | Self::AnyPassword)
    }

    /// The end of a sentence that says that no upgrade is offered.
    pub(crate) fn words(&self) -> String {
        match self {
            Self::Passwords => "everything, including passwords, would be sent unencrypted".into(),
            Self::AnyPassword => "everything, including any password, would be sent unencrypted".into(),
            Self::NoPasswords(logins) => {
                let send = if logins.len() == 1 { "login offered there" } else { "logins offered there" };
                let does = if logins.len() == 1 { "does" } else { "do" };
                format!(
                    "everything would be sent unencrypted, except for passwords, which the {send} ({}) {does} not send",
                    joined(logins.clone())
                )
            }
            Self::MailAlone { is_relay: true } => "mail would be sent unencrypted".into(),
            Self::MailAlone { is_relay: false } => "mail would be sent unencrypted. No login is offered there".into(),
            Self::Nothing => "mail programs cannot log in, since no login is offered there without TLS".into(),
        }
    }
}

/// The ways to log in that are offered and hand over no password.
fn proofs(offered: &Capabilities, protocol: Protocol, greeting: &str) -> Vec<String> {
    let mut ways = offered.mechanisms.clone();
    // A POP3 server that takes APOP greets with a timestamp in angle brackets (RFC 1939, section 7).
    let has_timestamp = greeting.split_once('<').is_some_and(|(_, rest)| rest.contains('@') && rest.contains('>'));
    if protocol == Protocol::Pop3 && has_timestamp {
        ways.push("APOP".into());
    }
    ways
}
