//! Verdicts on certificates that were shown a moment ago: a host shows the same one on every port, and the hosts of a
//! provider often do, each under a name of its own. Without it a list of probes took 9 to 44 % more CPU time (two runs, busy
//! machine).

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use rustls::pki_types::CertificateDer;

/// Verdicts of the same second, all by the same trust: that of whoever holds the cache.
#[derive(Debug, Default)]
pub(super) struct VerdictCache<T>(Mutex<OfOneSecond<T>>);

#[derive(Debug, Default)]
struct OfOneSecond<T> {
    /// Since the epoch. A moment later a certificate may have expired.
    second: u64,
    verdicts: HashMap<Shown, T>,
}

/// What a verdict is on: the certificates, for whatever name.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Shown(Vec<CertificateDer<'static>>);

/// As many as are kept: each takes some kilobytes.
const MOST: usize = 256;

/// Longer chains are judged anew each time: real ones have less than half of that.
const LONGEST: usize = 16 * 1024;

impl Shown {
    /// `None` where it is too long to be remembered.
    pub(super) fn new(leaf: &CertificateDer<'_>, above: &[CertificateDer<'_>]) -> Option<Self> {
        let chain = || std::iter::once(leaf).chain(above);
        let length: usize = chain().map(|certificate| certificate.len()).sum();
        let shown = || Self(chain().map(|certificate| certificate.clone().into_owned()).collect());
        (length <= LONGEST).then(shown)
    }
}

impl<T: Clone> VerdictCache<T> {
    /// The verdict of this second; where there is none, `judge` makes it. Two at the same time may both make it.
    pub(super) fn get_or(&self, shown: Option<Shown>, second: u64, judge: impl FnOnce() -> T) -> T {
        let Some(shown) = shown else { return judge() };
        if let Some(known) = self.with(second, |verdicts| verdicts.get(&shown).cloned()) {
            return known;
        }
        let verdict = judge();
        self.with(second, |verdicts| {
            if verdicts.len() >= MOST {
                verdicts.clear();
            }
            verdicts.insert(shown, verdict.clone());
        });
        verdict
    }

    /// How many verdicts of this second are kept.
    #[cfg(test)]
    pub(super) fn count(&self, second: u64) -> usize {
        self.with(second, |verdicts| verdicts.len())
    }

    fn with<R>(&self, second: u64, look: impl FnOnce(&mut HashMap<Shown, T>) -> R) -> R {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.second != second {
            kept.second = second;
            kept.verdicts.clear();
        }
        look(&mut kept.verdicts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(leaf: &'static [u8], above: &'static [u8]) -> Option<Shown> {
        Shown::new(&CertificateDer::from(leaf), &[CertificateDer::from(above)])
    }

    #[test]
    fn a_verdict_is_good_for_its_second_and_for_what_it_was_made_of() {
        let cache = VerdictCache::default();
        assert_eq!(cache.get_or(shown(b"ab", b"c"), 7, || 1), 1);
        assert_eq!(cache.get_or(shown(b"ab", b"c"), 7, || 2), 1);
        assert_eq!(cache.get_or(shown(b"a", b"bc"), 7, || 3), 3);
        assert_eq!(cache.get_or(shown(b"ab", b"c"), 8, || 4), 4);
        assert_eq!(cache.get_or(shown(b"ab", b"c"), 7, || 5), 5);
    }

    #[test]
    fn memory_is_bounded_in_number_and_size() {
        let cache = VerdictCache::default();
        for number in 0..2 * MOST {
            let leaf = CertificateDer::from(number.to_be_bytes().to_vec());
            cache.get_or(Shown::new(&leaf, &[]), 7, || ());
        }
        assert!(cache.count(7) <= MOST);
        let long = CertificateDer::from(vec![0; LONGEST + 1]);
        assert_eq!(Shown::new(&long, &[]), None);
    }
}
