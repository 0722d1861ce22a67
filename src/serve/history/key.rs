//! What tells subjects apart.

/// What is checked again and again: a target, by a module.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SubjectKey {
    /// As typed.
    pub target: String,
    pub module: String,
}
