//! `mailprobe blocked`: is outbound port 25 blocked here, where, and by whom?
//!
//! [`Investigation::start`] tries port 25 of hosts of different operators, compares it with other ports, follows the way
//! there and back, and ends with an [`Outcome`]. What it concludes and what it advises is computed from the [`Evidence`]
//! alone: [`conclude`], [`Answer`].

mod advice;
mod answer;
mod cloud;
mod conclude;
mod evidence;
mod inquiry;
mod notes;
mod references;
mod run;
mod seen;
mod sentence;

pub use answer::{Answer, Machine, Outcome, Reverse, System};
pub use cloud::{DMI, Firmware, Hosting};
pub use conclude::{Conclusion, Conclusions, NO_NETWORK, conclude};
pub use evidence::{Asked, Control, ControlAnswer, Evidence, FamilyEvidence, Names, Relay, RelayAnswer};
pub use references::{NotADomain, REFERENCES, Reference, SUBMISSION_HOSTS};
pub use run::{Event, Investigation, Question};
