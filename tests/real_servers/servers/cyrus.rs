//! Cyrus: POP3 on 110 and 995, IMAP on 143 and 993.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use crate::house::{NAME, Rooms, SYSTEM_LOG, Server};

/// Cyrus from Debian's packages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cyrus {
    /// Logins inside TLS only.
    TlsRequired,
    /// TLS is offered, and logins are taken without it.
    TlsOffered,
}

const PROGRAMS: &str = "/usr/lib/cyrus/bin";

impl Server for Cyrus {
    fn name(&self) -> &'static str {
        "cyrus"
    }

    fn program(&self) -> (&'static str, &'static str) {
        ("/usr/lib/cyrus/bin/master", "cyrus-imapd, cyrus-pop3d, by .ci/servers")
    }

    fn ports(&self) -> &'static [u16] {
        &[110, 143, 993, 995]
    }

    fn start(&self, rooms: &Rooms<'_>) {
        let own = rooms.own.display();
        for directory in ["", "db", "socket", "proc", "lock", "log", "msg", "user", "quota"] {
            fs::create_dir_all(rooms.own.join("lib").join(directory)).expect("a directory");
        }
        let key = rooms.own.join("key.pem");
        fs::copy(&rooms.certificate.key, &key).expect("a copy");
        fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).expect("permissions");
        fs::write(rooms.own.join("imapd.conf"), self.imapd_conf(rooms)).expect("imapd.conf");
        fs::write(rooms.own.join("cyrus.conf"), cyrus_conf(rooms)).expect("cyrus.conf");
        rooms.namespace.run("chown", &["-R", "cyrus:mail", &own.to_string()]);
        let [settings, services, pid] = ["imapd.conf", "cyrus.conf", "pid"].map(|file| format!("{own}/{file}"));
        rooms.namespace.run(&format!("{PROGRAMS}/master"), &["-C", &settings, "-M", &services, "-p", &pid, "-d"]);
    }

    fn log(&self, own: &Path) -> PathBuf {
        own.with_file_name(SYSTEM_LOG)
    }

    /// It says nothing of a session that ends well, but once for each that TLS is up.
    fn ends_a_session(&self, line: &str) -> bool {
        line.contains(" starttls: TLS")
    }

    /// The number before the date is facility (mail, 2) and severity in one; up to 4 it is a warning (RFC 3164).
    fn is_a_complaint(&self, line: &str) -> bool {
        let number = line.strip_prefix('<').and_then(|line| line.split_once('>')).map(|(number, _)| number);
        let is_grave = number.and_then(|number| number.parse().ok()).is_some_and(|number: u8| number % 8 <= 4);
        is_grave || ["closing connection", "reset by peer", "lost connection"].iter().any(|words| line.contains(words))
    }
}

impl Cyrus {
    fn imapd_conf(self, rooms: &Rooms<'_>) -> String {
        let own = rooms.own.display();
        let certificate = rooms.certificate.chain.display();
        let open = match self {
            Self::TlsRequired => "no",
            Self::TlsOffered => "yes",
        };
        format!(
            "configdirectory: {own}/lib
partition-default: {own}/spool
servername: {NAME}
allowplaintext: {open}
sasl_mech_list: PLAIN
sasl_pwcheck_method: saslauthd
tls_server_cert: {certificate}
tls_server_key: {own}/key.pem
tls_session_timeout: 0
syslog_prefix: cyrus
"
        )
    }
}

fn cyrus_conf(rooms: &Rooms<'_>) -> String {
    let settings = format!("-C {}/imapd.conf", rooms.own.display());
    format!(
        "START {{
  recover cmd=\"{PROGRAMS}/ctl_cyrusdb {settings} -r\"
}}
SERVICES {{
  imap cmd=\"imapd {settings}\" listen=\"143\" prefork=0
  imaps cmd=\"imapd {settings} -s\" listen=\"993\" prefork=0
  pop3 cmd=\"pop3d {settings}\" listen=\"110\" prefork=0
  pop3s cmd=\"pop3d {settings} -s\" listen=\"995\" prefork=0
}}
EVENTS {{
}}
"
    )
}
