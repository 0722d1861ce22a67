//! Being asked to stop.

use std::io;
use std::time::Duration;

use futures_util::{Stream, StreamExt as _, stream};
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep_until};

use super::exit;
#[cfg(feature = "serve")]
use crate::serve::Order;

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
    let mut signals = listen()?;
    let (sender, first) = oneshot::channel();
    tokio::spawn(async move {
        let Some(asked) = signals.next().await else { return };
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
#[cfg(unix)]
pub(super) fn listen() -> io::Result<impl Stream<Item = Signal> + Unpin> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let interrupts = stream::poll_fn(move |context| interrupt.poll_recv(context)).map(|()| Signal::Interrupt);
    let terminates = stream::poll_fn(move |context| terminate.poll_recv(context)).map(|()| Signal::Terminate);
    Ok(stream::select(interrupts, terminates))
}

#[cfg(not(unix))]
pub(super) fn listen() -> io::Result<impl Stream<Item = Signal> + Unpin> {
    let mut interrupt = tokio::signal::windows::ctrl_c()?;
    Ok(stream::poll_fn(move |context| interrupt.poll_recv(context)).map(|()| Signal::Interrupt))
}

/// Calls `act` whenever the process goes on after it was stopped, where it can be stopped (Ctrl-Z).
///
/// Must be called within a tokio runtime.
#[cfg(unix)]
pub(super) fn on_continue(act: impl Fn() + Send + 'static) -> io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut continues = signal(SignalKind::from_raw(rustix::process::Signal::CONT.as_raw()))?;
    tokio::spawn(async move {
        while continues.recv().await.is_some() {
            act();
        }
    });
    Ok(())
}

#[cfg(not(unix))]
#[allow(clippy::unnecessary_wraps, reason = "as where it can be")]
pub(super) fn on_continue(_act: impl Fn() + Send + 'static) -> io::Result<()> {
    Ok(())
}

/// What whoever runs a service wants of it: SIGHUP reads its configuration again, Ctrl-C and SIGTERM stop it.
#[cfg(all(unix, feature = "serve"))]
pub(super) fn orders() -> io::Result<impl Stream<Item = Order> + Unpin> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut hangup = signal(SignalKind::hangup())?;
    let reloads = stream::poll_fn(move |context| hangup.poll_recv(context)).map(|()| Order::Reload);
    Ok(stream::select(listen()?.map(|_| Order::Stop), reloads))
}

#[cfg(all(not(unix), feature = "serve"))]
pub(super) fn orders() -> io::Result<impl Stream<Item = Order> + Unpin> {
    Ok(listen()?.map(|_| Order::Stop))
}
