//! What every state and finding means, which evidence it needs, and what to do about it: `mailprobe explain` and the
//! pages under `docs/` are made from it.

mod discovery;
mod findings;
mod outbound;
mod states;
mod tls;

use super::{FindingId, State};

/// One state or finding, explained.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// The id in a few words.
    pub title: &'static str,
    /// What is the case when it is reported.
    pub meaning: &'static str,
    /// What must have been seen for it to be reported.
    pub evidence: &'static str,
    /// What to do about it.
    pub advice: &'static str,
}

const fn entry(title: &'static str, meaning: &'static str, evidence: &'static str, advice: &'static str) -> Entry {
    Entry { title, meaning, evidence, advice }
}

impl State {
    /// Its entry in the reference.
    pub const fn entry(self) -> Entry {
        states::of(self)
    }
}

impl FindingId {
    /// Its entry in the reference. A finding that explains a state shares that state's.
    pub const fn entry(self) -> Entry {
        findings::of(self)
    }

    /// What part of a check it is about, in the order of a check.
    pub const fn topic(self) -> &'static str {
        findings::topic(self)
    }
}

/// What a name in a report stands for. Where a finding explains a state, both bear it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subject {
    /// The state of this name.
    pub state: Option<State>,
    /// The finding of this name.
    pub finding: Option<FindingId>,
    /// What the name means.
    pub entry: Entry,
}

impl Subject {
    /// The name.
    pub fn name(&self) -> &'static str {
        self.state.map(State::name).or(self.finding.map(FindingId::name)).unwrap_or_default()
    }
}

impl From<State> for Subject {
    fn from(state: State) -> Self {
        Self { state: Some(state), finding: FindingId::from_name(state.name()), entry: state.entry() }
    }
}

impl From<FindingId> for Subject {
    fn from(id: FindingId) -> Self {
        Self { state: State::from_name(id.name()), finding: Some(id), entry: id.entry() }
    }
}

/// Everything there is: the states, then the findings that explain none.
pub fn subjects() -> Vec<Subject> {
    let states = State::ALL.iter().map(|&state| Subject::from(state));
    let findings = FindingId::ALL.iter().map(|&id| Subject::from(id)).filter(|subject| subject.state.is_none());
    states.chain(findings).collect()
}

/// Looks a name up, in any case.
pub fn look_up(name: &str) -> Option<Subject> {
    let name = name.to_ascii_lowercase();
    let state = State::from_name(&name).map(Subject::from);
    state.or_else(|| FindingId::from_name(&name).map(Subject::from))
}

/// How many names are offered in place of one that is unknown.
const MAX_NEAREST: usize = 3;

/// Words longer than this are no misspelt names, and are not compared: comparing takes time with their length.
const MAX_NAME_CHARS: usize = 64;

/// The known names that are most like this one, the nearest first; none when nothing is like it.
pub fn nearest(name: &str) -> Vec<&'static str> {
    let wanted = name.to_ascii_lowercase();
    if wanted.is_empty() || wanted.chars().count() > MAX_NAME_CHARS {
        return Vec::new();
    }
    let mut scored: Vec<(usize, &'static str)> =
        subjects().iter().map(Subject::name).filter_map(|known| Some((distance(&wanted, known)?, known))).collect();
    scored.sort_unstable();
    scored.into_iter().take(MAX_NEAREST).map(|(_, known)| known).collect()
}

/// How far apart two names are; `None` when they are not alike. A part of a name counts as near it.
fn distance(wanted: &str, known: &str) -> Option<usize> {
    if known.split('-').any(|word| word == wanted) || known.starts_with(wanted) || wanted.starts_with(known) {
        return Some(1);
    }
    let edits = edits(wanted, known);
    (edits <= known.len() / 3).then_some(edits)
}

/// The Levenshtein distance: how many letters must be put in, taken out or changed.
fn edits(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (line, letter) in one.chars().enumerate() {
        let mut next = Vec::with_capacity(row.len());
        next.push(line + 1);
        for ((&above, &diagonal), &candidate) in row.iter().skip(1).zip(&row).zip(&other) {
            let left = next.last().copied().unwrap_or_default();
            next.push((diagonal + usize::from(letter != candidate)).min(above + 1).min(left + 1));
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_name_leads_to_the_right_one() {
        assert_eq!(nearest("starttls-striped").first(), Some(&"starttls-stripped"));
        assert_eq!(nearest("no-greting").first(), Some(&"no-greeting"));
        assert_eq!(nearest("certificate").len(), MAX_NEAREST);
        assert!(nearest("reputation").contains(&"poor-reputation"));
        assert_eq!(nearest("xyzzy"), [""; 0]);
        assert_eq!(nearest(""), [""; 0]);
        assert_eq!(nearest(&"a".repeat(100_000)), [""; 0]);
    }

    #[test]
    fn the_same_name_has_the_same_entry() {
        for &state in State::ALL {
            if let Some(finding) = FindingId::from_name(state.name()) {
                assert_eq!(state.entry(), finding.entry(), "{state}");
            }
        }
    }

    #[test]
    fn every_entry_is_complete_and_in_sentences() {
        for subject in subjects() {
            let (name, entry) = (subject.name(), subject.entry);
            assert!(!entry.title.is_empty() && !entry.title.ends_with('.'), "{name}: {}", entry.title);
            for text in [entry.meaning, entry.evidence, entry.advice] {
                assert!(text.ends_with('.') && text.starts_with(char::is_uppercase), "{name}: {text}");
            }
        }
    }
}
