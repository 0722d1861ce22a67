//! Which pattern of an MTA-STS policy covers a mail host (RFC 8461, section 4.1).

use crate::observation::promises::{MtaSts, MtaStsCoverage};
use crate::target::{Endpoint, Host, Source};

/// What the policy says of a mail host of the domain; `None` where there is no policy that can be used, and for other hosts.
pub(super) fn of(mta_sts: &MtaSts, endpoint: &Endpoint) -> Option<MtaStsCoverage> {
    let Some(Ok(policy)) = &mta_sts.policy else { return None };
    // Without an MX record, the domain itself is its mail host (RFC 5321, section 5.1).
    if !endpoint.sources.iter().any(|source| matches!(source, Source::Mx | Source::ImplicitMx)) {
        return None;
    }
    let Host::Name(host) = &endpoint.host else { return None };
    let pattern = policy.hosts.iter().find(|pattern| covers(pattern, host));
    Some(MtaStsCoverage { mode: policy.mode, patterns: policy.hosts.clone(), pattern: pattern.cloned() })
}

/// Whether a pattern covers a host, both with A-labels. A wildcard stands for the whole first label, and only for that.
fn covers(pattern: &str, host: &str) -> bool {
    let without_dot = |name: &str| name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
    let (pattern, host) = (without_dot(pattern), without_dot(host));
    match pattern.strip_prefix("*.") {
        Some(parent) => host.split_once('.').is_some_and(|(label, above)| !label.is_empty() && above == parent),
        None => pattern == host,
    }
}

#[cfg(test)]
mod tests {
    use super::covers;

    #[test]
    fn a_wildcard_stands_for_one_label_at_the_front() {
        for (pattern, host, expected) in [
            ("mx.example.org", "mx.example.org", true),
            ("MX.Example.ORG", "mx.example.org", true),
            ("mx.example.org.", "mx.example.org", true),
            ("mx.example.org", "mx.example.org.", true),
            ("mx.example.org", "mx1.example.org", false),
            ("example.org", "mx.example.org", false),
            ("*.example.org", "mx.example.org", true),
            ("*.Example.org.", "mx.example.org", true),
            ("*.example.org", "a.mx.example.org", false),
            ("*.example.org", "example.org", false),
            ("*.example.org", ".example.org", false),
            ("*.example.org", "mx.example.org.test", false),
            ("*.xn--bcher-kva.example", "mx.xn--bcher-kva.example", true),
            // These are no patterns of the standard's, and cover nothing.
            ("*", "org", false),
            ("mx*.example.org", "mx1.example.org", false),
            ("mx.*.org", "mx.example.org", false),
            ("*.*.org", "mx.example.org", false),
            (".example.org", "mx.example.org", false),
            ("", "mx.example.org", false),
        ] {
            assert_eq!(covers(pattern, host), expected, "{pattern} {host}");
        }
    }
}
