//! What a server says is read before its code, and shown as its own.

use mailprobe_lab::{Act, Behaviour, Moment, Security, Server};

use crate::suite::cases;
use crate::world::Loopback;

cases!(server_words: network {} loopback {
    a_port_for_tls_from_the_start_is_named,
    a_refusal_of_this_address_is_not_one_of_all_mail,
    a_session_that_is_logged_in_was_not_asked_for_tls,
    a_mail_shield_on_a_port_for_tls_is_no_server,
    a_page_about_logging_in_is_not_said_to_be_the_servers,
    an_alert_is_shown,
    what_servers_greet_everybody_with_is_no_notice,
    a_sentence_on_several_lines_is_one,
    a_failed_upgrade_is_told_in_the_servers_words,
    logins_that_are_refused_without_tls_are_not_offered,
    passwords_are_at_stake_only_where_a_login_takes_them,
    what_dovecot_offers_its_own_host_is_not_what_others_get,
    a_closed_connection_may_have_no_server_behind_it,
});

fn greeting(behaviour: Behaviour, text: &str) -> Server {
    Server::start(behaviour.at(Moment::Greeting, [Act::send(text), Act::Close]))
}

fn a_port_for_tls_from_the_start_is_named() {
    for (behaviour, scheme, text, port) in [
        (Behaviour::imap(Security::StartTls), "imap", "* BYE You must use SSL here\r\n", "993"),
        (Behaviour::pop3(Security::StartTls), "pop3", "-ERR must use SSL\r\n", "995"),
        (Behaviour::smtp(Security::StartTls), "submission", "554 5.7.0 must use SSL/TLS\r\n", "465"),
    ] {
        let server = greeting(behaviour, text);
        let told = Loopback::new().ask(&server.url(scheme)).tell();
        told.code(10).verdict("fail").says("must use SSL").advice(port).never("permanently").judged();
    }
}

fn a_refusal_of_this_address_is_not_one_of_all_mail() {
    let text = "521 mail.test.example does not accept mail from you (192.0.2.7)\r\n";
    let server = greeting(Behaviour::smtp(Security::StartTls), text);
    let told = Loopback::new().ask(&server.url("smtp")).tell();
    told.finding(server.address().port(), "address-refused")
        .says("your address|public address")
        .never("no mail at all")
        .judged();
}

fn a_session_that_is_logged_in_was_not_asked_for_tls() {
    let server = greeting(Behaviour::imap(Security::StartTls), "* PREAUTH [CAPABILITY IMAP4rev1 STARTTLS] hello\r\n");
    let told = Loopback::new().ask(&server.url("imap")).tell();
    told.state(server.address().port(), "starttls-not-offered")
        .says("PREAUTH")
        .never("refuse|Enable TLS on the server|do(es)? not offer")
        .judged();
}

/// A captive portal answers for every host, so nothing is known of the one that was asked for.
fn a_page_about_logging_in_is_not_said_to_be_the_servers() {
    let server = Server::start(Behaviour::smtp(Security::StartTls).fault("http-greeting"));
    let told = Loopback::new().ask(&server.url("submission")).tell();
    told.state(server.address().port(), "wrong-protocol")
        .opens_with("captive portal of this network")
        .hint("log in to the network")
        .never("the server speaks")
        .judged();
}

/// In answer to our TLS hello, in the clear.
fn a_mail_shield_on_a_port_for_tls_is_no_server() {
    let text = "421 Cannot connect to SMTP server 127.0.0.1 (127.0.0.1:465), connect error 10061\r\n";
    let server = greeting(Behaviour::smtp(Security::Plaintext), text);
    let told = Loopback::new().ask(&server.url("submissions")).tell();
    told.state(server.address().port(), "intercepted")
        .code(15)
        .says("was refused")
        .advice("mail scanning")
        .never("enable TLS")
        .judged();
}

fn an_alert_is_shown() {
    let server = Server::start(Behaviour::imap(Security::StartTls).fault("alert"));
    let told = Loopback::new().ask(&server.url("imap")).tell();
    told.finding(server.address().port(), "server-notice").says("Mailboxes move on Sunday").judged();
}

/// cPanel's greeting, among others: on every healthy server of that kind.
fn what_servers_greet_everybody_with_is_no_notice() {
    let texts = [
        "220-mail.test.example ESMTP Exim 4.98 #2 Fri, 27 Nov 2026 10:00:00 +0000 \r\n\
         220-We do not authorize the use of this system to transport unsolicited, \r\n220 and/or bulk e-mail.\r\n",
        "220-mail.test.example ESMTP Postfix\r\n220 Welcome to our mail server\r\n",
        "220-mail.test.example ESMTP\r\n220 Unauthorized use is prohibited.\r\n",
        "220-mail.test.example (mx105) ESMTP Service ready\r\n220 mail.test.example ESMTP Service ready\r\n",
    ];
    for text in texts {
        let behaviour = Behaviour::smtp(Security::StartTls).at(Moment::Greeting, [Act::send(text)]);
        let told = Loopback::new().ask(&Server::start(behaviour).url("submission")).tell();
        told.no_finding("server-notice").judged();
    }
}

