//! What the values of options may be, where their type alone does not say it.

use std::ops::RangeInclusive;
use std::time::Duration;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};

use crate::policy::{Addresses, PolicyKind};
use crate::probe::Trace;
use crate::service::Security;
use crate::target::{Host, Source, Target, TargetSpec};
use crate::transport::trust::TrustStore;

/// A value of an option: its name, what it means, and the value itself.
pub(super) type Choice<T> = (&'static str, &'static str, T);

pub(super) const SECURITIES: &[Choice<Security>] = &[
    ("implicit", "TLS from the first byte", Security::Implicit),
    ("starttls", "Unencrypted at first, then STARTTLS (STLS in POP3)", Security::StartTls),
    ("plaintext", "No TLS, for development servers", Security::Plaintext),
];

pub(super) const SOURCES: &[Choice<Source>] = &[
    ("mx", "MX records", Source::Mx),
    ("srv", "SRV records", Source::Srv),
    ("pacc", "The file of the domain for mail programs whose digest is in the DNS", Source::Pacc),
    (
        "autoconfig",
        "The autoconfiguration file of mail programs, at the domain and at the operator of its first MX host",
        Source::Autoconfig,
    ),
    (
        "ispdb",
        "The public collection of such files, v1.ispdb.net: a third party, which learns the name of the domain",
        Source::Ispdb,
    ),
    ("builtin", "The built-in provider table", Source::Builtin),
];

pub(super) const ADDRESSES: &[Choice<Addresses>] = &[
    ("all", "Every address of the host must pass", Addresses::All),
    ("any", "One address that passes is enough, as for a mail program", Addresses::Any),
];

pub(super) const TRUST_STORES: &[Choice<TrustStore>] = &[
    ("webpki", "Mozilla's root certificates, built in", TrustStore::WebPki),
    ("system", "The operating system's store", TrustStore::System),
];

pub(super) const POLICIES: &[Choice<PolicyKind>] = &[
    ("dane", "TLSA records that the certificates match", PolicyKind::Dane),
    ("mta-sts", "An MTA-STS policy that the mail hosts keep", PolicyKind::MtaSts),
    ("tls-rpt", "A record that says where reports on TLS go to", PolicyKind::TlsReporting),
    ("pacc", "Settings of mail programs whose digest is right", PolicyKind::AgentConfig),
];

pub(super) const TRACES: &[Choice<Trace>] = &[
    ("never", "Trace no port", Trace::Never),
    ("failed", "Trace ports that could not be connected to", Trace::Failed),
    (
        "always",
        "Trace every port; only this detects a proxy that answers flawlessly in place of the server",
        Trace::Always,
    ),
];

/// Reads one of these names, and shows what they mean.
pub(super) fn one_of<T: Copy + Send + Sync + 'static>(
    choices: &'static [Choice<T>],
) -> impl TypedValueParser<Value = T> {
    let values = choices.iter().map(|(name, meaning, _)| PossibleValue::new(*name).help(*meaning));
    PossibleValuesParser::new(values).try_map(|name| chosen(choices, &name))
}

/// The value of this name; else what to write instead.
pub(super) fn chosen<T: Copy>(choices: &[Choice<T>], name: &str) -> Result<T, String> {
    choices.iter().find(|(known, _, _)| known.eq_ignore_ascii_case(name)).map(|(_, _, value)| *value).ok_or_else(|| {
        let names: Vec<&str> = choices.iter().map(|(name, _, _)| *name).collect();
        let (last, others) = names.split_last().unwrap_or((&"", &[]));
        format!("write {} or {last}", others.join(", "))
    })
}

/// The longest time limit: a day. Longer ones are slips of the pen, and overflow some clocks.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let span: jiff::SignedDuration =
        text.parse().map_err(|_| "write a time with its unit, for example 5s, 250ms or 1m30s")?;
    let duration = Duration::try_from(span).map_err(|_| "a time limit cannot be negative")?;
    if duration.is_zero() {
        return Err("a time limit must be longer than zero".into());
    }
    if duration > LONGEST {
        return Err("a time limit can be at most a day: 24h".into());
    }
    Ok(duration)
}

/// A whole number in this range.
pub(super) fn count(range: RangeInclusive<u32>) -> impl Fn(&str) -> Result<u32, String> + Clone {
    move |text| {
        let number = text.parse().ok().filter(|number| range.contains(number));
        number.ok_or_else(|| match (range.start(), *range.end()) {
            (first, u32::MAX) => format!("write a whole number, at least {first}"),
            (first, last) => format!("write a whole number from {first} to {last}"),
        })
    }
}

/// A number of days: `14`, or with its unit as other times have it, `14d`.
pub(super) fn days(text: &str) -> Result<u32, String> {
    text.strip_suffix(['d', 'D']).unwrap_or(text).parse().map_err(|_| "write a number of days, as in 14".to_owned())
}

pub(super) fn server_name(text: &str) -> Result<Host, String> {
    match Target::parse(text).map_err(|error| error.to_string())?.spec {
        TargetSpec::Host(host) => Ok(host),
        _ => Err("write only a host name, as in mail.example.org".into()),
    }
}
