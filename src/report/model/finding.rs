//! The parts of the contract that occur in several places: findings and ICMP messages.

use std::net::IpAddr;

use crate::correlation::Cause;
use crate::diagnosis::{Finding, FindingId, Severity, icmp_meaning};
use crate::observation::Icmp;
use crate::report::mirror::mirror;

mirror! {
    /// One fact worth telling.
    struct FindingReport from finding: &Finding {
        /// The stable id.
        id: FindingId = finding.id,
        /// How much it matters here.
        severity: Severity = finding.severity,
        /// What is the case.
        message: String = finding.message.clone(),
        /// What was seen that shows it. Hostile text.
        evidence: Option<String> = finding.evidence.clone(),
        /// What to do about it.
        hint: Option<String> = finding.hint.clone(),
    }

    /// One thing that is wrong with a target, or worth knowing, told once for everything that it covers.
    struct CauseReport from cause: &Cause {
        /// The stable id.
        id: FindingId = cause.id,
        /// How much it matters here.
        severity: Severity = cause.severity,
        /// What is the case.
        message: String = cause.message.clone(),
        /// What was seen that shows it, the pieces joined by a line feed. Hostile text.
        evidence: Option<String> = (!cause.evidence.is_empty()).then(|| cause.evidence.join("\n")),
        /// What to do about it.
        hint: Option<String> = cause.hint.clone(),
        /// The ports that it covers, in the order of the port table; none where it is about the target as a whole.
        ports: Vec<u16> = cause.ports.clone(),
        /// The addresses that it covers.
        #[cfg_attr(feature = "cli", schemars(with = "Vec<String>"))]
        addresses: Vec<IpAddr> = cause.addresses.clone(),
        /// The hosts that it covers: names, or addresses as typed.
        hosts: Vec<String> = cause.hosts.iter().map(ToString::to_string).collect(),
    }

    /// An ICMP error message, of IPv4 or IPv6.
    struct IcmpReport from icmp: Icmp {
        /// The type.
        #[serde(rename = "type")]
        icmp_type: u8 = icmp.icmp_type,
        /// The code.
        code: u8 = icmp.code,
        /// Who sent it, where the system tells.
        #[cfg_attr(feature = "cli", schemars(with = "Option<String>"))]
        from: Option<IpAddr> = icmp.from,
        /// What type and code mean.
        meaning: String = icmp_meaning(&icmp).to_owned(),
    }
}
