use super::*;
use crate::stats::Covariance;
use crate::stats::{UnitRows, ancova};
use proptest::prelude::*;

const GROUPS: [usize; 10] = [1, 1, 2, 2, 2, 3, 3, 4, 4, 4];
const TREATED: [f64; 10] = [1.0, 1.0, 0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0];
const COUNTS: [f64; 10] = [3.0, 5.0, 2.0, 1.0, 0.0, 6.0, 4.0, 3.0, 2.0, 2.0];

fn poisson(working: Working) -> GeeModel {
    GeeModel { family: Family::Poisson, working, divisor: Divisor::default() }
}

fn fit(outcome: &[f64], groups: &[usize], offset: &[f64], model: GeeModel) -> Result<Gee, StatsError> {
    gee(GroupedRows { outcome, columns: &[TREATED[..outcome.len()].to_vec()], groups }, offset, model)
}

#[test]
fn counts_of_two_arms_are_the_log_ratio_of_their_rates() {
    let weeks: Vec<f64> = (1..=10).map(f64::from).collect();
    let offset: Vec<f64> = weeks.iter().map(|weeks| weeks.ln()).collect();
    let found = fit(&COUNTS, &GROUPS, &offset, poisson(Working::Independence)).unwrap();
    let control = 10.0_f64 / (3.0 + 4.0 + 5.0 + 8.0 + 9.0 + 10.0);
    let treated = 18.0_f64 / (1.0 + 2.0 + 6.0 + 7.0);
    assert!((found.coefficients[0] - control.ln()).abs() < 1e-12);
    assert!((found.coefficients[1] - (treated / control).ln()).abs() < 1e-12);
    let model_based = found.asymptotic(Sandwich::ModelBased, Level::NINETY_FIVE).unwrap()[1];
    assert!((model_based.standard_error - (1.0_f64 / 10.0 + 1.0 / 18.0).sqrt()).abs() < 1e-12);
}

#[test]
fn with_a_row_a_group_the_sandwiches_are_those_of_least_squares() {
    let groups: Vec<usize> = (0..10).collect();
    let found = fit(&COUNTS, &groups, &[], GeeModel::default()).unwrap();
    let treated: Vec<bool> = TREATED.iter().map(|treated| *treated > 0.0).collect();
    let rows = UnitRows { outcome: &COUNTS, treated: &treated, covariates: &[], strata: &[] };
    for (sandwich, covariance) in [
        (Sandwich::ModelBased, Covariance::Classical),
        (Sandwich::Robust, Covariance::Hc0),
        (Sandwich::Scaled, Covariance::Hc1),
        (Sandwich::BiasReduced, Covariance::Hc3),
    ] {
        let (effect, expected) = (
            found.effects(sandwich, Level::NINETY_FIVE).unwrap()[1],
            ancova(rows, covariance, Level::NINETY_FIVE).unwrap(),
        );
        assert!((effect.standard_error - expected.standard_error).abs() < 1e-12, "{sandwich:?}");
        assert!((effect.p - expected.p).abs() < 1e-12, "{sandwich:?}");
    }
}

#[test]
fn refuses_what_has_no_answer() {
    let independent = poisson(Working::Independence);
    assert!(matches!(fit(&[-1.0; 10], &GROUPS, &[], independent), Err(StatsError::Negative { .. })));
    assert!(matches!(fit(&[0.0; 10], &GROUPS, &[], independent), Err(StatsError::NoVariation { .. })));
    let none_treated: Vec<f64> = COUNTS.iter().zip(TREATED).map(|(count, treated)| count * (1.0 - treated)).collect();
    let refused = fit(&none_treated, &GROUPS, &[], independent);
    assert!(matches!(refused, Err(StatsError::NoEvents { row: 0 })), "{refused:?}");
    assert!(matches!(fit(&COUNTS, &[1; 10], &[], independent), Err(StatsError::TooFewGroups { .. })));
    assert!(matches!(fit(&COUNTS, &GROUPS, &[0.0], independent), Err(StatsError::Length { .. })));
    let single: Vec<usize> = (0..10).collect();
    assert!(matches!(fit(&COUNTS, &single, &[], poisson(Working::Exchangeable)), Err(StatsError::Indistinct { .. })));
    assert!(matches!(fit(&[2.0; 10], &GROUPS, &[], GeeModel::default()), Err(StatsError::NoVariation { .. })));
    // Group 1 alone is treated: without it there is no effect.
    let lone = [1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0];
    let rows = GroupedRows { outcome: &COUNTS, columns: &[lone.to_vec()], groups: &GROUPS };
    let found = gee(rows, &[], GeeModel::default()).unwrap();
    let refused = found.effects(Sandwich::BiasReduced, Level::NINETY_FIVE);
    assert_eq!(refused, Err(StatsError::GroupLeverage { group: 0 }));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]
    #[test]
    fn swapped_arms_and_reordered_rows_change_no_error(
        counts in prop::collection::vec(1_u8..30, 10),
        is_exchangeable in any::<bool>(),
    ) {
        let outcome: Vec<f64> = counts.iter().map(|count| f64::from(*count)).collect();
        let model = poisson(if is_exchangeable { Working::Exchangeable } else { Working::Independence });
        let of = |outcome: &[f64], treated: Vec<f64>, groups: &[usize]| {
            let found = gee(GroupedRows { outcome, columns: &[treated], groups }, &[], model);
            found.and_then(|found| found.asymptotic(Sandwich::BiasReduced, Level::NINETY_FIVE)).map(|found| found[1])
        };
        let swapped = TREATED.iter().map(|treated| 1.0 - treated).collect();
        let reversed = |values: &[f64]| values.iter().rev().copied().collect::<Vec<_>>();
        let groups: Vec<usize> = GROUPS.iter().rev().copied().collect();
        if let Ok(before) = of(&outcome, TREATED.to_vec(), &GROUPS) {
            let after = of(&outcome, swapped, &GROUPS).unwrap();
            prop_assert!((after.estimate + before.estimate).abs() < 1e-8);
            prop_assert!((after.standard_error - before.standard_error).abs() < 1e-8);
            let after = of(&reversed(&outcome), reversed(&TREATED), &groups).unwrap();
            prop_assert!((after.estimate - before.estimate).abs() < 1e-8);
            prop_assert!((after.standard_error - before.standard_error).abs() < 1e-8);
        }
    }
}
