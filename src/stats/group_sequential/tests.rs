use super::*;
use proptest::prelude::*;
use rand::rngs::ChaCha20Rng;
use rand::{RngExt, SeedableRng};

const FIVE: [f64; 5] = [0.2, 0.4, 0.6, 0.8, 1.0];

#[test]
fn one_look_is_the_ordinary_test() {
    let looks = spending_boundaries(&[1.0], Spending::Pocock, 0.025, Sides::Both).unwrap();
    assert!((looks[0].z - 1.959_963_984_540_054).abs() < 1e-12, "{looks:?}");
    let inflation = inflation(&looks, 0.8).unwrap();
    assert!((inflation.factor - 1.0).abs() < 1e-12 && (inflation.expected_under_none - 1.0).abs() < 1e-12);
}

#[test]
fn earlier_boundaries_do_not_depend_on_later_looks() {
    let all = spending_boundaries(&FIVE, Spending::Power(2.0), 0.025, Sides::Upper).unwrap();
    for seen in 1..5 {
        let first = spending_boundaries(&FIVE[..seen], Spending::Power(2.0), 0.025, Sides::Upper).unwrap();
        for (left, right) in first.iter().zip(&all) {
            assert!((left.z - right.z).abs() < 1e-11);
        }
    }
}

#[test]
fn refuses_plans_that_are_none() {
    let of = |information: &[f64], spending, alpha| spending_boundaries(information, spending, alpha, Sides::Upper);
    assert!(matches!(of(&[], Spending::Pocock, 0.05), Err(StatsError::TooFew { .. })));
    for bad in [&[0.0, 1.0][..], &[0.5, 0.5], &[0.5, 1.1], &[f64::NAN]] {
        assert!(matches!(of(bad, Spending::Pocock, 0.05), Err(StatsError::OutOfRange { .. })));
    }
    for alpha in [0.0, 0.5, f64::NAN] {
        assert!(of(&FIVE, Spending::Pocock, alpha).is_err());
    }
    assert!(of(&FIVE, Spending::Power(0.0), 0.05).is_err());
    assert!(of(&FIVE, Spending::HwangShihDeCani(1e4), 0.05).is_err());
    // Three standard errors at four looks spend more than 0.1 %.
    assert!(shaped_boundaries(&FIVE, BoundaryShape::HaybittlePeto(3.0), 0.001, Sides::Upper).is_err());
    let looks = of(&FIVE, Spending::Pocock, 0.05).unwrap();
    assert!(inflation(&looks, 0.05).is_err() && sequential_power(&[], 1.0).is_err());
    assert!(futility_boundaries(&looks[..3], Spending::Pocock, 0.2).is_err());
    assert!(futility_boundaries(&looks, Spending::Pocock, 1.0).is_err());
    assert!(z_of_t(1.0, 0.0).is_err() && z_of_t(f64::NAN, 3.0).is_err());
}

#[test]
fn first_looks_that_spend_next_to_nothing_stay_finite() {
    let looks = spending_boundaries(&[1e-3, 0.5, 1.0], Spending::OBrienFleming, 0.025, Sides::Both).unwrap();
    let without = spending_boundaries(&[0.5, 1.0], Spending::OBrienFleming, 0.025, Sides::Both).unwrap();
    assert!(looks[0].z > 30.0 && looks[0].z.is_finite());
    assert!((looks[2].z - without[1].z).abs() < 1e-9, "{looks:?} {without:?}");
}

