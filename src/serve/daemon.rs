//! What all parts of the daemon share.

use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use tokio::sync::{mpsc, watch};

use super::answer::CheckAnswer;
use super::engine::{Engine, EngineLimits};
use super::events;
use super::history::{Change, History};
use super::outbox::{Outbox, ToSend};
use super::settings::ServeSettings;
use super::store::{Settlement, Store, StoreListener};
use super::telemetry::Telemetry;

/// Reads the settings anew. The error is one line, with the place in the file.
pub struct Load(pub Box<dyn Fn() -> Result<ServeSettings, String> + Send + Sync>);

impl fmt::Debug for Load {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Load")
    }
}

/// What all parts of the daemon share.
#[derive(Debug)]
pub struct Daemon {
    settings: RwLock<Arc<ServeSettings>>,
    load: Load,
    pub engine: Engine,
    history: Mutex<History>,
    store: Option<Store>,
    pub telemetry: Arc<Telemetry>,
    reloaded: watch::Sender<()>,
    reload_failure: Mutex<Option<String>>,
    pub(super) outbox: Outbox,
    to_send: ToSend,
}

/// What the writing of the state tells the daemon.
struct Listener {
    outbox: Outbox,
    telemetry: Arc<Telemetry>,
}

impl StoreListener for Listener {
    fn hand_on(&self, change: Change) {
        self.outbox.push(change);
    }

    fn write_failed(&self) {
        self.telemetry.state_write_failed();
    }
}

impl Daemon {
    /// Reads the settings. The error is what is wrong with them.
    pub fn start(limits: EngineLimits, load: Load) -> Result<Arc<Self>, String> {
        Self::start_with_state(limits, load, None)
    }

    /// Reads the settings, and what is known from before. The error is what is wrong with either.
    pub fn start_with_state(limits: EngineLimits, load: Load, state: Option<&Path>) -> Result<Arc<Self>, String> {
        let settings = RwLock::new(Arc::new((load.0)()?));
        let telemetry = Arc::<Telemetry>::default();
        telemetry.reloaded(true);
        let (outbox, to_send) = Outbox::new();
        let mut history = History::default();
        let mut store = None;
        if let Some(path) = state {
            let listener = Listener { outbox: outbox.clone(), telemetry: Arc::clone(&telemetry) };
            let opened = Store::open(path, listener).map_err(|error| format!("{}: {error}", path.display()))?;
            history.remember(opened.1.subjects, opened.1.changes);
            for change in opened.1.unsent {
                outbox.push(change);
            }
            store = Some(opened.0);
        }
        Ok(Arc::new(Self {
            settings,
            load,
            engine: Engine::new(limits),
            history: Mutex::new(history),
            store,
            telemetry,
            reloaded: watch::Sender::default(),
            reload_failure: Mutex::default(),
            outbox,
            to_send,
        }))
    }

    /// Takes in what came of a check: into the history, and if something changed, into the log and to the webhook.
    /// `interval`: how often it is made without being asked for, if it is.
    pub fn record(&self, answer: &Arc<CheckAnswer>, interval: Option<Duration>) {
        let mut history = self.history();
        // Those who asked at the same time all come with the same answer.
        if history.knows(answer) {
            return;
        }
        self.telemetry.checked(answer.verdict().name());
        let noted = history.take(answer, interval);
        // What is only asked for has an alerting of its own.
        let for_webhook = noted.is_watched && noted.change.is_some() && self.settings().webhook.is_some();
        // Still with the history, so that what comes later is written later.
        if let Some(store) = &self.store {
            store.note(&noted, for_webhook);
        }
        drop(history);
        let Some(change) = noted.change else { return };
        events::log(&change);
        if self.store.is_none() && for_webhook {
            self.outbox.push(change);
        }
    }

    /// Why what is seen cannot be written to the state file, where that is so.
    pub fn store_trouble(&self) -> Option<String> {
        self.store.as_ref().and_then(Store::trouble)
    }

    /// The events that are to be sent. For whoever asks first.
    pub(super) fn events_to_send(&self) -> Option<mpsc::UnboundedReceiver<Change>> {
        self.to_send.take()
    }

    /// Notes what became of an event that was to be sent.
    pub(super) fn settle(&self, change: &Change, settlement: Settlement) {
        self.telemetry.event(match settlement {
            Settlement::Acknowledged => "acknowledged",
            Settlement::GivenUp => "given-up",
        });
        if let Some(store) = &self.store {
            store.settle(change, settlement);
        }
        self.outbox.settled();
    }

    /// Writes what is not written yet. It waits for the disk.
    pub(super) fn flush(&self) {
        self.store.iter().for_each(Store::flush);
    }

    /// Writes what is left, and lets go of the state file. It waits for the disk.
    pub(super) fn close(&self) {
        self.store.iter().for_each(Store::close);
    }

    pub fn settings(&self) -> Arc<ServeSettings> {
        Arc::clone(&self.settings.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub fn history(&self) -> MutexGuard<'_, History> {
        self.history.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells when the settings have changed.
    pub fn reloads(&self) -> watch::Receiver<()> {
        self.reloaded.subscribe()
    }

    /// Why the settings could not be read the last time, if so.
    pub fn reload_failure(&self) -> Option<String> {
        self.reload_failure.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Reads the settings again. Where there is a mistake in them, the old ones stay.
    pub fn reload(&self) -> Result<(), String> {
        let read = (self.load.0)();
        self.telemetry.reloaded(read.is_ok());
        *self.reload_failure.lock().unwrap_or_else(PoisonError::into_inner) = read.as_ref().err().cloned();
        *self.settings.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(read?);
        self.reloaded.send_replace(());
        Ok(())
    }
}
