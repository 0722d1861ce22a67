//! Plain words and marks for verdicts and what stands beside them.

use crate::diagnosis::Severity;
use crate::policy::Verdict;
use crate::report::style::{Ink, Style};
use crate::service::Security;
use crate::target::Source;
pub(in crate::report) use crate::words::{counted, joined, ports};

/// How a connection is secured, as a column of the table.
pub(in crate::report) fn security(security: Security) -> &'static str {
    match security {
        Security::Implicit => "TLS",
        Security::StartTls => "STARTTLS",
        Security::Plaintext => "none",
    }
}

/// How a connection is secured, as the menus of mail programs call it.
pub(in crate::report) fn tls_words(security: Security) -> &'static str {
    if security == Security::Implicit { "SSL/TLS" } else { self::security(security) }
}

/// Who named an endpoint: `SRV and autoconfiguration`.
pub(in crate::report) fn sources<'a>(sources: impl IntoIterator<Item = &'a Source>) -> String {
    joined(sources.into_iter().map(|source| source_words(*source)))
}

fn source_words(source: Source) -> &'static str {
    match source {
        Source::User => "you",
        Source::Default => "the port table",
        Source::Mx => "MX",
        Source::ImplicitMx => "the domain itself, without an MX record",
        Source::Srv => "SRV",
        Source::Pacc => "PACC",
        Source::Autoconfig => "autoconfiguration",
        Source::Ispdb => "the ISPDB",
        Source::Builtin => "the built-in table",
        Source::Guess => "a guess",
    }
}

/// A verdict's mark, one column wide.
pub(in crate::report) fn mark(verdict: Verdict, style: Style) -> &'static str {
    match (verdict, style.unicode) {
        (Verdict::Pass, true) => "✓",
        (Verdict::Pass, false) => "+",
        (Verdict::Warn, _) => "!",
        (Verdict::Fail, true) => "✗",
        (Verdict::Fail, false) => "x",
        (Verdict::Inconclusive, _) => "?",
    }
}

pub(in crate::report) fn ink(verdict: Verdict) -> Ink {
    match verdict {
        Verdict::Pass => Ink::Good,
        Verdict::Warn => Ink::Caution,
        Verdict::Fail => Ink::Bad,
        Verdict::Inconclusive => Ink::Unclear,
    }
}

pub(in crate::report) fn severity_ink(severity: Severity) -> Ink {
    match severity {
        Severity::Error => Ink::Bad,
        Severity::Warning => Ink::Caution,
        Severity::Info => Ink::Strong,
    }
}

/// How long a certificate is valid: `62 days left`, `expired 3 days ago`.
pub(in crate::report) fn days(left: i64) -> String {
    let days = counted(left.unsigned_abs(), "day");
    if left < 0 { format!("expired {days} ago") } else { format!("{days} left") }
}
