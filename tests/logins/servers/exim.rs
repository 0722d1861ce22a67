//! Exim: a relay on 25, submission on 465 and 587.

use std::path::{Path, PathBuf};

use crate::house::{Rooms, Server};

const CONF: &str = include_str!("exim.conf");

/// Exim from Debian's package.
pub(crate) struct Exim;

impl Server for Exim {
    fn name(&self) -> &'static str {
        "exim"
    }

    fn program(&self) -> (&'static str, &'static str) {
        ("exim4", "exim4-daemon-light, by .ci/servers")
    }

    fn ports(&self) -> &'static [u16] {
        &[25, 465, 587]
    }

    fn start(&self, rooms: &Rooms<'_>) {
        rooms.make(&["spool", "log"]);
        let path = |file: &str| rooms.own.join(file).display().to_string();
        rooms.namespace.run("chown", &["Debian-exim:", &path("spool"), &path("log")]);
        rooms.copy_key();
        let file = rooms.furnish("exim.conf", CONF);
        rooms.namespace.run("exim4", &["-C", &file, "-bd"]);
    }

    fn log(&self, own: &Path) -> Option<PathBuf> {
        Some(own.join("log/mainlog"))
    }
}
