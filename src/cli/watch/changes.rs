//! What became another from one round to the next. Pure: no I/O, no clock.

use std::collections::BTreeMap;
use std::fmt::{self, Display, Formatter};

use crate::correlation::Cause;
use crate::diagnosis::{FindingId, Severity, State};
use crate::policy::{JudgedTarget, Report, Verdict};
use crate::target::Endpoint;
use crate::words::{distinct, joined};

/// What can change: an endpoint, or, without one, what is said of a target as a whole.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct WatchedPlace {
    /// Its place in the report: the same target may be checked in two ways.
    pub(super) target: usize,
    pub(super) endpoint: Option<Endpoint>,
    typed: String,
}

impl WatchedPlace {
    fn endpoint(target: usize, typed: &str, endpoint: &Endpoint) -> Self {
        // It is the same endpoint, whoever names it.
        let endpoint = Endpoint { sources: Vec::new(), ..endpoint.clone() };
        Self { target, endpoint: Some(endpoint), typed: typed.to_owned() }
    }

    /// The same endpoint, where its name gives no address.
    fn without_address(&self) -> Option<Self> {
        let endpoint = self.endpoint.as_ref().filter(|endpoint| endpoint.address.is_some())?;
        Some(Self { endpoint: Some(Endpoint { address: None, ..endpoint.clone() }), ..self.clone() })
    }
}

/// `192.0.2.5:25`, `mail.example.org:25 at 192.0.2.5`, `@example.org`
impl Display for WatchedPlace {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        let Some(Endpoint { host, address, port, .. }) = &self.endpoint else {
            return formatter.write_str(&self.typed);
        };
        let host = host.to_string();
        if host.contains(':') {
            write!(formatter, "[{host}]:{port}")?;
        } else {
            write!(formatter, "{host}:{port}")?;
        }
        match address {
            Some(address) if address.to_string() != host => write!(formatter, " at {address}"),
            _ => Ok(()),
        }
    }
}

/// What a round came to in one place, as far as another outcome is a change. Neither wording nor time is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PlaceStatus {
    /// `None` of a target as a whole, whose verdict follows from the rest.
    judged: Option<(State, Verdict)>,
    /// What is wrong, or deserves attention.
    causes: Vec<FindingId>,
}

/// What a round came to, by place.
pub(super) type RoundStatus = BTreeMap<WatchedPlace, PlaceStatus>;

pub(super) fn status(report: &Report) -> RoundStatus {
    report.targets.iter().enumerate().flat_map(|(place, target)| status_of(place, target)).collect()
}

fn status_of(place: usize, target: &JudgedTarget) -> Vec<(WatchedPlace, PlaceStatus)> {
    let endpoints = target.endpoints.iter().enumerate().map(|(index, judged)| {
        let causes = ids(target.causes_of(index));
        let status = PlaceStatus { judged: Some((judged.diagnosis.state, judged.verdict)), causes };
        (WatchedPlace::endpoint(place, &target.typed, &judged.observation.endpoint), status)
    });
    let of_none = |cause: &&Cause| cause.severity < Severity::Info && cause.endpoints.is_empty();
    let whole = WatchedPlace { target: place, endpoint: None, typed: target.typed.clone() };
    let causes = ids(target.causes.iter().filter(of_none));
    endpoints.chain([(whole, PlaceStatus { judged: None, causes })]).collect()
}

/// In an order of their own: that of the causes says which is worse, and may differ for other ports' sake.
fn ids<'a>(causes: impl Iterator<Item = &'a Cause>) -> Vec<FindingId> {
    let mut ids = distinct(causes.map(|cause| cause.id));
    ids.sort_by_key(|id| id.name());
    ids
}

/// Something became another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct StatusChange {
    pub(super) place: WatchedPlace,
    /// `None`: it was not there.
    before: Option<PlaceStatus>,
    /// `None`: it is not there any more.
    after: Option<PlaceStatus>,
}

/// What is not the same in two rounds, by place. Where a name lost its addresses or has them again, that is a change of the
/// endpoints, and not that they come and go.
pub(super) fn changes(before: &RoundStatus, after: &RoundStatus) -> Vec<StatusChange> {
    let mut changes = Vec::new();
    let mut accounted = Vec::new();
    for (place, now) in after {
        let unresolved = place.without_address();
        let was = before.get(place).or_else(|| before.get(unresolved.as_ref()?));
        accounted.extend(unresolved);
        if was != Some(now) {
            changes.push(StatusChange { place: place.clone(), before: was.cloned(), after: Some(now.clone()) });
        }
    }
    for (place, was) in before.iter().filter(|(place, _)| !after.contains_key(place) && !accounted.contains(place)) {
        let now = place.without_address().and_then(|unresolved| after.get(&unresolved));
        if now != Some(was) {
            changes.push(StatusChange { place: place.clone(), before: Some(was.clone()), after: now.cloned() });
        }
    }
    // A name without an address is told by the endpoints that it had, and by itself only where it had none.
    let had_addresses = |change: &StatusChange| {
        let unresolved = change.place.clone();
        before.keys().any(|place| place.without_address().as_ref() == Some(&unresolved))
    };
    changes.retain(|change| change.before.is_some() || !had_addresses(change));
    changes
}

impl StatusChange {
    /// `ok -> connection-refused`: from what to what.
    pub(super) fn words(&self, arrow: &str) -> String {
        let (before, after) = match (&self.before, &self.after) {
            (Some(before), Some(after)) => (before, after),
            (None, Some(after)) => return format!("new: {}", after.name()),
            (Some(before), None) => return format!("no longer there, was {}", before.name()),
            (None, None) => return String::new(),
        };
        match (before.judged, after.judged) {
            (Some((was, _)), Some((now, _))) if was != now => format!("{was} {arrow} {now}"),
            (Some((state, was)), Some((_, now))) if before.causes == after.causes => {
                format!("{state}: {was} {arrow} {now}")
            }
            (_, Some((state, _))) => format!("{state}: {}", difference(before, after)),
            _ => difference(before, after),
        }
    }

