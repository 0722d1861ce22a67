//! TXT records in which policies are announced.

use crate::observation::failure::LookupFailure;

/// A TXT record in which a policy is announced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PolicyRecord<T> {
    /// There is none.
    None,
    /// It could not be looked up.
    Failed(LookupFailure),
    /// There is one that can be used: as written, and what it says.
    Good {
        /// Hostile text. Where several records count together, each is on a line of its own.
        text: String,
        record: T,
        /// What is wrong with it and does not keep anybody from using it.
        remarks: Vec<RecordFault>,
    },
    /// What stands there cannot be used: senders act as if there were none.
    Faulty {
        /// Every record that looks as if it were meant; hostile text.
        texts: Vec<String>,
        faults: Vec<RecordFault>,
    },
}

/// What is wrong with a policy's TXT record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecordFault {
    /// There are this many of them, and senders must then use none.
    Several(usize),
    /// It does not begin with the version, or that is written otherwise.
    BadVersion,
    /// A field that it must have is missing.
    Missing(&'static str),
    /// A field stands there more than once.
    Twice(String),
    /// A field's value is not allowed: field, value, and what is allowed.
    BadValue { field: &'static str, value: String, allowed: &'static str },
    /// It is not made of fields `name=value` with semicolons between them.
    Malformed(String),
    /// Another record than the one that belongs here, by its version: `v=spf1`.
    Foreign(String),
    /// Another of the records that announce a policy: the name, below the domain, where that one belongs.
    WrongName(&'static str),
}

impl RecordFault {
    /// Whether what stands there is no record of this kind at all.
    pub fn is_foreign(&self) -> bool {
        matches!(self, Self::Foreign(_) | Self::WrongName(_))
    }
}
