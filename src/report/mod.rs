//! Turns a judged run into bytes: one file per format. Nothing here prints, judges, waits or reads a clock.

pub mod blocked;
pub mod explain;
pub mod human;
pub mod json;
pub mod jsonl;
mod known;
pub mod model;
pub mod ports;
pub mod providers;
pub mod request;
pub mod sanitize;
pub mod style;
mod time;
