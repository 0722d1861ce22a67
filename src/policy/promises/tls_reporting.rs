//! TLS reporting (RFC 8460): whether reports go anywhere.

use super::record;
use crate::diagnosis::{Finding, FindingId};
use crate::observation::promises::{PolicyRecord, TlsReporting};
use crate::policy::kept::{JudgedPolicy, PolicyKind, PolicyOutcome};
use crate::words::{counted, joined};

/// How long an address may be that is told as it stands.
const MAX_ADDRESS_CHARS: usize = 100;

pub(super) fn judge(domain: &str, promise: &TlsReporting) -> (JudgedPolicy, Vec<Finding>) {
    let told = |outcome, clause, finding| JudgedPolicy { kind: PolicyKind::TlsReporting, outcome, clause, finding };
    match &promise.record {
        PolicyRecord::None => (told(PolicyOutcome::None, "none".to_owned(), None), Vec::new()),
        PolicyRecord::Failed(_) => {
            let sentence = format!("cannot tell, since the record at _smtp._tls.{domain} could not be looked up");
            (told(PolicyOutcome::CannotTell, sentence, None), Vec::new())
        }
        PolicyRecord::Good { record, .. } => {
            (told(PolicyOutcome::Kept, format!("reports go to {}", addresses(record)), None), Vec::new())
        }
        PolicyRecord::Faulty { texts, faults } => {
            let id = FindingId::TlsRptInvalid;
            let what = format!("{domain}'s record for TLS reports");
            let finding = record::invalid(id, &what, &format!("_smtp._tls.{domain}"), texts, faults);
            let sentence = "the record cannot be used, so no reports come".to_owned();
            (told(PolicyOutcome::Broken, sentence, Some(id)), vec![finding])
        }
    }
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
