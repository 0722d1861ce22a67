//! What a server says is read before its code, and shown as its own.

use mailprobe_lab::{Act, Behaviour, Moment, Security, Server};

use crate::suite::cases;
use crate::world::Loopback;

cases!(server_words: network {} loopback {
    a_port_for_tls_from_the_start_is_named,
    a_refusal_of_this_address_is_not_one_of_all_mail,
    a_session_that_is_logged_in_was_not_asked_for_tls,
    a_mail_shield_on_a_port_for_tls_is_no_server,
    an_alert_is_shown,
    a_failed_upgrade_is_told_in_the_servers_words,
    logins_that_are_refused_without_tls_are_not_offered,
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
