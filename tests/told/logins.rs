//! `--login`: what somebody is told whose mail program says "wrong password".

use mailprobe_lab::{Act, Moment};

use crate::cause::error;
use crate::suite::cases;
use crate::world::{MAIL, SEVEN, V4, World, domain, good, ip4, zone};

cases!(logins: network {
    a_password_where_the_provider_wants_an_app_password,
    a_provider_that_says_so_itself,
    a_login_at_all_ports,
    a_password_that_one_port_refuses,
} loopback {});

const GMAIL: &str = "imap.gmail.com";
const APP_PASSWORDS: &str = "https://support.google.com/accounts/answer/185833";

fn at_gmail(test: &'static str, answer: &'static str) -> World {
    let zone = domain().a(GMAIL, ip4(V4));
    let named = |port| good(port).names([GMAIL]).host(GMAIL).at(Moment::Login, [Act::send(answer)]);
    World::new(test, zone).serve_as(&[V4], &[993], named).file("password", "correct-horse-42\n")
}

/// Gmail says the same of a wrong password and of the account's own.
fn a_password_where_the_provider_wants_an_app_password(test: &'static str) {
    at_gmail(test, "{tag} NO [AUTHENTICATIONFAILED] Invalid credentials (Failure)\r\n")
        .ask(&format!("imaps://{GMAIL} --login user@gmail.com --password-file password"))
        .tell()
        .state(993, "login-refused")
        .code(19)
        .finding(993, "login-wrong-password")
        .errors(1)
        .says("probably because it wants an app password")
        .hint(APP_PASSWORDS)
        .never("correct-horse")
        .lines(24)
        .judged();
}

fn a_provider_that_says_so_itself(test: &'static str) {
    let answer = "{tag} NO [ALERT] Application-specific password required: https://support.google.com/accounts/answer/185833 (Failure)\r\n";
    at_gmail(test, answer)
        .ask(&format!("imaps://{GMAIL} --login user@gmail.com --password-file password"))
        .tell()
        .state(993, "login-refused")
        .finding(993, "login-app-password-wanted")
        .sentence("wants an app password")
        .hint(APP_PASSWORDS)
        .judged();
}

fn accepting(port: u16) -> &'static str {
    match port {
        110 | 995 => "+OK Logged in.\r\n",
        143 | 993 => "{tag} OK Logged in\r\n",
        _ => "235 2.7.0 Authentication successful\r\n",
    }
}

/// All is well: the answer says that the login is, too, and where.
fn a_login_at_all_ports(test: &'static str) {
    let behave = |port| good(port).at(Moment::Login, [Act::send(accepting(port))]);
    World::new(test, zone())
        .serve_as(&[V4], &SEVEN, behave)
        .file("password", "correct-horse-42\n")
        .ask(&format!("{MAIL} --login user@example.org --password-file password"))
        .tell()
        .code(0)
        .verdict("pass")
        .sentence("All seven ports work, and so does the login on ports 465, 587, 110, 995, 143 and 993")
        .never("check name and password")
        .prometheus("mailprobe_login_success.*993.* 1")
        .lines(24)
        .judged();
}

/// The password is right: whoever hears of it is not sent to look for another.
fn a_password_that_one_port_refuses(test: &'static str) {
    let behave = |port| {
        let answer = match port {
            465 | 587 => "535 5.7.8 Error: authentication failed: UGFzc3dvcmQ6\r\n",
            _ => accepting(port),
        };
        good(port).at(Moment::Login, [Act::send(answer)])
    };
    World::new(test, zone())
        .serve_as(&[V4], &SEVEN, behave)
        .file("password", "correct-horse-42\n")
        .ask(&format!("{MAIL} --ports 465,993 --login user@example.org --password-file password"))
        .tell()
        .state(465, "login-refused")
        .state(993, "ok")
        .code(19)
        .cause(&error().ports(&[465]).says("switched off for this mailbox"))
        .sentence("fetch mail through 993; the login works")
        .never("[Cc]heck (that )?the name")
        .lines(24)
        .judged();
}
