//! Rows put into cells, group by grain, by counting: nothing is sorted.
//!
//! One rule: a row is in the cells of its groups and of its time, and nowhere else.

use super::facts::{Facts, Groups, Values};
use super::period::{Calendar, Window};
use chrono::{DateTime, Utc};
use std::ops::Range;

/// The grains of a window with their bounds.
pub(super) struct Grains {
    pub starts: Vec<DateTime<Utc>>,
    /// Whether the window has all of it.
    pub is_complete: Vec<bool>,
    /// Microseconds since 1970: of each grain its start, or that of the window; then the end of the window.
    bounds: Vec<i64>,
}

impl Grains {
    pub(super) fn of(calendar: Calendar, window: &Window) -> Grains {
        let starts = calendar.starts(window);
        let (from, to) = (window.from.timestamp_micros(), window.to.timestamp_micros());
        let is_complete = |start: &DateTime<Utc>| {
            *start >= window.from && calendar.end_of(*start).is_some_and(|end| end <= window.to)
        };
        let is_complete = starts.iter().map(is_complete).collect();
        let mut bounds: Vec<i64> = starts.iter().map(|start| start.timestamp_micros().max(from)).collect();
        bounds.push(to);
        Grains { starts, is_complete, bounds }
    }

    pub(super) fn len(&self) -> usize {
        self.starts.len()
    }

    /// The whole window, as one.
    pub(super) fn together(&self) -> Grains {
        let (from, to) = self.whole();
        Grains {
            starts: self.starts.first().copied().into_iter().collect(),
            is_complete: vec![false],
            bounds: vec![from, to],
        }
    }

    /// The window, in microseconds since 1970.
    pub(super) fn whole(&self) -> (i64, i64) {
        (self.bounds[0], self.bounds[self.bounds.len() - 1])
    }

    /// From and to before which moments fall into a grain.
    pub(super) fn span(&self, grain: usize) -> (i64, i64) {
        (self.bounds[grain], self.bounds[grain + 1])
    }

    /// The grain of a moment; `near` is where the one before it was, as rows often come in the order of time.
    fn at(&self, moment: i64, near: usize) -> Option<usize> {
        let (from, to) = self.span(near);
        if from <= moment && moment < to {
            return Some(near);
        }
        let place = self.bounds.partition_point(|bound| *bound <= moment);
        place.checked_sub(1).filter(|place| *place < self.len())
    }

    /// The grains that a time from a moment until another overlaps.
    fn overlapped(&self, from: i64, until: i64) -> Range<usize> {
        let first = self.bounds.partition_point(|bound| *bound <= from).saturating_sub(1);
        let end = self.bounds.partition_point(|bound| *bound < until).min(self.len());
        first..end.max(first)
    }
}

/// Rows by cell: those of group `g` and grain `t` stand together, and so do all of a group.
pub(super) struct Cells {
    /// Where each cell begins, and the end of the last.
    begins: Vec<usize>,
    rows: Vec<u32>,
    weights: Option<Vec<f64>>,
    grains: usize,
}

impl Cells {
    /// All rows as one group, or those of each group.
    pub(super) fn of(facts: &Facts, groups: Option<&Groups>, grains: &Grains) -> Cells {
        let group_count = groups.map_or(1, |groups| groups.names.len());
        let is_split = facts.weights.is_some() || groups.is_some_and(|groups| !groups.parts.is_empty());
        let mut begins = vec![0_usize; group_count * grains.len() + 1];
        each_entry(facts, groups, grains, |cell, _, _| begins[cell + 1] += 1);
        for cell in 1..begins.len() {
            begins[cell] += begins[cell - 1];
        }
        let total = begins[begins.len() - 1];
        let mut next = begins.clone();
        let mut rows = vec![0_u32; total];
        let mut weights = is_split.then(|| vec![1.0; total]);
        each_entry(facts, groups, grains, |cell, row, weight| {
            rows[next[cell]] = row;
            if let Some(weights) = &mut weights {
                weights[next[cell]] = weight;
            }
            next[cell] += 1;
        });
        Cells { begins, rows, weights, grains: grains.len() }
    }

    /// The rows of one cell.
    pub(super) fn cell(&self, group: usize, grain: usize) -> (&[u32], Option<&[f64]>) {
        let cell = group * self.grains + grain;
        self.between(self.begins[cell]..self.begins[cell + 1])
    }

    /// The rows of a group in all grains.
    pub(super) fn group(&self, group: usize) -> (&[u32], Option<&[f64]>) {
        self.between(self.begins[group * self.grains]..self.begins[(group + 1) * self.grains])
    }

    fn between(&self, range: Range<usize>) -> (&[u32], Option<&[f64]>) {
        let weights = self.weights.as_ref().map(|weights| &weights[range.clone()]);
        // Where no row of them is split they count in full, whatever others do.
        (&self.rows[range], weights.filter(|weights| weights.iter().any(|weight| *weight < 1.0)))
    }
}

/// Each row with its cell and how much of it is there.
fn each_entry(facts: &Facts, groups: Option<&Groups>, grains: &Grains, mut take: impl FnMut(usize, u32, f64)) {
    if grains.len() == 0 {
        return;
    }
    let mut near = 0;
    let mut put = |row: u32, group: u32, weight: f64| {
        let first = group as usize * grains.len();
        let at = facts.at[row as usize];
        if let Values::Ends(ends) = &facts.values {
            // What ends before it begins is unknown, and counted where it begins.
            let until = if ends[row as usize] < at { at.saturating_add(1) } else { ends[row as usize] };
            grains.overlapped(at, until).for_each(|grain| take(first + grain, row, weight));
        } else if let Some(grain) = grains.at(at, near) {
            near = grain;
            take(first + grain, row, weight);
        }
    };
    match groups {
        None => (0..facts.len()).for_each(|row| put(row as u32, 0, facts.weight(row))),
        Some(groups) => {
            // Of a row that is in one group as a whole the team that was asked for may have a part.
            let whole = groups.of.iter().zip(0..).filter(|(group, _)| **group != Groups::SPLIT);
            whole.for_each(|(group, row)| put(row, *group, facts.weight(row as usize)));
            groups.parts.iter().for_each(|part| put(part.row, part.group, part.weight));
        }
    }
}
