//! Connections: TCP with the ICMP messages that end it, the tap that keeps what the server sent, and TLS that records
//! what is wrong with a certificate instead of stopping at it.

mod certificate;
mod chain;
pub mod hello;
pub mod hop;
mod judged;
mod key_share;
mod platform;
pub mod prompt;
pub mod tap;
pub mod tcp;
pub mod tls;
pub mod trust;
mod verifier;
