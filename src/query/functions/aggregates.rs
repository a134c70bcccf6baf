//! Aggregates over what several people did, for a group of them.
//!
//! One rule: what cannot be said of the numbers is NULL: no numbers, a negative one, or nothing done at all.

use arrow::array::{ArrayRef, AsArray, Float64Array};
use arrow::datatypes::{DataType, Float64Type};
use datafusion::common::cast::as_list_array;
use datafusion::error::Result;
use datafusion::logical_expr::{Accumulator, Volatility, create_udaf};
use datafusion::prelude::SessionContext;
use datafusion::scalar::ScalarValue;
use std::mem::size_of_val;
use std::sync::Arc;

/// What the numbers of a group amount to.
type Finish = fn(&mut [f64]) -> Option<f64>;

/// Registers all aggregates. NULL and what is no number is left out of each.
///
/// `gini(x)`: Gini's coefficient (1912) of numbers that are not negative: 0 where all are equal, (n−1)/n where one of n has
/// everything. It is that of these n, without the correction for a sample.
///
/// `absence_factor(x)`: the fewest of the contributors, each with a number of contributions, that have at least half of all
/// (CHAOSS, contributor absence factor).
pub(super) fn register(session: &SessionContext) {
    for (name, finish) in [("gini", gini as Finish), ("absence_factor", absence_factor)] {
        let list = Arc::new(DataType::new_list(DataType::Float64, true));
        session.register_udaf(create_udaf(
            name,
            vec![DataType::Float64],
            Arc::new(DataType::Float64),
            Volatility::Immutable,
            Arc::new(move |_| Ok(Box::new(Numbers { finish, all: Vec::new() }))),
            Arc::new(vec![list.as_ref().clone()]),
        ));
    }
}

fn gini(numbers: &mut [f64]) -> Option<f64> {
    let total = checked_total(numbers)?;
    numbers.sort_by(f64::total_cmp);
    let n = numbers.len() as f64;
    let weighted: f64 = numbers.iter().enumerate().map(|(rank, number)| (rank + 1) as f64 * number).sum();
    Some((2.0 * weighted / (n * total) - (n + 1.0) / n).max(0.0))
}

fn absence_factor(numbers: &mut [f64]) -> Option<f64> {
    let total = checked_total(numbers)?;
    numbers.sort_by(|a, b| b.total_cmp(a));
    let mut sum = 0.0;
    for (before, number) in numbers.iter().enumerate() {
        sum += number;
        if sum * 2.0 >= total {
            return Some((before + 1) as f64);
        }
    }
    None
}

/// The sum of numbers of which none is negative and not all are zero.
fn checked_total(numbers: &[f64]) -> Option<f64> {
    let total: f64 = numbers.iter().sum();
    (numbers.iter().all(|number| *number >= 0.0) && total > 0.0 && total.is_finite()).then_some(total)
}

#[derive(Debug)]
struct Numbers {
    finish: Finish,
    all: Vec<f64>,
}

impl Numbers {
    fn take(&mut self, numbers: &Float64Array) {
        self.all.extend(numbers.iter().flatten().filter(|number| !number.is_nan()));
    }
}

impl Accumulator for Numbers {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        self.take(values[0].as_primitive::<Float64Type>());
        Ok(())
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        for list in as_list_array(&states[0])?.iter().flatten() {
            self.take(list.as_primitive::<Float64Type>());
        }
        Ok(())
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        let numbers: Vec<ScalarValue> = self.all.iter().map(|number| ScalarValue::from(*number)).collect();
        Ok(vec![ScalarValue::List(ScalarValue::new_list_nullable(&numbers, &DataType::Float64))])
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        Ok(ScalarValue::Float64((self.finish)(&mut self.all)))
    }

    fn size(&self) -> usize {
        size_of_val(self) + self.all.capacity() * size_of::<f64>()
    }
}

#[cfg(test)]
mod tests {
    use super::{absence_factor, gini};
    use proptest::prelude::*;

    #[test]
    fn published_vectors() {
        // CHAOSS, contributor absence factor: 1000 and 433 are more than half of 2475.
        let mut contributions = [1000, 202, 90, 33, 332, 343, 42, 433].map(f64::from);
        assert_eq!(absence_factor(&mut contributions), Some(2.0));
        // By hand: |x−y| over all 16 ordered pairs of 1, 2, 3, 4 sums to 20; by 2 × 4² × 2.5 = 80.
        assert_eq!(gini(&mut [4.0, 1.0, 3.0, 2.0]), Some(0.25));
    }

    #[test]
    fn what_cannot_be_said_is_unknown() {
        for aggregate in [gini, absence_factor] {
            assert_eq!(aggregate(&mut []), None);
            assert_eq!(aggregate(&mut [0.0, 0.0]), None);
            assert_eq!(aggregate(&mut [1.0, -1.0, 3.0]), None);
            assert_eq!(aggregate(&mut [1.0, f64::INFINITY]), None);
        }
        assert_eq!((gini(&mut [7.0]), absence_factor(&mut [7.0])), (Some(0.0), Some(1.0)));
        // Exactly half is enough.
        assert_eq!(absence_factor(&mut [2.0, 1.0, 1.0]), Some(1.0));
    }

    proptest! {
        /// Gini's coefficient is half the mean absolute difference relative to the mean.
        #[test]
        fn gini_is_that_of_all_pairs(numbers in prop::collection::vec(0..50_u8, 1..30)) {
            let mut numbers: Vec<f64> = numbers.into_iter().map(f64::from).collect();
            let total: f64 = numbers.iter().sum();
            let pairs: f64 = numbers.iter().flat_map(|a| numbers.iter().map(move |b| (a - b).abs())).sum();
            let expected = (total > 0.0).then(|| pairs / (2.0 * numbers.len() as f64 * total));
            let found = gini(&mut numbers);
            prop_assert_eq!(found.is_some(), expected.is_some());
            prop_assert!(found.zip(expected).is_none_or(|(a, b)| (a - b).abs() < 1e-12));
        }

        /// No smaller group of contributors has half, whichever it is.
        #[test]
        fn no_smaller_group_has_half(numbers in prop::collection::vec(0..9_u8, 1..9)) {
            let total: u32 = numbers.iter().map(|number| u32::from(*number)).sum();
            let has_half = |group: &u32| {
                let sum: u32 = (0..numbers.len()).filter(|at| group >> at & 1 == 1).map(|at| u32::from(numbers[at])).sum();
                2 * sum >= total
            };
            let smallest = (1..1_u32 << numbers.len()).filter(has_half).map(u32::count_ones).min();
            let mut floats: Vec<f64> = numbers.iter().map(|number| f64::from(*number)).collect();
            let expected = (total > 0).then(|| smallest.map(f64::from)).flatten();
            prop_assert_eq!(absence_factor(&mut floats), expected);
        }
    }
}
