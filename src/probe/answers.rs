//! What has come back from each address so far: the round trip of one port tells how long to wait for another.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::watch;

use super::limits::SYSTEM_REPEATS_FIRST;
use crate::observation::ConnectFailureKind;
use crate::transport::tcp::ConnectError;

/// The addresses that are being connected to. The others are forgotten.
#[derive(Debug, Default)]
pub(super) struct AnswersByAddress(Mutex<HashMap<IpAddr, Weak<AddressAnswers>>>);

/// What has come back from one address.
#[derive(Debug)]
pub(super) struct AddressAnswers {
    address: IpAddr,
    seen: watch::Sender<AnswersSeen>,
    all: Weak<AnswersByAddress>,
}

#[derive(Debug, Clone, Copy, Default)]
pub(super) struct AnswersSeen {
    /// The shortest time from a connection request to its answer.
    pub(super) fastest: Option<Duration>,
    slowest: Duration,
    /// Whether a request had to be repeated before an answer came.
    repeated: bool,
    /// Whether something on the way rejects with ICMP errors. There are never as many of those as requests.
    pub(super) rejected: bool,
}

impl AnswersSeen {
    /// Whether requests get lost, or are as late as if they did: what one silent port shows is less certain then.
    pub(super) fn is_unsteady(&self) -> bool {
        /// Differences that servers and busy machines make by themselves.
        const USUAL: Duration = Duration::from_millis(100);
        self.repeated || self.fastest.is_some_and(|fastest| self.slowest > fastest * 3 + USUAL)
    }
}

impl AnswersByAddress {
    /// Of this address, as long as somebody holds it.
    pub(super) fn of(self: &Arc<Self>, address: IpAddr) -> Arc<AddressAnswers> {
        let mut by_address = self.lock();
        if let Some(known) = by_address.get(&address).and_then(Weak::upgrade) {
            return known;
        }
        let new = AddressAnswers { address, seen: watch::Sender::default(), all: Arc::downgrade(self) };
        let new = Arc::new(new);
        by_address.insert(address, Arc::downgrade(&new));
        new
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<IpAddr, Weak<AddressAnswers>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl AddressAnswers {
    pub(super) fn watch(&self) -> watch::Receiver<AnswersSeen> {
        self.seen.subscribe()
    }

    /// Notes how the `number`th request to a port ended, counted from 0, after this time.
    pub(super) fn note<T>(&self, number: u32, result: &Result<T, ConnectError>, took: Duration) {
        match result {
            Ok(_) | Err(ConnectError::ResetAtOnce) => self.answered(number, took),
            Err(ConnectError::Failure(failure)) if !failure.on_this_machine => match (failure.kind, failure.icmp) {
                (ConnectFailureKind::Refused, None) => self.answered(number, took),
                (ConnectFailureKind::Refused, Some(icmp)) if icmp.from == Some(self.address) => {
                    self.answered(number, took);
                }
                (_, Some(_)) => self.seen.send_modify(|seen| seen.rejected = true),
                (_, None) => {}
            },
            Err(ConnectError::Failure(_) | ConnectError::Local(_)) => {}
        }
    }

    fn answered(&self, number: u32, took: Duration) {
        self.seen.send_modify(|seen| {
            // Which of the system's own requests was answered is not known.
            let by_first = took < SYSTEM_REPEATS_FIRST;
            seen.repeated |= number > 0 || !by_first;
            if by_first {
                seen.fastest = Some(seen.fastest.map_or(took, |fastest| fastest.min(took)));
                seen.slowest = seen.slowest.max(took);
            }
        });
    }
}

impl Drop for AddressAnswers {
    fn drop(&mut self) {
        let Some(all) = self.all.upgrade() else { return };
        let mut by_address = all.lock();
        // Somebody may have come anew meanwhile.
        if by_address.get(&self.address).is_some_and(|known| known.strong_count() == 0) {
            by_address.remove(&self.address);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADDRESS: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));

    #[test]
    fn an_address_is_remembered_as_long_as_somebody_holds_it() {
        let answers = Arc::new(AnswersByAddress::default());
        let held = answers.of(ADDRESS);
        answers.of(ADDRESS).note(0, &Ok(()), Duration::from_millis(20));
        assert_eq!(held.watch().borrow().fastest, Some(Duration::from_millis(20)));
        drop(held);
        assert!(answers.lock().is_empty());
        assert_eq!(answers.of(ADDRESS).watch().borrow().fastest, None);
    }

    #[test]
    fn repeats_and_large_differences_make_a_way_unsteady() {
        /// The request's number, and how many milliseconds its answer took.
        type Note = (u32, u64);
        let cases: [(&str, &[Note], bool); 5] = [
            ("one answer", &[(0, 50)], false),
            ("two like each other", &[(0, 50), (0, 90)], false),
            ("one much slower", &[(0, 50), (0, 400)], true),
            ("one to a repeat", &[(0, 50), (2, 50)], true),
            ("one to the system's repeat", &[(0, 50), (0, 1050)], true),
        ];
        for (name, notes, unsteady) in cases {
            let answers = Arc::new(AnswersByAddress::default());
            let held = answers.of(ADDRESS);
            for &(number, milliseconds) in notes {
                held.note(number, &Ok(()), Duration::from_millis(milliseconds));
            }
            assert_eq!(held.watch().borrow().is_unsteady(), unsteady, "{name}");
        }
    }
}
