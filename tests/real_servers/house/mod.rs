//! A house full of real mail servers: its network, its certificate, and what the servers wrote about their visitors.
//!
//! To add a server, add a file to `servers` with a type that is a [`Server`], and let it live in a house.

mod certificate;
mod namespace;

use std::fmt;
use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::Output;
use std::thread;
use std::time::{Duration, Instant};

use mailprobe_lab::skips;

use serde_json::Value;
use tempfile::TempDir;

use super::packets::Capture;
use super::servers::{Dovecot, Postfix};
use certificate::Certificate;
pub(crate) use certificate::{Issuer, Key, Link, Recipe};
use namespace::{Family, Namespace};
pub(crate) use namespace::{INTERNATIONAL_NAME, IPV4, IPV6, SYSTEM_LOG};

/// The name of the house that has an IPv4 address only.
pub(crate) const NAME: &str = "mail.test.example";
/// The name of the house that has an address of each family.
pub(crate) const DUAL_NAME: &str = "dual.test.example";
/// The seven ports, in order.
pub(crate) const PORTS: [u16; 7] = [25, 110, 143, 465, 587, 993, 995];

/// A server starts within a second or two; a loaded machine may need ten times as long.
const START: Duration = Duration::from_secs(30);

/// A server logs the end of a session at once.
const LAST_WORDS: Duration = Duration::from_secs(10);

/// A mail server that can live in a house.
pub(crate) trait Server {
    /// What to call it.
    fn name(&self) -> &'static str;

    /// The program that its package installs, by its name or its whole path, and the package.
    fn program(&self) -> (&'static str, &'static str);

    /// The ports that it serves.
    fn ports(&self) -> &'static [u16];

    /// Writes its configuration below `rooms.own` and starts it; it need not be ready yet.
    fn start(&self, rooms: &Rooms<'_>);

    /// Whether it is ready once it listens on its ports.
    fn is_ready(&self, _shared: &Path) -> bool {
        true
    }

    /// Where it writes its log.
    fn log(&self, own: &Path) -> PathBuf;

    /// Whether a line of the log is one that there is once for each session, at its end if possible.
    fn ends_a_session(&self, line: &str) -> bool;

    /// Whether a line of the log complains about a visitor, or tells of one who left without a word.
    fn is_a_complaint(&self, line: &str) -> bool;
}

/// Where a server lives and what it may use.
pub(crate) struct Rooms<'a> {
    /// The network, and where its programs run.
    pub(crate) namespace: &'a Namespace,
    /// A directory of the server's own.
    pub(crate) own: PathBuf,
    /// A directory that all servers of the house share: the socket through which Postfix asks Dovecot for logins.
    pub(crate) shared: &'a Path,
    /// The certificate to show.
    pub(crate) certificate: &'a Certificate,
}

/// A network of its own with mail servers on the seven ports. All of it ends with the value.
pub(crate) struct House {
    // In this order: the servers are dead before their directory goes.
    namespace: Namespace,
    certificate: Certificate,
    servers: Vec<Box<dyn Server>>,
    directory: TempDir,
}

impl House {
    /// Postfix and Dovecot, ready for visitors; see [`House::with`].
    pub(crate) fn open(recipe: Recipe) -> Option<Self> {
        // Postfix first: it wants to be the one that makes the directories of its queue.
        Self::with(vec![Box::new(Postfix::Usual), Box::new(Dovecot::Usual)], recipe)
    }

