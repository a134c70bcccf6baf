use super::*;
use crate::stats::{
    Level, PanelRows, RandomizationOptions, ReferenceSet, Statistic, panel_randomization_test, randomization_test,
};
use crate::stats::{LotteryRows, UnitRows};
use proptest::prelude::*;

fn units(count: usize) -> Vec<Unit> {
    (0..count).map(|unit| Unit { stratum: String::new(), id: format!("u{unit:02}") }).collect()
}

fn lottery(count: usize) -> Lottery {
    let variants = ["control", "treatment"].map(|name| Variant { name: name.to_owned(), weight: 1 });
    Lottery::new(units(count), variants.to_vec()).unwrap()
}

fn options() -> RandomizationOptions {
    RandomizationOptions::with_seed([1; 32])
}

#[test]
fn rerandomized_draws_are_uniform_over_what_is_accepted() {
    let covariates = [vec![1.0, 2.0, 4.0, 7.0, 3.0, 9.0], vec![0.0, 1.0, 0.0, 2.0, 5.0, 1.0]];
    let balance = Balance::new(&covariates).unwrap();
    let rerandomized = Rerandomized::new(lottery(6), balance.clone(), 2.0).unwrap();
    let mut accepted = Vec::new();
    rerandomized.visit(100, &mut |arms| accepted.push((arms.to_vec(), 0_u32))).unwrap();
    assert_eq!(accepted.len() as u64, rerandomized.accepted_count(100).unwrap());
    assert!(accepted.len() > 4 && accepted.len() < 20, "{}", accepted.len());
    let mut rng = ChaCha20Rng::from_seed([9; 32]);
    for _ in 0..2000 {
        let arms = rerandomized.redraw(&mut rng).unwrap();
        assert!(balance.distance(&arms).unwrap() <= 2.0 + 1e-8 && rerandomized.check(&arms).is_ok());
        accepted.iter_mut().find(|(it, _)| *it == arms).unwrap().1 += 1;
    }
    let expected = 2000.0 / accepted.len() as f64;
    let chi_square: f64 = accepted.iter().map(|(_, count)| (f64::from(*count) - expected).powi(2) / expected).sum();
    assert!(chi_square < accepted.len() as f64 + 6.0 * (2.0 * accepted.len() as f64).sqrt(), "{chi_square}");
    assert_eq!(rerandomized.assign([5; 32]).unwrap(), rerandomized.assign([5; 32]).unwrap());
}

#[test]
fn rerandomization_refuses_what_it_cannot_draw() {
    let balance = Balance::new(&[vec![1.0, 2.0, 3.0, 50.0]]).unwrap();
    let strict = Rerandomized::new(lottery(4), balance.clone(), 1e-9).unwrap();
    assert!(matches!(strict.check(&[1, 1, 0, 0]), Err(StatsError::NotDrawable { .. })));
    assert_eq!(strict.accepted_count(100).unwrap(), 0);
    assert!(Rerandomized::new(lottery(6), balance.clone(), 1.0).is_err());
    assert!(Rerandomized::new(lottery(4), balance, 0.0).is_err());
    assert!(matches!(Balance::new(&[vec![1.0; 5]]), Err(StatsError::Collinear { .. })));
    assert!(matches!(Balance::new(&[]), Err(StatsError::TooFew { .. })));
    assert!(distance_bound(0, 0.1).is_err() && distance_bound(1, 1.0).is_err());
    // With two degrees of freedom χ² is exponential: −2 ln(1 − 0.2).
    assert!((distance_bound(2, 0.2).unwrap() + 2.0 * 0.8_f64.ln()).abs() < 1e-12);
}

#[test]
fn pairs_are_the_close_ones() {
    let ids = ["d", "a", "c", "b", "e"].map(str::to_owned).to_vec();
    let size = vec![10.0, 1.0, 11.0, 1.5, 30.0];
    // e is farther from a and b than from c and d.
    assert_eq!(
        form_pairs(&ids, std::slice::from_ref(&size)).unwrap(),
        ["pair 2", "pair 1", "pair 2", "pair 1", "pair 2"]
    );
    let even = form_pairs(&ids[..4], &[size[..4].to_vec()]).unwrap();
    assert_eq!(even, ["pair 2", "pair 1", "pair 2", "pair 1"]);
    // The closest two first would leave 1 with 9: exchanged, they are 1 with 4.4 and 5 with 9.
    let line = form_pairs(&ids[..4], &[vec![1.0, 4.4, 5.0, 9.0]]).unwrap();
    assert_eq!(line, ["pair 1", "pair 1", "pair 2", "pair 2"]);
    assert!(form_pairs(&ids, &[vec![1.0; 4]]).is_err());
    assert!(form_pairs(&["a".to_owned(), "a".to_owned(), "b".to_owned()], &[vec![1.0, 2.0, 4.0]]).is_err());
}

