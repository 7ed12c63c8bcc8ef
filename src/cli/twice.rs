//! Texts that are read twice, pipes among them.

use std::fs::File;
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use senti::error::{Error, Result};
use senti::text::lines::{Lines, LongLines};

/// A line of a text without labels that is longer than this is cut at a space: words
/// that far apart never meet in a window.
pub(super) const LONG_LINES: LongLines = LongLines::Split(1 << 20);

/// Where the second reading finds the bytes of the first.
pub(super) enum Source {
    /// The file itself.
    File(PathBuf),
    /// A copy that nobody else sees, of what came through a pipe; or why there is none.
    Copy(String, Arc<Mutex<io::Result<File>>>),
}

/// Whether a path can be read only once: standard input, or what is no plain file.
pub(super) fn is_pipe(path: &Path) -> bool {
    path == Path::new("-") || !path.is_file()
}

impl Source {
    /// Opens a text for the first reading.
    pub(super) fn first(path: &Path) -> Result<(Lines, Self)> {
        if !is_pipe(path) || path.is_dir() {
            return Ok((Lines::open(path, LONG_LINES)?, Self::File(path.to_owned())));
        }
        let copy = Arc::new(Mutex::new(tempfile::tempfile()));
        let (name, inner): (String, Box<dyn Read + Send>) = match path == Path::new("-") {
            true => ("standard input".to_owned(), Box::new(io::stdin())),
            false => {
                let pipe = File::open(path).map_err(|error| Error::io(path, "open", error))?;
                (path.display().to_string(), Box::new(pipe))
            }
        };
        let copying = Copying {
            inner,
            copy: Arc::clone(&copy),
        };
        Ok((
            Lines::new(&name, copying, LONG_LINES)?,
            Self::Copy(name, copy),
        ))
    }

    /// Opens it once more.
    pub(super) fn again(self) -> Result<Lines> {
        match self {
            Self::File(path) => Lines::open(&path, LONG_LINES),
            Self::Copy(name, copy) => {
                let failed = |error| Error::io(Path::new(&name), "copy", error);
                let mut copy = copy.lock().unwrap_or_else(PoisonError::into_inner);
                let taken = std::mem::replace(&mut *copy, Err(io::ErrorKind::NotFound.into()));
                let mut file = taken.map_err(failed)?;
                file.rewind().map_err(failed)?;
                Lines::new(&name, file, LONG_LINES)
            }
        }
    }
}

/// Copies what is read through it. A copy that fails ends the copying, not the
/// reading.
struct Copying {
    inner: Box<dyn Read + Send>,
    copy: Arc<Mutex<io::Result<File>>>,
}

impl Read for Copying {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        let mut copy = self.copy.lock().unwrap_or_else(PoisonError::into_inner);
        if let Ok(file) = &mut *copy
            && let Err(error) = file.write_all(&buffer[..read])
        {
            *copy = Err(error);
        }
        Ok(read)
    }
}
