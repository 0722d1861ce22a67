//! The certificate that the servers of a house show, made with openssl as their administrators would.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::NAME;

/// How long it is valid.
const DAYS: &str = "90";

/// What certificate to make.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Recipe {
    /// The server's key.
    pub(crate) key: Key,
    /// Its names, as openssl writes them: `DNS:mail.test.example,IP:10.77.0.2`.
    pub(crate) names: &'static str,
    /// Who signs it.
    pub(crate) issuer: Issuer,
}

/// A key's algorithm and size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Key {
    EcP256,
    EcP384,
    Rsa2048,
    Rsa4096,
    Ed25519,
}

/// Who signs the certificate.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Issuer {
    /// An authority of the house's own.
    Root,
    /// Its own key, as `openssl req -x509` makes it: with `CA:TRUE`, which a server's certificate should not have.
    Itself,
    /// The lower of two intermediates below that authority; what the server sends behind its own certificate.
    Intermediates(&'static [Link]),
}

/// A certificate that a server can send behind its own.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Link {
    /// The one that signed the server's.
    Lower,
    /// The one that signed the lower intermediate.
    Upper,
    /// The authority itself, which a client must have already.
    Root,
}

/// A certificate with its key, as PEM files.
pub(crate) struct Certificate {
    /// What the servers show.
    pub(crate) chain: PathBuf,
    /// Its key.
    pub(crate) key: PathBuf,
    /// Chain and key in one file.
    pub(crate) both: PathBuf,
    /// What a client must trust to accept it.
    pub(crate) authority: PathBuf,
}

impl Default for Recipe {
    fn default() -> Self {
        Self { key: Key::EcP256, names: "DNS:mail.test.example,DNS:dual.test.example", issuer: Issuer::Root }
    }
}

impl Recipe {
    /// A certificate that nobody else vouches for.
    pub(crate) fn self_signed() -> Self {
        Self { issuer: Issuer::Itself, ..Self::default() }
    }
}

impl Key {
    /// What mailprobe calls it.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::EcP256 => "EC P-256",
            Self::EcP384 => "EC P-384",
            Self::Rsa2048 => "RSA 2048",
            Self::Rsa4096 => "RSA 4096",
            Self::Ed25519 => "Ed25519",
        }
    }

    fn arguments(self) -> &'static str {
        match self {
            Self::EcP256 => "ec -pkeyopt ec_paramgen_curve:P-256",
            Self::EcP384 => "ec -pkeyopt ec_paramgen_curve:P-384",
            Self::Rsa2048 => "rsa:2048",
            Self::Rsa4096 => "rsa:4096",
            Self::Ed25519 => "ed25519",
        }
    }
}

impl Certificate {
    /// Makes one.
    pub(crate) fn make(recipe: Recipe, directory: &Path) -> Self {
        let file = |name: &str| directory.join(name);
        let links: &[Link] = match recipe.issuer {
            Issuer::Itself => {
                let more = ["-addext", &format!("subjectAltName={}", recipe.names)];
                self_sign(directory, recipe.key, NAME, "server", &more);
                &[]
            }
            Issuer::Root => {
                self_sign(directory, Key::EcP256, "Test Root", "root", &[]);
                sign_server(directory, recipe, "root");
                &[]
            }
            Issuer::Intermediates(links) => {
                self_sign(directory, Key::EcP256, "Test Root", "root", &[]);
                sign(directory, Key::EcP256, "Test Upper", "upper", AUTHORITY, "root");
                sign(directory, Key::EcP256, "Test Lower", "lower", AUTHORITY, "upper");
                sign_server(directory, recipe, "lower");
                links
            }
        };
        let sent = links.iter().map(|link| match link {
            Link::Lower => "lower.pem",
            Link::Upper => "upper.pem",
            Link::Root => "root.pem",
        });
        let sent: Vec<&str> = std::iter::once("server.pem").chain(sent).collect();
        join(directory, "chain.pem", &sent);
        join(directory, "both.pem", &["chain.pem", "server.key"]);
        let authority = match recipe.issuer {
            Issuer::Itself => file("server.pem"),
            Issuer::Root | Issuer::Intermediates(_) => file("root.pem"),
        };
        Self { chain: file("chain.pem"), key: file("server.key"), both: file("both.pem"), authority }
    }
}

const AUTHORITY: &str = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n";

fn sign_server(directory: &Path, recipe: Recipe, issuer: &str) {
    let extensions =
        format!("subjectAltName={}\nextendedKeyUsage=serverAuth\nbasicConstraints=CA:FALSE\n", recipe.names);
    sign(directory, recipe.key, NAME, "server", &extensions, issuer);
}

fn self_sign(directory: &Path, key: Key, subject: &str, name: &str, more: &[&str]) {
    let line = format!("req -x509 -newkey {} -nodes -days {DAYS} -out {name}.pem -keyout {name}.key", key.arguments());
    run(openssl(directory, &line).args(["-subj", &format!("/CN={subject}")]).args(more));
}

fn sign(directory: &Path, key: Key, subject: &str, name: &str, extensions: &str, issuer: &str) {
    fs::write(directory.join("extensions"), extensions).expect("a file");
    let request = format!("req -newkey {} -nodes -out {name}.csr -keyout {name}.key", key.arguments());
    run(openssl(directory, &request).args(["-subj", &format!("/CN={subject}")]));
    run(&mut openssl(
        directory,
        &format!(
            "x509 -req -in {name}.csr -CA {issuer}.pem -CAkey {issuer}.key -extfile extensions -out {name}.pem -days {DAYS}"
        ),
    ));
}

fn join(directory: &Path, whole: &str, parts: &[&str]) {
    let mut whole = File::create(directory.join(whole)).expect("a file");
    for part in parts {
        io::copy(&mut File::open(directory.join(part)).expect("a part"), &mut whole).expect("a copy");
    }
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
