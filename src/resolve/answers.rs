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
}

impl Answers {
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
        Self { via, ipv4: family(families.v4, true, "IPv4"), ipv6: family(families.v6, false, "IPv6") }
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
        Self { via, ipv4: answer(families.v4), ipv6: answer(families.v6) }
    }

    pub(super) fn found(&self) -> bool {
        [&self.ipv4, &self.ipv6].into_iter().flatten().any(Result::is_ok)
    }

    /// Whether every family's answer is that there is no such name.
    pub(super) fn is_no_name(&self) -> bool {
        !self.found() && self.failures().all(|failure| failure.kind == LookupFailureKind::NoSuchName)
    }

    pub(super) fn failures(&self) -> impl Iterator<Item = &LookupFailure> {
        [&self.ipv4, &self.ipv6].into_iter().flatten().filter_map(|answer| answer.as_ref().err())
    }

    pub(super) fn into_resolution(self, host: String, duration: Duration) -> Resolution {
        let mut addresses = Vec::new();
        let mut take = |answer: Option<FamilyAnswer>| answer.map(|answer| answer.map(|found| addresses.extend(found)));
        let (ipv4, ipv6) = (take(self.ipv4), take(self.ipv6));
        Resolution { host, addresses, via: self.via, ipv4, ipv6, duration }
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
