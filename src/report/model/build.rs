//! From the judged run to the JSON contract.

use super::{
    CapabilitiesReport, CertificateReport, ConsultationReport, Contents, EndpointEvent, EndpointReport, Event,
    Expectation, FindingReport, IcmpReport, NamedServerReport, PathReport, Recommended, Report, ResolutionReport,
    RunReport, SCHEMA, ServerSetting, StageReport, Summary, SummaryEvent, TargetEvent, TargetReport, TargetSummary,
    TlsReport, TranscriptEntry,
};
use crate::diagnosis::icmp_meaning;
use crate::diagnosis::{Finding, State};
use crate::observation::discovery::{Consultation, NamedServer};
use crate::observation::{
    Attempt, CertificateFacts, FamilyLookup, Icmp, LookupFailureKind, Observation, Resolution, TlsFacts,
};
use crate::policy::{
    self, Compared, Count, CountedRun, JudgedEndpoint, JudgedRun, JudgedTarget, Policy, Setting, Tally,
};
use crate::protocol::Capabilities;
use crate::report::known::{first, icmp};
use crate::report::time::{milliseconds, moment, moment_of};

impl Report {
    /// The document of a whole run.
    pub fn new(run: &JudgedRun, contents: Contents) -> Self {
        Self {
            run: RunReport::from(run),
            targets: run.targets.iter().map(|target| TargetReport::new(target, contents)).collect(),
        }
    }
}

impl Event {
    /// The line for an endpoint that has been checked; `target` is what was typed.
    pub fn endpoint(target: &str, judged: &JudgedEndpoint, contents: Contents) -> Self {
        let endpoint = EndpointReport::new(judged, contents);
        Self::Endpoint(Box::new(EndpointEvent { target: target.to_owned(), endpoint }))
    }

    /// The line for a target of a list whose endpoints have all been told.
    pub fn target(target: &JudgedTarget) -> Self {
        Self::Target(Box::new(TargetEvent { target: TargetSummary::from(target) }))
    }

    /// The last line of a run over a list.
    pub fn list_summary(run: &CountedRun) -> Self {
        Self::Summary(Box::new(SummaryEvent { run: RunReport::from(run), targets: Vec::new() }))
    }

    /// The last line.
    pub fn summary(run: &JudgedRun) -> Self {
        let targets = run.targets.iter().map(TargetSummary::from).collect();
        Self::Summary(Box::new(SummaryEvent { run: RunReport::from(run), targets }))
    }
}

