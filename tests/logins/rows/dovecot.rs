//! Dovecot.

use crate::row::Row;
use crate::row::Secret::{Right, Token, Wrong, WrongToken};

/// PLAIN and LOGIN.
pub(crate) fn plain() -> Vec<Row> {
    let imap = |situation, user, secret| Row::login(situation, "imaps", user, secret, "PLAIN");
    let pop3 = |situation, user, secret| Row::login(situation, "pop3s", user, secret, "PLAIN");
    vec![
        imap("a login", "anna", Right)
            .is("OK ", "login-accepted", 0)
            .logs(&["Login: user=<anna>, method=PLAIN", "Logged out"]),
        imap("a login after STARTTLS", "anna", Right)
            .on("imap")
            .is("OK ", "login-accepted", 0)
            .logs(&["Login: user=<anna>, method=PLAIN"]),
        pop3("a login of POP3", "anna", Right)
            .is("+OK ", "login-accepted", 0)
            .logs(&["Login: user=<anna>, method=PLAIN"]),
        pop3("a login of POP3 after STLS", "anna", Right)
            .on("pop3")
            .is("+OK ", "login-accepted", 0)
            .logs(&["Login: user=<anna>, method=PLAIN"]),
        Row::login("a login by LOGIN", "imaps", "anna", Right, "LOGIN").is("OK ", "login-accepted", 0),
        Row::login("a login by the protocol's own command", "imaps", "anna", Right, "command").is(
            "OK ",
            "login-accepted",
            0,
        ),
        Row::login("a login by POP3's own commands", "pop3s", "anna", Right, "command").is("+OK ", "login-accepted", 0),
        imap("a wrong password", "anna", Wrong)
            .is("NO [AUTHENTICATIONFAILED] Authentication failed.", "login-wrong-password", 19)
            .logs(&["auth failed, 1 attempts", "method=PLAIN"]),
        imap("an unknown user", "nobody-here", Right).is(
            "NO [AUTHENTICATIONFAILED] Authentication failed.",
            "login-wrong-password",
            19,
        ),
        pop3("a wrong password of POP3", "anna", Wrong)
            .is("-ERR [AUTH] Authentication failed.", "login-wrong-password", 19)
            .logs(&["auth failed, 1 attempts"]),
        imap("a denied user", "dora", Right).is("NO [AUTHENTICATIONFAILED] ", "login-wrong-password", 19),
        pop3("a denied user of POP3", "dora", Right).is("-ERR [AUTH] ", "login-wrong-password", 19),
        imap("a user whose logins are off", "nora", Right).is("NO [CONTACTADMIN] suspended", "login-refused", 19),
        imap("an expired password", "emil", Right).is("NO [EXPIRED] Password expired", "login-password-expired", 19),
        imap("a back end that is down", "bruno", Right).is(
            "NO [UNAVAILABLE] Temporary authentication failure.",
            "login-backend-down",
            19,
        ),
        pop3("a back end of POP3 that is down", "bruno", Right).is(
            "-ERR [SYS/TEMP] Temporary authentication failure.",
            "login-backend-down",
            19,
        ),
    ]
}

/// The strongest of many mechanisms.
pub(crate) fn scram() -> Vec<Row> {
    let imap = |situation, user, secret| Row::login(situation, "imaps", user, secret, "SCRAM-SHA-256");
    vec![
        imap("SCRAM-SHA-256, from a stored password", "anna", Right)
            .is("OK ", "login-accepted", 0)
            .logs(&["Login: user=<anna>, method=SCRAM-SHA-256"]),
        imap("SCRAM-SHA-256, from a stored key", "sara", Right)
            .is("OK ", "login-accepted", 0)
            .logs(&["Login: user=<sara>, method=SCRAM-SHA-256"]),
        Row::login("SCRAM-SHA-256 over POP3", "pop3s", "anna", Right, "SCRAM-SHA-256")
            .is("+OK ", "login-accepted", 0)
            .logs(&["Login: user=<anna>, method=SCRAM-SHA-256"]),
        Row::login("SCRAM-SHA-1", "imaps", "anna", Right, "SCRAM-SHA-1").is("OK ", "login-accepted", 0),
        imap("a wrong password by SCRAM", "anna", Wrong)
            .is("NO [AUTHENTICATIONFAILED] ", "login-wrong-password", 19)
            .logs(&["auth failed, 1 attempts", "method=SCRAM-SHA-256"]),
        // The server offers what it cannot do for this user: the password is right, and it says that it is not.
        imap("the right password, stored as a hash that SCRAM has no use for", "hans", Right).is(
            "NO [AUTHENTICATIONFAILED] ",
            "login-wrong-password",
            19,
        ),
    ]
}

/// CRAM-MD5 alone.
pub(crate) fn cram_md5() -> Vec<Row> {
    let login = |situation, service, secret| Row::login(situation, service, "anna", secret, "CRAM-MD5");
    vec![
        login("CRAM-MD5", "imaps", Right).is("OK ", "login-accepted", 0).logs(&["method=CRAM-MD5"]),
        login("CRAM-MD5 over POP3", "pop3", Right).is("+OK ", "login-accepted", 0).logs(&["method=CRAM-MD5"]),
        login("a wrong password by CRAM-MD5", "imaps", Wrong).is(
            "NO [AUTHENTICATIONFAILED] ",
            "login-wrong-password",
            19,
        ),
    ]
}

/// Tokens.
pub(crate) fn tokens() -> Vec<Row> {
    let login = |situation, mechanism, secret| Row::login(situation, "imaps", "anna", secret, mechanism);
    vec![
        login("OAUTHBEARER", "OAUTHBEARER", Token).is("OK ", "login-accepted", 0).logs(&["method=OAUTHBEARER"]),
        login("XOAUTH2", "XOAUTH2", Token).is("OK ", "login-accepted", 0),
        login("a wrong token", "OAUTHBEARER", WrongToken).is("NO [AUTHENTICATIONFAILED] ", "login-token-refused", 19),
        login("a wrong token by XOAUTH2", "XOAUTH2", WrongToken).is(
            "NO [AUTHENTICATIONFAILED] ",
            "login-token-refused",
            19,
        ),
        login("a password where tokens are wanted", "OAUTHBEARER", Wrong).is("NO ", "login-no-mechanism", 19),
    ]
}

/// The delay before a refusal.
pub(crate) fn slow() -> Vec<Row> {
    vec![
        Row::login("a wrong password, refused after two seconds", "imaps", "anna", Wrong, "PLAIN")
            .is("NO [AUTHENTICATIONFAILED] ", "login-wrong-password", 19)
            .logs(&["auth failed, 1 attempts in 2 secs"]),
        Row::login("the right one, at once", "imaps", "anna", Right, "PLAIN").is("OK ", "login-accepted", 0),
    ]
}

/// One connection for a user and an address, which is there already.
pub(crate) fn one_connection() -> Vec<Row> {
    let login = |situation, service| Row::login(situation, service, "anna", Right, "PLAIN");
    vec![
        login("too many connections of this user", "imaps").is(
            "NO [LIMIT] Maximum number of connections from user+IP exceeded",
            "login-throttled",
            19,
        ),
        login("too many connections of this user over POP3", "pop3s").is(
            "-ERR [IN-USE] Maximum number of connections from user+IP exceeded",
            "login-throttled",
            19,
        ),
    ]
}
