//! A password is nowhere but on its way to the server, whatever that sends back: not in a report, a transcript, a log or a
//! file, and not in what other users of the machine may see.

mod forms;
mod server;
#[cfg(target_os = "linux")]
#[path = "../terminal/mod.rs"]
mod terminal;

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use data_encoding::BASE64;
use forms::{PASSWORD, TOKEN, USER, trace};
use server::{Nature, PLACES, Place, Protocol, Server};
use tempfile::TempDir;
#[cfg(target_os = "linux")]
use terminal::in_a_terminal;

const FORMATS: [&str; 10] =
    ["human", "json", "jsonl", "junit", "nagios", "prometheus", "github", "markdown", "html", "csv"];

const QUICK: Nature = Nature {
    protocol: Protocol::Smtp,
    mechanism: Some("PLAIN"),
    place: Place::Refusal,
    secret: PASSWORD,
    pause: Duration::ZERO,
    cuts: 0,
};

/// Where a command runs: its home, its temporary files, and its results.
struct Room {
    folder: TempDir,
    /// Elsewhere: this one holds the secret.
    secret: TempDir,
}

impl Room {
    fn new(server: &Server, secret: &str) -> Self {
        let room = Self { folder: tempfile::tempdir().unwrap(), secret: tempfile::tempdir().unwrap() };
        for name in ["tmp", "results"] {
            fs::create_dir(room.folder.path().join(name)).unwrap();
        }
        fs::write(room.folder.path().join("ca.pem"), &server.ca_pem).unwrap();
        fs::write(room.secret_file(), format!("{secret}\n")).unwrap();
        room
    }

    fn secret_file(&self) -> PathBuf {
        self.secret.path().join("secret")
    }

    /// A command that shows all it can, in every format.
    fn command(&self, program: &[&str], server: &Server, how: &[&str]) -> Command {
        let own = self.folder.path();
        let mut command = Command::new(program[0]);
        command.args(&program[1..]).arg(server.url()).args(["--login", USER]).args(how);
        command.args(["--transcript", "-v", "--log", "trace", "--timeout", "8s"]);
        command.arg("--ca-file").arg(own.join("ca.pem"));
        for format in FORMATS {
            command.arg("--output").arg(format!("{format}={}", own.join("results").join(format).display()));
        }
        command.current_dir(own).env("HOME", own).env("TMPDIR", own.join("tmp")).env_remove("CI");
        command
    }

    /// Everything that lies in it, by its name.
    fn files(&self) -> BTreeMap<String, Vec<u8>> {
        let mut files = BTreeMap::new();
        let mut folders = vec![self.folder.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else if let Ok(content) = fs::read(&path) {
                    files.insert(path.display().to_string(), content);
                }
            }
        }
        files
    }
}

