//! How results are to be shown.

use std::io::{self, IsTerminal as _};

use clap::ValueEnum;

use super::format::Format;
use crate::report::human::Detail;
use crate::report::model::Contents;

/// How to show results.
#[derive(Debug, Clone, Copy)]
pub(super) struct OutputOptions {
    pub(super) format: Format,
    pub(super) color: ColorChoice,
    pub(super) transcript: bool,
    pub(super) verbose: bool,
    pub(super) quiet: bool,
    pub(super) log: Option<LogLevel>,
}

/// When to use colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ColorChoice {
    /// On a terminal, unless `NO_COLOR` is set
    Auto,
    Always,
    Never,
}

/// How much mailprobe logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum LogLevel {
    Error,
    Warn,
    Info,
    Debug,
    Trace,
}

impl OutputOptions {
    /// How much to tell a person.
    pub(super) fn detail(self) -> Detail {
        match (self.verbose, self.quiet) {
            (true, _) => Detail::Verbose,
            (_, true) => Detail::Quiet,
            _ => Detail::Normal,
        }
    }

    /// What a document shall hold.
    pub(super) fn contents(self) -> Contents {
        Contents { transcript: self.transcript }
    }

    /// Whether progress may be shown.
    pub(super) fn shows_progress(self) -> bool {
        !self.quiet && self.log.is_none()
    }

    /// Begins to log to standard error, where that is wanted.
    pub(super) fn start_log(self) {
        let level = match self.log {
            None => return,
            Some(LogLevel::Error) => tracing::Level::ERROR,
            Some(LogLevel::Warn) => tracing::Level::WARN,
            Some(LogLevel::Info) => tracing::Level::INFO,
            Some(LogLevel::Debug) => tracing::Level::DEBUG,
            Some(LogLevel::Trace) => tracing::Level::TRACE,
        };
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(level)
            .with_writer(io::stderr)
            .with_ansi(io::stderr().is_terminal())
            .finish();
        // In a process that runs the command twice, the first choice stands.
        let _ = tracing::subscriber::set_global_default(subscriber);
    }
}
