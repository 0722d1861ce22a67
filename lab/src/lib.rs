//! Mail servers that behave, and misbehave, on purpose.
//!
//! A [`Behaviour`] says what a server does: a protocol, how it is secured, a certificate, and a script of what goes
//! wrong. A [`Server`] does it on a loopback port until it is dropped, and remembers what each client sent and when.
//!
//! ```
//! use mailprobe_lab::{Act, Behaviour, Moment, Security, Server};
//!
//! let good = Server::start(Behaviour::smtp(Security::StartTls));
//! let named = Server::start("imap:implicit:expired".parse().expect("a behaviour"));
//! let scripted = Server::start(
//!     Behaviour::smtp(Security::StartTls)
//!         .at(Moment::Greeting, [Act::send("220-wait\r\n"), Act::Pause, Act::send("220 now\r\n"), Act::Reset]),
//! );
//! println!("{} {} {}", good.url("smtp"), named.url("imaps"), scripted.url("smtp"));
//! ```
//!
//! The crate stands alone: it never depends on mailprobe, so that the two cannot share a mistake.

mod behaviour;
pub mod client;
mod conversation;
pub mod dns;
mod faults;
mod hello;
pub mod https;
mod imap;
#[cfg(target_os = "linux")]
pub mod link;
pub mod pki;
mod pop3;
mod record;
pub mod responder;
mod scene;
mod script;
mod server;
pub mod skips;
mod smtp;
mod spec;
mod tls;
mod wire;

pub use behaviour::{Behaviour, Delivery, Mention, Protocol, Security, TlsVersions};
pub use faults::Fault;
pub use pki::{Leaf, Pki};
pub use record::{ClientHelloSeen, End, Piece, Received};
pub use script::{Act, Moment};
pub use server::{Limits, Server};
pub use spec::UnknownWord;
