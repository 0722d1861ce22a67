//! The file for mail programs whose digest the DNS gives (draft-ietf-mailmaint-pacc), as a source of servers.

use std::time::Instant;

use super::source::{SourceResult, consultation, failed_lookup};
use crate::observation::discovery::{Consultation, NamedServer, SourceOutcome};
use crate::observation::promises::{AgentConfig, AgentConfigFailure, PolicyRecord, RecordFault};
use crate::target::Source;

/// What record and file say, once `looking_up` has them.
pub(super) async fn consult(domain: &str, looking_up: impl Future<Output = AgentConfig>) -> SourceResult {
    let began = Instant::now();
    let found = looking_up.await;
    let took = began.elapsed();
    let record = format!("_ua-auto-config.{domain} TXT");
    let said = |asked: String, outcome, detail: String| Consultation {
        outcome,
        detail: Some(detail),
        ..consultation(Source::Pacc, asked, Vec::new(), took)
    };
    let named = |servers| consultation(Source::Pacc, found.url.clone(), servers, took);
    SourceResult::of(match &found.record {
        PolicyRecord::None => consultation(Source::Pacc, record, Vec::new(), took),
        PolicyRecord::Failed(failure) => failed_lookup(Source::Pacc, record, failure.clone(), took),
        // A wildcard record answers for every name.
        PolicyRecord::Faulty { faults, .. } if faults.iter().all(RecordFault::is_foreign) => {
            said(record, SourceOutcome::Nothing, "the record there is of another kind".to_owned())
        }
        PolicyRecord::Faulty { .. } => {
            said(record, SourceOutcome::Unusable, "the record is not well formed".to_owned())
        }
        PolicyRecord::Good { .. } => match usable(&found) {
            Ok(servers) => named(servers),
            Err((outcome, why)) => said(found.url.clone(), outcome, why),
        },
    })
}

/// The servers of the file that a record announces. Nobody is led by a file that the DNS does not vouch for, since no mail
/// program uses it.
fn usable(found: &AgentConfig) -> Result<Vec<NamedServer>, (SourceOutcome, String)> {
    use AgentConfigFailure::{NotFromHere, Unreachable, Unusable};
    let unreachable = |why: String| Err((SourceOutcome::Unreachable, why));
    let unusable = |why: &str| Err((SourceOutcome::Unusable, why.to_owned()));
    match (&found.servers, found.is_vouched_for()) {
        (None, _) => unreachable("the file had not come by the end of the check".to_owned()),
        (Some(Err(NotFromHere(why))), _) => unreachable(format!("it could not be asked for from here: {why}")),
        (Some(Err(Unreachable(why))), _) => unreachable(why.clone()),
        (Some(_), Some(false)) => unusable("its digest is not the published one, so its servers are not used"),
        (Some(_), None) => unusable("its digest cannot be compared"),
        (Some(Err(Unusable(why))), Some(true)) => unusable(why),
        (Some(Ok(servers)), Some(true)) => Ok(servers.clone()),
    }
}
