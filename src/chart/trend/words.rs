//! What a trend says in words: its summary, its notes on what is not drawn, its table.
//!
//! The one rule: the table has every value, also those that have no place on the axis.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::notes::Notes;
use super::{Line, Trend};
use crate::chart::figure::Table;
use crate::chart::line::Point;
use crate::chart::number::{MISSING, count};
use crate::chart::scale::extent;
use crate::chart::text::isolated;
use crate::chart::words::capitalised;

impl Trend<'_> {
    /// First days of the periods, in order; the rows of the table.
    pub(super) fn periods(&self) -> Vec<NaiveDate> {
        match self.lines.as_slice() {
            [line] => line.points.iter().map(|point| point.at).collect(),
            _ => self.days().collect::<BTreeSet<_>>().into_iter().collect(),
        }
    }

    pub(super) fn known_of_all(&self) -> String {
        let known: usize = self.lines.iter().map(|line| self.drawn(line).flatten().count()).sum();
        format!("{known} of {} values known", self.days().count())
    }

    /// How many values a logarithmic axis has no place for.
    pub(super) fn left_out(&self) -> Option<String> {
        let values = self.lines.iter().flat_map(|line| &line.points).filter_map(|point| point.value);
        match values.filter(|value| self.log && *value <= 0.0).count() {
            0 => None,
            1 => Some("1 value of zero or less has no place on a log scale.".to_owned()),
            many => Some(format!("{} values of zero or less have no place on a log scale.", count(many as u64))),
        }
    }

    pub(super) fn summary(&self, notes: &Notes) -> String {
        let periods = self.periods();
        let label = |day: Option<&NaiveDate>| day.map_or_else(String::new, |day| self.grain.label(*day));
        let lines: Vec<String> = self.lines.iter().map(|line| self.line_summary(line)).collect();
        let (from, to) = (label(periods.first()), label(periods.last()));
        let left_out = self.left_out().map_or_else(String::new, |words| format!(" {words}"));
        format!("From {from} to {to}: {}.{left_out}{}", lines.join("; "), notes.sentence())
    }

    fn line_summary(&self, line: &Line) -> String {
        let name = if self.is_single() { String::new() } else { format!("{} ", isolated(&line.name)) };
        let missing = line.points.iter().filter(|point| !point.value.is_some_and(f64::is_finite)).count();
        let last = self.drawn(line).flatten().last();
        let Some((low, high)) = extent(self.drawn(line).flatten()) else { return format!("{name}not enough data") };
        let range = format!("{name}between {} and {}", self.unit.value(low), self.unit.value(high));
        let gaps = match missing {
            0 => String::new(),
            _ => format!(", {missing} of {} periods have no value", line.points.len()),
        };
        format!("{range}, last {}{gaps}", self.unit.optional(last))
    }

    pub(super) fn table(&self) -> Table {
        match self.lines.as_slice() {
            [line] => self.table_of_one(line),
            _ => self.table_of_many(),
        }
    }

    fn table_of_one(&self, line: &Line) -> Table {
        let with_n = line.points.iter().any(|point| point.n.is_some());
        let mut head = vec!["Period".to_owned(), "Value".to_owned()];
        head.extend(self.band.into_iter().map(capitalised));
        head.extend(with_n.then(|| "n".to_owned()));
        let row = |point: &Point| {
            let mut cells = vec![self.grain.label(point.at), self.unit.optional(point.value)];
            let finite = |bound: Option<f64>| bound.filter(|bound| bound.is_finite());
            cells.extend(self.band.map(|_| match (finite(point.low), finite(point.high)) {
                (Some(low), Some(high)) => format!("{} to {}", self.unit.number(low), self.unit.value(high)),
                _ => MISSING.to_owned(),
            }));
            cells.extend(with_n.then(|| point.n.map_or_else(|| MISSING.to_owned(), count)));
            cells
        };
        Table { head, rows: line.points.iter().map(row).collect() }
    }

    /// One column a line.
    fn table_of_many(&self) -> Table {
        let by_day = |line: &Line| line.points.iter().map(|point| (point.at, point.value)).collect();
        let columns: Vec<BTreeMap<NaiveDate, Option<f64>>> = self.lines.iter().map(by_day).collect();
        let row = |day: NaiveDate| {
            let value = |column: &BTreeMap<_, _>| self.unit.optional(column.get(&day).copied().flatten());
            std::iter::once(self.grain.label(day)).chain(columns.iter().map(value)).collect()
        };
        let names = self.lines.iter().map(|line| line.name.clone());
        Table {
            head: std::iter::once("Period".to_owned()).chain(names).collect(),
            rows: self.periods().into_iter().map(row).collect(),
        }
    }
}
