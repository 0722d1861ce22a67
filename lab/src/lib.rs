//! Mail servers that misbehave on purpose.

pub mod dns;
