//! The client's TLS hello, read by hand: enough to see what it offers and to answer as a very old server does.

use crate::record::ClientHelloSeen;

const HANDSHAKE: u8 = 22;
const CLIENT_HELLO: u8 = 1;
const SERVER_NAME: u16 = 0;
const SUPPORTED_VERSIONS: u16 = 43;
const TLS_1_2: u16 = 0x0303;
const HANDSHAKE_FAILURE: u8 = 40;
const PROTOCOL_VERSION: u8 = 70;

/// What a `ClientHello` (RFC 8446, section 4.1.2) offers.
#[derive(Debug)]
pub(crate) struct ClientHello {
    record_length: usize,
    versions: Versions,
    cipher_suites: Vec<u16>,
    server_name: Option<String>,
}

#[derive(Debug)]
enum Versions {
    /// Everything up to this one: how TLS 1.2 and older say it.
    UpTo(u16),
    /// These, from the extension `supported_versions`.
    Listed(Vec<u16>),
}

impl ClientHello {
    /// Reads a TLS record; `None` when it holds no whole `ClientHello`.
    pub(crate) fn parse(record: &[u8]) -> Option<Self> {
        let mut rest = Reader(record);
        if rest.byte()? != HANDSHAKE {
            return None;
        }
        rest.take(4)?;
        if rest.byte()? != CLIENT_HELLO {
            return None;
        }
        rest.take(3)?;
        let legacy_version = rest.short()?;
        rest.take(32)?;
        rest.short_vector()?;
        let mut suites = rest.long_vector()?;
        let cipher_suites = std::iter::from_fn(|| suites.short()).collect();
        rest.short_vector()?;

        let mut versions = Versions::UpTo(legacy_version);
        let mut server_name = None;
        let mut extensions = rest.long_vector().unwrap_or(Reader(&[]));
        while let Some(kind) = extensions.short() {
            let mut body = extensions.long_vector()?;
            match kind {
                SUPPORTED_VERSIONS => {
                    let mut list = body.short_vector()?;
                    versions = Versions::Listed(std::iter::from_fn(|| list.short()).collect());
                }
                SERVER_NAME => {
                    let mut list = body.long_vector()?;
                    list.byte()?;
                    server_name = Some(String::from_utf8_lossy(list.long_vector()?.0).into_owned());
                }
                _ => {}
            }
        }
        Some(Self { record_length: record.len(), versions, cipher_suites, server_name })
    }

    pub(crate) fn seen(&self) -> ClientHelloSeen {
        ClientHelloSeen {
            length: self.record_length,
            server_name: self.server_name.clone(),
            newest_version: self.newest_up_to(u16::MAX).unwrap_or(0),
        }
    }

    /// What a server answers whose newest version is TLS 1.`minor`: a `ServerHello`, or the alert `protocol_version`.
    pub(crate) fn old_answer(&self, minor: u8) -> Vec<u8> {
        match self.newest_up_to(0x0301 + u16::from(minor)) {
            Some(version) => server_hello(version, self.cipher_suites.first().copied().unwrap_or_default()),
            None => alert(PROTOCOL_VERSION),
        }
    }

    /// What a TLS 1.2 server answers that knows one cipher suite: a `ServerHello`, or the alert `handshake_failure`.
    pub(crate) fn answer_with_suite(&self, suite: u16) -> Vec<u8> {
        if self.cipher_suites.contains(&suite) { server_hello(TLS_1_2, suite) } else { alert(HANDSHAKE_FAILURE) }
    }

    /// The newest version offered that is no newer than `limit`.
    fn newest_up_to(&self, limit: u16) -> Option<u16> {
        match &self.versions {
            Versions::UpTo(newest) => Some((*newest).min(limit).min(TLS_1_2)),
            // 0x?A?A are the reserved values of RFC 8701, there to be ignored.
            Versions::Listed(list) => {
                list.iter().copied().filter(|&version| version <= limit && version & 0x0f0f != 0x0a0a).max()
            }
        }
    }
}