#[test]
fn a_wedge_steps_and_a_switchback_is_balanced() {
    let wedge = Sequences::stepped_wedge(units(6), 3).unwrap();
    assert_eq!(
        wedge.schedules(),
        [vec![false, true, true, true], vec![false, false, true, true], vec![false, false, false, true]]
    );
    assert_eq!(wedge.lottery().assignments_count(), 90);
    assert!(Sequences::stepped_wedge(units(6), 1).is_err());
    let same = vec![("a".to_owned(), vec![true]), ("b".to_owned(), vec![true])];
    assert!(matches!(Sequences::new(units(4), same), Err(StatsError::NoVariation { .. })));

    let systems = ["ci", "deploy"].map(str::to_owned);
    let lottery = switchback(&systems, 10, 2).unwrap();
    assert_eq!((lottery.units().len(), lottery.assignments_count()), (20, 1024));
    let arms = lottery.assign([3; 32]);
    assert!(arms.chunks(2).all(|pair| pair[0] + pair[1] == 1));
    assert_eq!(lottery.units()[9].id, "ci 10");
    assert!(switchback(&systems, 1, 2).is_err() && switchback(&systems, 4, 1).is_err());
}

#[test]
fn a_crossover_is_a_test_of_differences_within_units() {
    let sequences = Sequences::crossover(units(8)).unwrap();
    let arms = sequences.lottery().assign([2; 32]);
    let outcome: Vec<Vec<f64>> =
        (0..8).map(|unit| vec![f64::from(unit * 5 % 7), f64::from(unit * 3 % 8) + 0.5]).collect();
    let rows = PanelRows { outcome: &outcome, arms: &arms, unit_effects: true, known: &[] };
    let panel = panel_randomization_test(&sequences, rows, options()).unwrap();
    // By hand: half the difference between the arms of first minus second period; sequence 0 is treated first.
    let differences: Vec<f64> = outcome.iter().map(|periods| (periods[0] - periods[1]) / 2.0).collect();
    let first: Vec<usize> = arms.iter().map(|arm| 1 - arm).collect();
    let plain = LotteryRows { outcome: &differences, arms: &first, covariates: &[], known: &[] };
    let plain = randomization_test(&lottery(8), plain, Statistic::DifferenceInMeans, options()).unwrap();
    assert!((panel.estimate - plain.estimate).abs() < 1e-12);
    assert_eq!((panel.at_least, panel.reference), (plain.at_least, ReferenceSet::Exact { assignments: 70 }));
    let (whole, of_differences) = (panel.interval.unwrap(), plain.interval.unwrap());
    assert!((whole.low - of_differences.low).abs() < 1e-7 && (whole.high - of_differences.high).abs() < 1e-7);
    // With an unknown unit, whose outcome is not looked at, both compare the others and redraw all.
    let known: Vec<bool> = (0..8).map(|unit| unit != 2).collect();
    let mut partly = outcome.clone();
    partly[2] = Vec::new();
    let rows = PanelRows { outcome: &partly, arms: &arms, unit_effects: true, known: &known };
    let panel = panel_randomization_test(&sequences, rows, options()).unwrap();
    let rows = LotteryRows { outcome: &differences, arms: &first, covariates: &[], known: &known };
    let plain = randomization_test(&lottery(8), rows, Statistic::DifferenceInMeans, options()).unwrap();
    assert!((panel.estimate - plain.estimate).abs() < 1e-12 && panel.n == 14);
    assert_eq!(panel.at_least, plain.at_least);
}

#[test]
fn the_statistic_of_a_wedge_is_the_coefficient_of_least_squares() {
    let wedge = Sequences::stepped_wedge(units(6), 3).unwrap();
    let arms = wedge.lottery().assign([8; 32]);
    let outcome: Vec<Vec<f64>> =
        (0..6).map(|unit| (0..4).map(|period| f64::from((unit * 13 + period * 7) % 11)).collect()).collect();
    let cells: Vec<(usize, usize)> = (0..6).flat_map(|unit| (0..4).map(move |period| (unit, period))).collect();
    let treated: Vec<bool> = cells.iter().map(|(unit, period)| wedge.schedules()[arms[*unit]][*period]).collect();
    let flat: Vec<f64> = outcome.concat();
    let column = |is_set: &dyn Fn(usize, usize) -> bool| -> Vec<f64> {
        cells.iter().map(|(unit, period)| f64::from(u8::from(is_set(*unit, *period)))).collect()
    };
    for unit_effects in [false, true] {
        let mut covariates: Vec<Vec<f64>> = (1..4).map(|period| column(&|_, it| it == period)).collect();
        if unit_effects {
            covariates.extend((1..6).map(|unit| column(&|it, _| it == unit)));
        }
        let rows = UnitRows { outcome: &flat, treated: &treated, covariates: &covariates, strata: &[] };
        let expected =
            crate::stats::ancova(rows, crate::stats::Covariance::Classical, Level::NINETY_FIVE).unwrap().estimate;
        let rows = PanelRows { outcome: &outcome, arms: &arms, unit_effects, known: &[] };
        let test = panel_randomization_test(&wedge, rows, options()).unwrap();
        assert!((test.estimate - expected).abs() < 1e-10, "{} is not {expected}", test.estimate);
        assert_eq!(test.reference, ReferenceSet::Exact { assignments: 90 });
    }
}

