//! Clients that do what a check does on the wire and nothing else: what mailprobe's speed is measured against.
//!
//! [`bare`] makes many connections, as a run over a list does; [`floor`] all of one host's, as fast as the protocols allow.

pub mod bare;
mod connection;
pub mod floor;
mod lookup;
mod target;
mod tls;
mod words;

pub use target::Target;