/// A fatal alert (RFC 8446, section 6), in a record as TLS 1.2 writes it.
pub(crate) fn alert(description: u8) -> Vec<u8> {
    vec![0x15, 0x03, 0x03, 0x00, 0x02, 0x02, description]
}

/// A `ServerHello` (RFC 4346, section 7.4.1.3) without a session and without extensions.
fn server_hello(version: u16, cipher_suite: u16) -> Vec<u8> {
    let mut body = Vec::from(version.to_be_bytes());
    body.extend([0x5a; 32]);
    body.push(0);
    body.extend(cipher_suite.to_be_bytes());
    body.push(0);
    let length = u8::try_from(body.len()).unwrap_or(u8::MAX);

    let mut record = vec![0x16];
    record.extend(version.to_be_bytes());
    record.extend([0, length + 4, 2, 0, 0, length]);
    record.extend(body);
    record
}

/// Takes fields off the front; `None` where the bytes run out.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (front, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(front)
    }

    fn byte(&mut self) -> Option<u8> {
        self.take(1)?.first().copied()
    }

    fn short(&mut self) -> Option<u16> {
        Some(u16::from_be_bytes(self.take(2)?.try_into().ok()?))
    }

    /// A vector whose length is one byte.
    fn short_vector(&mut self) -> Option<Reader<'a>> {
        let length = self.byte()?;
        self.take(usize::from(length)).map(Reader)
    }

    /// A vector whose length is two bytes.
    fn long_vector(&mut self) -> Option<Reader<'a>> {
        let length = self.short()?;
        self.take(usize::from(length)).map(Reader)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hello(version: u16, extensions: &[u8]) -> Vec<u8> {
        let mut body = Vec::from(version.to_be_bytes());
        body.extend([7; 32]);
        body.extend([0, 0, 2, 0x00, 0x2f, 1, 0]);
        body.extend(u16::try_from(extensions.len()).unwrap_or(0).to_be_bytes());
        body.extend(extensions);
        let mut record = vec![0x16, 3, 1, 0, 0, 1, 0, 0, 0];
        record.extend(body);
        record
    }

    #[test]
    fn an_old_server_takes_the_newest_version_both_know() {
        let answer = |version, minor| ClientHello::parse(&hello(version, &[])).map(|hello| hello.old_answer(minor));
        assert_eq!(answer(0x0302, 1).and_then(|bytes| bytes.get(..3).map(Vec::from)), Some(vec![0x16, 3, 2]));
        assert_eq!(answer(0x0303, 0).and_then(|bytes| bytes.get(..3).map(Vec::from)), Some(vec![0x16, 3, 1]));
    }

    #[test]
    fn an_old_server_refuses_a_hello_that_lists_only_new_versions() {
        let modern = hello(0x0303, &[0, 43, 0, 5, 4, 3, 4, 3, 3]);
        let answer = ClientHello::parse(&modern).map(|hello| hello.old_answer(1));
        assert_eq!(answer, Some(vec![0x15, 3, 3, 0, 2, 2, 70]));
    }

    #[test]
    fn the_name_and_the_versions_are_seen() {
        let modern = hello(0x0303, &[0, 0, 0, 6, 0, 4, 0, 0, 1, b'x', 0, 43, 0, 5, 4, 0x0a, 0x0a, 3, 4]);
        let seen = ClientHello::parse(&modern).map(|hello| hello.seen());
        assert_eq!(seen.as_ref().and_then(|seen| seen.server_name.as_deref()), Some("x"));
        assert_eq!(seen.map(|seen| seen.newest_version), Some(0x0304));
    }

    #[test]
    fn a_hello_cut_short_is_no_hello() {
        let whole = hello(0x0303, &[]);
        for end in 0..whole.len() - 2 {
            assert!(ClientHello::parse(&whole[..end]).is_none(), "{end} bytes");
        }
    }
}
