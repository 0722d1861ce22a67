//! The one-word answers for an endpoint. Everything that is said of a state stands in its one entry here.

use super::entry::Entry;
use crate::named::named_enum;

/// Declares [`State`] from a table of its values.
macro_rules! states {
    ($($state:ident = $name:literal {
        exit_code: $exit_code:literal, words: $words:literal, leaves_stage_open: $leaves_stage_open:literal,
        one: $one:literal, many: $many:literal,
        title: $title:literal,
        meaning: $meaning:literal,
        evidence: $evidence:literal,
        advice: $advice:literal,
    })+) => {
        named_enum! {
            /// What happened at an endpoint: it works, or the cause that stopped it.
            #[non_exhaustive]
            pub enum State { $(#[doc = concat!($title, ".\n\n", $meaning)] $state = $name,)+ }
        }

        impl State {
            /// The exit code of a run that fails for this cause.
            pub const fn exit_code(self) -> u8 {
                match self { $(Self::$state => $exit_code,)+ }
            }

            /// A few plain words. With the stable name they fit one line of the report's table at 80 columns.
            pub const fn words(self) -> &'static str {
                match self { $(Self::$state => $words,)+ }
            }

            /// Whether the words leave open at which stage the check stopped.
            pub const fn leaves_stage_open(self) -> bool {
                match self { $(Self::$state => $leaves_stage_open,)+ }
            }

            /// What a port in this state does, and what several do, to go on after "port 25" and "ports 25 and 587".
            pub(crate) const fn clauses(self) -> (&'static str, &'static str) {
                match self { $(Self::$state => ($one, $many),)+ }
            }

            /// Its entry in the reference.
            pub const fn entry(self) -> Entry {
                match self {
                    $(Self::$state => Entry { title: $title, meaning: $meaning, evidence: $evidence, advice: $advice },)+
                }
            }
        }
    };
}

states! {
    Ok = "ok" {
        exit_code: 0, words: "ok", leaves_stage_open: false,
        one: "works", many: "work",
        title: "It works",
        meaning: "Everything that was asked for works: the right protocol, TLS where it is expected, a good certificate.",
        evidence: "The dialogue was completed, inside TLS where TLS is expected.",
        advice: "Nothing. If there are warnings, read those.",
    }
    DnsNoSuchName = "dns-no-such-name" {
        exit_code: 4, words: "no such name", leaves_stage_open: false,
        one: "could not be probed: the name has no address", many: "could not be probed: the name has no address",
        title: "The name does not exist",
        meaning: "The name servers say that this name does not exist.",
        evidence: "The answer NXDOMAIN, and no entry in this machine's hosts file.",
        advice: "Check the spelling. If it is right, ask whoever runs the domain's DNS.",
    }
    DnsNoAddress = "dns-no-address" {
        exit_code: 4, words: "name has no address", leaves_stage_open: false,
        one: "could not be probed: the name has no address", many: "could not be probed: the name has no address",
        title: "The name has no address",
        meaning: "The name exists but has no address to connect to.",
        evidence: "Answers without A or AAAA records for the families asked for.",
        advice: "The mail host may have another name: probe the mail domain as @example.org, which looks it up.",
    }
    DnsNoMail = "dns-no-mail" {
        exit_code: 4, words: "not offered per DNS", leaves_stage_open: false,
        one: "is not offered: the DNS says so", many: "are not offered: the DNS says so",
        title: "The domain accepts no mail",
        meaning: "The domain says that it accepts no mail, or that it does not offer this service. That is not a failure as long as any server that it does name works.",
        evidence: "A null MX record (RFC 7505), or an SRV record with the target \".\" (RFC 2782).",
        advice: "This is intentional. Ask the owner of the domain which other address or service to use.",
    }
    DnsTimeout = "dns-timeout" {
        exit_code: 4, words: "no answer from DNS", leaves_stage_open: false,
        one: "could not be probed: the name lookup failed", many: "could not be probed: the name lookup failed",
        title: "No name server answered",
        meaning: "The name could not be looked up: no name server answered in time.",
        evidence: "Silence from every name server that was asked, until the time limit.",
        advice: "Check this machine's network and its name servers. If other names work, the domain's own servers are at fault.",
    }
    DnsFailed = "dns-failed" {
        exit_code: 4, words: "name lookup failed", leaves_stage_open: false,
        one: "could not be probed: the name lookup failed", many: "could not be probed: the name lookup failed",
        title: "The name lookup failed",
        meaning: "A name server answered with a failure, or could not be reached.",
        evidence: "An answer such as SERVFAIL or REFUSED, or an error of the system's resolver.",
        advice: "Check this machine's name servers. If other names work, the fault is in the domain's DNS.",
    }
    ConnectionRefused = "connection-refused" {
        exit_code: 5, words: "refused", leaves_stage_open: false,
        one: "refuses connections", many: "refuse connections",
        title: "The connection was refused",
        meaning: "The connection was rejected at once: by the host, or by a firewall in front of it.",
        evidence: "A TCP reset, or an ICMP message that says \"port unreachable\". With ICMP, its sender is shown.",
        advice: "Check that the service is running and listens on this address and port, then the firewalls on the path.",
    }
    ConnectionTimeout = "connection-timeout" {
        exit_code: 6, words: "no answer", leaves_stage_open: false,
        one: "never answered", many: "never answered",
        title: "No answer",
        meaning: "The connection request was never answered: a firewall drops it, or the host is down.",
        evidence: "No answer to the SYN and its retransmissions within --connect-timeout.",
        advice: "See what the other ports of the host do: if they answer, a firewall drops this one. If none does, the host is down, or a firewall drops everything.",
    }
    NetworkUnreachable = "network-unreachable" {
        exit_code: 7, words: "unreachable", leaves_stage_open: false,
        one: "cannot be reached", many: "cannot be reached",
        title: "The network cannot be reached",
        meaning: "There is no route to the address: none on this machine, or a router says so.",
        evidence: "The system's error before anything was sent, or an ICMP message, whose sender is shown.",
        advice: "Check this machine's network connection and routes. If a router answered, ask whoever runs it.",
    }
    HostUnreachable = "host-unreachable" {
        exit_code: 7, words: "unreachable", leaves_stage_open: false,
        one: "cannot be reached", many: "cannot be reached",
        title: "The host cannot be reached",
        meaning: "The route ends before the host: a router says so, or there is no answer on the local network.",
        evidence: "An ICMP message, whose sender is shown, or the system's error before anything was sent.",
        advice: "Check that the host is up and the address is right. If a router answered, ask whoever runs it.",
    }
    AdministrativelyProhibited = "administratively-prohibited" {
        exit_code: 7, words: "blocked", leaves_stage_open: false,
        one: "is forbidden by a rule", many: "are forbidden by a rule",
        title: "A rule forbids it",
        meaning: "A firewall, on the path or on this machine, forbids the connection and says so.",
        evidence: "An ICMP message \"administratively prohibited\", whose sender is shown, or the system's error for a rule of its own.",
        advice: "Ask whoever runs the sender of the message to allow the port. If it is this machine, check its own rules.",
    }
    NoGreeting = "no-greeting" {
        exit_code: 8, words: "connected, then silence", leaves_stage_open: false,
        one: "accepts connections but stays silent", many: "accept connections but stay silent",
        title: "Accepted, then silence",
        meaning: "The connection was accepted, then there was silence: telnet's blank screen.",
        evidence: "Not one byte within the limit, nor in answer to a TLS ClientHello on a second connection. Where TLS comes first: nothing inside it, nor in answer to a command and a web request on other connections.",
        advice: "The service may be hung or overloaded, a proxy may accept for a server that is down, or the server may wait for a PROXY header. Check the service on the host.",
    }
    GreetingTooSlow = "greeting-too-slow" {
        exit_code: 8, words: "too slow", leaves_stage_open: false,
        one: "greets too slowly", many: "greet too slowly",
        title: "The greeting did not finish",
        meaning: "The server began its greeting but did not finish: some slow down unknown clients on purpose (a tarpit).",
        evidence: "Some bytes, but no complete line within the limit.",
        advice: "Try again later, or with a longer --timeout. If it persists, ask whoever runs the server.",
    }
    ReplyTimeout = "reply-timeout" {
        exit_code: 8, words: "stopped answering", leaves_stage_open: true,
        one: "stops answering mid-session", many: "stop answering mid-session",
        title: "Greeted, then silence",
        meaning: "The server greeted but stopped answering later. The stage shows what it was asked.",
        evidence: "A complete greeting, then no complete reply within the limit.",
        advice: "Check the server's log for that time, or look for a device on the path that holds back replies.",
    }
    ConnectionReset = "connection-reset" {
        exit_code: 9, words: "connection cut", leaves_stage_open: true,
        one: "breaks off mid-session", many: "break off mid-session",
        title: "The connection was reset",
        meaning: "The connection was established and then reset. The stage shows when.",
        evidence: "A TCP reset after the connection was established.",
        advice: "Check the server's log for that time. If it shows nothing, a device on the path cuts the connection.",
    }
    ConnectionClosed = "connection-closed" {
        exit_code: 9, words: "server hung up", leaves_stage_open: true,
        one: "breaks off mid-session", many: "break off mid-session",
        title: "The connection was closed",
        meaning: "The server closed the connection when a reply was due. The stage shows when.",
        evidence: "The end of the stream, or a connection error, before the dialogue was complete.",
        advice: "Check the server's log for that time. At the greeting, a proxy may have no server behind it, or the server may be rejecting this address.",
    }
    ServiceRejected = "service-rejected" {
        exit_code: 10, words: "server refuses", leaves_stage_open: true,
        one: "refuses this machine", many: "refuse this machine",
        title: "The server refuses permanently",
        meaning: "The server speaks the protocol but refuses. The finding says why, if the reply does.",
        evidence: "A reply with a 5xx code, -ERR or BYE, whose words do not say that it is temporary.",
        advice: "Read the reply. If the problem is your address, another port will not help: see the finding.",
    }
    ServiceUnavailable = "service-unavailable" {
        exit_code: 10, words: "try again later", leaves_stage_open: true,
        one: "refuses this machine for now", many: "refuse this machine for now",
        title: "The server refuses for now",
        meaning: "The server speaks the protocol but refuses for now. This says nothing about what else the server offers.",
        evidence: "A 4xx code, 421, BYE [UNAVAILABLE], -ERR [SYS/TEMP], [IN-USE] or [LOGIN-DELAY], or words to that effect.",
        advice: "Try again later, with fewer connections at a time. If it persists, ask whoever runs the server.",
    }
    TlsOnPlaintextPort = "tls-on-plaintext-port" {
        exit_code: 11, words: "speaks TLS", leaves_stage_open: false,
        one: "speaks TLS where plaintext was expected", many: "speak TLS where plaintext was expected",
        title: "TLS where plaintext was expected",
        meaning: "The server speaks TLS from the first byte on a port where mail programs begin unencrypted.",
        evidence: "TLS records as the first bytes, or a TLS ClientHello answered on a second connection after silence on the first.",
        advice: "Set mail programs to SSL/TLS for this port, or configure the server for STARTTLS.",
    }
    PlaintextOnTlsPort = "plaintext-on-tls-port" {
        exit_code: 11, words: "speaks no TLS", leaves_stage_open: false,
        one: "speaks plaintext where TLS was expected", many: "speak plaintext where TLS was expected",
        title: "Plaintext where TLS was expected",
        meaning: "The server speaks unencrypted on a port where mail programs begin with TLS.",
        evidence: "Text in answer to the TLS ClientHello.",
        advice: "Enable TLS for this port on the server, or set mail programs to STARTTLS.",
    }
    WrongProtocol = "wrong-protocol" {
        exit_code: 11, words: "another protocol", leaves_stage_open: true,
        one: "speaks another protocol", many: "speak another protocol",
        title: "Another protocol",
        meaning: "What answers is not a server of the expected protocol. The finding says what it is.",
        evidence: "A first line or first bytes that look like another protocol. A word inside a host name does not count. Where the server says nothing inside TLS: an answer in HTTP or in TLS to what was said there on another connection.",
        advice: "Check that the port is right, and which program listens there.",
    }
    ProtocolError = "protocol-error" {
        exit_code: 11, words: "garbled reply", leaves_stage_open: true,
        one: "violates its protocol", many: "violate their protocols",
        title: "The protocol is violated",
        meaning: "The server sends something that is not valid in the protocol, such as endless lines, or something that is not a reply.",
        evidence: "A line that is not a reply, a reply that contradicts itself, or more than any real server sends.",
        advice: "Look at the dialogue with --transcript. Check which service listens there; a device on the path may garble it.",
    }
    StarttlsNotOffered = "starttls-not-offered" {
        exit_code: 12, words: "offers no TLS", leaves_stage_open: false,
        one: "does not offer TLS", many: "do not offer TLS",
        title: "No upgrade to TLS",
        meaning: "The server does not offer STARTTLS (STLS in POP3): everything would be sent unencrypted, including passwords where a login with one is offered.",
        evidence: "A list of capabilities without it. On port 25 this is a warning, since TLS is optional between servers.",
        advice: "Enable TLS on the server. Mail programs should use the port with TLS from the start.",
    }
    StarttlsStripped = "starttls-stripped" {
        exit_code: 12, words: "TLS offer removed", leaves_stage_open: false,
        one: "has its offer of TLS removed on the path", many: "have their offer of TLS removed on the path",
        title: "The offer of TLS is removed on the path",
        meaning: "A device between here and the server removes the offer of STARTTLS, so that mail would be sent unencrypted.",
        evidence: "The list of capabilities or the greeting is masked (XXXXXXXA, asterisks), but the server accepts STARTTLS anyway on a second connection.",
        advice: "Ask whoever runs this network, or the firewall in front of the server, to turn off SMTP inspection (Cisco: `inspect esmtp`). Meanwhile, use a port with TLS from the start.",
    }
    StarttlsRefused = "starttls-refused" {
        exit_code: 12, words: "refuses TLS", leaves_stage_open: false,
        one: "offers TLS but refuses it", many: "offer TLS but refuse it",
        title: "TLS is offered and refused",
        meaning: "The server offers the upgrade to TLS but refuses it when asked.",
        evidence: "A refusal in answer to STARTTLS or STLS that is not about the connection as a whole.",
        advice: "The server's TLS setup is probably broken: check its certificate, key and log.",
    }
    StarttlsInjection = "starttls-injection" {
        exit_code: 12, words: "unsafe STARTTLS", leaves_stage_open: false,
        one: "mixes plaintext into the start of TLS", many: "mix plaintext into the start of TLS",
        title: "Plaintext before TLS",
        meaning: "Plaintext arrived between the server's STARTTLS reply and the TLS handshake. Someone on the path can inject replies, or the server is vulnerable (CVE-2011-0411).",
        evidence: "Bytes after the positive reply to STARTTLS, before the handshake. They are never treated as a reply.",
        advice: "Do not send passwords over this port. Try from another network; if it persists, update the server.",
    }
    TlsHandshakeFailed = "tls-handshake-failed" {
        exit_code: 13, words: "TLS fails", leaves_stage_open: false,
        one: "fails in the TLS handshake", many: "fail in the TLS handshake",
        title: "The TLS handshake failed",
        meaning: "The TLS handshake was started but not completed.",
        evidence: "A TLS alert, broken records, or a handshake not completed within the limit; further connections with a smaller and an older ClientHello did no better, only the smaller one did, or the handshake is intermittent.",
        advice: "Check the server's certificate, key and TLS settings; its log says more.",
    }
    TlsVersionUnsupported = "tls-version-unsupported" {
        exit_code: 13, words: "TLS too old", leaves_stage_open: false,
        one: "speaks only retired versions of TLS", many: "speak only retired versions of TLS",
        title: "Only retired TLS versions",
        meaning: "The server speaks only SSL 3.0, TLS 1.0 or TLS 1.1, which are retired (RFC 8996). Most current mail programs refuse them.",
        evidence: "The alert protocol_version in answer to TLS 1.2 and 1.3, or a retired version chosen when it was offered.",
        advice: "Enable TLS 1.2 and 1.3 on the server, or update it.",
    }
    TlsUnsupportedHere = "tls-unsupported-here" {
        exit_code: 13, words: "TLS unknown here", leaves_stage_open: false,
        one: "speaks TLS that mailprobe does not", many: "speak TLS that mailprobe does not",
        title: "TLS that mailprobe does not speak",
        meaning: "The server takes only a cipher suite, a group or a signature algorithm that mailprobe's own TLS library does not offer, while most common TLS clients do by default. So mailprobe could not look inside TLS. It is a warning.",
        evidence: "The handshake failed; bare ClientHellos that offer more, and others that offer what common clients do, were answered with a ServerHello.",
        advice: "Let the server take the groups x25519 and P-256, suites with ECDHE and AES-GCM, and signatures with RSA or ECDSA P-256 as well: every client has these.",
    }
    CertificateInvalid = "certificate-invalid" {
        exit_code: 14, words: "bad certificate", leaves_stage_open: false,
        one: "answers, but the certificate", many: "answer, but the certificate",
        title: "The certificate has faults",
        meaning: "TLS works, but the certificate does not prove that this is the right server. Each fault has a finding.",
        evidence: "A completed handshake, or a certificate that a bare ClientHello was answered with, and at least one fault of the certificate or its chain. On port 25 this is a warning.",
        advice: "See the findings that begin with certificate-.",
    }
    Intercepted = "intercepted" {
        exit_code: 15, words: "not the real server", leaves_stage_open: false,
        one: "is answered by a mail shield, not by the server", many: "are answered by a mail shield, not by the server",
        title: "Something other than the server answers",
        meaning: "A device or program in between answers instead of the mail server.",
        evidence: "A known mail shield's own name in its greeting, its word that it cannot connect to the server, or a connection that is established before the packets can have reached the host.",
        advice: "Turn off the program's mail scanning, or ask whoever runs the network, then probe again to see the server itself.",
    }
    LoginRefused = "login-refused" {
        exit_code: 19, words: "login refused", leaves_stage_open: false,
        one: "refuses the login", many: "refuse the login",
        title: "The login is refused",
        meaning: "Everything up to the login works, and the server refuses the login. The finding says why, if the reply does; where code and words contradict each other, it cannot be told.",
        evidence: "A refusal in answer to the login: 5xx, NO or -ERR that does not say that it is temporary; or a login that broke the rules of its mechanism.",
        advice: "Read the reply, and check the name and password on the provider's web page. Do not try again and again: servers lock accounts for that.",
    }
    LoginUnavailable = "login-unavailable" {
        exit_code: 19, words: "no login for now", leaves_stage_open: false,
        one: "takes no login for now", many: "take no login for now",
        title: "The login does not work for now",
        meaning: "Everything up to the login works, and the login was refused for now or not answered. This says nothing about the password.",
        evidence: "A temporary refusal in answer to the login (4xx, [UNAVAILABLE], [SYS/TEMP], [IN-USE]), words to that effect, or no answer.",
        advice: "Try again later, once. If it persists, ask whoever runs the server.",
    }
    MailRefused = "mail-refused" {
        exit_code: 20, words: "mail refused", leaves_stage_open: false,
        one: "refuses the mail", many: "refuse the mail",
        title: "The sender or recipient is refused",
        meaning: "The server would not take the sender or the recipient, for good: a mail server bounces the message. The finding says why, if the reply does; where code and words contradict each other, it cannot be told.",
        evidence: "A reply of 5xx in answer to MAIL FROM or RCPT TO.",
        advice: "Read the reply. If it does not say why, ask whoever runs the server, and tell them this machine's public address, the sender and the recipient.",
    }
    MailDeferred = "mail-deferred" {
        exit_code: 20, words: "mail put off", leaves_stage_open: false,
        one: "puts the mail off", many: "put the mail off",
        title: "The sender or recipient is refused for now",
        meaning: "The server would not take the sender or the recipient for now: a mail server keeps the message and tries again. The finding says why, if the reply does; where code and words contradict each other, it cannot be told.",
        evidence: "A reply of 4xx in answer to MAIL FROM or RCPT TO.",
        advice: "Mail servers try again by themselves, for days. If it persists, ask whoever runs the server what the reply means.",
    }
    Inconclusive = "inconclusive" {
        exit_code: 3, words: "cannot tell", leaves_stage_open: true,
        one: "gave no clear result", many: "gave no clear result",
        title: "Cannot tell",
        meaning: "The evidence proves nothing: it is contradictory, or mailprobe's own limit was reached first.",
        evidence: "None that is sufficient for another state.",
        advice: "Give it more time (--timeout, --deadline), or look at the dialogue with --transcript.",
    }
    LocalError = "local-error" {
        exit_code: 18, words: "local limit reached", leaves_stage_open: true,
        one: "could not be checked: this machine ran out of resources", many: "could not be checked: this machine ran out of resources",
        title: "This machine ran out of resources",
        meaning: "This machine could not run the check. This says nothing about the server.",
        evidence: "A system error for lack of file descriptors, ports or memory.",
        advice: "Probe fewer targets at once, or raise this machine's limits.",
    }
    InternalError = "internal-error" {
        exit_code: 18, words: "mailprobe failed", leaves_stage_open: true,
        one: "could not be checked: a bug in mailprobe itself", many: "could not be checked: a bug in mailprobe itself",
        title: "A bug in mailprobe itself",
        meaning: "The check ended without a result because of a bug in mailprobe. This says nothing about the server.",
        evidence: "The task that ran the check panicked. Nothing that a server does should cause that.",
        advice: "Please report it, with the output of --log debug. The other results of the run are valid.",
    }
    Interrupted = "interrupted" {
        exit_code: 130, words: "stopped early", leaves_stage_open: true,
        one: "was not finished when the run was interrupted", many: "were not finished when the run was interrupted",
        title: "The run was interrupted",
        meaning: "The check was not finished when the run ended.",
        evidence: "Ctrl-C or SIGTERM during the check.",
        advice: "Run it again and let it finish.",
    }
}

impl State {
    /// Whether it says nothing about the server: the evidence contradicts itself, or was never complete.
    pub const fn proves_nothing(self) -> bool {
        matches!(self, Self::Inconclusive | Self::LocalError | Self::InternalError | Self::Interrupted)
    }

    /// Whether the server held the conversation that it was asked for, be it without TLS or with a bad certificate.
    pub(crate) const fn is_conversation(self) -> bool {
        matches!(self, Self::Ok | Self::StarttlsNotOffered | Self::CertificateInvalid)
    }

    /// Whether the server said that it would not take the sender or the recipient.
    pub(crate) const fn is_no_to_mail(self) -> bool {
        matches!(self, Self::MailRefused | Self::MailDeferred)
    }

    /// Whether a TCP connection was made, whatever came of it.
    pub(crate) const fn is_open(self) -> bool {
        matches!(self.exit_code(), 0 | 8..=15 | 19..=20)
    }

    /// Whether no TCP connection was made: refused, dropped, unreachable.
    pub const fn is_closed(self) -> bool {
        matches!(self.exit_code(), 5..=7)
    }
}