/// Runs a command to its end and looks for the secret everywhere. What it printed is returned.
fn searched(room: &Room, mut command: Command, stdin: &str) -> String {
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    // A command that does not read it has gone on.
    let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
    let output = child.wait_with_output().unwrap();
    let mut shown = room.files();
    assert_eq!(shown.len(), FORMATS.len() + 1, "{:?}", shown.keys());
    shown.insert("standard output".to_owned(), output.stdout.clone());
    shown.insert("standard error".to_owned(), output.stderr);
    for (place, content) in &shown {
        assert_eq!(trace(content), None, "{command:?}: {place}: {}", String::from_utf8_lossy(content));
    }
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Logs in with the password in a file.
fn log_in(nature: Nature) -> (String, Server) {
    let server = Server::start(nature);
    let room = Room::new(&server, nature.secret);
    let file = room.secret_file();
    let option = if nature.secret == TOKEN { "--token-file" } else { "--password-file" };
    let how = [option, file.to_str().unwrap()];
    let shown = searched(&room, room.command(&[env!("CARGO_BIN_EXE_mailprobe")], &server, &how), "");
    (shown, server)
}

/// How often the secret itself reached the server, in whatever way of the protocol.
fn times_told(server: &Server, secret: &str) -> usize {
    let tells = |line: &String| {
        let told = line.rsplit(' ').next().unwrap_or_default();
        let decoded = BASE64.decode(told.as_bytes()).unwrap_or_default();
        line.ends_with(secret) || decoded.windows(secret.len()).any(|window| window == secret.as_bytes())
    };
    server.heard().iter().filter(|line| tells(line)).count()
}

#[test]
fn whatever_a_server_sends_back_is_blotted() {
    for protocol in [Protocol::Smtp, Protocol::Imap, Protocol::Pop3] {
        for place in PLACES {
            let (shown, server) = log_in(Nature { protocol, place, ..QUICK });
            assert_eq!(times_told(&server, PASSWORD), 1, "{protocol:?} {place:?}: {:?}\n{shown}", server.heard());
            assert!(shown.contains("<blotted>"), "{protocol:?} {place:?}: {shown}");
        }
    }
}

#[test]
fn it_is_blotted_with_the_protocols_own_commands() {
    for (protocol, mechanism) in [
        (Protocol::Smtp, Some("LOGIN")),
        (Protocol::Imap, None),
        (Protocol::Imap, Some("LOGIN")),
        (Protocol::Pop3, None),
    ] {
        for place in [Place::Refusal, Place::Success, Place::Challenge] {
            let (shown, server) = log_in(Nature { protocol, mechanism, place, ..QUICK });
            assert_eq!(times_told(&server, PASSWORD), 1, "{protocol:?} {mechanism:?}: {:?}\n{shown}", server.heard());
        }
    }
}

/// From these a password can be found by trying.
#[test]
fn answers_to_challenges_are_blotted_too() {
    for mechanism in ["CRAM-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256"] {
        for place in [Place::Refusal, Place::Success] {
            let (shown, server) = log_in(Nature { mechanism: Some(mechanism), place, ..QUICK });
            assert_eq!(times_told(&server, PASSWORD), 0, "{mechanism}");
            let heard = server.heard();
            let answer = heard.iter().rfind(|line| BASE64.decode(line.as_bytes()).is_ok_and(|bytes| bytes.len() > 20));
            let answer = answer.unwrap_or_else(|| panic!("{heard:?}\n{shown}"));
            let decoded = String::from_utf8(BASE64.decode(answer.as_bytes()).unwrap()).unwrap();
            assert!(!shown.contains(&answer[4..answer.len() - 4]) && !shown.contains(&decoded), "{mechanism}: {shown}");
        }
    }
}

#[test]
fn a_token_is_blotted_like_a_password() {
    for mechanism in ["XOAUTH2", "OAUTHBEARER"] {
        for (protocol, place) in
            [(Protocol::Smtp, Place::Challenge), (Protocol::Imap, Place::Refusal), (Protocol::Pop3, Place::Success)]
        {
            let (shown, server) =
                log_in(Nature { protocol, mechanism: Some(mechanism), place, secret: TOKEN, ..QUICK });
            assert_eq!(times_told(&server, TOKEN), 1, "{mechanism} {protocol:?}: {:?}\n{shown}", server.heard());
        }
    }
}

/// Runs a command of this address with the password on its standard input; its standard output.
fn log_in_at(url: &str, server: &Server, options: &[&str]) -> String {
    let room = Room::new(server, server.secret());
    let mut command = Command::new(env!("CARGO_BIN_EXE_mailprobe"));
    command.args([url, "--login", USER, "--password-stdin", "--timeout", "8s", "--format", "json"]).args(options);
    command.arg("--ca-file").arg(room.folder.path().join("ca.pem"));
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(server.secret().as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(!stdout.is_empty(), "{stderr}");
    stdout.into_owned()
}

#[test]
fn a_service_of_two_addresses_is_logged_in_to_once() {
    for (protocol, place) in
        [(Protocol::Smtp, Place::Success), (Protocol::Imap, Place::Refusal), (Protocol::Pop3, Place::Cut)]
    {
        let server = Server::start(Nature { protocol, place, ..QUICK });
        let shown = log_in_at(&server.named_url(), &server, &[]);
        assert_eq!(times_told(&server, PASSWORD), 1, "{protocol:?}: {:?}\n{shown}", server.heard());
    }
}

/// The prompts of LOGIN hold such a password, and are answered all the same.
#[test]
fn a_poor_password_is_no_reason_to_break_off() {
    for (protocol, mechanism) in [(Protocol::Smtp, "LOGIN"), (Protocol::Imap, "LOGIN"), (Protocol::Pop3, "LOGIN")] {
        let nature = Nature { protocol, mechanism: Some(mechanism), secret: "Password", ..QUICK };
        let server = Server::start(nature);
        let shown = log_in_at(&server.url(), &server, &["--transcript"]);
        assert_eq!(times_told(&server, "Password"), 1, "{protocol:?}: {:?}\n{shown}", server.heard());
        assert!(!shown.contains("UGFzc3dvcmQ"), "{shown}");
    }
}

/// Where the first connection failed, the others are made to see why.
#[test]
fn a_second_look_logs_in_nowhere() {
    for cuts in [1, 2] {
        let server = Server::start(Nature { cuts, ..QUICK });
        let shown = log_in_at(&server.url(), &server, &[]);
        assert_eq!(times_told(&server, PASSWORD), 0, "{:?}\n{shown}", server.heard());
    }
}

/// Without the file of its authority, anybody might have this certificate.
#[test]
fn a_server_that_is_not_verified_is_told_nothing() {
    for protocol in [Protocol::Smtp, Protocol::Imap, Protocol::Pop3] {
        let server = Server::start(Nature { protocol, ..QUICK });
        let other = Server::start(Nature { protocol, ..QUICK });
        // The authority of another server, and a name that is not in the certificate.
        log_in_at(&server.url(), &other, &[]);
        log_in_at(&server.url(), &server, &["--server-name", "mail.test.example"]);
        let heard = server.heard();
        let secret_words = ["AUTH ", "AUTHENTICATE", "LOGIN ", "USER", "PASS"];
        assert!(!heard.iter().any(|line| secret_words.iter().any(|word| line.contains(word))), "{heard:?}");
        assert!(heard.iter().any(|line| line.contains("QUIT") || line.contains("LOGOUT")), "{heard:?}");
    }
}

#[test]
fn every_way_of_handing_over() {
    let server = Server::start(QUICK);
    let room = Room::new(&server, PASSWORD);
    let file = room.secret_file();
    let cat = format!("cat '{}'", file.display());
    for how in
        [&["--password-file", file.to_str().unwrap()] as &[&str], &["--password-command", &cat], &["--password-stdin"]]
    {
        let told = times_told(&server, PASSWORD);
        let command = room.command(&[env!("CARGO_BIN_EXE_mailprobe")], &server, how);
        searched(&room, command, &format!("{PASSWORD}\n"));
        assert_eq!(times_told(&server, PASSWORD), told + 1, "{how:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn typed_at_a_terminal() {
    let server = Server::start(QUICK);
    let room = Room::new(&server, PASSWORD);
    let file = room.secret_file();
    let Some(terminal) = in_a_terminal(file.to_str().unwrap()) else { return };
    let program = [&terminal[..], &[env!("CARGO_BIN_EXE_mailprobe")]].concat();
    let screen = searched(&room, room.command(&program, &server, &[]), "");
    assert!(screen.contains("Password of"), "{screen}");
    assert_eq!(times_told(&server, PASSWORD), 1, "{screen}");
}

/// What others on the machine may see of a process and of those that it starts, all the time that it runs.
#[cfg(target_os = "linux")]
#[test]
fn no_process_shows_it() {
    let server = Server::start(Nature { pause: Duration::from_millis(500), ..QUICK });
    for is_command in [true, false] {
        let room = Room::new(&server, PASSWORD);
        let command = format!("sleep 0.2; cat '{}'; sleep 0.2", room.secret_file().display());
        let how: &[&str] = if is_command { &["--password-command", &command] } else { &["--password-stdin"] };
        let mut mailprobe = room.command(&[env!("CARGO_BIN_EXE_mailprobe")], &server, how);
        let mailprobe = mailprobe.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = mailprobe.spawn().unwrap();
        child.stdin.take().unwrap().write_all(format!("{PASSWORD}\n").as_bytes()).unwrap();
        let own = child.id();
        let watch = thread::spawn(move || {
            let mut seen = BTreeMap::new();
            while Path::new(&format!("/proc/{own}/cmdline")).exists() && !is_dead(own) {
                for process in family(own) {
                    for name in ["cmdline", "environ"] {
                        let shown = fs::read(format!("/proc/{process}/{name}")).unwrap_or_default();
                        assert_eq!(trace(&shown), None, "{name}: {}", String::from_utf8_lossy(&shown));
                        if !shown.is_empty() {
                            seen.insert((process, name), shown.len());
                        }
                    }
                }
                thread::sleep(Duration::from_millis(5));
            }
            seen
        });
        server.wait_until_told();
        assert_eq!(child.try_wait().unwrap(), None, "it waits for the answer");
        let held: Vec<String> =
            room.files().into_iter().filter(|file| trace(&file.1).is_some()).map(|file| file.0).collect();
        assert_eq!(held, [""; 0], "files while it runs");
        child.wait().unwrap();
        let seen = watch.join().unwrap();
        assert!(seen.contains_key(&(own, "cmdline")), "{seen:?}");
        assert_eq!(seen.len() > 2, is_command, "the command was a process, too: {seen:?}");
    }
}

/// A process that has ended and that nobody has waited for yet.
#[cfg(target_os = "linux")]
fn is_dead(process: u32) -> bool {
    fs::read_to_string(format!("/proc/{process}/stat"))
        .map_or(true, |stat| stat.rsplit(") ").next().is_some_and(|rest| rest.starts_with('Z')))
}

/// A process, and all that it started.
#[cfg(target_os = "linux")]
fn family(own: u32) -> Vec<u32> {
    let processes = fs::read_dir("/proc").unwrap().filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    let parents: Vec<(u32, u32)> = processes
        .filter_map(|process| {
            let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
            let parent = stat.rsplit(") ").next()?.split(' ').nth(1)?.parse().ok()?;
            Some((process, parent))
        })
        .collect();
    let mut family = vec![own];
    let mut at = 0;
    while let Some(&parent) = family.get(at) {
        family.extend(parents.iter().filter(|pair| pair.1 == parent).map(|pair| pair.0));
        at += 1;
    }
    family
}
