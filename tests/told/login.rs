//! A login back end in trouble: one cause, however many ways it shows (first-use, 1.12 and 1.13).

use mailprobe_lab::{Act, Behaviour, Moment, Security, Server};

use crate::cause::{cause, error, trouble};
use crate::patterns::LOGIN_BACK_END;
use crate::suite::cases;
use crate::world::{Loopback, MAIL, V4, World, good, zone};

cases!(login: network {
    the_login_back_end_hangs,
    the_login_back_end_is_stopped,
    no_login_is_offered_for_sending,
    tls_is_turned_off,
} loopback {
    a_server_that_waits_for_its_login_process,
});

const WAITING: &str = "* OK Waiting for authentication process to respond..\r\n";

fn waiting(behaviour: Behaviour) -> Behaviour {
    behaviour.at(Moment::Greeting, [Act::send(WAITING), Act::Stall])
}

/// Dovecot with its auth process stopped by SIGSTOP.
fn the_login_back_end_hangs(test: &'static str) {
    let hanging = |port| match port {
        143 | 993 => waiting(good(port)),
        _ => good(port).fault("silent"),
    };
    let world = World::new(test, zone()).serve(&[V4], &[25, 465, 587]).serve_as(&[V4], &[143, 993, 110, 995], hanging);
    world
        .ask(MAIL)
        .tell()
        .state(465, "ok")
        .code(8)
        .verdict("fail")
        .blocks(3)
        .advice("log ?in|authenticat")
        .sentence_never("other reasons")
        .cause(&error().says(LOGIN_BACK_END))
        .judged();
}

/// Dovecot is stopped, and Postfix asks it about logins: both ports end once TLS is up.
fn the_login_back_end_is_stopped(test: &'static str) {
    let ended = |port| good(port).fault("close-after-tls");
    let world = World::new(test, zone()).serve(&[V4], &[25, 110, 995, 143, 993]).serve_as(&[V4], &[465, 587], ended);
    world
        .ask(MAIL)
        .tell()
        .state(465, "connection-closed")
        .state(587, "connection-closed")
        .code(9)
        .verdict("fail")
        .errors(1)
        .hint_at(465, LOGIN_BACK_END)
        .hint_at(587, LOGIN_BACK_END)
        .cause(&error().ports(&[465, 587]).addresses(&[V4]).says(LOGIN_BACK_END))
        .never("may not want this address")
        .judged();
}

/// No mail program can send there, and the verdict says so.
fn no_login_is_offered_for_sending(test: &'static str) {
    let reply = "250-mail.example.org\r\n250-PIPELINING\r\n250 8BITMIME\r\n";
    let without = |port| good(port).at(Moment::SecuredCapabilities, [Act::send(reply)]);
    let world = World::new(test, zone()).serve(&[V4], &[25, 110, 995, 143, 993]).serve_as(&[V4], &[465, 587], without);
    world
        .ask(MAIL)
        .tell()
        .state(465, "ok")
        .code(0)
        .verdict("warn")
        .finding(465, "login-not-offered")
        .finding(587, "login-not-offered")
        .sentence("log ?in|AUTH|hand in|cannot send|sign in|password")
        .cause(&cause(&["warning"]).ports(&[465, 587]).addresses(&[V4]))
        .judged();
}

/// All ports that would be the advice are refused in the same table.
fn tls_is_turned_off(test: &'static str) {
    let plain = |port| good(port).fault("no-starttls").login_in_the_clear();
    let world = World::new(test, zone()).serve_as(&[V4], &[25, 587, 110, 143], plain);
    world
        .ask(MAIL)
        .tell()
        .state(143, "starttls-not-offered")
        .state(993, "connection-refused")
        .code(12)
        .verdict("fail")
        .blocks(3)
        .cause(&error().addresses(&[V4]).says("starttls-not-offered"))
        .never_any(["use (port )?995", "use (port )?993", "use (port )?465"])
        .judged();
}

/// Its own sentence is a finding, and the best there is.
fn a_server_that_waits_for_its_login_process() {
    let server = Server::start(waiting(Behaviour::imap(Security::Implicit)));
    Loopback::new()
        .ask(&server.url("imaps"))
        .tell()
        .verdict("fail")
        .code(8)
        .errors(1)
        .advice("log ?in|authenticat")
        .cause(&trouble().ports(&[server.address().port()]).says("log ?in|authenticat"))
        .judged();
}
