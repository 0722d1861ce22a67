//! The text of a configuration file.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use super::mistake::Mistake;

/// A larger file is none that a person wrote.
const MAX_FILE: u64 = 1024 * 1024;

/// Reads a file. The error is one line.
pub(super) fn text_of(path: &Path) -> Result<String, String> {
    let bytes = bytes_of(path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    String::from_utf8(bytes).map_err(|error| {
        let end = error.utf8_error().valid_up_to();
        let before = String::from_utf8_lossy(&error.as_bytes()[..end]).into_owned();
        Mistake::at(end..end, "this is not UTF-8: save the file in that encoding").tell(path, &before)
    })
}

fn bytes_of(path: &Path) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(MAX_FILE + 1).read_to_end(&mut bytes)?;
    anyhow::ensure!(bytes.len() as u64 <= MAX_FILE, "it is larger than a megabyte");
    Ok(bytes)
}

/// The folder that the paths in a file are relative to.
pub(super) fn folder_of(path: &Path) -> &Path {
    path.parent().unwrap_or(Path::new(""))
}
