//! Checks a mail host's ports and says, for each, what works, at which stage it stopped, why, and who is in the way.
//!
//! [`Checker`] does it all: set it up once, hand it targets, read the report.
//!
//! ```no_run
//! # #[cfg(feature = "net")]
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use mailprobe::{Checker, Target, Verdict};
//!
//! let checker = Checker::builder().build()?;
//! let targets: [Target; 2] = ["mail.example.org".parse()?, "smtps://mail.example.net".parse()?];
//! let report = checker.check(targets).await;
//! for target in &report.targets {
//!     if target.verdict != Verdict::Pass {
//!         eprintln!("{}: {} {}", target.typed, target.conclusion, target.hints.join(" "));
//!     }
//! }
//! std::process::exit(report.exit_code.into());
//! # }
//! # #[cfg(not(feature = "net"))]
//! # fn main() {}
//! ```
//!
//! A target is written as on the command line: `mail.example.org`, `mail.example.org:587`, `[2001:db8::25]:25`,
//! `imaps://mail.example.org`, `@example.org`, `user@example.org`. No mail is ever sent, and no login tried that was not asked
//! for with [`CheckerBuilder::login`].
//!
//! Every result is three things: what was seen ([`observation`]), what it means (a [`State`] and [`Finding`]s, each with a
//! hint), and what one thinks of it (a [`Verdict`] and an exit code).
//!
//! # Features
//!
//! - `cli` (default): the command. It brings all the others.
//! - `net`: [`Checker`], and everything that touches the network.
//! - `serde`: a report serialises as the document of `mailprobe --format json` (`schema/report-v1.json`). It brings `net`.
//! - none: targets, the port table, states and findings, for programs that read reports.
//!
//! Linux, macOS and Windows. Only Linux can tell who sent an ICMP message.
#![cfg_attr(docsrs, feature(doc_cfg))]
#![warn(missing_docs)]
// The layers are private. With `internals` this package's own tests, benches, fuzz targets and demo see them: they use what
// nothing else does, and only there it can be told what nobody uses.
#![cfg_attr(feature = "internals", allow(missing_docs))]
#![cfg_attr(not(feature = "internals"), allow(dead_code, unreachable_pub, unused_imports))]
#![cfg_attr(all(feature = "internals", not(feature = "cli")), allow(dead_code))]

#[cfg(feature = "serde")]
mod blocked;
#[cfg(feature = "net")]
mod checker;
#[cfg(feature = "cli")]
mod cli;
#[cfg(feature = "net")]
mod collector;
mod correlation;
mod diagnosis;
#[cfg(feature = "net")]
mod discovery;
#[cfg(feature = "net")]
mod login;
mod named;
pub mod observation;
#[cfg(feature = "net")]
mod path;
mod policy;
#[cfg(feature = "net")]
mod probe;
#[cfg(feature = "net")]
mod promises;
mod protocol;
#[cfg(feature = "net")]
mod providers;
#[cfg(feature = "report")]
mod report;
#[cfg(feature = "net")]
mod resolve;
#[cfg(feature = "serve")]
mod serve;
mod service;
mod target;
#[cfg(feature = "net")]
mod transport;
#[cfg(feature = "net")]
mod web;
mod words;

#[cfg(feature = "net")]
pub use checker::{CheckEvent, Checker, CheckerBuilder, Happened, Observer};
#[cfg(feature = "cli")]
#[doc(hidden)]
pub use cli::run;
pub use correlation::Cause;
pub use diagnosis::{Diagnosis, Finding, FindingId, Severity, State};
#[cfg(feature = "net")]
pub use login::{Credential, CredentialError};
pub use policy::{
    About, Addresses, Compared, Expectations, Expected, Family, JudgedEndpoint, JudgedTarget, MinTls, Outcome,
    Recommended, Report, Setting, Verdict,
};
#[cfg(feature = "net")]
pub use probe::Trace;
#[cfg(feature = "net")]
pub use resolve::Families;
pub use service::{Protocol, Role, Security, Service};
pub use target::{
    Endpoint, HeloName, HeloNameError, Host, MailDomain, NamedEndpoint, ServicePort, Source, Target, TargetError,
    TargetKind, TargetSpec,
};
#[cfg(feature = "net")]
pub use transport::dial::{ByteStream, Connection, Dialer, Dialing, TcpDialer};
#[cfg(feature = "net")]
pub use transport::tcp::ConnectError;
#[cfg(feature = "net")]
pub use transport::trust::{CaSource, TrustError, TrustStore};

/// The layers, for this package's own tests, benches, fuzz targets and demo. Nothing here is promised.
#[cfg(feature = "internals")]
#[doc(hidden)]
pub mod internals {
    macro_rules! layers {
        ($($(#[$gate:meta])* $layer:ident)+) => { $($(#[$gate])* pub mod $layer { pub use crate::$layer::*; })+ };
    }

    layers! {
        #[cfg(feature = "serde")] blocked
        #[cfg(feature = "cli")] cli
        #[cfg(feature = "net")] collector
        correlation
        diagnosis
        #[cfg(feature = "net")] discovery
        #[cfg(feature = "net")] login
        observation
        #[cfg(feature = "net")] path
        policy
        #[cfg(feature = "net")] probe
        #[cfg(feature = "net")] promises
        protocol
        #[cfg(feature = "net")] providers
        #[cfg(feature = "report")] report
        #[cfg(feature = "net")] resolve
        #[cfg(feature = "serve")] serve
        service
        target
        #[cfg(feature = "net")] transport
        #[cfg(feature = "net")] web
    }
}
