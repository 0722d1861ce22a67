//! MTA-STS (RFC 8461): whether there is a policy, and whether the mail hosts keep it.

use super::hosts::{every, were};
use super::record::{Invalid, RecordKind, publish};
use crate::diagnosis::{Finding, FindingId, Severity};
use crate::observation::promises::{MtaSts, MtaStsMode, MtaStsPolicy, PolicyFailure, PolicyFault, PolicyRecord};
use crate::policy::judged::JudgedEndpoint;
use crate::policy::kept::{JudgedPolicy, PolicyKind, PolicyOutcome};
use crate::target::{Host, Source};
use crate::words::{counted, distinct, joined};

const RECORD: RecordKind = RecordKind {
    purpose: "MTA-STS",
    label: "_mta-sts",
    beginning: "v=STSv1;",
    invalid: FindingId::MtaStsRecordInvalid,
};

pub(super) fn judge(domain: &str, promise: &MtaSts, endpoints: &[JudgedEndpoint]) -> (JudgedPolicy, Vec<Finding>) {
    let broken =
        |sentence: &str, finding: Finding| (told(PolicyOutcome::Broken, sentence, Some(finding.id)), vec![finding]);
    let cannot_tell =
        |why: &str| (told(PolicyOutcome::CannotTell, format!("cannot tell, since {why}"), None), Vec::new());
    let odd = match &promise.record {
        PolicyRecord::None => return (told(PolicyOutcome::None, "none", None), Vec::new()),
        PolicyRecord::Failed(_) => {
            return cannot_tell(&format!("the record at {} could not be looked up", RECORD.name(domain)));
        }
        PolicyRecord::Faulty { texts, faults } => {
            let Invalid { why, finding } = RECORD.invalid(domain, texts, faults);
            let remark = "with a new id of letters and digits, such as the date and time";
            let hint = publish(&RECORD.name(domain), faults, "v=STSv1; id=20261101T000000;", remark);
            let sentence = format!("the record cannot be used, so senders act as if there were no policy: {why}");
            return broken(&sentence, finding.hint(hint));
        }
        PolicyRecord::Good { text, remarks, .. } => {
            RECORD.remark(FindingId::MtaStsPolicyRemark, domain, text, remarks).map(Finding::advised)
        }
    };
    let (policy, mut findings) = match &promise.policy {
        None => cannot_tell("the policy had not come by the end of the check"),
        Some(Err(PolicyFailure::Unusable(faults))) => {
            let why = joined(distinct(faults.iter().map(fault_words)));
            let message = format!("The MTA-STS policy of {domain} cannot be used: {why}.");
            let finding = Finding::warning(FindingId::MtaStsPolicyInvalid, message)
                .evidence(parts(&promise.url, faults))
                .hint(right(domain, promise, endpoints));
            broken(&format!("the policy cannot be used: {why}"), finding)
        }
        Some(Err(PolicyFailure::NotFromHere(words))) => {
            cannot_tell(&format!("the policy could not be asked for from here: {words}"))
        }
        Some(Err(failure)) => {
            let (why, words) = failure_words(failure, domain);
            let message = format!("The MTA-STS policy of {domain} cannot be fetched: {why}.");
            let seen = words.map_or_else(|| promise.url.clone(), |words| format!("{}: {words}", promise.url));
            let finding = Finding::warning(FindingId::MtaStsPolicyUnreachable, message).evidence(seen).advised();
            let sentence =
                format!("the policy cannot be fetched, so senders who have no copy act as if there were none: {why}");
            broken(&sentence, finding)
        }
        Some(Ok(policy)) => (held(policy, endpoints), remarks(domain, promise, policy)),
    };
    findings.extend(odd);
    (policy, findings)
}

