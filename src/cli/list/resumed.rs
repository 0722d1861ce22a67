//! `--resume FILE`: results that are gone on with.

use std::fs::File;
use std::io::{self, BufReader};
use std::path::{Path, PathBuf};

use super::earlier::{Done, Earlier};
use crate::cli::console::{complain, fail};
use crate::cli::exit;
use crate::cli::files::{GoingOn, cannot};
use crate::policy::{Policy, Tally};

/// The file that the results of a list go to, behind those that it has.
#[derive(Debug)]
pub(super) struct KeptResults {
    path: PathBuf,
    file: GoingOn,
}

impl KeptResults {
    /// Opens the file, reads what it has, and leaves in it only what is done: with what is added, it will be as if one run
    /// had written all of it. The error is an exit code, after a complaint.
    pub(super) fn go_on(path: &Path, policy: &Policy, quiet: bool) -> Result<(Self, Earlier), u8> {
        let local = |error: io::Error| fail(cannot(path, &error), exit::LOCAL);
        let mut file = GoingOn::open(path).map_err(local)?;
        let earlier = Earlier::read(file.reader().map_err(local)?, Tally::new(policy))
            .map_err(|why| fail(unusable(path, &why), exit::USAGE))?;
        if !earlier.is_whole() {
            file.keep_only(|results, kept| earlier.copy(results, kept)).map_err(local)?;
        }
        if !quiet || earlier.is_torn {
            complain(format!("{}: {}", path.display(), earlier.told()));
        }
        Ok((Self { path: path.to_owned(), file }, earlier))
    }

    /// The error is an exit code, after a complaint.
    pub(super) fn add(&mut self, bytes: &[u8]) -> Result<(), u8> {
        self.file.add(bytes).map_err(|error| fail(cannot(&self.path, &error), exit::LOCAL))
    }
}

/// What is done by results that are only looked at. The error is what to tell.
pub(super) fn done(path: &Path) -> Result<Done, String> {
    let file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Done::default()),
        file => file.map_err(|error| unusable(path, &error.to_string()))?,
    };
    let earlier = Earlier::read(BufReader::new(file), Tally::default());
    earlier.map(|earlier| earlier.done).map_err(|why| unusable(path, &why))
}

fn unusable(path: &Path, why: &str) -> String {
    format!("cannot go on with the results in {}: {why}; name the results of this list, or a new file", path.display())
}
