//! Where the tables of a model lie in its file, and whether they fit one another.

use std::ops::Range;

use safetensors::tensor::{Dtype, Metadata};

use super::blocks::Blocks;
use super::file::Header;
use super::memory::Memory;
use super::ngrams::INDEX;
use super::pairs::{self, Pairs};
use super::slots::{BUCKET, Shape, Slots};
use super::{BEFORE, SCALED, terms};
use crate::classifier::head::free_logits;

/// The file, and where its parts lie in it.
#[derive(Debug)]
pub(super) struct Tables {
    pub(super) memory: Memory,
    pub(super) blocks: Blocks,
    /// All of it is in memory and checked.
    pub(super) is_complete: bool,
    pub(super) word_slots: Range<usize>,
    pub(super) keys: Range<usize>,
    pub(super) long: Range<usize>,
    pub(super) flags: Range<usize>,
    pub(super) values: Range<usize>,
    pub(super) pairs: PairRanges,
    /// Components of a word's vector.
    pub(super) dims: usize,
    /// Words that have a vector: their rows come first.
    pub(super) vectors: usize,
    /// Pairs with weights of their own in the classifier.
    pub(super) terms: PairRanges,
    /// The numbers of such pairs for all free logits but the first.
    pub(super) others: Range<usize>,
    /// Free logits that terms add to; 0 without terms.
    pub(super) free: usize,
    /// The vectors of n-grams, where there are any.
    pub(super) subwords: Option<SubwordRanges>,
}

/// Where the vectors of n-grams lie.
#[derive(Debug)]
pub(super) struct SubwordRanges {
    pub(super) index: Range<usize>,
    pub(super) rows: Range<usize>,
    /// Components of a row.
    pub(super) width: usize,
}

/// Where a table of pairs lies; nowhere where there is none.
#[derive(Debug)]
pub(super) struct PairRanges {
    pub(super) shape: pairs::Shape,
    pub(super) lines: Range<usize>,
    pub(super) slots: Range<usize>,
    pub(super) listed: Range<usize>,
}

impl PairRanges {
    /// Of no pairs.
    fn none(words: usize) -> Self {
        Self {
            shape: pairs::Shape::new(words, 0),
            lines: 0..0,
            slots: 0..0,
            listed: 0..0,
        }
    }

    /// What consists of numbers of 32 bits.
    fn all(&self) -> [&Range<usize>; 3] {
        [&self.lines, &self.slots, &self.listed]
    }
}

impl Tables {
    pub(super) fn bytes(&self, range: &Range<usize>) -> &[u8] {
        &self.memory.bytes()[range.clone()]
    }

    pub(super) fn singles(&self, range: &Range<usize>) -> &[f32] {
        bytemuck::try_cast_slice(self.bytes(range)).unwrap_or(&[])
    }

    pub(super) fn numbers(&self, range: &Range<usize>) -> &[u32] {
        bytemuck::try_cast_slice(self.bytes(range)).unwrap_or(&[])
    }

    pub(super) fn slots(&self, range: &Range<usize>, places: usize) -> Slots<'_> {
        Slots {
            shape: Shape::new(places),
            buckets: self.numbers(range).as_chunks().0,
        }
    }

    pub(super) fn pairs_at(&self, ranges: &PairRanges) -> Pairs<'_> {
        let list = self.numbers(&ranges.listed).as_chunks().0;
        Pairs {
            shape: ranges.shape,
            lines: self.numbers(&ranges.lines).as_chunks().0.as_chunks().0,
            slots: self.slots(&ranges.slots, list.len()),
            list,
        }
    }

    /// What consists of numbers of 32 bits.
    fn of_four_bytes(&self) -> Vec<&Range<usize>> {
        let [lines, slots, listed] = self.pairs.all();
        let [lines_of_terms, slots_of_terms, listed_terms] = self.terms.all();
        let mut all = vec![
            &self.word_slots,
            &self.values,
            lines,
            slots,
            listed,
            lines_of_terms,
            slots_of_terms,
            listed_terms,
            &self.others,
        ];
        if let Some(subwords) = &self.subwords {
            all.extend([&subwords.index, &subwords.rows]);
        }
        all
    }

    /// Little-endian in the file, the numbers are big-endian after.
    pub(super) fn turn_bytes(&mut self) {
        let ranges: Vec<_> = self.of_four_bytes().into_iter().cloned().collect();
        let all = self.memory.bytes_mut();
        for range in ranges {
            all[range]
                .as_chunks_mut::<4>()
                .0
                .iter_mut()
                .for_each(|one| one.reverse());
        }
        let keys = all[self.keys.clone()].as_chunks_mut::<8>().0;
        keys.iter_mut().for_each(|one| one.reverse());
    }
}

