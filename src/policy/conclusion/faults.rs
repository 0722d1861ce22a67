//! What is wrong with a port, in the middle of a sentence.

use super::words::{distinct, joined};
use super::{is_blocked_25, lacks_the_family};
use crate::diagnosis::{FindingId, State, whereabouts};
use crate::observation;
use crate::observation::path::{How, Path};
use crate::policy::judge::reaches_port_25;
use crate::policy::{JudgedEndpoint, Verdict};

/// What a port does, for one and for many: "refuses connections", "refuse connections".
pub(super) fn what_is_wrong(endpoint: &JudgedEndpoint, all: &[&JudgedEndpoint]) -> (String, String) {
    if let Some((path, place)) = traced(endpoint) {
        return match path.how {
            Some(How::Intercept) => {
                (format!("is answered by somebody else, {place}"), format!("are answered by somebody else, {place}"))
            }
            _ => (format!("is blocked {place}"), format!("are blocked {place}")),
        };
    }
    let known = all.iter().map(|other| (&other.observation.endpoint, other.diagnosis.state));
    if is_blocked_25(endpoint) && endpoint.expectations.is_empty() && !reaches_port_25(known) {
        let text = "never answered: that is what a blocked port looks like";
        return (text.to_owned(), text.to_owned());
    }
    if endpoint.verdict == Verdict::Pass && !endpoint.expectations.is_empty() {
        return ("is as expected".to_owned(), "are as expected".to_owned());
    }
    if endpoint.verdict == Verdict::Pass {
        return ("is not offered".to_owned(), "are not offered".to_owned());
    }
    if endpoint.diagnosis.state == State::Ok {
        return ("works, but not as expected".to_owned(), "work, but not as expected".to_owned());
    }
    let has = |id| endpoint.diagnosis.findings.iter().any(|finding| finding.id == id);
    if has(FindingId::PortNotOffered) {
        return ("is not offered by the provider".to_owned(), "are not offered by the provider".to_owned());
    }
    if let Some(told) = says_who(endpoint) {
        return told;
    }
    let (one, many) = match endpoint.diagnosis.state {
        State::ConnectionRefused => ("refuses connections", "refuse connections"),
        State::ConnectionTimeout => ("never answered", "never answered"),
        State::NetworkUnreachable | State::HostUnreachable => ("cannot be reached", "cannot be reached"),
        State::AdministrativelyProhibited if has(FindingId::RejectedByThisMachine) => {
            ("is forbidden by a rule on this machine", "are forbidden by a rule on this machine")
        }
        State::AdministrativelyProhibited => ("is forbidden by a rule", "are forbidden by a rule"),
        State::NoGreeting => ("accepts connections and stays silent", "accept connections and stay silent"),
        State::GreetingTooSlow => ("greets too slowly", "greet too slowly"),
        State::ReplyTimeout => ("stops answering in the middle", "stop answering in the middle"),
        State::ConnectionReset | State::ConnectionClosed => ("breaks off in the middle", "break off in the middle"),
        State::ServiceRejected if has(FindingId::AddressBlocklisted) => (
            "turns this machine away: its address is on a blocklist",
            "turn this machine away: its address is on a blocklist",
        ),
        State::ServiceRejected => ("turns this machine away", "turn this machine away"),
        State::ServiceUnavailable => ("turns this machine away for now", "turn this machine away for now"),
        State::TlsOnPlaintextPort => {
            ("speaks TLS where plaintext was expected", "speak TLS where plaintext was expected")
        }
        State::PlaintextOnTlsPort => {
            ("speaks plaintext where TLS was expected", "speak plaintext where TLS was expected")
        }
        State::WrongProtocol => ("speaks another protocol", "speak another protocol"),
        State::ProtocolError => ("breaks the rules of its protocol", "break the rules of their protocols"),
        State::StarttlsNotOffered => ("does not offer TLS", "do not offer TLS"),
        State::StarttlsStripped => {
            ("has its offer of TLS removed on the way", "have their offer of TLS removed on the way")
        }
        State::StarttlsRefused => ("offers TLS and refuses it", "offer TLS and refuse it"),
        State::StarttlsInjection => ("mixes plaintext into the start of TLS", "mix plaintext into the start of TLS"),
        State::TlsHandshakeFailed => ("fails in the TLS handshake", "fail in the TLS handshake"),
        State::TlsVersionUnsupported => ("speaks only retired versions of TLS", "speak only retired versions of TLS"),
        State::CertificateInvalid => {
            let fault = certificate_fault(endpoint);
            return (format!("answers, but the certificate {fault}"), format!("answer, but the certificate {fault}"));
        }
        State::Intercepted => {
            ("is answered by a mail shield, not by the server", "are answered by a mail shield, not by the server")
        }
        State::LocalError => (
            "could not be checked: this machine ran out of something",
            "could not be checked: this machine ran out of something",
        ),
        State::InternalError => {
            ("could not be checked: a fault in mailprobe itself", "could not be checked: a fault in mailprobe itself")
        }
        State::Interrupted => {
            ("was not finished when the run was interrupted", "were not finished when the run was interrupted")
        }
        State::DnsNoMail => ("is not offered: the DNS says so", "are not offered: the DNS says so"),
        State::DnsTimeout | State::DnsFailed => {
            ("could not be probed: the name lookup failed", "could not be probed: the name lookup failed")
        }
        State::DnsNoAddress if lacks_the_family(endpoint) => (
            "could not be probed: the name has no address of the family asked for",
            "could not be probed: the name has no address of the family asked for",
        ),
        State::DnsNoSuchName | State::DnsNoAddress => {
            ("could not be probed: the name gave no address", "could not be probed: the name gave no address")
        }
        State::Ok | State::Inconclusive => ("gave no clear result", "gave no clear result"),
    };
    (one.to_owned(), many.to_owned())
}

