//! OpenSMTPD: without TLS on 25, with STARTTLS on 587, with TLS from the start on 465.
//!
//! Debian 12's 6.8.0p2 cannot use its own key with the OpenSSL of Debian 12 (OpenSMTPD's issues 1171 and 1239): every
//! handshake ends with an alert. That makes it a real server whose TLS is really broken.

use std::fs;
use std::path::{Path, PathBuf};

use crate::house::{NAME, Rooms, Server};

/// OpenSMTPD from Debian's package.
pub(crate) struct OpenSmtpd;

impl Server for OpenSmtpd {
    fn name(&self) -> &'static str {
        "opensmtpd"
    }

    fn program(&self) -> (&'static str, &'static str) {
        ("/usr/sbin/smtpd", "opensmtpd, by .ci/servers")
    }

    fn ports(&self) -> &'static [u16] {
        &[25, 465, 587]
    }

    fn start(&self, rooms: &Rooms<'_>) {
        // Its queue has a fixed place, and so has the empty folder that it locks itself up in.
        for place in ["/var/spool", "/var/lib"] {
            rooms.namespace.run("mount", &["-t", "tmpfs", "-o", "mode=755", "tmpfs", place]);
        }
        rooms.namespace.run("mkdir", &["-p", "-m", "755", "/var/lib/opensmtpd/empty"]);
        let file = rooms.own.join("smtpd.conf");
        fs::write(&file, conf(rooms)).expect("smtpd.conf");
        let log = self.log(&rooms.own);
        rooms.namespace.start("/usr/sbin/smtpd", &["-d", "-f", &file.display().to_string()], &log);
    }

    fn log(&self, own: &Path) -> PathBuf {
        own.join("log")
    }

    fn ends_a_session(&self, line: &str) -> bool {
        line.contains(" smtp disconnected ")
    }

    fn is_a_complaint(&self, line: &str) -> bool {
        self.ends_a_session(line) && !line.contains("reason=quit")
            || ["warn:", "failed-command", "fatal"].iter().any(|complaint| line.contains(complaint))
    }
}

fn conf(rooms: &Rooms<'_>) -> String {
    let certificate = rooms.certificate.chain.display();
    let key = rooms.certificate.key.display();
    let listeners = ["0.0.0.0", "::"].map(|any| {
        format!(
            "listen on {any} port 25 hostname {NAME}
listen on {any} port 465 smtps pki {NAME} auth hostname {NAME}
listen on {any} port 587 tls-require pki {NAME} auth hostname {NAME}
"
        )
    });
    format!(
        "pki {NAME} cert \"{certificate}\"
pki {NAME} key \"{key}\"
{}action \"local\" maildir
match for local action \"local\"
",
        listeners.concat()
    )
}
