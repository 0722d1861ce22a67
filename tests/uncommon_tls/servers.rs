//! `openssl s_server` and `gnutls-serv`, and keys of every kind for them.

use std::io::{BufRead as _, BufReader};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use crate::table::Row;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Product {
    OpenSsl,
    GnuTls,
}

impl Product {
    pub(crate) fn program(self) -> &'static str {
        match self {
            Self::OpenSsl => "openssl s_server",
            Self::GnuTls => "gnutls-serv",
        }
    }
}

/// Whether a program can be started.
pub(crate) fn is_there(program: &str) -> bool {
    let name = program.split(' ').next().unwrap_or(program);
    Command::new(name).arg("version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok()
}

/// Kinds of keys, and what `openssl genpkey` makes them with.
const KINDS: &[(&str, &[&str])] = &[
    ("RSA", &["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"]),
    ("RSA-PSS", &["-algorithm", "RSA-PSS", "-pkeyopt", "rsa_keygen_bits:2048"]),
    ("P-256", &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"]),
    ("P-384", &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"]),
    ("P-521", &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-521"]),
    ("brainpoolP256r1", &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:brainpoolP256r1"]),
    ("Ed25519", &["-algorithm", "ED25519"]),
    ("Ed448", &["-algorithm", "ED448"]),
    ("DSA", &["-paramfile", "dsa.params"]),
];

/// A key and a self-signed certificate for `localhost` of every kind.
pub(crate) struct Keys {
    folder: TempDir,
}

impl Keys {
    pub(crate) fn made() -> Self {
        let keys = Self { folder: TempDir::new().expect("a folder") };
        let dsa =
            ["genpkey", "-genparam", "-algorithm", "DSA", "-pkeyopt", "dsa_paramgen_bits:2048", "-out", "dsa.params"];
        keys.openssl(&dsa);
        keys.openssl(&["dhparam", "-out", "dh1024.pem", "1024"]);
        for (kind, options) in KINDS {
            let (key, certificate) = (format!("{kind}.key"), format!("{kind}.pem"));
            keys.openssl(&[&["genpkey", "-out", &key], *options].concat());
            let for_localhost = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"];
            let no_authority = ["-addext", "basicConstraints=critical,CA:FALSE", "-days", "90"];
            let own = ["req", "-x509", "-new", "-key", &key, "-out", &certificate];
            keys.openssl(&[&own[..], &for_localhost, &no_authority].concat());
        }
        keys
    }

    fn openssl(&self, arguments: &[&str]) {
        let run = Command::new("openssl").args(arguments).current_dir(&self.folder).output().expect("openssl starts");
        assert!(run.status.success(), "openssl {arguments:?}: {}", String::from_utf8_lossy(&run.stderr));
    }

    pub(crate) fn certificate(&self, kind: &str) -> PathBuf {
        self.folder.path().join(format!("{kind}.pem"))
    }
}

/// A server that runs until this is dropped.
pub(crate) struct Listening {
    pub(crate) port: u16,
    process: Child,
}

impl Listening {
    pub(crate) fn start(row: &Row, keys: &Keys) -> Result<Self, String> {
        let (key, certificate) = (format!("{}.key", row.key), format!("{}.pem", row.key));
        let mut command = match row.product {
            Product::OpenSsl => {
                let mut command = Command::new("openssl");
                command.args(["s_server", "-accept", "127.0.0.1:0", "-key", &key, "-cert", &certificate]);
                command.args(row.options.split_whitespace());
                command
            }
            Product::GnuTls => {
                let mut command = Command::new("gnutls-serv");
                command.args(["--x509keyfile", &key, "--x509certfile", &certificate, "--priority", row.options]);
                command
            }
        };
        // s_server ends with its standard input.
        command.current_dir(&keys.folder).stdin(Stdio::piped()).stderr(Stdio::null());
        match row.product {
            Product::OpenSsl => {
                let mut process = command.stdout(Stdio::piped()).spawn().map_err(|error| error.to_string())?;
                let mut lines = BufReader::new(process.stdout.take().ok_or("no output")?).lines().map_while(Result::ok);
                let port = lines.find_map(|line| line.strip_prefix("ACCEPT 127.0.0.1:")?.parse().ok());
                std::thread::spawn(move || lines.for_each(drop));
                let port = port.ok_or("s_server does not take these options")?;
                Ok(Self { port, process })
            }
            Product::GnuTls => {
                let free = TcpListener::bind(("0.0.0.0", 0)).and_then(|listener| listener.local_addr());
                let port = free.map_err(|error| error.to_string())?.port();
                command.args(["--port", &port.to_string()]).stdout(Stdio::null());
                let mut server = Self { port, process: command.spawn().map_err(|error| error.to_string())? };
                for _ in 0..200 {
                    if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                        return Ok(server);
                    }
                    if server.process.try_wait().is_ok_and(|ended| ended.is_some()) {
                        break;
                    }
                    std::thread::sleep(Duration::from_millis(50));
                }
                Err("gnutls-serv does not take these options".to_owned())
            }
        }
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
