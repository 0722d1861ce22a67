//! The configuration of mail programs (draft-ietf-mailmaint-pacc): whether file and digest agree.

use super::record;
use crate::diagnosis::{Finding, FindingId};
use crate::observation::promises::{AgentConfig, AgentConfigDigest, PolicyRecord};
use crate::policy::kept::{JudgedPolicy, PolicyKind, PolicyOutcome};
use crate::words::hex;

/// How many digests are listed as evidence.
const MAX_DIGESTS: usize = 4;

pub(super) fn judge(domain: &str, promise: &AgentConfig) -> (JudgedPolicy, Vec<Finding>) {
    let told = |outcome, clause, finding: Option<Finding>| {
        let policy = JudgedPolicy {
            kind: PolicyKind::AgentConfig,
            outcome,
            clause,
            finding: finding.as_ref().map(|finding| finding.id),
        };
        (policy, finding.into_iter().collect())
    };
    let broken = |sentence: &str, finding| told(PolicyOutcome::Broken, sentence.to_owned(), Some(finding));
    let digests = match &promise.record {
        PolicyRecord::None => return told(PolicyOutcome::None, "none".to_owned(), None),
        PolicyRecord::Failed(_) => {
            let sentence = format!("cannot tell, since the record at _ua-auto-config.{domain} could not be looked up");
            return told(PolicyOutcome::CannotTell, sentence, None);
        }
        PolicyRecord::Faulty { texts, faults } => {
            let what = format!("{domain}'s record for the settings of mail programs");
            let name = format!("_ua-auto-config.{domain}");
            let finding = record::invalid(FindingId::PaccInvalid, &what, &name, texts, faults);
            return broken("the record cannot be used", finding);
        }
        PolicyRecord::Good { record, .. } => record,
    };
    match (&promise.sha256, &promise.servers) {
        (Some(sha256), _) if is_stale(digests, sha256) => {
            let message = format!(
                "The digest that {domain} publishes for its file with the settings of mail programs is not that of the file: \
                 mail programs do not use it."
            );
            let listed =
                digests.iter().take(MAX_DIGESTS).map(|one| format!("{} {}", one.algorithm, digits(&one.digest)));
            let listed: Vec<String> = listed.collect();
            let seen = format!("published: {}; the file's: sha256 {}", listed.join(", "), digits(sha256));
            let finding = Finding::warning(FindingId::PaccDigestMismatch, message).evidence(seen).advised();
            broken("the published digest is not that of the file", finding)
        }
        (Some(_), Some(Err(why))) => {
            let message = format!("{domain}'s file with the settings of mail programs cannot be used.");
            let finding = Finding::warning(FindingId::PaccInvalid, message).evidence(why.clone()).advised();
            broken("the file cannot be used", finding)
        }
        (None, Some(Err(why))) => {
            let message = format!(
                "The DNS announces a file with the settings of mail programs for {domain}, and it could not be fetched from \
                 here."
            );
            let seen = format!("{}: {why}", promise.url);
            let finding = Finding::warning(FindingId::PaccUnreachable, message).evidence(seen).advised();
            broken("the file cannot be fetched", finding)
        }
        (Some(sha256), Some(Ok(_))) if has(digests, sha256) => {
            told(PolicyOutcome::Kept, "kept, the file and its digest agree".to_owned(), None)
        }
        _ => told(PolicyOutcome::CannotTell, "cannot tell whether file and digest agree".to_owned(), None),
    }
}

/// Whether a digest of a kind that can be compared is published, and none of them is that of the file.
fn is_stale(digests: &[AgentConfigDigest], sha256: &[u8]) -> bool {
    digests.iter().any(is_sha256) && !has(digests, sha256)
}

fn has(digests: &[AgentConfigDigest], sha256: &[u8]) -> bool {
    digests.iter().any(|one| is_sha256(one) && one.digest == sha256)
}

fn is_sha256(digest: &AgentConfigDigest) -> bool {
    digest.algorithm.eq_ignore_ascii_case("sha256")
}

/// A digest, cut to the length of a SHA-512.
fn digits(bytes: &[u8]) -> String {
    hex(bytes.get(..64).unwrap_or(bytes))
}
