//! Postfix: one for all situations, each at a port of its own; see `postfix-master.cf`.

use std::path::{Path, PathBuf};

use crate::house::{Rooms, Server};

const MAIN: &str = include_str!("postfix-main.cf");
const MASTER: &str = include_str!("postfix-master.cf");
const SASL: &str = "mech_list: PLAIN LOGIN\npwcheck_method: saslauthd\nsaslauthd_path: @own@/nobody-listens\n";

/// Postfix from Debian's package, whose logins [`Dovecot`](super::Dovecot) knows.
pub(crate) struct Postfix;

impl Server for Postfix {
    fn name(&self) -> &'static str {
        "postfix"
    }

    fn program(&self) -> (&'static str, &'static str) {
        ("postfix", "postfix")
    }

    fn ports(&self) -> &'static [u16] {
        &[25, 465, 587, 2501, 2506]
    }

    fn start(&self, rooms: &Rooms<'_>) {
        rooms.make(&["etc/sasl", "queue", "data"]);
        rooms.namespace.run("chown", &["postfix:", &rooms.own.join("data").display().to_string()]);
        rooms.furnish("etc/sasl/smtpd.conf", SASL);
        rooms.furnish("etc/main.cf", MAIN);
        rooms.furnish("etc/master.cf", MASTER);
        rooms.namespace.run("postfix", &["-c", &rooms.own.join("etc").display().to_string(), "start"]);
    }

    fn log(&self, own: &Path) -> Option<PathBuf> {
        Some(own.join("maillog"))
    }
}
