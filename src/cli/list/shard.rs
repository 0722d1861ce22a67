//! `--shard K/N`: a share of a list that stays the same whatever the order of its lines.

use aws_lc_rs::digest::{SHA256, digest};

use crate::target::Target;

/// One of several shares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) struct Shard {
    /// Which one, counted from 0.
    index: u64,
    count: u64,
}

/// More machines than anybody has.
const MOST: u64 = 1_000_000;

pub(in super::super) fn shard(text: &str) -> Result<Shard, String> {
    let numbers = text.split_once('/').and_then(|(index, count)| Some((index.parse().ok()?, count.parse().ok()?)));
    match numbers {
        Some((index, count)) if index < count && count <= MOST => Ok(Shard { index, count }),
        Some((_, count)) if count > 0 && count <= MOST => {
            Err(format!("of {count} shares the first is 0/{count} and the last {}/{count}", count - 1))
        }
        _ => Err("write which share of how many, the first being 0, as in 0/4".to_owned()),
    }
}

impl Shard {
    /// Whether a target belongs to this share. The same target does however it is written, in every version of mailprobe:
    /// the first eight bytes of the SHA-256 of its canonical form, modulo the number of shares.
    pub(super) fn has(self, target: &Target) -> bool {
        let hash = digest(&SHA256, target.to_string().as_bytes());
        let number = hash.as_ref().iter().take(8).fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
        number % self.count == self.index
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn target(typed: &str) -> Target {
        Target::parse(typed).unwrap()
    }

    fn index(typed: &str, count: u64) -> Option<u64> {
        (0..count).find(|&index| Shard { index, count }.has(&target(typed)))
    }

    #[test]
    fn shares_are_counted_from_zero() {
        assert_eq!(shard("0/1"), Ok(Shard { index: 0, count: 1 }));
        assert_eq!(shard("3/4"), Ok(Shard { index: 3, count: 4 }));
        assert!(shard("4/4").unwrap_err().contains("the last 3/4"));
        for wrong in ["", "1", "1/0", "-1/2", "a/b", "0/99999999999", "1/2/3"] {
            assert!(shard(wrong).unwrap_err().contains("as in 0/4"), "{wrong}");
        }
    }

    #[test]
    fn the_same_target_is_in_the_same_share_however_it_is_written() {
        for (one, other) in [
            ("MAIL.example.org", "mail.example.org."),
            ("mail.example.org:993", "imaps://mail.example.org"),
            ("[2001:db8:0::1]:25", "[2001:DB8::1]:25"),
        ] {
            assert_eq!(index(one, 64), index(other, 64), "{one} and {other}");
        }
    }

    /// Other versions must find the same share.
    #[test]
    fn shares_never_change() {
        assert_eq!(index("mail.example.org", 1000), Some(340));
        assert_eq!(index("imaps://imap.example.net", 1000), Some(155));
    }

    #[test]
    fn shares_are_about_equal() {
        let targets: Vec<Target> = (0..10_000).map(|number| target(&format!("t{number}.example.org"))).collect();
        for index in 0..10 {
            let share = targets.iter().filter(|target| Shard { index, count: 10 }.has(target)).count();
            assert!((850..1150).contains(&share), "{share}");
        }
    }

    proptest! {
        #[test]
        fn all_shares_together_are_the_list_and_none_overlap(
            names in proptest::collection::vec("[a-z0-9]{1,12}(\\.[a-z]{2,8}){1,2}", 1..40),
            count in 1..20_u64,
        ) {
            for name in names {
                let target = target(&name);
                let owners = (0..count).filter(|&index| Shard { index, count }.has(&target)).count();
                prop_assert_eq!(owners, 1);
            }
        }
    }
}
