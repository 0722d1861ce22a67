//! The formats of the results, and the one place that knows all renderers.

use anyhow::Context as _;
use clap::ValueEnum;

use super::args::Output;
use super::output;
use crate::policy::JudgedRun;
use crate::report::human::Detail;
use crate::report::model::Contents;
use crate::report::style::Style;
use crate::report::{csv, github, human, json, jsonl, junit, markdown, nagios, prometheus};

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

    /// The results as they are printed. Lines that were printed on the way are left out.
    pub(super) fn render(self, run: &JudgedRun, wanted: Output) -> anyhow::Result<String> {
        match self {
            Self::Human => Ok(human::render(run, output::style(wanted.color), wanted.detail())),
            Self::Jsonl => jsonl::summary(run).context("the results could not be put into JSON"),
            _ => self.document(run, wanted),
        }
    }

    /// The results as they stand in a file: whole, and never in colour.
    pub(super) fn document(self, run: &JudgedRun, wanted: Output) -> anyhow::Result<String> {
        let contents = wanted.contents();
        match self {
            Self::Human => {
                let detail = if wanted.verbose { Detail::Verbose } else { Detail::Normal };
                Ok(human::render(run, IN_A_FILE, detail))
            }
            Self::Json => json::render(run, contents).context("the results could not be put into JSON"),
            Self::Jsonl => all_lines(run, contents).context("the results could not be put into JSON"),
            Self::Junit => junit::render(run).context("the results could not be put into XML"),
            Self::Nagios => Ok(nagios::render(run)),
            Self::Prometheus => Ok(prometheus::render(run)),
            Self::Github => Ok(github::render(run)),
            Self::Markdown => Ok(markdown::render(run)),
            Self::Csv => csv::render(run).context("the results could not be put into CSV"),
        }
    }
}

const IN_A_FILE: Style = Style { colour: false, unicode: true, width: 80 };

fn all_lines(run: &JudgedRun, contents: Contents) -> serde_json::Result<String> {
    let mut text = String::new();
    for target in &run.targets {
        for judged in &target.endpoints {
            text.push_str(&jsonl::endpoint(&target.typed, judged, contents)?);
        }
    }
    text.push_str(&jsonl::summary(run)?);
    Ok(text)
}
