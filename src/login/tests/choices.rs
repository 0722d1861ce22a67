use super::{binding, password, token, way};
use crate::login::{Credential, CredentialError, LoginOffer, choose};
use crate::protocol::sasl::Way;
use zeroize::Zeroizing;

/// The name of what is chosen.
fn chosen(credential: &Credential, offered: &[&str], is_bound: bool) -> String {
    match way(credential, offered, is_bound.then(binding)) {
        Some(Way::Sasl(sasl)) => sasl.mechanism().to_owned(),
        Some(Way::Password { .. }) => "command".to_owned(),
        None => "none".to_owned(),
    }
}

#[test]
fn the_strongest_that_is_offered() {
    let credential = password("user", "pencil");
    let mut offered = vec![
        "LOGIN",
        "CRAM-MD5",
        "PLAIN",
        "SCRAM-SHA-1",
        "SCRAM-SHA-1-PLUS",
        "SCRAM-SHA-256",
        "SCRAM-SHA-256-PLUS",
        "XOAUTH2",
        "GSSAPI",
        "EXTERNAL",
    ];
    let order =
        ["SCRAM-SHA-256", "SCRAM-SHA-1", "SCRAM-SHA-256-PLUS", "SCRAM-SHA-1-PLUS", "PLAIN", "LOGIN", "CRAM-MD5"];
    for name in order {
        assert_eq!(chosen(&credential, &offered, true), name);
        if name.ends_with("-PLUS") {
            assert!(!chosen(&credential, &offered, false).ends_with("-PLUS"), "nothing to bind to");
        }
        offered.retain(|other| *other != name);
    }
    assert_eq!(chosen(&credential, &offered, true), "none", "a password is no token: {offered:?}");
}

#[test]
fn a_token_is_for_oauth_alone() {
    let credential = token("user", "ya29.token");
    assert_eq!(chosen(&credential, &["PLAIN", "XOAUTH2", "OAUTHBEARER"], true), "OAUTHBEARER");
    assert_eq!(chosen(&credential, &["PLAIN", "XOAUTH2"], true), "XOAUTH2");
    assert_eq!(chosen(&credential, &["PLAIN", "LOGIN", "SCRAM-SHA-256"], true), "none");
}

#[test]
fn the_protocols_own_command_comes_last() {
    let plain = ["PLAIN".to_owned()];
    let offer = |mechanisms| LoginOffer { mechanisms, password_command: true, binding: None, host: "host", port: 993 };
    let credential = password("user", "pencil");
    assert!(matches!(choose(&credential, &offer(&plain)), Some(Way::Sasl(_))));
    let Some(Way::Password { user, password }) = choose(&credential, &offer(&[])) else { panic!() };
    assert_eq!((user.as_str(), &*password), ("user", &b"pencil"[..]));
    assert!(choose(&token("user", "token"), &offer(&[])).is_none(), "a token is no password");
}

#[test]
fn what_no_server_takes_is_no_credential() {
    let with = |user: &str, password: &str| Credential::with_password(user, Zeroizing::new(password.to_owned())).err();
    assert_eq!(with("", "x"), Some(CredentialError::NoUser));
    assert_eq!(with("a\x01b", "x"), Some(CredentialError::ControlInUser));
    assert_eq!(with("a", ""), Some(CredentialError::NoPassword));
    for password in ["a\0b", "a\r\nb", "a\nQUIT"] {
        assert_eq!(with("a", password), Some(CredentialError::ControlInPassword));
    }
    assert_eq!(with("a", "p\u{e4}ss w\u{f6}rd\t\u{1f511}"), None);
    let with_token = |token: &str| Credential::with_token("a", Zeroizing::new(token.to_owned())).err();
    assert_eq!(with_token(""), Some(CredentialError::NoToken));
    assert_eq!(with_token("a b"), Some(CredentialError::NotAToken));
    assert_eq!(with_token("a\x01b"), Some(CredentialError::NotAToken));
    assert_eq!(with_token("eyJ.a-b_c~d+e/f=="), None);
}

#[test]
fn nothing_shows_a_secret() {
    let credential = password("user", "hunter22");
    let way = way(&credential, &["PLAIN"], Some(binding())).unwrap();
    let shown = format!("{credential:?} {:?} {way:?} {:?} {:?}", credential.secret(), credential.blotter(), binding());
    assert!(!shown.contains("hunter22") && !shown.contains("7, 7"), "{shown}");
}
