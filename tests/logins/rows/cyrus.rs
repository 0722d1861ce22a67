//! Cyrus.

use crate::row::Row;
use crate::row::Secret::{Right, Wrong};

/// It offers SCRAM with channel binding, too, of which it knows `tls-unique` alone: TLS 1.3 has none (RFC 9266), and a
/// client that binds by `tls-exporter` is refused, whatever its password.
pub(crate) fn all() -> Vec<Row> {
    let login = |situation, service, secret, mechanism| Row::login(situation, service, "anna", secret, mechanism);
    vec![
        login("SCRAM-SHA-256", "imaps", Right, "SCRAM-SHA-256").is("OK ", "login-accepted", 0).logs(&["SCRAM-SHA-256"]),
        login("SCRAM-SHA-256 after STARTTLS", "imap", Right, "SCRAM-SHA-256").is("OK ", "login-accepted", 0),
        login("PLAIN", "imaps", Right, "PLAIN").is("OK ", "login-accepted", 0),
        login("SCRAM-SHA-256 over POP3", "pop3s", Right, "SCRAM-SHA-256").is("+OK ", "login-accepted", 0),
        login("a wrong password by SCRAM", "imaps", Wrong, "SCRAM-SHA-256").is(
            "NO authentication failure",
            "login-wrong-password",
            19,
        ),
        login("a wrong password by PLAIN", "imaps", Wrong, "PLAIN").is(
            "NO authentication failure",
            "login-wrong-password",
            19,
        ),
        login("a wrong password over POP3", "pop3s", Wrong, "PLAIN").is(
            "-ERR [AUTH] authenticating: ",
            "login-wrong-password",
            19,
        ),
        Row::login("an unknown user", "imaps", "nobody-here", Right, "PLAIN").is("NO ", "login-wrong-password", 19),
    ]
}
