//! The states, explained.

use super::{Entry, entry};
use crate::diagnosis::State;

/// One entry for every state.
#[expect(clippy::too_many_lines, reason = "a table")]
pub(super) const fn of(state: State) -> Entry {
    match state {
        State::Ok => entry(
            "It works",
            "Everything that was asked for works: the right protocol, TLS where it is due, a good certificate.",
            "The dialogue went to its end, inside TLS where TLS is expected.",
            "Nothing. If there are warnings beside it, read those.",
        ),
        State::DnsNoSuchName => entry(
            "The name does not exist",
            "The name servers say that there is no such name.",
            "The answer NXDOMAIN, and no entry in this machine's hosts file.",
            "Check the spelling. If it is right, ask whoever runs the domain's DNS.",
        ),
        State::DnsNoAddress => entry(
            "The name has no address",
            "The name exists, and there is no address to connect to.",
            "Answers without A or AAAA records for the families asked for.",
            "The mail host may have another name: probe the mail domain as @example.org, which looks it up.",
        ),
        State::DnsNoMail => entry(
            "The domain takes no mail",
            "The domain says that it takes no mail, or that it does not offer this service. It keeps its word, so that fails nothing while any server that it does name works.",
            "A null MX record (RFC 7505), or an SRV record with the target \".\" (RFC 2782).",
            "It is meant so. Ask the owner of the domain which other address or service to use.",
        ),
        State::DnsTimeout => entry(
            "No name server answered",
            "The name could not be looked up: no name server answered in time.",
            "Silence from every name server that was asked, until the limit.",
            "Check this machine's network and its name servers. If other names work, the domain's own servers are at fault.",
        ),
        State::DnsFailed => entry(
            "The name lookup failed",
            "A name server answered with a failure, or could not be reached.",
            "An answer such as SERVFAIL or REFUSED, or an error of the system's resolver.",
            "Check this machine's name servers. If other names work, the fault is in the domain's DNS.",
        ),
        State::ConnectionRefused => entry(
            "The connection was refused",
            "Something answered at once that nobody is to connect to this port: the host, or a firewall in front of it.",
            "A TCP reset, or an ICMP message that says \"port unreachable\". With ICMP, its sender is shown.",
            "Check that the service runs and listens on this address and port, then the firewalls on the way.",
        ),
        State::ConnectionTimeout => entry(
            "Nothing came back",
            "The request to connect was never answered: a firewall drops it, or the host is down.",
            "No answer to the SYN and its repetitions within --connect-timeout.",
            "Try another port of the same host: if that works, a firewall drops this one. Port 25 is blocked in many networks.",
        ),
        State::NetworkUnreachable => entry(
            "The network cannot be reached",
            "There is no way to the address: no route on this machine, or a router says so.",
            "The system's error before anything was sent, or an ICMP message, whose sender is shown.",
            "Check this machine's network connection and routes. If a router answered, ask whoever runs it.",
        ),
        State::HostUnreachable => entry(
            "The host cannot be reached",
            "The way to the host ends before the host: a router says so, or nobody answers on the local network.",
            "An ICMP message, whose sender is shown, or the system's error before anything was sent.",
            "Check that the host is up and the address is right. If a router answered, ask whoever runs it.",
        ),
        State::AdministrativelyProhibited => entry(
            "A rule forbids it",
            "A firewall, on the way or on this machine, forbids the connection and says so.",
            "An ICMP message \"administratively prohibited\", whose sender is shown, or the system's error for a rule of its own.",
            "Ask whoever runs the sender of the message to allow the port. If it is this machine, look at its own rules.",
        ),
        State::NoGreeting => entry(
            "Accepted, then silence",
            "The connection was accepted and then nothing came: telnet's blank screen.",
            "Not one byte within the limit, nor in answer to a TLS hello on a second connection.",
            "The service hangs or is overloaded, a proxy accepts for a server that is down, or the server waits for a proxy's PROXY header. Check the service on the host.",
        ),
        State::GreetingTooSlow => entry(
            "The greeting did not finish",
            "The server began to greet and did not finish: some slow strangers down on purpose (a tarpit).",
            "Bytes came, and no whole line within the limit.",
            "Try again later, or with a longer --timeout. If it stays so, ask whoever runs the server.",
        ),
        State::ReplyTimeout => entry(
            "Greeted, then silence",
            "The server greeted and stopped answering later. The stage tells what it was asked.",
            "A whole greeting, then no whole reply within the limit.",
            "Look at the server's log at that moment, or for a device in between that holds replies back.",
        ),
        State::ConnectionReset => entry(
            "The connection was reset",
            "The connection was made and then cut off hard. The stage tells when.",
            "A TCP reset after the connection was made.",
            "Look at the server's log at that moment. If it shows nothing, a device in between cuts the connection.",
        ),
        State::ConnectionClosed => entry(
            "The connection was closed",
            "The server ended the connection where a reply was due. The stage tells when.",
            "The end of the stream, or an error of the connection, before the dialogue was over.",
            "Look at the server's log at that moment. At the greeting, the server may not want this address.",
        ),
        State::ServiceRejected => entry(
            "The server refuses for good",
            "The server speaks the protocol and refuses. The finding beside it says why, where the reply does.",
            "A reply with a 5xx code, -ERR or BYE, whose words do not promise that it will pass.",
            "Read the reply. If it is about your address, another port will not help: see the finding.",
        ),
        State::ServiceUnavailable => entry(
            "The server refuses for now",
            "The server speaks the protocol and refuses for now. It says nothing about what else the server offers.",
            "A 4xx code, 421, BYE [UNAVAILABLE], -ERR [SYS/TEMP], [IN-USE] or [LOGIN-DELAY], or words to that effect.",
            "Try again later, with fewer connections at a time. If it stays so, ask whoever runs the server.",
        ),
        State::TlsOnPlaintextPort => entry(
            "TLS where plaintext was expected",
            "The server speaks TLS from the first byte on a port where mail programs begin unencrypted.",
            "TLS records as the first bytes, or a TLS hello answered on a second connection after silence on the first.",
            "Set mail programs to SSL/TLS for this port, or set the server to STARTTLS.",
        ),
        State::PlaintextOnTlsPort => entry(
            "Plaintext where TLS was expected",
            "The server speaks unencrypted on a port where mail programs begin with TLS.",
            "Text in answer to the TLS hello.",
            "Turn TLS on for this port in the server, or set mail programs to STARTTLS.",
        ),
        State::WrongProtocol => entry(
            "Another protocol",
            "What answers is no server of the protocol expected. The finding names what it is.",
            "A first line or first bytes of another protocol's shape. A word inside a host name does not count.",
            "Check that the port is right, and which program listens there.",
        ),
        State::ProtocolError => entry(
            "The protocol is broken",
            "The server sends something that the protocol does not know: lines without end, or no reply at all.",
            "A line that is no reply, a reply that contradicts itself, or more than any honest server sends.",
            "Look at it with --transcript. Check which service listens there; a device in between may garble it.",
        ),
        State::StarttlsNotOffered => entry(
            "No upgrade to TLS",
            "The server does not offer STARTTLS (STLS in POP3): everything, passwords too, would pass unencrypted.",
            "A list of capabilities without it. On port 25 this is a warning, since TLS is optional between servers.",
            "Turn TLS on in the server. Mail programs should use the port with TLS from the start.",
        ),
        State::StarttlsStripped => entry(
            "The offer of TLS is removed on the way",
            "A device between here and the server takes the offer of STARTTLS out, so that mail would pass unencrypted.",
            "The list of capabilities or the greeting is masked (XXXXXXXA, asterisks), and the server takes STARTTLS all the same on a second connection.",
            "Ask whoever runs this network, or the firewall before the server, to turn its inspection of SMTP off (Cisco: `inspect esmtp`). Use port 465 meanwhile.",
        ),
        State::StarttlsRefused => entry(
            "TLS is offered and refused",
            "The server offers the upgrade to TLS and refuses it when asked.",
            "A refusal in answer to STARTTLS or STLS that is not about the connection as a whole.",
            "The server's own TLS set-up is probably broken: check its certificate, its key and its log.",
        ),
        State::StarttlsInjection => entry(
            "Plaintext before TLS",
            "Plaintext stood between the agreement to TLS and TLS itself. Somebody on the way can put words into the server's mouth, or the server is faulty (CVE-2011-0411).",
            "Bytes after the positive reply to STARTTLS, before the handshake. They are never taken as a reply.",
            "Do not send passwords over this port. Try from another network; if it stays so, update the server.",
        ),
        State::TlsHandshakeFailed => entry(
            "The TLS handshake failed",
            "TLS was begun and did not come about.",
            "A TLS alert, broken records, or no end of the handshake within the limit; second connections with a smaller and an older hello did no better, only the smaller did, or the handshake comes and goes.",
            "Check the server's certificate, key and TLS settings; its log says more.",
        ),
        State::TlsVersionUnsupported => entry(
            "Only retired TLS versions",
            "The server speaks only SSL 3.0, TLS 1.0 or TLS 1.1, which RFC 8996 retired. Mail programs of today refuse them.",
            "The alert protocol_version in answer to TLS 1.2 and 1.3, or a retired version chosen when it was offered.",
            "Turn TLS 1.2 and 1.3 on in the server, or update it.",
        ),
        State::CertificateInvalid => entry(
            "The certificate has faults",
            "TLS works, and the certificate does not prove that this is the right server. Each fault has a finding.",
            "A completed handshake, and at least one fault of the certificate or its chain. On port 25 this is a warning.",
            "See the findings that begin with certificate-.",
        ),
        State::Intercepted => entry(
            "Somebody else answers",
            "Not the mail server answers, but a device or program in between.",
            "A known mail shield's own name in its own greeting, or a connection that is made before the packets can have reached the host.",
            "Turn the program's mail scanning off, or ask whoever runs the network, then probe again to see the server itself.",
        ),
        State::Inconclusive => entry(
            "Cannot tell",
            "The evidence proves nothing: it contradicts itself, or mailprobe's own limit was met first.",
            "None that would do for another state.",
            "Give it more time (--timeout, --deadline), or look at what was said with --transcript.",
        ),
        State::LocalError => entry(
            "This machine ran out of something",
            "This machine could not do the check. It says nothing about the server.",
            "An error of the system for lack of descriptors, ports or memory.",
            "Probe fewer targets at once, or raise this machine's limits.",
        ),
        State::InternalError => entry(
            "A fault in mailprobe itself",
            "The check ended without a result because of a fault in mailprobe. It says nothing about the server.",
            "The task that did the check was lost: it panicked. Nothing that a server does should bring that about.",
            "Please report it, with the output of --log debug. The other results of the run stand.",
        ),
        State::Interrupted => entry(
            "The run was interrupted",
            "The check was not finished when the run was ended.",
            "Ctrl-C or SIGTERM during the check.",
            "Run it again and let it finish.",
        ),
    }
}
