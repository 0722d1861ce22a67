//! What all parts of the daemon share.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use tokio::sync::watch;

use super::engine::{Engine, EngineLimits};
use super::history::History;
use super::settings::ServeSettings;
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
    pub telemetry: Telemetry,
    reloaded: watch::Sender<()>,
    reload_failure: Mutex<Option<String>>,
}

impl Daemon {
    /// Reads the settings. The error is what is wrong with them.
    pub fn start(limits: EngineLimits, load: Load) -> Result<Arc<Self>, String> {
        let settings = RwLock::new(Arc::new((load.0)()?));
        let telemetry = Telemetry::default();
        telemetry.reloaded(true);
        Ok(Arc::new(Self {
            settings,
            load,
            engine: Engine::new(limits),
            history: Mutex::default(),
            telemetry,
            reloaded: watch::Sender::default(),
            reload_failure: Mutex::default(),
        }))
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
