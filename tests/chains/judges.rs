//! The other programs, as far as this machine has them: each makes a handshake with every server and says whether it takes
//! the certificate.

use std::collections::HashMap;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::maker::ADDRESS;

/// How to reach a server, what to check its certificate for, and the file with what it sends.
pub(crate) struct Asked {
    pub(crate) port: u16,
    pub(crate) host: &'static str,
    pub(crate) file: String,
}

/// A program's name with its version, and by port what it says: `yes`, or `no` and why.
pub(crate) struct Judge {
    pub(crate) name: String,
    pub(crate) says: HashMap<u16, String>,
}

impl Judge {
    pub(crate) fn takes(&self, port: u16) -> Option<bool> {
        self.says.get(&port).map(|says| says == "yes")
    }
}

/// All that are here.
pub(crate) fn all(folder: &Path, roots: &Path, asked: &[Asked]) -> Vec<Judge> {
    let cases = folder.join("cases");
    let lines: Vec<_> = asked.iter().map(|one| format!("{}\t{}\t{}", one.port, one.host, one.file)).collect();
    std::fs::write(&cases, lines.join("\n") + "\n").unwrap();
    let script = |file: &str| format!("{}/tests/chains/judges/{file}", env!("CARGO_MANIFEST_DIR"));
    let of_script = |name: &str, version: Option<String>, program: &str, file: &str| {
        let name = format!("{name} {}", version?);
        let ran = Command::new(program).arg(script(file)).arg(roots).arg(&cases).output().ok()?;
        let text = String::from_utf8_lossy(&ran.stdout).into_owned();
        assert!(ran.status.success(), "{name}: {}", String::from_utf8_lossy(&ran.stderr));
        let line = |line: &str| Some((line.split_once('\t')?.0.parse().ok()?, line.split_once('\t')?.1.to_owned()));
        Some(Judge { name, says: text.lines().filter_map(line).collect() })
    };
    let python = |code: &str| version("python3", &["-c", code], 0);
    std::thread::scope(|scope| {
        let openssl = scope.spawn(|| openssl(roots, asked));
        let gnutls = scope.spawn(|| gnutls(roots, asked));
        let others = [
            scope.spawn(|| {
                of_script("Python", python("import platform; print(platform.python_version())"), "python3", "judge.py")
            }),
            scope.spawn(|| {
                let code = "import cryptography.x509.verification; print(cryptography.__version__)";
                of_script("cryptography", python(code), "python3", "judge_cryptography.py")
            }),
            scope.spawn(|| of_script("Node.js", version("node", &["--version"], 0), "node", "judge.js")),
            scope.spawn(|| of_script("Java", version("java", &["--version"], 1), "java", "Judge.java")),
        ];
        let native = [openssl, gnutls];
        native.into_iter().chain(others).filter_map(|one| one.join().unwrap()).collect()
    })
}

/// This word of what a program prints about itself.
fn version(program: &str, arguments: &[&str], word: usize) -> Option<String> {
    let ran = Command::new(program).args(arguments).stderr(Stdio::null()).output().ok()?;
    let text = String::from_utf8_lossy(&ran.stdout).into_owned();
    ran.status
        .success()
        .then(|| text.split_whitespace().nth(word).unwrap_or_default().trim_start_matches('v').to_owned())
}

fn openssl(roots: &Path, asked: &[Asked]) -> Option<Judge> {
    let name = format!("OpenSSL {}", version("openssl", &["version"], 1)?);
    let says = each(asked, |one| {
        let mut command = Command::new("openssl");
        command.args(["s_client", "-brief", "-verify_return_error", "-connect"]);
        command.arg(format!("127.0.0.1:{}", one.port)).arg("-CAfile").arg(roots).args(match one.host {
            ADDRESS => ["-noservername", "-verify_ip", ADDRESS].to_vec(),
            name => ["-servername", name, "-verify_hostname", name].to_vec(),
        });
        command
    });
    Some(Judge { name, says })
}

fn gnutls(roots: &Path, asked: &[Asked]) -> Option<Judge> {
    let name = format!("GnuTLS {}", version("gnutls-cli", &["--version"], 1)?);
    let says = each(asked, |one| {
        let mut command = Command::new("gnutls-cli");
        command.arg("--x509cafile").arg(roots).args(["--port", &one.port.to_string()]);
        if one.host != ADDRESS {
            command.args([format!("--sni-hostname={}", one.host), format!("--verify-hostname={}", one.host)]);
        }
        command.arg("127.0.0.1");
        command
    });
    Some(Judge { name, says })
}

/// A command of its own for each server; it succeeds where the certificate is taken.
fn each(asked: &[Asked], command: impl Fn(&Asked) -> Command) -> HashMap<u16, String> {
    let say = |one: &Asked| {
        let ran = command(one).stdin(Stdio::null()).output().unwrap();
        let text = String::from_utf8_lossy(&ran.stdout).into_owned() + &String::from_utf8_lossy(&ran.stderr);
        let why =
            text.lines().rev().find(|line| line.contains("erif") || line.contains("rror")).unwrap_or_default().trim();
        (one.port, if ran.status.success() { "yes".to_owned() } else { format!("no {why}") })
    };
    asked.iter().map(say).collect()
}
