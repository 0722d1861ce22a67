//! `mailprobe blocked`: is outbound port 25 blocked here, where, and by whom?

mod conclude;
mod evidence;

pub use conclude::{Conclusion, Conclusions, conclude};
pub use evidence::{Asked, Control, ControlAnswer, Evidence, FamilyEvidence, Names, Relay, RelayAnswer};
