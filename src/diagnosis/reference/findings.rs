//! The findings, explained.

use super::{Entry, discovery, entry, outbound, states, tls};
use crate::diagnosis::{FindingId, State};

/// One entry for every finding.
#[expect(clippy::too_many_lines, reason = "a table")]
pub(super) const fn of(id: FindingId) -> Entry {
    match id {
        // Those that explain a state
        FindingId::DnsNoSuchName => states::of(State::DnsNoSuchName),
        FindingId::DnsNoAddress => states::of(State::DnsNoAddress),
        FindingId::DnsNoMail => states::of(State::DnsNoMail),
        FindingId::DnsTimeout => states::of(State::DnsTimeout),
        FindingId::DnsFailed => states::of(State::DnsFailed),
        FindingId::ConnectionRefused => states::of(State::ConnectionRefused),
        FindingId::ConnectionTimeout => states::of(State::ConnectionTimeout),
        FindingId::NoGreeting => states::of(State::NoGreeting),
        FindingId::GreetingTooSlow => states::of(State::GreetingTooSlow),
        FindingId::ReplyTimeout => states::of(State::ReplyTimeout),
        FindingId::ConnectionClosed => states::of(State::ConnectionClosed),
        FindingId::ConnectionReset => states::of(State::ConnectionReset),
        FindingId::ServiceRejected => states::of(State::ServiceRejected),
        FindingId::ServiceUnavailable => states::of(State::ServiceUnavailable),
        FindingId::WrongProtocol => states::of(State::WrongProtocol),
        FindingId::ProtocolError => states::of(State::ProtocolError),
        FindingId::StarttlsNotOffered => states::of(State::StarttlsNotOffered),
        FindingId::StarttlsStripped => states::of(State::StarttlsStripped),
        FindingId::StarttlsRefused => states::of(State::StarttlsRefused),
        FindingId::StarttlsInjection => states::of(State::StarttlsInjection),
        FindingId::TlsOnPlaintextPort => states::of(State::TlsOnPlaintextPort),
        FindingId::PlaintextOnTlsPort => states::of(State::PlaintextOnTlsPort),
        FindingId::TlsHandshakeFailed => states::of(State::TlsHandshakeFailed),
        FindingId::TlsVersionUnsupported => states::of(State::TlsVersionUnsupported),
        FindingId::Intercepted => states::of(State::Intercepted),
        FindingId::Interrupted => states::of(State::Interrupted),
        FindingId::LocalError => states::of(State::LocalError),
        FindingId::InternalError => states::of(State::InternalError),
        FindingId::Inconclusive => states::of(State::Inconclusive),

        FindingId::BlockedNearby => entry(
            "Blocked on this machine or at the first hop",
            "Packets to the port vanish, or are refused, before the first router answers for them. Those to another port of the same host get through.",
            "Silence or a reset for the port from the first hop on, while the other port's packets travel on.",
            "Look at this machine's own firewall for outgoing connections, and at mail shields of antivirus programs. Then look at the first router.",
        ),
        FindingId::BlockedOnPath => entry(
            "Blocked on the way",
            "Between two hops on the way to the host, packets to the port vanish or are refused. Those to another port of the same host get through.",
            "Routers that answered for the port up to a hop, none beyond it, and answers for the other port beyond it.",
            "Ask whoever runs the network between the two hops to let the port through. Mail programs can use 465 or 587 instead of 25.",
        ),
        FindingId::BlockedAtDestination => entry(
            "Blocked at the host or just before it",
            "Packets to the port come as far as the last router. There, or at the host, they vanish or are refused; the two cannot be told apart.",
            "Routers that answered for the port up to the last hop before the host.",
            "Ask whoever runs the host: its firewall, or the one in front of it, blocks the port.",
        ),
        FindingId::PathOpen => entry(
            "The way is open now",
            "When the way was traced, the port answered. What kept it from answering before has passed.",
            "A connection that failed before and was made while the way was traced.",
            "Probe again.",
        ),
        FindingId::PathUnclear => entry(
            "Where it stops cannot be told",
            "The routers on the way do not answer, or the other port gets no further, so the place of the block is not known.",
            "Silence for both ports, or answers that contradict each other.",
            "Trace again from another network, or towards another host.",
        ),
        FindingId::PathNotTraced => entry(
            "The way could not be traced",
            "This system does not tell which router answered, or this machine lacked what tracing needs.",
            "The system's own word.",
            "Trace from a Linux machine with a kernel of 5.9 or later.",
        ),

        FindingId::AddressFamilyLookupFailed => entry(
            "One address family could not be looked up",
            "The lookup of the host's IPv4 or IPv6 addresses failed, while that of the other family answered.",
            "A failure or a timeout for one family, an answer for the other.",
            "Some mail programs will wait or fail. Ask whoever runs the domain's DNS to look at the answers for that family.",
        ),
        FindingId::AddressFamilySkipped => entry(
            "One address family was left out",
            "This machine has no route at all for IPv4 or for IPv6, so those addresses were not tried.",
            "No route for the family in this machine's own table.",
            "Nothing, if this machine is meant to be without it. Else look at its network connection.",
        ),
        FindingId::NoServerNamed => discovery::NO_SERVER_NAMED,
        FindingId::MxMissing => discovery::MX_MISSING,
        FindingId::MxIsAlias => discovery::MX_IS_ALIAS,
        FindingId::MxIsNoName => discovery::MX_IS_NO_NAME,
        FindingId::UnusableServer => discovery::UNUSABLE_SERVER,
        FindingId::PlaintextPublished => discovery::PLAINTEXT_PUBLISHED,
        FindingId::RecordLookupFailed => discovery::RECORD_LOOKUP_FAILED,
        FindingId::SlowNameServer => discovery::SLOW_NAME_SERVER,
        FindingId::AutoconfigUnusable => discovery::AUTOCONFIG_UNUSABLE,
        FindingId::SourcesDisagree => discovery::SOURCES_DISAGREE,
        FindingId::NoPasswordLogin => discovery::NO_PASSWORD_LOGIN,
        FindingId::ProviderRemark => discovery::PROVIDER_REMARK,
        FindingId::RejectedByHost => entry(
            "The host's own address refused",
            "An ICMP message with the host's own address refused the connection. Probably its firewall.",
            "An ICMP error whose sender is the address that was probed.",
            "Allow the port in the firewall of the host.",
        ),
        FindingId::RejectedByRouter => entry(
            "Somebody on the way refused",
            "Not the host but a router or firewall on the way refused, or the packets went in circles.",
            "An ICMP error whose sender is another address than the one probed.",
            "Ask whoever runs the address that is named to allow the port, or to look at its routes.",
        ),
        FindingId::RejectedByThisMachine => entry(
            "This machine refused",
            "A firewall rule, a route or a security module on this machine itself forbids the connection.",
            "An error before anything was sent, or an ICMP message from one of this machine's own addresses.",
            "Look at this machine's firewall rules for outgoing connections and at `ip route get` with the address.",
        ),
        FindingId::RejectedByUnknown => entry(
            "Somebody refused, and it is not known who",
            "The network refuses the connection, and this system does not tell who says so.",
            "The system's error alone.",
            "Check this machine's routes and firewall first, then try the same from another network.",
        ),
        FindingId::NoNeighbour => entry(
            "Nobody answers on the local network",
            "No machine answered for the address, or for the gateway to it, on the local network.",
            "An error that Linux reports as an ICMP message from this machine itself when ARP or NDP brings no answer.",
            "Check that the host (or the gateway) is up, and that its address is right.",
        ),
        FindingId::NoRoute => entry(
            "No route to the address",
            "This machine has no route to the address.",
            "The system's error before anything was sent.",
            "Check this machine's network connection. To leave one address family out, use -4 or -6.",
        ),
        FindingId::ConnectFailed => entry(
            "The connection failed for another reason",
            "The connection could not be made, and the error names no cause.",
            "An error of the system that fits none of the other findings.",
            "The system's words are the evidence. Look at this machine's routes and rules.",
        ),
        FindingId::PortNotOffered => entry(
            "A port is not offered",
            "A port of a host that was probed as a whole is closed, while others work, and that is taken as meant. Or the provider is known not to offer it.",
            "The port is closed on every address, and another port of the host passes; or the built-in provider table says so.",
            "Nothing. If the port should work, name it: mailprobe host:port. `mailprobe providers` lists what a provider offers.",
        ),
        FindingId::SlowGreeting => entry(
            "The greeting took long",
            "The greeting took more than three seconds. People notice that, and some mail programs give up after ten.",
            "The time between the connection and the end of the greeting. Between servers (port 25) it is a usual guard against spammers.",
            "Look at what the server does before it greets: a name lookup, a blocklist, or a login back end that is down.",
        ),
        FindingId::RateLimited => entry(
            "Too many connections",
            "The server refuses for now because there were too many connections, or too fast.",
            "Words to that effect in the refusal.",
            "Wait some minutes and try again, with fewer checks at a time.",
        ),
        FindingId::AddressBlocklisted => entry(
            "Your address is on a blocklist",
            "The server refuses because this machine's public address is on a blocklist. That is about your address, not about the port.",
            "Words to that effect in the refusal. The list's name and look-up page are shown where the reply has them.",
            "Look the address up at the list and ask for removal there. Homes and clouds send through their provider's submission port.",
        ),
        FindingId::PoorReputation => entry(
            "Your address has a poor reputation",
            "The server refuses because this machine's public address has a poor reputation. That is about your address, not about the port.",
            "Words to that effect in the refusal.",
            "Look the address up at the service that the reply names. Send through your provider's submission port meanwhile.",
        ),
        FindingId::NoReverseName => entry(
            "Your address has no reverse name",
            "The server refuses because this machine's public address has no proper name in the reverse DNS (PTR).",
            "Words to that effect in the refusal.",
            "Ask the provider of your address to set a PTR record that matches the host's name.",
        ),
        FindingId::NoMailService => entry(
            "The host takes no mail",
            "The server says that it takes no mail at all (RFC 7504).",
            "The code 521, or words to that effect.",
            "Look up the domain's mail hosts (MX) and probe those.",
        ),
        FindingId::HeloRefused => entry(
            "The name in EHLO was refused",
            "The server refuses the name that mailprobe gave with EHLO or HELO. The port itself works.",
            "A refusal of EHLO and HELO with the code 501 or 504, or with words about the name.",
            "Give a name that is right for this machine's public address, with --helo.",
        ),
        FindingId::CaptivePortalSuspected => entry(
            "Probably a captive portal",
            "Probably the login page of a hotspot or hotel network answers in the server's place.",
            "A web server that sends elsewhere or asks for a login, or a greeting that asks for a login on a web page, without a good certificate.",
            "Open a web page in a browser, log in to the network, then try again.",
        ),
        FindingId::InspectionDeviceSuspected => entry(
            "Probably a firewall rewrites the dialogue",
            "Probably a firewall that inspects mail rewrites the dialogue and hides what the server offers.",
            "A greeting of asterisks, or an offer replaced by a row of X. That TLS was removed is not proven: then it would be starttls-stripped.",
            "Ask whoever runs the firewall to turn its inspection of SMTP off (Cisco: `inspect esmtp`).",
        ),
        FindingId::EhloNotSupported => entry(
            "EHLO is not known",
            "The server does not know EHLO, only HELO: it is very old, or something in between refuses EHLO.",
            "EHLO refused as unknown, HELO accepted.",
            "Update the server, or look for a device in between that inspects SMTP.",
        ),
        FindingId::CapaNotSupported => entry(
            "CAPA is not known",
            "The server does not know CAPA (RFC 2449), so what it offers was found out by trying.",
            "CAPA refused.",
            "Nothing needs to be done: it is an old server, within the rules.",
        ),
        FindingId::ImapPreauth => entry(
            "Logged in from the start",
            "The IMAP server greets with PREAUTH: the session is logged in before anybody gave a password, and TLS cannot be asked for any more.",
            "The word PREAUTH in the greeting.",
            "If that is not meant so, look for somebody in between, and at the server's trusted addresses.",
        ),
        FindingId::RetiredSuitesOnly => tls::RETIRED_SUITES_ONLY,
        FindingId::LargeHelloDropped => tls::LARGE_HELLO_DROPPED,
        FindingId::CertificateExpired => tls::CERTIFICATE_EXPIRED,
        FindingId::CertificateExpiresSoon => tls::CERTIFICATE_EXPIRES_SOON,
        FindingId::CertificateNotYetValid => tls::CERTIFICATE_NOT_YET_VALID,
        FindingId::CertificateWrongName => tls::CERTIFICATE_WRONG_NAME,
        FindingId::CertificateIssuerExpired => tls::CERTIFICATE_ISSUER_EXPIRED,
        FindingId::CertificateUnknownIssuer => tls::CERTIFICATE_UNKNOWN_ISSUER,
        FindingId::CertificateSelfSigned => tls::CERTIFICATE_SELF_SIGNED,
        FindingId::CertificateWrongPurpose => tls::CERTIFICATE_WRONG_PURPOSE,
        FindingId::CertificateUnusable => tls::CERTIFICATE_UNUSABLE,
        FindingId::CertificateChainOrder => tls::CERTIFICATE_CHAIN_ORDER,
        FindingId::CertificateNeedlessRoot => tls::CERTIFICATE_NEEDLESS_ROOT,
        FindingId::PlaintextLoginOffered => entry(
            "Logins are offered before TLS",
            "The server lets clients log in before TLS is up: a careless mail program would send its password in the clear.",
            "AUTH with PLAIN or LOGIN, USER, or IMAP without LOGINDISABLED, in the list before TLS.",
            "Set the server to allow logins only inside TLS.",
        ),
        FindingId::LoginNotOffered => entry(
            "No login is offered",
            "A submission port offers no login (AUTH) inside TLS, so mail programs cannot hand in mail with a password.",
            "A list of capabilities inside TLS without AUTH.",
            "Turn authentication on for this port in the server, and check that its login back end runs.",
        ),
        FindingId::InterceptionSuspected => entry(
            "Probably somebody opens TLS",
            "Probably a mail shield on this machine, or a firewall of this network, opens TLS in between.",
            "A certificate whose issuer bears the name of such a product.",
            "Compare from another network. If the issuer differs there, look for the product on this machine or in this network.",
        ),
        FindingId::GreetingNamesAnotherHost => entry(
            "The greeting names another host",
            "The greeting bears the name of another domain's host. That is usual with hosted mail; it may also be a proxy that answers instead.",
            "The first word of an SMTP greeting, and no good certificate that says whose server it is.",
            "Nothing, if the mail is hosted there. Else compare from another network.",
        ),
        FindingId::SharedGreeting => outbound::SHARED_GREETING,
        FindingId::SubmissionBlocked => outbound::SUBMISSION_BLOCKED,
        FindingId::ReferenceDown => outbound::REFERENCE_DOWN,
        FindingId::FamilyWithoutNetwork => outbound::FAMILY_WITHOUT_NETWORK,
        FindingId::OwnHost => outbound::OWN_HOST,
        FindingId::ReverseNameUnconfirmed => outbound::REVERSE_NAME_UNCONFIRMED,
        FindingId::ReverseNameConfirmed => outbound::REVERSE_NAME_CONFIRMED,
        FindingId::HostingBlocksPorts => outbound::HOSTING_BLOCKS_PORTS,
        FindingId::ExpectationNotMet => entry(
            "What was expected is not so",
            "The user said what must be so (--expect and its kin, or a configuration file), and it is otherwise. The server need not be broken.",
            "The expectation beside what was found. With --format json, all of them are listed, those that hold as well.",
            "Correct the server, or the expectation.",
        ),
        FindingId::Flapping => entry(
            "The server answers differently from try to try",
            "With --retries, several tries got answers that differ. A try without an answer is not counted: packets get lost.",
            "The states of all tries, in their order.",
            "Look for several servers behind one address, of which one is broken, and for limits on connections.",
        ),
        FindingId::DeadlineReached => entry(
            "The run's time was over",
            "The time limit of the whole run was met before anything was proven.",
            "The limit of --deadline, met in the middle of a check.",
            "Give the run more time with a longer --deadline.",
        ),
    }
}

