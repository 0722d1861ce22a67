//! The parts of the contract that occur in several places: findings and ICMP messages.

use std::net::IpAddr;

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
