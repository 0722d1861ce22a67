//! What is wrong with a port, in the middle of a sentence.

use super::ports::lacks_the_family;
use crate::diagnosis::{Finding, FindingId, State, whereabouts};
use crate::observation::path::{How, Path};
use crate::observation::{NearMiss, StopCause};
use crate::policy::judged::{JudgedEndpoint, Verdict};
use crate::words::{distinct, joined};

/// What a port does, for one and for many: "refuses connections", "refuse connections".
pub(super) fn what_is_wrong(endpoint: &JudgedEndpoint) -> (String, String) {
    let both = |one: &str, many: &str| (one.to_owned(), many.to_owned());
    if let Some((path, place)) = traced(endpoint) {
        let what = if path.how == Some(How::Intercept) { "intercepted" } else { "blocked" };
        return (format!("is {what} {place}"), format!("are {what} {place}"));
    }
    let state = endpoint.diagnosis.state;
    if endpoint.verdict == Verdict::Pass {
        return match (endpoint.expectations.is_empty(), state) {
            (false, _) => both("is as expected", "are as expected"),
            // Silence does not say what the host offers.
            (true, State::ConnectionTimeout) => both("never answered", "never answered"),
            (true, _) => both("is not offered", "are not offered"),
        };
    }
    if state == State::Ok {
        return both("works, but not as expected", "work, but not as expected");
    }
    let has = |id| endpoint.diagnosis.findings.iter().any(|finding| finding.id == id);
    if has(FindingId::PortNotOffered) {
        return both("is not offered by the provider", "are not offered by the provider");
    }
    if let Some(told) = says_who(endpoint) {
        return told;
    }
    if let Some((one, many)) = refuses_login(endpoint) {
        return both(one, many);
    }
    let (one, many) = state.clauses();
    let with = |more: &str| (format!("{one}{more}"), format!("{many}{more}"));
    match state {
        State::AdministrativelyProhibited if has(FindingId::RejectedByThisMachine) => with(" on this machine"),
        State::WrongProtocol if has(FindingId::CaptivePortalSuspected) => {
            let text = "probably a captive portal of this network answers";
            (format!("leads to a web server: {text}"), format!("lead to a web server: {text}"))
        }
        State::WrongProtocol if has(FindingId::TlsTwice) => {
            both("expects TLS a second time, inside TLS", "expect TLS a second time, inside TLS")
        }
        State::ServiceRejected if has(FindingId::AddressBlocklisted) => with(": its address is on a blocklist"),
        State::CertificateInvalid => with(&format!(" {}", certificate_faults(endpoint))),
        State::DnsNoAddress if lacks_the_family(endpoint) => {
            let text = "could not be probed: the name has no address of the requested family";
            both(text, text)
        }
        _ => both(one, many),
    }
}

/// What a port does by the word of somebody on the way, who is then named.
fn says_who(endpoint: &JudgedEndpoint) -> Option<(String, String)> {
    let observation = &endpoint.observation;
    let StopCause::Connect(failure) = &observation.probe()?.stop.as_ref()?.cause else { return None };
    let sender = failure.icmp?.from.filter(|sender| Some(*sender) != observation.endpoint.address)?;
    if failure.on_this_machine {
        return None;
    }
    let (one, many) = match endpoint.diagnosis.state {
        State::AdministrativelyProhibited => ("is forbidden by a rule at", "are forbidden by a rule at"),
        State::ConnectionRefused => ("is refused by", "are refused by"),
        State::NetworkUnreachable | State::HostUnreachable => {
            ("cannot be reached according to", "cannot be reached according to")
        }
        _ => return None,
    };
    Some((format!("{one} {sender}"), format!("{many} {sender}")))
}