/// What part of a check a finding is about.
pub(super) const fn topic(id: FindingId) -> &'static str {
    use FindingId as F;
    match id {
        F::DnsNoSuchName
        | F::DnsNoAddress
        | F::DnsNoMail
        | F::DnsTimeout
        | F::DnsFailed
        | F::AddressFamilyLookupFailed
        | F::AddressFamilySkipped => "The name",
        F::NoServerNamed
        | F::MxMissing
        | F::MxIsAlias
        | F::MxIsNoName
        | F::UnusableServer
        | F::PlaintextPublished
        | F::RecordLookupFailed
        | F::SlowNameServer
        | F::AutoconfigUnusable
        | F::SourcesDisagree
        | F::NoPasswordLogin
        | F::ProviderRemark => "The servers of a mail domain",
        F::ConnectionRefused
        | F::ConnectionTimeout
        | F::RejectedByHost
        | F::RejectedByRouter
        | F::RejectedByThisMachine
        | F::RejectedByUnknown
        | F::NoNeighbour
        | F::NoRoute
        | F::ConnectFailed
        | F::PortNotOffered => "The connection",
        F::BlockedNearby
        | F::BlockedOnPath
        | F::BlockedAtDestination
        | F::PathOpen
        | F::PathUnclear
        | F::PathNotTraced => "The way to the port",
        F::NoGreeting
        | F::GreetingTooSlow
        | F::SlowGreeting
        | F::ReplyTimeout
        | F::ConnectionClosed
        | F::ConnectionReset
        | F::ServiceRejected
        | F::ServiceUnavailable
        | F::RateLimited
        | F::AddressBlocklisted
        | F::PoorReputation
        | F::NoReverseName
        | F::NoMailService
        | F::HeloRefused
        | F::WrongProtocol
        | F::CaptivePortalSuspected
        | F::ProtocolError => "The dialogue",
        F::StarttlsNotOffered
        | F::StarttlsStripped
        | F::StarttlsRefused
        | F::StarttlsInjection
        | F::InspectionDeviceSuspected
        | F::EhloNotSupported
        | F::CapaNotSupported
        | F::ImapPreauth => "The upgrade to TLS",
        F::TlsOnPlaintextPort
        | F::PlaintextOnTlsPort
        | F::TlsHandshakeFailed
        | F::TlsVersionUnsupported
        | F::RetiredSuitesOnly
        | F::LargeHelloDropped => "TLS",
        F::CertificateExpired
        | F::CertificateExpiresSoon
        | F::CertificateNotYetValid
        | F::CertificateWrongName
        | F::CertificateIssuerExpired
        | F::CertificateUnknownIssuer
        | F::CertificateSelfSigned
        | F::CertificateWrongPurpose
        | F::CertificateUnusable
        | F::CertificateChainOrder
        | F::CertificateNeedlessRoot => "The certificate",
        F::PlaintextLoginOffered | F::LoginNotOffered => "Logging in",
        F::Intercepted | F::InterceptionSuspected | F::GreetingNamesAnotherHost => "Somebody else",
        F::SharedGreeting
        | F::SubmissionBlocked
        | F::ReferenceDown
        | F::FamilyWithoutNetwork
        | F::OwnHost
        | F::ReverseNameUnconfirmed
        | F::ReverseNameConfirmed
        | F::HostingBlocksPorts => "Port 25 on the way out",
        F::ExpectationNotMet => "What was expected",
        F::Flapping => "Several tries",
        F::DeadlineReached | F::Interrupted | F::LocalError | F::InternalError | F::Inconclusive => "mailprobe itself",
    }
}
