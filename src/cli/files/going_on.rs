//! A file of results that a run goes on with, where an earlier one ended.
//!
//! Nothing of it is ever lost to a crash: it is added to at its end, or replaced in one go.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, BufWriter, Seek as _, Write};
use std::path::{Path, PathBuf};

use super::destination::pass_on;
use super::links::{followed, is_descriptor};
use super::temporary::{self, Readers};

/// Open to be read and added to, and, where the system has locks, by no other run.
#[derive(Debug)]
pub(in super::super) struct GoingOn {
    /// Behind all links.
    path: PathBuf,
    file: File,
}

impl GoingOn {
    /// Makes the file if there is none.
    pub(in super::super) fn open(path: &Path) -> io::Result<Self> {
        const ATTEMPTS: usize = 16;
        let path = followed(path)?;
        for _ in 0..ATTEMPTS {
            match path.symlink_metadata() {
                Ok(found) if found.is_dir() => return Err(io::ErrorKind::IsADirectory.into()),
                Ok(found) if !found.is_file() || is_descriptor(&path) => return Err(not_a_file()),
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                Ok(_) | Err(_) => {}
            }
            let file = open(&path)?;
            if !file.metadata()?.is_file() {
                return Err(not_a_file());
            }
            if is_claimed(&file, &path)? {
                temporary::remove_stale(&path);
                return Ok(Self { path, file });
            }
        }
        Err(io::Error::other("other runs keep replacing it"))
    }

    /// All that it has, from its beginning.
    pub(in super::super) fn reader(&mut self) -> io::Result<impl BufRead + '_> {
        self.file.rewind()?;
        Ok(BufReader::new(&self.file))
    }

    /// Replaces what it has with what `keep` copies of it.
    pub(in super::super) fn keep_only(
        &mut self,
        keep: impl FnOnce(&mut dyn BufRead, &mut dyn Write) -> io::Result<()>,
    ) -> io::Result<()> {
        let old = self.file.metadata()?;
        let new = temporary::create(&self.path, Readers::Nobody)?;
        let mut writer = BufWriter::new(new.as_file());
        keep(&mut self.reader()?, &mut writer)?;
        writer.flush()?;
        drop(writer);
        new.as_file().sync_all()?;
        pass_on(&old, new.as_file())?;
        // Windows replaces no file that is open; elsewhere the old one is ours until the new one is there.
        #[cfg(windows)]
        {
            self.file = new.reopen()?;
        }
        // The lock of the temporary file goes on to be that of this one.
        self.file = new.persist(&self.path)?;
        Ok(())
    }

    /// Adds to it. As with standard output: whoever looks sees what is known.
    pub(in super::super) fn add(&mut self, bytes: &[u8]) -> io::Result<()> {
        // Replaced, it is open at the end of what was kept; opened, every write goes to its end.
        self.file.seek(io::SeekFrom::End(0))?;
        self.file.write_all(bytes)
    }
}

fn not_a_file() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file, and cannot be gone on with")
}

fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).append(true).create(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;

        use rustix::fs::OFlags;

        // What became a pipe meanwhile is not waited for.
        options.custom_flags((OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed());
    }
    options.open(path)
}

/// Locks the file. False if another run replaced it in the moment before.
#[cfg(unix)]
fn is_claimed(file: &File, path: &Path) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt as _;

    use rustix::fs::{FlockOperation, flock};
    use rustix::io::Errno;

    // Where the file system has no locks, nobody gets one.
    if flock(file, FlockOperation::NonBlockingLockExclusive) == Err(Errno::WOULDBLOCK) {
        return Err(io::Error::new(io::ErrorKind::WouldBlock, "another run of mailprobe is writing to it"));
    }
    let (ours, named) = (file.metadata()?, path.symlink_metadata());
    Ok(named.is_ok_and(|named| (named.dev(), named.ino()) == (ours.dev(), ours.ino())))
}

/// Elsewhere two runs with one file are the user's to avoid.
#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "it has the signature of the other one")]
fn is_claimed(_: &File, _: &Path) -> io::Result<bool> {
    Ok(true)
}
