//! MTA-STS (RFC 8461): the record and the policy that it announces.

use std::time::Duration;

use super::Patience;
use super::fetch::{fetch, is_of_here};
use super::mta_sts_policy::parse;
use super::text_record::{Announcement, Fields, bad_value, only};
use crate::observation::LookupFailure;
use crate::observation::promises::{MtaSts, MtaStsPolicy, PolicyFailure, PolicyRecord};
use crate::web::{FetchError, HttpReply, WebContext, fault_in_words};
use crate::words::joined;

const ANNOUNCEMENT: Announcement = Announcement { version: "STSv1", family: "sts" };

/// Nothing waits for the policy but the end of the run.
const FETCH_LIMIT: Duration = Duration::from_secs(10);

/// The record, and the policy only where there is one: nobody's web server is asked without need.
pub(super) async fn look_up(domain: &str, context: WebContext<'_>, patience: &Patience) -> MtaSts {
    let record = record(patience.wait_for(context.resolver.txt(&format!("_mta-sts.{domain}"))).await);
    let url = format!("https://mta-sts.{domain}/.well-known/mta-sts.txt");
    let policy = match record {
        PolicyRecord::Good { .. } => patience.wait(policy(&url, context)).await,
        _ => None,
    };
    MtaSts { record, url, policy }
}

pub(super) fn record(answer: Result<Vec<String>, LookupFailure>) -> PolicyRecord<String> {
    only(answer, ANNOUNCEMENT, id)
}

fn id(fields: &mut Fields<'_>) -> Option<String> {
    let id = fields.required("id")?;
    let is_id = (1..=32).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if !is_id {
        fields.faults.push(bad_value("id", id, "1 to 32 letters and digits"));
    }
    is_id.then(|| id.to_owned())
}

async fn policy(url: &str, context: WebContext<'_>) -> Result<MtaStsPolicy, PolicyFailure> {
    match fetch(url, "text/plain", FETCH_LIMIT, context).await {
        Ok(HttpReply::File(file)) => parse(&file.body, file.content_type.as_deref()).map_err(PolicyFailure::Unusable),
        Ok(HttpReply::Redirect(location)) => Err(PolicyFailure::Redirect(location)),
        Err(error) => Err(failure(error)),
    }
}

fn failure(error: FetchError) -> PolicyFailure {
    match error {
        FetchError::Lookup(failure) if is_of_here(&failure) => PolicyFailure::NotFromHere(failure.message),
        FetchError::Lookup(failure) => PolicyFailure::Lookup(failure.message),
        FetchError::NotFromHere { reason, .. } => PolicyFailure::NotFromHere(reason),
        FetchError::Connect { reason, .. } => PolicyFailure::Connect(reason),
        FetchError::Tls { reason, .. } => PolicyFailure::Tls(reason),
        FetchError::Certificate { faults, .. } => PolicyFailure::Certificate(joined(faults.iter().map(fault_in_words))),
        FetchError::Status(status) => PolicyFailure::Status(status.as_u16()),
        FetchError::TooLarge(limit) => PolicyFailure::TooLarge(limit),
        FetchError::TimedOut(limit) => PolicyFailure::TimedOut(limit.as_secs()),
        FetchError::Broken(words) => PolicyFailure::Broken(words),
    }
}