/// Why the login does not work, as far as that is known.
fn refuses_login(endpoint: &JudgedEndpoint) -> Option<(&'static str, &'static str)> {
    if !matches!(endpoint.diagnosis.state, State::LoginRefused | State::LoginUnavailable) {
        return None;
    }
    endpoint.diagnosis.findings.iter().find_map(|finding| {
        Some(match finding.id {
            FindingId::LoginWrongPassword => ("refuses the name or password", "refuse the name or password"),
            FindingId::LoginTokenRefused => ("refuses the token", "refuse the token"),
            FindingId::LoginAppPasswordWanted => ("wants an app password", "want an app password"),
            FindingId::LoginPasswordsOff => ("takes no passwords", "take no passwords"),
            FindingId::LoginSecondFactorWanted => ("wants more than the password", "want more than the password"),
            FindingId::LoginPasswordExpired => {
                ("says that the password has expired", "say that the password has expired")
            }
            FindingId::LoginAccountLocked => ("says that the account is locked", "say that the account is locked"),
            FindingId::LoginAccountDisabled => {
                ("says that the account is disabled", "say that the account is disabled")
            }
            FindingId::LoginServiceOff => ("is switched off for this mailbox", "are switched off for this mailbox"),
            FindingId::LoginMechanismRefused => ("refuses the login method", "refuse the login method"),
            FindingId::LoginThrottled => {
                ("takes no login for now: there were too many", "take no login for now: there were too many")
            }
            FindingId::LoginBackendDown => ("cannot check logins for now", "cannot check logins for now"),
            FindingId::LoginNoAnswer => ("does not answer the login", "do not answer the login"),
            FindingId::LoginNoMechanism => {
                ("offers no login method that can be used", "offer no login method that can be used")
            }
            FindingId::LoginServerUnproven => {
                ("does not keep to the rules of the login", "do not keep to the rules of the login")
            }
            _ => return None,
        })
    })
}

/// Where the way to an endpoint was found to be blocked, where that is before the host.
fn traced(endpoint: &JudgedEndpoint) -> Option<(&Path, String)> {
    let path = endpoint.observation.blocked_way()?;
    let failed = endpoint.diagnosis.state.is_closed() || endpoint.diagnosis.state == State::Intercepted;
    let place = whereabouts(path).filter(|_| failed)?;
    Some((path, place))
}

fn certificate_faults(endpoint: &JudgedEndpoint) -> String {
    // Then the rest only follows from that.
    let is_default = |finding: &Finding| match finding.id {
        FindingId::CertificateDefault => Some("is a product's default one"),
        FindingId::CertificateKeyPublic => Some("is a test program's, whose private key is public"),
        _ => None,
    };
    if let Some(default) = endpoint.diagnosis.findings.iter().find_map(is_default) {
        return default.to_owned();
    }
    let faults = distinct(endpoint.diagnosis.findings.iter().filter_map(|finding| match finding.id {
        FindingId::CertificateExpired => Some("has expired"),
        FindingId::CertificateNotYetValid => Some("is not valid yet"),
        FindingId::CertificateWrongName => Some(wrong_name(endpoint)),
        FindingId::CertificateSelfSigned => Some("is self-signed"),
        FindingId::CertificateUnknownIssuer => Some("has no trusted issuer"),
        FindingId::CertificateWrongPurpose => Some("is not meant for servers"),
        FindingId::CertificateUnusable => Some("cannot be used"),
        _ => None,
    }));
    if faults.is_empty() { "is not valid".to_owned() } else { joined(faults) }
}

/// In what way the certificate does not name the host.
fn wrong_name(endpoint: &JudgedEndpoint) -> &'static str {
    let mut shown =
        endpoint.observation.attempts.iter().filter_map(|attempt| attempt.tls.as_ref()?.certificate.as_ref());
    let Some(certificate) = shown.next() else { return "is for another name" };
    match &certificate.near_miss {
        Some(NearMiss::AddressAsDnsName) => "has the address as a DNS name",
        Some(NearMiss::TrailingDot(_)) => "has the name with a dot at its end",
        Some(NearMiss::CommonNameOnly(_)) => "has the name only as its common name",
        Some(NearMiss::PartialWildcard(_)) => "has a wildcard for only a part of the name",
        None if certificate.names.is_empty() => "has no subject alternative name",
        None => "is for another name",
    }
}
