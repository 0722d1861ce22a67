//! How a secret is handed over: every way of it, and that none of them, nor any complaint, shows it.

mod command;
#[cfg(target_os = "linux")]
mod terminal;

use std::fs;
use std::net::TcpListener;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use command::{mailprobe, run};
use mailprobe_lab::skips;
#[cfg(target_os = "linux")]
use terminal::in_a_terminal;

const SECRET: &str = "correct-horse-42";

/// A port of this machine that refuses connections: there is something to check, and nobody to log in at.
fn closed_port() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("smtp://{}", listener.local_addr().unwrap())
}

/// Nothing is checked, and one line says why and does not say the secret.
fn refused(arguments: &[&str], word: &str) {
    let outcome = run(arguments);
    assert_eq!(outcome.code, 2, "{arguments:?}: {}", outcome.stderr);
    assert_eq!(outcome.stdout, "", "{arguments:?}");
    assert_eq!(outcome.stderr.lines().count(), 1, "{arguments:?}: {}", outcome.stderr);
    assert!(outcome.stderr.contains(word), "{arguments:?} should mention {word:?}: {}", outcome.stderr);
    assert!(!outcome.stderr.contains(SECRET), "{}", outcome.stderr);
}

#[test]
fn a_secret_on_the_command_line_is_refused_and_not_repeated() {
    let with_name = format!("user:{SECRET}");
    let with_equals = format!("--password={SECRET}");
    let stdin = format!("--password-stdin={SECRET}");
    let url = format!("imaps://user:{SECRET}@mail.test.example");
    for (arguments, word) in [
        (&["mail.test.example", "--login", &with_name] as &[&str], "--password-file"),
        (&["mail.test.example", "--login", "user", "--password", SECRET], "--password-file"),
        (&["mail.test.example", "--login", "user", &with_equals], "--password-file"),
        (&["mail.test.example", "--login", "user", "--token", SECRET], "--password-file"),
        (&["mail.test.example", "-u", &with_name], "--login USER"),
        (&["mail.test.example", "--user", &with_name], "--login USER"),
        (&["mail.test.example", "--login", "user", &stdin], "takes no value"),
        (&["--login", "user", SECRET, "mail.test.example"], "one target at a time"),
        (&["mail.test.example", "--login", "user", SECRET], "one target at a time"),
        (&[&url], "--login"),
    ] {
        refused(arguments, word);
    }
}

#[test]
fn no_environment_variable_takes_a_secret() {
    let outcome = run(&["--help"]);
    assert!(!outcome.stdout.contains("MAILPROBE_PASSWORD") && !outcome.stdout.contains("MAILPROBE_LOGIN"));
    let mut command = mailprobe(&[&closed_port(), "--login", "user", "--password-stdin"]);
    let output =
        command.env("MAILPROBE_PASSWORD", SECRET).env("MAILPROBE_PASSWORD_FILE", SECRET).write_stdin("").output();
    assert_eq!(output.unwrap().status.code(), Some(2), "the standard input is empty");
}

#[test]
fn logins_are_not_repeated() {
    let folder = tempfile::tempdir().unwrap();
    let list = folder.path().join("hosts.txt");
    fs::write(&list, "mail.test.example\n").unwrap();
    let list = list.to_str().unwrap();
    let login = ["--login", "user", "--password-stdin"];
    for (arguments, word) in [
        (&["--targets", list] as &[&str], "one target"),
        (&["--config", list], "one target"),
        (&["a.test.example", "b.test.example"], "one target"),
        (&["a.test.example", "--wait", "5s"], "logs in once"),
        (&["a.test.example", "--retries", "2"], "logs in once"),
    ] {
        refused(&[arguments, &login].concat(), word);
    }
    let mut command = mailprobe(&[&closed_port(), "--login", "user", "--password-stdin"]);
    let output = command.env("MAILPROBE_WAIT", "5s").write_stdin(SECRET).output().unwrap();
    assert!(String::from_utf8_lossy(&output.stderr).contains("MAILPROBE_WAIT"));
}

#[test]
fn ways_of_handing_over_that_lead_nowhere() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, content: &[u8]| {
        let path = folder.path().join(name);
        fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let (empty, zero, long) =
        (file("empty", b""), file("zero", b"correct-horse-42\0\n"), file("long", &vec![b'x'; 70_000]));
    let missing = folder.path().join("missing").to_str().unwrap().to_owned();
    let no_token = file("no-token", b"correct-horse-42 and more\n");
    let target = closed_port();
    let with = |arguments: &[&str], word: &str| refused(&[&[&*target, "--login", "user"], arguments].concat(), word);
    with(&["--password-file", &empty], "the password is empty");
    with(&["--password-file", &zero], "NUL");
    with(&["--password-file", &long], "64 KiB");
    with(&["--password-file", &missing], "missing");
    with(&["--password-file", folder.path().to_str().unwrap()], "no password could be read");
    with(&["--password-command", "echo correct-horse-42; exit 3"], "exit code 3");
    with(&["--password-command", "true"], "the password is empty");
    with(&["--token-file", &no_token], "OAuth access token");
    with(&["--password-file", &zero, "--password-stdin"], "cannot be used with");
    with(&["--password-command", "true", "--token-command", "true"], "cannot be used with");
    for option in [&["--password-file", &*zero] as &[&str], &["--password-stdin"], &["--token-stdin"]] {
        refused(&[&[&*target], option].concat(), "--login");
    }
    refused(&["blocked", "--login", "user"], "has no use for --login");
}

