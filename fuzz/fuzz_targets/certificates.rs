//! The certificates that a server presents.

#![no_main]

use libfuzzer_sys::fuzz_target;
use mailprobe::internals::target::Host;
use mailprobe::internals::transport::tls::TlsClient;
use mailprobe::internals::transport::trust::TrustSettings;
use rustls_pki_types::{CertificateDer, UnixTime};
use std::sync::LazyLock;
use std::time::Duration;

static CLIENT: LazyLock<TlsClient> = LazyLock::new(|| TlsClient::new(&TrustSettings::default()).unwrap());

/// November 2026, when the seeds are valid.
const NOW: Duration = Duration::from_secs(1_795_000_000);

// One certificate after the other, each behind its length in two bytes; the last one may be cut short.
fuzz_target!(|bytes: &[u8]| {
    let mut chain = Vec::new();
    let mut rest = bytes;
    while let Some((length, after)) = rest.split_first_chunk::<2>() {
        let length = usize::from(u16::from_be_bytes(*length)).min(after.len());
        let (certificate, after) = after.split_at(length);
        chain.push(CertificateDer::from(certificate));
        rest = after;
    }
    let Some((server, others)) = chain.split_first() else { return };
    for host in [Host::Name("mail.test.example".into()), Host::Address([192, 0, 2, 1].into())] {
        let facts = CLIENT.judge(server, others, &host, UnixTime::since_unix_epoch(NOW));
        // Nobody signs what a fuzzer wrote.
        assert!(!facts.faults.is_empty());
        assert!(facts.certificate.is_none_or(|certificate| certificate.chain_length == chain.len()));
    }
});
