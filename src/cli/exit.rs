//! The exit codes that no state has. Those of the states are in [`State::exit_code`](crate::diagnosis::State::exit_code).

use crate::policy::Verdict;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    Judged {
        code: u8,
        verdict: Verdict,
    },
    /// In another way: the exit code for it.
    Code(u8),
}

impl End {
    pub(super) const fn exit_code(self) -> u8 {
        match self {
            Self::Judged { code, .. } | Self::Code(code) => code,
        }
    }
}

/// Lines of a list are no targets. The others were probed: it is a failure of another cause than theirs.
pub(super) const BAD_LINES: u8 = 1;

/// Wrong usage or configuration: nothing was probed.
pub(super) const USAGE: u8 = 2;

/// This machine failed: a result could not be written, no thread could be started.
pub(super) const LOCAL: u8 = 18;

/// Ended by SIGINT (128 + 2).
pub(super) const INTERRUPTED: u8 = 130;

/// The reader of our output went away before the run was over, as if SIGPIPE (128 + 13) had ended it.
pub(super) const CLOSED_PIPE: u8 = 141;

/// Ended by SIGTERM (128 + 15).
pub(super) const TERMINATED: u8 = 143;
