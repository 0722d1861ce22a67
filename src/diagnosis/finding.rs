//! Findings: facts worth telling, each with a stable id.

use crate::named::named_enum;

named_enum! {
    /// How much a finding matters.
    pub enum Severity {
        /// It keeps mail from working, or makes it unsafe.
        Error = "error",
        /// It deserves attention.
        Warning = "warning",
        /// It is good to know.
        Info = "info",
    }
}

/// One fact worth telling.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The stable id.
    pub id: FindingId,
    /// How much it matters here.
    pub severity: Severity,
    /// What is the case, in one or two short sentences. May quote an address or name, never a server's free text.
    pub message: String,
    /// What was seen that shows it: a reply, a date, an address. Hostile text.
    pub evidence: Option<String>,
    /// What to do about it.
    pub hint: Option<String>,
}

impl Finding {
    pub(crate) fn error(id: FindingId, message: impl Into<String>) -> Self {
        Self::new(id, Severity::Error, message)
    }

    pub(crate) fn warning(id: FindingId, message: impl Into<String>) -> Self {
        Self::new(id, Severity::Warning, message)
    }

    pub(crate) fn info(id: FindingId, message: impl Into<String>) -> Self {
        Self::new(id, Severity::Info, message)
    }

    pub(crate) fn evidence(mut self, evidence: impl Into<Option<String>>) -> Self {
        self.evidence = evidence.into().filter(|text| !text.is_empty()).map(bounded);
        self
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    fn new(id: FindingId, severity: Severity, message: impl Into<String>) -> Self {
        Self { id, severity, message: message.into(), evidence: None, hint: None }
    }
}

/// How many characters of evidence are kept: a long reply whole, a flood cut.
const MAX_EVIDENCE_CHARS: usize = 600;

fn bounded(text: String) -> String {
    match text.char_indices().nth(MAX_EVIDENCE_CHARS) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

named_enum! {
    /// The stable ids of findings. Where one explains a state, it bears the state's name.
    #[non_exhaustive]
    pub enum FindingId {
        // The name
        /// The name does not exist.
        DnsNoSuchName = "dns-no-such-name",
        /// The name exists and has no address.
        DnsNoAddress = "dns-no-address",
        /// The domain says that it takes no mail, or does not offer the service.
        DnsNoMail = "dns-no-mail",
        /// No name server answered in time.
        DnsTimeout = "dns-timeout",
        /// A name server answered with a failure, or could not be reached.
        DnsFailed = "dns-failed",
        /// A family's lookup failed while the other answered.
        AddressFamilyLookupFailed = "address-family-lookup-failed",
        /// A family was left out: this machine has no route for it.
        AddressFamilySkipped = "address-family-skipped",

        // A mail domain's servers
        /// No source names a server of the domain.
        NoServerNamed = "no-server-named",
        /// The domain has no MX record.
        MxMissing = "mx-missing",
        /// An MX record names an alias.
        MxIsAlias = "mx-is-alias",
        /// An MX record names an address, or something else that is no host name.
        MxIsNoName = "mx-is-no-name",
        /// A source names a server by something that is no host name.
        UnusableServer = "unusable-server",
        /// The autoconfiguration file tells mail programs to go without TLS.
        PlaintextPublished = "plaintext-published",
        /// The domain's records could not be looked up.
        RecordLookupFailed = "record-lookup-failed",
        /// A name server took its time.
        SlowNameServer = "slow-name-server",
        /// The autoconfiguration file cannot be had, or cannot be used.
        AutoconfigUnusable = "autoconfig-unusable",
        /// Two sources name different servers for the same purpose.
        SourcesDisagree = "sources-disagree",
        /// The provider takes no password.
        NoPasswordLogin = "no-password-login",
        /// What else the built-in table says about the provider.
        ProviderRemark = "provider-remark",

        // The connection
        /// A reset came back: from the host or from something in front of it.
        ConnectionRefused = "connection-refused",
        /// Nothing came back.
        ConnectionTimeout = "connection-timeout",
        /// An ICMP message with the host's own address refused.
        RejectedByHost = "rejected-by-host",
        /// An ICMP message from another machine than the host refused.
        RejectedByRouter = "rejected-by-router",
        /// A firewall rule, route or security module on this machine refused.
        RejectedByThisMachine = "rejected-by-this-machine",
        /// The network refused, and this system does not tell who.
        RejectedByUnknown = "rejected-by-unknown",
        /// Nobody answers for the next hop on the local network, or a rule on this machine says so.
        NoNeighbour = "no-neighbour",
        /// This machine has no route to the address.
        NoRoute = "no-route",
        /// The connection failed in a way that names no cause.
        ConnectFailed = "connect-failed",
        /// Packets vanish, or are refused, on this machine or at the first hop.
        BlockedNearby = "blocked-nearby",
        /// They vanish, or are refused, between two hops on the way.
        BlockedOnPath = "blocked-on-path",
        /// They vanish, or are refused, at the host or at the last router before it.
        BlockedAtDestination = "blocked-at-destination",
        /// The way was open when it was traced.
        PathOpen = "path-open",
        /// The way was traced and does not tell.
        PathUnclear = "path-unclear",
        /// The way could not be traced.
        PathNotTraced = "path-not-traced",
        /// The provider does not offer the port, or a port of a surveyed host is closed on every address while others work.
        PortNotOffered = "port-not-offered",

        // The greeting and what follows it
        /// The connection was accepted, then silence.
        NoGreeting = "no-greeting",
        /// Bytes came, and no whole greeting within the limit.
        GreetingTooSlow = "greeting-too-slow",
        /// The greeting took longer than three seconds.
        SlowGreeting = "slow-greeting",
        /// The server greeted and later stopped answering.
        ReplyTimeout = "reply-timeout",
        /// The server closed the connection in the middle.
        ConnectionClosed = "connection-closed",
        /// The connection was reset in the middle.
        ConnectionReset = "connection-reset",
        /// The server refuses for good.
        ServiceRejected = "service-rejected",
        /// The server refuses for now.
        ServiceUnavailable = "service-unavailable",
        /// Too many connections, or too fast.
        RateLimited = "rate-limited",
        /// This machine's public address is on a blocklist.
        AddressBlocklisted = "address-blocklisted",
        /// This machine's public address has a poor reputation.
        PoorReputation = "poor-reputation",
        /// This machine's public address has no name in the reverse DNS.
        NoReverseName = "no-reverse-name",
        /// The server says that it takes no mail (RFC 7504).
        NoMailService = "no-mail-service",
        /// The name given with EHLO or HELO was refused.
        HeloRefused = "helo-refused",
        /// Another protocol is spoken.
        WrongProtocol = "wrong-protocol",
        /// Probably a captive portal answers.
        CaptivePortalSuspected = "captive-portal-suspected",
        /// The protocol is broken.
        ProtocolError = "protocol-error",

        // The upgrade to TLS
        /// The upgrade is not offered.
        StarttlsNotOffered = "starttls-not-offered",
        /// The offer was removed on the way.
        StarttlsStripped = "starttls-stripped",
        /// The upgrade is offered and refused.
        StarttlsRefused = "starttls-refused",
        /// Plaintext stood between the upgrade and TLS.
        StarttlsInjection = "starttls-injection",
        /// The dialogue bears the marks of a device that rewrites it.
        InspectionDeviceSuspected = "inspection-device-suspected",
        /// The server does not know EHLO.
        EhloNotSupported = "ehlo-not-supported",
        /// The server does not know CAPA.
        CapaNotSupported = "capa-not-supported",
        /// The IMAP session is logged in from the start.
        ImapPreauth = "imap-preauth",

        // TLS
        /// TLS is spoken on a port for plaintext.
        TlsOnPlaintextPort = "tls-on-plaintext-port",
        /// Plaintext is spoken on a port for TLS.
        PlaintextOnTlsPort = "plaintext-on-tls-port",
        /// The handshake failed.
        TlsHandshakeFailed = "tls-handshake-failed",
        /// The server speaks only retired versions.
        TlsVersionUnsupported = "tls-version-unsupported",
        /// The server takes only cipher suites that clients of today do not offer.
        RetiredSuitesOnly = "retired-suites-only",
        /// The handshake failed with a large hello and worked with a small one.
        LargeHelloDropped = "large-hello-dropped",

        // The certificate
        /// Its time is over.
        CertificateExpired = "certificate-expired",
        /// Its time is over in less than two weeks.
        CertificateExpiresSoon = "certificate-expires-soon",
        /// Its time has not come.
        CertificateNotYetValid = "certificate-not-yet-valid",
        /// It is not for the name that was asked for.
        CertificateWrongName = "certificate-wrong-name",
        /// A certificate between the server's and the trusted authority has expired.
        CertificateIssuerExpired = "certificate-issuer-expired",
        /// No trusted authority issued it.
        CertificateUnknownIssuer = "certificate-unknown-issuer",
        /// It signed itself.
        CertificateSelfSigned = "certificate-self-signed",
        /// It is not for servers.
        CertificateWrongPurpose = "certificate-wrong-purpose",
        /// It cannot be used.
        CertificateUnusable = "certificate-unusable",
        /// The chain is sent in the wrong order.
        CertificateChainOrder = "certificate-chain-order",
        /// The chain is sent with its root, which nobody needs.
        CertificateNeedlessRoot = "certificate-needless-root",

        // Logging in
        /// A password may be sent before TLS is up.
        PlaintextLoginOffered = "plaintext-login-offered",
        /// A submission port offers no login inside TLS.
        LoginNotOffered = "login-not-offered",

        // Somebody else
        /// Somebody answered in the server's place: a known device, or one that is too near.
        Intercepted = "intercepted",
        /// The certificate's issuer is a device or program that opens TLS.
        InterceptionSuspected = "interception-suspected",
        /// The greeting names another host.
        GreetingNamesAnotherHost = "greeting-names-another-host",

        // Port 25 on the way out
        /// Hosts of different operators greeted with the same name.
        SharedGreeting = "shared-greeting",
        /// A port for mail programs gave no connection at any host.
        SubmissionBlocked = "submission-blocked",
        /// One mail host of several did not answer.
        ReferenceDown = "reference-down",
        /// This machine has a family of addresses, and nothing gets through over it.
        FamilyWithoutNetwork = "family-without-network",
        /// The host that was asked about is this very machine.
        OwnHost = "own-host",
        /// This machine's public address has a name that does not lead back to it.
        ReverseNameUnconfirmed = "reverse-name-unconfirmed",
        /// This machine's public address has a name that leads back to it.
        ReverseNameConfirmed = "reverse-name-confirmed",
        /// The machine looks like one of a company that is documented to block mail ports.
        HostingBlocksPorts = "hosting-blocks-ports",

        // What the user asked for
        /// What was expected is not so.
        ExpectationNotMet = "expectation-not-met",
        /// Several tries gave different answers.
        Flapping = "flapping",

        // Ourselves
        /// The run's time was over before anything was proven.
        DeadlineReached = "deadline-reached",
        /// The run was interrupted first.
        Interrupted = "interrupted",
        /// This machine ran out of something.
        LocalError = "local-error",
        /// A fault in mailprobe itself.
        InternalError = "internal-error",
        /// The evidence proves nothing.
        Inconclusive = "inconclusive",
    }
}
