//! From neighbouring words to the pairs that a table has of them.

use super::pairs::Pairs;
use super::slots::Wanted;
use super::text::{SEARCH, UNKNOWN};
use crate::text::clauses::Break;

/// No place in the text.
const NOWHERE: u32 = u32::MAX;

/// The pairs of a text that are in one table; memory that is used for one text after
/// another.
#[derive(Debug, Clone, Default)]
pub(super) struct Neighbours {
    /// How often each pair stands there, by its place in the table.
    pub(super) counts: Counts,
    /// Two words that may be a pair, by their places in the text, and the pair's place in
    /// its table.
    neighbours: Vec<[u32; 2]>,
    places: Vec<u32>,
    /// Where to look for pairs, and for what.
    mixed: Vec<(u32, u32)>,
    /// The same for those that may be on the list.
    wanted: Vec<Wanted>,
    found: Vec<(u32, bool)>,
    /// Which these are.
    again: Vec<u32>,
    /// How many pairs and pairs of the list were looked for.
    asked: usize,
    asked_of_list: usize,
}

/// How often each of some numbers was met.
#[derive(Debug, Clone, Default)]
pub(super) struct Counts {
    /// The numbers, in the order in which they were met first.
    pub(super) different: Vec<u32>,
    /// Numbers and their counts by a hash of theirs; a count of 0 is a free slot.
    slots: Vec<(u32, u32)>,
}

impl Counts {
    #[inline]
    fn slot(&self, number: u32) -> usize {
        let mask = self.slots.len() - 1;
        let mut at = (number.wrapping_mul(0x9e37_79b9) >> 7) as usize & mask;
        while self.slots[at].1 > 0 && self.slots[at].0 != number {
            at = (at + 1) & mask;
        }
        at
    }

    /// Counts numbers; what was counted before is forgotten.
    pub(super) fn count(&mut self, numbers: &[u32]) {
        self.slots.clear();
        self.slots
            .resize((4 * numbers.len()).next_power_of_two(), (0, 0));
        self.different.clear();
        self.different.resize(numbers.len(), 0);
        let mut met = 0;
        for &number in numbers {
            let at = self.slot(number);
            self.different[met] = number;
            met += usize::from(self.slots[at].1 == 0);
            self.slots[at] = (number, self.slots[at].1 + 1);
        }
        self.different.truncate(met);
    }

    /// How often a number was met.
    pub(super) fn times(&self, number: u32) -> f64 {
        f64::from(self.slots[self.slot(number)].1)
    }
}

/// The first elements of a list that grows if it has to; what they held is still there.
pub(super) fn first_of<T: Clone + Default>(list: &mut Vec<T>, count: usize) -> &mut [T] {
    if list.len() < count {
        list.resize(count, T::default());
    }
    &mut list[..count]
}

impl Neighbours {
    /// Forgets what was found.
    pub(super) fn begin(&mut self) {
        self.counts.count(&[]);
        (self.asked, self.asked_of_list) = (0, 0);
    }

    /// The lines of the table that were looked at.
    pub(super) fn lines(&self) -> impl Iterator<Item = u32> {
        self.mixed[..self.asked].iter().map(|&(line, _)| line)
    }

    /// What was looked for on the list.
    pub(super) fn of_list(&self) -> &[Wanted] {
        &self.wanted[..self.asked_of_list]
    }

    /// The pairs that were found: their places in the table, and of their words in the
    /// text.
    pub(super) fn found(&self) -> impl Iterator<Item = (u32, [usize; 2])> {
        let words = self
            .neighbours
            .iter()
            .map(|pair| pair.map(|at| at as usize));
        self.places.iter().copied().zip(words)
    }

    /// Notes the words with a vector, whose rows come first, that are joined by gaps, and
    /// by words without one between them.
    pub(super) fn join(&mut self, rows: &[u32], breaks: &[Break], vectors: u32) {
        let neighbours = first_of(&mut self.neighbours, rows.len());
        let (mut met, mut first) = (0, NOWHERE);
        for ((&row, gap), at) in rows.iter().zip(breaks).zip(0u32..) {
            let known = row < vectors;
            neighbours[met] = [first, at];
            met += usize::from(known & (first != NOWHERE));
            let last = if known { at } else { first };
            first = if gap.joins() { last } else { NOWHERE };
        }
        self.neighbours.truncate(met);
    }

    /// Notes the words with a row that are joined by a gap.
    pub(super) fn adjoin(&mut self, rows: &[u32], breaks: &[Break]) {
        let neighbours = first_of(&mut self.neighbours, rows.len());
        let mut met = 0;
        for ((pair, gap), at) in rows.windows(2).zip(breaks).zip(0u32..) {
            neighbours[met] = [at, at + 1];
            met += usize::from((pair[0] != UNKNOWN) & (pair[1] != UNKNOWN) & gap.joins());
        }
        self.neighbours.truncate(met);
    }

    /// Finds those of the words noted that are in the table, and counts them.
    pub(super) fn find(&mut self, rows: &[u32], table: Pairs<'_>) {
        let row = |at: u32| rows.get(at as usize).copied().unwrap_or(UNKNOWN);
        let met = self.neighbours.len();
        self.asked = met;
        let mixed = first_of(&mut self.mixed, met);
        for (mixed, &[first, second]) in mixed.iter_mut().zip(&self.neighbours) {
            *mixed = table.wanted(row(first), row(second));
        }
        table.touch(mixed);
        let places = first_of(&mut self.places, met);
        for (place, &mixed) in places.iter_mut().zip(mixed.iter()) {
            *place = table.first(mixed);
        }
        self.find_listed(row, table);

        let (places, neighbours) = (&mut self.places, &mut self.neighbours);
        let mut met = 0;
        for at in 0..neighbours.len() {
            let (place, pair) = (places[at], neighbours[at]);
            (places[met], neighbours[met]) = (place, pair);
            met += usize::from(place != UNKNOWN);
        }
        places.truncate(met);
        neighbours.truncate(met);
        self.counts.count(places);
    }

    /// Finds those that may be on the list.
    fn find_listed(&mut self, row: impl Fn(u32) -> u32, table: Pairs<'_>) {
        let places = &mut self.places[..self.asked];
        let listed = first_of(&mut self.again, places.len());
        let mut met = 0;
        for (&place, at) in places.iter().zip(0u32..) {
            listed[met] = at;
            met += usize::from(place == SEARCH);
        }
        let listed = &listed[..met];
        self.asked_of_list = met;
        let wanted = first_of(&mut self.wanted, met);
        for (wanted, &at) in wanted.iter_mut().zip(listed) {
            let [first, second] = self.neighbours[at as usize];
            *wanted = table.wanted_of_list(row(first), row(second));
        }
        let found = first_of(&mut self.found, met);
        for (found, &wanted) in found.iter_mut().zip(wanted.iter()) {
            *found = table.slots.first(wanted);
        }
        for (&found, &at) in found.iter().zip(listed) {
            let [first, second] = self.neighbours[at as usize].map(&row);
            places[at as usize] = match table.settle(found, first, second) {
                SEARCH => table.find(first, second).unwrap_or(UNKNOWN),
                place => place,
            };
        }
    }
}
