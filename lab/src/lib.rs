//! Mail servers that misbehave on purpose.
