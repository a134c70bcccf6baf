use super::*;
use proptest::prelude::*;

const EVERY: [Aggregation; 4] =
    [Aggregation::Simple, Aggregation::Group, Aggregation::EventTime, Aggregation::Calendar];

fn fit(outcomes: &[Vec<f64>], first_treated: &[Option<usize>]) -> Result<GroupTimeEffects, StatsError> {
    let panel = Panel { outcomes, first_treated, covariates: &[] };
    group_time_effects(panel, Controls::NotYetTreated, Adjustment::DoublyRobust, Level::NINETY_FIVE)
}

fn wobble(unit: usize, period: usize) -> f64 {
    let steps = u32::try_from((unit * 7 + period * period * 5 + unit * period * 3) % 11).unwrap();
    f64::from(steps) / 10.0
}

fn panel(units: usize, periods: usize) -> (Vec<Vec<f64>>, Vec<Option<usize>>) {
    let outcomes = (0..units).map(|unit| (0..periods).map(|period| wobble(unit, period)).collect()).collect();
    let first = (0..units).map(|unit| [None, Some(2), Some(3)][unit % 3]).collect();
    (outcomes, first)
}

#[test]
fn two_groups_and_two_periods_are_the_difference_of_mean_changes() {
    let outcomes = [vec![1.0, 4.0], vec![2.0, 6.0], vec![1.0, 2.0], vec![5.0, 5.0]];
    let found = fit(&outcomes, &[Some(1), Some(1), None, Some(2)]).unwrap();
    assert_eq!(found.effects.len(), 1);
    let effect = found.effects[0].effect;
    assert!((effect.estimate - 3.0).abs() < 1e-14);
    // Changes 3 and 4, 1 and 0: the variance of each mean is 2 × 0.5² / 2² with divisor n.
    assert!((effect.standard_error - 0.25_f64.sqrt()).abs() < 1e-14);
    for by in EVERY {
        assert!((found.average(by).unwrap().overall.estimate - 3.0).abs() < 1e-14);
        assert!((found.average(by).unwrap().overall.standard_error - effect.standard_error).abs() < 1e-14);
    }
    assert_eq!(found.pre_trend().unwrap(), None);
}

#[test]
fn one_period_before_treatment_is_tested_by_its_square() {
    let (outcomes, _) = panel(12, 3);
    let first: Vec<Option<usize>> = (0..12).map(|unit| (unit % 2 == 0).then_some(2)).collect();
    let found = fit(&outcomes, &first).unwrap();
    let test = found.pre_trend().unwrap().unwrap();
    let before = found.effects[0].effect;
    assert_eq!((found.effects[0].period, test.estimates), (1, 1));
    assert!((test.wald - before.z * before.z).abs() < 1e-10);
    assert!((test.p - before.p).abs() < 1e-10);
    assert!(test.p_few_units > test.p);
}

#[test]
fn says_who_cannot_be_compared() {
    let (outcomes, _) = panel(6, 4);
    let first = [Some(0), Some(2), Some(2), Some(3), Some(3), Some(3)];
    let found = fit(&outcomes, &first).unwrap();
    assert_eq!(found.always_treated, 1);
    // Group 3 has nobody to compare with once group 2 is treated, and group 2 nobody once group 3 is.
    assert_eq!(found.without_controls, [(2, 3), (3, 2), (3, 3)]);
    let panel = Panel { outcomes: &outcomes, first_treated: &first, covariates: &[] };
    let none = group_time_effects(panel, Controls::NeverTreated, Adjustment::default(), Level::NINETY_FIVE);
    assert_eq!(none.unwrap_err(), StatsError::NoUnits { what: "never treated" });
    assert!(matches!(fit(&outcomes, &[None; 6]), Err(StatsError::NoUnits { .. })));
    assert!(matches!(fit(&outcomes[..5], &first), Err(StatsError::Length { .. })));
    assert!(matches!(fit(&[vec![1.0, f64::NAN], vec![1.0, 2.0]], &[None, Some(1)]), Err(StatsError::NotFinite { .. })));
}

#[test]
fn a_covariate_that_tells_the_arms_apart_is_refused_where_odds_are_needed() {
    let (outcomes, _) = panel(8, 2);
    let first: Vec<Option<usize>> = (0..8).map(|unit| (unit < 4).then_some(1)).collect();
    let covariate = vec![(0..8).map(f64::from).collect::<Vec<f64>>()];
    let panel = Panel { outcomes: &outcomes, first_treated: &first, covariates: &covariate };
    let by = |adjustment| group_time_effects(panel, Controls::NeverTreated, adjustment, Level::NINETY_FIVE);
    assert!(by(Adjustment::Regression).is_ok());
    assert!(matches!(by(Adjustment::Weighting), Err(StatsError::NotConverged { .. })));
    assert!(matches!(by(Adjustment::DoublyRobust), Err(StatsError::NotConverged { .. })));
    let constant = [vec![2.0; 8]];
    let panel = Panel { covariates: &constant, ..panel };
    let refused = group_time_effects(panel, Controls::NeverTreated, Adjustment::Regression, Level::NINETY_FIVE);
    assert_eq!(refused.unwrap_err(), StatsError::Collinear { column: 1, name: "covariate 0".to_owned() });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn unit_levels_and_common_shocks_change_nothing_and_an_effect_is_found(
        levels in prop::collection::vec(-10.0..10.0_f64, 12),
        shocks in prop::collection::vec(-10.0..10.0_f64, 5),
        effect in -5.0..5.0_f64,
    ) {
        let (outcomes, first) = panel(12, 5);
        let plain = fit(&outcomes, &first).unwrap();
        let mut moved = outcomes.clone();
        for (unit, row) in moved.iter_mut().enumerate() {
            for (period, value) in row.iter_mut().enumerate() {
                let is_treated = first[unit].is_some_and(|start| period >= start);
                *value += levels[unit] + shocks[period] + if is_treated { effect } else { 0.0 };
            }
        }
        let found = fit(&moved, &first).unwrap();
        for by in EVERY {
            let (before, after) = (plain.average(by).unwrap().overall, found.average(by).unwrap().overall);
            prop_assert!((after.estimate - before.estimate - effect).abs() < 1e-9);
            prop_assert!((after.standard_error - before.standard_error).abs() < 1e-9);
        }
    }
}