    /// These servers, ready for visitors; `None`, with a message, where this machine cannot have them.
    ///
    /// # Panics
    ///
    /// When they are required and missing, or do not start.
    pub(crate) fn with(servers: Vec<Box<dyn Server>>, recipe: Recipe) -> Option<Self> {
        if let Some(lack) = lacking(&servers) {
            skips::skip(&skips::this_test(), &lack);
            return None;
        }

        let directory = tempfile::Builder::new().prefix("mailprobe-").tempdir().expect("a temporary directory");
        // The servers drop root's rights and must still find their files.
        fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o755)).expect("permissions");
        let shared = directory.path().join("shared");
        fs::create_dir(&shared).expect("a directory");
        let certificate = Certificate::make(recipe, directory.path());
        let namespace = Namespace::new(directory.path(), &unpacked());
        for server in &servers {
            let own = directory.path().join(server.name());
            fs::create_dir(&own).expect("a directory");
            server.start(&Rooms { namespace: &namespace, own, shared: &shared, certificate: &certificate });
        }
        let house = Self { namespace, certificate, servers, directory };
        house.wait(START, "the servers did not start", || house.is_ready());
        Some(house)
    }

    /// The file to trust: the private authority, or the self-signed certificate itself.
    pub(crate) fn authority(&self) -> String {
        self.certificate.authority.display().to_string()
    }

    /// Leaves the house with IPv4 alone, as on a machine whose provider has no IPv6.
    pub(crate) fn take_ipv6_away(&self) {
        self.namespace.run("sh", &["-c", "echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6"]);
    }

    /// Records what goes over the wire from now on.
    pub(crate) fn record(&self) -> Capture {
        Capture::start(|program, arguments| self.namespace.command(program, arguments))
    }

    /// Runs mailprobe in the house, whatever the servers may think of it.
    pub(crate) fn look(&self, arguments: &[&str]) -> Run {
        Run(self.namespace.output(env!("CARGO_BIN_EXE_mailprobe"), arguments))
    }

    /// Runs mailprobe in the house and holds it to good manners: one session for each of `ports`, which it leaves
    /// with a word of farewell, and no complaint in the log of any server.
    pub(crate) fn probe(&self, arguments: &[&str], ports: &[u16]) -> Run {
        let logs: Vec<_> =
            self.logs().map(|log| (fs::metadata(&log).map_or(0, |metadata| metadata.len()), log)).collect();
        let run = self.look(arguments);
        for (server, (before, log)) in self.servers.iter().zip(&logs) {
            let written = || written_since(log, *before);
            let sessions = || written().lines().filter(|line| server.ends_a_session(line)).count();
            let expected = ports.iter().filter(|port| server.ports().contains(port)).count();
            self.wait(LAST_WORDS, &format!("{} waits for {expected} sessions to end\n{run}", server.name()), || {
                sessions() >= expected
            });

            let written = written();
            let complaints: Vec<_> = written.lines().filter(|line| server.is_a_complaint(line)).collect();
            assert!(complaints.is_empty(), "{} complains: {complaints:#?}\n{run}", server.name());
            let name = server.name();
            assert_eq!(sessions(), expected, "{name} had other sessions than one for each endpoint:\n{written}");
        }
        run
    }

    fn is_ready(&self) -> bool {
        let listens = |&port: &u16| {
            self.namespace.is_listening(port, Family::Ipv4) && self.namespace.is_listening(port, Family::Ipv6)
        };
        let shared = self.directory.path().join("shared");
        self.servers.iter().all(|server| server.ports().iter().all(listens) && server.is_ready(&shared))
    }

    /// Waits until `done`, and fails with everything that the servers wrote when that takes too long.
    fn wait(&self, patience: Duration, failure: &str, done: impl Fn() -> bool) {
        let start = Instant::now();
        while !done() {
            let logs = || self.logs().map(|log| written_since(&log, 0)).collect::<Vec<_>>().join("\n");
            assert!(start.elapsed() < patience, "{failure}\n{}", logs());
            thread::sleep(Duration::from_millis(20));
        }
    }

    fn logs(&self) -> impl Iterator<Item = PathBuf> {
        self.servers.iter().map(|server| server.log(&self.directory.path().join(server.name())))
    }
}

/// What a run of mailprobe left behind.
pub(crate) struct Run(Output);

impl Run {
    /// Its exit code.
    pub(crate) fn exit_code(&self) -> Option<i32> {
        self.0.status.code()
    }

    /// What it wrote to the standard output.
    pub(crate) fn stdout(&self) -> String {
        String::from_utf8_lossy(&self.0.stdout).into_owned()
    }

    /// The document of `--format json`; its exit code is the process's own.
    pub(crate) fn report(&self) -> Value {
        let report: Value = serde_json::from_slice(&self.0.stdout).unwrap_or_else(|error| panic!("{error}\n{self}"));
        assert_eq!(report["exit_code"].as_i64(), self.exit_code().map(i64::from), "{report:#}");
        report
    }
}

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Output { status, stdout, stderr } = &self.0;
        write!(f, "{status}\n{}\n{}", String::from_utf8_lossy(stdout), String::from_utf8_lossy(stderr))
    }
}

/// The file from the byte `start` on; empty while there is no such file.
fn written_since(log: &Path, start: u64) -> String {
    let start = usize::try_from(start).unwrap_or(usize::MAX);
    let bytes = fs::read(log).unwrap_or_default();
    String::from_utf8_lossy(bytes.get(start..).unwrap_or_default()).into_owned()
}

/// What this machine lacks to run the servers, if anything.
fn lacking(servers: &[Box<dyn Server>]) -> Option<String> {
    if fs::metadata("/proc/self").map_or(true, |own| own.uid() != 0) {
        return Some("this is not root".to_owned());
    }
    let tools = [
        ("unshare", "util-linux"),
        ("nsenter", "util-linux"),
        ("ip", "iproute2"),
        ("openssl", "openssl"),
        ("python3", "python3"),
    ];
    let programs = tools.into_iter().chain(servers.iter().map(|server| server.program()));
    for (program, package) in programs {
        if !is_installed(program) {
            return Some(format!("{program} is missing (package {package})"));
        }
    }
    (!Namespace::is_allowed()).then(|| "this machine allows no network namespaces".to_owned())
}

/// Whether a program is on the machine, or in the tree that will lie over it.
fn is_installed(program: &str) -> bool {
    let directories = ["usr/local/sbin", "usr/local/bin", "usr/sbin", "usr/bin"];
    let paths: Vec<PathBuf> = match program.strip_prefix('/') {
        Some(path) => vec![path.into()],
        None => directories.iter().map(|directory| Path::new(directory).join(program)).collect(),
    };
    [Path::new("/"), &unpacked()].iter().any(|root| paths.iter().any(|path| root.join(path).exists()))
}

/// Where .ci/servers puts what must not be installed.
fn unpacked() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("servers")
}
