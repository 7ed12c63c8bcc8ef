//! Word vectors in files.
//!
//! senti writes [finalfusion](https://finalfusion.github.io) files: metadata,
//! vocabulary, a matrix of unit-length rows, and the lengths the rows had. The
//! metadata has a table `[senti]` with the [`Origin`], the words' `counts`, the
//! direction of sentiment where there is one (`polarity`, in base64) and a `seal`:
//! see [`crate::files::seal`]. With [`subwords`](super::subwords) the
//! vocabulary is finalfusion's with buckets, and the buckets' rows, of any length,
//! follow those of the words. Vectors of other programs have none, and are checked
//! for their structure and values only. Where they were converted from another
//! format, the table has a [`Conversion`] (`converted`) in place of the origin.
//!
//! The other formats are in [`super::formats`].

use std::io::Cursor;
use std::ops::Range;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use finalfusion::embeddings::Embeddings;
use finalfusion::io::{ReadEmbeddings, WriteEmbeddings};
use finalfusion::metadata::Metadata;
use finalfusion::norms::NdNorms;
use finalfusion::storage::{NdArray, StorageView};
use finalfusion::subword::{BucketIndexer, FinalfusionHashIndexer};
use finalfusion::vocab::{BucketSubwordVocab, SimpleVocab, Vocab};

use super::formats::Conversion;
use super::subwords::Subwords;
use super::{Origin, WordVectors, fifu};
use crate::error::{Error, Place, Result};
use crate::files::digest::hex;
use crate::files::seal::{self, Seal};
use crate::files::write::write_whole;
use crate::polarity::Polarity;
use crate::text::filetype;

/// The key of our table in the metadata.
const TABLE: &str = "senti";
/// The key of a [`Conversion`] in it.
const CONVERTED: &str = "converted";
/// What a word takes in a file beside its row, and seldom more: its letters and
/// their number, its norm, its count in decimal.
const BYTES_A_WORD: usize = 48;
/// What stands before the seal's digits in the metadata.
const SEAL_KEY: &[u8] = b"\nseal = \"";
const SEAL_DIGITS: usize = 64;

