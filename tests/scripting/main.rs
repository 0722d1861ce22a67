//! mailprobe inside scripts, pipelines and monitors, through the real binary.
#![cfg(feature = "cli")]

#[path = "../command/mod.rs"]
mod command;
mod config;
#[cfg(target_os = "linux")]
mod exit_codes;
mod expect;
mod generated;
mod kubernetes;
#[cfg(target_os = "linux")]
mod machines;
#[cfg(target_os = "linux")]
mod monitoring;
#[cfg(target_os = "linux")]
#[path = "../netns/mod.rs"]
mod netns;
mod outputs;
mod ready_made;
#[cfg(unix)]
mod replaced_files;
#[cfg(target_os = "linux")]
mod scale;
mod wait;

use mailprobe_lab::{Pki, skips};

/// The lab's authority, in a file that lives as long as the folder.
fn ca_file(folder: &tempfile::TempDir) -> String {
    let path = folder.path().join("ca.pem");
    std::fs::write(&path, Pki::shared().ca_pem()).expect("a file");
    path.to_str().expect("a name").to_owned()
}

/// A program that is not everywhere. Without it, a test is skipped.
fn is_there(program: &str) -> bool {
    use std::process::{Command, Stdio};

    let found = Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok();
    if !found {
        skips::skip(&skips::this_test(), &format!("the command {program} is missing"));
    }
    found
}
