//! Exim.

use crate::row::Secret::{Right, Wrong};
use crate::row::{Ask, NOTHING, Row};

pub(crate) fn all() -> Vec<Row> {
    let login = |situation, user, secret| Row::login(situation, "submission", user, secret, "PLAIN");
    let rcpt = |situation, to| Row::recipient(situation, "", to);
    vec![
        login("a login", "anna", Right)
            .is("235 Authentication succeeded", "login-accepted", 0)
            .logs(&["C=EHLO,STARTTLS,EHLO,AUTH,QUIT"]),
        login("a login on 465", "anna", Right).on("submissions").is(
            "235 Authentication succeeded",
            "login-accepted",
            0,
        ),
        login("a wrong password", "anna", Wrong)
            .is("535 Incorrect authentication data", "login-wrong-password", 19)
            .logs(&["535 Incorrect authentication data"]),
        login("a back end that is down", "bruno", Right).is(
            "435 Unable to authenticate at present",
            "login-backend-down",
            19,
        ),
        rcpt("a recipient who is there", "anna@test.example").is("250 Accepted", "recipient-taken", 0),
        rcpt("nobody of that name", "nobody@test.example").is("550 Unrouteable address", "recipient-unknown", 20),
        rcpt("somebody else's domain", "nobody@elsewhere.example").is("550 relay not permitted", "relay-denied", 20),
        rcpt("greylisting", "greylisted@test.example").is(
            "451 Greylisting in effect, please come back later",
            "recipient-greylisted",
            20,
        ),
        rcpt("an address on a blocklist", "blocked@test.example").is(
            "550 10.77.0.3 is listed at bl.test.example",
            "address-blocklisted",
            20,
        ),
        rcpt("submission without a login", "anna@test.example").on("submission").is(
            "550 Authentication required",
            "login-wanted",
            20,
        ),
        Row::ask("the sender without a login", "submission", Ask::SenderWithoutLogin).is(
            "250 OK",
            "submission-without-login",
            0,
        ),
        Row::ask("the sender without a login, refused", "submissions", Ask::SenderWithoutLogin).is(
            "530 5.7.0 Authentication required",
            NOTHING,
            0,
        ),
        Row::ask("the sender before STARTTLS", "submission", Ask::SenderInTheClear).is(
            "250 OK",
            "starttls-not-enforced",
            0,
        ),
        Row::ask("no open relay", "smtp", Ask::OpenRelay).is("550 relay not permitted", "relay-denied", 0),
    ]
}
