//! HAProxy: TLS on 465 in front of a server that has none.

use std::fs;
use std::path::{Path, PathBuf};

use crate::house::{Rooms, Server};

/// HAProxy from Debian's package.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Haproxy {
    /// Whoever does not name the server that it wants (SNI) is turned away.
    Usual,
    /// So is whoever has no certificate.
    ForClientsWithCertificates,
}

impl Server for Haproxy {
    fn name(&self) -> &'static str {
        "haproxy"
    }

    fn program(&self) -> (&'static str, &'static str) {
        ("haproxy", "haproxy, by .ci/servers")
    }

    fn ports(&self) -> &'static [u16] {
        &[465]
    }

    fn start(&self, rooms: &Rooms<'_>) {
        let file = rooms.own.join("haproxy.cfg");
        fs::write(&file, self.cfg(rooms)).expect("haproxy.cfg");
        rooms.namespace.start("haproxy", &["-db", "-f", &file.display().to_string()], &self.log(&rooms.own));
    }

    fn log(&self, own: &Path) -> PathBuf {
        own.join("log")
    }

    fn ends_a_session(&self, line: &str) -> bool {
        line.contains(" submissions~ ")
    }

    /// Of the two letters for how a session ended, each is a dash where nothing was amiss.
    fn is_a_complaint(&self, line: &str) -> bool {
        self.ends_a_session(line) && !line.contains(" -- ")
            || ["SSL handshake failure", "[WARNING]", "[ALERT]"].iter().any(|complaint| line.contains(complaint))
    }
}

impl Haproxy {
    fn cfg(self, rooms: &Rooms<'_>) -> String {
        let clients = match self {
            Self::Usual => String::new(),
            Self::ForClientsWithCertificates => {
                format!(" ca-file {} verify required", rooms.certificate.authority.display())
            }
        };
        let certificate = rooms.certificate.both.display();
        format!(
            "global
  log stdout format raw local0
defaults
  mode tcp
  log global
  option tcplog
  timeout connect 5s
  timeout client 60s
  timeout server 60s
frontend submissions
  bind 0.0.0.0:465 ssl crt {certificate} strict-sni{clients}
  bind :::465 v6only ssl crt {certificate} strict-sni{clients}
  default_backend smtp
backend smtp
  server postfix 127.0.0.1:1025
"
        )
    }
}
