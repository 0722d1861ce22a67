//! What a command says, and how long it stays.

use std::io::{self, Read, Write};
use std::thread;
use std::time::Duration;

/// Tells that all is up, and stays for this time, or until the standard input ends.
pub(super) fn stay(output: &mut impl Write, lifetime: Option<Duration>) -> Result<(), String> {
    output.flush().map_err(|error| error.to_string())?;
    if let Some(lifetime) = lifetime {
        thread::sleep(lifetime);
        return Ok(());
    }
    let mut input = io::stdin().lock();
    let mut chunk = [0; 1024];
    while matches!(input.read(&mut chunk), Ok(1..)) {}
    Ok(())
}

pub(super) fn print(output: &mut impl Write, line: &str) -> Result<(), String> {
    writeln!(output, "{line}").map_err(|error| error.to_string())
}
