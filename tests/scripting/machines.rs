//! The example for GNU parallel on machines of its own: real sshd, each in a network namespace, one of which dies while it
//! checks its share.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{IpAddr, Ipv4Addr, TcpListener, TcpStream};
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use mailprobe_lab::skips;
use serde_json::Value;

use crate::is_there;

/// Set in the process that runs inside the network.
const INSIDE: &str = "MAILPROBE_TEST_MACHINES";
const TEST: &str = "machines::a_machine_that_dies_loses_no_target_and_doubles_none";

/// Far longer than it takes, on the slowest machine.
const PATIENCE: Duration = Duration::from_secs(100);

/// The network: this machine and three others at one switch. All of 10.78.1.0/24 is here.
const NETWORK: &str = r#"
mount -t tmpfs tmpfs /run
mkdir -p /run/sshd /run/netns
ip link set lo up
ip link add name switch type bridge
ip address add 10.78.0.254/16 dev switch
ip link set switch up
ip route add local 10.78.1.0/24 dev lo
for number in 1 2 3; do
    ip netns add machine$number
    ip link add port$number type veth peer name eth0 netns machine$number
    ip link set port$number master switch up
    nsenter --net=/run/netns/machine$number sh -ec "
        ip link set lo up
        ip address add 10.78.0.$number/16 dev eth0
        ip link set eth0 up"
    mkdir machine$number
    sed "s|^root:.*|root:x:0:0:root:$PWD/machine$number:/bin/sh|" /etc/passwd >passwd$number
done
ssh-keygen -q -t ed25519 -N '' -f host
ssh-keygen -q -t ed25519 -N '' -f login
cat >sshd_config <<end
HostKey $PWD/host
AuthorizedKeysFile $PWD/login.pub
StrictModes no
UsePAM no
PidFile none
PermitRootLogin prohibit-password
SetEnv PATH=$PWD/bin:/usr/bin:/bin
end
cat >ssh_config <<end
User root
IdentityFile $PWD/login
IdentitiesOnly yes
UserKnownHostsFile /dev/null
StrictHostKeyChecking no
LogLevel ERROR
ConnectTimeout 3
ServerAliveInterval 1
end
"#;

/// A machine, with a home of its own. With its first process all of it ends.
const MACHINE: &str = r#"
exec nsenter --net=/run/netns/machine$1 unshare --mount --pid --fork --kill-child --mount-proc sh -ec '
    mount --bind "passwd$1" /etc/passwd
    exec /usr/sbin/sshd -D -e -f "$PWD/sshd_config"' sh "$1" 2>"sshd$1.log"
"#;

fn shell(script: &str, folder: &Path) -> Command {
    let mut command = Command::new("sh");
    command.args(["-euc", script, "sh"]).current_dir(folder);
    command
}

#[test]
fn a_machine_that_dies_loses_no_target_and_doubles_none() {
    if std::env::var_os(INSIDE).is_some() {
        return inside();
    }
    if !["parallel", "ssh-keygen", "rsync", "ip"].into_iter().all(is_there) {
        return;
    }
    if !Path::new("/usr/sbin/sshd").exists() {
        return skips::skip(TEST, "sshd (openssh-server) is missing");
    }
    let namespaces = ["--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"];
    let allowed = Command::new("unshare").args(namespaces).arg("true").output();
    if !allowed.is_ok_and(|output| output.status.success()) {
        return skips::skip(TEST, "only root may make networks in which an sshd lets others in");
    }
    let output = Command::new("unshare")
        .args(namespaces)
        .arg(std::env::current_exe().expect("a program"))
        .args(["--exact", TEST, "--nocapture"])
        .env(INSIDE, "1")
        .output()
        .expect("unshare starts");
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && stdout.contains("1 passed"), "{stdout}\n{stderr}");
}

