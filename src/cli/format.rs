//! The formats of the results.

use clap::ValueEnum;

/// A format of the results.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people
    Human,
    /// One JSON document
    Json,
    /// One JSON line for an endpoint as it finishes, then a summary
    Jsonl,
    /// Test results in XML: a test case for an endpoint
    Junit,
    /// A Nagios or Icinga plugin's output; on standard output with its exit codes 0 to 3
    Nagios,
    /// Metrics for the textfile collector of Prometheus' node exporter
    Prometheus,
    /// Annotations for GitHub Actions, and a table for its job summary
    Github,
    /// Tables to paste into a ticket
    Markdown,
    /// A row for an endpoint
    Csv,
}

impl Format {
    /// Whether results can be written as they come, without knowing those that follow.
    pub(super) fn streams(self) -> bool {
        matches!(self, Self::Human | Self::Jsonl | Self::Csv)
    }
}