impl WordVectors {
    /// Writes the vectors, whole or not at all. Equal vectors with equal
    /// origins give equal bytes.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn write(&self, path: &Path) -> Result<()> {
        write_whole(path, &self.to_bytes(path)?)
    }

    fn to_bytes(&self, path: &Path) -> Result<Vec<u8>> {
        let refused =
            |reason: String| Error::artifact(path.display().to_string(), reason, "vectors");
        let metadata = self
            .metadata()
            .map_err(|error| refused(error.to_string()))?;
        // About as large as it will be: growing would hold the rows twice.
        let buckets = self.subwords.as_ref().map_or(0, |s| s.ngrams().buckets());
        let rows = (self.len() + buckets) * self.dims() * size_of::<f32>();
        let mut buffer = Cursor::new(Vec::with_capacity(rows + self.len() * BYTES_A_WORD));
        match &self.subwords {
            // Made ready by `with_metadata`: a copy would be as large again.
            None if self.embeddings.metadata() == metadata.as_ref() => {
                self.embeddings.write_embeddings(&mut buffer)
            }
            None => {
                let mut embeddings = self.embeddings.clone();
                embeddings.set_metadata(metadata);
                embeddings.write_embeddings(&mut buffer)
            }
            Some(subwords) => self
                .with_buckets(metadata, subwords)
                .map_err(|error| refused(error.to_string()))?
                .write_embeddings(&mut buffer),
        }
        .map_err(|error| refused(error.to_string()))?;
        let mut bytes = buffer.into_inner();
        let layout = fifu::check(&bytes).map_err(|flaw| refused(flaw.found))?;
        if let Some(field) = seal_field(&bytes, &layout) {
            let digest = hex(&seal::digest(&bytes, field.clone(), b'0'));
            bytes[field].copy_from_slice(digest.as_bytes());
        }
        Ok(bytes)
    }

    /// What a file says about the vectors, before it is sealed.
    fn metadata(&self) -> std::result::Result<Option<Metadata>, toml::ser::Error> {
        let mut table = match (&self.origin, &self.conversion) {
            (Some(origin), _) => toml::Table::try_from(origin)?,
            (None, Some(conversion)) => {
                let mut table = toml::Table::new();
                table.insert(CONVERTED.to_owned(), toml::Value::try_from(conversion)?);
                table
            }
            (None, None) => return Ok(None),
        };
        table.insert("seal".to_owned(), "0".repeat(SEAL_DIGITS).into());
        if let Some(counts) = &self.counts {
            let counts = counts
                .iter()
                .map(|&count| count.min(i64::MAX as u64) as i64);
            table.insert("counts".to_owned(), counts.collect::<Vec<_>>().into());
        }
        if let Some(polarity) = &self.polarity {
            let polarity = BASE64.encode(polarity.to_bytes());
            table.insert("polarity".to_owned(), polarity.into());
        }
        let mut whole = toml::Table::new();
        whole.insert(TABLE.to_owned(), table.into());
        Ok(Some(Metadata::new(whole)))
    }

    /// The same, ready to be written. What cannot be stored is an error then.
    pub(super) fn with_metadata(mut self) -> Self {
        let metadata = self.metadata().ok().flatten();
        self.embeddings.set_metadata(metadata);
        self
    }

    /// The same with rows for the buckets, as finalfusion holds them.
    fn with_buckets(
        &self,
        metadata: Option<Metadata>,
        subwords: &Subwords,
    ) -> Result<Embeddings<BucketSubwordVocab, NdArray>> {
        let ngrams = subwords.ngrams();
        if subwords.projection().is_some() {
            let wanted = "vectors with all their components";
            return Err(Error::setting("n-gram vectors", "folded ones", wanted));
        }
        let mut rows = Vec::with_capacity((self.len() + ngrams.buckets()) * self.dims());
        rows.extend_from_slice(self.rows());
        subwords.append_all(&mut rows);
        let shape = (self.len() + ngrams.buckets(), self.dims());
        let matrix = ndarray_015::Array2::from_shape_vec(shape, rows)
            .map_err(|error| Error::setting("vectors", error, "rows x dimensions values"))?;
        let vocabulary = BucketSubwordVocab::new(
            self.words(),
            ngrams.min_n as u32,
            ngrams.max_n as u32,
            FinalfusionHashIndexer::new(ngrams.bucket_bits),
        );
        let norms = NdNorms::new(ndarray_015::Array1::from(self.norms()));
        Ok(Embeddings::new(
            metadata,
            vocabulary,
            NdArray::new(matrix),
            norms,
        ))
    }

    /// The vectors of a finalfusion file with these `bytes`, and whether the
    /// seal fits; `path` is what errors call them.
    ///
    /// # Errors
    /// [`Error::Artifact`].
    pub fn from_bytes(path: &Path, bytes: &[u8]) -> Result<(Self, Seal)> {
        let layout = fifu::check(bytes).map_err(|flaw| explain(path, bytes, flaw))?;
        let refused = |reason: String| {
            Error::damaged(path.display().to_string(), reason, "finalfusion vectors")
                .with_hint("restore it from a copy, or train it again: senti pretrain")
        };
        let field = seal_field(bytes, &layout);
        let ours = metadata_has_table(bytes, &layout);
        let seal = match &field {
            None if ours => Seal::Broken,
            None => Seal::None,
            Some(field) => {
                let digest = hex(&seal::digest(bytes, field.clone(), b'0'));
                if digest.as_bytes() == &bytes[field.clone()] {
                    Seal::Intact
                } else {
                    Seal::Broken
                }
            }
        };
        let (metadata, words, storage, norms) = match layout.ngrams {
            None => read_parts::<SimpleVocab>(bytes),
            Some(_) => read_parts::<BucketSubwordVocab>(bytes),
        }
        // The structure was sound: what cannot be read now was changed. A parser may
        // quote all of the metadata.
        .map_err(|error| {
            let error = error.to_string();
            let reason: String = error
                .lines()
                .next()
                .unwrap_or_default()
                .chars()
                .take(200)
                .collect();
            Error::damaged(path.display().to_string(), reason, "finalfusion vectors")
                .with_hint("restore it from a copy, or make it again")
        })?;
        let mut rows: Vec<f32> = storage.view().iter().copied().collect();
        let buckets = rows.split_off(words.len() * layout.dims);
        let unit = rows.chunks_exact(layout.dims).all(|row| {
            let square: f32 = row.iter().map(|value| value * value).sum();
            square == 0.0 || (square - 1.0).abs() < 1e-3
        });
        // Files of other programs may hold rows of any length.
        let vectors = match norms {
            Some(norms) if unit => {
                Self::from_unit(words, rows, layout.dims, norms.iter().copied().collect())?
            }
            _ => Self::new(words, rows, layout.dims)?,
        };
        let vectors = match layout.ngrams {
            Some(ngrams) => {
                vectors.with_subwords(Subwords::from_all(ngrams, &buckets, layout.dims)?)?
            }
            None => vectors,
        };
        let Some(table) = metadata.as_ref().and_then(|metadata| metadata.get(TABLE)) else {
            return Ok((vectors, seal));
        };
        let unreadable = |error: toml::de::Error| {
            refused(format!(
                "settings that cannot be read ({})",
                error.message().replace('\n', ", ")
            ))
        };
        let mut table = table.clone();
        let mut taken = |key| table.as_table_mut().and_then(|table| table.remove(key));
        let _seal = taken("seal");
        let (counts, polarity) = (taken("counts"), taken("polarity"));
        let conversion = taken(CONVERTED);
        let (origin, conversion) = match conversion {
            Some(conversion) => (None, Some(conversion.try_into().map_err(unreadable)?)),
            None => (
                Some(table.try_into::<Origin>().map_err(unreadable)?),
                None::<Conversion>,
            ),
        };
        let vectors = match counts {
            Some(counts) => vectors.with_counts(counts.try_into().map_err(unreadable)?),
            None => vectors,
        };
        let vectors = match polarity {
            // Of a file that was changed nothing more is believed.
            Some(polarity) if seal == Seal::Intact => {
                let text = polarity.as_str().unwrap_or_default();
                let polarity = BASE64
                    .decode(text)
                    .map_err(|error| error.to_string())
                    .and_then(|bytes| Polarity::from_bytes(&bytes, vectors.len(), vectors.dims()))
                    .map_err(refused)?;
                vectors.with_polarity(polarity)
            }
            _ => vectors,
        };
        let vectors = Self {
            origin,
            conversion,
            ..vectors
        };
        Ok((vectors.with_metadata(), seal))
    }
}

