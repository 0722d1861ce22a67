//! The keys that DNSSEC validation starts from.

use std::fmt;
use std::path::Path;
use std::str::FromStr;

use hickory_resolver::proto::dnssec::rdata::{DNSKEY, DNSSECRData, DS};
use hickory_resolver::proto::dnssec::{DigestType, PublicKey, TrustAnchors, Verifier};
use hickory_resolver::proto::rr::{Name, RData, RecordType};
use hickory_resolver::proto::serialize::txt::trust_anchor::{Entry, Parser};

use crate::target::Quoted;

/// No file of trust anchors is larger: the root's keys come to one kilobyte.
const MAX_FILE: u64 = 1 << 20;

/// The keys that DNSSEC validation starts from: those of the root that are built in, or the user's own.
#[derive(Clone, Default)]
pub struct TrustAnchor {
    /// `None`: those of the root that are built in.
    own: Option<OwnAnchors>,
}

/// What a file of trust anchors holds.
#[derive(Clone, Default)]
struct OwnAnchors {
    keys: Vec<(Name, DNSKEY)>,
    digests: Vec<(Name, DS)>,
}

/// A file of trust anchors cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TrustAnchorError {
    /// It cannot be read: the system's words.
    #[error("it cannot be read: {0}")]
    Unreadable(String),
    /// A line, by its number, is no record that can be used: why.
    #[error("line {line}: {why}")]
    Line { line: usize, why: String },
    /// There is no record in it.
    #[error("it holds no DNSKEY or DS record, as in: . IN DS 20326 8 2 E06D44B8...")]
    Empty,
}

impl TrustAnchor {
    /// Reads DNSKEY and DS records as a zone file has them.
    pub fn from_file(path: &Path) -> Result<Self, TrustAnchorError> {
        let unreadable = |words: &dyn fmt::Display| TrustAnchorError::Unreadable(words.to_string());
        let length = std::fs::metadata(path).map_err(|error| unreadable(&error))?.len();
        if length > MAX_FILE {
            return Err(unreadable(&"it is larger than 1 MiB"));
        }
        std::fs::read_to_string(path).map_err(|error| unreadable(&error))?.parse()
    }

    /// The zones that there are anchors for.
    pub(super) fn zones(&self) -> Vec<Name> {
        let Some(own) = &self.own else { return vec![Name::root()] };
        let mut zones: Vec<Name> = Vec::new();
        let keys = own.keys.iter().map(|(zone, _)| zone);
        for zone in keys.chain(own.digests.iter().map(|(zone, _)| zone)) {
            if !zones.contains(zone) {
                zones.push(zone.clone());
            }
        }
        zones
    }

    /// The anchors as keys: a DS record names one that the zone itself publishes.
    pub(super) fn keys(&self, published: &[(Name, DNSKEY)]) -> TrustAnchors {
        let Some(own) = &self.own else { return TrustAnchors::default() };
        let named = published.iter().filter(|(zone, key)| {
            own.digests.iter().any(|(of, digest)| of == zone && digest.covers(zone, key).unwrap_or(false))
        });
        let mut anchors = TrustAnchors::empty();
        for (zone, key) in own.keys.iter().chain(named) {
            anchors.insert_with_name(key.public_key(), zone.into());
        }
        anchors
    }
}

impl fmt::Debug for TrustAnchor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let zones: Vec<String> = self.zones().iter().map(ToString::to_string).collect();
        f.debug_struct("TrustAnchor").field("is_built_in", &self.own.is_none()).field("zones", &zones).finish()
    }
}

impl FromStr for TrustAnchor {
    type Err = TrustAnchorError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut own = OwnAnchors::default();
        for (line, record) in records(text) {
            let wrong = |why: String| TrustAnchorError::Line { line, why };
            let (name, record_type, data) = fields(&record).map_err(wrong)?;
            match record_type {
                RecordType::DNSKEY => own.keys.push((name, key(&data, &record).map_err(wrong)?)),
                RecordType::DS => own.digests.push((name, digest(&data, &record).map_err(wrong)?)),
                other => return Err(wrong(format!("{other} records are no trust anchors: DNSKEY and DS are"))),
            }
        }
        if own.keys.is_empty() && own.digests.is_empty() {
            return Err(TrustAnchorError::Empty);
        }
        Ok(Self { own: Some(own) })
    }
}

