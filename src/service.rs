//! The port table: which service usually lives on which port, and what it is for.

use crate::named::named_enum;

named_enum! {
    /// The protocol that is spoken on a port.
    pub enum Protocol {
        /// RFC 5321
        Smtp = "smtp",
        /// RFC 9051 and RFC 3501
        Imap = "imap",
        /// RFC 1939
        Pop3 = "pop3",
    }
}

named_enum! {
    /// How a connection is secured.
    pub enum Security {
        /// TLS from the first byte (RFC 8314).
        Implicit = "implicit",
        /// Plaintext first, then an upgrade: STARTTLS (RFC 3207, RFC 9051) or STLS (RFC 2595).
        StartTls = "starttls",
        /// No TLS is expected and none is asked for: a development server.
        Plaintext = "plaintext",
    }
}

named_enum! {
    /// What a provider asks for, beside the address, before a mail program can log in.
    pub enum LoginNeed {
        /// A password; the account's own will do.
        Password = "password",
        /// A token from a sign-in in a browser; no password will do.
        OAuth = "oauth",
        /// A password made for the mail program alone, in the account's settings.
        AppPassword = "app-password",
        /// Somebody has to allow mail programs first: the user in the account's settings, or an administrator.
        SwitchOnFirst = "switch-on-first",
    }
}

named_enum! {
    /// What a service is for.
    pub enum Role {
        /// Mail between servers (MX).
        Relay = "relay",
        /// Mail programs hand in mail.
        Submission = "submission",
        /// Mail programs fetch mail and take it away.
        Retrieval = "retrieval",
        /// Mail programs read mail that stays on the server.
        Access = "access",
    }
}

named_enum! {
    /// A row of the port table.
    pub enum Service {
        /// Port 25: relay between servers.
        Smtp = "smtp",
        /// Port 465: submission with implicit TLS.
        Submissions = "submissions",
        /// Port 587: submission with STARTTLS.
        Submission = "submission",
        /// Port 110: POP3 with STLS.
        Pop3 = "pop3",
        /// Port 995: POP3 with implicit TLS.
        Pop3s = "pop3s",
        /// Port 143: IMAP with STARTTLS.
        Imap = "imap",
        /// Port 993: IMAP with implicit TLS.
        Imaps = "imaps",
    }
}

impl Service {
    /// The protocol spoken.
    pub const fn protocol(self) -> Protocol {
        match self {
            Self::Smtp | Self::Submissions | Self::Submission => Protocol::Smtp,
            Self::Pop3 | Self::Pop3s => Protocol::Pop3,
            Self::Imap | Self::Imaps => Protocol::Imap,
        }
    }

    /// The port registered with IANA.
    pub const fn port(self) -> u16 {
        match self {
            Self::Smtp => 25,
            Self::Submissions => 465,
            Self::Submission => 587,
            Self::Pop3 => 110,
            Self::Pop3s => 995,
            Self::Imap => 143,
            Self::Imaps => 993,
        }
    }

    /// The security that the service's registration implies.
    pub const fn security(self) -> Security {
        match self {
            Self::Submissions | Self::Pop3s | Self::Imaps => Security::Implicit,
            Self::Smtp | Self::Submission | Self::Pop3 | Self::Imap => Security::StartTls,
        }
    }

    /// What the service is for.
    pub const fn role(self) -> Role {
        match self {
            Self::Smtp => Role::Relay,
            Self::Submissions | Self::Submission => Role::Submission,
            Self::Pop3 | Self::Pop3s => Role::Retrieval,
            Self::Imap | Self::Imaps => Role::Access,
        }
    }

    /// The documents that define the service.
    pub const fn references(self) -> &'static str {
        match self {
            Self::Smtp => "RFC 5321, RFC 3207",
            Self::Submissions | Self::Pop3s | Self::Imaps => "RFC 8314",
            Self::Submission => "RFC 6409, RFC 8314",
            Self::Pop3 => "RFC 1939, RFC 2595",
            Self::Imap => "RFC 9051, RFC 3501",
        }
    }

    /// Whether TLS may be missing without fault: relay between servers encrypts when it can (RFC 3207, section 4).
    pub const fn tls_is_opportunistic(self) -> bool {
        matches!(self, Self::Smtp)
    }

    /// The service of the port table that usually lives on `port`, the known alternatives included.
    pub fn by_port(port: u16) -> Option<Self> {
        let registered = Self::ALL.iter().map(|service| (service.port(), *service));
        registered.chain(ALTERNATIVE_PORTS).find(|(known, _)| *known == port).map(|(_, service)| service)
    }

    /// The service that a mail program finds at `port`: the port table knows the role, and elsewhere it is the one of
    /// mail programs.
    #[cfg(feature = "net")]
    pub(crate) fn for_client(protocol: Protocol, port: u16, security: Security) -> Self {
        let role = match protocol {
            Protocol::Smtp => Role::Submission,
            Protocol::Imap => Role::Access,
            Protocol::Pop3 => Role::Retrieval,
        };
        Self::at(port, protocol, role, security)
    }

    /// The service at `port`: of the role in the port table, where that knows the port for `protocol`; else of `role`.
    pub(crate) fn at(port: u16, protocol: Protocol, role: Role, security: Security) -> Self {
        let usual = Self::by_port(port).filter(|usual| usual.protocol() == protocol);
        Self::of(protocol, usual.map_or(role, Self::role), security)
    }

    /// The service of a protocol and role that uses `security`.
    pub(crate) fn of(protocol: Protocol, role: Role, security: Security) -> Self {
        match (protocol, security) {
            (Protocol::Smtp, _) if role == Role::Relay => Self::Smtp,
            (Protocol::Smtp, Security::Implicit) => Self::Submissions,
            (Protocol::Smtp, _) => Self::Submission,
            (Protocol::Pop3, Security::Implicit) => Self::Pop3s,
            (Protocol::Pop3, _) => Self::Pop3,
            (Protocol::Imap, Security::Implicit) => Self::Imaps,
            (Protocol::Imap, _) => Self::Imap,
        }
    }
}

/// Ports that providers use beside the registered ones.
pub const ALTERNATIVE_PORTS: [(u16, Service); 4] =
    [(26, Service::Submission), (2465, Service::Submissions), (2525, Service::Submission), (2587, Service::Submission)];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_registered_port_finds_its_own_service() {
        for &service in Service::ALL {
            assert_eq!(Service::by_port(service.port()), Some(service));
            assert_eq!(Service::of(service.protocol(), service.role(), service.security()), service);
        }
    }

    #[test]
    fn alternative_ports_are_known_and_others_are_not() {
        let [alternative, other, unknown] = [2465, 2525, 443].map(Service::by_port);
        assert_eq!((alternative, other, unknown), (Some(Service::Submissions), Some(Service::Submission), None));
    }
}
