//! The table, a file for each maker: what a server says, what mailprobe makes of it, and its exit code.

pub(crate) mod cyrus;
pub(crate) mod dovecot;
pub(crate) mod exim;
pub(crate) mod expired;
pub(crate) mod postfix;
