//! A terminal of its own for a program, in which somebody types when the password is asked for.

use std::process::Command;

use mailprobe_lab::skips;

/// What makes the terminal: arguments are the file with what is typed, then the program with its arguments.
const PROGRAM: &str = r#"
import os, pty, sys, time
pid, screen = pty.fork()
if pid == 0:
    os.execvp(sys.argv[2], sys.argv[2:])
seen, is_asked = b"", False
while True:
    try:
        piece = os.read(screen, 4096)
    except OSError:
        break
    if not piece:
        break
    seen += piece
    if b"Password of" in seen and not is_asked:
        is_asked = True
        time.sleep(0.5)
        os.write(screen, open(sys.argv[1], "rb").read())
os.waitpid(pid, 0)
sys.stdout.buffer.write(seen)
"#;

/// The beginning of the command line of a program that runs in a terminal, where what stands in the file is typed. `None`
/// where that cannot be, which is counted.
pub(crate) fn in_a_terminal(typed: &str) -> Option<[&str; 4]> {
    if Command::new("python3").arg("-V").output().is_ok_and(|output| output.status.success()) {
        return Some(["python3", "-c", PROGRAM, typed]);
    }
    skips::skip(&skips::this_test(), "python3 is missing, which makes a terminal");
    None
}
