//! The servers, a file each, with their configurations beside them.

mod cyrus;
mod dovecot;
mod exim;
mod postfix;

pub(crate) use cyrus::Cyrus;
pub(crate) use dovecot::Dovecot;
pub(crate) use exim::Exim;
pub(crate) use postfix::Postfix;
