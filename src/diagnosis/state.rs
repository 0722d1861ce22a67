//! The one-word answers for an endpoint, and the exit code of each.

use crate::named::named_enum;

named_enum! {
    /// What happened at an endpoint: it works, or the cause that stopped it.
    #[non_exhaustive]
    pub enum State {
        /// Everything that was asked for works.
        Ok = "ok",
        /// The name does not exist.
        DnsNoSuchName = "dns-no-such-name",
        /// The name exists and has no address.
        DnsNoAddress = "dns-no-address",
        /// The domain says that it takes no mail.
        DnsNoMail = "dns-no-mail",
        /// No name server answered in time.
        DnsTimeout = "dns-timeout",
        /// A name server answered with a failure, or could not be reached.
        DnsFailed = "dns-failed",
        /// A RST or ICMP port unreachable came back.
        ConnectionRefused = "connection-refused",
        /// The SYN was never answered.
        ConnectionTimeout = "connection-timeout",
        /// The network cannot be reached.
        NetworkUnreachable = "network-unreachable",
        /// The host cannot be reached.
        HostUnreachable = "host-unreachable",
        /// A rule on the way, or on this machine, forbids it and says so.
        AdministrativelyProhibited = "administratively-prohibited",
        /// Accepted, then silence.
        NoGreeting = "no-greeting",
        /// Bytes came, and no whole line within the limit.
        GreetingTooSlow = "greeting-too-slow",
        /// The server greeted and later stopped answering.
        ReplyTimeout = "reply-timeout",
        /// The connection was reset.
        ConnectionReset = "connection-reset",
        /// The server closed the connection in the middle.
        ConnectionClosed = "connection-closed",
        /// The server refuses for good.
        ServiceRejected = "service-rejected",
        /// The server refuses for now.
        ServiceUnavailable = "service-unavailable",
        /// TLS is spoken on a port for plaintext.
        TlsOnPlaintextPort = "tls-on-plaintext-port",
        /// Plaintext is spoken on a port for TLS.
        PlaintextOnTlsPort = "plaintext-on-tls-port",
        /// Another protocol is spoken.
        WrongProtocol = "wrong-protocol",
        /// The protocol is broken.
        ProtocolError = "protocol-error",
        /// The server does not offer the upgrade to TLS.
        StarttlsNotOffered = "starttls-not-offered",
        /// The offer was removed on the way.
        StarttlsStripped = "starttls-stripped",
        /// The server offers the upgrade and refuses it.
        StarttlsRefused = "starttls-refused",
        /// Plaintext stood between the upgrade and TLS.
        StarttlsInjection = "starttls-injection",
        /// The TLS handshake failed.
        TlsHandshakeFailed = "tls-handshake-failed",
        /// The server speaks only retired versions (RFC 8996).
        TlsVersionUnsupported = "tls-version-unsupported",
        /// The certificate has at least one fault.
        CertificateInvalid = "certificate-invalid",
        /// Somebody else answered.
        Intercepted = "intercepted",
        /// The evidence proves nothing.
        Inconclusive = "inconclusive",
        /// This machine ran out of something.
        LocalError = "local-error",
        /// A fault in mailprobe itself.
        InternalError = "internal-error",
        /// The run was interrupted first.
        Interrupted = "interrupted",
    }
}

impl State {
    /// The exit code of a run that fails for this cause.
    pub const fn exit_code(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::Inconclusive => 3,
            Self::DnsNoSuchName | Self::DnsNoAddress | Self::DnsNoMail | Self::DnsTimeout | Self::DnsFailed => 4,
            Self::ConnectionRefused => 5,
            Self::ConnectionTimeout => 6,
            Self::NetworkUnreachable | Self::HostUnreachable | Self::AdministrativelyProhibited => 7,
            Self::NoGreeting | Self::GreetingTooSlow | Self::ReplyTimeout => 8,
            Self::ConnectionReset | Self::ConnectionClosed => 9,
            Self::ServiceRejected | Self::ServiceUnavailable => 10,
            Self::TlsOnPlaintextPort | Self::PlaintextOnTlsPort | Self::WrongProtocol | Self::ProtocolError => 11,
            Self::StarttlsNotOffered | Self::StarttlsStripped | Self::StarttlsRefused | Self::StarttlsInjection => 12,
            Self::TlsHandshakeFailed | Self::TlsVersionUnsupported => 13,
            Self::CertificateInvalid => 14,
            Self::Intercepted => 15,
            Self::LocalError | Self::InternalError => 18,
            Self::Interrupted => 130,
        }
    }

    /// Whether it says nothing about the server: the evidence contradicts itself, or was never complete.
    pub const fn proves_nothing(self) -> bool {
        matches!(self, Self::Inconclusive | Self::LocalError | Self::InternalError | Self::Interrupted)
    }

    /// Whether no TCP connection was made: refused, dropped, unreachable.
    pub const fn is_closed(self) -> bool {
        matches!(self.exit_code(), 5..=7)
    }
}
