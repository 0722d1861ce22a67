//! Dovecot: POP3 on 110 and 995, IMAP on 143 and 993, logins inside TLS only; and the logins of Postfix.

use std::fs;
use std::path::{Path, PathBuf};

use super::{Rooms, Server};

/// Dovecot from Debian's packages.
pub(crate) struct Dovecot;

impl Server for Dovecot {
    fn name(&self) -> &'static str {
        "dovecot"
    }

    fn program(&self) -> (&'static str, &'static str) {
        ("dovecot", "dovecot-imapd, dovecot-pop3d")
    }

    fn ports(&self) -> &'static [u16] {
        &[110, 143, 993, 995]
    }

    fn start(&self, rooms: &Rooms<'_>) {
        let file = rooms.own.join("dovecot.conf");
        fs::write(&file, dovecot_conf(rooms)).expect("dovecot.conf");
        rooms.namespace.run("dovecot", &["-c", &file.display().to_string()]);
    }

    fn log(&self, own: &Path) -> PathBuf {
        own.join("log")
    }

    fn ends_a_session(&self, line: &str) -> bool {
        line.contains("-login: ") && line.contains("rip=")
    }

    fn is_a_complaint(&self, line: &str) -> bool {
        self.ends_a_session(line) && !line.contains("Aborted login by logging out")
            || ["Warning:", "Error:", "Fatal:", "Panic:"].iter().any(|complaint| line.contains(complaint))
    }
}

fn dovecot_conf(rooms: &Rooms<'_>) -> String {
    let own = rooms.own.display();
    let shared = rooms.shared.display();
    let certificate = rooms.certificate.chain.display();
    let key = rooms.certificate.key.display();
    format!(
        "protocols = imap pop3
base_dir = {own}/run
state_dir = {own}/state
log_path = {own}/log
listen = *, ::
ssl = required
ssl_cert = <{certificate}
ssl_key = <{key}
auth_mechanisms = plain
passdb {{
  driver = static
  args = password=nobody-logs-in
}}
userdb {{
  driver = static
  args = uid=65534 gid=65534 home=/nonexistent
}}
service auth {{
  unix_listener {shared}/auth {{
    mode = 0666
  }}
}}
"
    )
}
