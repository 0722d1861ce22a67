//! Postfix.

use crate::house::NAME_OF_IPV6;
use crate::row::Secret::{Right, Wrong};
use crate::row::{Ask, CLOSED, NOTHING, Row};

/// What a stranger's mail server is told; see `servers/postfix-master.cf` for the ports.
pub(crate) fn strangers() -> Vec<Row> {
    [recipients(), senders(), addresses(), troubles()].concat()
}

/// What depends on the recipient.
fn recipients() -> Vec<Row> {
    vec![
        anna("a recipient who is there")
            .is("250 2.1.5 Ok", "recipient-taken", 0)
            .logs(&["mail=1 rcpt=1 rset=1 quit=1"]),
        anna("the same over IPv6").host(NAME_OF_IPV6).is("250 2.1.5 Ok", "recipient-taken", 0),
        rcpt("nobody of that name", "nobody@test.example")
            .is("550 5.1.1 <nobody@test.example>: Recipient address rejected", "recipient-unknown", 20)
            .logs(&["rcpt=0/1", "quit=1"]),
        rcpt("a domain that takes everybody", "anybody@everybody.example").is("250 2.1.5 Ok", "recipient-taken", 0),
        Row::ask("whether it takes everybody", "smtp", Ask::Anybody { to: "anybody@everybody.example" }).is(
            "250 2.1.5 Ok",
            "recipients-all-taken",
            0,
        ),
        rcpt("a policy service that greylists", "greylisted@test.example").is(
            "450 4.7.1 <greylisted@test.example>: Recipient address rejected: Greylisted, try again in 300 seconds",
            "recipient-greylisted",
            20,
        ),
        rcpt("postgrey's words", "postgrey@test.example").is(
            "450 4.7.1 <postgrey@test.example>: Recipient address rejected: Greylisted, see http://postgrey",
            "recipient-greylisted",
            20,
        ),
        rcpt("a full mailbox", "full@test.example").is(
            "552 5.2.2 <full@test.example>: Recipient address rejected: Mailbox is full",
            "recipient-mailbox-full",
            20,
        ),
        rcpt("a full mailbox, for now", "full-for-now@test.example").is(
            "452 4.2.2 <full-for-now@test.example>: Recipient address rejected: Mailbox is full",
            "recipient-mailbox-full",
            20,
        ),
        rcpt("a disabled mailbox", "disabled@test.example").is("550 5.2.1 ", "recipient-disabled", 20),
        rcpt("a policy's limit of messages", "throttled@test.example").is("450 4.7.1 ", "mail-throttled", 20),
        rcpt("a bad reputation", "reputation@test.example").is("550 5.7.1 ", "poor-reputation", 20),
        rcpt("somebody else's domain", "nobody@elsewhere.example").is(
            "554 5.7.1 <nobody@elsewhere.example>: Relay access denied",
            "relay-denied",
            20,
        ),
        rcpt("somebody else's domain, refused for now", "nobody@elsewhere.example").at(2504).is(
            "454 4.7.1 <nobody@elsewhere.example>: Relay access denied",
            "relay-denied",
            20,
        ),
        // No alarm: at a private address it may trust this machine.
        Row::ask("an open relay", "smtp", Ask::OpenRelay).at(2503).is(
            "250 2.1.5 Ok",
            "strangers-recipient-accepted",
            0,
        ),
        Row::ask("no open relay", "smtp", Ask::OpenRelay).is(
            "554 5.7.1 <nobody@example.com>: Relay access denied",
            "relay-denied",
            0,
        ),
    ]
}

/// What depends on the sender.
fn senders() -> Vec<Row> {
    vec![
        from("a sender's domain that does not exist", "visitor@nowhere.example").is(
            "450 4.1.8 <visitor@nowhere.example>: Sender address rejected: Domain not found",
            "sender-domain-refused",
            20,
        ),
        from("the same, refused for good", "visitor@nowhere.example").at(2509).is(
            "550 5.1.8 <visitor@nowhere.example>: Sender address rejected: Domain not found",
            "sender-domain-refused",
            20,
        ),
        from("a sender's domain that takes no mail", "visitor@example.com").is(
            "550 5.7.27 <visitor@example.com>: Sender address rejected: Domain example.com does not accept mail (nullMX)",
            "sender-domain-refused",
            20,
        ),
        from("a sender who is not wanted", "unwanted@sender.example").is(
            "554 5.7.1 <unwanted@sender.example>: Sender address rejected: Access denied",
            "sender-refused",
            20,
        ),
    ]
}

/// What depends on the visitor's address and name.
fn addresses() -> Vec<Row> {
    vec![
        anna("an address on a DNS blocklist").at(2501).is(
            "554 5.7.1 Service unavailable; Client host [10.77.0.3] blocked using bl.test.example",
            "address-blocklisted",
            20,
        ),
        anna("an address on a DNS blocklist, over IPv6").host(NAME_OF_IPV6).at(2501).is(
            "554 5.7.1 Service unavailable; Client host [fd00:77::2] blocked using bl.test.example",
            "address-blocklisted",
            20,
        ),
        anna("postscreen with that blocklist").at(2506).is(
            "550 5.7.1 Service unavailable; client [10.77.0.3] blocked using bl.test.example",
            "address-blocklisted",
            20,
        ),
        anna("an address without a name").host(NAME_OF_IPV6).at(2502).is(
            "450 4.7.1 Client host rejected: cannot find your reverse hostname, [fd00:77::2]",
            "no-reverse-name",
            20,
        ),
        anna("an address with a name").at(2502).is("250 2.1.5 Ok", "recipient-taken", 0),
        anna("a name at EHLO that is not liked").at(2507).is("554 5.7.1 <", "helo-refused", 20),
        anna("an address that is refused").at(2513).is(
            "554 5.7.1 <visitor.test.example[10.77.0.3]>: Client host rejected: Access denied",
            "address-refused",
            20,
        ),
    ]
}

