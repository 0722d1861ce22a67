//! `--format json`: one document.

use super::model::{Contents, Report};
use crate::policy::JudgedRun;

/// The document of a run, indented, with a line feed at its end.
///
/// # Errors
/// Those of the JSON writer; the contract's types give it no cause for any.
pub fn render(run: &JudgedRun, contents: Contents) -> serde_json::Result<String> {
    let mut document = serde_json::to_string_pretty(&Report::new(run, contents))?;
    document.push('\n');
    Ok(document)
}
