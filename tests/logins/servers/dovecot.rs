//! Dovecot: POP3 on 110 and 995, IMAP on 143 and 993; and the logins of Postfix.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use crate::house::{PASSWORD, Rooms, Server};

const COMMON: &str = include_str!("dovecot.conf");
const USERS: &str = include_str!("dovecot-users");
const PAM: &str = include_str!("dovecot-pam");
const OAUTH: &str = include_str!("dovecot-oauth2.conf");
const TOKENS: &str = include_str!("tokens.py");

/// Dovecot from Debian's packages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dovecot {
    /// PLAIN and LOGIN, and a back end for each thing that can be wrong with a user.
    Plain,
    /// SCRAM, too.
    Scram,
    /// CRAM-MD5 alone.
    CramMd5,
    /// Tokens: XOAUTH2 and OAUTHBEARER.
    Tokens,
    /// A refusal takes two seconds, as it does by default.
    Slow,
    /// One connection for a user and an address.
    OneConnection,
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
        rooms.make(&["mail", "pam.d"]);
        let path = |file: &str| rooms.own.join(file).display().to_string();
        rooms.namespace.run("chown", &["nobody:", &path("mail")]);
        rooms.furnish("pam.d/expired", PAM);
        rooms.namespace.run("mount", &["--bind", &path("pam.d"), "/etc/pam.d"]);
        // It asks a data base that is out of reach: 111 is how such a program says so (checkpassword(8)).
        rooms.furnish("out-of-reach", "#!/bin/sh\nexit 111\n");
        fs::set_permissions(rooms.own.join("out-of-reach"), fs::Permissions::from_mode(0o755)).expect("permissions");
        let hashed = rooms.namespace.output("doveadm", &["pw", "-s", "SCRAM-SHA-256", "-p", PASSWORD]);
        let users = USERS.replace("@scram-sha-256@", String::from_utf8_lossy(&hashed.stdout).trim());
        rooms.furnish("users", &users);
        rooms.furnish("denied", "dora:\n");
        rooms.furnish("oauth2.conf", OAUTH);
        if *self == Self::Tokens {
            let tokens = rooms.furnish("tokens.py", TOKENS);
            rooms.namespace.start("python3", &[&tokens], &rooms.own.join("tokens.log"));
        }
        let file = rooms.furnish("dovecot.conf", &format!("{COMMON}{}", self.own()));
        rooms.namespace.run("dovecot", &["-c", &file]);
    }

    fn log(&self, own: &Path) -> Option<PathBuf> {
        Some(own.join("log"))
    }
}

impl Dovecot {
    /// What only this one has.
    fn own(self) -> &'static str {
        match self {
            Self::Plain => {
                "auth_mechanisms = plain login
passdb {
  driver = passwd-file
  args = @own@/denied
  deny = yes
}
passdb {
  driver = pam
  args = expired
  username_filter = emil
}
passdb {
  driver = checkpassword
  args = @own@/out-of-reach
  username_filter = bruno
}
passdb {
  driver = passwd-file
  args = @own@/users
}
"
            }
            Self::Scram => {
                "auth_mechanisms = plain login cram-md5 scram-sha-1 scram-sha-256
passdb {
  driver = passwd-file
  args = @own@/users
}
"
            }
            Self::CramMd5 => {
                "auth_mechanisms = cram-md5
passdb {
  driver = passwd-file
  args = @own@/users
}
"
            }
            Self::Tokens => {
                "auth_mechanisms = xoauth2 oauthbearer
passdb {
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = @own@/oauth2.conf
}
"
            }
            Self::Slow => {
                "auth_mechanisms = plain
auth_failure_delay = 2 secs
passdb {
  driver = passwd-file
  args = @own@/users
}
"
            }
            Self::OneConnection => {
                "auth_mechanisms = plain
mail_max_userip_connections = 1
passdb {
  driver = passwd-file
  args = @own@/users
}
"
            }
        }
    }
}
