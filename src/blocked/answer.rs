//! The answer, with what it rests on and what to do.

use std::net::IpAddr;

use super::cloud::Hosting;
use super::conclude::{Conclusion, Conclusions, conclude, stopped};
use super::evidence::{ControlAnswer, Evidence, FamilyEvidence, Relay};
use super::{advice, notes, sentence};
use crate::diagnosis::{Finding, Severity};
use crate::observation::LookupFailure;
use crate::policy::{JudgedRun, Verdict};
use crate::resolve::ReverseName;
use crate::service::Service;

/// The answer, and everything that was seen.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// What was seen at each endpoint. Its verdict and exit code are those of the answer.
    pub run: JudgedRun,
    /// Is port 25 blocked?
    pub answer: Answer,
}

/// Is port 25 blocked, and what to do.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// For each family and together.
    pub conclusions: Conclusions,
    /// What a person would say, in a few sentences.
    pub sentence: String,
    /// What to do, most important first.
    pub hints: Vec<String>,
    /// What else is worth telling.
    pub findings: Vec<Finding>,
    /// The services by which mail programs can hand in mail, by what was seen.
    pub ways_out: Vec<Service>,
    /// What it rests on.
    pub evidence: Evidence,
    /// What is known of this machine.
    pub machine: Machine,
}

/// What is known of this machine.
#[derive(Debug, Clone, PartialEq)]
pub struct Machine {
    /// Its operating system.
    pub system: System,
    /// Whose machine it looks like.
    pub hosting: Option<&'static Hosting>,
    /// Its own addresses that it sends from, one of each family.
    pub sources: Vec<IpAddr>,
    /// The addresses under which servers saw it.
    pub seen_as: Vec<IpAddr>,
    /// The names of those that are public.
    pub reverse: Vec<(IpAddr, Reverse)>,
    /// Whether the user asked for the message to a support desk already.
    pub request_wanted: bool,
}

/// The names of an address, or why none is known.
pub type Reverse = Result<Vec<ReverseName>, LookupFailure>;

/// An operating system, as far as its firewall is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum System {
    /// Linux
    Linux,
    /// macOS
    MacOs,
    /// Windows
    Windows,
    /// Any other.
    Other,
}

impl System {
    /// The one that this program was built for.
    pub const fn this() -> Self {
        if cfg!(target_os = "linux") {
            Self::Linux
        } else if cfg!(target_os = "macos") {
            Self::MacOs
        } else if cfg!(windows) {
            Self::Windows
        } else {
            Self::Other
        }
    }
}

impl Answer {
    /// Answers from what was seen. Pure.
    pub fn new(evidence: Evidence, ways_out: Vec<Service>, machine: Machine) -> Self {
        let conclusions = conclude(&evidence);
        let mut answer = Self {
            conclusions,
            sentence: String::new(),
            hints: Vec::new(),
            findings: Vec::new(),
            ways_out,
            evidence,
            machine,
        };
        answer.sentence = sentence::say(&answer);
        answer.findings = notes::findings(&answer);
        answer.hints = advice::hints(&answer);
        answer
    }

    /// What one thinks of it.
    pub const fn verdict(&self) -> Verdict {
        match self.conclusions.overall {
            Conclusion::NotBlocked => Verdict::Pass,
            Conclusion::Inconclusive => Verdict::Inconclusive,
            _ => Verdict::Fail,
        }
    }

    /// Whether something deserves attention beside the answer.
    pub fn warns(&self) -> bool {
        self.findings.iter().any(|finding| finding.severity == Severity::Warning)
    }

    /// The families with their conclusions: those that this machine has.
    pub fn families(&self) -> impl Iterator<Item = (&'static str, Conclusion, &FamilyEvidence)> {
        let Self { conclusions, evidence, .. } = self;
        let ipv4 = conclusions.ipv4.zip(evidence.ipv4.as_ref()).map(|(conclusion, seen)| ("IPv4", conclusion, seen));
        let ipv6 = conclusions.ipv6.zip(evidence.ipv6.as_ref()).map(|(conclusion, seen)| ("IPv6", conclusion, seen));
        ipv4.into_iter().chain(ipv6)
    }

    /// Of each blocked family the host that shows it best: the traced one, else the first that was stopped.
    pub fn blocked(&self) -> Vec<(&'static str, &Relay)> {
        let blocked = self.families().filter(|(_, conclusion, _)| *conclusion == Conclusion::Blocked);
        let shown = blocked.filter_map(|(name, _, seen)| {
            let best = stopped(seen).filter(|relay| !relay.own).min_by_key(|relay| relay.path.is_none())?;
            Some((name, best))
        });
        shown.collect()
    }

    /// How a port for mail programs fared: at how many hosts it was tried, and at how many it gave a connection.
    pub fn tried(&self, service: Service) -> (usize, usize) {
        let mut hosts: Vec<(&str, bool)> = Vec::new();
        for control in self.families().flat_map(|(_, _, seen)| &seen.controls) {
            if control.port != service.port() || control.answer == ControlAnswer::Unknown {
                continue;
            }
            let connected = control.answer == ControlAnswer::Connected;
            match hosts.iter_mut().find(|(host, _)| *host == control.host) {
                Some(known) => known.1 |= connected,
                None => hosts.push((&control.host, connected)),
            }
        }
        (hosts.len(), hosts.iter().filter(|(_, connected)| *connected).count())
    }
}

#[cfg(test)]
#[path = "tests/answer.rs"]
mod tests;
