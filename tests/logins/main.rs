//! Logins and recipients against real servers: Postfix, Exim, Dovecot and Cyrus as Debian ships them, each in a network
//! of its own with a DNS of its own. A table says what each situation makes a server answer (asked by hand first, without
//! mailprobe: `by_hand.py`), and what mailprobe makes of that answer. Servers' logs show what came in.
//!
//! Needs root, the packages of .ci/run and what .ci/servers unpacks; without them the tests say so and pass, except on CI.

#![cfg(all(target_os = "linux", feature = "cli"))]

#[path = "../real_servers/house/certificate.rs"]
#[allow(dead_code, reason = "shared with the tests of servers' ports, which use all of it")]
mod certificate;
mod house;
#[path = "../real_servers/house/namespace.rs"]
#[allow(dead_code, reason = "shared with the tests of servers' ports, which use all of it")]
mod namespace;
mod page;
mod row;
mod rows;
mod servers;
mod swaks;

use house::{House, Server};
use row::{data_in, hold};
use servers::{Cyrus, Dovecot, Exim, Postfix};

/// The name of the houses' servers.
pub(crate) const NAME: &str = "mail.test.example";
/// The name that has an address of each family.
pub(crate) const DUAL_NAME: &str = "dual.test.example";

#[test]
fn postfix_tells_strangers_what_it_thinks_of_their_mail() {
    let Some(house) = House::open(vec![Box::new(Postfix), Box::new(Dovecot::Plain)]) else { return };
    hold(&house, &rows::postfix::strangers());
}

#[test]
fn postfix_asks_for_a_login_where_users_send_mail() {
    let Some(house) = House::open(vec![Box::new(Postfix), Box::new(Dovecot::Plain)]) else { return };
    hold(&house, &rows::postfix::users());
}

#[test]
fn dovecot_with_passwords_in_the_clear_inside_tls() {
    let Some(house) = House::open(vec![Box::new(Dovecot::Plain)]) else { return };
    hold(&house, &rows::dovecot::plain());
}

#[test]
fn dovecot_with_scram() {
    let Some(house) = House::open(vec![Box::new(Dovecot::Scram)]) else { return };
    hold(&house, &rows::dovecot::scram());
}

#[test]
fn dovecot_with_nothing_better_than_cram_md5() {
    let Some(house) = House::open(vec![Box::new(Dovecot::CramMd5)]) else { return };
    hold(&house, &rows::dovecot::cram_md5());
}

#[test]
fn dovecot_with_tokens() {
    let Some(house) = House::open(vec![Box::new(Dovecot::Tokens)]) else { return };
    hold(&house, &rows::dovecot::tokens());
}

#[test]
fn dovecot_that_takes_its_time_to_refuse() {
    let Some(house) = House::open(vec![Box::new(Dovecot::Slow)]) else { return };
    hold(&house, &rows::dovecot::slow());
}

#[test]
fn dovecot_where_the_user_is_connected_already() {
    let Some(house) = House::open(vec![Box::new(Dovecot::OneConnection)]) else { return };
    house.stay_logged_in("imaps", 993);
    house.stay_logged_in("pop3s", 995);
    hold(&house, &rows::dovecot::one_connection());
}

#[test]
fn exim() {
    let Some(house) = House::open(vec![Box::new(Exim)]) else { return };
    hold(&house, &rows::exim::all());
}

#[test]
fn cyrus() {
    let Some(house) = House::open(vec![Box::new(Cyrus)]) else { return };
    hold(&house, &rows::cyrus::all());
}

#[test]
fn a_certificate_expired_by_a_minute_gets_no_password() {
    let Some(house) = House::expired(vec![Box::new(Postfix), Box::new(Dovecot::Plain)]) else { return };
    hold(&house, &rows::expired::all());
}

/// Otherwise, that no log tells of any would prove nothing.
#[test]
fn logs_tell_of_data() {
    for (servers, words) in [
        (vec![Box::new(Postfix) as Box<dyn Server>, Box::new(Dovecot::Plain)], "disconnect from"),
        (vec![Box::new(Exim)], "DATA came in"),
    ] {
        let Some(house) = House::open(servers) else { return };
        let ask = ["data", "", "anna@test.example"];
        let (said, log) = house.logged(&[words], || house.by_hand("smtp", NAME, 25, &ask));
        assert!(data_in(&log).is_some(), "{said}\n{log}");
    }
}

#[test]
fn swaks_is_told_the_same() {
    let Some(house) = House::open(vec![Box::new(Postfix), Box::new(Dovecot::Plain)]) else { return };
    let asked = [rows::postfix::strangers(), rows::postfix::users()].concat();
    let codes = swaks::hold(&house, &asked);
    page::hold(&asked, &codes);
}
