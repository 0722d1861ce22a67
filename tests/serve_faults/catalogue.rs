//! The faults: those of the comparison page, and each other one of the lab in the first shape that it can have.

use std::collections::BTreeSet;

use mailprobe_lab::{Behaviour, Fault, Leaf};
use regex::Regex;

/// The name that the lab's certificates are for.
pub(crate) const NAME: &str = "mail.test.example";

/// Where the faults of docs/comparison.md are written down.
const COMPARED: &str = include_str!("../../scripts/compare/faults.py");

/// The lab's words for a protocol and where its TLS begins, and the scheme that expects just that.
const SHAPES: [(&str, &str); 6] = [
    ("smtp:starttls", "submission"),
    ("smtp:implicit", "submissions"),
    ("imap:starttls", "imap"),
    ("imap:implicit", "imaps"),
    ("pop3:starttls", "pop3"),
    ("pop3:implicit", "pop3s"),
];

/// A server that has a fault.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Case {
    /// In the lab's words.
    pub(crate) words: String,
    pub(crate) scheme: &'static str,
}

impl Case {
    /// `None` where such a server cannot have this fault.
    pub(crate) fn read(words: &str) -> Option<Self> {
        let (_, scheme) = SHAPES.iter().find(|(shape, _)| words.starts_with(shape))?;
        words.parse::<Behaviour>().ok()?;
        Some(Self { words: words.to_owned(), scheme })
    }

    pub(crate) fn behaviour(&self) -> Behaviour {
        self.words.parse().expect("it was read before")
    }
}

/// All faults.
pub(crate) fn cases() -> Vec<Case> {
    let behaviour = Regex::new(r#""((?:smtp|imap|pop3):(?:starttls|implicit)(?::[a-z0-9-]+)?)""#).expect("a pattern");
    let compared: BTreeSet<Case> = behaviour
        .captures_iter(COMPARED)
        .map(|found| Case::read(&found[1]).unwrap_or_else(|| panic!("the lab does not know {}", &found[1])))
        .collect();
    assert!(compared.len() >= 20, "only {} faults were found in scripts/compare/faults.py", compared.len());
    let others = Fault::all().iter().map(Fault::name).chain(Leaf::ALL.map(Leaf::name));
    let others: BTreeSet<Case> =
        others.filter_map(|name| SHAPES.iter().find_map(|(shape, _)| Case::read(&format!("{shape}:{name}")))).collect();
    compared.union(&others).map(|case| Case { words: case.words.clone(), scheme: case.scheme }).collect()
}
