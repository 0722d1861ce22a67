//! A network of its own with a name server, a resolver and mail servers.
//!
//! | address | who |
//! | --- | --- |
//! | 10.25.255.1 | named, for all zones |
//! | 10.25.255.2 | Unbound, which validates |
//! | 10.25.ROW.1, .2 | the servers of a row |

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use mailprobe_lab::{Pki, Server, skips};

use crate::netns::{Network, is_inside};
use crate::row::Row;
use crate::zones;

/// The resolver.
pub(crate) const RESOLVER: &str = "10.25.255.2";

/// A resolver starts at once; a loaded machine may need a hundred times as long.
const START: Duration = Duration::from_secs(30);

/// Programs and Debian's packages of them.
const PROGRAMS: [(&str, &str); 7] = [
    ("/usr/sbin/named", "bind9"),
    ("/usr/bin/dnssec-keygen", "bind9-utils"),
    ("/usr/bin/dnssec-signzone", "bind9-utils"),
    ("/usr/sbin/unbound", "unbound"),
    ("/usr/bin/ldns-dane", "ldnsutils"),
    ("/usr/sbin/posttls-finger", "postfix"),
    ("/usr/bin/openssl", "openssl"),
];

/// All of it; it ends with the value.
pub(crate) struct World {
    pub(crate) folder: Folder,
    children: Vec<Child>,
    _servers: Vec<Server>,
    _network: Network,
}

/// The files of a world, and where the programs of it run.
pub(crate) struct Folder {
    directory: tempfile::TempDir,
    anchor: PathBuf,
}

impl Folder {
    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }

    /// A file in the folder.
    pub(crate) fn file(&self, name: &str) -> String {
        self.path().join(name).display().to_string()
    }

    /// The file with the root's key.
    pub(crate) fn anchor(&self) -> String {
        self.anchor.display().to_string()
    }
}

/// Whether this machine has the programs; where not, the test is skipped and counted.
pub(crate) fn is_possible(test: &str) -> bool {
    let lack = PROGRAMS.into_iter().find(|(program, _)| !Path::new(program).exists());
    if let (Some((program, package)), false) = (lack, is_inside()) {
        skips::skip(test, &format!("{program} is missing (package {package})"));
    }
    lack.is_none()
}

impl World {
    /// The servers of these rows, and their zones. `test` as in [`crate::netns::in_own_network`].
    pub(crate) fn open(test: &'static str, rows: &[Row]) -> Self {
        let network = Network::new(test, &[]);
        let folder = tempfile::tempdir().expect("a folder");
        let place = folder.path().display();
        let file = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("a file");
        // trust-ad: else the C library takes away the mark by which Postfix knows that an answer was validated.
        file("resolv.conf", &format!("nameserver {RESOLVER}\noptions trust-ad\n"));
        file("hosts", "127.0.0.1 localhost\n");
        file("ca.pem", &Pki::shared().ca_pem());
        // named takes an address only where an interface has it.
        network.run(&format!(
            "ip route add local 10.25.0.0/16 dev lo
             ip address add {}/32 dev lo
             for f in resolv.conf hosts; do mount --bind '{place}'/$f /etc/$f; done",
            zones::AUTHORITY
        ));
        let records: Vec<String> = numbered(rows).flat_map(|(number, row)| row.records(number)).collect();
        let damages: Vec<_> = rows.iter().flat_map(Row::damages).collect();
        let anchor = zones::write(folder.path(), &records, &damages);
        file("unbound.conf", &unbound(folder.path(), &anchor));
        file("root.hints", &format!(". NS ns.nic.test.\nns.nic.test. A {}\n", zones::AUTHORITY));
        let folder = Folder { directory: folder, anchor };
        let mut world = Self { folder, children: Vec::new(), _servers: serve(rows), _network: network };
        world.start("/usr/sbin/named", &["-f", "-g", "-4", "-n", "1", "-c", "named.conf"], zones::AUTHORITY);
        world.start("/usr/sbin/unbound", &["-d", "-c", "unbound.conf"], RESOLVER);
        world
    }

    /// Starts a daemon and waits until it takes connections on port 53.
    fn start(&mut self, program: &str, arguments: &[&str], address: &str) {
        let name = Path::new(program).file_name().expect("a name").display();
        let log = self.folder.path().join(format!("{name}.log"));
        // A copy, which no AppArmor profile keeps out of this folder.
        let copy = self.folder.path().join(format!("{name}.copy"));
        std::fs::copy(program, &copy).expect("a copy");
        let output = std::fs::File::create(&log).expect("a file");
        let child = Command::new(&copy)
            .args(arguments)
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .stdout(output.try_clone().expect("a descriptor"))
            .stderr(output)
            .spawn()
            .expect("the daemon starts");
        self.children.push(child);
        let address = SocketAddr::new(address.parse().expect("an address"), 53);
        let begin = Instant::now();
        while std::net::TcpStream::connect(address).is_err() {
            let written = || std::fs::read_to_string(&log).unwrap_or_default();
            assert!(begin.elapsed() < START, "{program} does not start:\n{}", written());
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for World {
    fn drop(&mut self) {
        for child in &mut self.children {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Rows with their numbers, which are part of their addresses.
pub(crate) fn numbered(rows: &[Row]) -> impl Iterator<Item = (usize, &Row)> {
    (1..).zip(rows)
}

fn serve(rows: &[Row]) -> Vec<Server> {
    let mut servers = Vec::new();
    for (number, row) in numbered(rows) {
        for (address, behaviour) in row.addresses(number).zip(row.servers()) {
            let address = SocketAddr::new(IpAddr::V4(address), 25);
            servers.push(Server::start_at(behaviour, address).expect("port 25 is free"));
        }
    }
    servers
}

/// Unbound as Debian has it, but with another root. Of itself it answers for `test.` that there is no such thing.
fn unbound(folder: &Path, anchor: &Path) -> String {
    format!(
        "server:
    directory: \"{folder}\"
    chroot: \"\"
    username: \"\"
    pidfile: \"\"
    use-syslog: no
    logfile: \"\"
    val-log-level: 2
    interface: {RESOLVER}
    access-control: 0.0.0.0/0 allow
    do-ip6: no
    num-threads: 1
    outgoing-range: 32
    num-queries-per-thread: 32
    root-hints: root.hints
    module-config: \"validator iterator\"
    trust-anchor-file: \"{anchor}\"
    local-zone: \"test.\" nodefault
",
        folder = folder.display(),
        anchor = anchor.display()
    )
}
