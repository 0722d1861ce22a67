//! Whatever a stranger publishes, it is read without harm, and what is told of it stays short.

use proptest::prelude::*;

use super::super::{agent_config, mta_sts, mta_sts_policy, tls_reporting};

/// What the parsers look for, and what surrounds it.
fn pieces() -> impl Strategy<Value = String> {
    let known = prop::sample::select(vec![
        "v=",
        "STSv1",
        "v=STSv1",
        "TLSRPTv1",
        "v=TLSRPTv1",
        "UAAC1",
        "v=UAAC1",
        ";",
        "; ",
        "=",
        ",",
        "!",
        "id=",
        "rua=",
        "mailto:",
        "https://",
        "a=sha256",
        "d=",
        "version",
        "mode",
        "mx",
        "max_age",
        ": ",
        "\n",
        "\r\n",
        "*.",
        ".",
        "enforce",
        "none",
        "31557600",
        "{\"protocols\":",
        "{\"imap\":",
        "{\"host\":",
        "}",
        "é",
        "\u{feff}",
        "\0",
    ]);
    let piece = prop_oneof![3 => known.prop_map(str::to_owned), 1 => ".{0,8}"];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn texts_and_files_made_of_familiar_pieces(texts in prop::collection::vec(pieces(), 0..4)) {
        let file = texts.concat();
        let _ = mta_sts::record(Ok(texts.clone()));
        let _ = tls_reporting::record(Ok(texts.clone()));
        let _ = agent_config::record(Ok(texts));
        let _ = mta_sts_policy::parse(file.as_bytes(), Some(&file));
        let _ = agent_config::servers(file.as_bytes());
    }

    #[test]
    fn any_bytes(file in prop::collection::vec(any::<u8>(), 0..2000)) {
        let text = String::from_utf8_lossy(&file).into_owned();
        let _ = mta_sts::record(Ok(vec![text.clone()]));
        let _ = tls_reporting::record(Ok(vec![text.clone()]));
        let _ = agent_config::record(Ok(vec![text.clone()]));
        let _ = mta_sts_policy::parse(&file, Some(&text));
        let _ = agent_config::servers(&file);
    }

    #[test]
    fn a_policy_that_is_read_can_be_kept(text in pieces()) {
        if let Ok(policy) = mta_sts_policy::parse(text.as_bytes(), None) {
            prop_assert!(policy.max_age <= 31_557_600);
            prop_assert!(policy.hosts.iter().all(|host| host.is_ascii() && !host.ends_with('.')));
        }
    }
}
