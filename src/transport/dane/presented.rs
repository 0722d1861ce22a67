//! The certificates that are held against the records.

use super::super::authority;
use super::association::key_of;

/// What a server is asked for, and what it showed.
#[derive(Debug, Clone, Copy)]
pub struct PresentedChain<'a> {
    /// The certificates in DER, the server's own first.
    pub certificates: &'a [Vec<u8>],
    /// The names that a certificate below an authority may be for (usage 2): the one that has the TLSA records, and the
    /// next-hop domain.
    pub names: &'a [String],
    /// The present, in seconds since 1970.
    pub now: i64,
}

/// A certificate that was sent, with its key where that can be read.
pub(super) struct Sent<'a> {
    pub(super) der: &'a [u8],
    pub(super) key: Option<Vec<u8>>,
}

impl<'a> Sent<'a> {
    pub(super) fn new(der: &'a [u8]) -> Self {
        Self { der, key: key_of(der) }
    }
}

/// The name of an authority, as far as it can be told.
pub(super) fn name_of(der: &[u8]) -> String {
    let name = authority::parse(der).map(|parsed| authority::name(&parsed)).filter(|name| !name.is_empty());
    name.unwrap_or_else(|| "an authority without a name".to_owned())
}
