//! What a TLSA record says by itself: whether senders can use it, and which data it fits (RFC 6698, section 2.1).

use std::borrow::Cow;

use aws_lc_rs::digest::{SHA256, SHA512, digest};
use rustls::pki_types::CertificateDer;
use webpki::EndEntityCert;
use x509_parser::prelude::FromDer as _;
use x509_parser::x509::SubjectPublicKeyInfo;

use crate::observation::promises::{TlsaRecord, UnusableTlsa};

// Usages, selectors and matching types by their numbers (RFC 7218 names them DANE-TA, DANE-EE, Cert, SPKI, Full, SHA2-256
// and SHA2-512).
pub(super) const AUTHORITY: u8 = 2;
pub(super) const SERVER: u8 = 3;
pub(super) const CERTIFICATE: u8 = 0;
pub(super) const KEY: u8 = 1;
pub(super) const FULL: u8 = 0;
pub(super) const SHA_256: u8 = 1;
pub(super) const SHA_512: u8 = 2;

/// Why senders pass over a record, whatever the server shows. What comes first in the record is told first.
pub(super) fn unusable(record: &TlsaRecord) -> Option<UnusableTlsa> {
    let TlsaRecord { usage, selector, matching_type, data } = record;
    match *usage {
        AUTHORITY | SERVER => {}
        ..AUTHORITY => return Some(UnusableTlsa::Usage),
        _ => return Some(UnusableTlsa::UnknownUsage),
    }
    if !matches!(*selector, CERTIFICATE | KEY) {
        return Some(UnusableTlsa::Selector);
    }
    let has_length = |length: usize| (data.len() != length).then_some(UnusableTlsa::Length);
    match *matching_type {
        SHA_256 => has_length(SHA256.output_len()),
        SHA_512 => has_length(SHA512.output_len()),
        FULL if *selector == KEY => (!is_key(data)).then_some(UnusableTlsa::Data),
        FULL => (!is_certificate(data)).then_some(UnusableTlsa::Data),
        _ => Some(UnusableTlsa::MatchingType),
    }
}

/// What a record holds whole.
pub(super) enum Published<'a> {
    Certificate(&'a [u8]),
    Key(&'a [u8]),
}

impl<'a> Published<'a> {
    /// `None`: it holds a hash.
    pub(super) fn of(record: &'a TlsaRecord) -> Option<Self> {
        let data = &record.data;
        (record.matching_type == FULL)
            .then(|| if record.selector == KEY { Self::Key(data) } else { Self::Certificate(data) })
    }
}

/// Whether a record's data are those of this certificate by this selector, which need not be the record's own.
pub(super) fn fits(record: &TlsaRecord, selector: u8, der: &[u8], key: Option<&[u8]>) -> bool {
    let selected = if selector == KEY { key } else { Some(der) };
    let associated = selected.map(|selected| match record.matching_type {
        SHA_256 => Cow::Owned(digest(&SHA256, selected).as_ref().to_vec()),
        SHA_512 => Cow::Owned(digest(&SHA512, selected).as_ref().to_vec()),
        _ => Cow::Borrowed(selected),
    });
    associated.is_some_and(|associated| associated == record.data)
}

/// The key of a certificate, as a `SubjectPublicKeyInfo` in DER.
pub(super) fn key_of(der: &[u8]) -> Option<Vec<u8>> {
    if let Ok((_, parsed)) = x509_parser::parse_x509_certificate(der) {
        return Some(parsed.public_key().raw.to_vec());
    }
    // What one library stumbles over, the other may read.
    let der = CertificateDer::from(der);
    EndEntityCert::try_from(&der).ok().map(|read| read.subject_public_key_info().to_vec())
}

fn is_certificate(data: &[u8]) -> bool {
    x509_parser::parse_x509_certificate(data).is_ok_and(|(rest, _)| rest.is_empty())
}

fn is_key(data: &[u8]) -> bool {
    SubjectPublicKeyInfo::from_der(data).is_ok_and(|(rest, _)| rest.is_empty())
}
