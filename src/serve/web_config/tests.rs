//! What the file may say, and what is said of mistakes in it.

use super::WebConfig;

fn load(text: &str) -> Result<WebConfig, String> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("web.yml");
    std::fs::write(&path, text).expect("a file");
    WebConfig::load(&path).map_err(|mistake| mistake.replace(&*path.to_string_lossy(), "web.yml"))
}

/// `web`, with the lowest cost.
const HASH: &str = "$2y$04$HpG4LnUzeY8WC.yqnGCkeO0b0vJIXeTN7uwEE1Y4KFPO57CgGYVMK";

#[test]
fn an_empty_file_asks_for_nothing() {
    for text in ["", "# nothing yet\n", "{}\n"] {
        let config = load(text).expect("a good file");
        assert!(config.tls.is_none() && config.logins.is_none() && !config.authenticates(), "{text:?}");
    }
}

#[test]
fn a_login_is_authentication() {
    let config = load(&format!("basic_auth_users:\n  prometheus: {HASH}\n")).expect("a good file");
    assert!(config.authenticates());
}

#[test]
fn mistakes_are_told_with_their_place() {
    for (text, expected) in [
        ("tls_server_config:\n  cert_fil: a.pem\n", "web.yml:2:3: unknown field"),
        ("basic_auth_user: {}\n", "web.yml:1:1: unknown field"),
        ("tls_server_config:\n  client_auth_type: Sometimes\n", "web.yml:2:21: "),
        ("tls_server_config:\n  min_version: TLS10\n", "web.yml:2:16: TLS10 is too old"),
        ("basic_auth_users:\n  me: secret\n", "web.yml:2:7: this is no password hashed by bcrypt"),
        ("basic_auth_users:\n  \"a:b\": x\n", "web.yml:2:3: nobody can log in as \"a:b\""),
        ("http_server_config:\n  headers:\n    Server: x\n", "web.yml:3:5: unknown field"),
        ("tls_server_config: [\n", "web.yml:"),
        ("tls_server_config: {}\n", "web.yml: tls_server_config needs a certificate"),
        ("tls_server_config:\n  cert_file: none.pem\n", "none.pem"),
        (
            "tls_server_config:\n  cipher_suites: [TLS_RSA_WITH_RC4_128_SHA]\n",
            "TLS_RSA_WITH_RC4_128_SHA of cipher_suites",
        ),
        ("tls_server_config:\n  curve_preferences: [CurveP521]\n", "CurveP521 of curve_preferences"),
    ] {
        let mistake = load(text).expect_err(text);
        assert!(mistake.contains(expected), "{text}: {mistake}");
        assert_eq!(mistake.lines().count(), 1, "{mistake}");
        assert!(!mistake.contains("secret"), "{mistake}");
    }
}