/// A whole policy, with the mail hosts that are known.
fn right(domain: &str, promise: &MtaSts, endpoints: &[JudgedEndpoint]) -> String {
    let is_mail_host = |judged: &&JudgedEndpoint| judged.observation.endpoint.sources.contains(&Source::Mx);
    let hosts = distinct(endpoints.iter().filter(is_mail_host).map(|judged| &judged.observation.endpoint.host));
    let hosts = match hosts.as_slice() {
        known @ ([_] | [_, _] | [_, _, _]) => joined(known.iter().map(|host| format!("`mx: {host}`"))),
        _ => "an `mx:` line for each mail host".to_owned(),
    };
    format!(
        "Correct the file at {}: it needs the lines `version: STSv1`, `mode: testing` (`enforce` once that goes well), \
         `max_age: 604800` and {hosts}. Then give the record at {} a new id.",
        promise.url,
        RECORD.name(domain)
    )
}

fn told(outcome: PolicyOutcome, clause: impl Into<String>, finding: Option<FindingId>) -> JudgedPolicy {
    JudgedPolicy { kind: PolicyKind::MtaSts, outcome, clause: clause.into(), finding }
}

/// The policy, held against the mail hosts.
fn held(policy: &MtaStsPolicy, endpoints: &[JudgedEndpoint]) -> JudgedPolicy {
    let mode = match policy.mode {
        MtaStsMode::Enforce => "enforce",
        MtaStsMode::Testing => "testing",
        MtaStsMode::None => {
            let sentence = "mode none, so senders act as if there were no policy";
            return told(PolicyOutcome::None, sentence, None);
        }
    };
    let is_held = |judged: &&JudgedEndpoint| {
        judged.observation.promised.as_deref().is_some_and(|promised| promised.mta_sts.is_some())
    };
    let held: Vec<&JudgedEndpoint> = endpoints.iter().filter(is_held).collect();
    let breaches = held.iter().flat_map(|judged| judged.diagnosis.findings.iter().map(|finding| (*judged, finding)));
    let breaches: Vec<(&Host, &Finding)> = breaches
        .filter(|(_, finding)| finding.severity < Severity::Info && breach_words(finding.id).is_some())
        .map(|(judged, finding)| (&judged.observation.endpoint.host, finding))
        .collect();
    if let Some((_, first)) = breaches.first() {
        let words = breaches.iter().filter_map(|(host, finding)| Some(format!("{host} {}", breach_words(finding.id)?)));
        return told(PolicyOutcome::Broken, format!("{mode}, and {}", joined(distinct(words))), Some(first.id));
    }
    let hosts = distinct(held.iter().map(|judged| &judged.observation.endpoint.host));
    let is_seen = |host: &&Host| {
        let has_tls = |judged: &&JudgedEndpoint| {
            judged.observation.endpoint.host == **host && judged.diagnosis.state.is_conversation()
        };
        held.iter().copied().any(|judged| has_tls(&judged))
    };
    let (seen, unseen): (Vec<&Host>, Vec<&Host>) = hosts.into_iter().partition(is_seen);
    match (seen.as_slice(), unseen.as_slice()) {
        ([], _) => {
            let sentence = format!("{mode}, and cannot tell whether it is kept, since port 25 was not reached");
            told(PolicyOutcome::CannotTell, sentence, None)
        }
        (_, []) => told(PolicyOutcome::Kept, format!("{mode}, kept at {}", every(&seen)), None),
        _ => {
            let sentence = format!("{mode}, kept at {}; {} not reached", joined(&seen), were(&unseen));
            told(PolicyOutcome::Kept, sentence, None)
        }
    }
}

/// What a host does not keep, after its name.
const fn breach_words(id: FindingId) -> Option<&'static str> {
    match id {
        FindingId::MtaStsHostNotCovered => Some("is not covered by the policy"),
        FindingId::MtaStsCertificateInvalid => Some("shows a certificate that is not valid"),
        FindingId::MtaStsNoStarttls => Some("has no TLS for senders"),
        _ => None,
    }
}

