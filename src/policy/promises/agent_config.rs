//! The configuration of mail programs (draft-ietf-mailmaint-pacc): whether file and digest agree, and whether the servers
//! that the file names work.

use super::record::{Invalid, RecordKind};
use crate::diagnosis::{Finding, FindingId, State};
use crate::observation::discovery::NamedServer;
use crate::observation::promises::{AgentConfig, AgentConfigFailure, PolicyRecord};
use crate::policy::judged::{JudgedEndpoint, Verdict};
use crate::policy::kept::{JudgedPolicy, PolicyKind, PolicyOutcome};
use crate::words::{distinct, hex, joined};

const RECORD: RecordKind = RecordKind {
    purpose: "the settings of mail programs",
    label: "_ua-auto-config",
    beginning: "v=UAAC1;",
    invalid: FindingId::PaccInvalid,
};

/// How many digests are listed as evidence.
const MAX_DIGESTS: usize = 4;

pub(super) fn judge(domain: &str, promise: &AgentConfig, endpoints: &[JudgedEndpoint]) -> (JudgedPolicy, Vec<Finding>) {
    let broken = |clause: &str, finding: Finding| {
        (told(PolicyOutcome::Broken, clause, Some(finding.id)), vec![finding.advised()])
    };
    let record = match &promise.record {
        PolicyRecord::None => return (told(PolicyOutcome::None, "none", None), Vec::new()),
        PolicyRecord::Failed(_) => {
            let name = RECORD.name(domain);
            let clause = format!("cannot tell, since the record at {name} could not be looked up");
            return (told(PolicyOutcome::CannotTell, clause, None), Vec::new());
        }
        PolicyRecord::Faulty { texts, faults } => {
            let Invalid { why, finding } = RECORD.invalid(domain, texts, faults);
            return broken(&format!("the record cannot be used: {why}"), finding);
        }
        PolicyRecord::Good { text, record, remarks } => {
            // One of several that cannot be used takes nothing from the others.
            (record, RECORD.remark(FindingId::PaccInvalid, domain, text, remarks).map(Finding::advised))
        }
    };
    let (digests, odd) = record;
    let (policy, mut findings) = match (promise.is_vouched_for(), &promise.servers) {
        (Some(false), _) => {
            let finding = stale(domain, promise, digests.iter().map(|one| (one.algorithm.as_str(), &*one.digest)));
            (
                told(PolicyOutcome::Broken, "the published digest is not that of the file", Some(finding.id)),
                vec![finding],
            )
        }
        (_, None) => (
            told(PolicyOutcome::CannotTell, "cannot tell, since the file had not come by the end of the check", None),
            Vec::new(),
        ),
        (_, Some(Err(AgentConfigFailure::NotFromHere(why)))) => {
            let clause = format!("cannot tell, since the file could not be asked for from here: {why}");
            (told(PolicyOutcome::CannotTell, clause, None), Vec::new())
        }
        (_, Some(Err(AgentConfigFailure::Unusable(why)))) => {
            let message = format!("{domain}'s file with the settings of mail programs cannot be used.");
            let seen = format!("{}: {why}", promise.url);
            broken("the file cannot be used", Finding::warning(FindingId::PaccInvalid, message).evidence(seen))
        }
        (_, Some(Err(AgentConfigFailure::Unreachable(why)))) => {
            let message = format!(
                "The DNS announces a file with the settings of mail programs for {domain}, and it could not be fetched from \
                 here."
            );
            let seen = format!("{}: {why}", promise.url);
            broken("the file cannot be fetched", Finding::warning(FindingId::PaccUnreachable, message).evidence(seen))
        }
        (Some(true), Some(Ok(servers))) => (held(servers, endpoints), Vec::new()),
        (None, Some(Ok(_))) => {
            (told(PolicyOutcome::CannotTell, "cannot tell whether file and digest agree", None), Vec::new())
        }
    };
    findings.extend(odd);
    (policy, findings)
}

fn told(outcome: PolicyOutcome, clause: impl Into<String>, finding: Option<FindingId>) -> JudgedPolicy {
    JudgedPolicy { kind: PolicyKind::AgentConfig, outcome, clause: clause.into(), finding }
}

