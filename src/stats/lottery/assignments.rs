//! All assignments a lottery can draw, one after the other.

use super::stratum::Stratum;

/// The possible assignments in a fixed order. [`Assignments::advance`] lends each one; as an iterator it copies them.
#[derive(Debug, Clone)]
pub struct Assignments<'a> {
    strata: &'a [Stratum],
    /// Tables of counts still to come, the next one last.
    tables: Vec<Vec<usize>>,
    arms: Vec<usize>,
}

impl<'a> Assignments<'a> {
    pub(super) fn new(strata: &'a [Stratum], mut tables: Vec<Vec<usize>>) -> Assignments<'a> {
        tables.reverse();
        Assignments { strata, tables, arms: Vec::new() }
    }

    /// The next assignment, `None` after the last.
    pub fn advance(&mut self) -> Option<&[usize]> {
        if !self.permute() {
            let table = self.tables.pop()?;
            self.arms.clear();
            for (stratum, choice) in self.strata.iter().zip(table) {
                stratum.extend_sorted(choice, &mut self.arms);
            }
        }
        Some(&self.arms)
    }

    /// Steps like a counter whose digits are the orders of each stratum; false when all have been seen.
    fn permute(&mut self) -> bool {
        if self.arms.is_empty() {
            return false;
        }
        let mut end = self.arms.len();
        for stratum in self.strata.iter().rev() {
            let start = end - stratum.size();
            if next_permutation(&mut self.arms[start..end]) {
                return true;
            }
            end = start;
        }
        self.arms.clear();
        false
    }
}

impl Iterator for Assignments<'_> {
    type Item = Vec<usize>;

    fn next(&mut self) -> Option<Vec<usize>> {
        self.advance().map(<[usize]>::to_vec)
    }
}

/// The next order of a multiset (Narayana Pandita, 14th century); after the last it returns to the first and answers
/// false.
fn next_permutation(items: &mut [usize]) -> bool {
    let Some(pivot) = (1..items.len()).rev().find(|index| items[index - 1] < items[*index]) else {
        items.reverse();
        return false;
    };
    let larger = (pivot..items.len()).rev().find(|index| items[*index] > items[pivot - 1]).unwrap_or(pivot);
    items.swap(pivot - 1, larger);
    items[pivot..].reverse();
    true
}