/// What a port does by the word of somebody on the way, who is then named.
fn says_who(endpoint: &JudgedEndpoint) -> Option<(String, String)> {
    let observation = &endpoint.observation;
    let observation::Cause::Connect(failure) = &observation.probe()?.stop.as_ref()?.cause else { return None };
    let sender = failure.icmp?.from.filter(|sender| Some(*sender) != observation.endpoint.address)?;
    if failure.on_this_machine {
        return None;
    }
    let (one, many) = match endpoint.diagnosis.state {
        State::AdministrativelyProhibited => ("is forbidden by a rule at", "are forbidden by a rule at"),
        State::ConnectionRefused => ("is refused by", "are refused by"),
        State::NetworkUnreachable | State::HostUnreachable => ("cannot be reached, says", "cannot be reached, says"),
        _ => return None,
    };
    Some((format!("{one} {sender}"), format!("{many} {sender}")))
}

/// Where the way to an endpoint was found to be blocked, where that is before the host.
fn traced(endpoint: &JudgedEndpoint) -> Option<(&Path, String)> {
    let path = endpoint.observation.blocked_way()?;
    let failed = endpoint.diagnosis.state.is_closed() || endpoint.diagnosis.state == State::Intercepted;
    let place = whereabouts(path).filter(|_| failed)?;
    Some((path, place))
}

fn certificate_fault(endpoint: &JudgedEndpoint) -> String {
    let faults = distinct(endpoint.diagnosis.findings.iter().filter_map(|finding| match finding.id {
        FindingId::CertificateExpired => Some("has expired"),
        FindingId::CertificateNotYetValid => Some("is not valid yet"),
        FindingId::CertificateWrongName if names_nobody(endpoint) => Some("names no host"),
        FindingId::CertificateWrongName => Some("is for another name"),
        FindingId::CertificateSelfSigned => Some("is self-signed"),
        FindingId::CertificateUnknownIssuer => Some("has no trusted issuer"),
        FindingId::CertificateWrongPurpose => Some("is not meant for servers"),
        FindingId::CertificateUnusable => Some("cannot be used"),
        _ => None,
    }));
    if faults.is_empty() { "is not valid".to_owned() } else { joined(&faults) }
}

/// Whether the certificate has no alternative names at all, which are the only ones that count.
fn names_nobody(endpoint: &JudgedEndpoint) -> bool {
    let mut shown =
        endpoint.observation.attempts.iter().filter_map(|attempt| attempt.tls.as_ref()?.certificate.as_ref());
    shown.next().is_some_and(|certificate| certificate.names.is_empty())
}
