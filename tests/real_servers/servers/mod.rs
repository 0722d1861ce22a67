//! The servers, a file each.

mod cyrus;
mod dovecot;
mod exim;
mod haproxy;
mod opensmtpd;
mod openssl;
mod postfix;
mod stunnel;

pub(crate) use cyrus::Cyrus;
pub(crate) use dovecot::Dovecot;
pub(crate) use exim::Exim;
pub(crate) use haproxy::Haproxy;
pub(crate) use opensmtpd::OpenSmtpd;
pub(crate) use openssl::OldTls;
pub(crate) use postfix::Postfix;
pub(crate) use stunnel::Stunnel;
