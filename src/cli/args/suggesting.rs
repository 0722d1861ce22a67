//! Values that completion offers and that are not the only ones.

use std::ffi::OsStr;
use std::sync::Arc;

use clap::builder::{PossibleValue, Str, StringValueParser, TypedValueParser};
use clap::error::Error;

/// Reads a value as `parser` does, and offers others for completion. They are made when they are asked for: no other start
/// of the command shall read a whole table for them.
#[derive(Clone)]
pub(super) struct Suggesting<P> {
    parser: P,
    values: Arc<dyn Fn() -> Vec<PossibleValue> + Send + Sync>,
}

impl<P> Suggesting<P> {
    pub(super) fn new(parser: P, values: impl Fn() -> Vec<PossibleValue> + Send + Sync + 'static) -> Self {
        Self { parser, values: Arc::new(values) }
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
        Some(Box::new((self.values)().into_iter()))
    }
}

/// Takes any text, and offers these names, each with what it means.
pub(super) fn suggesting<N: Into<Str> + 'static>(
    names: fn() -> Vec<(N, &'static str)>,
) -> Suggesting<StringValueParser> {
    let values = move || names().into_iter().map(|(name, meaning)| PossibleValue::new(name).help(meaning)).collect();
    Suggesting::new(StringValueParser::new(), values)
}
