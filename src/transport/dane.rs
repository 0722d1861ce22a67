//! A server's certificates, held against TLSA records (RFC 6698 and 7671; for SMTP, RFC 7672). Pure: no I/O, no clock.
//!
//! Where the standards leave room, this follows OpenSSL, which Postfix and Exim check DANE with.

mod anchored;
mod association;
mod presented;

use aws_lc_rs::digest::{SHA256, SHA512, digest};

use crate::observation::promises::{MatchedBy, RecordJudgement, TlsaRecord, UnusableTlsa};

pub use presented::PresentedChain;

use anchored::{Anchored, NotAnchored};
use presented::{Sent, name_of};

/// Each record, and what the chain is to it.
pub fn judge(records: &[TlsaRecord], chain: PresentedChain<'_>) -> Vec<RecordJudgement> {
    let sent: Vec<Sent<'_>> = chain.certificates.iter().map(|der| Sent::new(der)).collect();
    let mut anchored = Anchored::new(chain);
    let judged = records.iter().map(|record| match association::unusable(record) {
        // Whatever the server's own certificate is, a copy of it was published.
        Some(UnusableTlsa::Data) if is_of_server(record) && fits(record, sent.first(), record.selector) => {
            RecordJudgement::Match(MatchedBy::Server)
        }
        Some(why) => RecordJudgement::Unusable(why),
        None if is_of_server(record) => of_server(record, &sent),
        None => of_authority(record, &sent, &mut anchored),
    });
    let judged = judged.collect();
    by_stronger_hashes(records, judged)
}

/// Of two hashes for the same usage and selector, senders look at the stronger one alone (RFC 7671, section 9), whichever
/// of them is up to date.
fn by_stronger_hashes(records: &[TlsaRecord], mut judged: Vec<RecordJudgement>) -> Vec<RecordJudgement> {
    let of_hash = |record: &TlsaRecord, hash| (record.matching_type == hash).then_some((record.usage, record.selector));
    let strong: Vec<_> = records
        .iter()
        .zip(&judged)
        .filter(|(_, judged)| !matches!(judged, RecordJudgement::Unusable(_)))
        .filter_map(|(record, judged)| {
            Some((of_hash(record, association::SHA_512)?, matches!(judged, RecordJudgement::Match(_))))
        })
        .collect();
    for (record, judged) in records.iter().zip(&mut judged) {
        let Some(kind @ (usage, selector)) = of_hash(record, association::SHA_256) else { continue };
        let mut stronger = strong.iter().filter(|(other, _)| *other == kind).peekable();
        let is_passed_over = stronger.peek().is_some() && !stronger.any(|(_, matches)| *matches);
        if is_passed_over && matches!(judged, RecordJudgement::Match(_)) {
            let strong = format!("{usage} {selector} {}", association::SHA_512);
            *judged = RecordJudgement::NoMatch(Some(format!(
                "it fits, but senders pass over it: beside a record that begins with {strong}, its weaker hash does not \
                 count"
            )));
        }
    }
    judged
}

/// Why senders pass over a record, whatever the server shows; `None` where they use it.
pub fn unusable(record: &TlsaRecord) -> Option<UnusableTlsa> {
    association::unusable(record)
}

/// The record that is right for the key of the server's own certificate: `3 1 1` (RFC 7672, section 3.1.1).
pub fn right_record(certificates: &[Vec<u8>]) -> Option<TlsaRecord> {
    right_record_beside(certificates, &[])
}

/// The same beside these records: `3 1 2` where one of them is of that kind, since senders would pass over a weaker hash.
pub fn right_record_beside(certificates: &[Vec<u8>], beside: &[TlsaRecord]) -> Option<TlsaRecord> {
    let key = association::key_of(certificates.first()?)?;
    let is_stronger = |record: &TlsaRecord| {
        let kind = (record.usage, record.selector, record.matching_type);
        kind == (association::SERVER, association::KEY, association::SHA_512) && unusable(record).is_none()
    };
    let (matching_type, algorithm) =
        if beside.iter().any(is_stronger) { (association::SHA_512, &SHA512) } else { (association::SHA_256, &SHA256) };
    let data = digest(algorithm, &key).as_ref().to_vec();
    Some(TlsaRecord { usage: association::SERVER, selector: association::KEY, matching_type, data })
}

fn is_of_server(record: &TlsaRecord) -> bool {
    record.usage == association::SERVER
}

fn fits(record: &TlsaRecord, sent: Option<&Sent<'_>>, selector: u8) -> bool {
    sent.is_some_and(|sent| association::fits(record, selector, sent.der, sent.key.as_deref()))
}

/// Usage 3: the server's own certificate or key, and nothing else: neither name, dates nor issuer (RFC 7672, section 3.1.1).
fn of_server(record: &TlsaRecord, sent: &[Sent<'_>]) -> RecordJudgement {
    if fits(record, sent.first(), record.selector) {
        return RecordJudgement::Match(MatchedBy::Server);
    }
    RecordJudgement::NoMatch(misapplied(record, sent))
}

/// Usage 2: an authority above the server's own certificate, from which the chain must hold (RFC 7672, section 3.1.2).
fn of_authority<'a>(record: &TlsaRecord, sent: &[Sent<'a>], anchored: &mut Anchored<'a>) -> RecordJudgement {
    let own = sent.first().map(|own| own.der);
    let mut why = None;
    for (position, one) in sent.iter().enumerate().skip(1) {
        // The server's own certificate is no authority above it, even where it was sent twice.
        if Some(one.der) != own && fits(record, Some(one), record.selector) {
            match anchored.at_sent(position) {
                Ok(steps) => return RecordJudgement::Match(MatchedBy::Authority(steps)),
                Err(NotAnchored(words)) => why = why.or(words),
            }
        }
    }
    // A whole certificate or key stands for an authority that the server does not send (RFC 7671, section 5.2).
    let published = match association::Published::of(record) {
        Some(association::Published::Certificate(der)) if Some(der) != own => Some(anchored.at_certificate(der)),
        Some(association::Published::Key(key)) => Some(anchored.at_key(key)),
        _ => None,
    };
    match published {
        Some(Ok(steps)) => return RecordJudgement::Match(MatchedBy::Authority(steps)),
        Some(Err(NotAnchored(words))) => why = why.or(words),
        None => {}
    }
    RecordJudgement::NoMatch(why.or_else(|| misapplied(record, sent)))
}

/// Where the data are those of a certificate that was sent, and the numbers before them say that they are not: how.
fn misapplied(record: &TlsaRecord, sent: &[Sent<'_>]) -> Option<String> {
    let other_selector = association::CERTIFICATE + association::KEY - record.selector;
    [record.selector, other_selector].into_iter().find_map(|selector| {
        let position = sent.iter().position(|one| fits(record, Some(one), selector))?;
        let what = if selector == association::KEY { "key" } else { "certificate" };
        let (whose, usage) = match position {
            0 => (format!("the server's own {what}"), association::SERVER),
            _ => (format!("the {what} of {}", name_of(sent.get(position)?.der)), association::AUTHORITY),
        };
        let right = format!("{usage} {selector} {}", record.matching_type);
        (usage != record.usage || selector != record.selector)
            .then(|| format!("its data are those of {whose}, and a record of that begins with {right}"))
    })
}
