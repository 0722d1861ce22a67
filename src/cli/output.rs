//! How results are to be shown.

use clap::{Args, ValueEnum};
use tracing::Level;

use crate::report::human::Detail;
use crate::report::model::Contents;

/// How a page is to look.
#[derive(Debug, Clone, Copy, Args)]
#[command(next_help_heading = "Output")]
pub(super) struct PageChoices {
    /// How to print the results
    #[arg(long, env = "MAILPROBE_FORMAT", value_name = "FORMAT", default_value = "human")]
    pub(super) format: Format,

    /// When to use colour
    #[arg(long, env = "MAILPROBE_COLOR", value_name = "WHEN", default_value = "auto")]
    pub(super) color: ColorChoice,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Output {
    pub(super) format: Format,
    pub(super) color: ColorChoice,
    pub(super) transcript: bool,
    pub(super) verbose: bool,
    pub(super) quiet: bool,
    pub(super) log: Option<Level>,
}

impl Output {
    pub(super) fn detail(self) -> Detail {
        match (self.verbose, self.quiet) {
            (true, _) => Detail::Verbose,
            (_, true) => Detail::Quiet,
            _ => Detail::Normal,
        }
    }

    pub(super) fn contents(self) -> Contents {
        Contents { transcript: self.transcript }
    }

    /// Whether progress may be shown on standard error.
    pub(super) fn shows_progress(self) -> bool {
        !self.quiet && self.log.is_none()
    }
}

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
    /// A page of its own to attach to a ticket
    Html,
    /// A row for an endpoint
    Csv,
}

impl Format {
    pub(super) fn is_json(self) -> bool {
        matches!(self, Self::Json | Self::Jsonl)
    }

    /// Whether results can be written as they come, without knowing those that follow.
    pub(super) fn streams(self) -> bool {
        matches!(self, Self::Human | Self::Jsonl | Self::Csv)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ColorChoice {
    /// On a terminal, unless `NO_COLOR` is set
    Auto,
    Always,
    Never,
}
