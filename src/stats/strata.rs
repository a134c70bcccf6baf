//! Strata from pre-period covariates. The one rule: the same units and covariates always give the same strata.

use super::StatsError;
use super::error::{check_finite, check_length};
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// A covariate and into how many parts of equal size it is cut: 2 for low and high.
#[derive(Debug, Clone, Copy)]
pub struct Split<'a> {
    /// Named in the labels of the strata.
    pub name: &'a str,
    /// One entry per unit, any unit of measure.
    pub values: &'a [f64],
    pub parts: usize,
}

/// The label of each unit's stratum, in the order of `ids`, such as `size 1/2, hours 2/2` or, where cells were merged,
/// `size 1/2, hours 1/2 + size 1/2, hours 2/2`.
///
/// Each covariate is cut by rank into `parts` of equal size (the unit of rank r from 0 among n falls into part ⌊r parts
/// / n⌋), ties in the value by id; the parts are crossed. While a cell has fewer than `smallest` units (take the number
/// of variants), the smallest one, the first of several, joins the neighbour before or after it in the order of cells:
/// the one that shares more leading covariates, then the smaller, then the one before. Without splits there is one
/// stratum, `all`.
///
/// # Errors
/// [`StatsError::Length`], [`StatsError::NotFinite`], [`StatsError::NoParts`] for a split into 0 parts,
/// [`StatsError::Duplicate`] for an id that appears twice, [`StatsError::TooFew`] with fewer than `smallest` units in
/// all.
pub fn form_strata(ids: &[String], splits: &[Split], smallest: usize) -> Result<Vec<String>, StatsError> {
    check(ids, splits, smallest)?;
    let mut cells: BTreeMap<Vec<usize>, Vec<usize>> = BTreeMap::new();
    let parts: Vec<Vec<usize>> = splits.iter().map(|split| parts_by_rank(ids, split)).collect();
    for unit in 0..ids.len() {
        cells.entry(parts.iter().map(|part| part[unit]).collect()).or_default().push(unit);
    }
    let mut strata: Vec<Stratum> =
        cells.into_iter().map(|(cell, units)| Stratum { cells: vec![cell], units }).collect();
    while let Some(small) = smallest_below(&strata, smallest) {
        let neighbour = neighbour_of(&strata, small);
        let joined = strata.remove(small.max(neighbour));
        strata[small.min(neighbour)].join(joined);
    }
    let mut labels = vec![String::new(); ids.len()];
    for stratum in &strata {
        let label = stratum.label(splits);
        stratum.units.iter().for_each(|unit| labels[*unit].clone_from(&label));
    }
    Ok(labels)
}

/// Adjacent cells that were put together, in the order of cells.
struct Stratum {
    cells: Vec<Vec<usize>>,
    units: Vec<usize>,
}

impl Stratum {
    fn join(&mut self, later: Stratum) {
        self.cells.extend(later.cells);
        self.units.extend(later.units);
    }

    fn label(&self, splits: &[Split]) -> String {
        if splits.is_empty() {
            return "all".to_owned();
        }
        let cells: Vec<String> = self.cells.iter().map(|cell| cell_label(cell, splits)).collect();
        cells.join(" + ")
    }
}

fn cell_label(cell: &[usize], splits: &[Split]) -> String {
    let parts = cell.iter().zip(splits);
    let parts: Vec<String> =
        parts.map(|(part, split)| format!("{} {}/{}", split.name, part + 1, split.parts)).collect();
    parts.join(", ")
}

fn parts_by_rank(ids: &[String], split: &Split) -> Vec<usize> {
    let n = ids.len();
    let mut order: Vec<usize> = (0..n).collect();
    // Adding zero makes −0 equal to 0, which the total order tells apart.
    let key = |unit: usize| split.values[unit] + 0.0;
    order.sort_by(|left, right| key(*left).total_cmp(&key(*right)).then_with(|| ids[*left].cmp(&ids[*right])));
    let mut parts = vec![0; n];
    for (rank, unit) in order.into_iter().enumerate() {
        parts[unit] = rank * split.parts / n;
    }
    parts
}

fn smallest_below(strata: &[Stratum], smallest: usize) -> Option<usize> {
    let (index, stratum) = strata.iter().enumerate().min_by_key(|(_, stratum)| stratum.units.len())?;
    (stratum.units.len() < smallest && strata.len() > 1).then_some(index)
}

