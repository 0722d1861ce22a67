//! Real mail servers of many makers, and what mailprobe says of them: each in a network of its own, with and without a
//! certificate. What a server really says is read by another client beside it (`judge.py`), and docs/servers.md is the
//! table of it.
//!
//! Too heavy for every `cargo test`, where its trials are ignored: `.ci/real-servers` unpacks the servers and runs them.

#[cfg(all(target_os = "linux", feature = "cli"))]
#[path = "../real_servers/house/certificate.rs"]
#[allow(dead_code, reason = "shared with the tests of Debian 12's servers, which use all of it")]
mod certificate;
#[cfg(all(target_os = "linux", feature = "cli"))]
mod house;
#[cfg(all(target_os = "linux", feature = "cli"))]
#[path = "../real_servers/house/namespace.rs"]
#[allow(dead_code, reason = "shared with the tests of Debian 12's servers, which use all of it")]
mod namespace;
#[cfg(all(target_os = "linux", feature = "cli"))]
mod products;
#[cfg(all(target_os = "linux", feature = "cli"))]
mod survey;
#[cfg(all(target_os = "linux", feature = "cli"))]
mod table;

#[cfg(all(target_os = "linux", feature = "cli"))]
use house::{DUAL_NAME, NAME};

fn main() {
    #[cfg(all(target_os = "linux", feature = "cli"))]
    survey::run();
}
