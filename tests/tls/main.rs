//! TLS handshakes with servers that are right, and wrong in every known way.

mod certificate_faults;
mod server;
mod sessions;
