//! What codes stand for in answer to a login: SMTP's (RFC 4954, 5248), IMAP's response codes (RFC 9051, 5530) and POP3's
//! (RFC 2449, 3206), and what servers use them for beside that.

use crate::diagnosis::agreement::Testimony;
use crate::diagnosis::finding_id::FindingId::{
    self, LoginAccountDisabled, LoginAccountLocked, LoginAppPasswordWanted, LoginBackendDown, LoginMechanismRefused,
    LoginPasswordExpired, LoginPasswordsOff, LoginSecondFactorWanted, LoginServiceOff, LoginThrottled,
    LoginTokenRefused, LoginWrongPassword, TlsWanted,
};

/// "These credentials are not valid", and whatever else a server does not want to say more plainly.
const CREDENTIALS: &[FindingId] = &[
    LoginWrongPassword,
    LoginTokenRefused,
    LoginAppPasswordWanted,
    LoginSecondFactorWanted,
    LoginPasswordsOff,
    LoginPasswordExpired,
    LoginAccountLocked,
    LoginAccountDisabled,
    LoginServiceOff,
    LoginThrottled,
    LoginMechanismRefused,
];

/// All of it but a name or password that is wrong: the person is known, and still not let in.
const NOT_ALLOWED: &[FindingId] = &[
    LoginAppPasswordWanted,
    LoginSecondFactorWanted,
    LoginPasswordsOff,
    LoginPasswordExpired,
    LoginAccountLocked,
    LoginAccountDisabled,
    LoginServiceOff,
];

/// What 4xx can say of a login without saying anything about who logs in.
const FOR_NOW: &[FindingId] = &[LoginBackendDown, LoginThrottled];

/// SMTP's reply code, or IMAP's and POP3's status word; `None` where it stands for anything, or is not known.
pub(super) fn of_word(word: &str) -> Option<Testimony> {
    let admits: &[FindingId] = match word {
        "421" | "451" | "454" => FOR_NOW,
        "432" | "452" | "455" => &[LoginThrottled],
        "435" => &[LoginBackendDown],
        "500" | "501" | "502" | "503" | "504" => &[LoginMechanismRefused, TlsWanted],
        "523" | "538" => &[TlsWanted],
        "525" => &[LoginAccountDisabled],
        "530" => &[TlsWanted, LoginWrongPassword],
        "534" | "535" => CREDENTIALS,
        "550" | "554" => &[
            LoginServiceOff,
            LoginAccountDisabled,
            LoginAccountLocked,
            LoginPasswordsOff,
            LoginThrottled,
            LoginMechanismRefused,
            LoginAppPasswordWanted,
        ],
        "552" | "553" => &[],
        // A command that was not understood says nothing about the password.
        "BAD" => &[LoginMechanismRefused, TlsWanted, LoginServiceOff, LoginThrottled],
        _ => return None,
    };
    Some(Testimony::one_of(admits))
}

/// The subject and the detail of an enhanced status code.
pub(super) fn of_enhanced(detail: &str) -> Option<Testimony> {
    Some(match detail {
        "3.0" => Testimony::one_of(&[LoginBackendDown, LoginThrottled]),
        "3.2" => Testimony::one_of(&[LoginThrottled, LoginBackendDown]),
        "5.1" | "5.4" | "5.6" | "7.4" => Testimony::mostly(&[LoginMechanismRefused]),
        // Exchange says 5.7.3 of a name or password.
        "7.3" | "7.8" => Testimony::mostly(CREDENTIALS),
        "7.0" => Testimony::one_of(&[
            LoginWrongPassword,
            LoginTokenRefused,
            LoginAppPasswordWanted,
            LoginSecondFactorWanted,
            LoginPasswordsOff,
            LoginPasswordExpired,
            LoginAccountLocked,
            LoginAccountDisabled,
            LoginServiceOff,
            LoginThrottled,
            LoginBackendDown,
            TlsWanted,
        ]),
        "7.1" | "7.139" => Testimony::one_of(CREDENTIALS),
        // "The mechanism is too weak" by RFC 4954; Google wants an app password, or a browser.
        "7.9" => Testimony::one_of(&[LoginMechanismRefused, LoginAppPasswordWanted, LoginSecondFactorWanted]),
        "7.7" | "7.10" | "7.11" => Testimony::mostly(&[TlsWanted]),
        "7.13" => Testimony::mostly(&[LoginAccountDisabled]),
        "7.14" => Testimony::mostly(&[LoginSecondFactorWanted, LoginServiceOff]),
        _ => return of_subject(detail),
    })
}

/// Addresses, mailboxes and messages are no matter of a login.
fn of_subject(detail: &str) -> Option<Testimony> {
    match detail.split('.').next() {
        Some("3" | "4") => Some(Testimony::one_of(FOR_NOW)),
        Some("1" | "2" | "6") => Some(Testimony::one_of(&[])),
        _ => None,
    }
}

/// The response code of IMAP and POP3.
pub(super) fn of_response_code(code: &str) -> Option<Testimony> {
    Some(match code {
        "AUTHENTICATIONFAILED" | "AUTH" => Testimony::mostly(CREDENTIALS),
        "UNAVAILABLE" | "SYS/TEMP" => Testimony::mostly(FOR_NOW),
        "SERVERBUG" => Testimony::mostly(&[LoginBackendDown]),
        "LIMIT" | "INUSE" | "IN-USE" | "LOGIN-DELAY" => Testimony::mostly(&[LoginThrottled]),
        "AUTHORIZATIONFAILED" | "CONTACTADMIN" | "NOPERM" | "SYS/PERM" => Testimony::one_of(NOT_ALLOWED),
        "EXPIRED" => Testimony::mostly(&[LoginPasswordExpired]),
        "PRIVACYREQUIRED" => Testimony::mostly(&[TlsWanted]),
        "OVERQUOTA" | "NONEXISTENT" | "ALREADYEXISTS" | "CANNOT" => Testimony::one_of(&[]),
        // ALERT, CLIENTBUG and the servers' own.
        _ => return None,
    })
}
