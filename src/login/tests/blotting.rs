use data_encoding::{BASE64, BASE64_NOPAD, BASE64URL_NOPAD, HEXUPPER};
use proptest::prelude::*;

use super::{first, password, sasl, token};

fn blotted(credential: &crate::login::Credential, line: &str) -> String {
    String::from_utf8_lossy(&credential.blotter().blot(line.as_bytes())).into_owned()
}

#[test]
fn lines_without_the_secret_stay_as_they_are() {
    let user = password("tim@example.com", "hunter22");
    for line in [
        "535 5.7.8 tim@example.com: authentication failed",
        "+OK",
        "",
        "* CAPABILITY IMAP4rev1 AUTH=PLAIN",
        "\u{ff}%zz\\&;",
    ] {
        assert!(matches!(user.blotter().blot(line.as_bytes()), std::borrow::Cow::Borrowed(_)), "{line}");
    }
}

#[test]
fn a_server_that_sends_the_secret_back() {
    let user = password("tim@example.com", "hunter22");
    let plain = BASE64.encode(b"\0tim@example.com\0hunter22");
    let rows = [
        ("-ERR unknown command PASS hunter22", "-ERR unknown command PASS <blotted>".to_owned()),
        ("-ERR UNKNOWN COMMAND 'PASS HUNTER22'", "-ERR UNKNOWN COMMAND 'PASS <blotted>'".to_owned()),
        (&format!("501 cannot decode {plain}, sorry"), "501 cannot decode <blotted>, sorry".to_owned()),
        ("see https://x.example/?p=hunt%65r22&u=tim", "see https://x.example/?p=<blotted>&u=tim".to_owned()),
        (r#"{"p":"hunter\u0032\u0032"}"#, r#"{"p":"<blotted>"}"#.to_owned()),
        ("hunter22hunter22", "<blotted><blotted>".to_owned()),
    ];
    for (line, expected) in rows {
        assert_eq!(blotted(&user, line), expected);
    }
    let google = token("tim", "ya29.a0AfH6SMBx");
    let message = BASE64.encode(first(&mut *sasl(&google, &["XOAUTH2"], None)).as_bytes());
    assert_eq!(blotted(&google, &format!("334 {message}")), "334 <blotted>");
}

#[test]
fn messages_that_give_the_secret_to_those_who_try() {
    let user = password("tim", "tanstaaftanstaaf");
    let answer = sasl(&user, &["CRAM-MD5"], None).respond(b"<1@host>").unwrap();
    let line = format!("501 bad {} or {}", String::from_utf8_lossy(&answer), BASE64.encode(&answer));
    assert_eq!(blotted(&user, &line), "501 bad <blotted> or <blotted>");
}

#[test]
fn a_short_secret_does_not_take_the_dialogue_to_pieces() {
    let user = password("tim", "ab");
    assert_eq!(blotted(&user, "250 ablative absolutely grab it ab"), "250 ablative absolutely grab it <blotted>");
    let plain = BASE64.encode(b"\0tim\0ab");
    assert_eq!(blotted(&user, &format!("AUTH PLAIN {plain} YWI= YWIx")), "AUTH PLAIN <blotted> <blotted> YWIx");
}

#[test]
fn the_code_of_a_reply_stays() {
    let user = password("tim", "tanstaaftanstaaf");
    let plain = BASE64.encode(b"\0tim\0tanstaaftanstaaf");
    assert_eq!(blotted(&user, &format!("535-{plain} is wrong")), "535-<blotted> is wrong");
    assert_eq!(blotted(&user, &format!("535-5.7.8-{plain}")), "535-5.7.<blotted>");
}

#[test]
fn capitals_beyond_ascii() {
    let user = password("tim", "gr\u{fc}ne \u{df}trasse");
    assert_eq!(blotted(&user, "no: GR\u{dc}NE SSTRASSE, gr\u{fc}ne \u{df}TRASSE"), "no: <blotted>, <blotted>");
}

/// A form in which a server may send something back.
type Form = (&'static str, fn(&str, &str) -> String);

const FORMS: [Form; 14] = [
    ("as it is", |_, secret| secret.to_owned()),
    ("base64", |_, secret| BASE64.encode(secret.as_bytes())),
    ("base64 without padding", |_, secret| BASE64_NOPAD.encode(secret.as_bytes())),
    ("PLAIN", |user, secret| BASE64.encode(format!("\0{user}\0{secret}").as_bytes())),
    ("PLAIN for somebody", |user, secret| BASE64.encode(format!("{user}\0{user}\0{secret}").as_bytes())),
    ("basic", |user, secret| BASE64.encode(format!("{user}:{secret}").as_bytes())),
    ("base64 of a URL", |user, secret| BASE64URL_NOPAD.encode(format!("{user}:{secret}!").as_bytes())),
    ("XOAUTH2", |user, secret| BASE64.encode(format!("user={user}\x01auth=Bearer {secret}\x01\x01").as_bytes())),
    ("percent", |_, secret| secret.bytes().map(|byte| format!("%{byte:02X}")).collect::<Vec<_>>().concat()),
    ("quoted-printable", |_, secret| secret.bytes().map(|byte| format!("={byte:02X}")).collect::<Vec<_>>().concat()),
    ("JSON", |_, secret| serde_json::to_string(secret).unwrap()),
    ("JSON in ASCII", |_, secret| {
        secret.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect::<Vec<_>>().concat()
    }),
    ("HTML", |_, secret| secret.chars().map(|c| format!("&#{};", u32::from(c))).collect::<Vec<_>>().concat()),
    ("hex", |_, secret| HEXUPPER.encode(secret.as_bytes())),
];

proptest! {
    #[test]
    fn no_form_survives(
        user in "[a-z]{1,9}(@[a-z]{1,9}\\.example)?",
        secret in "[ -~]{4,24}|\\PC{4,12}",
        before in "[a-z ]{0,9} ",
        behind in " [a-z ]{0,9}",
    ) {
        prop_assume!(!"<blotted>".contains(&secret.to_lowercase()));
        let credential = password(&user, &secret);
        for (name, form) in FORMS {
            let form = form(&user, &secret);
            let line = format!("{before}{form}{behind}");
            let blotted = blotted(&credential, &line);
            prop_assert!(!blotted.contains(form.trim()), "{name}: {blotted}");
            prop_assert!(blotted.contains("<blotted>"), "{name}: {line} became {blotted}");
            prop_assert!(!blotted.contains(&*secret), "{name}: {blotted}");
        }
    }

    /// In no more than a few times the room of the line, whatever it is.
    #[test]
    fn whatever_comes(line in proptest::collection::vec(any::<u8>(), 0..300), secret in "[a-z%&=+\\\\]{1,6}") {
        let credential = password("user", &secret);
        let blotted = credential.blotter().blot(&line);
        prop_assert!(blotted.len() <= 9 * line.len());
    }
}
