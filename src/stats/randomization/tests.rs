use super::*;
use crate::stats::{Covariance, Lottery, Unit, UnitRows, Variant, ancova, welch};
use proptest::prelude::*;

fn lottery(sizes: &[usize]) -> Lottery {
    let members = sizes.iter().enumerate().flat_map(|(stratum, size)| (0..*size).map(move |unit| (stratum, unit)));
    let units = members.map(|(stratum, unit)| Unit { stratum: format!("s{stratum}"), id: format!("{stratum}-{unit}") });
    let variants = ["control", "treatment"].map(|name| Variant { name: name.to_owned(), weight: 1 });
    Lottery::new(units.collect(), variants.to_vec()).unwrap()
}

fn options() -> RandomizationOptions {
    RandomizationOptions::with_seed([1; 32])
}

fn rows<'a>(outcome: &'a [f64], arms: &'a [usize], covariates: &'a [Vec<f64>]) -> LotteryRows<'a> {
    LotteryRows { outcome, arms, covariates, known: &[] }
}

#[test]
fn three_against_three_cannot_reach_five_per_cent() {
    let outcome = [10.0, 11.0, 12.0, 1.0, 2.0, 3.0];
    let arms = [1, 1, 1, 0, 0, 0];
    let test = randomization_test(&lottery(&[6]), rows(&outcome, &arms, &[]), Statistic::DifferenceInMeans, options())
        .unwrap();
    assert_eq!((test.at_least, test.reference), (2, ReferenceSet::Exact { assignments: 20 }));
    assert_eq!((test.p, test.estimate, test.interval), (0.1, 9.0, None));
    let level = Level::new(0.9).unwrap();
    let wider = RandomizationOptions { level, ..options() };
    let test =
        randomization_test(&lottery(&[6]), rows(&outcome, &arms, &[]), Statistic::DifferenceInMeans, wider).unwrap();
    // p is 0.1, which rejects, while all treated lie above or below all control: from 10 − 3 to 12 − 1.
    let interval = test.interval.unwrap();
    assert!((interval.low - 7.0).abs() < 1e-7 && (interval.high - 11.0).abs() < 1e-7, "{interval:?}");
}

#[test]
fn studentised_statistic_and_estimate_are_those_of_the_textbook() {
    let outcome = [3.0, 1.0, 4.0, 1.5, 5.0, 2.5, 3.2, 0.3];
    let arms = [1, 0, 1, 0, 1, 0, 1, 0];
    let plain =
        randomization_test(&lottery(&[8]), rows(&outcome, &arms, &[]), Statistic::default(), options()).unwrap();
    let welch = welch(&[3.0, 4.0, 5.0, 3.2], &[1.0, 1.5, 2.5, 0.3], Level::NINETY_FIVE).unwrap();
    assert!((plain.statistic - welch.t).abs() < 1e-12 && (plain.estimate - welch.estimate).abs() < 1e-12);
    let covariates = [vec![1.0, 0.0, 3.0, 1.0, 2.0, 2.0, 1.5, 0.5]];
    let test = randomization_test(&lottery(&[8]), rows(&outcome, &arms, &covariates), Statistic::default(), options())
        .unwrap();
    let treated = arms.map(|arm| arm == 1);
    let units = UnitRows { outcome: &outcome, treated: &treated, covariates: &covariates, strata: &[] };
    let effect = ancova(units, Covariance::Hc3, Level::NINETY_FIVE).unwrap();
    assert!((test.estimate - effect.estimate).abs() < 1e-12);
    assert!(test.interval.unwrap().contains(effect.estimate));
}

