//! Endpoints, targets and the run as a whole.

use std::iter::zip;
use std::time::{Duration, SystemTime};

use super::expectations::{Compared, Expectations};
use super::judged::{DIFFERENT_CAUSES, Family, JudgedEndpoint, JudgedTarget, Policy, Report, TargetEvidence, Verdict};
use super::settle::{EndpointProgress, TargetProgress, settled};
use super::tally::Tally;
use super::{conclusion, coverage, discovery, promises, recommend, wanted};
use crate::correlation::{Cause, JudgedState, TargetFacts, correlate, led_elsewhere};
use crate::diagnosis::{Diagnosis, Finding, FindingId, Severity, State, diagnose, keeps_mail_back};
use crate::observation::{LookupFailureKind, Observation, Resolution};
use crate::target::{Endpoint, TargetKind};
use crate::words::common;

/// Judges a run.
///
/// The run's verdict is the worst of its targets': fail, then inconclusive, then warn, then pass. The exit code is
///
/// - of a failing run: the common code of the failing endpoints, or 1;
/// - of an inconclusive run: the common code of the endpoints that are so by their own state, or 3;
/// - else 0.
///
/// A promise of the domain for which senders keep mail back (DANE, MTA-STS) fails the endpoint whatever its state, and the target
/// where it concerns no endpoint: with the code of the state, or 1 where that is `ok`.
///
/// With [`Policy::strict`] a warning makes the run fail. The endpoints and targets that warn keep their verdict and
/// count among the failing: with the code of their state, or 1 where the state is `ok` or the warning is the target's.
pub fn judge(targets: Vec<TargetEvidence>, policy: &Policy, started: SystemTime, duration: Duration) -> Report {
    let targets: Vec<JudgedTarget> = targets.into_iter().map(|target| judge_target(target, policy)).collect();
    let tally = Tally::of(&targets, policy);
    Report { started, duration, targets, verdict: tally.verdict(), exit_code: tally.exit_code(), bad_lines: None }
}

/// Puts runs together that were judged apart, each by a policy of its own. Verdict and exit code follow the same rules.
pub fn combine(runs: Vec<Report>) -> Report {
    let verdict = Verdict::worst(runs.iter().map(|run| run.verdict));
    let codes = runs.iter().filter(|run| run.verdict == verdict).map(|run| run.exit_code);
    let differing = if verdict == Verdict::Inconclusive { State::Inconclusive.exit_code() } else { DIFFERENT_CAUSES };
    let exit_code = common(codes).unwrap_or(differing);
    let started = runs.iter().map(|run| run.started).min().unwrap_or(SystemTime::UNIX_EPOCH);
    let duration = runs.iter().map(|run| run.duration).max().unwrap_or_default();
    let targets = runs.into_iter().flat_map(|run| run.targets).collect();
    Report { started, duration, targets, verdict, exit_code, bad_lines: None }
}

/// Puts an endpoint and its settled verdict together; the severity of its findings follows the verdict.
///
/// A verdict of `warn` leaves no errors, a verdict of `pass` neither errors nor warnings: what the policy forgives is
/// still told, and no longer as a failure. Every expectation that does not hold is a finding.
pub fn judge_endpoint(
    observation: Observation,
    mut diagnosis: Diagnosis,
    verdict: Verdict,
    expectations: Vec<Compared>,
) -> JudgedEndpoint {
    diagnosis.findings.extend(expectations.iter().filter_map(Compared::finding));
    let gravest = severity(verdict);
    for finding in &mut diagnosis.findings {
        finding.severity = finding.severity.max(gravest);
    }
    let told = diagnosis.findings.iter().any(|finding| finding.id == FindingId::PortNotOffered);
    let is_missed = !expectations.is_empty() || observation.blocked_way().is_some();
    // Silence says nothing about what the host offers.
    let says_no = diagnosis.state.is_closed() && diagnosis.state != State::ConnectionTimeout;
    if verdict == Verdict::Pass && says_no && !told && !is_missed {
        diagnosis.findings.insert(0, not_offered());
    }
    JudgedEndpoint { observation, diagnosis, verdict, expectations }
}

