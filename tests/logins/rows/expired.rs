//! A certificate that expired a minute ago: the servers would take the login, and mailprobe does not make it.

use crate::row::Row;
use crate::row::Secret::Right;

pub(crate) fn all() -> Vec<Row> {
    let no_login = &["auth=", "Login:", "auth failed", "SASL"];
    [
        ("submission", "235 2.7.0 ", &["quit=1"][..]),
        ("submissions", "235 2.7.0 ", &["quit=1"]),
        ("imaps", "OK ", &["no auth attempts"]),
        ("imap", "OK ", &["no auth attempts"]),
        ("pop3s", "+OK ", &["no auth attempts"]),
    ]
    .map(|(service, answer, logged)| {
        Row::login("an expired certificate", service, "anna", Right, "PLAIN")
            .is(answer, "login-withheld", 14)
            .logs(logged)
            .logs_no(no_login)
    })
    .to_vec()
}
