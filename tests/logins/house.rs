//! A house of real mail servers with a DNS of its own; what its servers wrote; and those who ask them.

use std::cell::RefCell;
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use mailprobe_lab::skips;
use tempfile::TempDir;

use crate::NAME;
use crate::certificate::{Certificate, Issuer, Key, Recipe};
use crate::namespace::{Family, Namespace, SYSTEM_LOG};

/// What everybody's password is; no other text of a test has it in it.
pub(crate) const PASSWORD: &str = "Kolibri-7419-Sommer";
/// A token that the house's own authority knows.
pub(crate) const TOKEN: &str = "ya29.Nordlicht-2204";
/// The name that has an IPv6 address only, from which nothing leads back to a name.
pub(crate) const NAME_OF_IPV6: &str = "six.test.example";

const BY_HAND: &str = include_str!("by_hand.py");
const POLICY: &str = include_str!("policy.py");
const DNS: &str = include_str!("unbound.conf");

/// A server starts within a second or two; a loaded machine may need ten times as long.
const START: Duration = Duration::from_secs(30);
/// A server logs at once what it did.
const LAST_WORDS: Duration = Duration::from_secs(10);

/// A log in which nothing is written for so long is complete.
const QUIET: Duration = Duration::from_millis(150);

/// A mail server that can live in a house.
pub(crate) trait Server {
    /// What to call it.
    fn name(&self) -> &'static str;

    /// The program that its package installs, by its name or its whole path, and the package.
    fn program(&self) -> (&'static str, &'static str);

    /// The ports on which it listens when it is ready.
    fn ports(&self) -> &'static [u16];

    /// Writes its configuration below `rooms.own` and starts it; it need not be ready yet.
    fn start(&self, rooms: &Rooms<'_>);

    /// Where it writes its log, if not to the system's.
    fn log(&self, own: &Path) -> Option<PathBuf>;
}

/// Where a server lives and what it may use.
pub(crate) struct Rooms<'a> {
    /// The network, and where its programs run.
    pub(crate) namespace: &'a Namespace,
    /// A directory of the server's own.
    pub(crate) own: PathBuf,
    shared: &'a Path,
    certificate: &'a Certificate,
}

impl Rooms<'_> {
    /// Writes a file of a configuration, its places and words filled in, and gives its path.
    pub(crate) fn furnish(&self, file: &str, template: &str) -> String {
        let path = self.own.join(file);
        let text = [
            ("@own@", self.own.display().to_string()),
            ("@shared@", self.shared.display().to_string()),
            ("@chain@", self.certificate.chain.display().to_string()),
            ("@key@", self.certificate.key.display().to_string()),
            ("@name@", NAME.to_owned()),
            ("@password@", PASSWORD.to_owned()),
            ("@token@", TOKEN.to_owned()),
        ]
        .into_iter()
        .fold(template.to_owned(), |text, (place, words)| text.replace(place, &words));
        fs::write(&path, text).expect("a file");
        path.display().to_string()
    }

    /// Makes these directories of the server's own.
    pub(crate) fn make(&self, directories: &[&str]) {
        for directory in directories {
            fs::create_dir_all(self.own.join(directory)).expect("a directory");
        }
    }

    /// Copies the key to a place where a server that is root no more can read it.
    pub(crate) fn copy_key(&self) {
        let key = self.own.join("key.pem");
        fs::copy(&self.certificate.key, &key).expect("a copy");
        fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).expect("permissions");
    }
}

/// A network of its own with mail servers. All of it ends with the value.
pub(crate) struct House {
    // In this order: the visitor is gone before the servers, and they before their directory.
    by_hand: Option<RefCell<ByHand>>,
    namespace: Namespace,
    certificate: Certificate,
    servers: Vec<Box<dyn Server>>,
    directory: TempDir,
}

impl House {
    /// These servers, ready for visitors; `None`, with a message, where this machine cannot have them.
    pub(crate) fn open(servers: Vec<Box<dyn Server>>) -> Option<Self> {
        Self::with(servers, false)
    }

    /// The same with a certificate that was good until a minute ago.
    pub(crate) fn expired(servers: Vec<Box<dyn Server>>) -> Option<Self> {
        Self::with(servers, true)
    }

