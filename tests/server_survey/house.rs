//! Where one server lives: a network, a process table and a root directory of its own, all gone with the value.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use crate::certificate::{Certificate, Recipe};
use crate::namespace::{Family, Namespace, SYSTEM_LOG};
use crate::products::{Endpoint, Product, Scenario};

/// The server's name.
pub(crate) const NAME: &str = "mail.test.example";
/// Another name that the shared network knows.
pub(crate) const DUAL_NAME: &str = "dual.test.example";

/// A server starts within five seconds; a loaded machine may need ten times as long.
const START: Duration = Duration::from_secs(60);
/// A log in which nothing is written for so long is complete.
const QUIET: Duration = Duration::from_millis(400);

/// Where a server's programs are.
const PATH: &str = "/usr/sbin:/usr/bin:/sbin:/bin";

const JUDGE: &str = include_str!("judge.py");

/// A server that listens.
pub(crate) struct House {
    // In this order: the server is dead before its directory goes.
    namespace: Namespace,
    certificate: Certificate,
    directory: TempDir,
}

impl House {
    /// Starts a server.
    pub(crate) fn open(product: &Product, scenario: Scenario) -> Result<Self, String> {
        let directory = tempfile::Builder::new().prefix("survey-").tempdir().map_err(|error| error.to_string())?;
        // Servers drop root's rights and must still find their files.
        fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o755)).expect("permissions");
        let certificate = Certificate::make(Recipe::default(), directory.path());
        fs::set_permissions(&certificate.both, fs::Permissions::from_mode(0o644)).expect("permissions");
        let namespace = Namespace::new(directory.path(), Path::new("/nonexistent"));
        let house = Self { namespace, certificate, directory };
        house.furnish(product, scenario);

        // Some greet with the machine's name, and some heed the environment.
        let script = r#"hostname "$1" && exec chroot "$2" env -i LANG=C.UTF-8 "PATH=$3" bash -e "$4""#;
        let (root, start) = (house.root().display().to_string(), house.own().join("start").display().to_string());
        let arguments = ["--uts", "sh", "-c", script, "sh", NAME, &root, PATH, &start];
        house.namespace.start("unshare", &arguments, &house.own().join("log"));
        let listens = |endpoint: &Endpoint| {
            house.namespace.is_listening(endpoint.port, Family::Ipv4)
                || house.namespace.is_listening(endpoint.port, Family::Ipv6)
        };
        let begin = Instant::now();
        while !product.endpoints(scenario).iter().all(listens) {
            if begin.elapsed() > START {
                return Err(format!("{} does not start:\n{}", product.name, house.log()));
            }
            thread::sleep(Duration::from_millis(20));
        }
        Ok(house)
    }

    /// Asks mailprobe.
    pub(crate) fn probe(&self, endpoints: &[Endpoint]) -> Result<Value, String> {
        let ports: Vec<_> = endpoints.iter().map(|endpoint| endpoint.port.to_string()).collect();
        let authority = self.certificate.authority.display().to_string();
        // A sender without a login is refused by most, and some log that: with it, their logs would have to complain.
        let arguments =
            ["--no-mail-from", "--format", "json", "--ca-file", &authority, "--ports", &ports.join(","), NAME];
        json(&self.namespace.output(env!("CARGO_BIN_EXE_mailprobe"), &arguments))
    }

    /// Asks the other client.
    pub(crate) fn judge(&self, endpoints: &[Endpoint]) -> Result<Vec<Value>, String> {
        let endpoints: Vec<_> = endpoints
            .iter()
            .map(|endpoint| format!("{}/{}/{}", endpoint.port, endpoint.protocol(), endpoint.how()))
            .collect();
        let (root, script) = (self.root().display().to_string(), self.own().join("judge.py").display().to_string());
        let mut arguments = vec![root.as_str(), "python3", &script, NAME];
        arguments.extend(endpoints.iter().map(String::as_str));
        match json(&self.namespace.output("chroot", &arguments))? {
            Value::Array(said) => Ok(said),
            other => Err(format!("the judge said {other}")),
        }
    }

    /// What the server has written, once it is quiet: to its own log, and to the system's.
    pub(crate) fn log(&self) -> String {
        let read = || {
            let logs = [self.own().join("log"), self.directory.path().join(SYSTEM_LOG)];
            logs.map(|log| String::from_utf8_lossy(&fs::read(log).unwrap_or_default()).into_owned()).concat()
        };
        loop {
            let before = read();
            thread::sleep(QUIET);
            if read() == before {
                return before;
            }
        }
    }

    /// Lays the root directory over the unpacked tree, and the server's files into it.
    fn furnish(&self, product: &Product, scenario: Scenario) {
        let own = self.own();
        for directory in ["root", "upper", "work", "own"] {
            fs::create_dir(self.directory.path().join(directory)).expect("a directory");
        }
        fs::write(own.join("judge.py"), JUDGE).expect("a file");
        let templates = here().join("products").join(product.folder);
        for template in fs::read_dir(&templates).unwrap_or_else(|error| panic!("{}: {error}", templates.display())) {
            let template = template.expect("a file").path();
            let text = fs::read_to_string(&template).expect("a text");
            let text = self.fill(&text, scenario);
            fs::write(own.join(template.file_name().expect("a name")), text).expect("a file");
        }
        // Volatile: nothing need reach the disk when all of it goes. The server finds the directory where we do. The system log's socket lies there, too.
        let script = r#"
            set -e
            cd "$1"
            mount -t overlay -o "lowerdir=$2,upperdir=$1/upper,workdir=$1/work,volatile" overlay root
            mount --rbind /dev root/dev
            mount -t proc proc root/proc
            cp hosts resolv.conf root/etc
            mkdir -p root/etc/ssl/certs
            cp "$3" root/etc/ssl/certs/ca-certificates.crt
            mkdir -p "root/$1"
            mount --bind "$1" "root/$1"
        "#;
        let directory = self.directory.path().display().to_string();
        let authority = self.certificate.authority.display().to_string();
        self.namespace.run("sh", &["-c", script, "sh", &directory, &tree().display().to_string(), &authority]);
    }

    /// A template of a server's file: places between `@`, and lines for one scenario alone.
    fn fill(&self, text: &str, scenario: Scenario) -> String {
        let Certificate { chain, key, both, authority } = &self.certificate;
        let mut lines: Vec<&str> = Vec::new();
        for line in text.lines() {
            let marked = Scenario::ALL.iter().find_map(|&other| {
                line.strip_prefix(other.mark()).and_then(|rest| rest.strip_prefix(' ')).map(|rest| (other, rest))
            });
            match marked {
                Some((other, rest)) if other == scenario => lines.push(rest),
                Some(_) => {}
                None => lines.push(line),
            }
        }
        let mut text = lines.join("\n") + "\n";
        let places =
            [("@OWN@", &self.own()), ("@CHAIN@", chain), ("@KEY@", key), ("@BOTH@", both), ("@CA@", authority)];
        for (place, path) in places {
            text = text.replace(place, &path.display().to_string());
        }
        text.replace("@NAME@", NAME)
    }

    fn own(&self) -> PathBuf {
        self.directory.path().join("own")
    }

    fn root(&self) -> PathBuf {
        self.directory.path().join("root")
    }
}

/// Where `.ci/servers-debian13` has unpacked the servers.
pub(crate) fn tree() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("servers-debian13")
}

/// The directory of this file.
fn here() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/server_survey")
}

fn json(output: &Output) -> Result<Value, String> {
    serde_json::from_slice(&output.stdout).map_err(|error| format!("{error}: {output:?}"))
}
