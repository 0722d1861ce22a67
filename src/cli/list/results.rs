//! Results of a list as text, in a format that needs no end to begin.

use std::time::SystemTime;

use crate::cli::console::style;
use crate::cli::format::Format;
use crate::cli::output_options::OutputOptions;
use crate::collector::Completed;
use crate::policy::{CountedRun, JudgedEndpoint};
use crate::report::{csv, human, jsonl};

/// Renders the results of a list.
#[derive(Debug, Clone)]
pub(super) struct ListRenderer {
    pub(super) wanted: OutputOptions,
    /// When the run began.
    pub(super) started: SystemTime,
}

/// What stands around the texts.
#[derive(Debug, Clone, Default)]
pub(super) struct Separators {
    /// Before the first.
    pub(super) heading: String,
    /// Between two.
    pub(super) between: String,
}

/// Several texts in one.
#[derive(Debug, Default)]
pub(super) struct Batch(String);

impl Batch {
    /// Adds `text`, unless there is nothing in it.
    pub(super) fn add(&mut self, text: &str, separators: &Separators) {
        if !text.is_empty() && !self.0.is_empty() {
            self.0.push_str(&separators.between);
        }
        self.0.push_str(text);
    }

    pub(super) fn into_text(self) -> String {
        self.0
    }
}

impl ListRenderer {
    /// What stands around the texts of the results.
    pub(super) fn separators(&self) -> anyhow::Result<Separators> {
        Ok(match self.wanted.format {
            Format::Csv => Separators { heading: csv::heading()?, ..Separators::default() },
            Format::Human => {
                Separators { between: human::between_blocks(style(self.wanted.color)), ..Separators::default() }
            }
            _ => Separators::default(),
        })
    }

    /// Whether endpoints are told before their target is done.
    pub(super) fn tells_endpoints(&self) -> bool {
        self.wanted.format != Format::Human
    }

    /// An endpoint whose verdict nothing can change any more, with its target as typed.
    pub(super) fn endpoint(&self, typed: &str, endpoint: &JudgedEndpoint) -> anyhow::Result<String> {
        Ok(match self.wanted.format {
            Format::Csv => csv::endpoint(self.started, typed, endpoint)?,
            _ => jsonl::endpoint(typed, endpoint, self.wanted.contents())?,
        })
    }

    /// A target that is done; empty where there is nothing to tell of it.
    pub(super) fn target(&self, done: &Completed) -> anyhow::Result<String> {
        let Completed { target, unreported } = done;
        if self.wanted.format == Format::Human {
            return Ok(human::of_list(target, style(self.wanted.color), self.wanted.detail()));
        }
        let mut text = String::new();
        for endpoint in unreported.iter().filter_map(|&index| target.endpoints.get(index)) {
            text += &self.endpoint(&target.typed, endpoint)?;
        }
        if self.wanted.format == Format::Jsonl {
            text += &jsonl::target(target)?;
        }
        Ok(text)
    }

    /// The counts; empty where the format has none.
    pub(super) fn end(&self, run: &CountedRun) -> anyhow::Result<String> {
        Ok(match self.wanted.format {
            Format::Csv => String::new(),
            Format::Jsonl => jsonl::list_summary(run)?,
            _ => human::end_of_list(run, style(self.wanted.color), self.wanted.detail()),
        })
    }
}
