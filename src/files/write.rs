//! Writing a file so that it appears whole or not at all.

use std::fs::{File, Permissions};
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

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
    let mut pending = Pending::create(path)?;
    content(&mut pending).map_err(|error| pending.failed(error))?;
    pending.finish()
}

/// A file that is being written, and not there until it is whole. Where it is
/// dropped before, nothing has changed.
#[derive(Debug)]
pub struct Pending {
    /// What the caller called it.
    path: PathBuf,
    target: PathBuf,
    existing: Option<Permissions>,
    content: BufWriter<NamedTempFile>,
}

impl Pending {
    /// A temporary file beside `path`.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn create(path: &Path) -> Result<Self> {
        let target = target(path);
        let mut builder = tempfile::Builder::new();
        builder.prefix(".senti-");
        let permissions = usual_permissions(&target);
        if let Some(permissions) = permissions.new {
            builder.permissions(permissions);
        }
        let temporary = builder
            .tempfile_in(folder_of(&target))
            .map_err(|error| Error::io(path, "write", error))?;
        Ok(Self {
            path: path.to_owned(),
            target,
            existing: permissions.existing,
            content: BufWriter::with_capacity(1 << 16, temporary),
        })
    }

    /// Puts the file in its place.
    ///
    /// # Errors
    /// [`Error::Io`], and then no file has changed.
    pub fn finish(self) -> Result<()> {
        Self::finish_all([self])
    }

    /// Puts files that belong together in their places, once all of them are
    /// whole and on the disk.
    ///
    /// # Errors
    /// [`Error::Io`]. Then no file has changed, unless it was a rename that the
    /// system refused after it had allowed another in the same place.
    pub fn finish_all(files: impl IntoIterator<Item = Self>) -> Result<()> {
        let ready = files.into_iter().map(Self::ready);
        for (path, target, temporary) in ready.collect::<Result<Vec<_>>>()? {
            temporary
                .persist(&target)
                .map_err(|error| Error::io(path, "write", error.error))?;
            // The rename itself must reach the disk; some file systems cannot
            // sync a folder, and then the file is still whole.
            if let Ok(folder) = File::open(folder_of(&target)) {
                let _ = folder.sync_all();
            }
        }
        Ok(())
    }

    /// The error of the file's content.
    pub fn failed(&self, error: io::Error) -> Error {
        Error::io(&self.path, "write", error)
    }

    fn ready(self) -> Result<(PathBuf, PathBuf, NamedTempFile)> {
        let failed = |error| Error::io(&self.path, "write", error);
        let temporary = self
            .content
            .into_inner()
            .map_err(|error| failed(error.into_error()))?;
        if let Some(existing) = self.existing {
            temporary
                .as_file()
                .set_permissions(existing)
                .map_err(failed)?;
        }
        temporary.as_file().sync_all().map_err(failed)?;
        Ok((self.path, self.target, temporary))
    }
}

impl Write for Pending {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.content.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.content.flush()
    }
}

impl Seek for Pending {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.content.seek(to)
    }
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

    #[test]
    fn a_file_that_is_not_finished_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out");
        let mut file = Pending::create(&path).unwrap();
        file.write_all(b"half").unwrap();
        file.flush().unwrap();
        assert!(!path.exists());
        drop(file);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
        let mut file = Pending::create(&path).unwrap();
        file.write_all(b"whole").unwrap();
        file.finish().unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"whole");
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

    #[test]
    fn files_that_belong_together_appear_together() {
        let folder = tempfile::tempdir().unwrap();
        let paths = ["one", "two"].map(|name| folder.path().join(name));
        let pending = || paths.each_ref().map(|path| Pending::create(path).unwrap());
        let [mut one, mut two] = pending();
        one.write_all(b"..1").unwrap();
        two.write_all(b"2").unwrap();
        // What is only known in the end stands in the beginning.
        one.seek(SeekFrom::Start(0)).unwrap();
        one.write_all(b"is").unwrap();
        assert!(paths.iter().all(|path| !path.exists()));
        Pending::finish_all([one, two]).unwrap();
        assert_eq!(std::fs::read(&paths[0]).unwrap(), b"is1");
        assert_eq!(std::fs::read(&paths[1]).unwrap(), b"2");
        drop(pending());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
        assert_eq!(std::fs::read(&paths[1]).unwrap(), b"2");
    }
}
