//! A question, and what comes of it.

use std::time::Duration;

use hickory_proto::rr::RecordType;

/// A question that the server saw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The name, in lower case and without its final dot.
    pub name: String,
    /// The type of record asked for.
    pub record_type: RecordType,
    /// How it came.
    pub transport: Transport,
}

/// How a question came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// In a datagram.
    Udp,
    /// Over a connection.
    Tcp,
}

/// What the server does with a question.
#[derive(Debug)]
pub(crate) enum Reaction {
    /// It answers with these bytes, after a while.
    Answer(Duration, Vec<u8>),
    /// It says nothing.
    Silence,
}
