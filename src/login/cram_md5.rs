//! CRAM-MD5 (RFC 2195), which rsasl has not.

use data_encoding::HEXLOWER;
use hmac::{Hmac, Mac as _};
use md5::Md5;

use super::credential::Credential;
use crate::protocol::sasl::{Sasl, SaslError, Secret};

/// The client's side: one answer to one challenge.
pub(super) struct CramMd5 {
    credential: Credential,
    has_answered: bool,
}

impl CramMd5 {
    pub(super) fn new(credential: Credential) -> Self {
        Self { credential, has_answered: false }
    }
}

impl Sasl for CramMd5 {
    fn mechanism(&self) -> &'static str {
        "CRAM-MD5"
    }

    fn initial_response(&mut self) -> Result<Option<Secret>, SaslError> {
        Ok(None)
    }

    fn respond(&mut self, challenge: &[u8]) -> Result<Secret, SaslError> {
        if self.has_answered {
            return Err(SaslError("the server sent another challenge after the only one that CRAM-MD5 has".to_owned()));
        }
        // An answer to the same challenge every time could be replayed by whoever hears it once.
        if challenge.is_empty() {
            return Err(SaslError("the server sent an empty challenge".to_owned()));
        }
        self.has_answered = true;
        let hmac = Hmac::<Md5>::new_from_slice(self.credential.secret().text().as_bytes());
        let mut hmac = hmac.map_err(|_| SaslError("the password cannot be used with CRAM-MD5".to_owned()))?;
        hmac.update(challenge);
        let digest = HEXLOWER.encode(&hmac.finalize().into_bytes());
        let answer = Secret::new(format!("{} {digest}", self.credential.user()).into_bytes());
        self.credential.blotter().also(&answer);
        Ok(answer)
    }

    fn succeeded(&mut self) -> Result<(), SaslError> {
        if self.has_answered { Ok(()) } else { Err(SaslError::early_success()) }
    }
}
