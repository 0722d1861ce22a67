//! `mailprobe serve`: the same checks for Prometheus, for a browser, and by itself.
//!
//! [`Daemon`] holds what all parts share: the settings, which can be reloaded; the [`Engine`], through which every check goes,
//! whoever asks for it; the [`History`] of what was seen. [`http`] answers requests, [`watch`] checks the targets of the
//! configuration when their time comes.

mod allow;
mod answer;
mod daemon;
mod engine;
mod events;
pub mod exposition;
mod exposure;
mod history;
mod http;
mod options;
mod outbox;
mod page;
mod service_manager;
mod settings;
mod start;
mod store;
mod telemetry;
mod watch;
mod webhook;

pub use allow::{AllowList, AllowPattern, NoPattern};
pub use answer::{CheckAnswer, CheckResult};
pub use daemon::{Daemon, Load};
pub use engine::{Busy, Engine, EngineLimits};
mod web_config;
pub use events::{WebhookCause, WebhookEvent, webhook_schema};
pub use history::{
    Change, ChangeCause, CheckedSubject, History, KeptCheck, LastKnown, Noted, Past, SLOTS, StateCause, SubjectKey,
    SubjectState,
};
pub use http::{ServeError, state_schema};
pub use options::{Order, ServeOptions};
pub use settings::{Authorization, Module, ModuleKind, ServeSettings, WatchedTarget, WebhookSettings};
pub use start::serve;
pub use telemetry::Telemetry;
pub use web_config::{ServerTls, WebConfig, WebLogin, WebLogins};

#[cfg(test)]
mod tests;
