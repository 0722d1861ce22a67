//! Values that completion offers and that are not the only ones.

use std::ffi::OsStr;

use clap::builder::{PossibleValue, Str, StringValueParser, TypedValueParser};
use clap::error::Error;

/// Reads a value as `parser` does, and offers these for completion.
#[derive(Debug, Clone)]
pub(super) struct Suggesting<P> {
    parser: P,
    values: Vec<PossibleValue>,
}

impl<P> Suggesting<P> {
    pub(super) fn new(parser: P, values: impl IntoIterator<Item = PossibleValue>) -> Self {
        Self { parser, values: values.into_iter().collect() }
    }
}

impl<P: TypedValueParser> TypedValueParser for Suggesting<P> {
    type Value = P::Value;

    fn parse_ref(
        &self,
        command: &clap::Command,
        argument: Option<&clap::Arg>,
        value: &OsStr,
    ) -> Result<P::Value, Error> {
        self.parser.parse_ref(command, argument, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(self.values.iter().cloned()))
    }
}

/// Takes any text, and offers these names, each with what it means.
pub(super) fn suggesting<N: Into<Str>>(
    names: impl IntoIterator<Item = (N, &'static str)>,
) -> Suggesting<StringValueParser> {
    let values = names.into_iter().map(|(name, meaning)| PossibleValue::new(name).help(meaning));
    Suggesting::new(StringValueParser::new(), values)
}
