//! `mailprobe ports` and `mailprobe explain`: what is built in, printed.

use super::console::{print, style};
use super::format::Format;
use super::output_options::OutputOptions;
use crate::diagnosis::reference::{self, Subject};
use crate::report::{explain as explanations, ports as table};

/// `mailprobe ports`
pub(super) fn ports(wanted: OutputOptions) -> u8 {
    let text = match wanted.format {
        Format::Json | Format::Jsonl => table::json().map_err(anyhow::Error::from),
        _ => Ok(table::text(style(wanted.color))),
    };
    print(text).err().unwrap_or(0)
}

/// `mailprobe explain [NAME]`
pub(super) fn explain(subject: Option<&Subject>, wanted: OutputOptions) -> u8 {
    let style = style(wanted.color);
    let text = match (wanted.format, subject) {
        (Format::Json | Format::Jsonl, Some(subject)) => explanations::json(std::slice::from_ref(subject)),
        (Format::Json | Format::Jsonl, None) => explanations::json(&reference::subjects()),
        (_, Some(subject)) => Ok(explanations::text(subject, style)),
        (_, None) => Ok(explanations::list(style)),
    };
    print(text.map_err(anyhow::Error::from)).err().unwrap_or(0)
}
