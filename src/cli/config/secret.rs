//! Secrets, which are in files of their own: whoever may read the configuration need not know them.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use zeroize::Zeroizing;

use crate::target::Quoted;

/// The first line of a file of one line. The error names the file and nothing of what is in it.
pub(super) fn secret_in(name: &str, folder: &Path) -> Result<Zeroizing<String>, String> {
    /// More is no secret that fits into a request's header.
    const LONGEST: u64 = 4096;
    let quoted = Quoted::new(name);
    let mut text = Zeroizing::new(String::new());
    File::open(folder.join(name))
        .and_then(|file| file.take(LONGEST + 1).read_to_string(&mut text))
        .map_err(|error| format!("cannot read {quoted}: {error}"))?;
    let line = text.trim();
    if text.len() as u64 > LONGEST || line.is_empty() || line.lines().count() > 1 {
        return Err(format!("{quoted} must hold one line and nothing else"));
    }
    Ok(Zeroizing::new(line.to_owned()))
}
