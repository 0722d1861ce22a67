//! A password that is easy to find again, the forms in which a server may send it back, and what is left of it in any of
//! them.

use data_encoding::{BASE64, BASE64_NOPAD, BASE64URL, HEXLOWER, HEXUPPER};

/// With what every kind of text escapes differently, and a run of letters that stays as it is.
pub(crate) const PASSWORD: &str = "Z\u{fc} \"%41\\<&+ QuartzPferd42";
const CORE: &str = "QuartzPferd42";

pub(crate) const USER: &str = "user@test.example";

/// What OAuth calls an access token.
pub(crate) const TOKEN: &str = "ya29.QuartzPferd42-tok_en~x";

/// The secret as a server may send it back, in whatever form. None of them ends a line.
pub(crate) fn echoes(secret: &str) -> Vec<Vec<u8>> {
    let bytes = secret.as_bytes();
    let each = |prefix: &str| bytes.iter().map(|byte| format!("{prefix}{byte:02X}")).collect::<String>();
    let json: String = secret.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect();
    let html: String = secret.chars().map(|c| format!("&#{};", u32::from(c))).collect();
    let entities = secret.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;");
    let url = secret
        .replace('%', "%25")
        .replace('\u{fc}', "%C3%BC")
        .replace('"', "%22")
        .replace('\\', "%5c")
        .replace('<', "%3C");
    let url = url.replace('&', "%26").replace('+', "%2b").replace(' ', "%20");
    let with = |before: &str| [before.as_bytes(), bytes].concat();
    let plain = with(&format!("\0{USER}\0"));
    let texts = [
        secret.to_owned(),
        secret.to_uppercase(),
        format!("the password '{secret}' is wrong"),
        format!("{secret}{secret}"),
        secret.replace('\\', "\\\\").replace('"', "\\\""),
        BASE64.encode(bytes),
        BASE64.encode(&with("x")),
        BASE64.encode(&with("xy")),
        BASE64.encode(&[&with("xyz") as &[u8], b" is wrong"].concat()),
        BASE64.encode(&plain),
        BASE64.encode(&with(&format!("{USER}:"))),
        BASE64_NOPAD.encode(&plain),
        BASE64URL.encode(&plain),
        HEXLOWER.encode(bytes),
        HEXUPPER.encode(bytes),
        each("%"),
        each("="),
        json,
        html,
        entities,
        url.replace("%20", "+"),
        url,
    ];
    texts.into_iter().map(String::into_bytes).collect()
}

/// The first trace of the secret in a text: of the letters that no kind of text escapes, as they are or encoded.
pub(crate) fn trace(text: &[u8]) -> Option<String> {
    let text = text.to_ascii_lowercase();
    let core = CORE.as_bytes();
    let each = |prefix: &str| core.iter().map(|byte| format!("{prefix}{byte:02x}")).collect::<String>();
    let mut traces = vec![CORE.to_owned(), HEXLOWER.encode(core), each("%"), each("="), each("\\u00")];
    traces.push(core.iter().map(|byte| format!("&#{byte};")).collect());
    // What is made of the core alone, wherever it stands in what was encoded.
    for shift in 0..3_usize {
        let encoded = BASE64_NOPAD.encode(&[&[0; 2][..shift], core].concat());
        let from = (8 * shift).div_ceil(6);
        traces.push(encoded[from..8 * (shift + core.len()) / 6].to_owned());
    }
    let found = |trace: &String| {
        let trace = trace.to_ascii_lowercase();
        text.windows(trace.len()).any(|window| window == trace.as_bytes())
    };
    traces.into_iter().find(found)
}

#[test]
fn every_echo_has_a_trace() {
    for secret in [PASSWORD, TOKEN] {
        for echo in echoes(secret) {
            assert!(trace(&echo).is_some(), "{}", String::from_utf8_lossy(&echo));
        }
    }
    assert_eq!(trace(b"The password is wrong: <blotted>"), None);
}
