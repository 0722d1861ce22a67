//! Where an output goes: a file is replaced in one go, what cannot be replaced is written to.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::links::{followed, is_descriptor};
use super::temporary;

#[derive(Debug)]
pub(super) enum Destination {
    /// A file, there or not yet: a reader never sees half of it. Nothing is open; the way to it is looked at again when it is
    /// written, for others may have changed it meanwhile.
    Replaced,
    /// What cannot be replaced: a device, a pipe, a descriptor of this process.
    Itself(File),
}

/// Finds out where `path` leads, and that results can be written there, without leaving anything.
pub(super) fn find(path: &Path) -> io::Result<Destination> {
    let (path, found) = end_of(path)?;
    match found {
        Some(found) if is_descriptor(&path) || !found.is_file() => return Ok(Destination::Itself(open(&path)?)),
        // Whoever made a file read-only means it.
        Some(found) => {
            open(&path)?;
            #[cfg(unix)]
            ownership::check_replaceable(&path, &found)?;
            #[cfg(not(unix))]
            let _ = found;
        }
        None => {}
    }
    temporary::remove_stale(&path);
    temporary::create(&path, temporary::Readers::Nobody)?.close()?;
    Ok(Destination::Replaced)
}

/// Writes the results to the destination found at `path`.
pub(super) fn keep(destination: Destination, path: &Path, bytes: &[u8]) -> io::Result<()> {
    if let Destination::Itself(mut file) = destination {
        return file.write_all(bytes);
    }
    let (path, found) = end_of(path)?;
    if found.as_ref().is_some_and(|found| !found.is_file()) {
        return Err(io::Error::other("there is no file any more, but something else"));
    }
    // What is replaced may be secret: nobody else reads the new content before it has the mode of the old one.
    let readers = if found.is_some() { temporary::Readers::Nobody } else { temporary::Readers::AsTheUmaskSays };
    let mut file = temporary::create(&path, readers)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    // As the last thing: a run that is killed leaves no file of somebody else's.
    if let Some(found) = &found {
        pass_on(found, file.as_file())?;
    }
    file.persist(path)?;
    Ok(())
}

/// Gives owner, group and mode of the old file to the new one, where the system has them.
pub(super) fn pass_on(old: &Metadata, new: &File) -> io::Result<()> {
    #[cfg(unix)]
    ownership::pass_on(old, new)?;
    #[cfg(not(unix))]
    let _ = (old, new);
    Ok(())
}

/// The end of the way, behind all links, and what is there.
fn end_of(path: &Path) -> io::Result<(PathBuf, Option<Metadata>)> {
    let path = followed(path)?;
    match path.symlink_metadata() {
        Ok(found) if found.is_dir() => Err(io::Error::from(io::ErrorKind::IsADirectory)),
        Ok(found) => Ok((path, Some(found))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok((path, None)),
        Err(error) => Err(error),
    }
}

/// Opens what is there for writing, and changes nothing of it.
fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true);
    if is_descriptor(path) {
        #[cfg(unix)]
        if let Some(stream) = standard_stream(path) {
            return stream;
        }
        // Behind what the descriptor's file has already.
        return options.append(true).open(path);
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.custom_flags(rustix::fs::OFlags::NOFOLLOW.bits().cast_signed());
    }
    options.open(path)
}

/// Standard output or standard error, if that is what the path names: opened anew, a file behind it would be written to by
/// two who do not know of each other.
#[cfg(unix)]
fn standard_stream(path: &Path) -> Option<io::Result<File>> {
    use std::os::fd::AsFd as _;

    let folder = path.parent()?;
    if folder != Path::new("/dev/fd") && folder != Path::new(&format!("/proc/{}/fd", std::process::id())) {
        return None;
    }
    let stream = match path.file_name()?.to_str()? {
        "1" => io::stdout().as_fd().try_clone_to_owned(),
        "2" => io::stderr().as_fd().try_clone_to_owned(),
        _ => return None,
    };
    Some(stream.map(File::from))
}

#[cfg(unix)]
mod ownership {
    use std::fs::{File, Metadata, Permissions};
    use std::io;
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, fchown};
    use std::path::Path;

    use super::super::links::folder_of;

    const STICKY: u32 = 0o1000;
    /// Without set-uid, set-gid and sticky: those were granted to the old content.
    const PERMISSIONS: u32 = 0o777;

    /// In a sticky folder, a file is replaced by its owner, the folder's, or root; whoever else may write to it may not.
    pub(super) fn check_replaceable(path: &Path, found: &Metadata) -> io::Result<()> {
        let folder = folder_of(path).metadata()?;
        let ours = rustix::process::geteuid();
        let is_owner = [found.uid(), folder.uid()].contains(&ours.as_raw());
        if folder.mode() & STICKY == 0 || is_owner || ours.is_root() {
            return Ok(());
        }
        let message = "in this folder, only its owner replaces a file (the folder is sticky)";
        Err(io::Error::new(io::ErrorKind::PermissionDenied, message))
    }

    /// Gives owner, group and mode of the old file to the new one.
    pub(super) fn pass_on(old: &Metadata, new: &File) -> io::Result<()> {
        let found = new.metadata()?;
        if (found.uid(), found.gid()) != (old.uid(), old.gid()) {
            // Only root gives files away, but to the groups that one is in anybody does. Otherwise the new file is ours.
            let _ = fchown(new, Some(old.uid()), Some(old.gid())).or_else(|_| fchown(new, None, Some(old.gid())));
        }
        let mode = old.mode() & PERMISSIONS;
        // Some file systems have one mode for all files, and refuse even that one.
        if found.mode() & PERMISSIONS != mode {
            new.set_permissions(Permissions::from_mode(mode))?;
        }
        Ok(())
    }
}
