//! `mailprobe blocked`: is outbound port 25 blocked here, where, and by whom?
//!
//! [`Investigation::start`] tries port 25 of hosts of different operators, compares it with other ports, traces the
//! route, and ends with a [`BlockedRun`]. Everything after the probing is pure: [`Evidence`] → [`Conclusions`] →
//! [`Facts`] → [`Assessment`].

mod advice;
mod assessment;
mod board;
mod cloud;
mod conclude;
mod evidence;
mod facts;
mod hosts;
mod inquiry;
mod investigation;
mod notes;
mod options;
mod references;
mod sentence;
mod ways;

pub use assessment::{Assessment, BlockedRun};
pub use cloud::{DMI, Environment, Hosting, HostingPlace, environment};
pub use conclude::{Conclusion, Conclusions, NO_NETWORK, conclude};
pub use evidence::{Control, ControlAnswer, Evidence, FamilyEvidence, Names, Relay, RelayAnswer, Scope};
pub use facts::{Facts, Machine, Reverse};
pub use investigation::Investigation;
pub use options::{InvestigationEvent, InvestigationOptions};
pub use references::{NotADomain, REFERENCES, Reference, SUBMISSION_HOSTS};