type Parts = (Option<Metadata>, Vec<String>, NdArray, Option<NdNorms>);

/// What a file with one kind of vocabulary holds.
fn read_parts<V: Vocab>(bytes: &[u8]) -> finalfusion::error::Result<Parts>
where
    Embeddings<V, NdArray>: ReadEmbeddings,
{
    let embeddings = Embeddings::<V, NdArray>::read_embeddings(&mut Cursor::new(bytes))?;
    let (metadata, vocabulary, storage, norms) = embeddings.into_parts();
    Ok((metadata, vocabulary.words().to_vec(), storage, norms))
}

/// Where the seal's digits stand, when the metadata has a seal.
fn seal_field(bytes: &[u8], layout: &fifu::Layout) -> Option<Range<usize>> {
    let metadata = layout.metadata.clone()?;
    let text = bytes.get(metadata.clone())?;
    let at = memchr::memmem::find(text, SEAL_KEY)?;
    let start = metadata.start + at + SEAL_KEY.len();
    let field = start..start + SEAL_DIGITS;
    (field.end <= metadata.end).then_some(field)
}

/// Whether senti wrote the metadata. Its files always have a seal, so one
/// without was changed.
fn metadata_has_table(bytes: &[u8], layout: &fifu::Layout) -> bool {
    let header = format!("[{TABLE}]");
    layout
        .metadata
        .clone()
        .and_then(|metadata| bytes.get(metadata))
        .is_some_and(|text| text.starts_with(header.as_bytes()))
}

