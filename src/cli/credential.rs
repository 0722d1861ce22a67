//! `--login`: whose login is tried, and how the secret is handed over. No option and no variable takes the secret itself:
//! every user of the machine can read those.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use clap::Args;
use zeroize::Zeroizing;

use super::console::fail;
use super::exit;
use super::prompt;
use crate::login::Credential;

/// A longer first line is no password: probably the wrong file.
const MOST_BYTES: usize = 64 * 1024;

/// How long a command may take, which may ask somebody to unlock a store.
const COMMAND_LIMIT: Duration = Duration::from_secs(120);

/// Who logs in.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Login")]
pub(super) struct LoginChoices {
    /// Also log in as USER at ports for mail programs (submission, IMAP, POP3), once for each service and only where the
    /// certificate is right; asks for the password, if none of the options below hands it over
    #[arg(long, value_name = "USER")]
    login: Option<String>,

    /// The password is the first line of FILE
    #[arg(long, value_name = "FILE", group = "handed_over")]
    password_file: Option<PathBuf>,

    /// The password is the first line that a shell command prints, as in 'pass show mail'
    #[arg(long, value_name = "COMMAND", group = "handed_over")]
    password_command: Option<String>,

    /// The password is the first line of standard input
    #[arg(long, group = "handed_over")]
    password_stdin: bool,

    /// Log in with an OAuth access token: the first line of FILE
    #[arg(long, value_name = "FILE", group = "handed_over")]
    token_file: Option<PathBuf>,

    /// The OAuth access token is the first line that a shell command prints
    #[arg(long, value_name = "COMMAND", group = "handed_over")]
    token_command: Option<String>,

    /// The OAuth access token is the first line of standard input
    #[arg(long, group = "handed_over")]
    token_stdin: bool,
}

/// A login that is wanted; the secret has yet to be fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LoginRequest {
    user: String,
    kind: SecretKind,
    source: SecretSource,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SecretKind {
    Password,
    Token,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum SecretSource {
    Prompt,
    File(PathBuf),
    Command(String),
    Stdin,
}

impl LoginChoices {
    pub(super) fn is_given(&self) -> bool {
        self.login.is_some()
    }

    /// The login that is asked for. Touches nothing.
    pub(super) fn request(&self) -> Result<Option<LoginRequest>, String> {
        let Self { login, password_file, password_command, password_stdin, token_file, token_command, token_stdin } =
            self;
        let file = |path: &PathBuf| SecretSource::File(path.clone());
        let command = |command: &String| SecretSource::Command(command.clone());
        let password = password_file.as_ref().map(file).or(password_command.as_ref().map(command));
        let password = password.or(password_stdin.then_some(SecretSource::Stdin));
        let token = token_file.as_ref().map(file).or(token_command.as_ref().map(command));
        let token = token.or(token_stdin.then_some(SecretSource::Stdin));
        let Some(user) = login else {
            if password.is_none() && token.is_none() {
                return Ok(None);
            }
            return Err(
                "a password or token is for a login: name the user as well, as in --login user@example.org".to_owned()
            );
        };
        // Not repeated: there may be a password in it.
        if user.contains(':') {
            return Err("write only the user's name after --login, and never a password on a command line, where every user of \
                 this machine can read it: mailprobe asks for it, or takes it with --password-file FILE"
                .to_owned());
        }
        if user.is_empty() || user.chars().any(char::is_control) {
            return Err("the name after --login is empty or holds a control character".to_owned());
        }
        let (kind, source) = match (password, token) {
            (_, Some(source)) => (SecretKind::Token, source),
            (Some(source), None) => (SecretKind::Password, source),
            (None, None) => (SecretKind::Password, SecretSource::Prompt),
        };
        Ok(Some(LoginRequest { user: user.clone(), kind, source }))
    }
}

impl SecretKind {
    fn name(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Token => "token",
        }
    }
}

impl LoginRequest {
    /// Fetches the secret. The error is an exit code, after a complaint.
    pub(super) fn credential(self) -> Result<Credential, u8> {
        let Self { user, kind, source } = self;
        let from = match &source {
            SecretSource::Prompt => "what was typed".to_owned(),
            SecretSource::File(path) => path.display().to_string(),
            SecretSource::Command(_) => format!("what the command of --{}-command printed", kind.name()),
            SecretSource::Stdin => "standard input".to_owned(),
        };
        let secret = match source {
            SecretSource::Prompt => prompt::password(&user)?,
            source => source.fetch().and_then(|line| as_text(&line)).map_err(|problem| {
                fail(format!("no {} could be read from {from}: {problem}", kind.name()), exit::USAGE)
            })?,
        };
        let credential = match kind {
            SecretKind::Password => Credential::with_password(user, secret),
            SecretKind::Token => Credential::with_token(user, secret),
        };
        credential.map_err(|error| fail(format!("no usable {} in {from}: {error}", kind.name()), exit::USAGE))
    }
}

impl SecretSource {
    /// The first line, without its end.
    fn fetch(&self) -> Result<Zeroizing<Vec<u8>>, String> {
        match self {
            Self::Prompt => Ok(Zeroizing::default()),
            Self::File(path) => of_file(path),
            Self::Command(command) => of_command(command, COMMAND_LIMIT),
            Self::Stdin => first_line(io::stdin().lock()).map_err(|error| error.to_string()).and_then(not_too_long),
        }
    }
}