/// The causes of what was judged of a target's endpoints.
pub fn causes(endpoints: &[JudgedEndpoint], target: TargetFacts<'_>) -> Vec<Cause> {
    let states: Vec<JudgedState<'_>> = endpoints.iter().map(judged_state).collect();
    correlate(&states, target)
}

/// How much an endpoint of this verdict matters.
const fn severity(verdict: Verdict) -> Severity {
    match verdict {
        Verdict::Pass => Severity::Info,
        Verdict::Warn => Severity::Warning,
        Verdict::Fail | Verdict::Inconclusive => Severity::Error,
    }
}

/// An endpoint, as correlation looks at it.
fn judged_state(judged: &JudgedEndpoint) -> JudgedState<'_> {
    let severity = severity(judged.verdict);
    let as_expected = judged.verdict == Verdict::Pass && !judged.expectations.is_empty();
    JudgedState { observation: &judged.observation, diagnosis: &judged.diagnosis, severity, as_expected }
}

fn not_offered() -> Finding {
    Finding::info(
        FindingId::PortNotOffered,
        "This port is not offered. Other ports of the host work, so this is assumed to be intentional.",
    )
}

fn judge_target(target: TargetEvidence, policy: &Policy) -> JudgedTarget {
    let diagnoses = target.observations.iter().map(diagnose).collect();
    judge_diagnosed(target, diagnoses, policy)
}

/// Judges one target of a run, whose observations have been diagnosed.
pub fn judge_diagnosed(target: TargetEvidence, mut diagnoses: Vec<Diagnosis>, policy: &Policy) -> JudgedTarget {
    let compared: Vec<Vec<Compared>> = zip(&target.observations, &diagnoses)
        .map(|(observation, diagnosis)| policy.expectations.compare(observation, diagnosis))
        .collect();
    for (compared, diagnosis) in zip(&compared, &mut diagnoses) {
        Expectations::overrule(compared, diagnosis);
    }
    let progress: Vec<EndpointProgress<'_>> = zip(&target.observations, zip(&diagnoses, &compared))
        .map(|(observation, (diagnosis, compared))| EndpointProgress {
            endpoint: &observation.endpoint,
            diagnosis: Some(diagnosis),
            expectations: compared,
        })
        .collect();
    // All are finished, so every one is settled; a gap in that rule must not pass for a success.
    let so_far =
        TargetProgress { endpoints: &progress, for_mail_program: target.for_mail_program, awaits_promises: false };
    let verdicts: Vec<Verdict> =
        (0..progress.len()).map(|index| settled(index, so_far, policy).unwrap_or(Verdict::Inconclusive)).collect();
    let endpoints: Vec<JudgedEndpoint> = zip(zip(target.observations, diagnoses), zip(verdicts, compared))
        .map(|((observation, diagnosis), (verdict, compared))| {
            judge_endpoint(observation, diagnosis, verdict, compared)
        })
        .collect();
    let mut findings: Vec<Finding> =
        target.discovery.as_ref().map_or_else(Vec::new, |found| discovery::findings(found, &endpoints));
    findings.extend(target.resolutions.iter().filter_map(family_lookups));
    findings.extend(target.skipped.iter().map(|family| family_skipped(*family)));
    findings.extend(coverage::left_out(&target.left_out, &endpoints));
    let domain = target.discovery.as_ref().map(|found| found.domain.as_str());
    let probed: Vec<&Endpoint> = endpoints.iter().map(|judged| &judged.observation.endpoint).collect();
    let elsewhere = led_elsewhere(&target.resolutions, &probed, domain);
    findings.extend(elsewhere.iter().map(|led| led.finding.clone()));
    let policies = target.promises.as_ref().map(|promises| promises::judge(promises, &endpoints)).unwrap_or_default();
    findings.extend(policies.findings);
    if target.kind == TargetKind::Domain {
        findings.extend(expected_elsewhere(&policy.expectations, &endpoints));
    }
    let mut fails_expectation = findings.iter().any(|finding| finding.id == FindingId::ExpectationNotMet);
    let wanted = &policy.expectations.policies;
    let wanted = wanted::compare(wanted, target.kind, &policies.policies, &endpoints, &findings);
    fails_expectation |= wanted.fails_alone;
    findings.extend(wanted.findings);
    let is_missed = findings.iter().any(|finding| finding.id == FindingId::ExpectationNotMet);
    let own = if is_missed || keeps_mail_back(&findings) {
        Verdict::Fail
    } else if findings.iter().any(|finding| finding.severity < Severity::Info) {
        Verdict::Warn
    } else {
        Verdict::Pass
    };
    let verdict = if endpoints.is_empty() {
        if target.discovery.is_some() { Verdict::Fail } else { Verdict::Inconclusive }
    } else {
        Verdict::worst(endpoints.iter().map(|endpoint| endpoint.verdict).chain([own]))
    };
    let facts = TargetFacts {
        kind: target.kind,
        domain,
        findings: &findings,
        elsewhere: &elsewhere,
        mail_hosts: &target.mail_hosts,
    };
    let causes = causes(&endpoints, facts);
    JudgedTarget {
        conclusion: match &policy.recipient {
            Some(recipient) => conclusion::about_recipient(recipient, &endpoints, &findings, &causes),
            None => conclusion::conclude(&endpoints, &findings, &causes),
        },
        recommended: target.discovery.as_ref().map(|found| recommend::recommend(found, &endpoints)),
        discovery: target.discovery,
        promises: target.promises,
        policies: policies.policies,
        fails_expectation,
        hints: conclusion::hints(&causes),
        typed: target.typed,
        kind: target.kind,
        verdict,
        findings,
        causes,
        resolutions: target.resolutions,
        endpoints,
    }
}