#[test]
fn draws_replace_the_enumeration_beyond_the_limit() {
    let outcome: Vec<f64> = (0..16).map(|unit| f64::from(unit * 7 % 16) + f64::from(unit % 2)).collect();
    let arms: Vec<usize> = (0..16).map(|unit| unit % 2).collect();
    let lottery = lottery(&[16]);
    let exact = randomization_test(&lottery, rows(&outcome, &arms, &[]), Statistic::default(), options()).unwrap();
    let few = RandomizationOptions { exact_limit: 1000, draws: 20_000, ..options() };
    let drawn = randomization_test(&lottery, rows(&outcome, &arms, &[]), Statistic::default(), few).unwrap();
    assert_eq!(exact.reference, ReferenceSet::Exact { assignments: 12_870 });
    assert_eq!(drawn.reference, ReferenceSet::MonteCarlo { draws: 20_000 });
    assert!((exact.p - drawn.p).abs() < 4.0 * (0.25_f64 / 20_000.0).sqrt(), "{} and {}", exact.p, drawn.p);
    let again = randomization_test(&lottery, rows(&outcome, &arms, &[]), Statistic::default(), few).unwrap();
    assert_eq!(again, drawn);
}

#[test]
fn refuses_what_it_cannot_test() {
    let lottery = lottery(&[4]);
    let test = |outcome: &[f64], arms: &[usize], covariates: &[Vec<f64>]| {
        randomization_test(&lottery, rows(outcome, arms, covariates), Statistic::default(), options()).unwrap_err()
    };
    assert!(matches!(test(&[1.0, 2.0, 3.0, 4.0], &[1, 1, 1, 0], &[]), StatsError::NotDrawable { .. }));
    assert!(matches!(test(&[1.0, 2.0, 3.0], &[1, 1, 0, 0], &[]), StatsError::Length { .. }));
    assert!(matches!(test(&[1.0, 2.0, 3.0, f64::NAN], &[1, 1, 0, 0], &[]), StatsError::NotFinite { index: 3, .. }));
    assert!(matches!(test(&[2.0; 4], &[1, 1, 0, 0], &[]), StatsError::NoVariation { .. }));
    assert!(matches!(test(&[1.0, 1.0, 0.0, 0.0], &[1, 1, 0, 0], &[]), StatsError::NoVariation { .. }));
    let same_as_treatment = [vec![5.0, 5.0, 2.0, 2.0]];
    assert!(matches!(test(&[1.0, 2.0, 3.0, 4.0], &[1, 1, 0, 0], &same_as_treatment), StatsError::Collinear { .. }));
}

proptest! {
    #[test]
    fn a_shift_of_the_treated_moves_the_interval(
        outcome in prop::collection::vec(0.0..10.0_f64, 10),
        shift in -50.0..50.0_f64,
    ) {
        let arms = [1, 0, 1, 0, 1, 0, 1, 1, 0, 0];
        let lottery = lottery(&[6, 4]);
        let moved: Vec<f64> = outcome.iter().zip(arms).map(|(y, arm)| if arm == 1 { y + shift } else { *y }).collect();
        for statistic in [Statistic::DifferenceInMeans, Statistic::StudentisedResidual] {
            let before = randomization_test(&lottery, rows(&outcome, &arms, &[]), statistic, options()).unwrap();
            let after = randomization_test(&lottery, rows(&moved, &arms, &[]), statistic, options()).unwrap();
            prop_assert!((after.estimate - before.estimate - shift).abs() < 1e-9);
            let (before, after) = (before.interval.unwrap(), after.interval.unwrap());
            prop_assert!((after.low - before.low - shift).abs() < 1e-6 && (after.high - before.high - shift).abs() < 1e-6);
        }
    }

    #[test]
    fn an_effect_is_rejected_exactly_outside_the_interval(
        outcome in prop::collection::vec(0.0..10.0_f64, 10),
        effect in -10.0..10.0_f64,
    ) {
        let arms = [1, 0, 1, 0, 1, 0, 1, 1, 0, 0];
        let lottery = lottery(&[6, 4]);
        let test = randomization_test(&lottery, rows(&outcome, &arms, &[]), Statistic::DifferenceInMeans, options()).unwrap();
        let without: Vec<f64> = outcome.iter().zip(arms).map(|(y, arm)| if arm == 1 { y - effect } else { *y }).collect();
        let null = randomization_test(&lottery, rows(&without, &arms, &[]), Statistic::DifferenceInMeans, options()).unwrap();
        prop_assert_eq!(null.p > 0.05, test.interval.unwrap().contains(effect));
    }
}