fn of_file(path: &Path) -> Result<Zeroizing<Vec<u8>>, String> {
    File::open(path).and_then(first_line).map_err(|error| error.to_string()).and_then(not_too_long)
}

/// Runs a command as other tools do, with this terminal for what it has to say and to ask.
fn of_command(command: &str, limit: Duration) -> Result<Zeroizing<Vec<u8>>, String> {
    let mut shell = if cfg!(windows) { Command::new("cmd") } else { Command::new("sh") };
    shell.args([if cfg!(windows) { "/C" } else { "-c" }, command]).stdout(Stdio::piped());
    let mut child = shell.spawn().map_err(|error| format!("the shell could not be started: {error}"))?;
    let Some(mut stdout) = child.stdout.take() else { return Err("it has no output".to_owned()) };
    let (sender, printed) = mpsc::channel();
    // What a command leaves running may keep its output open: nobody waits for that.
    let reading = thread::Builder::new().spawn(move || {
        let line = first_line(&mut stdout);
        let _ = io::copy(&mut stdout, &mut io::sink());
        let _ = sender.send(line);
    });
    reading.map_err(|error| format!("this machine could not start a thread: {error}"))?;
    let line = match printed.recv_timeout(limit) {
        Ok(line) => line.map_err(|error| error.to_string())?,
        Err(RecvTimeoutError::Timeout) => {
            let _ = child.kill();
            let _ = child.wait();
            return Err(format!("it took more than {} s and was ended", limit.as_secs()));
        }
        Err(RecvTimeoutError::Disconnected) => return Err("its output could not be read".to_owned()),
    };
    let status = child.wait().map_err(|error| error.to_string())?;
    if !status.success() {
        return Err(match status.code() {
            Some(code) => format!("it ended with exit code {code}"),
            None => "a signal ended it".to_owned(),
        });
    }
    not_too_long(line)
}

/// The first line, without its end, or somewhat more of it than it may have.
fn first_line(mut from: impl Read) -> io::Result<Zeroizing<Vec<u8>>> {
    // All the room at once: what a buffer leaves behind as it grows is not wiped.
    let mut line = Zeroizing::new(Vec::with_capacity(MOST_BYTES + 3));
    let mut byte = Zeroizing::new([0]);
    while line.len() < MOST_BYTES + 3 {
        match from.read(&mut *byte) {
            Ok(0) => break,
            Ok(_) if byte[0] == b'\n' => break,
            Ok(_) => line.push(byte[0]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    if line.last() == Some(&b'\r') {
        line.pop();
    }
    Ok(line)
}

fn not_too_long(line: Zeroizing<Vec<u8>>) -> Result<Zeroizing<Vec<u8>>, String> {
    if line.len() > MOST_BYTES { Err("its first line has more than 64 KiB".to_owned()) } else { Ok(line) }
}

fn as_text(line: &[u8]) -> Result<Zeroizing<String>, String> {
    // Windows' editors begin files with a mark.
    let text = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
    let text = std::str::from_utf8(text).map_err(|_| "it is not in UTF-8".to_owned())?;
    Ok(Zeroizing::new(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::login::CredentialSecret;

    fn fetched(kind: SecretKind, source: SecretSource) -> Result<String, u8> {
        let credential = LoginRequest { user: "user".to_owned(), kind, source }.credential()?;
        let (CredentialSecret::Password(secret) | CredentialSecret::Token(secret)) = credential.secret();
        assert_eq!(matches!(credential.secret(), CredentialSecret::Token(_)), kind == SecretKind::Token);
        Ok(secret.to_string())
    }

    fn file(content: &[u8]) -> Result<String, u8> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), content).unwrap();
        fetched(SecretKind::Password, SecretSource::File(file.path().to_owned()))
    }

    #[test]
    fn the_first_line_of_a_file_without_its_end() {
        for content in
            ["p\u{e4}ss word ", "p\u{e4}ss word \n", "p\u{e4}ss word \r\nmore\n", "\u{feff}p\u{e4}ss word \n"]
        {
            assert_eq!(file(content.as_bytes()).as_deref(), Ok("p\u{e4}ss word "));
        }
        assert_eq!(file(&vec![b'x'; MOST_BYTES]), Ok("x".repeat(MOST_BYTES)));
        let unusable: [&[u8]; 6] = [b"", b"\n", b"\nx\n", b"a\0b\n", b"\xff\n", &vec![b'x'; MOST_BYTES + 1]];
        for content in unusable {
            assert_eq!(file(content), Err(exit::USAGE), "{content:?}");
        }
    }

    #[test]
    fn the_first_line_that_a_command_prints() {
        let command = |command: &str| fetched(SecretKind::Token, SecretSource::Command(command.to_owned()));
        assert_eq!(command("echo t0ken; echo more").as_deref(), Ok("t0ken"));
        for unusable in ["exit 0", "echo t0ken; exit 3", "echo not a token", "no-such-program-here"] {
            assert_eq!(command(unusable), Err(exit::USAGE), "{unusable}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_command_that_does_not_end_is_ended() {
        let problem = of_command("echo early; sleep 60", Duration::from_millis(300)).unwrap_err();
        assert!(problem.contains("was ended"), "{problem}");
        // One that leaves something behind is done when itself is, not what it left.
        assert!(of_command("echo early; sleep 2 >/dev/null &", Duration::from_secs(60)).is_ok());
    }
}
