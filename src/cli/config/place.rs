//! Mistakes in a file, and where they are.

use std::ops::Range;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::cli::nearest::nearest;
use crate::target::Quoted;

/// What is wrong with a file, and where.
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

    pub(super) fn of_toml(error: &toml::de::Error) -> Self {
        Self { span: error.span(), message: error.message().lines().collect::<Vec<_>>().join("; ") }
    }
}

/// A file's name and text, to tell where a mistake is.
pub(super) struct Places<'a> {
    path: &'a Path,
    text: &'a str,
}

impl<'a> Places<'a> {
    pub(super) fn new(path: &'a Path, text: &'a str) -> Self {
        Self { path, text }
    }

    /// `mailprobe.toml:7:3: message`, lines and columns counted from 1, columns in characters.
    pub(super) fn tell(&self, mistake: &Mistake) -> String {
        let path = self.path.display();
        let Some(before) = mistake.span.as_ref().and_then(|span| self.text.get(..span.start)) else {
            return format!("{path}: {}", mistake.message);
        };
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        format!("{path}:{line}:{column}: {}", mistake.message)
    }
}

/// Refuses keys that nobody knows, with the one that was probably meant.
pub(super) fn known_keys(table: &DeTable<'_>, known: &[String]) -> Result<(), Mistake> {
    let Some(key) = table.keys().find(|key| !known.iter().any(|name| name == key.get_ref())) else { return Ok(()) };
    let name = key.get_ref();
    let advice = match nearest(name, known.iter().map(String::as_str)) {
        Some(near) => format!("did you mean {near}?"),
        None => format!("the keys here are {}", known.join(", ")),
    };
    Err(Mistake::at(key.span(), format!("{} is no key here; {advice}", Quoted::new(name))))
}

/// A value that must be a table.
pub(super) fn table<'a, 'i>(value: &'a Spanned<DeValue<'i>>, name: &str) -> Result<&'a DeTable<'i>, Mistake> {
    match value.get_ref() {
        DeValue::Table(table) => Ok(table),
        _ => Err(Mistake::at(value.span(), format!("{name} is a table: write its keys below it, a line each"))),
    }
}
