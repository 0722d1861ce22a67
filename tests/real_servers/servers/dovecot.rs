//! Dovecot.

use std::fs;
use std::path::{Path, PathBuf};

use crate::house::{Rooms, Server};

/// Dovecot from Debian's packages: POP3 on 110 and 995, IMAP on 143 and 993; and the logins of Postfix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dovecot {
    /// Logins inside TLS only.
    Usual,
    /// TLS is offered, and logins are taken without it.
    OpenLogins,
}

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
        fs::write(&file, self.conf(rooms)).expect("dovecot.conf");
        rooms.namespace.run("dovecot", &["-c", &file.display().to_string()]);
    }

    fn is_ready(&self, shared: &Path) -> bool {
        shared.join("auth").exists()
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

impl Dovecot {
    fn conf(self, rooms: &Rooms<'_>) -> String {
        let own = rooms.own.display();
        let shared = rooms.shared.display();
        let certificate = rooms.certificate.chain.display();
        let tls = match self {
            Self::Usual => "ssl = required",
            Self::OpenLogins => "ssl = yes\ndisable_plaintext_auth = no",
        };
        let key = rooms.certificate.key.display();
        format!(
            "protocols = imap pop3
base_dir = {own}/run
state_dir = {own}/state
log_path = {own}/log
listen = *, ::
{tls}
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
}
