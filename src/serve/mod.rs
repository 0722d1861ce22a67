//! `mailprobe serve`: the same checks for Prometheus, for a browser, and by itself.
//!
//! [`Daemon`] holds what all parts share: the settings, which can be reloaded; the [`Engine`], through which every check goes,
//! whoever asks for it; the [`History`] of what was seen. [`http`] answers requests, [`watch`] checks the targets of the
//! configuration when their time comes.

mod allow;
mod answer;
mod daemon;
mod engine;
pub mod exposition;
mod history;
mod http;
mod options;
mod page;
mod settings;
mod start;
mod telemetry;
mod watch;

pub use allow::{AllowList, AllowPattern};
pub use answer::{CheckAnswer, CheckResult};
pub use daemon::{Daemon, Load};
pub use engine::{Busy, Engine, EngineLimits};
pub use history::{Change, CheckedSubject, History, Past, SubjectKey};
pub use http::ServeError;
pub use options::ServeOptions;
pub use settings::{Module, ModuleKind, ServeSettings, WatchedTarget};
pub use start::serve;
pub use telemetry::Telemetry;
