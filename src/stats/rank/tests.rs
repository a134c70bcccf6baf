use super::*;
use proptest::prelude::*;

const LEVEL: Level = Level::NINETY_FIVE;

#[test]
fn three_against_three_by_hand() {
    let test = mann_whitney(&[4.0, 5.0, 6.0], &[1.0, 2.0, 3.0]).unwrap();
    assert_eq!((test.u, test.cliffs_delta, test.p_exact), (9.0, 1.0, Some(0.1)));
    let shift = hodges_lehmann(&[4.0, 5.0, 6.0], &[1.0, 2.0, 3.0], LEVEL).unwrap();
    assert_eq!((shift.value, shift.interval, shift.n), (Some(3.0), None, 6));
    let wider = hodges_lehmann(&[4.0, 5.0, 6.0], &[1.0, 2.0, 3.0], Level::new(0.89).unwrap()).unwrap();
    assert_eq!(wider.interval.map(|it| (it.low, it.high)), Some((1.0, 5.0)));
}

#[test]
fn differences_by_hand() {
    let test = signed_rank(&[1.0, -2.0, 3.0, 4.0, 0.0], LEVEL).unwrap();
    // Ranks 1, 2, 3, 4 of which 2 is negative: V = 8, mean 5; 8 to 10 and their mirrors are 6 of 16.
    assert_eq!((test.v, test.p, test.is_exact, test.shift.interval), (8.0, 0.375, true, None));
    assert_eq!(test.shift.value, Some(1.0));
}

#[test]
fn refuses_what_has_no_ranks() {
    assert!(matches!(mann_whitney(&[], &[1.0]), Err(StatsError::ArmTooSmall { .. })));
    assert!(matches!(mann_whitney(&[1.0, 1.0], &[1.0]), Err(StatsError::NoVariation { .. })));
    assert!(matches!(mann_whitney(&[f64::NAN], &[1.0]), Err(StatsError::NotFinite { .. })));
    assert!(matches!(signed_rank(&[0.0, 0.0], LEVEL), Err(StatsError::NoVariation { .. })));
    assert!(hodges_lehmann(&[f64::MAX], &[-f64::MAX], LEVEL).is_err());
    assert!(van_elteren(&[1.0, 2.0], &[true], &[]).is_err());
}

#[test]
fn many_units_are_approximated() {
    let treated: Vec<f64> = (0..3000).map(|i| f64::from(i * 7919 % 3001) + 300.0).collect();
    let control: Vec<f64> = (0..2500).map(|i| f64::from(i * 7919 % 3001)).collect();
    let test = mann_whitney(&treated, &control).unwrap();
    assert!(test.p_exact.is_none() && test.p() < 1e-10);
    let shift = hodges_lehmann(&treated, &control, LEVEL).unwrap();
    assert!(shift.interval.unwrap().contains(300.0), "{shift:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn order_statistics_are_those_of_the_pairs_formed(
        x in prop::collection::vec(-3..3_i8, 1..9),
        y in prop::collection::vec(-3.0..3.0_f64, 1..9),
    ) {
        let x: Vec<f64> = x.into_iter().map(f64::from).collect();
        let mut all: Vec<f64> = x.iter().flat_map(|x| y.iter().map(move |y| x - y)).collect();
        all.sort_by(f64::total_cmp);
        let median = f64::midpoint(all[(all.len() - 1) / 2], all[all.len() / 2]);
        prop_assert_eq!(hodges_lehmann(&x, &y, LEVEL).unwrap().value, Some(median));
        if let Ok(test) = signed_rank(&x, LEVEL) {
            let averages = (0..x.len()).flat_map(|i| (i..x.len()).map(move |j| (i, j)));
            let mut all: Vec<f64> = averages.map(|(i, j)| f64::midpoint(x[i], x[j])).collect();
            all.sort_by(f64::total_cmp);
            let median = f64::midpoint(all[(all.len() - 1) / 2], all[all.len() / 2]);
            prop_assert_eq!(test.shift.value, Some(median));
        }
    }

    #[test]
    fn swapped_arms_mirror_and_increasing_functions_change_nothing(
        x in prop::collection::vec(-3.0..3.0_f64, 2..9),
        y in prop::collection::vec(-3..3_i8, 2..9),
    ) {
        let y: Vec<f64> = y.into_iter().map(f64::from).collect();
        let (forward, back) = (mann_whitney(&x, &y).unwrap(), mann_whitney(&y, &x).unwrap());
        prop_assert!((forward.cliffs_delta + back.cliffs_delta).abs() < 1e-12);
        prop_assert!((forward.p() - back.p()).abs() < 1e-12 && (forward.z + back.z).abs() < 1e-12);
        let exp = |values: &[f64]| values.iter().map(|value| value.exp()).collect::<Vec<f64>>();
        prop_assert_eq!(mann_whitney(&exp(&x), &exp(&y)).unwrap(), forward);
        let forward = hodges_lehmann(&x, &y, Level::NINETY).unwrap();
        let back = hodges_lehmann(&y, &x, Level::NINETY).unwrap();
        prop_assert_eq!(forward.value.unwrap(), -back.value.unwrap());
    }
}