/// Twelve looks at two groups of five units: t as z rejects far too often, mapped it keeps its rate.
#[test]
fn t_mapped_to_z_keeps_the_error_rate() {
    let information: Vec<f64> = (1..=12).map(|week| f64::from(week) / 12.0).collect();
    let looks = spending_boundaries(&information, Spending::OBrienFleming, 0.025, Sides::Both).unwrap();
    // The t at which the mapped z reaches the boundary, found once.
    let needed: Vec<f64> = looks.iter().map(|look| bisect(0.0, 1e6, |t| z_of_t(t, 8.0).unwrap() < look.z)).collect();
    let mut rng = ChaCha20Rng::from_seed([6; 32]);
    let mut uniform = || (0..12).map(|_| rng.random::<f64>()).sum::<f64>() - 6.0;
    let (mut plain, mut mapped, trials) = (0, 0, 1500);
    let moments = |sums: &[f64]| {
        let mean = sums.iter().sum::<f64>() / 5.0;
        (mean, sums.iter().map(|sum| (sum - mean).powi(2)).sum::<f64>())
    };
    for _ in 0..trials {
        let mut sums = [0.0_f64; 10];
        let (mut plain_now, mut mapped_now) = (false, false);
        for (week, look) in looks.iter().enumerate() {
            sums.iter_mut().for_each(|sum| *sum += uniform());
            let ((treated, within), (control, also_within)) = (moments(&sums[..5]), moments(&sums[5..]));
            // Pooled over 8 degrees of freedom, with 1/5 + 1/5.
            let t = (treated - control) / ((within + also_within) / 8.0 * 0.4).sqrt();
            plain_now |= t.abs() >= look.z;
            mapped_now |= t.abs() >= needed[week];
        }
        plain += usize::from(plain_now);
        mapped += usize::from(mapped_now);
    }
    let rate = |count: usize| count as f64 / f64::from(trials);
    assert!((0.03..0.075).contains(&rate(mapped)), "{mapped}");
    assert!(rate(plain) > 0.085, "{plain}");
}

#[test]
fn an_error_rate_spent_by_another_clock_gives_the_same_boundaries_where_the_clocks_agree() {
    let information = [0.3, 0.55, 1.0];
    let by_function = spending_boundaries(&information, Spending::Pocock, 0.025, Sides::Both).unwrap();
    let spent: Vec<f64> = by_function.iter().map(|look| look.spent).collect();
    assert_eq!(spent_boundaries(&information, &spent, Sides::Both).unwrap(), by_function);
    // Looks tied closer together leave more for the last one.
    let tied = spent_boundaries(&[0.7, 0.85, 1.0], &spent, Sides::Both).unwrap();
    assert!(tied[0].z == by_function[0].z && tied[2].z < by_function[2].z, "{tied:?}");
    // Nothing freed, nothing rejected.
    let none = spent_boundaries(&[0.5, 0.75, 1.0], &[0.01, 0.01, 0.025], Sides::Both).unwrap();
    assert!(none[1].z > 20.0 && none[2].z < 2.5, "{none:?}");
    assert!(spent_boundaries(&[0.5, 1.0], &[0.02, 0.01], Sides::Both).is_err());
    assert!(spent_boundaries(&[0.5, 1.0], &[0.02], Sides::Both).is_err());
}

#[test]
fn z_of_p_is_the_quantile_of_both_tails() {
    assert!((z_of_p(0.05).unwrap() - 1.959_963_984_540_054).abs() < 1e-12);
    assert!(z_of_p(1.0).unwrap() == 0.0 && z_of_p(0.0).unwrap() > 37.0);
    assert!(z_of_p(-0.1).is_err() && z_of_p(f64::NAN).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4))]
    #[test]
    fn boundaries_spend_what_they_were_given(
        first in 0.05..0.3_f64,
        second in 0.35..0.9_f64,
        rho in 0.5..4.0_f64,
        gamma in -5.0..5.0_f64,
    ) {
        for spending in [Spending::Power(rho), Spending::HwangShihDeCani(gamma)] {
            let looks = spending_boundaries(&[first, second, 1.0], spending, 0.05, Sides::Upper).unwrap();
            let found = sequential_power(&looks, 0.0).unwrap();
            for (look, rejected) in looks.iter().zip(&found.rejected) {
                prop_assert!((look.spent - rejected).abs() < 1e-11);
            }
            prop_assert!(looks[2].spent == 0.05 && inflation(&looks, 0.9).unwrap().factor > 1.0);
        }
    }

    #[test]
    fn z_has_the_p_of_t(t in -6.0..6.0_f64, df in 1.0..200.0_f64) {
        let z = z_of_t(t, df).unwrap();
        prop_assert!((normal_upper_tail(z) - student_t_upper_tail(t, df)).abs() < 1e-12 && z.abs() <= t.abs());
    }
}
