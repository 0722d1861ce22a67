//! The `mailprobe` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(mailprobe::run(std::env::args_os()))
}
