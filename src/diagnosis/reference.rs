//! What every state and finding means, which evidence it needs, and what to do about it: `mailprobe explain` and the
//! pages under `docs/` are made from it.

pub use super::entry::Entry;
use super::finding_id::FindingId;
use super::state::State;

/// What a name in a report stands for. Where a finding explains a state, both bear it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subject {
    pub state: Option<State>,
    pub finding: Option<FindingId>,
    pub entry: Entry,
}

impl Subject {
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

/// The known names that are most like this one, the nearest first; none when nothing is like it.
#[cfg(feature = "cli")]
pub fn nearest(name: &str) -> Vec<&'static str> {
    /// How many names are offered in place of one that is unknown.
    const MAX_NEAREST: usize = 3;
    /// Longer words are no misspelt names, and are not compared: comparing takes time with their length.
    const MAX_NAME_CHARS: usize = 64;

    let wanted = name.to_ascii_lowercase();
    if wanted.is_empty() || wanted.chars().count() > MAX_NAME_CHARS {
        return Vec::new();
    }
    let distance = |known: &str| {
        let part =
            known.split('-').any(|word| word == wanted) || known.starts_with(&wanted) || wanted.starts_with(known);
        if part { 1 } else { strsim::levenshtein(&wanted, known) }
    };
    let subjects = subjects();
    let mut scored: Vec<_> = subjects.iter().map(|subject| (distance(subject.name()), subject.name())).collect();
    scored.retain(|&(distance, known)| distance <= 1 || distance <= known.len() / 3);
    scored.sort_unstable();
    scored.into_iter().take(MAX_NEAREST).map(|(_, known)| known).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(feature = "cli")]
    #[test]
    fn a_misspelt_name_leads_to_the_right_one() {
        assert_eq!(nearest("starttls-striped").first(), Some(&"starttls-stripped"));
        assert_eq!(nearest("no-greting").first(), Some(&"no-greeting"));
        assert_eq!(nearest("certificate").len(), 3);
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
    fn the_words_of_a_state_go_on_in_a_sentence() {
        for &state in State::ALL {
            let (one, many) = state.clauses();
            for words in [state.words(), one, many] {
                let bare = words.starts_with(char::is_lowercase) || words.starts_with("TLS");
                assert!(bare && !words.ends_with(['.', ' ']), "{state}: {words}");
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
