//! Exim: relay on 25, submission on 465 and 587 with logins inside TLS only.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use crate::house::{NAME, Rooms, Server};

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
        let own = rooms.own.display();
        for directory in ["spool", "log"] {
            fs::create_dir(rooms.own.join(directory)).expect("a directory");
        }
        rooms.namespace.run("chown", &["Debian-exim:", &format!("{own}/spool"), &format!("{own}/log")]);
        // It reads the key when it is root no more.
        let key = rooms.own.join("key.pem");
        fs::copy(&rooms.certificate.key, &key).expect("a copy");
        fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).expect("permissions");
        let file = rooms.own.join("exim.conf");
        fs::write(&file, conf(rooms)).expect("exim.conf");
        rooms.namespace.run("exim4", &["-C", &file.display().to_string(), "-bd"]);
    }

    fn log(&self, own: &Path) -> PathBuf {
        own.join("log/mainlog")
    }

    fn ends_a_session(&self, line: &str) -> bool {
        line.contains("SMTP connection from ") && line.ends_with(" closed by QUIT")
    }

    fn is_a_complaint(&self, line: &str) -> bool {
        let without_farewell = line.contains("no MAIL in SMTP connection from ") && !line.ends_with(",QUIT");
        let complaints =
            ["lost", "error", "rejected", "unexpected", "synchronization", "timeout", "dropped", "refused", "Warning"];
        without_farewell || complaints.iter().any(|complaint| line.contains(complaint))
    }
}

fn conf(rooms: &Rooms<'_>) -> String {
    let own = rooms.own.display();
    let certificate = rooms.certificate.chain.display();
    format!(
        "keep_environment =
primary_hostname = {NAME}
spool_directory = {own}/spool
log_file_path = {own}/log/%slog
pid_file_path = {own}/pid
exim_user = Debian-exim
exim_group = Debian-exim
daemon_smtp_ports = 25 : 465 : 587
tls_on_connect_ports = 465
tls_advertise_hosts = *
tls_certificate = {certificate}
tls_privatekey = {own}/key.pem
log_selector = +smtp_connection +smtp_no_mail
begin acl
begin routers
begin transports
begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_condition = false
  server_advertise_condition = ${{if def:tls_in_cipher}}
"
    )
}
