//! `mailprobe_cause`: what is wrong, or worth knowing.

use std::collections::BTreeSet;

use crate::diagnosis::{FindingId, Severity};
use crate::report::metrics::{Exposition, Labels};

/// A cause at a port, or of the target as a whole.
pub(super) type CauseAt = (Severity, FindingId, Option<u16>);

/// Worst first. `summary` is what a cause means, in a few constant words.
pub(super) fn family(metrics: &mut Exposition, causes: BTreeSet<CauseAt>) {
    let help = "What is wrong, or worth knowing, once for each port that it is about; always 1.";
    metrics.family("mailprobe_cause", help, |samples| {
        for (severity, id, port) in causes {
            let port = port.map(|port| port.to_string()).unwrap_or_default();
            let labels =
                [("cause", id.name()), ("severity", severity.name()), ("port", &port), ("summary", id.entry().title)];
            samples.add(&Labels::new(labels), true);
        }
    });
}
