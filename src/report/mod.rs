//! Turns a judged run into bytes: one file per format. Nothing here prints, judges, waits or reads a clock.

#[cfg(feature = "cli")]
pub mod article;
#[cfg(feature = "cli")]
pub mod blocked;
#[cfg(feature = "cli")]
mod brief;
#[cfg(feature = "cli")]
pub mod csv;
#[cfg(feature = "cli")]
pub mod explain;
#[cfg(feature = "cli")]
pub mod github;
pub mod human;
#[cfg(feature = "cli")]
pub mod json;
#[cfg(feature = "cli")]
pub mod jsonl;
#[cfg(feature = "cli")]
pub mod junit;
mod known;
#[cfg(feature = "cli")]
pub mod markdown;
#[cfg(feature = "cli")]
pub mod metrics;
#[cfg(feature = "serde")]
mod mirror;
#[cfg(feature = "serde")]
pub mod model;
#[cfg(feature = "cli")]
pub mod nagios;
#[cfg(feature = "cli")]
pub mod ports;
#[cfg(feature = "cli")]
pub mod prometheus;
mod promises;
#[cfg(feature = "cli")]
pub mod providers;
pub mod published;
#[cfg(feature = "serde")]
pub mod request;
pub mod sanitize;
mod scope;
pub mod style;
mod time;
