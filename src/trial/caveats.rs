//! What to bear in mind with one outcome's numbers.
//!
//! One rule: a sentence only where a threshold is passed, and with the figure that passed it.

use super::words::{counted, percent};
use super::{Question, Sample, Scale};
use crate::stats::Mechanism;

/// Figures of units with fewer rows are mostly noise.
const FEW_ROWS: u64 = 5;

/// More open rows than this, and the values seen are the quick ones.
const MUCH_OPEN: f64 = 0.10;

/// A unit that holds this much of the whole, and four times its even share, decides it.
const DOMINATING: f64 = 0.25;

/// Where sizes vary by more, and less than a third is treated, few rows decide (MacKinnon & Webb 2017).
const VARYING_SIZES: f64 = 0.6;

/// Sentences.
pub(super) fn caveats(sample: &Sample<'_>, question: &Question<'_>) -> Vec<String> {
    let found =
        [few_rows(sample), open_rows(question), dominating(sample), unlike_sizes(sample), relative_interval(sample)];
    found.into_iter().flatten().collect()
}

fn few_rows(sample: &Sample<'_>) -> Option<String> {
    let outcome = sample.outcome;
    let known = outcome.rows.iter().zip(&outcome.during).filter(|(rows, figure)| figure.is_some() && **rows > 0);
    let few = known.clone().filter(|(rows, _)| **rows < FEW_ROWS).count() as u64;
    (few * 4 > known.count() as u64)
        .then(|| format!("{} fewer than {FEW_ROWS} rows behind the figure.", counted(few, "unit has", "units have")))
}

fn open_rows(question: &Question<'_>) -> Option<String> {
    let share = question.open.filter(|share| *share > MUCH_OPEN)?;
    Some(format!(
        "{} of the rows were still open at the end; their durations are longer than what is known of them.",
        percent(share)
    ))
}

/// The unit with the largest part of the values' sum, or of the rows where there are no values.
fn dominating(sample: &Sample<'_>) -> Option<String> {
    let outcome = sample.outcome;
    let sums: Vec<f64> = if outcome.values.iter().all(Vec::is_empty) {
        outcome.rows.iter().map(|rows| *rows as f64).collect()
    } else {
        outcome.values.iter().map(|values| values.iter().map(|it| it.abs()).sum()).collect()
    };
    let total: f64 = sums.iter().sum();
    let largest = (0..sums.len()).reduce(|largest, unit| if sums[unit] > sums[largest] { unit } else { largest })?;
    let share = sums[largest] / total;
    let even = 1.0 / sums.iter().filter(|it| **it > 0.0).count() as f64;
    if !(share > DOMINATING && share > 4.0 * even) {
        return None;
    }
    let what = if outcome.values.iter().all(Vec::is_empty) { "rows" } else { "sum of all values" };
    let id = &sample.randomization.lottery().units().get(largest)?.id;
    Some(format!("{id} alone holds {} of the {what}.", percent(share)))
}

fn unlike_sizes(sample: &Sample<'_>) -> Option<String> {
    let sizes: Vec<f64> = sample.outcome.rows.iter().filter(|rows| **rows > 0).map(|rows| *rows as f64).collect();
    let n = sizes.len() as f64;
    let mean = sizes.iter().sum::<f64>() / n;
    let variance = sizes.iter().map(|it| (it - mean).powi(2)).sum::<f64>() / (n - 1.0);
    let variation = variance.sqrt() / mean;
    let treated = sample.arms.iter().filter(|arm| **arm == 1).count() as f64 / sample.arms.len() as f64;
    // Either arm may be the small one.
    let smaller = treated.min(1.0 - treated);
    (variation > VARYING_SIZES && smaller < 1.0 / 3.0).then(|| {
        format!(
            "Sizes of units vary (coefficient of variation {variation:.1}) and {} of the units are in one arm: believe the wild bootstrap before the other methods on rows.",
            percent(1.0 - smaller)
        )
    })
}

fn relative_interval(sample: &Sample<'_>) -> Option<String> {
    (sample.outcome.scale == Scale::Linear).then(|| {
        "Changes in parts of the control divide the difference and its interval by the control's mean as if that were known; the delta method and Fieller's, which know that it is an estimate, stand among the other answers.".to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::{Level, Variant};
    use crate::trial::planted::{Planted, planted};
    use crate::trial::{Design, Randomization, Role};

    fn of(planted: &Planted, open: Option<f64>) -> Vec<String> {
        let question = Question::new("Cycle time", "hours", Role::Goal, 0.1, Level::NINETY_FIVE);
        caveats(&planted.sample(), &Question { open, ..question })
    }

    #[test]
    fn even_units_with_enough_rows_need_no_caveat() {
        assert!(of(&planted(&[20; 24], 4, 0.0, "even"), Some(0.1)).is_empty());
    }

    #[test]
    fn few_rows_and_open_rows_are_said_with_their_figures() {
        let sizes: Vec<usize> = (0..24).map(|unit| if unit < 7 { 4 } else { 20 }).collect();
        let found = of(&planted(&sizes, 4, 0.0, "few"), Some(0.3));
        assert_eq!(found[0], "7 units have fewer than 5 rows behind the figure.");
        assert!(found[1].starts_with("30.0 % of the rows were still open"), "{found:?}");
    }

    #[test]
    fn a_unit_that_holds_most_of_the_sum_is_named() {
        let mut planted = planted(&[20; 24], 4, 0.0, "one unit");
        planted.outcome.values[6][0] = 1e6;
        let found = of(&planted, None);
        assert!(found[0].starts_with("team-06 alone holds 9"), "{found:?}");
        planted.outcome.values.clear();
        planted.outcome.rows[7] = 460;
        assert_eq!(of(&planted, None), ["team-07 alone holds 50.0 % of the rows."]);
    }

    #[test]
    fn unlike_sizes_with_few_treated_are_said() {
        let sizes: Vec<usize> = (0..24).map(|unit| if unit % 6 == 0 { 100 } else { 20 }).collect();
        let mut planted = planted(&sizes, 24, 0.0, "sizes");
        assert!(of(&planted, None).is_empty());
        let variants = [("control", 3), ("treatment", 1)];
        let variants = variants.map(|(name, weight)| Variant { name: name.to_owned(), weight }).to_vec();
        let units = planted.randomization.lottery().units().to_vec();
        planted.randomization = Randomization::new(Design::Complete, units, variants, &[]).unwrap();
        planted.arms = planted.randomization.assign([1; 32]).unwrap();
        let found = of(&planted, None);
        assert!(found[0].contains("coefficient of variation 0.9) and 75.0 % of the units"), "{found:?}");
    }

    #[test]
    fn differences_name_the_method_of_their_relative_interval() {
        let mut planted = planted(&[20; 24], 4, 0.0, "linear");
        planted.outcome.scale = Scale::Linear;
        assert!(of(&planted, None)[0].contains("as if that were known"));
    }
}
