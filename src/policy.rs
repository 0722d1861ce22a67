//! What one thinks of it: states, and what the user asked for, become verdicts and an exit code.
//!
//! [`judge`] judges a whole run. [`settled`] says the same of one endpoint while others are still being probed, as soon
//! as nothing that they may bring can change it.

mod conclusion;
mod coverage;
mod discovery;
mod expectations;
mod judge;
mod judged;
mod kept;
mod promises;
mod recommend;
mod settle;
mod tally;
#[cfg(test)]
mod tests;
mod wanted;

pub use expectations::{About, Compared, Expectations, Expected, MinTls, NOT_AS_EXPECTED, Outcome};
pub use judge::{causes, combine, judge, judge_diagnosed, judge_endpoint};
pub use judged::{
    Addresses, Family, JudgedEndpoint, JudgedTarget, Policy, Recommended, Report, Setting, TargetEvidence, Verdict,
};
pub use kept::{JudgedPolicy, PolicyKind, PolicyOutcome};
#[cfg(feature = "report")]
pub(crate) use recommend::takes_password;
pub use settle::{EndpointProgress, TargetProgress, settled};
pub use tally::{Count, CountedRun, RecordedTarget, Tally, Troubled};
