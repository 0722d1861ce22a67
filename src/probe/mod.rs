//! Probing: from targets to observations.
//!
//! [`Prober::start`] begins a [`Run`], which hands out [`Event`]s as things happen: a target's plan once its names are
//! resolved, and an [`Observation`](crate::observation::Observation) for every endpoint as it finishes.

mod answers;
mod ask_again;
mod beside;
mod bounds;
mod closing;
mod connection_limits;
mod context;
mod deadlines;
mod descriptors;
mod domain;
mod driver;
mod errands;
mod giving_up;
mod inside_tls;
mod limits;
mod log_in;
mod lost;
mod mail_hosts;
mod offer_tls;
mod options;
mod own_name;
mod packet_size;
mod plan;
mod planned;
mod prober;
mod promises;
mod pump;
mod rate;
mod recorder;
mod renewed;
mod requests;
mod run;
mod run_end;
mod schedule;
mod second_look;
mod selection;
mod start;
#[cfg(test)]
mod tests;
mod tls_survey;
mod trace;
mod transcript;
mod unprobed;
mod vigil;
mod visits;
mod wire;

pub use bounds::SharedBounds;
pub use descriptors::{affordable_connections, raise_limit};
pub use giving_up::GivingUp;
pub use limits::{LIST_CONCURRENCY, LIST_PER_ADDRESS, LIST_PER_HOST, SERVICE_CONCURRENCY, SERVICE_PER_ADDRESS};
pub use options::{MailSteps, Options, PlanOptions, PolicyLookups, Visits};
pub use plan::Plan;
pub use planned::Planned;
pub use prober::Prober;
pub use promises::promisor;
pub use rate::Rate;
pub use run::{Event, Interrupt, Recheck, Run, RunKind};
pub use run_end::RunEnd;
pub use trace::Trace;