    fn with(servers: Vec<Box<dyn Server>>, is_expired: bool) -> Option<Self> {
        if let Some(lack) = lacking(&servers) {
            skips::skip(&skips::this_test(), &lack);
            return None;
        }
        let directory = tempfile::Builder::new().prefix("mailprobe-").tempdir().expect("a temporary directory");
        // The servers drop root's rights and must still find their files.
        fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o755)).expect("permissions");
        let shared = directory.path().join("shared");
        fs::create_dir(&shared).expect("a directory");
        let names = "DNS:mail.test.example,DNS:dual.test.example,DNS:six.test.example";
        let recipe = Recipe { key: Key::EcP256, names, issuer: Issuer::Root };
        let certificate = Certificate::make(recipe, directory.path());
        if is_expired {
            expire(directory.path());
        }
        let namespace = Namespace::new(directory.path(), &unpacked());
        // What leads from an address to a name and back is the DNS's business here: the file would hide it.
        fs::write(directory.path().join("hosts"), "127.0.0.1 localhost\n::1 localhost\n").expect("a hosts file");
        for (secret, text) in [("password", PASSWORD), ("wrong-password", "Kolibri-7419-Winter"), ("token", TOKEN)] {
            fs::write(directory.path().join(secret), format!("{text}\n")).expect("a file");
            fs::set_permissions(directory.path().join(secret), fs::Permissions::from_mode(0o600)).expect("permissions");
        }
        let mut house = Self { by_hand: None, namespace, certificate, servers, directory };
        house.start_dns();
        house.start_script("policy.py", POLICY);
        for server in &house.servers {
            let own = house.own(server.as_ref());
            fs::create_dir(&own).expect("a directory");
            let rooms = Rooms { namespace: &house.namespace, own, shared: &shared, certificate: &house.certificate };
            server.start(&rooms);
        }
        house.wait(START, "the servers did not start", || house.is_ready());
        fs::write(house.file("by_hand.py"), BY_HAND).expect("a file");
        let root = if is_expired { "-".to_owned() } else { house.authority() };
        let command = house.namespace.command("python3", &[&house.file("by_hand.py"), &root]);
        house.by_hand = Some(RefCell::new(ByHand::start(command)));
        Some(house)
    }

    /// Asks a server by hand, and gives the reply that matters.
    pub(crate) fn by_hand(&self, service: &str, host: &str, port: u16, ask: &[&str]) -> String {
        let question = [&[service, host, &port.to_string()], ask].concat().join("\t");
        self.by_hand.as_ref().expect("somebody to ask").borrow_mut().ask(&question)
    }

    /// Logs in by hand and stays so as long as the house stands.
    pub(crate) fn stay_logged_in(&self, service: &str, port: u16) {
        let said = self.by_hand(service, NAME, port, &["hold", "anna", PASSWORD]);
        assert!(said.contains("OK"), "nobody gets in at port {port}: {said}\n{}", self.logs());
    }

    /// Runs a program in the house, for as long as an answer may take at most.
    pub(crate) fn run(&self, program: &str, arguments: &[&str]) -> Output {
        self.namespace.output("timeout", &[&["60", program], arguments].concat())
    }

    /// A file of the house.
    pub(crate) fn file(&self, name: &str) -> String {
        self.directory.path().join(name).display().to_string()
    }

    /// The file to trust.
    pub(crate) fn authority(&self) -> String {
        self.certificate.authority.display().to_string()
    }

    /// What all the servers have written so far.
    pub(crate) fn logs(&self) -> String {
        let own = self.servers.iter().filter_map(|server| server.log(&self.own(server.as_ref())));
        let all = own.chain([self.directory.path().join(SYSTEM_LOG)]);
        all.map(|log| String::from_utf8_lossy(&fs::read(log).unwrap_or_default()).into_owned()).collect()
    }

    /// What the servers wrote while `visit` went on, once all of `words` are in it or enough time for that has gone by.
    pub(crate) fn logged<T>(&self, words: &[&str], visit: impl FnOnce() -> T) -> (T, String) {
        let files: Vec<_> = self
            .servers
            .iter()
            .filter_map(|server| server.log(&self.own(server.as_ref())))
            .chain([self.directory.path().join(SYSTEM_LOG)])
            .collect();
        let lengths: Vec<_> =
            files.iter().map(|file| fs::metadata(file).map_or(0, |metadata| metadata.len())).collect();
        let visited = visit();
        let written = || {
            files.iter().zip(&lengths).fold(String::new(), |text, (file, &before)| {
                let bytes = fs::read(file).unwrap_or_default();
                let new = bytes.get(usize::try_from(before).unwrap_or(usize::MAX)..).unwrap_or_default();
                text + &String::from_utf8_lossy(new)
            })
        };
        let start = Instant::now();
        while !words.iter().all(|word| written().contains(word)) && start.elapsed() < LAST_WORDS {
            thread::sleep(Duration::from_millis(20));
        }
        (visited, written())
    }

    /// Waits until the servers have nothing more to say of those who asked by hand.
    pub(crate) fn settle(&self) {
        let start = Instant::now();
        loop {
            let before = self.logs().len();
            thread::sleep(QUIET);
            if self.logs().len() == before || start.elapsed() > LAST_WORDS {
                break;
            }
        }
    }

    fn own(&self, server: &dyn Server) -> PathBuf {
        self.directory.path().join(server.name())
    }

    /// A DNS that knows this house and its neighbours, and of everything else that it does not exist.
    fn start_dns(&self) {
        fs::write(self.directory.path().join("unbound.conf"), DNS).expect("a file");
        self.namespace.start(
            "unbound",
            &["-d", "-c", &self.file("unbound.conf")],
            &self.directory.path().join("unbound.log"),
        );
    }

    fn start_script(&self, name: &str, text: &str) {
        fs::write(self.directory.path().join(name), text).expect("a file");
        self.namespace.start("python3", &[&self.file(name)], &self.directory.path().join("scripts.log"));
    }

    fn is_ready(&self) -> bool {
        let listens = |port: u16| self.namespace.is_listening(port, Family::Ipv4);
        let own = |port: &u16| listens(*port) && self.namespace.is_listening(*port, Family::Ipv6);
        listens(10030) && self.answers() && self.servers.iter().all(|server| server.ports().iter().all(own))
    }

    /// Whether the DNS is there: UDP has no state that would tell.
    fn answers(&self) -> bool {
        self.namespace.output("getent", &["ahostsv4", NAME]).status.success()
    }

    fn wait(&self, patience: Duration, failure: &str, done: impl Fn() -> bool) {
        let start = Instant::now();
        while !done() {
            let more = ["unbound.log", "scripts.log", "words"].map(|file| fs::read_to_string(self.file(file)));
            assert!(start.elapsed() < patience, "{failure}\n{}\n{more:?}", self.logs());
            thread::sleep(Duration::from_millis(20));
        }
    }
}