fn stale<'a>(domain: &str, promise: &AgentConfig, published: impl Iterator<Item = (&'a str, &'a [u8])>) -> Finding {
    let message = format!(
        "The digest that {domain} publishes for its file with the settings of mail programs is not that of the file: mail \
         programs do not use it."
    );
    let listed = published.take(MAX_DIGESTS).map(|(algorithm, digest)| format!("{algorithm} {}", digits(digest)));
    let listed = listed.collect::<Vec<_>>().join(", ");
    let seen = digits(promise.sha256.as_deref().unwrap_or_default());
    let finding = Finding::warning(FindingId::PaccDigestMismatch, message)
        .evidence(format!("published: {listed}; the file's: sha256 {seen}"));
    match &promise.right {
        None => finding.advised(),
        Some(record) => finding.hint(format!(
            "If the file is as it should be, publish its digest in a TXT record at {}: `{record}`. Leave the old record beside \
             it until that is out of every cache.",
            RECORD.name(domain)
        )),
    }
}

/// The servers that the file names, held against what was seen at them: what is wrong with one, its endpoint tells.
fn held(servers: &[NamedServer], endpoints: &[JudgedEndpoint]) -> JudgedPolicy {
    let named = |standing| {
        let of_standing = servers.iter().filter(|server| ServerStanding::of(server, endpoints) == standing);
        distinct(of_standing.map(|server| format!("{}:{}", server.host, server.port)))
    };
    let failing = named(ServerStanding::Fails);
    if !failing.is_empty() {
        let verb = if failing.len() == 1 { "does" } else { "do" };
        let clause = format!("{}, which the file names, {verb} not work", joined(failing));
        return told(PolicyOutcome::Broken, clause, None);
    }
    let unseen = named(ServerStanding::NotSeen);
    if !unseen.is_empty() {
        let (verb, were) = if unseen.len() == 1 { ("works", "it was") } else { ("work", "they were") };
        let clause = format!(
            "the file and its digest agree; cannot tell whether {}, which the file names, {verb}, since {were} not reached \
             from here",
            joined(unseen)
        );
        return told(PolicyOutcome::CannotTell, clause, None);
    }
    let unchecked = named(ServerStanding::NotChecked);
    if servers.is_empty() {
        return told(PolicyOutcome::Kept, "kept, the file and its digest agree; it names no server", None);
    }
    if unchecked.is_empty() {
        return told(
            PolicyOutcome::Kept,
            "kept, the file and its digest agree, and the servers that it names work",
            None,
        );
    }
    let were = if unchecked.len() == 1 { "was" } else { "were" };
    let clause = format!("kept, the file and its digest agree; {} {were} not checked", joined(unchecked));
    told(PolicyOutcome::Kept, clause, None)
}

/// How a server that the file names stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum ServerStanding {
    /// The run left it out, or goes by another address of it.
    NotChecked,
    Works,
    /// Nothing of it was seen, which may be a matter of this network.
    NotSeen,
    /// It was reached, or said no, and fails.
    Fails,
}

impl ServerStanding {
    /// The worst of all its addresses.
    fn of(server: &NamedServer, endpoints: &[JudgedEndpoint]) -> Self {
        let is_it = |judged: &&JudgedEndpoint| {
            let endpoint = &judged.observation.endpoint;
            (&endpoint.host, endpoint.port) == (&server.host, server.port)
        };
        endpoints.iter().filter(is_it).map(Self::of_endpoint).max().unwrap_or(Self::NotChecked)
    }

    fn of_endpoint(judged: &JudgedEndpoint) -> Self {
        use State::{ConnectionRefused, DnsFailed, DnsTimeout, Ok};
        match judged.diagnosis.state {
            // An expectation of the user's own makes no promise of the domain's broken.
            Ok => Self::Works,
            // Another address stands for it.
            _ if judged.verdict == Verdict::Warn => Self::NotChecked,
            state if state.proves_nothing() || (state.is_closed() && state != ConnectionRefused) => Self::NotSeen,
            DnsTimeout | DnsFailed => Self::NotSeen,
            _ if judged.verdict == Verdict::Inconclusive => Self::NotSeen,
            _ => Self::Fails,
        }
    }
}

/// A digest, cut to the length of a SHA-512.
fn digits(bytes: &[u8]) -> String {
    hex(bytes.get(..64).unwrap_or(bytes))
}
