use super::*;
use crate::stats::icc::one_way;
use crate::stats::welch;
use proptest::prelude::*;

const GROUPS: [usize; 12] = [1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4];
const OUTCOME: [f64; 12] = [3.1, 4.0, 5.2, 1.0, 2.4, 1.1, 6.0, 7.7, 7.0, 2.9, 4.4, 3.0];
const TREATED: [f64; 12] = [1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0];

fn fit(outcome: &[f64], columns: &[Vec<f64>], groups: &[usize]) -> Result<MixedModel, StatsError> {
    mixed_model(GroupedRows { outcome, columns, groups }, None)
}

#[test]
fn in_balanced_groups_it_is_the_analysis_of_variance_and_the_test_of_group_means() {
    let model = fit(&OUTCOME, &[], &GROUPS).unwrap();
    let split = one_way(&OUTCOME, &GROUPS).unwrap();
    assert!((model.residual_variance - split.within).abs() < 1e-10);
    assert!((model.group_variance - (split.between - split.within) / 3.0).abs() < 1e-10);
    assert!((model.intraclass_correlation() - split.intraclass_correlation).abs() < 1e-10);
    let effect = welch(&[4.1, 6.9], &[1.5, 10.3 / 3.0], Level::NINETY_FIVE).unwrap();
    let model = fit(&OUTCOME, &[TREATED.to_vec()], &GROUPS).unwrap();
    for approximation in [Approximation::Satterthwaite, Approximation::KenwardRoger] {
        let found = model.coefficients(approximation, Level::NINETY_FIVE).unwrap()[1];
        assert!((found.estimate - effect.estimate).abs() < 1e-10);
        assert!((found.standard_error - effect.standard_error).abs() < 1e-9);
        assert!((found.degrees_of_freedom - 2.0).abs() < 1e-6, "{found:?}");
    }
}

#[test]
fn groups_that_do_not_differ_have_variance_zero_and_least_squares() {
    let outcome = [1.0, 2.0, 3.0, 1.1, 2.1, 3.1, 0.9, 1.9, 2.9, 1.0, 2.0, 3.0];
    let model = fit(&outcome, &[TREATED.to_vec()], &GROUPS).unwrap();
    assert_eq!(model.group_variance, 0.0);
    let refused = model.coefficients(Approximation::Satterthwaite, Level::NINETY_FIVE);
    assert!(matches!(refused, Err(StatsError::AtBoundary { .. })));
    let effect = model.coefficients(Approximation::KenwardRoger, Level::NINETY_FIVE).unwrap()[1];
    let student =
        crate::stats::student(&[1.0, 2.0, 3.0, 0.9, 1.9, 2.9], &[1.1, 2.1, 3.1, 1.0, 2.0, 3.0], Level::NINETY_FIVE);
    assert!((effect.estimate - student.unwrap().estimate).abs() < 1e-12);
    // Two groups an arm cannot carry more than two degrees of freedom.
    assert!((effect.degrees_of_freedom - 2.0).abs() < 1e-6, "{effect:?}");
}

#[test]
fn refuses_what_no_model_can_tell() {
    assert!(matches!(fit(&OUTCOME, &[], &[1; 12]), Err(StatsError::Indistinct { .. })));
    let single: Vec<usize> = (0..12).collect();
    assert!(matches!(fit(&OUTCOME, &[], &single), Err(StatsError::Indistinct { .. })));
    assert!(matches!(fit(&[2.0; 12], &[], &GROUPS), Err(StatsError::NoVariation { .. })));
    assert!(matches!(fit(&TREATED, &[TREATED.to_vec()], &GROUPS), Err(StatsError::NoVariation { .. })));
    let halves: Vec<usize> = (0..12).map(|row| row / 6).collect();
    let one_an_arm: Vec<f64> = halves.iter().map(|half| f64::from(u8::from(*half > 0))).collect();
    let refused = fit(&OUTCOME, &[one_an_arm], &halves);
    assert!(matches!(refused, Err(StatsError::TooFewGroups { groups: 2, coefficients: 2 })), "{refused:?}");
    let by_group: Vec<f64> = GROUPS.iter().map(|group| [0.0, 3.0, 1.0, 7.0, 2.0][*group]).collect();
    assert!(matches!(fit(&by_group, &[], &GROUPS), Err(StatsError::NoVariation { .. })));
    let twice = [TREATED.to_vec(), TREATED.to_vec()];
    assert!(matches!(fit(&OUTCOME, &twice, &GROUPS), Err(StatsError::Collinear { column: 2, .. })));
    assert!(matches!(fit(&OUTCOME, &[vec![1.0; 3]], &GROUPS), Err(StatsError::Length { .. })));
    let rows = GroupedRows { outcome: &OUTCOME, columns: &[], groups: &GROUPS };
    assert!(matches!(mixed_model(rows, Some(&GROUPS)), Err(StatsError::Indistinct { .. })));
    assert!(matches!(mixed_model(rows, Some(&single)), Err(StatsError::Indistinct { .. })));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]
    #[test]
    fn scale_shift_and_order_of_rows_do_what_they_should(
        noise in prop::collection::vec(-1.0..1.0_f64, 12),
        scale in 0.01..100.0_f64,
        shift in -1e6..1e6_f64,
    ) {
        let outcome: Vec<f64> = OUTCOME.iter().zip(&noise).map(|(value, noise)| value + noise).collect();
        let columns = [TREATED.to_vec()];
        let of = |outcome: &[f64], groups: &[usize], columns: &[Vec<f64>]| {
            let model = fit(outcome, columns, groups).unwrap();
            model.coefficients(Approximation::KenwardRoger, Level::NINETY_FIVE).unwrap()[1]
        };
        let before = of(&outcome, &GROUPS, &columns);
        let moved: Vec<f64> = outcome.iter().map(|value| value * scale + shift).collect();
        let after = of(&moved, &GROUPS, &columns);
        prop_assert!((after.t - before.t).abs() < 1e-8 * before.t.abs().max(1.0));
        prop_assert!((after.standard_error - scale * before.standard_error).abs() < 1e-8 * after.standard_error);
        let order = [7, 2, 11, 0, 5, 9, 1, 10, 3, 6, 4, 8];
        let pick = |values: &[f64]| order.iter().map(|row| values[*row]).collect::<Vec<_>>();
        let groups: Vec<usize> = order.iter().map(|row| GROUPS[*row]).collect();
        let shuffled = of(&pick(&outcome), &groups, &[pick(&TREATED)]);
        prop_assert!((shuffled.t - before.t).abs() < 1e-9 * before.t.abs().max(1.0));
    }
}
