//! Checks a mail host's ports and says, for each, what works, at which stage it stopped, why, and who is in the way.
//!
//! [`check`] does all of it in one call:
//!
//! ```no_run
//! # #[cfg(feature = "net")]
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), mailprobe::CheckError> {
//! use mailprobe::policy::{Verdict, Policy};
//! use mailprobe::probe::Options;
//!
//! let run = mailprobe::check(["mail.example.org", "smtps://mail.example.net"], Options::default(), Policy::default()).await?;
//! for target in &run.targets {
//!     if target.verdict != Verdict::Pass {
//!         eprintln!("{}: {} {}", target.typed, target.conclusion, target.hints.join(" "));
//!     }
//! }
//! std::process::exit(run.exit_code.into());
//! # }
//! # #[cfg(not(feature = "net"))]
//! # fn main() {}
//! ```
//!
//! No mail is ever sent and no login tried.
//!
//! # The steps, one by one
//!
//! | step | module |
//! | --- | --- |
//! | what the user typed becomes a target, and a target endpoints | [`target`], with the port table in [`service`] |
//! | the servers of a mail domain are found, and recommended by what works | `discovery`, [`policy::Recommended`] |
//! | names become addresses, endpoints are connected to | `probe`, by way of `resolve`, `transport` and [`protocol`] |
//! | what was seen, and nothing else | [`observation`] |
//! | what it means: one [`State`](diagnosis::State), and [findings](diagnosis::Finding) with hints | [`diagnosis`] |
//! | what one thinks of it: a [`Verdict`](policy::Verdict) and an exit code | [`policy`] |
//! | text for a terminal, JSON | `report` |
//!
//! A program that wants to follow a run as it goes, to show progress or to interrupt it, starts it with
//! `probe::Prober` and hands its events to a `collector::Collector`, as [`check`] does.
//!
//! # Features
//!
//! - `cli` (default): the command, and `report`. It brings `net`.
//! - `net`: everything that touches the network: [`check`], `probe`, `resolve`, `transport`, `collector`.
//! - none: the pure layers, without an async runtime, TLS or DNS, for judging what was seen elsewhere.
//!
//! Linux, macOS and Windows. Who sent an ICMP message, only Linux can tell.

#[cfg(feature = "net")]
pub mod blocked;
#[cfg(feature = "cli")]
pub mod cli;
#[cfg(feature = "net")]
pub mod collector;
pub mod diagnosis;
#[cfg(feature = "net")]
pub mod discovery;
mod named;
pub mod observation;
#[cfg(feature = "net")]
pub mod path;
pub mod policy;
#[cfg(feature = "net")]
pub mod probe;
pub mod protocol;
#[cfg(feature = "net")]
pub mod providers;
#[cfg(feature = "report")]
pub mod report;
#[cfg(feature = "net")]
pub mod resolve;
pub mod service;
pub mod target;
#[cfg(feature = "net")]
pub mod transport;
mod words;

/// Checks targets, all at once, and judges what was seen.
///
/// A target is written as on the command line: `mail.example.org`, `mail.example.org:587`, `[2001:db8::25]:25`,
/// `imaps://mail.example.org`, `@example.org`, `user@example.org`. With [`probe::Options::default`] one endpoint takes
/// 45 s at most; set [`probe::Options::deadline`] to bound the whole run. Before it returns, connections get a second to
/// close in good manners.
///
/// # Errors
///
/// A text that is no target, or a file of trusted certificates that cannot be read. Nothing was probed then.
/// What goes wrong at an endpoint is no error: it is the result.
///
/// # Panics
///
/// Outside a tokio runtime with I/O and time enabled.
#[cfg(feature = "net")]
pub async fn check(
    targets: impl IntoIterator<Item: AsRef<str>>,
    options: probe::Options,
    policy: policy::Policy,
) -> Result<policy::JudgedRun, CheckError> {
    let targets =
        targets.into_iter().map(|typed| target::Target::parse(typed.as_ref())).collect::<Result<Vec<_>, _>>()?;
    let mut collector = collector::Collector::new(&targets, policy).planned_by(options.plan.clone());
    let prober = probe::Prober::new(options)?;
    let mut run = prober.start(targets);
    while let Some(event) = run.next().await {
        collector.take(event);
    }
    let judged = collector.judge(run.started, run.elapsed());
    run.close().await;
    Ok(judged)
}

/// Why [`check`] did not begin. The message is one line that says what to write instead.
#[cfg(feature = "net")]
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CheckError {
    /// A text is no target.
    #[error(transparent)]
    Target(#[from] target::TargetError),
    /// The trusted certificates cannot be read.
    #[error(transparent)]
    Trust(#[from] transport::trust::TrustError),
}
