//! Whether port 25 is blocked from here, as metrics.
//!
//! The servers that were tried belong to others: how they stand is no matter of whoever asks, so there are no series of
//! them, but for the ways to them that were traced.

use std::collections::BTreeSet;

use super::causes;
use super::endpoints;
use crate::blocked::{BlockedRun, Conclusion};
use crate::policy::Family;
use crate::report::metrics::{Exposition, Labels};
use crate::service::Service;

pub(super) fn families(metrics: &mut Exposition, blocked: &BlockedRun) {
    let names = || Conclusion::ALL.iter().map(|conclusion| conclusion.name());
    let facts = &blocked.answer.facts;
    let help = "Whether outbound port 25 is blocked from here: 1 for the answer, 0 for every other.";
    metrics.family("mailprobe_blocked", help, |samples| {
        samples.add_state_set(&Labels::default(), "conclusion", names(), facts.conclusions.overall.name());
    });
    let help = "The answer over each family of addresses that this machine has: 1 for it, 0 for every other.";
    metrics.family("mailprobe_blocked_family", help, |samples| {
        for (family, conclusion) in [(Family::Ipv4, facts.conclusions.ipv4), (Family::Ipv6, facts.conclusions.ipv6)] {
            if let Some(conclusion) = conclusion {
                let labels = Labels::new([("family", family.name())]);
                samples.add_state_set(&labels, "conclusion", names(), conclusion.name());
            }
        }
    });
    let notes: BTreeSet<_> = blocked.answer.findings.iter().map(|note| (note.severity, note.id, None)).collect();
    causes::family(metrics, notes);
    let smtp = Service::Smtp;
    let ways = facts.relays().filter_map(|relay| {
        let labels = Labels::new([
            ("host", &relay.host),
            ("address", &relay.address.to_string()),
            ("port", &smtp.port().to_string()),
            ("service", smtp.name()),
            ("security", smtp.security().name()),
        ]);
        Some((labels, relay.path.as_ref()?))
    });
    endpoints::paths(metrics, &ways.collect::<Vec<_>>());
}
