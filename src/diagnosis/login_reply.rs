//! What a server's answer to a login means.
//!
//! The table of real answers that this is held against is `data/replies.toml`. Where the provider is known, its page about
//! app passwords is among what `crate::providers` has: the finding says whether one is wanted.

mod codes;
mod words;

use super::agreement::{agreed, classes_differ, detail_of, named};
use super::finding_id::FindingId;
use super::phrases::{TEMPORARY, has_any, spoken};
use super::state::State;
use crate::protocol::{Reply, Status};

/// How the login was made, as far as it bears on the answer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LoginMade<'a> {
    /// With an OAuth token; else with a password.
    pub token: bool,
    /// The decoded challenge by which OAUTHBEARER and XOAUTH2 tell of a failure: `{"status":"400",…}`.
    pub challenge: Option<&'a str>,
}

/// What the answer means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoginMeaning {
    /// Why, or [`FindingId::LoginRefused`] and [`FindingId::LoginUnavailable`] where that cannot be told.
    pub finding: FindingId,
    /// [`State::Ok`], [`State::LoginRefused`] or [`State::LoginUnavailable`].
    pub state: State,
}

/// Reads an answer.
pub fn meaning(reply: &Reply, made: LoginMade<'_>) -> LoginMeaning {
    if reply.status == Status::Positive {
        return LoginMeaning { finding: FindingId::LoginAccepted, state: State::Ok };
    }
    match why(reply, made) {
        Some(finding) if is_for_now(finding) => LoginMeaning { finding, state: State::LoginUnavailable },
        // What is for good is not told from a refusal for now.
        Some(finding) if reply.status == Status::Permanent => LoginMeaning { finding, state: State::LoginRefused },
        _ if reply.status == Status::Temporary => {
            LoginMeaning { finding: FindingId::LoginUnavailable, state: State::LoginUnavailable }
        }
        _ => LoginMeaning { finding: FindingId::LoginRefused, state: State::LoginRefused },
    }
}

/// What a refusal with this code may be, whatever its words: for the code alone.
#[cfg(feature = "cli")]
pub(super) fn by_code(reply: &Reply) -> &'static [FindingId] {
    let fine = reply.enhanced.as_deref().and_then(|enhanced| codes::of_enhanced(detail_of(enhanced)));
    fine.or_else(|| codes::of_word(&reply.word)).map_or(&[], |claim| claim.admits)
}

/// The one reason that all parts of a refusal agree on.
fn why(reply: &Reply, made: LoginMade<'_>) -> Option<FindingId> {
    let enhanced = reply.enhanced.as_deref();
    let text = spoken(reply);
    if classes_differ(&reply.word, enhanced) || has_any(&text, words::UNCLEAR) {
        return None;
    }
    let detail = enhanced.map(detail_of);
    let fine = match detail {
        Some(detail) => codes::of_enhanced(detail),
        None => reply.response_code.as_deref().and_then(codes::of_response_code),
    };
    let named = named(words::GROUPS, &text, detail);
    let code = codes::of_word(&reply.word);
    match agreed(&named, fine, code) {
        // A password that is wrong now is wrong later.
        Some(FindingId::LoginWrongPassword) if has_any(&text, TEMPORARY) => None,
        // The same words, and codes, stand for a password and for a token.
        Some(FindingId::LoginWrongPassword | FindingId::LoginPasswordExpired) if made.token => {
            Some(FindingId::LoginTokenRefused)
        }
        None if made.token && named.is_empty() && is_about_the_token(made.challenge) => {
            agreed(&[FindingId::LoginTokenRefused], fine, code)
        }
        finding => finding,
    }
}

/// Later it may work, whatever the code says: Yahoo has 535 for too many attempts, IMAP has NO for everything.
fn is_for_now(finding: FindingId) -> bool {
    matches!(finding, FindingId::LoginThrottled | FindingId::LoginBackendDown)
}

/// Whether the challenge says that it is the token, and not the server's own trouble: RFC 7628 has words for that, and Google
/// HTTP's numbers.
fn is_about_the_token(challenge: Option<&str>) -> bool {
    let status = challenge.and_then(|challenge| challenge.split_once("\"status\"")).map_or("", |(_, rest)| rest);
    let status = status.trim_start_matches([' ', ':', '"']);
    ["400", "401", "403", "invalid_token", "insufficient_scope", "invalid_request"]
        .iter()
        .any(|known| status.starts_with(known))
}

// Its table needs a parser, which not all builds have.
#[cfg(all(test, feature = "net"))]
mod tests;
