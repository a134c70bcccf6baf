//! The rows behind a metric, a column at a time.
//!
//! One rule: nothing here depends on the order of the rows, which is not promised.

mod groups;
mod numbers;
mod texts;

use super::{MetricError, Result};
use crate::project::{Metric, Statistic};

pub use groups::{Groups, Part};
pub use numbers::Numbers;
pub use texts::{Texts, TextsBuilder, UNKNOWN};

/// Rows of a metric in no particular order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Facts {
    /// Microseconds since 1970.
    pub at: Vec<i64>,
    pub values: Values,
    /// Who the rows belong to, where a cut was asked for.
    pub groups: Option<Groups>,
    /// What a row is a sample of, for a stock: its repository.
    pub sampled: Option<Texts>,
    /// How much of each row belongs to the team that was asked for: above 0 and at most 1. Absent where no row is split.
    pub weights: Option<Vec<f64>>,
}

/// What the rows hold beside their time.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Values {
    /// Nothing: the rows themselves are counted.
    #[default]
    Rows,
    Numbers(Numbers),
    /// Numerators and denominators; or times and whether they were seen to their end (not zero).
    Pairs(Numbers, Numbers),
    Keys(Texts),
    /// Microseconds since 1970 at which each ends; [`i64::MAX`] while it goes on.
    Ends(Vec<i64>),
}

impl Values {
    /// An empty column of what a statistic needs.
    pub fn of(statistic: Statistic) -> Values {
        match statistic {
            Statistic::Count => Values::Rows,
            Statistic::Ratio | Statistic::Rate | Statistic::Survival => {
                Values::Pairs(Numbers::default(), Numbers::default())
            }
            Statistic::Distinct => Values::Keys(Texts::default()),
            Statistic::TimeAverage => Values::Ends(Vec::new()),
            Statistic::Mean | Statistic::GeometricMean | Statistic::Quantile(_) | Statistic::Share => {
                Values::Numbers(Numbers::default())
            }
        }
    }
}

impl Facts {
    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.at.len()
    }

    /// No rows.
    pub fn is_empty(&self) -> bool {
        self.at.is_empty()
    }

    /// Whether the row's value is known. What ends before it begins is not.
    pub fn is_known(&self, row: usize) -> bool {
        match &self.values {
            Values::Rows => true,
            Values::Numbers(all) => all.get(row).is_some(),
            Values::Pairs(first, second) => first.get(row).is_some() && second.get(row).is_some(),
            Values::Keys(all) => all.code(row) != UNKNOWN,
            Values::Ends(all) => all[row] >= self.at[row],
        }
    }

    /// How much of the row belongs to what was asked for.
    pub fn weight(&self, row: usize) -> f64 {
        self.weights.as_ref().map_or(1.0, |weights| weights[row])
    }

    /// These rows alone, which are in no groups yet.
    pub(super) fn keep(&mut self, is_kept: &[bool]) {
        keep(&mut self.at, is_kept);
        match &mut self.values {
            Values::Rows => {}
            Values::Numbers(all) => all.keep(is_kept),
            Values::Pairs(first, second) => {
                first.keep(is_kept);
                second.keep(is_kept);
            }
            Values::Keys(all) => all.keep(is_kept),
            Values::Ends(all) => keep(all, is_kept),
        }
        self.sampled.iter_mut().for_each(|sampled| sampled.keep(is_kept));
        self.weights.iter_mut().for_each(|weights| keep(weights, is_kept));
    }

    /// Refuses values that are no numbers.
    ///
    /// # Errors
    /// [`MetricError::Facts`] with the time of the first such row.
    pub(super) fn check(&self, metric: &Metric) -> Result<()> {
        let (first, second) = match &self.values {
            Values::Numbers(all) => (Some(all), None),
            Values::Pairs(first, second) => (Some(first), Some(second)),
            Values::Rows | Values::Keys(_) | Values::Ends(_) => (None, None),
        };
        let columns = metric.header.statistic.columns();
        for (numbers, column) in first.into_iter().chain(second).zip(columns) {
            let wrong = (0..numbers.len()).filter_map(|row| numbers.get(row).map(|value| (row, value)));
            let wrong = wrong.filter(|(_, value)| !value.is_finite());
            if let Some((row, value)) = wrong.min_by_key(|(row, _)| self.at[*row]) {
                let at = chrono::DateTime::from_timestamp_micros(self.at[row]).unwrap_or_default();
                let at = at.format("%Y-%m-%dT%H:%M:%SZ");
                let problem = format!("{column} of the fact at {at} is {value}, expected a number or NULL");
                return Err(MetricError::Facts { metric: metric.name.clone(), problem });
            }
        }
        Ok(())
    }
}

/// Leaves out what is not kept.
fn keep<T>(all: &mut Vec<T>, is_kept: &[bool]) {
    let mut is_kept = is_kept.iter();
    all.retain(|_| is_kept.next().copied().unwrap_or(true));
}
