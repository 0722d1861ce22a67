//! Turns a judged run into bytes: one file per format. Nothing here prints, judges, waits or reads a clock.

pub mod blocked;
mod brief;
pub mod csv;
pub mod explain;
pub mod github;
pub mod human;
pub mod json;
pub mod jsonl;
pub mod junit;
mod known;
pub mod markdown;
pub mod model;
pub mod nagios;
pub mod ports;
pub mod prometheus;
pub mod providers;
pub mod request;
pub mod sanitize;
pub mod style;
mod time;