/// The process that asks by hand; see `by_hand.py`.
struct ByHand {
    process: Child,
    answers: BufReader<ChildStdout>,
}

impl ByHand {
    fn start(mut command: Command) -> Self {
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("nsenter");
        let answers = BufReader::new(process.stdout.take().expect("a pipe"));
        Self { process, answers }
    }

    fn ask(&mut self, question: &str) -> String {
        let questions = self.process.stdin.as_mut().expect("a pipe");
        writeln!(questions, "{question}").expect("a question");
        let mut answer = String::new();
        self.answers.read_line(&mut answer).expect("an answer");
        serde_json::from_str(&answer).unwrap_or_else(|error| panic!("{question}: {answer:?}: {error}"))
    }
}

impl Drop for ByHand {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        self.process.wait().ok();
    }
}

/// Signs the server's certificate once more, as of a day and a minute ago and for a day.
fn expire(directory: &Path) {
    let line = "-f -86460s openssl x509 -req -in server.csr -CA root.pem -CAkey root.key -extfile extensions -days 1";
    let output = Command::new("faketime")
        .current_dir(directory)
        .args(line.split(' '))
        .args(["-out", "server.pem"])
        .output()
        .expect("faketime");
    assert!(output.status.success(), "{output:?}");
    let [server, key] = ["server.pem", "server.key"].map(|file| fs::read(directory.join(file)).expect("a file"));
    fs::write(directory.join("chain.pem"), &server).expect("a file");
    fs::write(directory.join("both.pem"), [server, key].concat()).expect("a file");
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
        ("faketime", "faketime"),
        ("unbound", "unbound"),
        ("swaks", "swaks"),
    ];
    for (program, package) in tools.into_iter().chain(servers.iter().map(|server| server.program())) {
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
    // A shim of pyenv's is a program, too.
    let on_the_path = Command::new("sh").args(["-c", "command -v -- \"$1\"", "sh", program]).output();
    on_the_path.is_ok_and(|output| output.status.success())
        || [Path::new("/"), &unpacked()].iter().any(|root| paths.iter().any(|path| root.join(path).exists()))
}

/// Where .ci/servers puts what must not be installed.
fn unpacked() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("servers")
}
