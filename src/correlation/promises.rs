//! Broken promises: for each mail host and fault one cause, with the addresses where it is so and those where it is not.

use super::cause::Cause;
use super::view::{JudgedState, View};
use crate::diagnosis::{Finding, FindingId, breaches, is_breach, mend, right_records};
use crate::observation::promises::{DaneChain, DaneJudgement};
use crate::target::Host;
use crate::words::{common, distinct};

pub(super) fn explain(view: &mut View<'_>) {
    for finding in view.untold().filter(|finding| is_breach(finding.id)).collect::<Vec<_>>() {
        let mut cause = Cause::of(finding).summary(finding.message.clone());
        // A name server that checks signatures gives no answer for such names: that is no fault of its own.
        let unanswered = view.places(|seen| seen.finding(FindingId::DnsFailed).is_some());
        if finding.id == FindingId::DaneBogus && unanswered.len() == view.endpoints.len() {
            cause.evidence.extend(view.evidence(&unanswered, FindingId::DnsFailed));
            view.add(cause, &unanswered, &[FindingId::DnsFailed]);
        } else {
            view.add(cause, &[], &[]);
        }
        view.tell(finding.id);
    }
    for Broken { id, host, places, .. } in broken(view) {
        let Some(mut finding) = told_once(view, id, &places) else { continue };
        let right = if id == FindingId::DaneMismatch { fitting(view, host) } else { Vec::new() };
        if !right.is_empty() {
            one_of_several(view, host, &places, &right, &mut finding);
        }
        let found = view.at(&places).filter_map(|seen| seen.finding(id));
        finding.severity = found.map(|one| one.severity).min().unwrap_or(finding.severity);
        let mut cause = Cause::of(&finding).summary(finding.message.clone());
        cause.evidence = view.evidence(&places, id);
        let says_all = matches!(id, FindingId::DaneNoStarttls | FindingId::MtaStsNoStarttls);
        let explained = if says_all { &[id, FindingId::StarttlsNotOffered][..] } else { &[id] };
        view.add(cause, &places, explained);
    }
}

/// One fault of one host.
struct Broken<'a> {
    id: FindingId,
    host: &'a Host,
    /// What is told of it, the place left out.
    words: String,
    places: Vec<usize>,
}

fn broken<'a>(view: &View<'a>) -> Vec<Broken<'a>> {
    let mut all: Vec<Broken<'a>> = Vec::new();
    for (place, seen) in view.endpoints.iter().enumerate() {
        for finding in seen.diagnosis.findings.iter().filter(|finding| is_breach(finding.id)) {
            let (id, host) = (finding.id, seen.host());
            let Some(words) = told_at(seen, id, "").map(|finding| finding.message) else { continue };
            match all.iter_mut().find(|known| (known.id, known.host, &known.words) == (id, host, &words)) {
                Some(known) => known.places.push(place),
                None => all.push(Broken { id, host, words, places: vec![place] }),
            }
        }
    }
    all
}

/// The finding of this id, in the words for this place.
fn told_at(seen: &JudgedState<'_>, id: FindingId, place: &str) -> Option<Finding> {
    breaches(seen.observation, seen.state(), place).into_iter().find(|finding| finding.id == id)
}

/// The finding of this id, once for all these endpoints.
fn told_once(view: &View<'_>, id: FindingId, places: &[usize]) -> Option<Finding> {
    let place = format!("{} at {}", view.ports(places), view.address_list(places));
    let finding = told_at(view.at(places).next()?, id, &place)?;
    if id != FindingId::DaneMismatch {
        return Some(finding);
    }
    Some(finding.hint(mend(view.at(places).filter_map(dane))))
}

fn dane<'a>(seen: &JudgedState<'a>) -> Option<&'a DaneJudgement> {
    seen.observation.promised.as_deref()?.dane.as_ref()
}

/// The endpoints of a host that show what its TLSA records promise.
fn fitting(view: &View<'_>, host: &Host) -> Vec<usize> {
    view.places(|seen| seen.host() == host && dane(seen).is_some_and(|dane| dane.chain == DaneChain::Matches))
}

/// Some addresses of a host show what the records promise and these do not: the records are as they should be, and not all
/// machines have the key.
fn one_of_several(view: &View<'_>, host: &Host, places: &[usize], right: &[usize], finding: &mut Finding) {
    let (wrong, good) = (view.address_list(places), view.address_list(right));
    let is_older = is_older(view, places, right);
    let shown = match is_older {
        Some(true) => "still shows an older certificate",
        Some(false) => "already shows a newer certificate",
        None => "shows another certificate",
    };
    finding.message = format!(
        "Senders who check DANE defer mail to {host} now unless they get to {good}: {} at {wrong} {shown}, whose key no TLSA \
         record names.",
        view.ports(places)
    );
    let lines = right_records(view.at(places).filter_map(dane)).unwrap_or_default();
    finding.hint = Some(match is_older {
        Some(true) => format!(
            "Install the certificate and key of {good} at {wrong}, too, and reload the mail server there. The TLSA records \
             fit the newer certificate: leave them as they are."
        ),
        Some(false) => format!(
            "Publish this beside the old record, and go back to the old key at {wrong} until senders see it: {lines}. Keep the \
             old record until {good} uses the new key, too."
        ),
        None => format!(
            "Make {wrong} use the same key as {good}, which fits the TLSA records. If two keys are meant to be in use, publish \
             this record, too: {lines}"
        ),
    });
}

/// Certificates that begin within so many seconds were made for machines beside one another, neither to replace the other.
const SAME_RENEWAL: u64 = 24 * 60 * 60;

/// Whether the certificates of these endpoints are older than those that fit the records; `None` where that is not clear.
fn is_older(view: &View<'_>, places: &[usize], right: &[usize]) -> Option<bool> {
    let since = |places: &[usize]| {
        let shown = view.at(places).filter_map(|seen| {
            let shown = seen.observation.attempts.iter().find_map(|attempt| attempt.tls.as_ref()?.certificate.as_ref());
            shown.map(|facts| facts.not_before)
        });
        common(distinct(shown))
    };
    let (wrong, right) = (since(places)?, since(right)?);
    (wrong.abs_diff(right) > SAME_RENEWAL).then_some(wrong < right)
}
