//! A network, a process table and a hosts file of our own, which end with the value that holds them.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread;

use super::{DUAL_NAME, NAME};

/// Addresses that nobody else has: only the loopback interface of the namespace bears them.
pub(crate) const IPV4: &str = "10.77.0.2";
pub(crate) const IPV6: &str = "fd00:77::2";
/// Where visitors come from. Not from the address that they go to: Dovecot takes such a connection for a safe one and
/// offers logins without TLS.
const VISITOR_IPV4: &str = "10.77.0.3";
const VISITOR_IPV6: &str = "fd00:77::3";

/// A name with letters that the DNS does not have: `b\u{fc}cher.test.example` (RFC 5890).
pub(crate) const INTERNATIONAL_NAME: &str = "xn--bcher-kva.test.example";

/// The users of the servers that are only unpacked: nothing has made them.
const USERS: [&str; 4] = ["Debian-exim", "cyrus", "opensmtpd", "opensmtpq"];
/// Where their numbers begin: high up, where no package puts any.
const FIRST_USER: u32 = 61_000;

/// Where the system log of the namespace goes, in the directory that it is given.
pub(crate) const SYSTEM_LOG: &str = "syslog";

/// What the first process of the namespace does. It then waits for the end of its standard input, which comes when
/// the test ends, however it ends; and with the first process the kernel ends all the others.
const FIRST_PROCESS: &str = r#"
set -e
mount --bind "$1/hosts" /etc/hosts
mount --bind "$1/resolv.conf" /etc/resolv.conf
mount --bind "$1/passwd" /etc/passwd
mount --bind "$1/group" /etc/group
mount -t overlay -o "lowerdir=$1/dev:/dev" overlay /dev
if [ -d "$6/usr" ]; then mount -t overlay -o "lowerdir=$6/usr:/usr" overlay /usr; fi
ip link set lo up
for address in "$2" "$4"; do ip address add "$address/32" dev lo; done
for address in "$3" "$5"; do ip address add "$address/128" dev lo nodad; done
ip route replace table local local "$2" dev lo src "$4"
ip route replace table local local "$3" dev lo src "$5"
echo ready
exec cat
"#;

/// A network without a way out.
pub(crate) struct Namespace {
    first_process: Child,
    /// What the programs that were run inside had to say.
    words: PathBuf,
}

impl Namespace {
    /// Whether this machine lets us have one.
    pub(crate) fn is_allowed() -> bool {
        let made = Command::new("unshare").args(["--net", "--mount", "--pid", "--fork", "true"]).output();
        made.is_ok_and(|output| output.status.success())
    }

    /// Makes one; `directory` takes its hosts file and its like. The tree `unpacked` lies over /usr, where there is one.
    pub(crate) fn new(directory: &Path, unpacked: &Path) -> Self {
        let hosts = format!(
            "127.0.0.1 localhost
::1 localhost
{IPV4} {NAME} {DUAL_NAME} {INTERNATIONAL_NAME}
{IPV6} {DUAL_NAME}
{VISITOR_IPV4} visitor.test.example
{VISITOR_IPV6} visitor.test.example
"
        );
        fs::write(directory.join("hosts"), hosts).expect("a hosts file");
        // Nobody listens there: every question is answered at once, with a refusal.
        fs::write(directory.join("resolv.conf"), "nameserver 127.0.0.1\n").expect("a resolv.conf");
        write_users(directory);
        keep_a_system_log(directory);
        let mut first_process = Command::new("unshare")
            .args([
                "--net",
                "--mount",
                "--pid",
                "--fork",
                "--kill-child",
                "--mount-proc",
                "sh",
                "-c",
                FIRST_PROCESS,
                "sh",
            ])
            .arg(directory)
            .args([IPV4, IPV6, VISITOR_IPV4, VISITOR_IPV6])
            .arg(unpacked)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("unshare");
        let mut line = String::new();
        let stdout = first_process.stdout.take().expect("a pipe");
        BufReader::new(stdout).read_line(&mut line).expect("a line");
        assert_eq!(line, "ready\n", "the network could not be set up; its error is above");
        Self { first_process, words: directory.join("words") }
    }

    /// Runs a program inside, to its end, and takes what it wrote.
    pub(crate) fn output(&self, program: &str, arguments: &[&str]) -> Output {
        self.command(program, arguments).output().expect("nsenter")
    }

