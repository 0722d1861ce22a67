//! Plain words and marks for states and verdicts.

use crate::diagnosis::{Severity, State};
use crate::policy::Verdict;
use crate::report::style::{Ink, Style};
use crate::service::Security;
use crate::target::Source;

/// A state in a few plain words. With a state's stable name they fit one line of the table at 80 columns.
pub(super) fn state(state: State) -> &'static str {
    match state {
        State::Ok => "ok",
        State::DnsNoSuchName => "no such name",
        State::DnsNoAddress => "name has no address",
        State::DnsNoMail => "not offered, says DNS",
        State::DnsTimeout => "no answer from DNS",
        State::DnsFailed => "name lookup failed",
        State::ConnectionRefused => "refused",
        State::ConnectionTimeout => "no answer",
        State::NetworkUnreachable | State::HostUnreachable => "unreachable",
        State::AdministrativelyProhibited => "blocked",
        State::NoGreeting => "connected, then silence",
        State::GreetingTooSlow => "much too slow",
        State::ReplyTimeout => "stopped answering",
        State::ConnectionReset => "connection cut",
        State::ConnectionClosed => "server hung up",
        State::ServiceRejected => "server says no",
        State::ServiceUnavailable => "try again later",
        State::TlsOnPlaintextPort => "speaks TLS",
        State::PlaintextOnTlsPort => "speaks no TLS",
        State::WrongProtocol => "another protocol",
        State::ProtocolError => "garbled answer",
        State::StarttlsNotOffered => "offers no TLS",
        State::StarttlsStripped => "TLS offer removed",
        State::StarttlsRefused => "refuses TLS",
        State::StarttlsInjection => "unsafe STARTTLS",
        State::TlsHandshakeFailed => "TLS fails",
        State::TlsVersionUnsupported => "TLS too old",
        State::CertificateInvalid => "bad certificate",
        State::Intercepted => "somebody else answers",
        State::Inconclusive => "cannot tell",
        State::LocalError => "this machine's limit",
        State::InternalError => "mailprobe failed",
        State::Interrupted => "stopped early",
    }
}

/// Whether a state's words leave open at which stage it stopped.
pub(super) fn leaves_stage_open(state: State) -> bool {
    matches!(
        state,
        State::ReplyTimeout
            | State::ConnectionReset
            | State::ConnectionClosed
            | State::ServiceRejected
            | State::ServiceUnavailable
            | State::WrongProtocol
            | State::ProtocolError
            | State::Inconclusive
            | State::LocalError
            | State::InternalError
            | State::Interrupted
    )
}

/// How a connection is secured, as a column of the table.
pub(super) fn security(security: Security) -> &'static str {
    match security {
        Security::Implicit => "TLS",
        Security::StartTls => "STARTTLS",
        Security::Plaintext => "none",
    }
}

/// How a connection is secured, as the menus of mail programs call it.
pub(super) fn tls_words(security: Security) -> &'static str {
    match security {
        Security::Implicit => "SSL/TLS",
        Security::StartTls => "STARTTLS",
        Security::Plaintext => "none",
    }
}

/// Who named an endpoint.
pub(super) fn source(source: Source) -> &'static str {
    match source {
        Source::User => "you",
        Source::Default => "the port table",
        Source::Mx => "MX",
        Source::ImplicitMx => "the domain itself, for want of an MX record",
        Source::Srv => "SRV",
        Source::Autoconfig => "autoconfiguration",
        Source::Builtin => "the built-in table",
        Source::Guess => "a guess",
    }
}

/// A verdict's word.
pub(super) fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "PASS",
        Verdict::Warn => "WARN",
        Verdict::Fail => "FAIL",
        Verdict::Inconclusive => "INCONCLUSIVE",
    }
}

/// A verdict's mark, one column wide.
pub(super) fn mark(verdict: Verdict, style: Style) -> &'static str {
    match (verdict, style.unicode) {
        (Verdict::Pass, true) => "✓",
        (Verdict::Pass, false) => "+",
        (Verdict::Warn, _) => "!",
        (Verdict::Fail, true) => "✗",
        (Verdict::Fail, false) => "x",
        (Verdict::Inconclusive, _) => "?",
    }
}

/// A verdict's colour.
pub(super) fn ink(verdict: Verdict) -> Ink {
    match verdict {
        Verdict::Pass => Ink::Good,
        Verdict::Warn => Ink::Caution,
        Verdict::Fail => Ink::Bad,
        Verdict::Inconclusive => Ink::Unclear,
    }
}

/// A severity's colour.
pub(super) fn severity_ink(severity: Severity) -> Ink {
    match severity {
        Severity::Error => Ink::Bad,
        Severity::Warning => Ink::Caution,
        Severity::Info => Ink::Strong,
    }
}

/// `1 port`, `2 ports`
pub(super) fn counted(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

/// `port 25`, `ports 465 and 587`
pub(super) fn ports(ports: &[u16]) -> String {
    let noun = if ports.len() == 1 { "port" } else { "ports" };
    let ports: Vec<_> = ports.iter().map(u16::to_string).collect();
    format!("{noun} {}", listed(&ports))
}

/// `25, 465 and 587`
pub(super) fn listed(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [only] => only.clone(),
        [before @ .., last] => format!("{} and {last}", before.join(", ")),
    }
}

/// How long a certificate is valid: `62 days left`, `expired 3 days ago`.
pub(super) fn days(left: i64) -> String {
    match left {
        0.. => format!("{} left", counted_days(left.unsigned_abs())),
        _ => format!("expired {} ago", counted_days(left.unsigned_abs())),
    }
}

/// `1 day`, `62 days`
pub(super) fn counted_days(days: u64) -> String {
    if days == 1 { "1 day".to_owned() } else { format!("{days} days") }
}
