//! Names and passwords. A bcrypt hash takes as long to compare as its cost says, so this is bounded, and what was right is
//! remembered.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::sync::{Mutex, PoisonError};

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use data_encoding::BASE64;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

use super::file::BcryptHash;

/// Who may ask.
pub struct WebLogins {
    /// By name.
    hashes: BTreeMap<String, BcryptHash>,
    /// What passwords of unknown names are compared with, so that they take as long as wrong ones.
    strongest: BcryptHash,
    /// Of this process alone: what is remembered is of no use to whoever reads its memory.
    key: hmac::Key,
    /// What was right lately, oldest first.
    remembered: Mutex<VecDeque<hmac::Tag>>,
    turns: Semaphore,
    room: Semaphore,
}

/// What a login comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WebLogin {
    Right,
    /// No such name, another password, or none.
    Wrong,
    /// So many passwords are being compared that this one was not.
    TooMany,
}

/// How many right logins are remembered.
const MOST_REMEMBERED: usize = 128;

/// How many passwords are compared at once.
const AT_ONCE: usize = 2;

/// How many passwords are compared, or wait for it.
const MOST_WAITING: usize = 32;

impl WebLogins {
    /// `None`: there is nobody, so that everybody may ask.
    pub(super) fn new(hashes: BTreeMap<String, BcryptHash>) -> Option<Self> {
        let strongest = hashes.values().max_by_key(|hash| hash.cost)?.clone();
        // Where the system has no random numbers, nothing with TLS works either; an empty key only means that what is
        // remembered has no secret of its own.
        let key = hmac::Key::generate(hmac::HMAC_SHA256, &SystemRandom::new())
            .unwrap_or_else(|_| hmac::Key::new(hmac::HMAC_SHA256, strongest.text.as_bytes()));
        Some(Self {
            hashes,
            strongest,
            key,
            remembered: Mutex::default(),
            turns: Semaphore::new(AT_ONCE),
            room: Semaphore::new(MOST_WAITING),
        })
    }

    /// Judges the value of an `Authorization` header.
    pub async fn check(&self, authorization: Option<&[u8]>) -> WebLogin {
        let Some((name, password)) = authorization.and_then(name_and_password) else { return WebLogin::Wrong };
        let hash = self.hashes.get(&name);
        let fingerprint = self.fingerprint(&name, &password);
        if self.remembers(&fingerprint) {
            return WebLogin::Right;
        }
        let Ok(_room) = self.room.try_acquire() else { return WebLogin::TooMany };
        let Ok(_turn) = self.turns.acquire().await else { return WebLogin::TooMany };
        let compared = hash.unwrap_or(&self.strongest).text.clone();
        let compared = spawn_blocking(move || bcrypt::verify(&password, &compared).unwrap_or(false)).await;
        if !compared.unwrap_or(false) || hash.is_none() {
            return WebLogin::Wrong;
        }
        let mut remembered = self.remembered.lock().unwrap_or_else(PoisonError::into_inner);
        remembered.push_back(fingerprint);
        while remembered.len() > MOST_REMEMBERED {
            remembered.pop_front();
        }
        WebLogin::Right
    }

    fn fingerprint(&self, name: &str, password: &[u8]) -> hmac::Tag {
        let mut context = hmac::Context::with_key(&self.key);
        // A name holds no colon.
        for part in [name.as_bytes(), b":", password] {
            context.update(part);
        }
        context.sign()
    }

    /// Compares with all, so that it takes as long whichever it is.
    fn remembers(&self, fingerprint: &hmac::Tag) -> bool {
        let remembered = self.remembered.lock().unwrap_or_else(PoisonError::into_inner);
        let equal = |known: &hmac::Tag| verify_slices_are_equal(known.as_ref(), fingerprint.as_ref()).is_ok();
        remembered.iter().fold(false, |found, known| found | equal(known))
    }
}

impl fmt::Debug for WebLogins {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebLogins").field("names", &self.hashes.keys()).finish_non_exhaustive()
    }
}

/// `Basic` and base64 (RFC 7617).
fn name_and_password(authorization: &[u8]) -> Option<(String, Vec<u8>)> {
    let (scheme, encoded) = authorization.split_at_checked("Basic ".len())?;
    if !scheme.eq_ignore_ascii_case(b"Basic ") {
        return None;
    }
    let decoded = BASE64.decode(encoded.trim_ascii()).ok()?;
    let colon = decoded.iter().position(|&byte| byte == b':')?;
    let (name, password) = decoded.split_at_checked(colon)?;
    Some((String::from_utf8(name.to_vec()).ok()?, password.get(1..)?.to_vec()))
}
