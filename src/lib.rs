//! Checks a mail host's ports and says, for each, what works, at which stage it stopped, why, and who is in the way.

#[cfg(feature = "cli")]
pub mod cli;
pub mod diagnosis;
#[cfg(feature = "net")]
pub mod gathering;
mod named;
pub mod observation;
pub mod policy;
#[cfg(feature = "net")]
pub mod probe;
pub mod protocol;
#[cfg(feature = "cli")]
pub mod report;
#[cfg(feature = "net")]
pub mod resolve;
pub mod service;
pub mod target;
#[cfg(feature = "net")]
pub mod transport;
