//! Postfix: relay on 25, submission on 465 and 587 with logins inside TLS only.

use std::fs;
use std::path::{Path, PathBuf};

use super::{NAME, Rooms, Server};

/// Postfix from Debian's package.
pub(crate) struct Postfix;

impl Server for Postfix {
    fn name(&self) -> &'static str {
        "postfix"
    }

    fn program(&self) -> (&'static str, &'static str) {
        ("postfix", "postfix")
    }

    fn ports(&self) -> &'static [u16] {
        &[25, 465, 587]
    }

    fn start(&self, rooms: &Rooms<'_>) {
        let own = rooms.own.display();
        for directory in ["etc", "queue", "data"] {
            fs::create_dir(rooms.own.join(directory)).expect("a directory");
        }
        rooms.namespace.run("chown", &["postfix:", &format!("{own}/data")]);
        fs::write(rooms.own.join("etc/main.cf"), main_cf(rooms)).expect("main.cf");
        fs::write(rooms.own.join("etc/master.cf"), MASTER_CF).expect("master.cf");
        rooms.namespace.run("postfix", &["-c", &format!("{own}/etc"), "start"]);
    }

    fn log(&self, own: &Path) -> PathBuf {
        own.join("maillog")
    }

    fn ends_a_session(&self, line: &str) -> bool {
        line.contains("smtpd[") && line.contains(": disconnect from ")
    }

    fn is_a_complaint(&self, line: &str) -> bool {
        // A session that was left without QUIT has no "quit=1" in the count of its commands.
        let without_farewell = self.ends_a_session(line) && !line.contains(" quit=1 ");
        let complaints = [
            "lost connection",
            "timeout after",
            "improper command",
            "non-SMTP command",
            "SSL_accept error",
            "TLS library problem",
            "too many errors",
            "reject:",
            "warning:",
            "error:",
            "fatal:",
            "panic:",
        ];
        without_farewell || complaints.iter().any(|complaint| line.contains(complaint))
    }
}

fn main_cf(rooms: &Rooms<'_>) -> String {
    let own = rooms.own.display();
    let shared = rooms.shared.display();
    let certificate = rooms.certificate.chain.display();
    let key = rooms.certificate.key.display();
    format!(
        "compatibility_level = 3.6
queue_directory = {own}/queue
data_directory = {own}/data
maillog_file = {own}/maillog
maillog_file_prefixes = {own}
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
myhostname = {NAME}
mydestination =
alias_maps =
inet_interfaces = all
inet_protocols = all
smtpd_tls_security_level = may
smtpd_tls_auth_only = yes
smtpd_tls_cert_file = {certificate}
smtpd_tls_key_file = {key}
smtpd_sasl_type = dovecot
smtpd_sasl_path = {shared}/auth
"
    )
}

/// Ports as numbers: a bare machine has no /etc/services.
const MASTER_CF: &str = "\
25 inet n - n - - smtpd
465 inet n - n - - smtpd
  -o smtpd_tls_wrappermode=yes
  -o smtpd_sasl_auth_enable=yes
587 inet n - n - - smtpd
  -o smtpd_tls_security_level=encrypt
  -o smtpd_sasl_auth_enable=yes
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
anvil unix - - n - 1 anvil
proxymap unix - - n - - proxymap
postlog unix-dgram n - n - 1 postlogd
";