fn a_sentence_on_several_lines_is_one() {
    let text = "220-mail.test.example ESMTP\r\n220-On Sunday this server will be down\r\n220 for some hours, as announced.\r\n";
    let server = Server::start(Behaviour::smtp(Security::StartTls).at(Moment::Greeting, [Act::send(text)]));
    let told = Loopback::new().ask(&server.url("submission")).tell();
    told.says("will be down for some hours").finding(server.address().port(), "server-notice").judged();
}

fn a_failed_upgrade_is_told_in_the_servers_words() {
    for fault in ["starttls-then-failure", "starttls-then-alert-and-failure"] {
        for (behaviour, scheme) in
            [(Behaviour::imap(Security::StartTls), "imap"), (Behaviour::pop3(Security::StartTls), "pop3")]
        {
            let server = Server::start(behaviour.fault(fault));
            let told = Loopback::new().ask(&server.url(scheme)).tell();
            told.code(13).says("/etc/mail.pem: No such file").never("InvalidContentType|device|decrypts").judged();
        }
    }
}

/// Cyrus with STARTTLS turned off, and GNU Mailutils.
fn logins_that_are_refused_without_tls_are_not_offered() {
    let offering = |keywords: &str| {
        let list = format!("* CAPABILITY IMAP4rev1 {keywords}\r\n{{tag}} OK done\r\n");
        let behaviour = Behaviour::imap(Security::StartTls).at(Moment::Greeting, [Act::send("* OK ready\r\n")]);
        Server::start(behaviour.at(Moment::Capabilities, [Act::send(list)]))
    };
    let off = offering("LOGINDISABLED AUTH=SCRAM-SHA-256");
    let told = Loopback::new().ask(&off.url("imap")).tell();
    told.says("except for passwords").never("including passwords").judged();
    let required = offering("STARTTLS XTLSREQUIRED");
    let told = Loopback::new().ask(&required.url("imap")).tell();
    told.no_finding("plaintext-login-offered").judged();
}

fn passwords_are_at_stake_only_where_a_login_takes_them() {
    let smtp = |login: &str| format!("250-mail.test.example\r\n{login}250 8BITMIME\r\n");
    let pop3 = |login: &str| format!("+OK\r\nUIDL\r\n{login}.\r\n");
    let imap = |login: &str| format!("* CAPABILITY IMAP4rev1 {login}\r\n{{tag}} OK done\r\n");
    let (all, never) = ("including passwords", "password");
    let proof = "except for passwords, which the logins? offered there";
    for (scheme, list, says, never) in [
        ("smtp", smtp(""), "STARTTLS: mail would be sent unencrypted", never),
        ("smtp", smtp("250-AUTH PLAIN\r\n"), all, "except"),
        ("submission", smtp(""), "No login is offered there", never),
        ("submission", smtp("250-AUTH DIGEST-MD5 CRAM-MD5\r\n"), proof, all),
        ("submission", smtp("250-AUTH CRAM-MD5 LOGIN\r\n"), all, "except"),
        ("pop3", pop3(""), "cannot log in", never),
        ("pop3", pop3("SASL NTLM\r\n"), proof, all),
        ("pop3", pop3("USER\r\n"), all, "except"),
        ("imap", imap("LOGINDISABLED"), "cannot log in", never),
        ("imap", imap("IDLE"), all, "except"),
    ] {
        let behaviour = match scheme {
            "pop3" => Behaviour::pop3(Security::StartTls),
            "imap" => Behaviour::imap(Security::StartTls).at(Moment::Greeting, [Act::send("* OK ready\r\n")]),
            _ => Behaviour::smtp(Security::StartTls),
        };
        let server = Server::start(behaviour.at(Moment::Capabilities, [Act::send(list)]));
        let told = Loopback::new().ask(&server.url(scheme)).tell();
        told.state(server.address().port(), "starttls-not-offered").says(says).never(never).judged();
    }
}

fn what_dovecot_offers_its_own_host_is_not_what_others_get() {
    let text = "* OK [CAPABILITY IMAP4rev1 LOGIN-REFERRALS STARTTLS AUTH=PLAIN] Dovecot ready.\r\n";
    let server = Server::start(Behaviour::imap(Security::StartTls).at(Moment::Greeting, [Act::send(text)]));
    let told = Loopback::new().ask(&format!("--forbid-plaintext-auth {}", server.url("imap"))).tell();
    told.no_finding("plaintext-login-offered")
        .finding(server.address().port(), "login-offered-to-own-host")
        .never("careless mail program")
        .judged();
}

fn a_closed_connection_may_have_no_server_behind_it() {
    for act in [Act::Close, Act::Reset] {
        let server = Server::start(Behaviour::smtp(Security::StartTls).at(Moment::Greeting, [act]));
        let told = Loopback::new().ask(&server.url("submission")).tell();
        told.code(9).advice("proxy or load balancer").judged();
    }
}