/// A domain's ports are known only when its servers are: what was expected of a port that none of them has.
fn expected_elsewhere(expectations: &Expectations, endpoints: &[JudgedEndpoint]) -> Vec<Finding> {
    let has = |port: u16| endpoints.iter().any(|judged| judged.observation.endpoint.port == port);
    let missing = expectations.ports.iter().filter(|(port, _)| !endpoints.is_empty() && !has(**port));
    missing
        .map(|(port, expected)| {
            let message = format!("Port {port} was expected to be {expected}, but no server of the domain uses it.");
            Finding::error(FindingId::ExpectationNotMet, message)
        })
        .collect()
}

/// One family's lookup failed while the other answered.
fn family_lookups(resolution: &Resolution) -> Option<Finding> {
    let (family, failure) = match (&resolution.ipv4, &resolution.ipv6) {
        (Some(Ok(())), Some(Err(failure))) => ("IPv6", failure),
        (Some(Err(failure)), Some(Ok(()))) => ("IPv4", failure),
        _ => return None,
    };
    let (outcome, hint) = match failure.kind {
        LookupFailureKind::NoAddress
        | LookupFailureKind::NoIpv4Address
        | LookupFailureKind::NoIpv6Address
        | LookupFailureKind::NameBlocked
        | LookupFailureKind::Ipv6Off
        | LookupFailureKind::NoMail => return None,
        LookupFailureKind::NoSuchName => (
            "was answered with \"no such name\", although the name exists",
            "Ask whoever runs the domain's DNS: a name server gives wrong answers for this family.",
        ),
        LookupFailureKind::TimedOut => (
            "got no answer in time",
            "Addresses of that family were not probed. Check this machine's name servers and the domain's.",
        ),
        LookupFailureKind::Local => (
            "could not be made: this machine is out of file descriptors",
            "Addresses of that family were not probed. Probe fewer targets at once, or raise this machine's limits.",
        ),
        LookupFailureKind::Failed | LookupFailureKind::Unreachable | LookupFailureKind::NoNetwork => {
            ("failed", "Addresses of that family were not probed. Check this machine's name servers and the domain's.")
        }
    };
    let message = format!("The lookup of {}'s {family} addresses {outcome}.", resolution.host);
    Some(Finding::warning(FindingId::AddressFamilyLookupFailed, message).evidence(failure.message.clone()).hint(hint))
}

fn family_skipped(family: Family) -> Finding {
    let name = family.label();
    Finding::info(
        FindingId::AddressFamilySkipped,
        format!("This machine has no route for {name}: {name} addresses were skipped where the host has others."),
    )
}
