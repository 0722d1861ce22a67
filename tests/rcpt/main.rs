//! `mailprobe rcpt`: what it asks, what it never does, and what it makes of the answers.

#![cfg(feature = "cli")]

#[path = "../command/mod.rs"]
mod command;
mod exchangers;
mod meanings;
#[path = "../netns/mod.rs"]
#[cfg(target_os = "linux")]
mod netns;
mod usage;
mod wire;
mod world;
