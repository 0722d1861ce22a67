//! A terminal, by tmux: what stands on it is what a person sees.

use std::process::{Command, Output};
use std::thread;
use std::time::{Duration, Instant};

use mailprobe_lab::skips;

use crate::started::PATIENCE;

/// A terminal of its own, in which a command runs. It is ended with the test.
pub(crate) struct Terminal {
    socket: String,
}

impl Terminal {
    /// `None` where that cannot be, which is counted.
    pub(crate) fn start(name: &str, columns: usize, rows: usize, arguments: &[&str]) -> Option<Self> {
        if !Command::new("tmux").arg("-V").output().is_ok_and(|output| output.status.success()) {
            skips::skip(&skips::this_test(), "tmux is missing, which makes a terminal");
            return None;
        }
        let terminal = Self { socket: format!("mailprobe-{name}-{}", std::process::id()) };
        let program = env!("CARGO_BIN_EXE_mailprobe");
        let line = format!(
            "trap : INT; echo typed; LANG=C.UTF-8 LC_ALL= '{program}' {}; echo exit=$?; sleep 120",
            arguments.join(" ")
        );
        let (columns, rows) = (columns.to_string(), rows.to_string());
        let size = ["-x", columns.as_str(), "-y", rows.as_str()];
        let session = [&["-f", "/dev/null", "new-session", "-d"] as &[&str], &size, &["sh", "-c", &line]].concat();
        terminal.tmux(&session);
        Some(terminal)
    }

    fn tmux(&self, arguments: &[&str]) -> Output {
        let output = Command::new("tmux").args(["-L", &self.socket]).args(arguments).output().expect("tmux");
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        output
    }

    /// What stands on it.
    pub(crate) fn shown(&self) -> String {
        let output = self.tmux(&["capture-pane", "-p"]);
        String::from_utf8(output.stdout).expect("UTF-8").trim_end().to_owned()
    }

    /// What stands on it once it is as wanted.
    pub(crate) fn once(&self, what: &str, is_wanted: impl Fn(&str) -> bool) -> String {
        let begun = Instant::now();
        loop {
            let shown = self.shown();
            if is_wanted(&shown) {
                return shown;
            }
            assert!(begun.elapsed() < PATIENCE, "{what}:\n{shown}");
            thread::sleep(Duration::from_millis(50));
        }
    }

    pub(crate) fn resize(&self, columns: usize, rows: usize) {
        self.tmux(&["resize-window", "-x", &columns.to_string(), "-y", &rows.to_string()]);
    }

    pub(crate) fn type_key(&self, key: &str) {
        self.tmux(&["send-keys", key]);
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = Command::new("tmux").args(["-L", &self.socket, "kill-server"]).output();
    }
}