    /// `was connection-refused`: beside what stands there now.
    pub(super) fn note(&self) -> String {
        let Some(before) = &self.before else { return "new".to_owned() };
        let Some(after) = &self.after else { return "no longer there".to_owned() };
        match (before.judged, after.judged) {
            (Some((was, _)), Some((now, _))) if was != now => format!("was {was}"),
            (Some((_, was)), _) if before.causes == after.causes => format!("was {was}"),
            _ => difference(before, after),
        }
    }
}

impl PlaceStatus {
    fn name(&self) -> String {
        match self.judged {
            Some((state, _)) => state.to_string(),
            None => joined(self.causes.iter().map(|id| id.name())),
        }
    }
}

/// `now certificate-expires-soon, no longer slow-greeting`
fn difference(before: &PlaceStatus, after: &PlaceStatus) -> String {
    let only = |here: &PlaceStatus, there: &PlaceStatus| {
        joined(here.causes.iter().filter(|id| !there.causes.contains(id)).map(|id| id.name()))
    };
    let (come, gone) = (only(after, before), only(before, after));
    let said = [("now", come), ("no longer", gone)];
    let said = said.iter().filter(|(_, ids)| !ids.is_empty()).map(|(word, ids)| format!("{word} {ids}"));
    said.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::Service;
    use crate::target::Host;

    fn place(address: Option<&str>) -> WatchedPlace {
        let unresolved = Endpoint::of_domain("mail.test", Vec::new());
        assert_eq!((&unresolved.host, unresolved.service), (&Host::Name("mail.test".to_owned()), Service::Smtp));
        let address = address.map(|address| address.parse().expect("an address"));
        WatchedPlace::endpoint(0, "mail.test", &Endpoint { address, ..unresolved })
    }

    fn status(state: State, verdict: Verdict, causes: &[FindingId]) -> PlaceStatus {
        PlaceStatus { judged: Some((state, verdict)), causes: causes.to_vec() }
    }

    fn ok() -> PlaceStatus {
        status(State::Ok, Verdict::Pass, &[])
    }

    fn refused() -> PlaceStatus {
        status(State::ConnectionRefused, Verdict::Fail, &[])
    }

    /// What is said of a change between two rounds of these places.
    fn said<'a>(
        before: impl IntoIterator<Item = (Option<&'a str>, PlaceStatus)>,
        after: impl IntoIterator<Item = (Option<&'a str>, PlaceStatus)>,
    ) -> Vec<String> {
        let before = before.into_iter().map(|(address, status)| (place(address), status)).collect();
        let after = after.into_iter().map(|(address, status)| (place(address), status)).collect();
        let told = |change: &StatusChange| format!("{} {} ({})", change.place, change.words("->"), change.note());
        changes(&before, &after).iter().map(told).collect()
    }

    const ONE: Option<&str> = Some("192.0.2.1");
    const TWO: Option<&str> = Some("2001:db8::2");

    #[test]
    fn the_same_is_no_change() {
        assert!(said([(ONE, ok()), (TWO, refused())], [(ONE, ok()), (TWO, refused())]).is_empty());
    }

    #[test]
    fn a_state_a_cause_and_a_verdict_are_changes() {
        let warned = status(State::Ok, Verdict::Warn, &[FindingId::CertificateExpiresSoon]);
        let strict = status(State::Ok, Verdict::Fail, &[FindingId::CertificateExpiresSoon]);
        let said_of = |before, after| said([(ONE, before)], [(ONE, after)]).concat();
        let place = "mail.test:25 at 192.0.2.1";
        assert_eq!(said_of(ok(), refused()), format!("{place} ok -> connection-refused (was ok)"));
        let name = FindingId::CertificateExpiresSoon.name();
        assert_eq!(said_of(ok(), warned.clone()), format!("{place} ok: now {name} (now {name})"));
        assert_eq!(said_of(warned.clone(), ok()), format!("{place} ok: no longer {name} (no longer {name})"));
        assert_eq!(said_of(warned, strict), format!("{place} ok: warn -> fail (was warn)"));
    }

    #[test]
    fn addresses_come_and_go() {
        assert_eq!(
            said([(ONE, ok())], [(ONE, ok()), (TWO, refused())]),
            ["mail.test:25 at 2001:db8::2 new: connection-refused (new)"]
        );
        assert_eq!(
            said([(ONE, ok()), (TWO, refused())], [(ONE, ok())]),
            ["mail.test:25 at 2001:db8::2 no longer there, was connection-refused (no longer there)"]
        );
    }

    #[test]
    fn a_name_without_addresses_is_a_change_of_each_endpoint() {
        let gone = status(State::DnsTimeout, Verdict::Inconclusive, &[]);
        assert_eq!(
            said([(ONE, ok()), (TWO, ok())], [(None, gone.clone())]),
            [
                "mail.test:25 at 192.0.2.1 ok -> dns-timeout (was ok)",
                "mail.test:25 at 2001:db8::2 ok -> dns-timeout (was ok)"
            ]
        );
        assert_eq!(
            said([(None, gone)], [(ONE, ok()), (TWO, ok())]),
            [
                "mail.test:25 at 192.0.2.1 dns-timeout -> ok (was dns-timeout)",
                "mail.test:25 at 2001:db8::2 dns-timeout -> ok (was dns-timeout)"
            ]
        );
    }
}
