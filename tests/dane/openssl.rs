//! What OpenSSL makes of a chain and a record: `openssl s_client`, whose library Postfix and Exim check DANE with.

use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use mailprobe::internals::observation::promises::TlsaRecord;
use tempfile::TempDir;

use crate::chains::{Chain, MX, NEXT_HOP};

/// What OpenSSL makes of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Told {
    Match,
    NoMatch,
    Unusable,
}

pub(crate) struct OpenSsl {
    folder: TempDir,
}

/// A server that ends with this.
pub(crate) struct Server {
    process: Child,
    address: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Postfix looks at no length of keys and at no hash either.
const EVERYTHING: [&str; 2] = ["-cipher", "DEFAULT@SECLEVEL=0"];

impl OpenSsl {
    /// `None`: there is none here.
    pub(crate) fn find() -> Option<Self> {
        Command::new("openssl").arg("version").output().ok().filter(|ran| ran.status.success())?;
        Some(Self { folder: tempfile::tempdir().unwrap() })
    }

    pub(crate) fn serve(&self, chain: &Chain) -> Server {
        let file = |name: &str| self.folder.path().join(name);
        let (own, above, key) = (file("own"), file("above"), file("key"));
        write(&own, "CERTIFICATE", &chain.sent[..1]);
        write(&above, "CERTIFICATE", &chain.sent[1..]);
        write(&key, "PRIVATE KEY", std::slice::from_ref(&chain.key));
        let mut command = Command::new("openssl");
        command.args(["s_server", "-accept", "127.0.0.1:0", "-cert"]).arg(own).arg("-key").arg(key).args(EVERYTHING);
        if chain.sent.len() > 1 {
            command.arg("-cert_chain").arg(above);
        }
        // It ends with its input.
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines().map_while(Result::ok);
        let address = lines.find_map(|line| line.strip_prefix("ACCEPT ").map(str::to_owned)).expect("it listens");
        // Whatever else it says must not stop it.
        std::thread::spawn(move || lines.for_each(drop));
        Server { process, address }
    }

    /// Certificates as nobody makes them any more, below an authority that is sent.
    pub(crate) fn odd_chains(&self) -> Vec<(&'static str, Chain)> {
        let alternative = format!("subjectAltName=DNS:{MX}\n");
        [
            ("version 1, with a common name", MX, "rsa:2048", "-sha256", ""),
            ("RSA 1024", "a mail server", "rsa:1024", "-sha256", alternative.as_str()),
            ("SHA-1", "a mail server", "rsa:2048", "-sha1", alternative.as_str()),
        ]
        .into_iter()
        .map(|(what, name, key, hash, extensions)| (what, self.odd_chain(name, key, hash, extensions)))
        .collect()
    }

    fn odd_chain(&self, name: &str, key: &str, hash: &str, extensions: &str) -> Chain {
        let run = |arguments: &str| {
            let mut command = Command::new("openssl");
            command.current_dir(self.folder.path()).args(arguments.split(' ')).arg("-subj");
            command
        };
        std::fs::write(self.folder.path().join("extensions"), extensions).unwrap();
        let authority =
            format!("req -x509 -newkey {key} -nodes -keyout ca.key -outform DER -out ca.der {hash} -days 30");
        done(run(&authority).arg("/CN=root"));
        let request = format!("req -newkey {key} -nodes -keyout own.pem -out own.csr {hash}");
        done(run(&request).arg(format!("/CN={name}")));
        let mut sign = Command::new("openssl");
        sign.current_dir(self.folder.path());
        sign.args("x509 -req -in own.csr -CA ca.der -CAkey ca.key -set_serial 7 -days 30 -outform DER".split(' '));
        sign.args([hash, "-out", "own.der"]);
        if !extensions.is_empty() {
            sign.args(["-extfile", "extensions"]);
        }
        done(&mut sign);
        let mut convert = Command::new("openssl");
        convert.current_dir(self.folder.path());
        done(convert.args("pkcs8 -topk8 -nocrypt -in own.pem -outform DER -out key.der".split(' ')));
        let read = |name: &str| std::fs::read(self.folder.path().join(name)).unwrap();
        Chain { sent: vec![read("own.der"), read("ca.der")], not_sent: Vec::new(), key: read("key.der") }
    }
}

impl Server {
    /// What a client makes of the chain by these records, that asks for the mail host or for the domain.
    pub(crate) fn judged_by_client(&self, records: &[TlsaRecord]) -> Told {
        match self.asked_for(MX, records) {
            Told::NoMatch => self.asked_for(NEXT_HOP, records),
            told => told,
        }
    }

    fn asked_for(&self, name: &str, records: &[TlsaRecord]) -> Told {
        let mut command = Command::new("openssl");
        command.args(["s_client", "-connect", &self.address, "-dane_tlsa_domain", name, "-dane_ee_no_namechecks"]);
        for TlsaRecord { usage, selector, matching_type, data } in records {
            let mut record = format!("{usage} {selector} {matching_type} ");
            for byte in data {
                let _ = write!(record, "{byte:02x}");
            }
            command.args(["-dane_tlsa_rrdata", &record]);
        }
        let ran = command.args(EVERYTHING).stdin(Stdio::null()).output().unwrap();
        let said = String::from_utf8_lossy(&ran.stdout).into_owned() + &String::from_utf8_lossy(&ran.stderr);
        // Of no data it says so with other words.
        if said.contains("Failed to import any TLSA records") || said.contains("Could not allocate 0 bytes") {
            Told::Unusable
        } else if said.contains("Verify return code: 0 (ok)") && said.contains("DANE TLSA ") {
            Told::Match
        } else {
            assert!(said.contains("Verify return code: "), "{records:?}: {said}");
            Told::NoMatch
        }
    }
}

fn done(command: &mut Command) {
    let ran = command.stdin(Stdio::null()).output().unwrap();
    assert!(ran.status.success(), "{command:?}: {}", String::from_utf8_lossy(&ran.stderr));
}

/// RFC 7468, of which OpenSSL takes lines of any length.
fn write(file: &Path, label: &str, ders: &[Vec<u8>]) {
    let folder = file.parent().unwrap();
    let blocks = ders.iter().map(|der| {
        let binary = folder.join("binary");
        std::fs::write(&binary, der).unwrap();
        let ran = Command::new("openssl").args(["base64", "-in"]).arg(binary).output().unwrap();
        let text = String::from_utf8(ran.stdout).unwrap();
        format!("-----BEGIN {label}-----\n{text}-----END {label}-----\n")
    });
    std::fs::write(file, blocks.collect::<String>()).unwrap();
}
