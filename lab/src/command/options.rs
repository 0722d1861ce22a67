//! Options of the form `--name VALUE`, and the words between them.

use std::str::FromStr;
use std::time::Duration;

use super::USAGE;

/// What the arguments of a command say.
#[derive(Debug)]
pub(super) struct Options<'a> {
    values: Vec<(&'a str, &'a str)>,
    /// What is no option, in order.
    pub(super) words: Vec<&'a str>,
}

impl<'a> Options<'a> {
    /// Reads arguments. `known` are the options with a value, `switches` those without.
    pub(super) fn read(arguments: &'a [String], known: &[&str], switches: &[&str]) -> Result<Self, String> {
        let mut options = Self { values: Vec::new(), words: Vec::new() };
        let mut rest = arguments.iter().map(String::as_str);
        while let Some(argument) = rest.next() {
            if known.contains(&argument) {
                let value = rest.next().ok_or_else(|| format!("{argument} needs a value\n{USAGE}"))?;
                options.values.push((argument, value));
            } else if switches.contains(&argument) {
                options.values.push((argument, ""));
            } else if argument.starts_with('-') {
                return Err(format!("{argument} is no option\n{USAGE}"));
            } else {
                options.words.push(argument);
            }
        }
        Ok(options)
    }

    /// All values of an option.
    pub(super) fn all(&self, name: &str) -> impl Iterator<Item = &'a str> {
        self.values.iter().filter(move |value| value.0 == name).map(|value| value.1)
    }

    /// The last value of an option.
    pub(super) fn text(&self, name: &str) -> Option<&'a str> {
        self.all(name).last()
    }

    /// The same, as a number or an address.
    pub(super) fn value<T: FromStr>(&self, name: &str) -> Result<Option<T>, String> {
        let Some(text) = self.text(name) else { return Ok(None) };
        text.parse().map(Some).map_err(|_| format!("{text:?} is not what {name} needs"))
    }

    /// The same, as a time in milliseconds.
    pub(super) fn milliseconds(&self, name: &str) -> Result<Option<Duration>, String> {
        Ok(self.value(name)?.map(Duration::from_millis))
    }

    /// The value of `--for`.
    pub(super) fn lifetime(&self) -> Result<Option<Duration>, String> {
        Ok(self.value("--for")?.map(Duration::from_secs))
    }
}
