//! What was measured of each unit.

use super::Scale;
use super::decision::Better;

/// One outcome, with an entry for each unit in the order of the lottery's units.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// The metric's name.
    pub name: String,
    pub scale: Scale,
    pub better: Better,
    /// The figure of each unit during the experiment, on the scale: a logarithm for the log scales. `None` is unknown, never zero.
    pub during: Vec<Option<f64>>,
    /// The same of the history before the start.
    pub before: Vec<Option<f64>>,
    /// What else is known of the units from before the start and is adjusted for; a column each, may be empty.
    pub further: Vec<Vec<Option<f64>>>,
    /// Rows behind each figure during the experiment.
    pub rows: Vec<u64>,
    /// The values behind each figure in the unit of the metric, where there are single values, for distributions, quantiles and
    /// effects on rows; else empty.
    pub values: Vec<Vec<f64>>,
    /// The figure of each unit in each period (a week, or a step of a design over time), on the scale; may be empty.
    pub periods: Vec<Vec<Option<f64>>>,
}

impl Outcome {
    /// Units with a figure.
    pub fn known(&self) -> usize {
        self.during.iter().flatten().count()
    }

    /// The mean of the figures of one arm in the unit of the metric; geometric for the log scales.
    pub fn mean(&self, arms: &[usize], arm: usize) -> Option<f64> {
        let figures: Vec<f64> =
            self.during.iter().zip(arms).filter(|(_, it)| **it == arm).filter_map(|(figure, _)| *figure).collect();
        let mean = figures.iter().sum::<f64>() / figures.len() as f64;
        Some(self.scale.shown(mean)).filter(|mean| mean.is_finite())
    }

    /// The history as columns to adjust for: the figures with unknown ones at the mean, and where more than one is unknown a column
    /// that says which (Zhao & Ding 2022: valid, since who lacks a history was not decided by the draw; of a single unit the column
    /// would take its whole figure away, and no error could be estimated). A column that does not vary over `units` is left out.
    pub fn covariates(&self, units: &[usize]) -> Vec<Vec<f64>> {
        let mut all: Vec<Vec<f64>> = Vec::new();
        for column in std::iter::once(&self.before).chain(&self.further).flat_map(|known| columns(known, units)) {
            // Columns that are unknown of the same units say so once.
            if !all.contains(&column) {
                all.push(column);
            }
        }
        all
    }
}

fn columns(history: &[Option<f64>], units: &[usize]) -> Vec<Vec<f64>> {
    let figure = |unit: &usize| history.get(*unit).copied().flatten();
    let known: Vec<f64> = units.iter().filter_map(figure).collect();
    // A slope needs a few units that it is a slope of.
    if known.len() * 2 < units.len() {
        return Vec::new();
    }
    let mean = known.iter().sum::<f64>() / known.len() as f64;
    let figures: Vec<f64> = units.iter().map(|unit| figure(unit).unwrap_or(mean)).collect();
    let unknown: Vec<f64> = units.iter().map(|unit| f64::from(u8::from(figure(unit).is_none()))).collect();
    let varies = |column: &Vec<f64>| column.iter().any(|value| Some(value) != column.first());
    let is_told = known.len() + 1 < units.len();
    [figures, unknown].into_iter().take(1 + usize::from(is_told)).filter(varies).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(before: Vec<Option<f64>>, further: Vec<Vec<Option<f64>>>) -> Outcome {
        Outcome {
            name: "hours".to_owned(),
            scale: Scale::Linear,
            better: Better::Lower,
            during: Vec::new(),
            before,
            further,
            rows: Vec::new(),
            values: Vec::new(),
            periods: Vec::new(),
        }
    }

    #[test]
    fn columns_that_are_unknown_of_the_same_units_say_so_once() {
        let before = vec![Some(1.0), Some(3.0), Some(5.0), Some(7.0), None, None];
        let other = vec![Some(2.0), Some(2.0), Some(3.0), Some(5.0), None, None];
        let columns = outcome(before.clone(), vec![other, before]).covariates(&[0, 1, 2, 3, 4, 5]);
        let expected = [[1.0, 3.0, 5.0, 7.0, 4.0, 4.0], [0.0, 0.0, 0.0, 0.0, 1.0, 1.0], [2.0, 2.0, 3.0, 5.0, 3.0, 3.0]];
        assert_eq!(columns, expected);
    }

    #[test]
    fn a_column_that_is_constant_or_mostly_unknown_is_left_out() {
        let further = vec![vec![Some(2.0); 4], vec![Some(1.0), None, None, None]];
        assert!(outcome(Vec::new(), further).covariates(&[0, 1, 2, 3]).is_empty());
    }
}
