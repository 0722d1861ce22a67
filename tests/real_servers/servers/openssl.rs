//! OpenSSL's own test server: TLS, and no mail protocol inside.

use std::path::{Path, PathBuf};

use crate::house::{Rooms, Server};

/// A port 995 that speaks one retired version of TLS (RFC 8996) and nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OldTls {
    /// TLS 1.0
    V1_0,
    /// TLS 1.1
    V1_1,
}

impl Server for OldTls {
    fn name(&self) -> &'static str {
        "openssl"
    }

    fn program(&self) -> (&'static str, &'static str) {
        ("openssl", "openssl")
    }

    fn ports(&self) -> &'static [u16] {
        &[995]
    }

    fn start(&self, rooms: &Rooms<'_>) {
        let version = match self {
            Self::V1_0 => "-tls1",
            Self::V1_1 => "-tls1_1",
        };
        let certificate = rooms.certificate.chain.display().to_string();
        let key = rooms.certificate.key.display().to_string();
        for family in ["-4", "-6"] {
            // Level 0: the library's own default forbids both versions.
            let old = ["s_server", version, "-cipher", "DEFAULT@SECLEVEL=0", "-quiet", family, "-accept", "995"];
            let shown = ["-cert", &certificate, "-key", &key];
            rooms.namespace.start("openssl", &[&old[..], &shown].concat(), &self.log(&rooms.own));
        }
    }

    fn log(&self, own: &Path) -> PathBuf {
        own.join("log")
    }

    fn ends_a_session(&self, _line: &str) -> bool {
        false
    }

    fn is_a_complaint(&self, _line: &str) -> bool {
        false
    }
}
