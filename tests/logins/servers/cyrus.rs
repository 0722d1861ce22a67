//! Cyrus: POP3 on 110 and 995, IMAP on 143 and 993, with passwords in sasldb.

use std::path::{Path, PathBuf};

use crate::NAME;
use crate::house::{PASSWORD, Rooms, Server};

const IMAPD: &str = include_str!("cyrus-imapd.conf");
const SERVICES: &str = include_str!("cyrus.conf");

/// Cyrus from Debian's packages.
pub(crate) struct Cyrus;

impl Server for Cyrus {
    fn name(&self) -> &'static str {
        "cyrus"
    }

    fn program(&self) -> (&'static str, &'static str) {
        ("saslpasswd2", "cyrus-imapd, cyrus-pop3d, sasl2-bin, by .ci/servers")
    }

    fn ports(&self) -> &'static [u16] {
        &[110, 143, 993, 995]
    }

    fn start(&self, rooms: &Rooms<'_>) {
        for directory in ["", "db", "socket", "proc", "lock", "log", "msg", "user", "quota"] {
            rooms.make(&[&format!("lib/{directory}")]);
        }
        rooms.copy_key();
        let path = |file: &str| rooms.own.join(file).display().to_string();
        rooms.furnish("imapd.conf", IMAPD);
        rooms.furnish("cyrus.conf", SERVICES);
        let script = "printf %s \"$1\" | saslpasswd2 -p -c -f \"$2\" -u \"$3\" anna";
        rooms.namespace.run("sh", &["-c", script, "sh", PASSWORD, &path("sasldb"), NAME]);
        rooms.namespace.run("chown", &["-R", "cyrus:mail", &path("")]);
        let arguments = ["-C", &path("imapd.conf"), "-M", &path("cyrus.conf"), "-p", &path("pid"), "-d"];
        rooms.namespace.run("/usr/lib/cyrus/bin/master", &arguments);
    }

    fn log(&self, _own: &Path) -> Option<PathBuf> {
        None
    }
}
