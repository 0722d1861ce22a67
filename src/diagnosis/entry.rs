//! What a name in a report stands for, in the words of `mailprobe explain` and of the pages under `docs/`.

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