    /// Runs a program inside, to its end, which must be a good one. It may leave daemons behind: they keep its
    /// standard error, for whose end nobody must wait, so that goes to a file.
    pub(crate) fn run(&self, program: &str, arguments: &[&str]) {
        let words = File::options().create(true).append(true).open(&self.words).expect("a file");
        let status = self.command(program, arguments).stdout(Stdio::null()).stderr(words).status().expect("nsenter");
        let words = || fs::read_to_string(&self.words).unwrap_or_default();
        assert!(status.success(), "{program} {arguments:?}: {status}\n{}", words());
    }

    /// Starts a program inside that stays in the foreground; what it writes goes to `log`.
    pub(crate) fn start(&self, program: &str, arguments: &[&str], log: &Path) {
        let log = log.display().to_string();
        let script = "log=$1; shift; exec \"$@\" >>\"$log\" 2>&1 &";
        self.run("sh", &[&["-c", script, "sh", &log, program], arguments].concat());
    }

    /// A program inside, not yet started.
    pub(crate) fn command(&self, program: &str, arguments: &[&str]) -> Command {
        let outside = self.first_process.id();
        let mut command = Command::new("nsenter");
        command
            .arg(format!("--net=/proc/{outside}/ns/net"))
            .arg(format!("--mount=/proc/{outside}/ns/mnt"))
            .arg(format!("--pid=/proc/{outside}/ns/pid_for_children"))
            .arg("--")
            .arg(program)
            .args(arguments)
            .stdin(Stdio::null());
        command
    }

    /// Whether anybody listens on a port, of either family. Nobody is called to find out: a server would log that.
    pub(crate) fn is_listening(&self, port: u16, family: Family) -> bool {
        let table = match family {
            Family::Ipv4 => "tcp",
            Family::Ipv6 => "tcp6",
        };
        let sockets = fs::read_to_string(format!("/proc/{}/net/{table}", self.first_process.id())).unwrap_or_default();
        // "sl local_address rem_address st …", with the port in hexadecimal; 0A is LISTEN.
        let port = format!(":{port:04X}");
        sockets.lines().any(|line| {
            let mut fields = line.split_whitespace().skip(1);
            fields.next().is_some_and(|local| local.ends_with(&port)) && fields.nth(1) == Some("0A")
        })
    }
}

/// The machine's users and the unpacked servers' own.
fn write_users(directory: &Path) {
    let known = fs::read_to_string("/etc/passwd").expect("/etc/passwd");
    let is_new = |user: &str| !known.lines().any(|line| line.split(':').next() == Some(user));
    let (mut passwd, mut group) = (known.clone(), fs::read_to_string("/etc/group").expect("/etc/group"));
    for (user, number) in USERS.into_iter().zip(FIRST_USER..).filter(|(user, _)| is_new(user)) {
        writeln!(passwd, "{user}:x:{number}:{number}::/nonexistent:/usr/sbin/nologin").expect("a string");
        writeln!(group, "{user}:x:{number}:").expect("a string");
    }
    fs::write(directory.join("passwd"), passwd).expect("a file");
    fs::write(directory.join("group"), group).expect("a file");
}

/// Listens where the servers' /dev/log will point to, until the test program ends.
fn keep_a_system_log(directory: &Path) {
    /// More than any server writes at once.
    const LONGEST: usize = 64 * 1024;
    let socket = directory.join("dev-log");
    let listener = UnixDatagram::bind(&socket).expect("a socket");
    fs::set_permissions(&socket, fs::Permissions::from_mode(0o666)).expect("permissions");
    fs::create_dir(directory.join("dev")).expect("a directory");
    symlink(&socket, directory.join("dev/log")).expect("a link");
    let mut log = File::create(directory.join(SYSTEM_LOG)).expect("a file");
    thread::spawn(move || {
        let mut message = vec![0; LONGEST];
        while let Ok(length) = listener.recv(&mut message) {
            let line = [message.get(..length).unwrap_or_default(), b"\n"].concat();
            if log.write_all(&line).is_err() {
                break;
            }
        }
    });
}

impl Drop for Namespace {
    fn drop(&mut self) {
        drop(self.first_process.stdin.take());
        self.first_process.wait().ok();
    }
}

/// An address family.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Family {
    /// IPv4
    Ipv4,
    /// IPv6
    Ipv6,
}
