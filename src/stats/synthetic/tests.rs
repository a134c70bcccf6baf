use super::*;
use crate::stats::linear::least_squares::{Column, LeastSquares};
use crate::stats::{Level, ReferenceSet};
use proptest::prelude::*;
use rand::rngs::ChaCha20Rng;
use rand::{Rng, SeedableRng};

const BOTH: [Comparison; 2] = [Comparison::SyntheticControl, Comparison::DifferenceInDifferences];

/// Sums of twelve uniform numbers, less six.
fn noise(rng: &mut ChaCha20Rng) -> f64 {
    (0..12).map(|_| f64::from(rng.next_u32()) / f64::from(u32::MAX)).sum::<f64>() - 6.0
}

/// Units with a level and a slope of their own on a common wave, and an effect of 2 on the first `treated` from `before`.
fn wave(rng: &mut ChaCha20Rng, units: usize, treated: usize, periods: usize, before: usize) -> Vec<Vec<f64>> {
    let mut rows = Vec::new();
    let steps: Vec<f64> = (0..periods).map(|_| noise(rng)).collect();
    for unit in 0..units {
        let (level, slope) = (3.0 * noise(rng), 1.0 + 0.5 * noise(rng));
        let row = steps.iter().enumerate().map(|(period, step)| {
            let effect = if unit < treated && period >= before { 2.0 } else { 0.0 };
            level + slope * step + 0.3 * noise(rng) + effect
        });
        rows.push(row.collect());
    }
    rows
}

fn first(treated: usize, units: usize) -> Vec<bool> {
    (0..units).map(|unit| unit < treated).collect()
}

#[test]
fn a_treated_unit_between_two_controls_by_hand() {
    // Before treatment the treated unit is 3/4 of the first control and 1/4 of the second.
    let outcomes = [vec![2.0, 3.0, 9.0], vec![1.0, 4.0, 4.0], vec![5.0, 0.0, 8.0]];
    let panel = BlockPanel { outcomes: &outcomes, treated: &[true, false, false], before: 2 };
    let found = synthetic(panel, Comparison::SyntheticControl).unwrap();
    assert!((found.unit_weights[0] - 0.75).abs() < 1e-9, "{found:?}");
    assert!((found.effect - 4.0).abs() < 1e-9);
    assert!(found.fit_before < 1e-9 && (found.gap_after - 4.0).abs() < 1e-9);
    let refused = placebo_test(panel, Comparison::SyntheticControl, PlaceboOptions::with_seed([1; 32]));
    assert!(matches!(refused, Err(StatsError::ExactFit { .. })), "{refused:?}");
}

#[test]
fn with_two_controls_that_move_alike_it_is_the_plain_difference_in_differences() {
    // Controls that differ by a constant get equal weights, and so do periods without information.
    let outcomes = [vec![1.0, 2.0, 7.0, 9.0], vec![4.0, 5.0, 6.0, 6.0], vec![8.0, 9.0, 10.0, 10.0]];
    let panel = BlockPanel { outcomes: &outcomes, treated: &[true, false, false], before: 2 };
    let found = synthetic(panel, Comparison::DifferenceInDifferences).unwrap();
    assert!((found.effect - (8.0 - 1.5 - (8.0 - 6.5))).abs() < 1e-9, "{found:?}");
}

#[test]
fn it_is_the_weighted_regression_on_units_periods_and_treatment() {
    let mut rng = ChaCha20Rng::from_seed([3; 32]);
    let (units, treated, periods, before) = (9, 2, 8, 5);
    let outcomes = wave(&mut rng, units, treated, periods, before);
    let flags = first(treated, units);
    let panel = BlockPanel { outcomes: &outcomes, treated: &flags, before };
    let found = synthetic(panel, Comparison::DifferenceInDifferences).unwrap();
    let unit_weight = |unit: usize| if unit < treated { 0.5 } else { found.unit_weights[unit - treated] };
    let period_weights = found.period_weights.clone().unwrap();
    let period_weight = |period: usize| period_weights.get(period).copied().unwrap_or(1.0 / 3.0);
    let cells: Vec<(usize, usize, f64)> = (0..units)
        .flat_map(|unit| (0..periods).map(move |period| (unit, period)))
        .map(|(unit, period)| (unit, period, (unit_weight(unit) * period_weight(period)).sqrt()))
        .filter(|(_, _, root)| *root > 0.0)
        .collect();
    let column = |is_set: &dyn Fn(usize, usize) -> bool| -> Vec<f64> {
        cells.iter().map(|(unit, period, root)| if is_set(*unit, *period) { *root } else { 0.0 }).collect()
    };
    let mut columns: Vec<Vec<f64>> = (0..units).map(|unit| column(&|other, _| other == unit)).collect();
    columns.extend((1..periods).map(|period| column(&|_, other| other == period)));
    columns.retain(|values| values.iter().any(|value| *value > 0.0));
    if period_weight(0) <= 0.0 {
        columns.pop();
    }
    let named = |values: &Vec<f64>| Column::new(String::new(), values.clone());
    let model = LeastSquares::new(columns.iter().map(named).collect()).unwrap();
    let treatment = model.residuals(&column(&|unit, period| unit < treated && period >= before));
    let outcome: Vec<f64> = cells.iter().map(|(unit, period, root)| root * outcomes[*unit][*period]).collect();
    let product = |values: &[f64]| treatment.iter().zip(values).map(|(left, right)| left * right).sum::<f64>();
    let slope = product(&outcome) / product(&treatment);
    assert!((found.effect - slope).abs() < 1e-9, "{} is not {slope}", found.effect);
}