/// The adjacent stratum to join; there are at least two strata.
fn neighbour_of(strata: &[Stratum], small: usize) -> usize {
    if small == 0 {
        return 1;
    }
    let (before, after) = (small - 1, small + 1);
    if after == strata.len() {
        return before;
    }
    let shared_before = shared_prefix(strata[before].cells.last(), strata[small].cells.first());
    let shared_after = shared_prefix(strata[small].cells.last(), strata[after].cells.first());
    let by_size = strata[before].units.len().cmp(&strata[after].units.len());
    match shared_after.cmp(&shared_before).then(by_size) {
        Ordering::Greater => after,
        Ordering::Less | Ordering::Equal => before,
    }
}

fn shared_prefix(left: Option<&Vec<usize>>, right: Option<&Vec<usize>>) -> usize {
    let (Some(left), Some(right)) = (left, right) else {
        return 0;
    };
    left.iter().zip(right).take_while(|(left, right)| left == right).count()
}

fn check(ids: &[String], splits: &[Split], smallest: usize) -> Result<(), StatsError> {
    if ids.len() < smallest {
        return Err(StatsError::TooFew { what: "units", needed: smallest, actual: ids.len() });
    }
    let mut sorted: Vec<&String> = ids.iter().collect();
    sorted.sort();
    if let Some(twice) = sorted.windows(2).find(|pair| pair[0] == pair[1]) {
        return Err(StatsError::Duplicate { what: "unit", name: twice[0].clone() });
    }
    for split in splits {
        check_length("covariate", ids.len(), split.values.len())?;
        check_finite("covariate", split.values)?;
        if split.parts == 0 {
            return Err(StatsError::NoParts { name: split.name.to_owned(), parts: 0 });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ids(n: usize) -> Vec<String> {
        (0..n).map(|unit| format!("t{unit:02}")).collect()
    }

    fn split<'a>(name: &'a str, values: &'a [f64]) -> Split<'a> {
        Split { name, values, parts: 2 }
    }

    #[test]
    fn crosses_low_and_high() {
        let splits = [split("size", &[3.0, 9.0, 4.0, 8.0]), split("hours", &[1.0, 1.0, 5.0, 6.0])];
        let labels = form_strata(&ids(4), &splits, 1).unwrap();
        assert_eq!(
            labels,
            ["size 1/2, hours 1/2", "size 2/2, hours 1/2", "size 1/2, hours 2/2", "size 2/2, hours 2/2"]
        );
    }

    #[test]
    fn ties_go_by_id_and_small_cells_join_the_nearest() {
        let labels = form_strata(&ids(4), &[split("size", &[5.0; 4])], 2).unwrap();
        assert_eq!(labels, ["size 1/2", "size 1/2", "size 2/2", "size 2/2"]);
        let splits = [split("size", &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]), split("hours", &[1.0, 2.0, 9.0, 3.0, 8.0, 7.0])];
        let labels = form_strata(&ids(6), &splits, 2).unwrap();
        let low = "size 1/2, hours 1/2 + size 1/2, hours 2/2";
        let high = "size 2/2, hours 1/2 + size 2/2, hours 2/2";
        assert_eq!(labels, [low, low, low, high, high, high]);
    }

    #[test]
    fn no_splits_give_one_stratum() {
        assert_eq!(form_strata(&ids(2), &[], 2).unwrap(), ["all", "all"]);
        assert!(matches!(form_strata(&ids(1), &[], 2), Err(StatsError::TooFew { .. })));
        assert!(form_strata(&ids(2), &[split("size", &[1.0, f64::NAN])], 1).is_err());
    }

    proptest! {
        #[test]
        fn no_stratum_is_too_small_and_order_does_not_matter(
            rows in prop::collection::vec((0_u8..6, 0_u8..6), 4..40),
            smallest in 1_usize..5,
        ) {
            let (sizes, hours): (Vec<f64>, Vec<f64>) = rows.iter().map(|(size, hour)| (f64::from(*size), f64::from(*hour))).unzip();
            let units = ids(rows.len());
            let labels = form_strata(&units, &[split("size", &sizes), split("hours", &hours)], smallest).unwrap();
            for label in &labels {
                prop_assert!(labels.iter().filter(|other| *other == label).count() >= smallest);
            }
            let reversed = |values: &[f64]| values.iter().rev().copied().collect::<Vec<_>>();
            let (sizes, hours) = (reversed(&sizes), reversed(&hours));
            let backwards: Vec<String> = units.iter().rev().cloned().collect();
            let mut again = form_strata(&backwards, &[split("size", &sizes), split("hours", &hours)], smallest).unwrap();
            again.reverse();
            prop_assert_eq!(again, labels);
        }
    }
}
