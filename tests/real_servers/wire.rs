//! What goes over the wire between mailprobe and real servers. Their logs, which [`House::probe`] reads, say what was
//! said inside TLS.

use super::house::{House, NAME, PORTS, Recipe, Server};
use super::packets::{Side, assert_polite};
use super::servers::{Cyrus, Dovecot, Exim};

#[test]
fn postfix_and_dovecot_get_one_polite_connection_on_each_of_the_seven_ports() {
    let Some(house) = House::open(Recipe::default()) else { return };
    let capture = house.record();
    house.probe(&["--format", "json", "--ca-file", &house.authority(), NAME], &PORTS);
    assert_polite(&capture.stop(), &PORTS);
}

#[test]
fn exim_and_cyrus_get_one_polite_connection_each() {
    for (server, options, ports) in [
        (Box::new(Exim) as Box<dyn Server>, "25,465,587", &[25, 465, 587][..]),
        (Box::new(Cyrus::TlsRequired), "110,143,993,995", &[110, 143, 993, 995]),
    ] {
        let Some(house) = House::with(vec![server], Recipe::default()) else { return };
        let capture = house.record();
        house.probe(&["--format", "json", "--ca-file", &house.authority(), "--ports", options, NAME], ports);
        assert_polite(&capture.stop(), ports);
    }
}

/// Cyrus logs nothing of a session that ends well; what it answers tells.
#[test]
fn the_servers_answer_to_goodbye_is_the_last_word() {
    for server in [Box::new(Cyrus::TlsOffered) as Box<dyn Server>, Box::new(Dovecot::OpenLogins)] {
        let name = server.name();
        let Some(house) = House::with(vec![server], Recipe::default()) else { return };
        let capture = house.record();
        house.look(&["--security", "plaintext", "--ports", "110,143", NAME]);
        let connections = capture.stop();
        assert_polite(&connections, &[110, 143]);
        for connection in &connections {
            let (goodbye, answer) = if connection.port == 143 { (" LOGOUT\r\n", " OK ") } else { ("QUIT\r\n", "+OK") };
            let (said, heard) = (connection.text(Side::Client), connection.text(Side::Server));
            assert!(said.ends_with(goodbye), "{name}: {said}");
            assert!(heard.lines().last().is_some_and(|line| line.contains(answer)), "{name}: {heard}");
            assert!(connection.pieces.last().is_some_and(|(side, _)| *side == Side::Server), "{name}: {connection:?}");
        }
    }
}
