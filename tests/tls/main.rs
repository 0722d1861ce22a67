//! TLS handshakes with servers that are right, and wrong in every known way.

#![cfg(feature = "net")]

mod certificate_faults;
mod server;
mod sessions;