#[test]
fn panels_that_cannot_be_tested_are_refused() {
    let wedge = Sequences::stepped_wedge(units(6), 3).unwrap();
    let arms = wedge.lottery().assign([8; 32]);
    let test = |outcome: &[Vec<f64>], arms: &[usize]| {
        panel_randomization_test(&wedge, PanelRows { outcome, arms, unit_effects: false, known: &[] }, options())
            .unwrap_err()
    };
    assert!(matches!(test(&vec![vec![1.0; 4]; 6], &arms), StatsError::NoVariation { .. }));
    assert!(matches!(test(&vec![vec![1.0; 3]; 6], &arms), StatsError::Length { .. }));
    assert!(matches!(test(&vec![vec![1.0; 4]; 5], &arms), StatsError::Length { .. }));
    let mut outcome = vec![vec![1.0; 4]; 6];
    outcome[2][1] = f64::NAN;
    assert!(matches!(test(&outcome, &arms), StatsError::NotFinite { .. }));
    outcome[2][1] = 1e300;
    assert!(matches!(test(&outcome, &arms), StatsError::Overflow { .. }));
    outcome[2][1] = 2.0;
    assert!(matches!(test(&outcome, &[0; 6]), StatsError::NotDrawable { .. }));
}

/// Where the covariate drives the outcome, redrawing without the acceptance rule is far too cautious.
#[test]
fn a_test_that_redraws_by_the_rule_has_its_size() {
    let covariate: Vec<f64> = (0..10).map(|unit| f64::from(unit * unit % 17)).collect();
    let balance = Balance::new(std::slice::from_ref(&covariate)).unwrap();
    let rerandomized = Rerandomized::new(lottery(10), balance, 0.1).unwrap();
    let (mut by_rule, mut without_rule, runs) = (0, 0, 120_u8);
    for seed in 0..runs {
        let arms = rerandomized.assign([seed; 32]).unwrap();
        let noise = |unit: usize| (unit as f64 * 12.9898 + f64::from(seed)).sin();
        let outcome: Vec<f64> = covariate.iter().enumerate().map(|(unit, x)| x + noise(unit)).collect();
        let rows = LotteryRows { outcome: &outcome, arms: &arms, covariates: &[], known: &[] };
        let plain = Statistic::DifferenceInMeans;
        by_rule += u32::from(randomization_test(&rerandomized, rows, plain, options()).unwrap().p <= 0.2);
        without_rule += u32::from(randomization_test(&lottery(10), rows, plain, options()).unwrap().p <= 0.2);
    }
    assert!((12..=36).contains(&by_rule), "{by_rule} of {runs}");
    assert!(without_rule <= 3, "{without_rule} of {runs}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]
    #[test]
    fn the_distance_does_not_depend_on_the_units_of_measure(
        left in prop::collection::vec(-5.0..5.0_f64, 6),
        right in prop::collection::vec(-5.0..5.0_f64, 6),
        scale in 0.1..10.0_f64,
    ) {
        let arms = [1, 0, 1, 1, 0, 0];
        let before = Balance::new(&[left.clone(), right.clone()]).unwrap().distance(&arms).unwrap();
        let mixed: Vec<f64> = left.iter().zip(&right).map(|(l, r)| scale * l + r - 3.0).collect();
        let after = Balance::new(&[right, mixed]).unwrap().distance(&arms).unwrap();
        prop_assert!((before - after).abs() < 1e-6 * before.max(1.0), "{before} and {after}");
    }

    #[test]
    fn a_shift_of_treated_cells_moves_the_interval(
        outcome in prop::collection::vec(prop::collection::vec(0.0..10.0_f64, 4), 6),
        shift in -5.0..5.0_f64,
    ) {
        let wedge = Sequences::stepped_wedge(units(6), 3).unwrap();
        let arms = wedge.lottery().assign([4; 32]);
        let mut moved = outcome.clone();
        for (unit, periods) in moved.iter_mut().enumerate() {
            for (period, value) in periods.iter_mut().enumerate() {
                *value += if wedge.schedules()[arms[unit]][period] { shift } else { 0.0 };
            }
        }
        let of = |outcome: &[Vec<f64>]| {
            let rows = PanelRows { outcome, arms: &arms, unit_effects: true, known: &[] };
            let level = Level::new(0.8).unwrap();
            panel_randomization_test(&wedge, rows, RandomizationOptions { level, ..options() }).unwrap()
        };
        let (before, after) = (of(&outcome), of(&moved));
        prop_assert!((after.estimate - before.estimate - shift).abs() < 1e-9);
        if let (Some(before), Some(after)) = (before.interval, after.interval) {
            prop_assert!((after.low - before.low - shift).abs() < 1e-6 && (after.high - before.high - shift).abs() < 1e-6);
        }
    }
}
