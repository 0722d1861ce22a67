use proptest::prelude::*;

use super::{binding, password, sasl, token};

const SECRET: &str = "correct-horse-battery";

/// Challenges: anything, and what nearly is a message of SCRAM.
fn challenge() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..80),
        "[rsivem]?=?[,=rsivea-z0-9+/]{0,60}".prop_map(String::into_bytes),
        "CLIENT[a-z]{0,3},s?=?[A-Za-z0-9+/=]{0,9},i?=?[0-9+-]{0,12}(,[a-z]?=?[a-z]{0,3})?".prop_map(String::into_bytes),
    ]
}

proptest! {
    /// Whatever a server says, and however often: no panic, no endless work, no secret in an error, and a success is never
    /// believed where the server was to prove itself.
    #[test]
    fn no_challenge_does_harm(challenges in proptest::collection::vec(challenge(), 0..5), is_bound: bool) {
        let mechanisms = [
            "SCRAM-SHA-256-PLUS", "SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN", "LOGIN", "CRAM-MD5", "XOAUTH2", "OAUTHBEARER",
        ];
        for mechanism in mechanisms {
            if mechanism.ends_with("-PLUS") && !is_bound {
                continue;
            }
            let is_for_tokens = mechanism.contains("OAUTH");
            let credential = if is_for_tokens { token("user", SECRET) } else { password("user", SECRET) };
            let mut sasl = sasl(&credential, &[mechanism], is_bound.then(binding));
            let first = sasl.initial_response().unwrap();
            let nonce = first.as_ref().and_then(|first| {
                let at = first.windows(3).position(|three| three == b",r=")?;
                Some(first[at + 1..].to_vec())
            });
            for challenge in &challenges {
                let challenge = match (challenge.strip_prefix(b"CLIENT"), &nonce) {
                    // No work that a test would wait for.
                    (Some(rest), Some(nonce)) if !rest.windows(6).any(|digits| digits.iter().all(u8::is_ascii_digit)) => {
                        [nonce, rest].concat()
                    }
                    _ => challenge.clone(),
                };
                if let Err(error) = sasl.respond(&challenge) {
                    prop_assert!(!error.to_string().contains(SECRET), "{error}");
                }
            }
            let succeeded = sasl.succeeded();
            prop_assert!(succeeded.is_err() || !mechanism.starts_with("SCRAM"));
        }
    }
}

#[test]
fn messages_that_rsasl_alone_would_panic_at() {
    for challenge in ["", ",", "r", "r=,", "r=x,s", "r=x,s=eA==,", "r=x,s=eA==,i", "v", "e", "=,=,="] {
        let mut sasl = sasl(&password("user", SECRET), &["SCRAM-SHA-256"], None);
        sasl.initial_response().unwrap();
        for _ in 0..2 {
            assert!(sasl.respond(challenge.as_bytes()).is_err(), "{challenge}");
        }
        assert!(sasl.succeeded().is_err());
    }
}
