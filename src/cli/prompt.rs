//! Asking for a password at the terminal.

use std::io;

use futures_util::StreamExt as _;
use tokio::runtime::Builder;
use zeroize::Zeroizing;

use super::console::fail;
use super::signals::{self, Signal};
use super::{exit, threads};

/// Asks whoever sits at the terminal, and shows nothing of the answer. The error is an exit code, after a complaint.
pub(super) fn password(user: &str) -> Result<Zeroizing<String>, u8> {
    let question = format!("Password of {user}: ");
    threads::run_in(Builder::new_current_thread(), async move {
        let before = Terminal::as_it_is();
        // While somebody listens no signal ends the process, which would leave a terminal that shows nothing.
        let mut signals = signals::listen().map_err(|error| threads::refused(&error))?;
        let asked = tokio::task::spawn_blocking(move || rpassword::prompt_password(question).map(Zeroizing::new));
        let signal = tokio::select! {
            answer = asked => match answer.map_err(io::Error::other).and_then(|typed| typed) {
                Ok(password) => return Ok(password),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => Signal::Interrupt,
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                    return Err(fail("nothing was checked, because no password was typed", exit::USAGE));
                }
                Err(_) => return Err(fail(
                    "there is no terminal to ask for the password at: hand it over with --password-file FILE, \
                     --password-command COMMAND or --password-stdin",
                    exit::USAGE,
                )),
            },
            signal = signals.next() => signal.unwrap_or(Signal::Interrupt),
        };
        before.restore();
        Err(signal.exit_code())
    })
}

/// How the terminal was before it was told to show nothing.
struct Terminal {
    #[cfg(unix)]
    before: Option<(std::fs::File, rustix::termios::Termios)>,
}

impl Terminal {
    #[cfg(unix)]
    fn as_it_is() -> Self {
        let terminal = std::fs::File::open("/dev/tty").ok();
        Self { before: terminal.and_then(|file| rustix::termios::tcgetattr(&file).ok().map(|modes| (file, modes))) }
    }

    #[cfg(unix)]
    fn restore(self) {
        use rustix::termios::{OptionalActions, tcsetattr};
        if let Some((terminal, modes)) = self.before {
            let _ = tcsetattr(&terminal, OptionalActions::Now, &modes);
        }
    }

    #[cfg(not(unix))]
    fn as_it_is() -> Self {
        Self {}
    }

    #[cfg(not(unix))]
    fn restore(self) {}
}