/// What is odd about a policy that can be used.
fn remarks(domain: &str, promise: &MtaSts, policy: &MtaStsPolicy) -> Vec<Finding> {
    if policy.faults.is_empty() {
        return Vec::new();
    }
    let words = joined(distinct(policy.faults.iter().map(fault_words)));
    let message = format!("Senders can use the MTA-STS policy of {domain}, but {words}.");
    vec![Finding::info(FindingId::MtaStsPolicyRemark, message).evidence(parts(&promise.url, &policy.faults)).advised()]
}

/// Why there is no policy, and the words that somebody else said of it.
fn failure_words<'a>(failure: &'a PolicyFailure, domain: &str) -> (String, Option<&'a str>) {
    let host = format!("mta-sts.{domain}");
    match failure {
        PolicyFailure::Lookup(words) => (format!("{host} has no address, or could not be looked up"), Some(words)),
        PolicyFailure::Connect(words) => (format!("no connection to {host} could be made from here"), Some(words)),
        PolicyFailure::Tls(words) => (format!("the TLS handshake with {host} failed"), Some(words)),
        PolicyFailure::Certificate(words) => (format!("the certificate of {host} is not valid for it"), Some(words)),
        PolicyFailure::Status(status) => (format!("the web server answers with the status {status}"), None),
        PolicyFailure::Redirect(to) => {
            ("the web server redirects, and senders do not follow that".to_owned(), Some(to))
        }
        PolicyFailure::TooLarge(bytes) => (format!("the file is larger than {bytes} bytes"), None),
        PolicyFailure::TimedOut(seconds) => {
            (format!("it did not come within {} here", counted(*seconds, "second")), None)
        }
        PolicyFailure::Broken(words) => ("the request failed".to_owned(), Some(words)),
        PolicyFailure::NotFromHere(words) => ("it could not be asked for from here".to_owned(), Some(words)),
        PolicyFailure::Unusable(_) => ("it cannot be used".to_owned(), None),
    }
}

fn fault_words(fault: &PolicyFault) -> String {
    match fault {
        PolicyFault::ContentType(Some(_)) => {
            "its content type is not text/plain, which some senders insist on".to_owned()
        }
        PolicyFault::ContentType(None) => {
            "it comes without the content type text/plain, which some senders insist on".to_owned()
        }
        PolicyFault::NotAPolicy(_) => "the file is no policy: it has no lines `name: value`".to_owned(),
        PolicyFault::BadLine(_) => "a line is not of the form `name: value`".to_owned(),
        PolicyFault::Missing(field) => format!("the line `{field}:` is missing"),
        PolicyFault::Twice(_) => "it gives a field more than once, of which the first counts".to_owned(),
        PolicyFault::BadValue { field, allowed, .. } => {
            format!("the value of `{field}` is not allowed (it must be {allowed})")
        }
        PolicyFault::BadPattern(_) => "an `mx` line matches no host as it is written".to_owned(),
        PolicyFault::ShortLife(seconds) => {
            format!("its `max_age` is only {seconds} seconds, so senders soon forget it")
        }
        PolicyFault::Unknown(_) => "it has a field that senders do not know".to_owned(),
    }
}

/// The parts of the file that are meant; hostile text.
fn parts(url: &str, faults: &[PolicyFault]) -> String {
    let part = |fault: &PolicyFault| match fault {
        PolicyFault::ContentType(Some(text))
        | PolicyFault::BadLine(text)
        | PolicyFault::Twice(text)
        | PolicyFault::BadPattern(text)
        | PolicyFault::Unknown(text) => Some(text.clone()),
        PolicyFault::BadValue { field, value, .. } => Some(format!("{field}: {value}")),
        PolicyFault::ShortLife(seconds) => Some(format!("max_age: {seconds}")),
        PolicyFault::NotAPolicy(line) => line.clone(),
        PolicyFault::ContentType(None) | PolicyFault::Missing(_) => None,
    };
    let parts = distinct(faults.iter().filter_map(part)).join("; ");
    if parts.is_empty() { url.to_owned() } else { format!("{url}: {parts}") }
}