fn explain(path: &Path, bytes: &[u8], flaw: fifu::Flaw) -> Error {
    let place = Place::file(path).at_byte(flaw.byte as u64).to_string();
    if bytes.is_empty() {
        return Error::artifact(place, "an empty file", "finalfusion vectors")
            .with_hint("train vectors first: senti pretrain corpus.txt");
    }
    if flaw.unsupported {
        return Error::artifact(place, flaw.found, flaw.expected)
            .with_hint("convert it with the program that wrote it, or run senti pretrain");
    }
    if bytes.starts_with(b"FiFu") {
        return Error::damaged(place, flaw.found, flaw.expected).with_hint(
            "the file is damaged or incomplete: restore it, or run senti pretrain again",
        );
    }
    let kind = filetype::of(bytes);
    let found = match kind {
        Some(kind) => kind,
        None if std::str::from_utf8(&bytes[..bytes.len().min(64)]).is_ok() => "plain text",
        None => "data of an unknown kind",
    };
    let name = path.display().to_string();
    let hint = kind
        .and_then(|kind| filetype::remedy(kind, &name))
        .unwrap_or_else(|| "vectors are made from text by senti pretrain corpus.txt".to_owned());
    Error::artifact(
        place,
        found,
        "word vectors (finalfusion, word2vec, GloVe, fastText, numpy or safetensors)",
    )
    .with_hint(hint)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::digest::Fingerprint;
    use crate::vectors::skipgram::Settings;
    use crate::vectors::subwords::NGrams;
    use finalfusion::storage::StorageViewWrap;
    use finalfusion::vocab::VocabWrap;
    use proptest::prelude::*;

    fn origin() -> Origin {
        Origin {
            version: "0.0.0".to_owned(),
            corpus: vec![Fingerprint::of_bytes(b"text")],
            sentences: 3,
            tokens: 9,
            loss: 1.25,
            held_out: vec![2.5, 1.5],
            stopped: Some("after 2 epochs".to_owned()),
            lanes: 8,
            settings: Settings::for_tokens(9),
            stop_word_list: "english".to_owned(),
            stop_words: vec!["the".to_owned()],
        }
    }

    fn sample(words: usize, dims: usize) -> WordVectors {
        let names = (0..words).map(|i| format!("wörd{i}")).collect();
        let rows = (0..words * dims).map(|i| (i as f32).sin()).collect();
        WordVectors::new(names, rows, dims).unwrap()
    }

    const NGRAMS: NGrams = NGrams {
        min_n: 3,
        max_n: 4,
        bucket_bits: 3,
    };

    /// With vectors of n-grams, one bucket left out.
    fn with_subwords(words: usize, dims: usize) -> WordVectors {
        let mut rows: Vec<f32> = (0..8 * dims).map(|i| (i as f32).cos()).collect();
        rows[..dims].fill(0.0);
        let subwords = Subwords::from_all(NGRAMS, &rows, dims).unwrap();
        sample(words, dims).with_subwords(subwords).unwrap()
    }

    fn bytes(vectors: &WordVectors) -> Vec<u8> {
        vectors.to_bytes(Path::new("t.fifu")).unwrap()
    }

    fn parse(bytes: &[u8]) -> Result<(WordVectors, Seal)> {
        WordVectors::from_bytes(Path::new("t.fifu"), bytes)
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(words in 1usize..9, dims in 1usize..7, ours: bool, subwords: bool, polarity: bool) {
            let mut vectors = match subwords {
                true => with_subwords(words, dims),
                false => sample(words, dims),
            };
            if ours {
                vectors = vectors.with_origin(origin()).with_counts((0..words as u64).collect());
                if polarity {
                    vectors = vectors.with_polarity(Polarity::sample(words, dims));
                }
            }
            let written = bytes(&vectors);
            let (read, seal) = parse(&written).unwrap();
            prop_assert_eq!(seal, if ours { Seal::Intact } else { Seal::None });
            prop_assert_eq!(read.words(), vectors.words());
            prop_assert_eq!(read.rows(), vectors.rows());
            prop_assert_eq!(read.norms(), vectors.norms());
            prop_assert_eq!(read.subwords(), vectors.subwords());
            prop_assert_eq!(read.origin(), vectors.origin());
            prop_assert_eq!(read.counts(), vectors.counts());
            prop_assert_eq!(read.polarity(), vectors.polarity());
            prop_assert_eq!(bytes(&read), written);
        }
    }

    /// finalfusion's own reader finds the same words and makes the same vectors
    /// of unseen ones.
    #[test]
    fn finalfusion_reads_files_with_subwords() {
        let vectors = with_subwords(3, 4).with_origin(origin());
        let theirs: Embeddings<VocabWrap, StorageViewWrap> =
            Embeddings::read_embeddings(&mut Cursor::new(bytes(&vectors))).unwrap();
        assert!(matches!(theirs.vocab(), VocabWrap::BucketSubwordVocab(_)));
        assert_eq!(theirs.vocab().words(), vectors.words());
        assert!(theirs.norms().is_some() && theirs.metadata().is_some());
        for word in ["wörd1", "wörd", "unseen", "ab"] {
            let (ours, theirs) = (
                vectors.vector(word).unwrap(),
                theirs.embedding(word).unwrap(),
            );
            let close = ours.iter().zip(&theirs).all(|(a, b)| (a - b).abs() < 1e-6);
            assert!(close, "{word}: {ours:?} {theirs:?}");
        }
    }

    #[test]
    fn every_truncation_and_every_flipped_bit_is_noticed() {
        for vectors in [sample(3, 2), with_subwords(3, 2)] {
            notices_every_change(&bytes(&vectors.with_origin(origin())));
        }
        let polar = sample(1, 1).with_polarity(Polarity::sample(1, 1));
        notices_every_change(&bytes(&polar.with_origin(origin())));
    }

    fn notices_every_change(whole: &[u8]) {
        for length in 0..whole.len() {
            assert!(parse(&whole[..length]).is_err(), "cut to {length}");
        }
        for at in 0..whole.len() {
            for bit in 0..8 {
                let mut changed = whole.to_vec();
                changed[at] ^= 1 << bit;
                if let Ok((_, seal)) = parse(&changed) {
                    assert_eq!(seal, Seal::Broken, "byte {at} bit {bit}")
                }
            }
        }
    }

    /// A direction of other vectors does not belong to these.
    #[test]
    fn a_direction_that_does_not_fit_is_refused() {
        let vectors = sample(3, 2).with_origin(origin());
        let written = bytes(&vectors.with_polarity(Polarity::sample(4, 2)));
        let error = parse(&written).unwrap_err();
        assert!(
            error.to_string().contains("direction of sentiment"),
            "{error}"
        );
    }

    /// A parser may quote everything: the message is one line all the same.
    #[test]
    fn broken_metadata_is_damage_and_not_quoted() {
        let whole = bytes(&sample(3, 2).with_origin(origin()));
        let at = whole
            .windows(7)
            .position(|part| part == b"version")
            .unwrap();
        let mut broken = whole.clone();
        broken[at..at + 9].fill(0);
        let error = parse(&broken).unwrap_err();
        assert!(
            matches!(error, Error::Artifact { damaged: true, .. }),
            "{error}"
        );
        assert!(
            error.to_string().len() < 400 && !error.to_string().contains('\n'),
            "{error}"
        );
        assert!(error.hint().is_some());
    }

    #[test]
    fn damaged_subwords_are_explained() {
        let whole = bytes(&with_subwords(3, 2));
        let ngrams_at = 4 + 4 + 4 + 3 * 4 + 4 + 8 + 8;
        let patched = |at: usize, with: &[u8]| {
            let mut bytes = whole.clone();
            bytes[at..at + with.len()].copy_from_slice(with);
            bytes
        };
        for (bytes, says) in [
            (patched(12, &[7]), "fastText's subword vocabulary"),
            (
                patched(12, &[1]),
                "found subword vocabulary, expected vocabulary",
            ),
            (patched(ngrams_at, &[0]), "n-grams of 0 to 4 characters"),
            (patched(ngrams_at, &[5]), "n-grams of 5 to 4 characters"),
            (patched(ngrams_at + 4, &[255; 4]), "4294967295 characters"),
            (patched(ngrams_at + 8, &[255; 4]), "2^4294967295 buckets"),
            (patched(ngrams_at + 8, &[0]), "2^0 buckets"),
            (
                patched(ngrams_at + 8, &[4]),
                "expected 19, one for each word and bucket",
            ),
            (patched(ngrams_at - 8, &[2]), "a chunk length"),
        ] {
            let error = parse(&bytes).unwrap_err();
            let text = error.to_string();
            assert!(text.contains(says), "{says}: {text}");
            assert!(error.hint().is_some(), "{says} has no hint");
        }
    }

    #[test]
    fn damaged_files_are_explained() {
        let whole = bytes(&sample(3, 2));
        let words_at = 4 + 4 + 4 + 3 * 4 + 4 + 8;
        let patched = |at: usize, with: &[u8]| {
            let mut bytes = whole.clone();
            bytes[at..at + with.len()].copy_from_slice(with);
            bytes
        };
        let last = whole.len();
        for (bytes, says) in [
            (Vec::new(), "an empty file"),
            (b"It was great\n".to_vec(), "plain text"),
            (b"\x1f\x8b\x08\0\0\0\0\0".to_vec(), "a gzip archive"),
            (b"FiFu".to_vec(), "the end of the file"),
            (patched(4, &[9]), "format version 9"),
            (patched(8, &[255]), "255 chunks"),
            (patched(12, &[3]), "subword vocabulary"),
            (patched(words_at, &[255; 8]), "18446744073709551615 words"),
            (patched(words_at, &[0; 8]), "0 words"),
            (patched(words_at + 8, &[255; 4]), "4294967295 bytes"),
            (
                patched(
                    words_at + 8 + 4 + 6,
                    &[6, 0, 0, 0, b'w', 0xc3, 0xb6, b'r', b'd', b'0'],
                ),
                "twice",
            ),
            (
                patched(last - 4, &f32::NAN.to_le_bytes()),
                "not a finite number",
            ),
            (whole[..last - 1].to_vec(), "the end of the file"),
            ([&whole[..], b"x"].concat(), "1 more bytes"),
        ] {
            let error = parse(&bytes).unwrap_err();
            assert!(error.to_string().contains(says), "{says}: {error}");
            assert!(error.hint().is_some(), "{says} has no hint");
        }
    }
}
