//! stunnel: TLS on 465 in front of a server that has none.

use std::fs;
use std::path::{Path, PathBuf};

use crate::house::{IPV6, Rooms, Server};

/// stunnel from Debian's package.
pub(crate) struct Stunnel;

impl Server for Stunnel {
    fn name(&self) -> &'static str {
        "stunnel"
    }

    fn program(&self) -> (&'static str, &'static str) {
        ("stunnel4", "stunnel4, by .ci/servers")
    }

    fn ports(&self) -> &'static [u16] {
        &[465]
    }

    fn start(&self, rooms: &Rooms<'_>) {
        let file = rooms.own.join("stunnel.conf");
        fs::write(&file, conf(rooms)).expect("stunnel.conf");
        rooms.namespace.start("stunnel4", &[&file.display().to_string()], &self.log(&rooms.own));
    }

    fn log(&self, own: &Path) -> PathBuf {
        own.join("log")
    }

    fn ends_a_session(&self, line: &str) -> bool {
        line.contains("Connection closed: ") || line.contains("Connection reset: ")
    }

    /// `LOG4` and below are warnings and worse; what the thread `ui` says is of its own settings.
    fn is_a_complaint(&self, line: &str) -> bool {
        let is_grave = ["LOG4[", "LOG3[", "LOG2[", "LOG1[", "LOG0["].iter().any(|level| line.contains(level));
        is_grave && !line.contains("[ui]:") || line.contains("Connection reset: ")
    }
}

fn conf(rooms: &Rooms<'_>) -> String {
    let certificate = rooms.certificate.chain.display();
    let key = rooms.certificate.key.display();
    let service = |name: &str, accept: &str| {
        format!("[{name}]\naccept = {accept}\nconnect = 127.0.0.1:1025\ncert = {certificate}\nkey = {key}\n")
    };
    format!(
        "foreground = yes
pid =
debug = info
{}{}",
        service("submissions", "0.0.0.0:465"),
        service("submissions-ipv6", &format!("{IPV6}:465"))
    )
}