fn inside() {
    const SHARES: usize = 6;
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    fs::create_dir(folder.join("bin")).expect("a folder");
    symlink(env!("CARGO_BIN_EXE_mailprobe"), folder.join("bin/mailprobe")).expect("a link");
    let made = shell(NETWORK, folder).output().expect("sh");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let mut machines: Vec<Machine> = (1..=3).map(|number| Machine::start(number, folder)).collect();
    let server = MailServer::start();
    let targets: Vec<String> = (1..=60).map(|number| format!("smtp://10.78.1.{number}:{}", server.port)).collect();
    fs::write(folder.join("hosts.txt"), targets.join("\n") + "\n").expect("a list");

    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/gnu-parallel.sh");
    let mut run = Command::new(script)
        .args(["hosts.txt", &SHARES.to_string(), "10.78.0.1", "10.78.0.2", "10.78.0.3"])
        .current_dir(folder)
        .env("HOME", folder)
        .env("PARALLEL_SSH", "ssh -F ssh_config -o ConnectTimeout=3 -o ServerAliveInterval=1")
        .stdout(Stdio::null())
        .spawn()
        .expect("the script starts");
    wait_until("the second machine is in the middle of its share", || server.calls_of(SECOND) > ANSWERED);
    // Like a machine without power: nobody says goodbye.
    assert!(shell("ip link set port2 down", folder).status().expect("ip").success());
    machines[1].die();
    let mut status = None;
    wait_until("the script ends", || {
        status = run.try_wait().expect("a child");
        status.is_some()
    });
    let joblog = fs::read_to_string(folder.join("results/joblog")).expect("a log");
    assert_eq!(status.and_then(|status| status.code()), Some(0), "{joblog}");

    let mut done: BTreeMap<String, usize> = BTreeMap::new();
    for share in 0..SHARES {
        let result = fs::read_to_string(folder.join(format!("results/share-{share}.jsonl"))).expect("a result");
        let lines: Vec<Value> =
            result.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect();
        assert_eq!(lines.last().expect("a line")["type"], "summary", "share {share}");
        for line in lines.iter().filter(|line| line["type"] == "target") {
            *done.entry(line["target"].as_str().expect("a target").to_owned()).or_default() += 1;
        }
    }
    assert_eq!(done, targets.into_iter().map(|target| (target, 1)).collect(), "{joblog}");
    assert!(joblog.lines().any(|line| line.split('\t').nth(6) == Some("255")), "a share was lost: {joblog}");
    for number in [1, 3] {
        assert!(joblog.contains(&format!("\t10.78.0.{number}\t")), "{joblog}");
        let left: Vec<_> = fs::read_dir(folder.join(format!("machine{number}"))).expect("a home").flatten().collect();
        assert!(!left.iter().any(|entry| entry.file_name() == "hosts.txt"), "{left:?}");
    }
}

fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < PATIENCE, "never: {what}");
        thread::sleep(Duration::from_millis(20));
    }
}

struct Machine {
    first_process: Child,
}

impl Machine {
    fn start(number: u8, folder: &Path) -> Self {
        let first_process = shell(MACHINE, folder).arg(number.to_string()).spawn().expect("sh");
        let ssh = ["-F", "ssh_config", "-n", &format!("10.78.0.{number}"), "true"];
        wait_until("a machine lets us in", || {
            Command::new("ssh").args(ssh).current_dir(folder).output().expect("ssh").status.success()
        });
        Self { first_process }
    }

    fn die(&mut self) {
        let _ = self.first_process.kill();
        let _ = self.first_process.wait();
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        self.die();
    }
}

/// The machine that dies, and how many of its calls are answered.
const SECOND: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 78, 0, 2));
const ANSWERED: usize = 3;

/// An SMTP server, which keeps a machine waiting that has had enough answers.
struct MailServer {
    port: u16,
    callers: Arc<Mutex<Vec<IpAddr>>>,
}

impl MailServer {
    fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, 0)).expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let callers: Arc<Mutex<Vec<IpAddr>>> = Arc::default();
        let server = Self { port, callers: Arc::clone(&callers) };
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let Ok(caller) = stream.peer_addr().map(|address| address.ip()) else { continue };
                let mut callers = callers.lock().expect("a list");
                callers.push(caller);
                let is_kept = caller == SECOND && callers.iter().filter(|&&other| other == SECOND).count() > ANSWERED;
                thread::spawn(move || if is_kept { thread::sleep(PATIENCE) } else { drop(converse(&stream)) });
            }
        });
        server
    }

    fn calls_of(&self, caller: IpAddr) -> usize {
        self.callers.lock().expect("a list").iter().filter(|&&other| other == caller).count()
    }
}

fn converse(mut stream: &TcpStream) -> std::io::Result<()> {
    stream.write_all(b"220 mx.test.example ESMTP\r\n")?;
    for line in BufReader::new(stream.try_clone()?).lines().map_while(Result::ok) {
        let reply: &[u8] = if line.starts_with("EHLO") { b"250 mx.test.example\r\n" } else { b"221 bye\r\n" };
        stream.write_all(reply)?;
    }
    Ok(())
}
