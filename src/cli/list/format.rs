//! Results of a list as text, in a format that needs no end to begin.

use std::slice;
use std::time::SystemTime;

use crate::cli::console;
use crate::cli::output::{Format, Output};
use crate::collector::Completed;
use crate::policy::{CountedRun, JudgedEndpoint, Policy, Tally};
use crate::report::{csv, human, jsonl};

#[derive(Debug, Clone, Copy)]
pub(super) struct ListFormat {
    pub(super) output: Output,
    pub(super) started: SystemTime,
}

impl ListFormat {
    pub(super) fn heading(self) -> anyhow::Result<String> {
        Ok(if self.output.format == Format::Csv { csv::heading()? } else { String::new() })
    }

    /// What stands before every text of a target, and before the counts, unless nothing comes before them.
    pub(super) fn separator(self) -> String {
        match self.output.format {
            Format::Human => human::between_blocks(console::style(self.output.color)),
            _ => String::new(),
        }
    }

    /// Whether endpoints are told before their target is done.
    pub(super) fn tells_endpoints(self) -> bool {
        self.output.format == Format::Jsonl
    }

    /// An endpoint whose verdict nothing can change any more, with its target as typed.
    pub(super) fn endpoint(self, typed: &str, endpoint: &JudgedEndpoint) -> anyhow::Result<String> {
        Ok(jsonl::endpoint(typed, endpoint, self.output.contents())?)
    }

    /// A target that is done; empty where there is nothing to tell of it.
    pub(super) fn target(self, done: &Completed, policy: &Policy) -> anyhow::Result<String> {
        let Completed { target, unreported } = done;
        if self.output.format == Format::Human {
            let style = console::style(self.output.color);
            return Ok(self.separated(human::of_list(target, style, self.output.detail())));
        }
        if self.output.format == Format::Csv {
            return Ok(csv::target(self.started, target)?);
        }
        let mut text = String::new();
        for endpoint in unreported.iter().filter_map(|&index| target.endpoints.get(index)) {
            text += &self.endpoint(&target.typed, endpoint)?;
        }
        let alone = Tally::of(slice::from_ref(target), policy);
        Ok(text + &jsonl::target(target, alone.exit_code())?)
    }

    /// The counts; empty where the format has none.
    pub(super) fn end(self, run: &CountedRun) -> anyhow::Result<String> {
        Ok(match self.output.format {
            Format::Csv => String::new(),
            Format::Jsonl => jsonl::list_summary(run)?,
            _ => {
                let style = console::style(self.output.color);
                self.separated(human::end_of_list(run, style, self.output.detail()))
            }
        })
    }

    fn separated(self, text: String) -> String {
        if text.is_empty() { text } else { self.separator() + &text }
    }
}
