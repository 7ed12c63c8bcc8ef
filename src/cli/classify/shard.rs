//! One job on many machines: which records are whose, and what is done already.
//!
//! Shard `i` of `n` answers a run of neighbouring records, and the outputs of all
//! shards, one after the other, are the output of the whole job. Beside an output
//! lies, once it is whole, a small file that says of which job it is, so that
//! a shard is not answered twice.

use std::ffi::OsString;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use senti::error::{Error, Result};
use senti::files::digest::{Fingerprint, Hashing};
use senti::files::write::write_whole;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::inputs::Inputs;
use super::rendering::Form;
use super::tally::Tally;

/// Shard `number` of `of`, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shard {
    number: u64,
    of: u64,
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        let parts = text.split_once('/').and_then(|(number, of)| {
            let (number, of) = (number.parse().ok()?, of.parse().ok()?);
            (1..=of).contains(&number).then_some(Self { number, of })
        });
        parts.ok_or_else(|| "expected I/N, with I from 1 to N, for instance 1/4".to_owned())
    }
}

impl std::fmt::Display for Shard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.number, self.of)
    }
}

impl Shard {
    /// Whether it begins the output.
    pub(super) fn is_first(self) -> bool {
        self.number == 1
    }

    /// Its records among so many, counted from 0.
    fn range(self, records: u64) -> Range<u64> {
        let bound = |number: u64| {
            let bound = u128::from(records) * u128::from(number) / u128::from(self.of);
            // It is not larger than the number of records.
            u64::try_from(bound).unwrap_or(records)
        };
        bound(self.number - 1)..bound(self.number)
    }

    /// Where its output goes: within a folder, to a file whose name says which it is. What
    /// is not there and has no ending is a folder to be made: several shards that took
    /// it for a file would each write over the others.
    pub(super) fn output(self, output: &Path, form: Form) -> Result<PathBuf> {
        if !output.exists() && output.extension().is_none() {
            std::fs::create_dir_all(output).map_err(|error| Error::io(output, "make", error))?;
        }
        Ok(match output.is_dir() {
            true => {
                let name = format!("part-{:05}-of-{:05}", self.number, self.of);
                output.join(name).with_extension(form.ending())
            }
            false => output.to_owned(),
        })
    }
}

/// All that an output depends on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Job {
    senti: String,
    shard: String,
    /// The records, counted from 1: the first, and the last.
    first: u64,
    last: u64,
    model: Fingerprint,
    inputs: Vec<Fingerprint>,
    options: Value,
}

impl Job {
    /// Whether it has so many records; not where the files changed since they were
    /// counted.
    pub(super) fn check(&self, records: u64) -> Result<()> {
        let expected = self.last + 1 - self.first;
        if records == expected {
            return Ok(());
        }
        Err(Error::setting(
            "--shard",
            format!("{records} records in files that had {expected} when they were counted"),
            "files that nobody changes",
        ))
    }
}

/// The file beside an output.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Marker {
    job: Job,
    output: Fingerprint,
    pub(super) tally: Tally,
}

/// Counts the records of a job, and takes the digests of what it is made of; the
/// records of the shard, counted from 0, too.
pub(super) fn plan(
    shard: Shard,
    mut inputs: Inputs,
    model: &Path,
    options: Value,
    go_on: &dyn Fn() -> Result<()>,
) -> Result<(Job, Range<u64>)> {
    let mut records = 0;
    inputs.take_digests();
    while let Some(batch) = inputs.next_batch()? {
        go_on()?;
        records += batch.len();
    }
    let range = shard.range(records);
    let job = Job {
        senti: env!("CARGO_PKG_VERSION").to_owned(),
        shard: shard.to_string(),
        first: range.start + 1,
        last: range.end,
        model: fingerprint(model)?,
        inputs: inputs.into_fingerprints(),
        options,
    };
    Ok((job, range))
}

/// The digest of a file.
pub(super) fn fingerprint(path: &Path) -> Result<Fingerprint> {
    let failed = |error| Error::io(path, "read", error);
    let (mut file, digester) = Hashing::new(std::fs::File::open(path).map_err(failed)?);
    io::copy(&mut file, &mut io::sink()).map_err(failed)?;
    Ok(digester.fingerprint())
}

/// The name of the file beside an output.
pub(super) fn marker_of(output: &Path) -> PathBuf {
    let mut name = OsString::from(output.as_os_str());
    name.push(".done");
    PathBuf::from(name)
}

