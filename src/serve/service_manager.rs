//! What systemd is told (`Type=notify`), where it has started the service and wants to know.

#[cfg(unix)]
mod told {
    use sd_notify::{NotifyState, notify};
    use tokio::time::interval;

    /// Requests are taken.
    pub(in crate::serve) fn ready(status: &str) {
        tell(&[NotifyState::Ready, NotifyState::Status(status)]);
    }

    pub(in crate::serve) fn reloading() {
        match NotifyState::monotonic_usec_now() {
            Ok(now) => tell(&[NotifyState::Reloading, now]),
            Err(_) => tell(&[NotifyState::Reloading]),
        }
    }

    pub(in crate::serve) fn stopping() {
        tell(&[NotifyState::Stopping, NotifyState::Status("answering what runs")]);
    }

    /// Tells that the service is alive, where `WatchdogSec=` asks for it, until it is dropped.
    pub(in crate::serve) async fn keep_telling() {
        let Some(longest) = sd_notify::watchdog_enabled().filter(|longest| !longest.is_zero()) else {
            return std::future::pending().await;
        };
        let mut turns = interval(longest / 2);
        loop {
            turns.tick().await;
            tell(&[NotifyState::Watchdog]);
        }
    }

    fn tell(states: &[NotifyState<'_>]) {
        if let Err(error) = notify(states) {
            tracing::debug!("systemd could not be told: {error}");
        }
    }
}

#[cfg(not(unix))]
mod told {
    pub(in crate::serve) fn ready(_status: &str) {}
    pub(in crate::serve) fn reloading() {}
    pub(in crate::serve) fn stopping() {}
    pub(in crate::serve) async fn keep_telling() {
        std::future::pending().await
    }
}

pub(super) use told::{keep_telling, ready, reloading, stopping};
