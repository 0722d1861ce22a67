//! What a reply's code, its enhanced code (or response code) and its words mean together.
//!
//! Servers use the same code for quite different things, and words for the same thing differ from server to server. So
//! each of the three is a witness that admits some meanings and excludes the others, or says nothing. A meaning counts
//! where the words name it, or, where they are silent, where the finer code usually stands for it, and where no witness
//! that speaks excludes it. All else is "cannot tell".

use super::finding_id::FindingId;
use super::phrases::has_any;

/// What a code can stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Testimony {
    /// What it stands for where the words are silent; `None` where that differs.
    pub usual: Option<FindingId>,
    /// Every meaning that servers use it for.
    pub admits: &'static [FindingId],
}

impl Testimony {
    /// It stands for one of several things.
    pub(super) const fn one_of(admits: &'static [FindingId]) -> Self {
        Self { usual: None, admits }
    }

    /// It usually stands for the first of them.
    pub(super) const fn mostly(admits: &'static [FindingId]) -> Self {
        Self { usual: Some(admits[0]), admits }
    }
}

/// A way to say something in words.
pub(super) struct Wording {
    pub meaning: FindingId,
    /// Where the words say it with these enhanced codes only, the subject and the detail of each (`7.1`); none where the
    /// code does not matter.
    pub with: &'static [&'static str],
    /// In lower case.
    pub phrases: &'static [&'static str],
}

impl Wording {
    pub(super) const fn new(meaning: FindingId, phrases: &'static [&'static str]) -> Self {
        Self { meaning, with: &[], phrases }
    }

    fn stands_in(&self, text: &str, enhanced: Option<&str>) -> bool {
        let has_code = self.with.is_empty() || enhanced.is_some_and(|code| self.with.contains(&code));
        has_code && has_any(text, self.phrases)
    }
}

/// The meanings that a text names, from the first group that it has words of: each group is more telling than the next.
pub(super) fn named(groups: &[&[Wording]], text: &str, enhanced: Option<&str>) -> Vec<FindingId> {
    let of_group = |group: &&[Wording]| -> Vec<FindingId> {
        let mut meanings: Vec<_> =
            group.iter().filter(|wording| wording.stands_in(text, enhanced)).map(|wording| wording.meaning).collect();
        meanings.dedup();
        meanings
    };
    groups.iter().map(of_group).find(|meanings| !meanings.is_empty()).unwrap_or_default()
}

/// The one meaning that all agree on; `None` where that cannot be told.
pub(super) fn agreed(words: &[FindingId], fine: Option<Testimony>, code: Option<Testimony>) -> Option<FindingId> {
    let usual: Vec<FindingId> = fine.and_then(|claim| claim.usual).into_iter().collect();
    let candidates = if words.is_empty() { &usual } else { words };
    let is_admitted = |meaning: &FindingId| [fine, code].iter().flatten().all(|claim| claim.admits.contains(meaning));
    let mut left = candidates.iter().copied().filter(is_admitted);
    let first = left.next()?;
    left.all(|other| other == first).then_some(first)
}

/// `7.1` of `5.7.1`: the subject and the detail of an enhanced status code.
pub(super) fn detail_of(enhanced: &str) -> &str {
    enhanced.split_once('.').map_or("", |(_, detail)| detail)
}

/// Whether an enhanced status code says "for now" where the reply code says "for good", or the other way round.
pub(super) fn classes_differ(code: &str, enhanced: Option<&str>) -> bool {
    let is_class = |class: &char| class.is_ascii_digit();
    let class = code.chars().next().filter(is_class);
    class.zip(enhanced.and_then(|enhanced| enhanced.chars().next())).is_some_and(|(one, other)| one != other)
}

#[cfg(test)]
mod tests {
    use super::FindingId::{MailThrottled, RecipientMailboxFull, RecipientUnknown, RelayDenied};
    use super::*;

    const UNKNOWN: Testimony = Testimony::mostly(&[RecipientUnknown]);
    const FULL_OR_THROTTLED: Testimony = Testimony::one_of(&[RecipientMailboxFull, MailThrottled]);

    #[test]
    fn a_meaning_counts_where_nothing_that_speaks_excludes_it() {
        assert_eq!(agreed(&[RelayDenied], None, None), Some(RelayDenied));
        assert_eq!(agreed(&[RelayDenied], Some(UNKNOWN), None), None);
        assert_eq!(agreed(&[RelayDenied], None, Some(UNKNOWN)), None);
        // Two meanings in one text: a code that fits only one of them settles it.
        assert_eq!(agreed(&[RelayDenied, MailThrottled], Some(FULL_OR_THROTTLED), None), Some(MailThrottled));
        assert_eq!(agreed(&[RelayDenied, MailThrottled], None, None), None);
    }

    #[test]
    fn silent_words_leave_it_to_the_finer_code() {
        assert_eq!(agreed(&[], Some(UNKNOWN), None), Some(RecipientUnknown));
        assert_eq!(agreed(&[], Some(FULL_OR_THROTTLED), None), None);
        assert_eq!(agreed(&[], None, Some(UNKNOWN)), None);
        assert_eq!(agreed(&[], Some(UNKNOWN), Some(FULL_OR_THROTTLED)), None);
    }

    #[test]
    fn the_classes_of_the_two_codes_are_compared() {
        assert!(classes_differ("450", Some("5.1.1")) && classes_differ("550", Some("4.2.2")));
        assert!(!classes_differ("550", Some("5.1.1")) && !classes_differ("550", None));
        // Where there is an enhanced code alone, or another protocol's word.
        assert!(!classes_differ("", Some("5.1.1")) && !classes_differ("NO", Some("5.1.1")));
    }
}