/// The records of a zone file, each on one line and with the number of the line that it begins on; without comments.
fn records(text: &str) -> Vec<(usize, String)> {
    let mut records: Vec<(usize, String)> = Vec::new();
    let mut is_open = false;
    for (number, line) in text.lines().enumerate() {
        let line = line.split(';').next().unwrap_or_default();
        let bare = line.replace(['(', ')'], " ");
        match records.last_mut().filter(|_| is_open) {
            Some((_, record)) => record.extend([" ", bare.trim()]),
            None if !bare.trim().is_empty() => records.push((number + 1, bare.trim().to_owned())),
            None => {}
        }
        for sign in line.chars() {
            match sign {
                '(' => is_open = true,
                ')' => is_open = false,
                _ => {}
            }
        }
    }
    records
}

/// Name, type and data of `NAME [TTL] [CLASS] TYPE DATA`.
fn fields(record: &str) -> Result<(Name, RecordType, String), String> {
    let shape = || format!("{} is not a record: write NAME IN DNSKEY ... or NAME IN DS ...", Quoted::new(record));
    let mut words = record.split_whitespace().peekable();
    let name = words.next().ok_or_else(shape)?;
    let is_ttl = |word: &str| word.bytes().all(|byte| byte.is_ascii_digit());
    words.next_if(|word| is_ttl(word));
    words.next_if(|word| word.eq_ignore_ascii_case("IN"));
    words.next_if(|word| is_ttl(word));
    let record_type = words.next().and_then(|word| word.to_ascii_uppercase().parse().ok()).ok_or_else(shape)?;
    let mut name = Name::from_ascii(name).map_err(|_| format!("{} is not a name", Quoted::new(name)))?;
    name.set_fqdn(true);
    Ok((name.to_lowercase(), record_type, words.collect::<Vec<_>>().join(" ")))
}

fn key(data: &str, record: &str) -> Result<DNSKEY, String> {
    let wrong = || format!("{} is not a DNSKEY record", Quoted::new(record));
    // The crate reads a DNSKEY only as a whole record, and the key itself only in one piece.
    let words: Vec<&str> = data.split(' ').collect();
    let (numbers, key) = words.split_at_checked(3).ok_or_else(wrong)?;
    let whole = format!(". IN DNSKEY {} {}\n", numbers.join(" "), key.concat());
    let entry = Parser::new(whole).parse().ok().and_then(|entries| entries.into_iter().next());
    let Some(Entry::DNSKEY(entry)) = entry else { return Err(wrong()) };
    let key = entry.data().clone();
    if !key.zone_key() || key.revoke() {
        return Err("the key is revoked, or none that signs zones: its flags are neither 257 nor 256".to_owned());
    }
    if !key.public_key().algorithm().is_supported() {
        return Err("the key's algorithm is not supported".to_owned());
    }
    key.key().map_err(|_| wrong())?;
    Ok(key)
}

