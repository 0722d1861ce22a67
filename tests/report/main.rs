//! What a report says, in every format, for runs that stand for the situations users meet.
//!
//! `MAILPROBE_BLESS=1 cargo test --test report` writes the golden files and the schemas anew.
#![cfg(feature = "cli")]

mod consumers;
#[cfg(feature = "serve")]
mod exposition;
mod formats;
mod human;
mod json;
#[cfg(feature = "serve")]
mod monitoring;
mod ports;
mod promises;
mod samples;
mod schema;
mod table;
mod traced;

use std::path::{Path, PathBuf};

/// Compares with a committed file, or writes it when asked to bless what there is.
fn assert_committed(path: &str, actual: &str) {
    let path: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    if std::env::var_os("MAILPROBE_BLESS").is_some() {
        std::fs::write(&path, actual).expect("the file can be written");
        return;
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default().replace("\r\n", "\n");
    assert!(
        committed == actual,
        "{} differs from what is written now. If the change is meant, run again with MAILPROBE_BLESS=1.\n\
         --- committed\n{committed}\n--- now\n{actual}",
        path.display()
    );
}
