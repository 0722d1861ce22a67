//! The file beside an output that is renamed to it once it is whole.
//!
//! It exists only while results are written. A run that is killed just then leaves it; the next run with the same output
//! removes it. A lock, which ends with the process however that ends, tells such a file from one that another run is
//! writing: numbers of processes are given out again, and differ between containers that share a folder.

use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::Path;

use tempfile::{Builder, NamedTempFile};

use super::links::folder_of;

/// Node exporters read `*.prom`: this is none.
const SUFFIX: &str = ".part";
/// Letters and digits, by chance.
const RANDOM: usize = 6;

/// Who may read the file while it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Readers {
    Nobody,
    /// As they may what any program writes there: the collectors of monitors run as somebody else.
    AsTheUmaskSays,
}

/// An empty file beside `output`, locked.
pub(super) fn create(output: &Path, readers: Readers) -> io::Result<NamedTempFile> {
    const ATTEMPTS: usize = 16;
    let prefix = prefix(output);
    let mut builder = Builder::new();
    builder.prefix(&prefix).suffix(SUFFIX).rand_bytes(RANDOM);
    #[cfg(unix)]
    if readers == Readers::AsTheUmaskSays {
        use std::os::unix::fs::PermissionsExt as _;
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    #[cfg(not(unix))]
    let _ = readers;
    for _ in 0..ATTEMPTS {
        let file = builder.tempfile_in(folder_of(output))?;
        if is_claimed(file.as_file())? {
            return Ok(file);
        }
    }
    Err(io::Error::other("other runs keep removing the temporary file"))
}

/// Removes what killed runs left beside `output`. What cannot be looked at or removed stays: it is in nobody's way.
pub(super) fn remove_stale(output: &Path) {
    let prefix = prefix(output);
    let Ok(entries) = fs::read_dir(folder_of(output)) else { return };
    for entry in entries.flatten().filter(|entry| is_temporary_name(&entry.file_name(), &prefix)) {
        let path = entry.path();
        // The lock, if there is one, is held until the file is gone.
        if let Some(_lock) = abandoned(&path) {
            let _ = fs::remove_file(&path);
        }
    }
}

/// Names the output, as far as it fits: two outputs with the same beginning have different locks anyway.
fn prefix(output: &Path) -> String {
    const MOST_CHARACTERS: usize = 40;
    let name = output.file_name().unwrap_or_default().to_string_lossy();
    let name: String = name.chars().take(MOST_CHARACTERS).collect();
    format!(".{name}.mailprobe-")
}

fn is_temporary_name(name: &OsStr, prefix: &str) -> bool {
    let random = name.to_str().and_then(|name| name.strip_prefix(prefix)?.strip_suffix(SUFFIX));
    random.is_some_and(|random| random.len() == RANDOM && random.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

/// Locks a file that was just made. False if another run took it for a stale one in the moment before.
#[cfg(unix)]
fn is_claimed(file: &File) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt as _;

    use rustix::fs::{FlockOperation, flock};
    use rustix::io::Errno;

    match flock(file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(file.metadata()?.nlink() > 0),
        Err(Errno::WOULDBLOCK) => Ok(false),
        // Where the file system has no locks, nobody gets one, and so nobody removes the file.
        Err(_) => Ok(true),
    }
}

/// Opens and locks a file of a temporary name, if it is a file of ours that no run is writing.
#[cfg(unix)]
fn abandoned(path: &Path) -> Option<File> {
    use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};

    use rustix::fs::{FlockOperation, OFlags, flock};

    let is_ours = |found: &fs::Metadata| found.is_file() && found.uid() == rustix::process::geteuid().as_raw();
    path.symlink_metadata().ok().filter(is_ours)?;
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let file = OpenOptions::new().read(true).custom_flags(flags.bits().cast_signed()).open(path).ok()?;
    flock(&file, FlockOperation::NonBlockingLockExclusive).ok()?;
    // It may have been renamed to the output before it could be locked.
    let (locked, named) = (file.metadata().ok()?, path.symlink_metadata().ok()?);
    (is_ours(&locked) && (locked.dev(), locked.ino()) == (named.dev(), named.ino())).then_some(file)
}

/// An open file is lock enough: see [`abandoned`].
#[cfg(windows)]
#[expect(clippy::unnecessary_wraps, reason = "it has the signature of the other one")]
fn is_claimed(_: &File) -> io::Result<bool> {
    Ok(true)
}

/// Opens a file of a temporary name, if nobody has it open to write to it.
#[cfg(windows)]
fn abandoned(path: &Path) -> Option<File> {
    use std::os::windows::fs::OpenOptionsExt as _;

    /// Not reading, not writing: whoever does keeps the file from being opened. Removing is what it is opened for.
    const FILE_SHARE_DELETE: u32 = 0x4;
    const FILE_FLAG_OPEN_REPARSE_POINT: u32 = 0x0020_0000;
    let mut options = OpenOptions::new();
    options.read(true).share_mode(FILE_SHARE_DELETE).custom_flags(FILE_FLAG_OPEN_REPARSE_POINT);
    options.open(path).ok().filter(|file| file.metadata().is_ok_and(|found| found.is_file()))
}