/// Every way leads to a check, and the secret is in nothing that is shown, nor in what other users of the machine see.
#[test]
fn every_way_of_handing_over() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("secret");
    fs::write(&file, format!("{SECRET}\n")).unwrap();
    let command = format!("cat '{}'; echo told >&2", file.display());
    let target = closed_port();
    for kind in ["password", "token"] {
        let (from_file, from_command) = (format!("--{kind}-file"), format!("--{kind}-command"));
        let from_stdin = format!("--{kind}-stdin");
        let ways: [&[&str]; 3] = [&[&from_file, file.to_str().unwrap()], &[&from_command, &command], &[&from_stdin]];
        for way in ways {
            let told = ["-v", "--transcript", "--log", "trace", "--format", "json"];
            let arguments = [&[&*target, "--login", "user"], way, &told].concat();
            let output = mailprobe(&arguments).write_stdin(format!("{SECRET}\nmore\n")).output().unwrap();
            let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
            assert!(stdout.contains("\"verdict\""), "{way:?}: {stderr}");
            assert!(!stdout.contains(SECRET) && !stderr.contains(SECRET), "{way:?}: {stdout} {stderr}");
            assert_eq!(stderr.contains("told"), way.contains(&&*command), "what a command has to say goes through");
        }
    }
}

#[test]
fn a_dry_run_asks_for_no_password() {
    let outcome = run(&[&closed_port(), "--login", "user", "--password-file", "/does/not/exist", "--dry-run"]);
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
}

#[cfg(target_os = "linux")]
#[test]
fn without_a_terminal_nobody_is_asked() {
    let Some(mut command) = without_terminal() else { return };
    command.args([env!("CARGO_BIN_EXE_mailprobe"), &closed_port(), "--login", "user"]);
    let output = command.stdin(Stdio::null()).output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    assert!(stderr.contains("there is no terminal") && stderr.contains("--password-stdin"), "{stderr}");
}

/// A session of its own, which has no terminal.
#[cfg(target_os = "linux")]
fn without_terminal() -> Option<Command> {
    if Command::new("setsid").arg("true").status().is_ok_and(|status| status.success()) {
        let mut command = Command::new("setsid");
        command.arg("--wait");
        return Some(command);
    }
    skips::skip(&skips::this_test(), "setsid is missing (package util-linux)");
    None
}

/// Runs the command at a terminal, and types when it is asked for the password. What stood on the screen in the end, the
/// exit code and the terminal's settings behind it.
#[cfg(target_os = "linux")]
fn at_a_terminal(typed: &str) -> Option<String> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("typed");
    std::fs::write(&file, typed).unwrap();
    let [python, arguments @ ..] = in_a_terminal(file.to_str().unwrap())?;
    let target = closed_port();
    let probe = [env!("CARGO_BIN_EXE_mailprobe"), &target, "--login", "user@test.example"];
    let shell = ["sh", "-c", r#""$@"; echo "code $?"; stty -a"#, "sh"];
    let running = Command::new(python).args(arguments).args(shell).args(probe).output();
    Some(String::from_utf8_lossy(&running.unwrap().stdout).into_owned())
}

#[cfg(target_os = "linux")]
#[test]
fn asked_for_at_the_terminal() {
    let Some(screen) = at_a_terminal(&format!("{SECRET}\n")) else { return };
    assert!(screen.contains("Password of user@test.example: "), "{screen}");
    assert!(!screen.contains(SECRET) && !screen.contains('*'), "{screen}");
    assert!(screen.contains("refused") && !screen.contains("code 2\r"), "it was checked: {screen}");
    assert!(screen.split_whitespace().any(|word| word == "echo"), "{screen}");
}

#[cfg(target_os = "linux")]
#[test]
fn control_c_ends_it_and_leaves_a_terminal_that_shows_what_is_typed() {
    let Some(screen) = at_a_terminal("half\x03") else { return };
    assert!(screen.contains("code 130"), "{screen}");
    assert!(
        ["echo", "icanon", "isig"].iter().all(|mode| screen.split_whitespace().any(|word| word == *mode)),
        "{screen}"
    );
    assert!(!screen.contains("half"), "{screen}");
    // An end of input is no password.
    let Some(screen) = at_a_terminal("\x04") else { return };
    assert!(screen.contains("code 2") && screen.contains("no password was typed"), "{screen}");
}

/// What every user of the machine may read of a process: its arguments and, of one's own, its environment.
#[cfg(target_os = "linux")]
#[test]
fn other_processes_do_not_see_the_secret() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("secret");
    fs::write(&file, SECRET).unwrap();
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let target = format!("smtp://{}", silent.local_addr().unwrap());
    let arguments = [&*target, "--login", "user", "--password-file", file.to_str().unwrap(), "--timeout", "5s"];
    let mut child =
        Command::new(env!("CARGO_BIN_EXE_mailprobe")).args(arguments).stdout(Stdio::null()).spawn().unwrap();
    let _connection = silent.accept().unwrap();
    thread::sleep(Duration::from_millis(50));
    for name in ["cmdline", "environ"] {
        let shown = fs::read(format!("/proc/{}/{name}", child.id())).unwrap();
        assert!(!String::from_utf8_lossy(&shown).contains(SECRET), "{name}");
    }
    child.kill().unwrap();
    child.wait().unwrap();
}
