//! How `mailprobe serve` takes requests in: what it answers, whom, and that nobody can hurt it.
#![cfg(feature = "serve")]

#[path = "../command/mod.rs"]
mod command;
mod endings;
mod guarded;
mod limits;
mod listening;
mod requests;
mod secured;
mod service;
