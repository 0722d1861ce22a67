//! TLSA records for the certificates of the lab's servers, computed apart from mailprobe.

use std::fmt::Write as _;

use aws_lc_rs::digest::{SHA256, SHA512, digest};
use mailprobe_lab::{Leaf, Pki};
use x509_parser::prelude::{FromDer as _, X509Certificate};

/// The certificate that a record is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Of {
    /// The server's own.
    Server,
    /// The authority that signed it.
    Issuer,
    /// The authority above that.
    Root,
    /// The one that the server had before it was renewed with a new key.
    Before,
    /// An authority that has nothing to do with it.
    Stranger,
}

/// A record in the making.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tlsa {
    usage: u8,
    selector: u8,
    matching_type: u8,
    of: Of,
    /// Cut to so many bytes.
    cut: Option<usize>,
}

/// A record with these numbers, about this certificate.
pub(crate) const fn tlsa(usage: u8, selector: u8, matching_type: u8, of: Of) -> Tlsa {
    Tlsa { usage, selector, matching_type, of, cut: None }
}

impl Tlsa {
    /// Cuts the data to so many bytes.
    pub(crate) const fn cut(mut self, bytes: usize) -> Self {
        self.cut = Some(bytes);
        self
    }

    /// Its numbers, as in `3 1 1`.
    pub(crate) fn numbers(self) -> String {
        format!("{} {} {}", self.usage, self.selector, self.matching_type)
    }

    /// As it stands in a zone, for a server that shows this certificate.
    pub(crate) fn data(self, leaf: Leaf, names: &[String]) -> String {
        let mut data = self.matched(&self.certificate(leaf, names));
        data.truncate(self.cut.unwrap_or(data.len()));
        let mut text = format!("{} ", self.numbers());
        for byte in &data {
            write!(text, "{byte:02x}").expect("a string");
        }
        text
    }

    /// The certificate that it is about.
    pub(crate) const fn of(self) -> Of {
        self.of
    }

    fn certificate(self, leaf: Leaf, names: &[String]) -> Vec<u8> {
        let (leaf, position) = match self.of {
            Of::Server => (leaf, 0),
            Of::Issuer => (leaf, 1),
            Of::Root => (Leaf::SuperfluousRoot, 2),
            Of::Before => (Leaf::EcdsaP384, 0),
            Of::Stranger => (Leaf::UnknownRoot, 1),
        };
        Pki::shared().chain_for(leaf, names)[position].to_vec()
    }

    /// Numbers that are not defined get a SHA-256 of the key: somebody's guess.
    fn matched(self, certificate: &[u8]) -> Vec<u8> {
        let selected = if self.selector == 0 {
            certificate.to_vec()
        } else {
            let (_, parsed) = X509Certificate::from_der(certificate).expect("a certificate");
            parsed.public_key().raw.to_vec()
        };
        match self.matching_type {
            0 => selected,
            2 => digest(&SHA512, &selected).as_ref().to_vec(),
            _ => digest(&SHA256, &selected).as_ref().to_vec(),
        }
    }
}
