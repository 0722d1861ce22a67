//! Where the path of an output leads, link by link, and whether everybody who laid a link may lead us.
//!
//! The system's own guard (`fs.protected_symlinks` of Linux) watches over links that are opened. What replaces a file has
//! to read the links itself, and so has to be its own guard.

use std::io;
use std::path::{Path, PathBuf};

/// As many as Linux follows.
const MOST_LINKS: usize = 40;

/// The path without any symbolic link: of the file that is to be written, whether it is there or not. Names of open
/// descriptors ([`is_descriptor`]) are left as they are.
#[cfg(unix)]
pub(super) fn followed(path: &Path) -> io::Result<PathBuf> {
    use std::os::unix::ffi::OsStrExt as _;
    use std::path::Component;

    if path.as_os_str().as_bytes().ends_with(b"/") {
        return Err(io::Error::from(io::ErrorKind::IsADirectory));
    }
    let mut links = 0;
    let mut reached = PathBuf::new();
    let mut ahead = path.to_owned();
    loop {
        let mut steps = ahead.components();
        let Some(step) = steps.next() else { return Ok(reached) };
        let behind = steps.as_path();
        let is_last = behind.as_os_str().is_empty();
        match step {
            Component::Normal(name) => {
                let next = reached.join(name);
                match next.symlink_metadata() {
                    Ok(found) if found.is_symlink() && !(is_last && is_descriptor(&next)) => {
                        guard::judge(&next, &found)?;
                        links += 1;
                        if links > MOST_LINKS {
                            return Err(too_many_links());
                        }
                        ahead = next.read_link()?.join(behind);
                        continue;
                    }
                    Err(error) if !(is_last && error.kind() == io::ErrorKind::NotFound) => return Err(error),
                    Ok(_) | Err(_) => reached = next,
                }
            }
            Component::ParentDir => go_up(&mut reached),
            Component::RootDir => reached = PathBuf::from("/"),
            Component::CurDir | Component::Prefix(_) => {}
        }
        ahead = behind.to_owned();
    }
}

/// To the folder above one that was reached without links.
#[cfg(unix)]
fn go_up(reached: &mut PathBuf) {
    use std::path::Component;

    match reached.components().next_back() {
        None | Some(Component::ParentDir) => reached.push(".."),
        // Above the root is the root.
        Some(_) => drop(reached.pop()),
    }
}

/// Elsewhere nobody but an administrator may lay links, and folders that everybody may write to are rare.
#[cfg(not(unix))]
pub(super) fn followed(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_owned();
    for _ in 0..=MOST_LINKS {
        match path.canonicalize() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            found => return found,
        }
        if !path.is_symlink() {
            return Ok(path);
        }
        let target = path.read_link()?;
        path = path.parent().map_or_else(|| target.clone(), |folder| folder.join(&target));
    }
    Err(too_many_links())
}

fn too_many_links() -> io::Error {
    io::Error::other("too many symbolic links lead on from here")
}

/// Whether the path, which was reached without links, names a descriptor of a process. What such a link says is not where it
/// leads: there may be a pipe, or a file that has no name any more.
pub(super) fn is_descriptor(path: &Path) -> bool {
    path.parent().is_some_and(|folder| {
        folder == Path::new("/dev/fd")
            || (folder.starts_with("/proc") && folder.file_name().is_some_and(|name| name == "fd"))
    })
}

/// The folder in which the path's last name stands.
pub(super) fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

#[cfg(unix)]
mod guard {
    use std::fs::Metadata;
    use std::io;
    use std::os::unix::fs::MetadataExt as _;
    use std::path::Path;

    use super::folder_of;

    const STICKY: u32 = 0o1000;
    const OTHERS_MAY_WRITE: u32 = 0o022;

    /// The rule of `fs.protected_symlinks`, for links anywhere in a path and for all folders that several people may write
    /// to: only our own links and those of the folder's owner are followed there.
    pub(super) fn judge(link: &Path, found: &Metadata) -> io::Result<()> {
        let folder = folder_of(link).metadata()?;
        let is_shared = folder.mode() & (STICKY | OTHERS_MAY_WRITE) != 0;
        let ours = rustix::process::geteuid().as_raw();
        if !is_shared || found.uid() == ours || found.uid() == folder.uid() {
            return Ok(());
        }
        let message = format!(
            "{} is a symbolic link that another user (number {}) put into a folder that others may write to, and could lead \
             anywhere; remove the link, or name another file",
            link.display(),
            found.uid(),
        );
        Err(io::Error::new(io::ErrorKind::PermissionDenied, message))
    }
}
