//! A command that runs until it is told to end.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

/// Far longer than anything here needs, on the slowest machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// It is ended with the test, however that ends.
pub(crate) struct Started {
    child: Child,
    /// Its standard output, line by line as it comes.
    lines: Receiver<String>,
}

impl Started {
    pub(crate) fn new(arguments: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mailprobe"));
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the command starts");
        let stdout = BufReader::new(child.stdout.take().expect("a pipe"));
        let (sender, lines) = channel();
        thread::spawn(move || {
            // The pipe is closed when nobody takes lines any more.
            stdout.lines().map_while(Result::ok).try_for_each(|line| sender.send(line))
        });
        Self { child, lines }
    }

    /// Reads on until a line is as wanted, and gives it.
    pub(crate) fn line(&self, what: &str, is_wanted: impl Fn(&str) -> bool) -> String {
        let mut seen = Vec::new();
        loop {
            match self.lines.recv_timeout(PATIENCE) {
                Ok(line) if is_wanted(&line) => return line,
                Ok(line) => seen.push(line),
                Err(error) => panic!("{what}: {error}, after {seen:#?}"),
            }
        }
    }

    pub(crate) fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-s", name, &pid]).status().expect("kill").success());
    }

    /// Reads no more of it.
    pub(crate) fn stop_reading(&mut self) {
        self.lines = channel().1;
    }

    /// Its exit code, the rest of its output, and what it complained of.
    pub(crate) fn end(mut self) -> (Option<i32>, Vec<String>, String) {
        let begun = Instant::now();
        let code = loop {
            if let Some(status) = self.child.try_wait().expect("a child") {
                break status.code();
            }
            assert!(begun.elapsed() < PATIENCE, "the command does not end");
            thread::sleep(Duration::from_millis(10));
        };
        let mut stderr = String::new();
        self.child.stderr.take().expect("a pipe").read_to_string(&mut stderr).expect("UTF-8");
        (code, self.lines.iter().collect(), stderr)
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
