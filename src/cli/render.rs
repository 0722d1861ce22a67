//! The one place that knows all renderers.

use anyhow::Context as _;

use super::console;
use super::output::{Format, Output};
use crate::policy::Report;
use crate::report::human::Detail;
use crate::report::style::Style;
use crate::report::{csv, github, html, human, json, jsonl, junit, markdown, nagios, prometheus};

/// The results as they are printed. Lines that were printed on the way are left out.
pub(super) fn printed(run: &Report, wanted: Output) -> anyhow::Result<String> {
    match wanted.format {
        Format::Human => Ok(human::render(run, console::style(wanted.color), wanted.detail())),
        Format::Jsonl => jsonl::summary(run).context(NO_JSON),
        format => document(format, run, wanted),
    }
}

/// The results as they stand in a file: whole, and never in colour.
pub(super) fn document(format: Format, run: &Report, wanted: Output) -> anyhow::Result<String> {
    let contents = wanted.contents();
    match format {
        Format::Human => {
            let detail = if wanted.verbose { Detail::Verbose } else { Detail::Normal };
            Ok(human::render(run, IN_A_FILE, detail))
        }
        Format::Json => json::render(run, contents).context(NO_JSON),
        Format::Jsonl => {
            let endpoints =
                run.targets.iter().flat_map(|target| target.endpoints.iter().map(|one| (&target.typed, one)));
            let lines = endpoints.map(|(typed, endpoint)| jsonl::endpoint(typed, endpoint, contents));
            lines.chain([jsonl::summary(run)]).collect::<serde_json::Result<_>>().context(NO_JSON)
        }
        Format::Junit => junit::render(run).context("the results could not be written as XML"),
        Format::Nagios => Ok(nagios::render(run)),
        Format::Prometheus => Ok(prometheus::render(run)),
        Format::Github => Ok(github::render(run)),
        Format::Markdown => Ok(markdown::render(run)),
        Format::Html => Ok(html::render(run)),
        Format::Csv => csv::render(run).context("the results could not be written as CSV"),
    }
}

const IN_A_FILE: Style = Style { colour: false, unicode: true, width: 80 };
const NO_JSON: &str = "the results could not be written as JSON";