impl From<&JudgedRun> for RunReport {
    fn from(run: &JudgedRun) -> Self {
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

impl From<&CountedRun> for RunReport {
    fn from(run: &CountedRun) -> Self {
        Self {
            schema: SCHEMA,
            version: env!("CARGO_PKG_VERSION"),
            started_at: moment(run.started),
            duration_ms: milliseconds(run.duration),
            verdict: run.verdict,
            exit_code: run.exit_code,
            summary: Summary::from(&run.tally),
            bad_lines: Some(run.bad_lines),
            blocked: None,
        }
    }
}

impl From<&Tally> for Summary {
    fn from(tally: &Tally) -> Self {
        let Count { all, pass, warn, fail, inconclusive } = tally.endpoints;
        Self { endpoints: all, pass, warn, fail, inconclusive, states: tally.states.clone() }
    }
}

impl TargetReport {
    fn new(target: &JudgedTarget, contents: Contents) -> Self {
        Self {
            target: TargetSummary::from(target),
            endpoints: target.endpoints.iter().map(|endpoint| EndpointReport::new(endpoint, contents)).collect(),
        }
    }
}

impl From<&JudgedTarget> for TargetSummary {
    fn from(target: &JudgedTarget) -> Self {
        Self {
            target: target.typed.clone(),
            kind: target.kind,
            verdict: target.verdict,
            conclusion: target.conclusion.clone(),
            hints: target.hints.clone(),
            findings: target.findings.iter().map(FindingReport::from).collect(),
            discovery: target
                .discovery
                .as_ref()
                .map(|discovery| discovery.consultations.iter().map(ConsultationReport::from).collect()),
            resolution: target.resolutions.iter().map(ResolutionReport::from).collect(),
            recommended: target.recommended.as_ref().map(Recommended::from),
        }
    }
}

impl From<&Consultation> for ConsultationReport {
    fn from(consultation: &Consultation) -> Self {
        Self {
            source: consultation.source,
            asked: consultation.asked.clone(),
            outcome: consultation.outcome,
            detail: consultation.detail.clone(),
            servers: consultation.servers.iter().map(NamedServerReport::from).collect(),
            duration_ms: milliseconds(consultation.duration),
        }
    }
}

impl From<&NamedServer> for NamedServerReport {
    fn from(server: &NamedServer) -> Self {
        Self { host: server.host.to_string(), port: server.port, service: server.service, security: server.security }
    }
}

impl From<&policy::Recommended> for Recommended {
    fn from(recommended: &policy::Recommended) -> Self {
        let settings = |settings: &[Setting]| settings.iter().map(ServerSetting::from).collect();
        Self {
            incoming: settings(&recommended.incoming),
            outgoing: settings(&recommended.outgoing),
            why: recommended.why.clone(),
        }
    }
}

impl From<&Setting> for ServerSetting {
    fn from(setting: &Setting) -> Self {
        Self {
            service: setting.service,
            protocol: setting.service.protocol(),
            host: setting.host.to_string(),
            port: setting.port,
            security: setting.security,
            sources: setting.sources.clone(),
            login: setting.login.clone(),
            password: setting.password,
        }
    }
}

impl From<&Resolution> for ResolutionReport {
    fn from(resolution: &Resolution) -> Self {
        Self {
            host: resolution.host.clone(),
            addresses: resolution.addresses.clone(),
            via: resolution.via,
            ipv4: resolution.ipv4.as_ref().map(lookup_state),
            ipv6: resolution.ipv6.as_ref().map(lookup_state),
            duration_ms: milliseconds(resolution.duration),
        }
    }
}

impl EndpointReport {
    /// What was seen at an endpoint and what it means.
    ///
    /// Greeting, capabilities and TLS facts are those of the first connection that learnt them: the ordinary check
    /// where it came so far, else a second look.
    pub fn new(judged: &JudgedEndpoint, contents: Contents) -> Self {
        let JudgedEndpoint { observation, diagnosis, verdict, expectations } = judged;
        let endpoint = &observation.endpoint;
        Self {
            host: endpoint.host.to_string(),
            address: endpoint.address,
            port: endpoint.port,
            service: endpoint.service,
            protocol: endpoint.service.protocol(),
            security: endpoint.security,
            sources: endpoint.sources.clone(),
            state: diagnosis.state,
            failed_stage: diagnosis.failed_stage,
            verdict: *verdict,
            tries: observation.tries,
            duration_ms: milliseconds(observation.duration),
            stages: stages(observation),
            greeting: first(observation, |attempt| {
                attempt.conversation.greeting.as_ref().map(|reply| reply.lines.join("\n"))
            }),
            capabilities: CapabilitiesReport {
                plaintext: first(observation, |attempt| keywords(attempt.conversation.plaintext.as_ref())),
                secured: first(observation, |attempt| keywords(attempt.conversation.secured.as_ref())),
            },
            icmp: icmp(observation).map(IcmpReport::from),
            tls: first(observation, |attempt| attempt.tls.as_ref().map(TlsReport::from)),
            findings: diagnosis.findings.iter().map(FindingReport::from).collect(),
            expectations: expectations.iter().map(Expectation::from).collect(),
            path: observation.path.as_ref().and_then(|traced| traced.as_ref().ok()).map(PathReport::from),
            transcript: contents.transcript.then(|| transcript(observation)),
        }
    }
}

impl From<&Compared> for Expectation {
    fn from(compared: &Compared) -> Self {
        Self { expected: compared.expected.clone(), found: compared.found.clone(), holds: compared.holds() }
    }
}

impl From<Icmp> for IcmpReport {
    fn from(icmp: Icmp) -> Self {
        Self { icmp_type: icmp.icmp_type, code: icmp.code, from: icmp.from, meaning: icmp_meaning(&icmp).to_owned() }
    }
}

impl From<&TlsFacts> for TlsReport {
    fn from(facts: &TlsFacts) -> Self {
        Self {
            version: facts.version.clone(),
            cipher_suite: facts.cipher_suite.clone(),
            key_exchange: facts.key_exchange.clone(),
            certificate: facts
                .certificate
                .as_ref()
                .map(|certificate| CertificateReport::new(certificate, facts.faults.is_empty())),
        }
    }
}

impl CertificateReport {
    fn new(facts: &CertificateFacts, verified: bool) -> Self {
        Self {
            subject: facts.subject.clone(),
            issuer: facts.issuer.clone(),
            names: facts.names.clone(),
            not_before: moment_of(facts.not_before),
            not_after: moment_of(facts.not_after),
            days_left: facts.days_left(),
            key: facts.key.clone(),
            sha256: facts.sha256.clone(),
            chain_length: facts.chain_length,
            verified,
        }
    }
}

impl From<&Finding> for FindingReport {
    fn from(finding: &Finding) -> Self {
        Self {
            id: finding.id,
            severity: finding.severity,
            message: finding.message.clone(),
            evidence: finding.evidence.clone(),
            hint: finding.hint.clone(),
        }
    }
}

fn stages(observation: &Observation) -> Vec<StageReport> {
    numbered(observation)
        .flat_map(|(number, attempt)| {
            attempt.stages.iter().map(move |record| StageReport {
                attempt: number,
                purpose: attempt.purpose,
                stage: record.stage,
                outcome: record.outcome,
                duration_ms: milliseconds(record.duration),
                detail: record.detail.clone(),
            })
        })
        .collect()
}

fn transcript(observation: &Observation) -> Vec<TranscriptEntry> {
    numbered(observation)
        .flat_map(|(number, attempt)| {
            attempt.transcript.iter().map(move |line| TranscriptEntry {
                at_ms: milliseconds(line.at),
                attempt: number,
                from: line.from,
                text: line.text.clone(),
            })
        })
        .collect()
}

fn numbered(observation: &Observation) -> impl Iterator<Item = (usize, &Attempt)> {
    (1..).zip(&observation.attempts)
}

fn keywords(capabilities: Option<&Capabilities>) -> Option<Vec<String>> {
    capabilities.map(|capabilities| capabilities.keywords.clone())
}

fn lookup_state(lookup: &FamilyLookup) -> State {
    match lookup {
        Ok(()) => State::Ok,
        Err(failure) => match failure.kind {
            LookupFailureKind::NoSuchName => State::DnsNoSuchName,
            LookupFailureKind::NoAddress | LookupFailureKind::NoIpv4Address | LookupFailureKind::NoIpv6Address => {
                State::DnsNoAddress
            }
            LookupFailureKind::NoMail => State::DnsNoMail,
            LookupFailureKind::TimedOut => State::DnsTimeout,
            LookupFailureKind::Failed => State::DnsFailed,
            LookupFailureKind::Local => State::LocalError,
        },
    }
}
