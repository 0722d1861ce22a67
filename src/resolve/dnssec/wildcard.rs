//! Whether records that were made from a wildcard may stand for a name (RFC 4035, section 5.3.4).
//!
//! The validator does this for NSEC3. With NSEC it asks for a second record that covers the wildcard, which no server sends:
//! the wildcard exists. So `*._tcp.mx.example.org`, as many publish their TLSA records, would seem bogus.

use hickory_resolver::proto::dnssec::Proof;
use hickory_resolver::proto::dnssec::rdata::{DNSSECRData, NSEC};
use hickory_resolver::proto::rr::{Name, RData, Record, RecordType};

use super::pieces::signature;

/// Whether secure NSEC records prove that the name, and every one between it and the wildcard, does not exist.
pub(super) fn is_due(name: &Name, answers: &[Record], authorities: &[Record]) -> bool {
    let labels = answers.iter().filter(|record| record.name == *name).filter_map(signature);
    let Some(labels) = labels.map(|signature| signature.input().num_labels).min() else { return false };
    let next_closer = name.trim_to(usize::from(labels) + 1);
    let secure = authorities.iter().filter(|record| record.proof == Proof::Secure);
    secure.filter_map(|record| Some((&record.name, nsec(&record.data)?))).any(|(owner, nsec)| {
        let next = nsec.next_domain_name();
        // Of a delegation, what lies below it is not for this zone to deny (RFC 6840, section 4.1).
        let types = nsec.type_set();
        let is_above_a_cut = types.contains(RecordType::NS) && !types.contains(RecordType::SOA) && owner.zone_of(name);
        let is_last = next <= owner && next.zone_of(name);
        !is_above_a_cut && owner < &next_closer && (name < next || is_last) && !next_closer.zone_of(next)
    })
}

fn nsec(data: &RData) -> Option<&NSEC> {
    match data {
        RData::DNSSEC(DNSSECRData::NSEC(nsec)) => Some(nsec),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use hickory_resolver::proto::dnssec::Algorithm;
    use hickory_resolver::proto::dnssec::rdata::{RRSIG, SigInput};
    use hickory_resolver::proto::rr::SerialNumber;

    use super::*;

    fn name(text: &str) -> Name {
        Name::from_ascii(text).unwrap()
    }

    /// A signature as it stands beside records from a wildcard with so many labels above it.
    fn expanded(owner: &str, num_labels: u8) -> Record {
        let input = SigInput {
            type_covered: RecordType::TLSA,
            algorithm: Algorithm::ECDSAP256SHA256,
            num_labels,
            original_ttl: 300,
            sig_expiration: SerialNumber::new(2),
            sig_inception: SerialNumber::new(1),
            key_tag: 1,
            signer_name: name("example."),
        };
        Record::from_rdata(name(owner), 300, RData::DNSSEC(DNSSECRData::RRSIG(RRSIG::from_sig(input, Vec::new()))))
    }

    fn denying(owner: &str, next: &str, types: &[RecordType], proof: Proof) -> Record {
        let data = NSEC::new(name(next), types.iter().copied());
        let mut record = Record::from_rdata(name(owner), 300, RData::DNSSEC(DNSSECRData::NSEC(data)));
        record.proof = proof;
        record
    }

    #[test]
    fn a_wildcard_stands_for_what_is_proven_not_to_exist() {
        use RecordType::{A, NS, SOA};
        let asked = "_25._tcp.mx.example.";
        let of = |record: Record| is_due(&name(asked), &[expanded(asked, 3)], &[record]);
        // The wildcard's own record, the last of the zone, one that begins at the zone itself.
        assert!(of(denying("*._tcp.mx.example.", "www.example.", &[A], Proof::Secure)));
        assert!(of(denying("*._tcp.mx.example.", "example.", &[A], Proof::Secure)));
        assert!(of(denying("example.", "www.example.", &[NS, SOA], Proof::Secure)));
        for (why, record) in [
            ("not proven", denying("*._tcp.mx.example.", "www.example.", &[A], Proof::Bogus)),
            ("the name exists", denying(asked, "www.example.", &[A], Proof::Secure)),
            ("it ends before", denying("a.example.", "mx.example.", &[A], Proof::Secure)),
            ("something below the name exists", denying("mx.example.", "a._25._tcp.mx.example.", &[A], Proof::Secure)),
            ("from above a delegation", denying("mx.example.", "www.example.", &[NS], Proof::Secure)),
        ] {
            assert!(!of(record), "{why}");
        }
        // A name between the wildcard `*.example.` and the one asked for.
        let closer = denying("mx.example.", "www.example.", &[A], Proof::Secure);
        assert!(!is_due(&name(asked), &[expanded(asked, 1)], &[closer]));
        assert!(!is_due(&name(asked), &[], &[]));
    }
}
