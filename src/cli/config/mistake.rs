//! Mistakes in a file, and where they are.

use std::ops::Range;
use std::path::Path;

use super::shape::{misfit, slip};
use crate::cli::similar::{advice, similar};
use crate::target::Quoted;

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Mistake {
    /// Bytes from the beginning of the file; `None` when it is about the file as a whole.
    span: Option<Range<usize>>,
    message: String,
}

impl Mistake {
    pub(super) fn at(span: Range<usize>, message: impl Into<String>) -> Self {
        Self { span: Some(span), message: message.into() }
    }

    /// One that is about no place in the file.
    #[cfg(feature = "serve")]
    pub(super) fn of_all(message: impl Into<String>) -> Self {
        Self { span: None, message: message.into() }
    }

    #[cfg(feature = "serve")]
    pub(super) fn message(&self) -> &str {
        &self.message
    }

    /// What the TOML reader says, in the words of the file's author.
    pub(super) fn of_toml(error: &toml::de::Error, text: &str) -> Self {
        let said = error.message();
        let place = error.span().unwrap_or_default();
        let found = text.get(place.start..).unwrap_or_default();
        let message = if said.starts_with("unknown field ") {
            unknown_key(said)
        } else if said.ends_with("expected a sequence")
            && ["[check]", "[targets]"].iter().any(|table| found.starts_with(table))
        {
            let table = found.split_inclusive(']').next().unwrap_or_default();
            format!("write [{table}], with two brackets: there may be several")
        } else if said.starts_with("invalid type") || said.starts_with("invalid value") {
            misfit(text, &place).unwrap_or_else(|| "this value is of a kind that its key does not take".to_owned())
        } else {
            slip(said, text, &place).unwrap_or_else(|| said.lines().collect::<Vec<_>>().join("; "))
        };
        Self { span: error.span(), message }
    }

    /// `mailprobe.toml:7:3: message`, lines and columns counted from 1, columns in characters.
    pub(super) fn tell(&self, path: &Path, text: &str) -> String {
        let path = path.display();
        let Some(before) = self.span.as_ref().and_then(|span| text.get(..span.start)) else {
            return format!("{path}: {}", self.message);
        };
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        format!("{path}:{line}:{column}: {}", self.message)
    }
}

/// For a key that is not known, the one that was meant, or all there are. The TOML reader names it first, then those.
fn unknown_key(said: &str) -> String {
    let mut names = said.split('`').skip(1).step_by(2);
    let typed = names.next().unwrap_or_default();
    let known: Vec<&str> = names.collect();
    let near: Vec<&str> = similar(typed, known.iter().copied()).into_iter().take(1).collect();
    let advice = advice(&near, &format!("the keys here are {}", known.join(", ")));
    format!("{} is not a key here; {advice}", Quoted::new(typed))
}
