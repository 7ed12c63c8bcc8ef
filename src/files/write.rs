//! Writing a file so that it appears whole or not at all.

use std::fs::{File, Permissions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

/// Writes `bytes` to `path`: a temporary file beside it, synced, renamed over
/// it, the folder synced. Until the rename whatever stood there is untouched.
///
/// # Errors
/// [`Error::Io`], and then no file has changed.
pub fn write_whole(path: &Path, bytes: &[u8]) -> Result<()> {
    stream_whole(path, |file| file.write_all(bytes))
}

/// As [`write_whole`], for what is too large to be held as bytes: `content`
/// writes it, piece by piece.
pub(crate) fn stream_whole(
    path: &Path,
    content: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<()> {
    let target = target(path);
    let path = target.as_path();
    write_beside(path, folder_of(path), content).map_err(|error| Error::io(path, "write", error))
}

/// The file that writing to `path` replaces or makes: a link stays a link, and
/// what it points to is written, even where that is not there yet.
pub fn target(path: &Path) -> PathBuf {
    if let Ok(resolved) = path.canonicalize() {
        return resolved;
    }
    match path.read_link() {
        Ok(pointed) => folder_of(path).join(pointed),
        Err(_) => path.to_owned(),
    }
}

/// The folder that a file is in.
pub fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

fn write_beside(
    path: &Path,
    folder: &Path,
    content: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".senti-");
    let permissions = usual_permissions(path);
    if let Some(permissions) = permissions.new {
        builder.permissions(permissions);
    }
    let mut temporary = builder.tempfile_in(folder)?;
    let mut buffered = BufWriter::with_capacity(1 << 16, temporary.as_file_mut());
    content(&mut buffered)?;
    buffered.flush()?;
    drop(buffered);
    if let Some(existing) = permissions.existing {
        temporary.as_file().set_permissions(existing)?;
    }
    temporary.as_file().sync_all()?;
    temporary.persist(path).map_err(|error| error.error)?;
    // The rename itself must reach the disk; some file systems cannot sync a
    // folder, and then the file is still whole.
    if let Ok(folder) = File::open(folder) {
        let _ = folder.sync_all();
    }
    Ok(())
}

/// Temporary files are private; outputs get the permissions of the file they
/// replace, or those a plain new file gets from the user's umask.
struct UsualPermissions {
    new: Option<Permissions>,
    existing: Option<Permissions>,
}

#[cfg(unix)]
fn usual_permissions(path: &Path) -> UsualPermissions {
    use std::os::unix::fs::PermissionsExt;
    UsualPermissions {
        new: Some(Permissions::from_mode(0o666)),
        existing: std::fs::metadata(path)
            .ok()
            .map(|existing| existing.permissions()),
    }
}

#[cfg(not(unix))]
fn usual_permissions(_: &Path) -> UsualPermissions {
    UsualPermissions {
        new: None,
        existing: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replaces_and_leaves_nothing_beside() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out");
        write_whole(&path, b"one").unwrap();
        write_whole(&path, b"two").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"two");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn links_stay_links_and_permissions_stay() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("file"), folder.path().join("link"));
        std::fs::write(&file, b"old").unwrap();
        std::fs::set_permissions(&file, Permissions::from_mode(0o640)).unwrap();
        std::os::unix::fs::symlink("file", &link).unwrap();
        write_whole(&link, b"new").unwrap();
        assert!(std::fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(std::fs::read(&file).unwrap(), b"new");
        let mode = std::fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o640);
        std::fs::remove_file(&file).unwrap();
        write_whole(&link, b"again").unwrap();
        assert!(std::fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(std::fs::read(&file).unwrap(), b"again");
    }

    #[test]
    fn a_failure_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        assert!(write_whole(&folder.path().join("missing/out"), b"x").is_err());
        // A folder stands where the file should go.
        let taken = folder.path().join("taken");
        std::fs::create_dir(&taken).unwrap();
        assert!(write_whole(&taken, b"x").is_err());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        // The content fails halfway.
        let path = folder.path().join("out");
        write_whole(&path, b"old").unwrap();
        let half = stream_whole(&path, |file| {
            file.write_all(b"half")?;
            Err(io::ErrorKind::StorageFull.into())
        });
        assert!(matches!(half, Err(Error::Io { .. })));
        assert_eq!(std::fs::read(&path).unwrap(), b"old");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
    }
}