/// Where the tables lie in the file, or what does not fit.
pub(super) fn tables(
    memory: Memory,
    blocks: Blocks,
    metadata: &Metadata,
    start: usize,
    header: &Header,
) -> std::result::Result<Tables, String> {
    let find = |name: &str, kind: Dtype| -> std::result::Result<(Range<usize>, &[usize]), String> {
        let tensor = metadata.info(name).ok_or_else(|| format!("no {name}"))?;
        if tensor.dtype != kind {
            return Err(format!("{name} of type {:?}", tensor.dtype));
        }
        let (from, to) = tensor.data_offsets;
        Ok((start + from..start + to, &tensor.shape))
    };
    let list = |name: &str, kind: Dtype, length: Option<usize>| {
        let (range, shape) = find(name, kind)?;
        match (shape, length) {
            (&[found], wanted) if wanted.is_none_or(|wanted| wanted == found) => Ok(range),
            _ => Err(format!("{name} of shape {shape:?}")),
        }
    };
    let rows = |name: &str, kind: Dtype, width: usize| {
        let (range, shape) = find(name, kind)?;
        match shape {
            &[rows, found] if found == width => Ok((range, rows)),
            _ => Err(format!("{name} of shape {shape:?}")),
        }
    };
    let slots = |name: &str, kind: Dtype, width: usize, places: usize| {
        let (range, buckets) = rows(name, kind, width)?;
        match buckets == Shape::new(places).buckets() {
            true => Ok(range),
            false => Err(format!("{name} of {buckets} buckets for {places}")),
        }
    };
    let (keys, count) = rows("word_keys", Dtype::U64, 2)?;
    let word_slots = slots("word_buckets", Dtype::U64, BUCKET / 2, count)?;
    let pair_ranges = |[lines, to_list, listed]: [&str; 3], pairs: usize| {
        let shape = pairs::Shape::new(count, pairs);
        let (lines, found) = rows(lines, Dtype::U64, pairs::ENTRY / 2)?;
        if found != shape.entries() {
            return Err(format!("{found} entries for {pairs} pairs"));
        }
        let (listed, count) = rows(listed, Dtype::U32, pairs::LISTED)?;
        Ok(PairRanges {
            shape,
            lines,
            slots: slots(to_list, Dtype::U32, BUCKET, count)?,
            listed,
        })
    };
    let long = list("long_words", Dtype::U8, None)?;
    let flags = list("flags", Dtype::U8, Some(count))?;
    let (values, shape) = find("word_values", Dtype::F32)?;
    let scaled = if header.direction.is_some() {
        SCALED
    } else {
        0
    };
    let free = match header.terms {
        Some(_) => free_logits(header.labels.len()),
        None => 0,
    };
    let others = BEFORE + scaled + terms::EACH * free;
    let dims = match shape {
        &[rows, width] if rows == count && count > 0 && width > others => width - others,
        _ => return Err(format!("word_values of shape {shape:?}")),
    };
    let mut tables = Tables {
        memory,
        blocks,
        is_complete: false,
        word_slots,
        keys,
        long,
        flags,
        values,
        pairs: PairRanges::none(count),
        dims,
        vectors: count,
        terms: PairRanges::none(count),
        others: 0..0,
        free,
        subwords: None,
    };
    if let Some(direction) = &header.direction {
        if direction.directions.iter().any(|one| one.len() != dims) {
            return Err("a direction of sentiment of other vectors".to_owned());
        }
        let names = ["pairs", "pair_slots", "listed_pairs"];
        tables.pairs = pair_ranges(names, direction.pairs)?;
    }
    if let Some(terms) = &header.terms {
        if header.direction.is_none() {
            return Err("terms without a direction of sentiment".to_owned());
        }
        let names = ["term_pairs", "term_slots", "listed_terms"];
        tables.terms = pair_ranges(names, terms.pairs)?;
        tables.vectors = terms.vectors;
        if free > 1 {
            let width = terms::EACH * (free - 1);
            let (others, found) = rows("term_values", Dtype::F32, width)?;
            if found != terms.pairs {
                return Err(format!("{found} term_values for {} pairs", terms.pairs));
            }
            tables.others = others;
        }
    }
    if let Some(subwords) = &header.subwords {
        let (index, runs) = rows("bucket_index", Dtype::U32, INDEX)?;
        if runs != subwords.runs() {
            return Err(format!("{runs} runs of buckets"));
        }
        let (rows, shape) = find("bucket_vectors", Dtype::F32)?;
        let width = match shape {
            &[_, width] if subwords.fits(width, dims) => width,
            _ => return Err(format!("bucket_vectors of shape {shape:?}")),
        };
        tables.subwords = Some(SubwordRanges { index, rows, width });
    }
    let place = tables.memory.bytes().as_ptr() as usize;
    let aligned = |range: &Range<usize>, to: usize| (place + range.start).is_multiple_of(to);
    let are_aligned =
        (tables.of_four_bytes().iter()).all(|range| range.is_empty() || aligned(range, 4));
    if !(aligned(&tables.keys, 8) && are_aligned) {
        return Err("numbers that are not aligned".to_owned());
    }
    Ok(tables)
}
