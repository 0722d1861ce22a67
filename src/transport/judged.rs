//! Judgements of certificates that were shown a moment ago: one host shows the same certificate on every port, and many
//! hosts of one provider show the same.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use aws_lc_rs::digest;

/// Judgements made within the same second, by what they were made of.
#[derive(Debug)]
pub(super) struct Judged<T>(Mutex<Kept<T>>);

#[derive(Debug)]
struct Kept<T> {
    /// When they were made, in seconds since the epoch: a judgement says when it was made, and a moment later a certificate
    /// may have expired.
    second: u64,
    judgements: HashMap<Key, T>,
}

/// What a judgement is made of: a SHA-256 digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Key([u8; digest::SHA256_OUTPUT_LEN]);

/// As many as are kept: each takes some kilobytes.
const MOST: usize = 256;

/// Longer chains are judged anew each time: real ones have less than half of that.
const LONGEST: usize = 16 * 1024;

impl Key {
    /// `parts` is everything that the judgement depends on, but for the time and the trusted authorities. `None` where it
    /// is too long to be remembered.
    pub(super) fn of<'a>(parts: impl Iterator<Item = &'a [u8]> + Clone) -> Option<Self> {
        let length: usize = parts.clone().map(<[u8]>::len).sum();
        if length > LONGEST {
            return None;
        }
        let mut context = digest::Context::new(&digest::SHA256);
        for part in parts {
            context.update(&part.len().to_be_bytes());
            context.update(part);
        }
        context.finish().as_ref().try_into().ok().map(Self)
    }
}

impl<T: Clone> Judged<T> {
    pub(super) fn new() -> Self {
        Self(Mutex::new(Kept { second: 0, judgements: HashMap::new() }))
    }

    /// The judgement of this second; where there is none, `judge` makes it. Two at the same time may both make it.
    pub(super) fn get_or(&self, key: Key, second: u64, judge: impl FnOnce() -> T) -> T {
        if let Some(known) = self.with(second, |judgements| judgements.get(&key).cloned()) {
            return known;
        }
        let judgement = judge();
        self.with(second, |judgements| {
            if judgements.len() >= MOST {
                judgements.clear();
            }
            judgements.insert(key, judgement.clone());
        });
        judgement
    }

    fn with<R>(&self, second: u64, look: impl FnOnce(&mut HashMap<Key, T>) -> R) -> R {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.second != second {
            kept.second = second;
            kept.judgements.clear();
        }
        look(&mut kept.judgements)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(parts: &[&[u8]]) -> Key {
        Key::of(parts.iter().copied()).unwrap()
    }

    #[test]
    fn a_judgement_is_good_for_its_second_and_for_what_it_was_made_of() {
        let judged = Judged::new();
        assert_eq!(judged.get_or(key(&[b"a", b"name"]), 7, || 1), 1);
        assert_eq!(judged.get_or(key(&[b"a", b"name"]), 7, || 2), 1);
        assert_eq!(judged.get_or(key(&[b"an", b"ame"]), 7, || 3), 3);
        assert_eq!(judged.get_or(key(&[b"a", b"other"]), 7, || 4), 4);
        assert_eq!(judged.get_or(key(&[b"a", b"name"]), 8, || 5), 5);
        assert_eq!(judged.get_or(key(&[b"a", b"name"]), 7, || 6), 6);
    }

    #[test]
    fn memory_is_bounded_in_number_and_size() {
        let judged = Judged::new();
        for number in 0..2 * MOST {
            judged.get_or(key(&[&number.to_be_bytes()]), 7, || ());
        }
        assert!(judged.with(7, |judgements| judgements.len()) <= MOST);
        let too_long = vec![0; LONGEST + 1];
        assert_eq!(Key::of([too_long.as_slice()].into_iter()), None);
    }
}
