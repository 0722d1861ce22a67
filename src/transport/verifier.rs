//! A certificate verifier that records every fault and then accepts, so that one handshake shows both the truth about
//! the certificate and what the server offers inside TLS. Whoever has something secret to send looks first whether there
//! are no faults (`src/probe/log_in.rs`).

use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{DigitallySignedStruct, Error, SignatureScheme};

use crate::observation::{CertificateFault, TlsFacts, UnusableReason};

use super::judgement::{ChainJudgement, Judgement, Presented, judge_chain};
use super::lenient;
use super::trust::Trust;
use super::verdict_cache::{Shown, VerdictCache};

#[cfg(test)]
mod tests;

/// Real chains have at most five certificates, and some servers send a whole bundle.
const MAX_PRESENTED: usize = 16;

/// Accepts every certificate, and records what is wrong with it. There is one for each handshake.
#[derive(Debug)]
pub(super) struct Verifier {
    judge: Arc<Judge>,
    recorded: Mutex<Recorded>,
}

#[derive(Debug, Default)]
struct Recorded {
    judgement: Judgement,
    /// The certificates in DER, [`MAX_PRESENTED`] at most.
    presented: Vec<Vec<u8>>,
}

#[derive(Debug)]
pub(super) struct Judge {
    trust: Trust,
    algorithms: WebPkiSupportedAlgorithms,
    verdicts: VerdictCache<ChainJudgement>,
}

impl Judge {
    pub(super) fn new(trust: Trust, algorithms: WebPkiSupportedAlgorithms) -> Self {
        Self { trust, algorithms, verdicts: VerdictCache::default() }
    }

    fn judge(&self, presented: &Presented<'_>, now: UnixTime) -> Judgement {
        let shown = Shown::new(presented.end_entity, presented.intermediates);
        let judge = || judge_chain(presented, &self.trust, &self.algorithms, now);
        self.verdicts.get_or(shown, now.as_secs(), judge).for_name(presented)
    }
}

impl Verifier {
    pub(super) fn new(judge: Arc<Judge>) -> Self {
        Self { judge, recorded: Mutex::default() }
    }

    /// What was recorded, which it keeps no longer.
    pub(super) fn take_facts(&self) -> TlsFacts {
        let Recorded { judgement: Judgement { certificate, faults }, presented } = mem::take(&mut *self.lock());
        TlsFacts { certificate, faults, presented, ..TlsFacts::default() }
    }

    /// An unusable certificate explains a signature that cannot be checked: then there is nothing new to say.
    fn record_signature(&self, outcome: Result<HandshakeSignatureValid, Error>) -> HandshakeSignatureValid {
        if let Err(error) = outcome {
            let faults = &mut self.lock().judgement.faults;
            if !faults.iter().any(|fault| matches!(fault, CertificateFault::Unusable(_))) {
                faults.push(CertificateFault::Unusable(UnusableReason::KeyNotProven(error.to_string())));
            }
        }
        HandshakeSignatureValid::assertion()
    }

    fn lock(&self) -> MutexGuard<'_, Recorded> {
        self.recorded.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let judgement = self.judge.judge(&Presented { end_entity, intermediates, server_name }, now);
        let sent = std::iter::once(end_entity).chain(intermediates).take(MAX_PRESENTED);
        *self.lock() = Recorded { judgement, presented: sent.map(|der| der.to_vec()).collect() };
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let certificate = lenient::readable(certificate);
        Ok(self.record_signature(verify_tls12_signature(message, &certificate, signature, &self.judge.algorithms)))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let certificate = lenient::readable(certificate);
        Ok(self.record_signature(verify_tls13_signature(message, &certificate, signature, &self.judge.algorithms)))
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.judge.algorithms.supported_schemes()
    }
}
