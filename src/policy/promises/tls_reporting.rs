//! TLS reporting (RFC 8460): whether reports go anywhere.

use super::record::{Invalid, RecordKind, publish};
use crate::diagnosis::{Finding, FindingId};
use crate::observation::promises::{PolicyRecord, RecordFault, TlsReporting};
use crate::policy::kept::{JudgedPolicy, PolicyKind, PolicyOutcome};
use crate::words::{counted, joined};

const RECORD: RecordKind = RecordKind {
    purpose: "TLS reports",
    label: "_smtp._tls",
    beginning: "v=TLSRPTv1;",
    invalid: FindingId::TlsRptInvalid,
};

/// How long an address may be that is told as it stands.
const MAX_ADDRESS_CHARS: usize = 100;

pub(super) fn judge(domain: &str, promise: &TlsReporting) -> (JudgedPolicy, Vec<Finding>) {
    let told = |outcome, clause, finding| JudgedPolicy { kind: PolicyKind::TlsReporting, outcome, clause, finding };
    match &promise.record {
        PolicyRecord::None => (told(PolicyOutcome::None, "none".to_owned(), None), Vec::new()),
        PolicyRecord::Failed(_) => {
            let sentence = format!("cannot tell, since the record at {} could not be looked up", RECORD.name(domain));
            (told(PolicyOutcome::CannotTell, sentence, None), Vec::new())
        }
        PolicyRecord::Good { text, record, remarks } => {
            let odd = RECORD.remark(FindingId::TlsRptRemark, domain, text, remarks).map(Finding::advised);
            (told(PolicyOutcome::Kept, format!("reports go to {}", addresses(record)), None), Vec::from_iter(odd))
        }
        PolicyRecord::Faulty { texts, faults } => {
            let Invalid { why, finding } = RECORD.invalid(domain, texts, faults);
            let sentence = format!("the record cannot be used, so no reports come: {why}");
            (told(PolicyOutcome::Broken, sentence, Some(finding.id)), vec![finding.hint(right(domain, faults))])
        }
    }
}

/// What to publish.
fn right(domain: &str, faults: &[RecordFault]) -> String {
    let meant = faults.iter().find_map(|fault| match fault {
        RecordFault::BadValue { field: "rua", value, .. } => mail_address(value),
        _ => None,
    });
    let remark = match meant {
        Some(_) => "if that is the address that was meant",
        None => "with an address that exists",
    };
    let address = meant.map_or_else(|| format!("tls-reports@{domain}"), str::to_owned);
    publish(&RECORD.name(domain), faults, &format!("v=TLSRPTv1; rua=mailto:{address}"), remark)
}

/// The mail address in a value that only lacks its `mailto:`, or has a space or two slashes behind it.
fn mail_address(value: &str) -> Option<&str> {
    let address = value.strip_prefix("mailto:").unwrap_or(value).trim_start_matches([' ', '/']);
    let (local_part, host) = address.split_once('@')?;
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-_+".contains(&byte);
    let is_word = |word: &str| !word.is_empty() && word.bytes().all(is_plain);
    (address.len() <= MAX_ADDRESS_CHARS && is_word(local_part) && is_word(host)).then_some(address)
}

/// As they stand there, where that is safe to repeat; else how many.
fn addresses(uris: &[String]) -> String {
    let is_plain = |uri: &String| {
        let of_uri = |byte: u8| byte.is_ascii_alphanumeric() || b"@.:/-_+?=%".contains(&byte);
        uri.len() <= MAX_ADDRESS_CHARS && uri.bytes().all(of_uri)
    };
    if uris.len() > 2 || !uris.iter().all(is_plain) {
        return counted(uris.len(), "place");
    }
    joined(uris)
}