impl Marker {
    pub(super) fn new(job: Job, output: Fingerprint, tally: Tally) -> Self {
        Self { job, output, tally }
    }

    /// The marker beside an output that is there and as it was written.
    ///
    /// # Errors
    /// [`Error::Setting`] where the marker is of another job, or is none.
    pub(super) fn find(output: &Path, job: &Job) -> Result<Option<Self>> {
        let path = marker_of(output);
        let bytes = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Error::io(&path, "read", error)),
        };
        let marker: Option<Self> = serde_json::from_slice(&bytes).ok();
        let Some(marker) = marker.filter(|marker| marker.job == *job) else {
            return Err(Error::setting(
                "--output",
                format!("{}, which is of another job", path.display()),
                "another file name, or --force to write it anew",
            ));
        };
        // An output that was changed or removed is not done.
        let whole = fingerprint(output).is_ok_and(|found| found == marker.output);
        Ok(whole.then_some(marker))
    }

    pub(super) fn write(&self, output: &Path) -> Result<()> {
        let failed = |error| Error::io(marker_of(output), "write", error);
        let mut json = serde_json::to_vec_pretty(self).map_err(|error| failed(error.into()))?;
        json.push(b'\n');
        write_whole(&marker_of(output), &json)
    }

    /// Removes the marker of what is to be written anew.
    pub(super) fn remove(output: &Path) -> Result<()> {
        let path = marker_of(output);
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(Error::io(&path, "remove", error))
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn shards_are_counted_from_one() {
        let shard = |text: &str| text.parse::<Shard>();
        assert_eq!(shard("1/4"), Ok(Shard { number: 1, of: 4 }));
        assert_eq!(shard("4/4").unwrap().to_string(), "4/4");
        for wrong in ["0/4", "5/4", "1/0", "4", "/", "1/", "-1/4", "a/b", "1/4/2"] {
            assert!(shard(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_folder_gets_a_file_for_each_shard() {
        let folder = tempfile::tempdir().unwrap();
        let shard = Shard { number: 2, of: 12 };
        assert_eq!(
            shard.output(folder.path(), Form::Tsv).unwrap(),
            folder.path().join("part-00002-of-00012.tsv")
        );
        let file = folder.path().join("out.csv");
        assert_eq!(shard.output(&file, Form::Csv).unwrap(), file);
        assert_eq!(marker_of(&file), folder.path().join("out.csv.done"));
    }

    proptest! {
        #[test]
        fn every_record_is_in_one_shard(records in 0_u64..10_000, of in 1_u64..50) {
            let mut next = 0;
            for number in 1..=of {
                let range = Shard { number, of }.range(records);
                prop_assert_eq!(range.start, next);
                prop_assert!(range.end - range.start <= records / of + 1);
                next = range.end;
            }
            prop_assert_eq!(next, records);
        }
    }

    #[test]
    fn only_what_is_as_it_was_written_is_done() {
        let folder = tempfile::tempdir().unwrap();
        let output = folder.path().join("out.tsv");
        std::fs::write(&output, "whole").unwrap();
        let job = Job {
            senti: "1".to_owned(),
            shard: "1/2".to_owned(),
            first: 1,
            last: 3,
            model: Fingerprint::of_bytes(b"model"),
            inputs: vec![Fingerprint::of_bytes(b"input")],
            options: Value::Null,
        };
        let marker = Marker {
            job: job.clone(),
            output: Fingerprint::of_bytes(b"whole"),
            tally: Tally::default(),
        };
        assert!(job.check(3).is_ok() && job.check(2).is_err());
        assert_eq!(Marker::find(&output, &job).unwrap(), None);
        marker.write(&output).unwrap();
        assert_eq!(Marker::find(&output, &job).unwrap(), Some(marker));
        let other = Job {
            inputs: vec![Fingerprint::of_bytes(b"another")],
            ..job.clone()
        };
        assert!(Marker::find(&output, &other).is_err());
        std::fs::write(&output, "changed").unwrap();
        assert_eq!(Marker::find(&output, &job).unwrap(), None);
        std::fs::write(marker_of(&output), "{").unwrap();
        assert!(Marker::find(&output, &job).is_err());
        Marker::remove(&output).unwrap();
        Marker::remove(&output).unwrap();
        assert_eq!(Marker::find(&output, &job).unwrap(), None);
    }
}
