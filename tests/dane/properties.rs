//! Whatever a server or a zone sends, there is a judgement of each record.

use mailprobe::internals::observation::promises::TlsaRecord;
use mailprobe::internals::transport::dane::{PresentedChain, judge, right_record};
use proptest::prelude::*;

use crate::chains::{Chains, MX, NEXT_HOP, now};
use crate::rows::record;

/// A record of any kind, of any data.
fn any_record() -> impl Strategy<Value = TlsaRecord> {
    let data = prop_oneof![prop::collection::vec(any::<u8>(), 0..80), prop::collection::vec(any::<u8>(), 32)];
    (0..=5_u8, 0..=3_u8, 0..=4_u8, data).prop_map(|(usage, selector, matching_type, data)| TlsaRecord {
        usage,
        selector,
        matching_type,
        data,
    })
}

/// Where bytes of a certificate become others, and where it is cut.
fn damage() -> impl Strategy<Value = (Vec<(prop::sample::Index, u8)>, Option<prop::sample::Index>)> {
    (prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4), any::<Option<prop::sample::Index>>())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_judged(
        certificates in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 0..4),
        records in prop::collection::vec(any_record(), 0..6),
        now in any::<i64>(),
        name in ".{0,12}",
    ) {
        let chain = PresentedChain { certificates: &certificates, names: &[name], now };
        prop_assert_eq!(judge(&records, chain).len(), records.len());
        let _ = right_record(&certificates);
    }

    #[test]
    fn damaged_certificates_are_judged(damages in prop::collection::vec(damage(), 3), now_too in any::<bool>()) {
        let chains = Chains::new();
        let mut certificates = chains.with_root.sent.clone();
        let kinds = (2..=3).flat_map(|usage| (0..=1).flat_map(move |selector| (0..=2).map(move |kind| (usage, selector, kind))));
        let of_sound: Vec<_> =
            kinds.flat_map(|(usage, selector, kind)| certificates.iter().map(move |der| record(usage, selector, kind, der)).collect::<Vec<_>>()).collect();
        for (der, (changes, cut)) in certificates.iter_mut().zip(damages) {
            for (place, byte) in changes {
                let place = place.index(der.len());
                der[place] = byte;
            }
            if let Some(cut) = cut {
                der.truncate(cut.index(der.len()));
            }
        }
        // The damaged ones are found by their bytes.
        let of_damaged = certificates.iter().map(|der| crate::rows::record_of(2, 0, 1, der));
        let whole = certificates.iter().map(|der| crate::rows::record_of(2, 0, 0, der));
        let records: Vec<_> = of_sound.into_iter().chain(of_damaged).chain(whole).collect();
        let names = [MX.to_owned(), NEXT_HOP.to_owned()];
        let chain = PresentedChain { certificates: &certificates, names: &names, now: if now_too { now() } else { 0 } };
        prop_assert_eq!(judge(&records, chain).len(), records.len());
    }
}
