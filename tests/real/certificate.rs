//! The certificate that the servers of a house show, made with openssl as their administrators would.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{DUAL_NAME, NAME};

/// How long it is valid.
const DAYS: &str = "90";

/// Who signed the certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CertificateKind {
    /// An authority of the house's own.
    PrivateAuthority,
    /// Its own key, as `openssl req -x509` makes it: with `CA:TRUE`, which a server's certificate should not have.
    SelfSigned,
}

/// A certificate with its key, as PEM files.
pub(crate) struct Certificate {
    /// What the servers show.
    pub(crate) chain: PathBuf,
    /// Its key.
    pub(crate) key: PathBuf,
    /// What a client must trust to accept it.
    pub(crate) authority: PathBuf,
}

impl Certificate {
    /// Makes one for both names of the house.
    pub(crate) fn make(kind: CertificateKind, directory: &Path) -> Self {
        let names = format!("subjectAltName=DNS:{NAME},DNS:{DUAL_NAME}");
        let (chain, key) = (directory.join("server.pem"), directory.join("server.key"));
        let authority = match kind {
            CertificateKind::SelfSigned => {
                self_sign(directory, &chain, &key, &["-subj", &format!("/CN={NAME}"), "-addext", &names]);
                chain.clone()
            }
            CertificateKind::PrivateAuthority => {
                let (authority, authority_key) = (directory.join("ca.pem"), directory.join("ca.key"));
                self_sign(directory, &authority, &authority_key, &["-subj", "/CN=Test Authority"]);
                sign(directory, &names);
                authority
            }
        };
        Self { chain, key, authority }
    }
}

fn self_sign(directory: &Path, certificate: &Path, key: &Path, more: &[&str]) {
    let mut command = openssl(directory, "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days");
    run(command.arg(DAYS).arg("-out").arg(certificate).arg("-keyout").arg(key).args(more));
}

fn sign(directory: &Path, names: &str) {
    fs::write(
        directory.join("extensions"),
        format!("{names}\nextendedKeyUsage=serverAuth\nbasicConstraints=CA:FALSE\n"),
    )
    .expect("a file");
    let request = "req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -out server.csr -keyout server.key -subj";
    run(openssl(directory, request).arg(format!("/CN={NAME}")));
    let signature = "x509 -req -in server.csr -CA ca.pem -CAkey ca.key -extfile extensions -out server.pem -days";
    run(openssl(directory, signature).arg(DAYS));
}

fn openssl(directory: &Path, arguments: &str) -> Command {
    let mut command = Command::new("openssl");
    command.current_dir(directory).args(arguments.split(' '));
    command
}

fn run(command: &mut Command) {
    let output = command.output().expect("openssl");
    assert!(output.status.success(), "{command:?}: {output:?}");
}
