//! What one source knows of a name.

use std::net::IpAddr;
use std::time::Duration;

use crate::observation::{LookupFailure, LookupFailureKind, Resolution, Via};

/// The address families to look up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Families {
    /// IPv4: A records.
    pub v4: bool,
    /// IPv6: AAAA records.
    pub v6: bool,
}

impl Families {
    /// Both families.
    pub const BOTH: Self = Self { v4: true, v6: true };
}

/// How many addresses of one family are kept for a name. The widest mail services publish fewer than twenty; an answer
/// over TCP has room for four thousand, and each would be connected to.
pub const MAX_ADDRESSES: usize = 32;

pub(super) type FamilyAnswer = Result<Vec<IpAddr>, LookupFailure>;

/// What one source knows of a name. A family that was not asked for is `None`.
#[derive(Debug, Clone)]
pub(super) struct Answers {
    pub(super) via: Via,
    pub(super) ipv4: Option<FamilyAnswer>,
    pub(super) ipv6: Option<FamilyAnswer>,
    /// The name server that gave the addresses.
    pub(super) name_server: Option<String>,
    /// The name that has them, where it is the one asked for in a search domain.
    pub(super) found_as: Option<String>,
    /// What the DNS said, where the system's resolver knew the name nonetheless.
    pub(super) dns_failure: Option<LookupFailure>,
}

impl Answers {
    pub(super) fn new(via: Via, ipv4: Option<FamilyAnswer>, ipv6: Option<FamilyAnswer>) -> Self {
        Self { via, ipv4, ipv6, name_server: None, found_as: None, dns_failure: None }
    }

    /// The addresses that a source without failures gave. `source` names it in the message for a family that is missing.
    pub(super) fn known(via: Via, addresses: &[IpAddr], families: Families, source: &str) -> Self {
        let family = |wanted: bool, v4: bool, family: &str| {
            let of_family = addresses.iter().copied().filter(|address| address.is_ipv4() == v4);
            wanted.then(|| {
                bounded(of_family).ok_or_else(|| {
                    LookupFailure::new(LookupFailureKind::NoAddress, format!("{source} gives no {family} address"))
                })
            })
        };
        Self::new(via, family(families.v4, true, "IPv4"), family(families.v6, false, "IPv6"))
    }

    /// An address needs no lookup, and its other family is nobody's question.
    pub(super) fn literal(address: IpAddr, families: Families) -> Self {
        let own = Families { v4: families.v4 && address.is_ipv4(), v6: families.v6 && address.is_ipv6() };
        let asked = if own.v4 || own.v6 { own } else { families };
        Self::known(Via::Literal, &[address], asked, "the address itself")
    }

    /// The same failure for every family asked for.
    pub(super) fn failed(via: Via, families: Families, failure: &LookupFailure) -> Self {
        let answer = |wanted: bool| wanted.then(|| Err(failure.clone()));
        Self::new(via, answer(families.v4), answer(families.v6))
    }

    pub(super) fn found(&self) -> bool {
        [&self.ipv4, &self.ipv6].into_iter().flatten().any(Result::is_ok)
    }

    /// Whether the answer, for every family that was asked for, is that there is no such name.
    pub(super) fn is_no_name(&self) -> bool {
        let mut kinds = self.failures().map(|failure| failure.kind).filter(|kind| *kind != LookupFailureKind::Ipv6Off);
        !self.found() && kinds.all(|kind| kind == LookupFailureKind::NoSuchName)
    }

    /// The failure that says most of the name.
    fn gravest(&self) -> Option<&LookupFailure> {
        self.failures().min_by_key(|failure| (failure.kind == LookupFailureKind::NoAddress, failure.kind))
    }

    /// These, which the system's resolver gave where the DNS had said that.
    pub(super) fn in_spite_of(self, dns: &Self) -> Self {
        Self { dns_failure: dns.gravest().cloned(), ..self }
    }

    pub(super) fn failures(&self) -> impl Iterator<Item = &LookupFailure> {
        [&self.ipv4, &self.ipv6].into_iter().flatten().filter_map(|answer| answer.as_ref().err())
    }

    pub(super) fn into_resolution(mut self, host: String, duration: Duration) -> Resolution {
        let mut addresses = Vec::new();
        let mut take =
            |answer: &mut Option<FamilyAnswer>| answer.take().map(|answer| answer.map(|found| addresses.extend(found)));
        let (ipv4, ipv6) = (take(&mut self.ipv4), take(&mut self.ipv6));
        let Self { via, name_server, found_as, dns_failure, .. } = self;
        Resolution { host, addresses, via, name_server, found_as, dns_failure, ipv4, ipv6, duration }
    }
}

/// The first [`MAX_ADDRESSES`] different addresses; `None` when there is none.
pub(super) fn bounded(addresses: impl Iterator<Item = IpAddr>) -> Option<Vec<IpAddr>> {
    let mut kept = Vec::new();
    for address in addresses {
        if kept.len() < MAX_ADDRESSES && !kept.contains(&address) {
            kept.push(address);
        }
    }
    (!kept.is_empty()).then_some(kept)
}
