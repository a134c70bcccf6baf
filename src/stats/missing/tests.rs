use super::*;
use proptest::prelude::*;
use rand::rngs::ChaCha20Rng;
use rand::{Rng, SeedableRng};

fn known(values: &[f64]) -> Vec<Option<f64>> {
    values.iter().copied().map(Some).collect()
}

const UNIT: Interval = Interval { low: 0.0, high: 1.0 };

#[test]
fn worst_cases_by_hand() {
    let treated = [Some(0.5), Some(1.0), None, Some(0.5)];
    let control = [Some(0.0), None, Some(0.5), Some(0.5)];
    let found =
        worst_case_bounds(PartlyObserved { treated: &treated, control: &control }, UNIT, Level::NINETY_FIVE).unwrap();
    assert!((found.low.estimate - (0.5 - 0.5)).abs() < 1e-14);
    assert!((found.high.estimate - (0.75 - 0.25)).abs() < 1e-14);
    assert_eq!((found.missing_treated, found.missing_control), (1, 1));
    assert!(found.interval().low < 0.0 && found.interval().high > 0.5);
    let outside = [Some(0.5), Some(1.5)];
    let rows = PartlyObserved { treated: &treated, control: &outside };
    let refused = worst_case_bounds(rows, UNIT, Level::NINETY_FIVE).unwrap_err();
    let expected = StatsError::OutOfBounds { what: "control outcome", index: 1, value: 1.5, low: 0.0, high: 1.0 };
    assert_eq!(refused, expected);
}

#[test]
fn nothing_missing_is_the_difference_of_means() {
    let (treated, control) = ([3.0, 4.0, 6.0, 7.0], [1.0, 2.0, 2.5]);
    let (one, other) = (known(&treated), known(&control));
    let rows = PartlyObserved { treated: &one, control: &other };
    let effect = welch(&treated, &control, Level::NINETY_FIVE).unwrap();
    let worst = worst_case_bounds(rows, Interval { low: 0.0, high: 9.0 }, Level::NINETY_FIVE).unwrap();
    assert_eq!((worst.low, worst.high), (effect, effect));
    let lee = trimming_bounds(rows, Level::NINETY_FIVE).unwrap();
    assert!((lee.low.estimate - effect.estimate).abs() < 1e-14 && lee.trimmed.abs() < 1e-15);
    assert_eq!(lee.low.standard_error, lee.high.standard_error);
    // Lee's variances have the number of outcomes as divisor.
    let variance: f64 = 10.0 / 4.0 / 4.0 + 1.166_666_666_666_666_7 / 3.0 / 3.0;
    assert!((lee.low.standard_error - variance.sqrt()).abs() < 1e-12);
}

#[test]
fn trimming_by_hand() {
    // All four treated are known and half of the controls: half of the treated are trimmed.
    let treated = known(&[1.0, 3.0, 5.0, 9.0]);
    let control = [Some(2.0), None, None, Some(4.0)];
    let rows = PartlyObserved { treated: &treated, control: &control };
    let found = trimming_bounds(rows, Level::NINETY_FIVE).unwrap();
    assert!((found.trimmed - 0.5).abs() < 1e-15);
    assert!((found.low.estimate - (2.0 - 3.0)).abs() < 1e-14);
    assert!((found.high.estimate - (7.0 - 3.0)).abs() < 1e-14);
    // Kept 1 and 3 around 2 with edge 3: 1/2 + 1 × (0.5/2 + (1 − 0.5)/(4 × 0.5)) + 1/2 of the controls.
    assert!((found.low.standard_error - (0.5_f64 + 0.25 + 0.25 + 0.5).sqrt()).abs() < 1e-12);
    // Kept 5 and 9 around 7 with edge 5: 4/2 + 4 × 0.5 + 1/2.
    assert!((found.high.standard_error - (2.0_f64 + 2.0 + 0.5).sqrt()).abs() < 1e-12);
    let swapped = PartlyObserved { treated: &control, control: &treated };
    let swapped = trimming_bounds(swapped, Level::NINETY_FIVE).unwrap();
    assert!((swapped.low.estimate + found.high.estimate).abs() < 1e-14);
    assert!((swapped.high.standard_error - found.low.standard_error).abs() < 1e-14);
    let empty = PartlyObserved { treated: &[None, None], control: &control };
    assert!(matches!(trimming_bounds(empty, Level::NINETY_FIVE), Err(StatsError::ArmTooSmall { .. })));
}

#[test]
fn an_outcome_that_the_share_splits_counts_in_part() {
    // Two of three controls are known: two thirds of four outcomes are 2 and 2/3 of the third.
    let (treated, control) = (known(&[1.0, 2.0, 3.0, 4.0]), [Some(0.0), Some(1.0), None]);
    let found = trimming_bounds(PartlyObserved { treated: &treated, control: &control }, Level::NINETY_FIVE).unwrap();
    let low = (1.0 + 2.0 + 2.0 / 3.0 * 3.0) / (8.0 / 3.0);
    assert!((found.low.estimate - (low - 0.5)).abs() < 1e-12);
}

#[test]
fn intervals_of_trimming_cover_its_bounds_in_repeated_experiments() {
    // Outcomes are uniform, all treated are known and seven in ten controls: the bounds without noise are
    // 0.35 − 0.5 + 0.3 and 0.65 − 0.5 + 0.3 for an effect of 0.3.
    let mut rng = ChaCha20Rng::from_seed([5; 32]);
    let mut uniform = move || f64::from(rng.next_u32()) / f64::from(u32::MAX);
    let (mut low, mut high) = (0, 0);
    for _ in 0..200 {
        let treated: Vec<Option<f64>> = (0..120).map(|_| Some(uniform() + 0.3)).collect();
        let control: Vec<Option<f64>> = (0..120).map(|_| (uniform() < 0.7).then(&mut uniform)).collect();
        let rows = PartlyObserved { treated: &treated, control: &control };
        let found = trimming_bounds(rows, Level::NINETY_FIVE).unwrap();
        low += u32::from(found.low.interval.contains(0.15));
        high += u32::from(found.high.interval.contains(0.45));
    }
    // 95 % of 200 is 190, with a standard deviation of 3.
    assert!((180..=199).contains(&low) && (180..=199).contains(&high), "{low} {high}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn bounds_are_ordered_and_the_difference_of_the_known_lies_between(
        treated in prop::collection::vec(prop::option::weighted(0.7, 0.0..1.0_f64), 4..20),
        control in prop::collection::vec(prop::option::weighted(0.7, 0.0..1.0_f64), 4..20),
    ) {
        let rows = PartlyObserved { treated: &treated, control: &control };
        let mean = |values: &[Option<f64>]| {
            let known: Vec<f64> = values.iter().flatten().copied().collect();
            known.iter().sum::<f64>() / f64::from(u32::try_from(known.len()).unwrap())
        };
        if let (Ok(worst), Ok(lee)) =
            (worst_case_bounds(rows, UNIT, Level::NINETY_FIVE), trimming_bounds(rows, Level::NINETY_FIVE))
        {
            let plain = mean(&treated) - mean(&control);
            prop_assert!(worst.low.estimate <= plain + 1e-12 && plain <= worst.high.estimate + 1e-12);
            prop_assert!(lee.low.estimate <= plain + 1e-12 && plain <= lee.high.estimate + 1e-12);
        }
    }
}