/// What passes: limits, and trouble of the server's own.
fn troubles() -> Vec<Row> {
    vec![
        anna("too many messages").at(2505).after(1).is(
            "450 4.7.1 Error: too much mail from 10.77.0.3",
            "mail-throttled",
            20,
        ),
        anna("too many recipients").at(2514).after(1).is(
            "450 4.7.1 Error: too many recipients from 10.77.0.3",
            "mail-throttled",
            20,
        ),
        anna("a table of users that is out of reach").at(2510).is(
            "451 4.3.0 <anna@test.example>: Temporary lookup failure",
            "mail-server-fault",
            20,
        ),
        anna("a policy service that is down").at(2511).is("451 4.3.5 ", "mail-server-fault", 20),
        anna("a full disk").at(2512).is("452 4.3.1 Insufficient system storage", "mail-server-fault", 20),
    ]
}

fn rcpt(situation: &'static str, to: &'static str) -> Row {
    Row::recipient(situation, "", to)
}

fn from(situation: &'static str, from: &'static str) -> Row {
    Row::recipient(situation, from, "anna@test.example")
}

fn anna(situation: &'static str) -> Row {
    from(situation, "")
}

/// What a user of the house is told.
pub(crate) fn users() -> Vec<Row> {
    let login = |situation, user, secret| Row::login(situation, "submission", user, secret, "PLAIN");
    let stranger = |situation, to| Row::recipient(situation, "", to).on("submission");
    let user =
        |situation, from, to| Row::ask(situation, "submission", Ask::RecipientAfterLogin { user: "anna", from, to });
    let sender = |situation, service| Row::ask(situation, service, Ask::SenderWithoutLogin);
    let in_the_clear = |situation, service| Row::ask(situation, service, Ask::SenderInTheClear);
    vec![
        login("a login", "anna", Right)
            .is("235 2.7.0 Authentication successful", "login-accepted", 0)
            .logs(&["auth=1 "]),
        login("a login on 465", "anna", Right)
            .on("submissions")
            .is("235 2.7.0 ", "login-accepted", 0)
            .logs(&["auth=1 "]),
        Row::login("a login by LOGIN", "submission", "anna", Right, "LOGIN").at(2593).is(
            "235 2.7.0 ",
            "login-accepted",
            0,
        ),
        login("a wrong password", "anna", Wrong)
            .is("535 5.7.8 Error: authentication failed", "login-wrong-password", 19)
            .logs(&["SASL PLAIN authentication failed", "auth=0/1"]),
        login("a wrong password on 465", "anna", Wrong)
            .on("submissions")
            .is("535 5.7.8 Error: authentication failed", "login-wrong-password", 19)
            .logs(&["auth=0/1"]),
        login("a saslauthd that is down", "anna", Right)
            .at(2592)
            .is("454 4.7.0 Temporary authentication failure", "login-backend-down", 19)
            .logs(&["auth=0/1"]),
        // Postfix 3.7 does not hand on that Dovecot said "temporary": to the letter what it says of a wrong password.
        login("a back end of Dovecot's that is down", "bruno", Right)
            .is("535 5.7.8 Error: authentication failed: (reason unavailable)", "login-wrong-password", 19)
            .logs(&["auth=0/1"]),
        login("too many logins", "anna", Right).at(2589).after(1).is(
            "450 4.7.1 Error: too many AUTH commands from 10.77.0.3",
            "login-throttled",
            19,
        ),
        login("no Dovecot to ask", "anna", Right).at(2590).by_hand_at(2594).is(CLOSED, "connection-reset", 9),
        user("a recipient after a login", "anna@test.example", "anybody@elsewhere.example").is(
            "250 2.1.5 Ok",
            "recipient-taken",
            0,
        ),
        user("somebody else's sender after a login", "boss@test.example", "anna@test.example").at(2591).is(
            "553 5.7.1 <boss@test.example>: Sender address rejected: not owned by user anna",
            "sender-refused",
            20,
        ),
        stranger("submission without a login", "anna@test.example").is(
            "554 5.7.1 <anna@test.example>: Recipient address rejected: Access denied",
            "mail-refused",
            20,
        ),
        stranger("submission without a login, in RFC 4954's words", "anna@test.example").at(2587).is(
            "530 5.7.0 ",
            "login-wanted",
            20,
        ),
        // Postfix's default (`smtpd_delay_reject`): it says 250 to the sender and refuses at RCPT.
        sender("the sender without a login", "submission").is("250 2.1.0 Ok", "submission-without-login", 0),
        sender("the sender without a login, taken by mistake", "submission").at(2588).is(
            "250 2.1.0 Ok",
            "submission-without-login",
            0,
        ),
        sender("the sender without a login, refused", "submissions").is(
            "554 5.7.1 <>: Sender address rejected: Access denied",
            NOTHING,
            0,
        ),
        sender("the sender without a login, refused in RFC 4954's words", "submission").at(2587).is(
            "530 5.7.0 <>: Sender address rejected: Authentication required",
            NOTHING,
            0,
        ),
        in_the_clear("the sender before STARTTLS", "submission").is(
            "530 5.7.0 Must issue a STARTTLS command first",
            "starttls-enforced",
            0,
        ),
        in_the_clear("the sender before STARTTLS, taken", "smtp").is("250 2.1.0 Ok", "starttls-not-enforced", 0),
    ]
}
