//! Connections: TCP with the ICMP messages that end it, the tap that keeps what the server sent, and TLS that records
//! what is wrong with a certificate instead of stopping at it.

mod authority;
mod certificate;
mod chain;
pub mod channel_binding;
pub mod dane;
pub mod dial;
pub mod hello;
pub mod hop;
pub mod interface;
mod issuers;
mod judgement;
mod lenient;
mod platform;
pub mod quick_ack;
mod reason;
mod signature;
pub mod tap;
pub mod tcp;
pub mod tls;
pub mod trust;
mod verdict_cache;
mod verifier;
