//! Which of what a server offers is used: one, and only that.

use super::cram_md5::CramMd5;
use super::credential::{Credential, CredentialSecret};
use super::exchange::SaslExchange;
use super::offer::LoginOffer;
use crate::protocol::sasl::{Sasl, Secret, Way};

/// The mechanisms for a password, the strongest first, with one exception: those that bind the login to the connection come
/// after those that do not. Servers offer them that know no binding which this TLS has: Cyrus SASL 2.1 knows `tls-unique`
/// alone, which TLS 1.3 does not have, and refuses every other. There is one attempt, and the certificate was verified.
/// CRAM-MD5 comes last: it shows a server less than PLAIN does, but only to servers that keep the password itself.
const FOR_PASSWORDS: [&str; 7] =
    ["SCRAM-SHA-256", "SCRAM-SHA-1", "SCRAM-SHA-256-PLUS", "SCRAM-SHA-1-PLUS", "PLAIN", "LOGIN", "CRAM-MD5"];
const FOR_TOKENS: [&str; 2] = ["OAUTHBEARER", "XOAUTH2"];

/// How to log in; `None` where nothing that is offered can be used.
pub fn choose(credential: &Credential, offer: &LoginOffer<'_>) -> Option<Way> {
    let usable: &[&str] = match credential.secret() {
        CredentialSecret::Password(_) => &FOR_PASSWORDS,
        CredentialSecret::Token(_) => &FOR_TOKENS,
    };
    let is_offered = |name: &str| offer.mechanisms.iter().any(|offered| offered == name);
    let can_be_used = |name: &&&str| is_offered(name) && (offer.binding.is_some() || !name.ends_with("-PLUS"));
    if let Some(name) = usable.iter().find(can_be_used) {
        return Some(Way::Sasl(begin(name, credential, offer)?));
    }
    match credential.secret() {
        CredentialSecret::Password(password) if offer.password_command => Some(Way::Password {
            user: credential.user().to_owned(),
            password: Secret::new(password.as_bytes().to_vec()),
        }),
        _ => None,
    }
}

fn begin(name: &'static str, credential: &Credential, offer: &LoginOffer<'_>) -> Option<Box<dyn Sasl>> {
    if name == "CRAM-MD5" {
        return Some(Box::new(CramMd5::new(credential.clone())));
    }
    Some(Box::new(SaslExchange::begin(name, credential, offer)?))
}
