//! What tells subjects apart.

use std::fmt;

use crate::serve::settings::ServeSettings;

/// What is checked again and again: a target, by a module.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SubjectKey {
    /// As typed; empty where the module needs none (`blocked`).
    pub target: String,
    pub module: String,
}

/// What to call it: the target, and the module unless that goes without saying. Not escaped.
impl fmt::Display for SubjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (target, usual) = match self.target.as_str() {
            "" => ("port 25 from this machine", ServeSettings::BLOCKED_MODULE),
            target => (target, ServeSettings::DEFAULT_MODULE),
        };
        f.write_str(target)?;
        if self.module == usual { Ok(()) } else { write!(f, " ({})", self.module) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_without_a_target_has_a_name_too() {
        for (target, module, name) in [
            ("mail.example.org", "default", "mail.example.org"),
            ("mail.example.org", "blocked", "mail.example.org (blocked)"),
            ("", "blocked", "port 25 from this machine"),
            ("", "outbound", "port 25 from this machine (outbound)"),
        ] {
            let key = SubjectKey { target: target.to_owned(), module: module.to_owned() };
            assert_eq!(key.to_string(), name);
        }
    }
}
