//! The real command, run as a person would, and all that it wrote.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use assert_cmd::Command;
use mailprobe_lab::Pki;
use serde_json::Value;

use crate::judge::Told;

/// Nothing may take longer.
const LONGEST: Duration = Duration::from_secs(100);

/// A command line in the making.
pub(crate) struct Run {
    folder: PathBuf,
    arguments: Vec<String>,
    environment: Vec<(String, String)>,
    trusting: bool,
    documented: bool,
    unprivileged: bool,
}

impl Run {
    /// `line` is what a person types behind `mailprobe`, split at blanks.
    pub(crate) fn new(folder: &Path, line: &str) -> Self {
        Self {
            folder: folder.to_owned(),
            arguments: line.split_whitespace().map(str::to_owned).collect(),
            environment: Vec::new(),
            trusting: true,
            documented: true,
            unprivileged: false,
        }
    }

    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Without the lab's authority.
    pub(crate) fn distrusting(mut self) -> Self {
        self.trusting = false;
        self
    }

    /// Exactly what was typed, where further options would change what is judged.
    pub(crate) fn bare(mut self) -> Self {
        self.documented = false;
        self.distrusting()
    }

    /// As a user without any capability, who is not root in the test's own network.
    pub(crate) fn without_privileges(mut self) -> Self {
        self.unprivileged = true;
        self
    }

    /// Runs it on a screen of 80 columns. The JSON document and the outputs for monitors are of the same run.
    pub(crate) fn tell(self) -> Told {
        let outputs = tempfile::tempdir_in(&self.folder).expect("a folder");
        let file = |format: &str| outputs.path().join(format);
        let authority = self.folder.join("ca.pem");
        let program = env!("CARGO_BIN_EXE_mailprobe");
        let mut command = if self.unprivileged {
            let mut command = Command::new("unshare");
            command.args(["--user", "--map-user=1000", "--", program]);
            command
        } else {
            Command::new(program)
        };
        command.args(&self.arguments).current_dir(&self.folder).timeout(LONGEST);
        if self.trusting {
            std::fs::write(&authority, Pki::shared().ca_pem()).expect("a file");
            command.arg("--ca-file").arg(&authority);
        }
        if self.documented {
            for format in OUTPUTS {
                command.arg("--output").arg(format!("{format}={}", file(format).display()));
            }
        }
        for variable in ["CI", "NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE"] {
            command.env_remove(variable);
        }
        command.envs([("COLUMNS", "80"), ("LINES", "24"), ("LANG", "C.UTF-8")]).envs(self.environment);
        let started = Instant::now();
        let output = command.output().expect("the command starts");
        let took = started.elapsed();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let read = |format: &str| std::fs::read_to_string(file(format)).unwrap_or_default();
        Told::new(Outcome {
            line: format!("mailprobe {}", self.arguments.join(" ")),
            code: output.status.code(),
            stdout: text(&output.stdout),
            stderr: text(&output.stderr),
            took,
            document: serde_json::from_str(&read("json")).unwrap_or_default(),
            nagios: read("nagios"),
            github: read("github"),
            prometheus: read("prometheus"),
        })
    }
}

const OUTPUTS: [&str; 4] = ["json", "nagios", "github", "prometheus"];

/// What a finished command left behind.
pub(crate) struct Outcome {
    pub(crate) line: String,
    /// `None` when it was killed, after [`LONGEST`].
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) took: Duration,
    /// Null where there is none.
    pub(crate) document: Value,
    pub(crate) nagios: String,
    pub(crate) github: String,
    pub(crate) prometheus: String,
}
