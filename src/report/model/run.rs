//! The run's part of the JSON contract.

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::finding::FindingReport;
use crate::blocked::{BlockedRun, Conclusion as BlockedConclusion};
use crate::diagnosis::State;
use crate::policy::{CountedRun, Policy, Report, Tally, Verdict};
use crate::report::mirror::{all, mirror};
use crate::report::request;
use crate::report::time::{milliseconds, moment};
use crate::service::Service;

/// The name and version of the contract, as every document bears it.
pub const SCHEMA: &str = "mailprobe/report/v1";

mirror! {
    /// Facts about a run as a whole.
    struct RunReport from run: &CountedRun {
        /// The contract and its version: `mailprobe/report/v1`.
        #[cfg_attr(feature = "cli", schemars(extend("const" = SCHEMA)))]
        schema: &'static str = SCHEMA,
        /// The version of mailprobe.
        version: &'static str = env!("CARGO_PKG_VERSION"),
        /// When the run began.
        #[cfg_attr(feature = "cli", schemars(extend("format" = "date-time")))]
        started_at: String = moment(run.started),
        /// How long it took.
        duration_ms: f64 = milliseconds(run.duration),
        /// The worst verdict among the targets; of `mailprobe blocked`, what its conclusion comes to.
        verdict: Verdict = run.verdict,
        /// The exit code of the command.
        exit_code: u8 = run.exit_code,
        /// The endpoints, counted.
        summary: Summary = Summary::from(&run.tally),
        /// How many lines of the list (`--targets`) are no targets; `null` where there was no list.
        bad_lines: Option<usize> = Some(run.bad_lines),
        /// The answer of `mailprobe blocked`; `null` otherwise.
        blocked: Option<BlockedReport> = None,
    }

    /// The answer of `mailprobe blocked`: is outbound port 25 blocked here?
    struct BlockedReport from (outcome, with_request): (&BlockedRun, bool) {
        /// The answer.
        conclusion: BlockedConclusion = outcome.answer.facts.conclusions.overall,
        /// The answer over IPv4; `null` when this machine has none.
        ipv4: Option<BlockedConclusion> = outcome.answer.facts.conclusions.ipv4,
        /// The answer over IPv6; `null` when this machine has none.
        ipv6: Option<BlockedConclusion> = outcome.answer.facts.conclusions.ipv6,
        /// Whether hosts of different operators greeted with the same name.
        greeting_shared: bool = outcome.answer.facts.conclusions.greeting_shared,
        /// The addresses under which servers saw this machine.
        #[cfg_attr(feature = "cli", schemars(with = "Vec<String>"))]
        seen_as: Vec<IpAddr> = outcome.answer.facts.machine.seen_as.clone(),
        /// The services by which mail programs can still send, by what was seen.
        ways_out: Vec<Service> = outcome.answer.facts.ways_out.clone(),
        /// The answer as a person would say it.
        answer: String = outcome.answer.sentence.clone(),
        /// What to do, most important first.
        hints: Vec<String> = outcome.answer.hints.clone(),
        /// What else is worth telling, apart from what the endpoints say.
        findings: Vec<FindingReport> = all(&outcome.answer.findings),
        /// With `--request`: a message to a support desk; `null` where there is nothing to ask for.
        request: Option<String> = request::text(outcome).filter(|_| with_request),
    }

    /// The endpoints of a run, counted.
    struct Summary from tally: &Tally {
        /// All of them.
        endpoints: usize = tally.endpoints.all,
        /// Those with the verdict `pass`.
        pass: usize = tally.endpoints.pass,
        /// Those with the verdict `warn`.
        warn: usize = tally.endpoints.warn,
        /// Those with the verdict `fail`.
        fail: usize = tally.endpoints.fail,
        /// Those with the verdict `inconclusive`.
        inconclusive: usize = tally.endpoints.inconclusive,
        /// How often each state occurs; states that do not occur are left out.
        states: BTreeMap<State, usize> = tally.states.clone(),
    }
}

impl From<&Report> for RunReport {
    fn from(run: &Report) -> Self {
        let counted = CountedRun {
            started: run.started,
            duration: run.duration,
            tally: Tally::of(&run.targets, &Policy::default()),
            verdict: run.verdict,
            exit_code: run.exit_code,
            bad_lines: run.bad_lines.unwrap_or(0),
        };
        Self { bad_lines: run.bad_lines, ..Self::from(&counted) }
    }
}
