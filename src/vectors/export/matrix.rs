//! A matrix of f32 values, written row by row: numpy's `.npy` (version 1.0), or a
//! safetensors file with the tensor `embeddings`.
//!
//! How many rows there are is known in the end. So the header has a fixed length,
//! with room for any number, and is written twice.

use std::io::{self, Seek, SeekFrom, Write};
use std::path::Path;

use crate::error::{Error, Result};
use crate::files::write::Pending;

/// Bytes before the values, in either format: numpy asks for a multiple of 64.
const HEADER: usize = 128;

/// What a matrix is written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Container {
    /// numpy's `.npy`.
    Numpy,
    /// safetensors.
    Safetensors,
}

impl Container {
    /// Whether a file that begins so is a matrix as it is written here. Of `.npy`
    /// nothing tells who wrote it.
    pub fn wrote(self, head: &[u8]) -> bool {
        let Some(head) = head.get(..HEADER) else {
            return false;
        };
        match self {
            Self::Numpy => head.starts_with(b"\x93NUMPY"),
            Self::Safetensors => {
                let length = (HEADER as u64 - 8).to_le_bytes();
                head.starts_with(&length) && head[8..].starts_with(b"{\"embeddings\":")
            }
        }
    }
}

/// A matrix that is being written, and not there until it is whole.
#[derive(Debug)]
pub struct MatrixFile {
    file: Pending,
    container: Container,
    dims: usize,
    rows: u64,
}

impl MatrixFile {
    /// A matrix with so many columns, without rows.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn create(path: &Path, container: Container, dims: usize) -> Result<Self> {
        let mut matrix = Self {
            file: Pending::create(path)?,
            container,
            dims,
            rows: 0,
        };
        matrix.write(&[0; HEADER])?;
        Ok(matrix)
    }

    /// Adds a row.
    ///
    /// # Errors
    /// [`Error::Io`]; [`Error::Setting`] for a row of another length.
    pub fn row(&mut self, values: &[f32]) -> Result<()> {
        if values.len() != self.dims {
            return Err(Error::setting(
                "a row",
                format!("{} values", values.len()),
                format!("{}, as in the other rows", self.dims),
            ));
        }
        for value in values {
            self.write(&value.to_le_bytes())?;
        }
        self.rows += 1;
        Ok(())
    }

    /// The number of rows so far.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Puts the file in its place.
    ///
    /// # Errors
    /// [`Error::Io`], and then no file has changed.
    pub fn finish(self) -> Result<()> {
        self.ready()?.finish()
    }

    /// Puts it in its place together with a file that belongs to it.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn finish_with(self, companion: Pending) -> Result<()> {
        Pending::finish_all([companion, self.ready()?])
    }

    /// Writes the header, now that it is known.
    fn ready(mut self) -> Result<Pending> {
        let header = header(self.container, self.rows, self.dims);
        self.file
            .seek(SeekFrom::Start(0))
            .and_then(|_| self.file.write_all(&header))
            .map_err(|error| self.file.failed(error))?;
        Ok(self.file)
    }

    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        let written: io::Result<()> = self.file.write_all(bytes);
        written.map_err(|error| self.file.failed(error))
    }
}

/// Always [`HEADER`] bytes: spaces fill what is left.
fn header(container: Container, rows: u64, dims: usize) -> Vec<u8> {
    match container {
        Container::Numpy => {
            let mut header = b"\x93NUMPY\x01\0".to_vec();
            let room = HEADER - header.len() - 2;
            header.extend((room as u16).to_le_bytes());
            let fields =
                format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({rows}, {dims}), }}");
            header.extend(format!("{fields:<width$}\n", width = room - 1).bytes());
            header
        }
        Container::Safetensors => {
            let bytes = u128::from(rows) * dims as u128 * 4;
            let fields = format!(
                "{{\"embeddings\":{{\"dtype\":\"F32\",\"shape\":[{rows},{dims}],\
                 \"data_offsets\":[0,{bytes}]}}}}"
            );
            let room = HEADER - 8;
            let mut header = (room as u64).to_le_bytes().to_vec();
            header.extend(format!("{fields:<room$}").bytes());
            header
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_have_one_length_whatever_is_in_them() {
        for container in [Container::Numpy, Container::Safetensors] {
            // No file is larger than its bytes can be numbered.
            for (rows, dims) in [
                (0, 1),
                (1, 65536),
                (u64::MAX / 4, 1),
                (u64::MAX >> 18, 65536),
            ] {
                let header = header(container, rows, dims);
                assert_eq!(header.len(), HEADER, "{rows} {dims}");
                assert!(matches!(header.last(), Some(b'\n' | b' ')));
                assert!(container.wrote(&header) && !container.wrote(&header[..99]));
            }
        }
        let header = header(Container::Numpy, 3, 2);
        assert_eq!(&header[..10], b"\x93NUMPY\x01\0\x76\0");
        let text = String::from_utf8(header[10..].to_vec()).unwrap();
        assert_eq!(
            text.trim_end(),
            "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 2), }"
        );
    }

    #[test]
    fn a_row_of_another_length_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("m.npy");
        let mut matrix = MatrixFile::create(&path, Container::Numpy, 2).unwrap();
        matrix.row(&[1.0, 2.0]).unwrap();
        assert!(matrix.row(&[1.0]).is_err());
        assert_eq!(matrix.rows(), 1);
        drop(matrix);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