fn digest(data: &str, record: &str) -> Result<DS, String> {
    let wrong = || format!("{} is not a DS record", Quoted::new(record));
    let words: Vec<&str> = data.split(' ').collect();
    let (numbers, digest) = words.split_at_checked(3).ok_or_else(wrong)?;
    let whole = format!("{} {}", numbers.join(" "), digest.concat());
    let Ok(RData::DNSSEC(DNSSECRData::DS(digest))) = RData::try_from_str(RecordType::DS, &whole) else {
        return Err(wrong());
    };
    if !digest.algorithm().is_supported() {
        return Err("the key's algorithm is not supported".to_owned());
    }
    let length = match digest.digest_type() {
        DigestType::SHA1 => 20,
        DigestType::SHA256 => 32,
        DigestType::SHA384 => 48,
        _ => return Err("the digest's type is not supported: 1, 2 and 4 are".to_owned()),
    };
    if digest.digest().len() != length {
        return Err(format!("the digest is cut off: {} bytes in place of {length}", digest.digest().len()));
    }
    Ok(digest)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The root's key of 2024, as IANA publishes it.
    const KEY: &str = "AwEAAa96jeuknZlaeSrvyAJj6ZHv28hhOKkx3rLGXVaC6rXTsDc449/cidltpkyGwCJNnOAlFNKF2jBosZBU5eeHspaQWOmOElZsjICMQMC3aeHbGiShvZsx4wMYSjH8e7Vrhbu6irwCzVBApESjbUdpWWmEnhathWu1jo+siFUiRAAxm9qyJNg/wOZqqzL/dL/q8PkcRU5oUKEpUge71M3ej2/7CPqpdVwuMoTvoB+ZOT4YeGyxMvHmbrxlFzGOHOijtzN+u1TQNatX2XBuzZNQ1K+s2CXkPIZo7s6JgZyvaBevYtxPvYLw4z9mR7K2vaF18UYH9Z9GNUUeayffKC73PYc=";
    const DIGEST: &str = "683D2D0ACB8C9B712A1948B27F741219298D0A450D612C483AF444A4C0FB2B16";

    #[test]
    fn keys_and_digests_as_files_have_them() {
        for text in [
            format!(". IN DNSKEY 257 3 8 {KEY} ; keytag 38696"),
            format!("; the root\n\n.\t172800\tIN\tDNSKEY\t257 3 8 {KEY} ;{{id = 38696 (ksk)}}"),
            format!(". dnskey 257 3 8 (\n  {}\n  {} ) ; as BIND writes it\n", &KEY[..40], &KEY[40..]),
            format!(". IN DS 38696 8 2 {DIGEST}"),
            format!(". 3600 IN DS 38696 8 2 {} {}", &DIGEST[..30], DIGEST[30..].to_lowercase()),
        ] {
            let anchor: TrustAnchor = text.parse().unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!(anchor.zones(), [Name::root()], "{text}");
        }
        let two: TrustAnchor =
            format!("Lab.Test. IN DS 1 8 2 {DIGEST}\nlab.test IN DS 2 8 2 {DIGEST}\n. IN DNSKEY 257 3 8 {KEY}")
                .parse()
                .unwrap();
        assert_eq!(two.zones().len(), 2, "{two:?}");
    }

    /// A DS record counts once the zone publishes the key that it names.
    #[test]
    fn a_digest_names_a_published_key() {
        let key = key(&format!("257 3 8 {KEY}"), "").unwrap();
        let published = [(Name::root(), key)];
        let right: TrustAnchor = format!(". IN DS 38696 8 2 {DIGEST}").parse().unwrap();
        assert_eq!((right.keys(&[]).len(), right.keys(&published).len()), (0, 1));
        let other: TrustAnchor = format!(". IN DS 38696 8 2 {}", "00".repeat(32)).parse().unwrap();
        assert_eq!(other.keys(&published).len(), 0);
        assert_eq!(TrustAnchor::default().keys(&[]).len(), 2);
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        for (text, told) in [
            (String::new(), "it holds no DNSKEY or DS record"),
            ("; nothing\n".to_owned(), "it holds no DNSKEY or DS record"),
            ("\n. IN A 192.0.2.1".to_owned(), "line 2: A records are no trust anchors: DNSKEY and DS are"),
            (".".to_owned(), "line 1: \".\" is not a record"),
            (". IN DNSKEY 257 3".to_owned(), "is not a DNSKEY record"),
            (". IN DNSKEY 257 3 8 !!!!".to_owned(), "is not a DNSKEY record"),
            (format!(". IN DNSKEY 385 3 8 {KEY}"), "line 1: the key is revoked"),
            (". IN DS 38696 8 2 683D".to_owned(), "line 1: the digest is cut off: 2 bytes in place of 32"),
            (". IN DS 38696 8 9 683D".to_owned(), "line 1: the digest's type is not supported"),
            (format!(". IN DS 38696 200 2 {DIGEST}"), "line 1: the key's algorithm is not supported"),
            ("trusted-keys {".to_owned(), "line 1: \"trusted-keys {\" is not a record"),
        ] {
            let error = text.parse::<TrustAnchor>().unwrap_err().to_string();
            assert!(error.contains(told), "{text}: {error}");
        }
        let error = TrustAnchor::from_file(Path::new("/nonexistent/anchors")).unwrap_err().to_string();
        assert!(error.starts_with("it cannot be read: "), "{error}");
    }
}