#[test]
fn placebos_rank_a_large_effect_first_and_their_error_covers_it() {
    let (units, treated, periods, before) = (16, 2, 14, 10);
    let flags = first(treated, units);
    let mut covered = 0;
    for seed in 0..40 {
        let outcomes = wave(&mut ChaCha20Rng::from_seed([seed; 32]), units, treated, periods, before);
        let panel = BlockPanel { outcomes: &outcomes, treated: &flags, before };
        let options = PlaceboOptions { exact_limit: 100, draws: 100, seed: [9; 32] };
        let found = placebo_error(panel, Comparison::DifferenceInDifferences, options, Level::NINETY_FIVE).unwrap();
        covered += u32::from(found.interval.contains(2.0));
        if seed == 0 {
            let test = placebo_test(panel, Comparison::DifferenceInDifferences, options).unwrap();
            assert_eq!(test.reference, ReferenceSet::MonteCarlo { draws: 100 });
            assert!(test.p < 0.05, "{test:?}");
            let exact = PlaceboOptions::with_seed([9; 32]);
            let test = placebo_test(panel, Comparison::SyntheticControl, exact).unwrap();
            assert_eq!(test.reference, ReferenceSet::Exact { assignments: 120 });
            assert!(test.at_least >= 1 && test.p < 0.1, "{test:?}");
        }
    }
    // Of 40 intervals at 95 % fewer than 33 cover in one of 4,000 series.
    assert!(covered >= 33, "{covered}");
}

#[test]
fn refuses_what_cannot_be_compared() {
    let outcomes = [vec![1.0, 2.0, 3.0], vec![2.0, 2.5, 3.0], vec![0.0, 1.0, 1.5]];
    let of = |outcomes: &[Vec<f64>], treated: &[bool], before| {
        synthetic(BlockPanel { outcomes, treated, before }, Comparison::default())
    };
    assert!(matches!(of(&outcomes, &[true, true, false], 2), Err(StatsError::ArmTooSmall { .. })));
    assert!(matches!(of(&outcomes, &[false; 3], 2), Err(StatsError::ArmTooSmall { .. })));
    assert!(matches!(of(&outcomes, &[true, false, false], 1), Err(StatsError::Periods { .. })));
    assert!(matches!(of(&outcomes, &[true, false, false], 3), Err(StatsError::Periods { .. })));
    assert!(matches!(of(&outcomes, &[true, false], 2), Err(StatsError::Length { .. })));
    assert!(matches!(of(&[], &[], 2), Err(StatsError::Periods { .. })));
    let panel = BlockPanel { outcomes: &outcomes, treated: &[true, false, false], before: 2 };
    let alone = placebo_error(panel, Comparison::default(), PlaceboOptions::with_seed([1; 32]), Level::NINETY);
    assert!(matches!(alone, Err(StatsError::ArmTooSmall { .. })), "{alone:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]
    #[test]
    fn common_shocks_scale_and_an_effect_do_what_they_should(
        seed in any::<[u8; 32]>(),
        shocks in prop::collection::vec(-9.0..9.0_f64, 8),
        scale in 0.1..10.0_f64,
        effect in -5.0..5.0_f64,
    ) {
        let outcomes = wave(&mut ChaCha20Rng::from_seed(seed), 7, 1, 8, 5);
        let flags = first(1, 7);
        let mut moved = outcomes.clone();
        for (unit, row) in moved.iter_mut().enumerate() {
            for (period, value) in row.iter_mut().enumerate() {
                let is_treated = unit == 0 && period >= 5;
                *value = scale * (*value + shocks[period] + if is_treated { effect } else { 0.0 });
            }
        }
        // Common shocks change which periods look alike, so the weights of periods may change with them.
        let before = synthetic(BlockPanel { outcomes: &outcomes, treated: &flags, before: 5 }, BOTH[0]).unwrap();
        let after = synthetic(BlockPanel { outcomes: &moved, treated: &flags, before: 5 }, BOTH[0]).unwrap();
        prop_assert!((after.effect - scale * (before.effect + effect)).abs() < 1e-6 * scale);
        prop_assert!(before.optimality_gap < 1e-9 && after.optimality_gap < 1e-9);
        for row in moved.iter_mut() {
            row.iter_mut().zip(&shocks).for_each(|(value, shock)| *value = *value / scale - shock);
        }
        for (unit, row) in moved.iter_mut().enumerate() {
            row.iter_mut().for_each(|value| *value += shocks[unit]);
        }
        let before = synthetic(BlockPanel { outcomes: &outcomes, treated: &flags, before: 5 }, BOTH[1]).unwrap();
        let after = synthetic(BlockPanel { outcomes: &moved, treated: &flags, before: 5 }, BOTH[1]).unwrap();
        prop_assert!((after.effect - before.effect - effect).abs() < 1e-6);
    }
}
