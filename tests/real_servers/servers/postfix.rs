//! Postfix.

use std::fs;
use std::path::{Path, PathBuf};

use crate::house::{NAME, Rooms, Server};

/// Postfix from Debian's package.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Postfix {
    /// Relay on 25, submission on 465 and 587 with logins inside TLS only; [`Dovecot`](super::Dovecot) knows the logins.
    Usual,
    /// Port 25 behind postscreen, which greets strangers in two parts, six seconds apart, to see who speaks too early.
    BehindPostscreen,
    /// Ports 25 and 587 with `smtpd_tls_security_level = none`.
    WithoutTls,
    /// Without TLS on port 1025, for something in front that has it.
    BehindProxy,
}

impl Server for Postfix {
    fn name(&self) -> &'static str {
        "postfix"
    }

    fn program(&self) -> (&'static str, &'static str) {
        ("postfix", "postfix")
    }

    fn ports(&self) -> &'static [u16] {
        match self {
            Self::Usual => &[25, 465, 587],
            Self::BehindPostscreen => &[25],
            Self::WithoutTls => &[25, 587],
            Self::BehindProxy => &[1025],
        }
    }

    fn start(&self, rooms: &Rooms<'_>) {
        let own = rooms.own.display();
        for directory in ["etc", "queue", "data"] {
            fs::create_dir(rooms.own.join(directory)).expect("a directory");
        }
        rooms.namespace.run("chown", &["postfix:", &format!("{own}/data")]);
        fs::write(rooms.own.join("etc/main.cf"), self.main_cf(rooms)).expect("main.cf");
        fs::write(rooms.own.join("etc/master.cf"), format!("{}{INTERNAL}", self.entrances())).expect("master.cf");
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
            // postscreen's own.
            "PREGREET",
            "HANGUP",
            "COMMAND ",
            "BARE NEWLINE",
            "NON-SMTP COMMAND",
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

impl Postfix {
    fn main_cf(self, rooms: &Rooms<'_>) -> String {
        let own = rooms.own.display();
        let shared = rooms.shared.display();
        let certificate = rooms.certificate.chain.display();
        let key = rooms.certificate.key.display();
        let level = match self {
            Self::Usual | Self::BehindPostscreen => "may",
            Self::WithoutTls | Self::BehindProxy => "none",
        };
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
mynetworks = 127.0.0.1/32
alias_maps =
inet_interfaces = all
inet_protocols = all
smtpd_tls_security_level = {level}
smtpd_tls_auth_only = yes
smtpd_tls_chain_files = {key}, {certificate}
smtpd_sasl_type = dovecot
smtpd_sasl_path = {shared}/auth
postscreen_greet_action = enforce
"
        )
    }

    /// The part of master.cf that faces the network. Ports as numbers: a bare machine has no /etc/services.
    fn entrances(self) -> &'static str {
        match self {
            Self::Usual => {
                "\
25 inet n - n - - smtpd
465 inet n - n - - smtpd
  -o smtpd_tls_wrappermode=yes
  -o smtpd_sasl_auth_enable=yes
587 inet n - n - - smtpd
  -o smtpd_tls_security_level=encrypt
  -o smtpd_sasl_auth_enable=yes
"
            }
            Self::BehindPostscreen => {
                "\
25 inet n - n - 1 postscreen
smtpd pass - - n - - smtpd
tlsproxy unix - - n - 0 tlsproxy
dnsblog unix - - n - 0 dnsblog
"
            }
            Self::WithoutTls => "25 inet n - n - - smtpd\n587 inet n - n - - smtpd\n",
            Self::BehindProxy => "1025 inet n - n - - smtpd\n",
        }
    }
}

const INTERNAL: &str = "\
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
anvil unix - - n - 1 anvil
proxymap unix - - n - - proxymap
postlog unix-dgram n - n - 1 postlogd
";
