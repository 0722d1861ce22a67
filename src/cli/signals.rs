//! Being asked to stop.

use std::io;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::{Instant, sleep_until};

use super::exit;

/// Who asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Signal {
    Interrupt,
    #[cfg_attr(not(unix), allow(dead_code, reason = "only Unix has it"))]
    Terminate,
}

impl Signal {
    pub(super) const fn exit_code(self) -> u8 {
        match self {
            Self::Interrupt => exit::INTERRUPTED,
            Self::Terminate => exit::TERMINATED,
        }
    }
}

/// How long the first wish to stop has, to let the results be written. coreutils' `timeout` signals its child, then its
/// whole process group: the second signal is the same wish.
const GRACE: Duration = Duration::from_secs(2);

/// Hands on the first wish to stop. At the second the process ends, whatever it is doing then: it may be writing to a
/// reader that does not read. But not before the first one had its [`GRACE`].
///
/// Must be called within a tokio runtime that nothing blocks.
pub(super) fn watch() -> io::Result<oneshot::Receiver<Signal>> {
    let mut signals = Signals::listen()?;
    let (sender, first) = oneshot::channel();
    tokio::spawn(async move {
        let asked = signals.next().await;
        let grace_ends = Instant::now() + GRACE;
        let _ = sender.send(asked);
        signals.next().await;
        sleep_until(grace_ends).await;
        // As the first one said: so say the results, if they were written.
        std::process::exit(asked.exit_code().into());
    });
    Ok(first)
}

/// Listens for Ctrl-C and, where there is one, SIGTERM.
#[derive(Debug)]
struct Signals {
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
}

impl Signals {
    #[cfg(unix)]
    fn listen() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    #[cfg(unix)]
    async fn next(&mut self) -> Signal {
        tokio::select! {
            _ = self.interrupt.recv() => Signal::Interrupt,
            _ = self.terminate.recv() => Signal::Terminate,
        }
    }

    #[cfg(not(unix))]
    #[expect(clippy::unnecessary_wraps, reason = "as on Unix, where listening can fail")]
    fn listen() -> io::Result<Self> {
        Ok(Self {})
    }

    #[cfg(not(unix))]
    async fn next(&mut self) -> Signal {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
        Signal::Interrupt
    }
}
