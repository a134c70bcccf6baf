use super::*;
use proptest::prelude::*;
use std::collections::BTreeMap;

fn units(sizes: &[usize]) -> Vec<Unit> {
    let members = sizes.iter().enumerate().flat_map(|(stratum, size)| (0..*size).map(move |unit| (stratum, unit)));
    members.map(|(stratum, unit)| Unit { stratum: format!("s{stratum}"), id: format!("u{stratum}-{unit}") }).collect()
}

fn variants(weights: &[u32]) -> Vec<Variant> {
    weights.iter().enumerate().map(|(index, weight)| Variant { name: format!("v{index}"), weight: *weight }).collect()
}

fn lottery(sizes: &[usize], weights: &[u32]) -> Lottery {
    Lottery::new(units(sizes), variants(weights)).unwrap()
}

fn totals(arms: &[usize], variants: usize) -> Vec<usize> {
    (0..variants).map(|variant| arms.iter().filter(|arm| **arm == variant).count()).collect()
}

#[test]
fn counts_the_assignments() {
    assert_eq!(lottery(&[8, 8, 8], &[1, 1]).assignments_count(), 343_000);
    assert_eq!(lottery(&[2; 10], &[1, 1]).assignments_count(), 1024);
    // One of two odd strata gives its odd place to the first variant, the other to the second: 2 × 3 × 3.
    assert_eq!(lottery(&[3, 3], &[1, 1]).assignments_count(), 18);
    assert_eq!(lottery(&[6], &[1, 2]).assignments_count(), 15);
    assert_eq!(lottery(&[1000], &[1, 1]).assignments_count(), u128::MAX);
}

#[test]
fn odd_strata_keep_the_totals_balanced() {
    let lottery = lottery(&[3, 5, 7, 1], &[1, 1]);
    for seed in 0..50 {
        assert_eq!(totals(&lottery.assign([seed; 32]), 2), [8, 8]);
    }
}

#[test]
fn unequal_weights_are_met_over_all_strata() {
    // Quotas 4/3 and 8/3 in each stratum, 4 and 8 in total.
    let lottery = lottery(&[4, 4, 4], &[1, 2]);
    let all: Vec<Vec<usize>> = lottery.assignments(1_000_000).unwrap().collect();
    assert_eq!(all.len() as u128, lottery.assignments_count());
    assert!(all.iter().all(|arms| totals(arms, 2) == [4, 8]));
    assert_eq!(all.len(), 3 * 6 * 4 * 4);
}

#[test]
fn draws_are_uniform_over_the_enumeration() {
    let lottery = lottery(&[4, 2, 3], &[1, 2]);
    let mut drawn: BTreeMap<Vec<usize>, u32> = lottery.assignments(1000).unwrap().map(|arms| (arms, 0)).collect();
    let possible = f64::from(u32::try_from(drawn.len()).unwrap());
    let mut rng = ChaCha20Rng::from_seed([7; 32]);
    for _ in 0..20_000 {
        *drawn.get_mut(&lottery.draw(&mut rng)).expect("a draw outside the enumeration") += 1;
    }
    let expected = 20_000.0 / possible;
    let chi_square: f64 = drawn.values().map(|count| (f64::from(*count) - expected).powi(2) / expected).sum();
    // Mean possible − 1, standard deviation √(2 possible); six of them is far beyond chance.
    assert!(chi_square < possible + 6.0 * (2.0 * possible).sqrt(), "{chi_square} over {possible}");
}

#[test]
fn a_seed_keeps_its_assignment_for_ever() {
    let drawn = lottery(&[5, 4, 3], &[1, 1]).assign([42; 32]);
    assert_eq!(drawn, GOLDEN);
    let three = lottery(&[5, 4, 3], &[1, 1, 2]).assign([42; 32]);
    assert_eq!(three, GOLDEN_THREE);
}

const GOLDEN: [usize; 12] = [0, 1, 0, 1, 1, 1, 0, 0, 1, 1, 0, 0];
const GOLDEN_THREE: [usize; 12] = [0, 2, 1, 2, 2, 2, 1, 0, 2, 2, 1, 0];

#[test]
fn refuses_what_it_cannot_draw() {
    let lottery = lottery(&[2, 2], &[1, 1]);
    assert!(lottery.check_assignment(&[0, 1, 1, 0]).is_ok());
    let unbalanced = lottery.check_assignment(&[0, 0, 1, 1]).unwrap_err();
    assert_eq!(
        unbalanced.to_string(),
        "this lottery cannot draw the assignment given: the counts of stratum s0 are not its quotas"
    );
    assert!(lottery.check_assignment(&[0, 1]).is_err());
    assert!(lottery.check_assignment(&[0, 1, 2, 0]).is_err());
    let odd = super::tests::lottery(&[3, 3], &[1, 1]);
    let totals = odd.check_assignment(&[0, 0, 1, 0, 0, 1]).unwrap_err();
    assert!(totals.to_string().ends_with("the totals of the variants are not as declared"));
    assert!(matches!(odd.assignments(17), Err(StatsError::TooManyAssignments { count: 18, limit: 17 })));
}

#[test]
fn refuses_declarations_that_make_no_lottery() {
    assert!(matches!(Lottery::new(vec![], variants(&[1, 1])), Err(StatsError::TooFew { .. })));
    assert!(matches!(Lottery::new(units(&[2]), variants(&[1])), Err(StatsError::TooFew { .. })));
    assert!(matches!(Lottery::new(units(&[2]), variants(&[1, 0])), Err(StatsError::ZeroWeight { .. })));
    let mut twice = units(&[2, 2]);
    twice[3].id = twice[0].id.clone();
    assert!(matches!(Lottery::new(twice, variants(&[1, 1])), Err(StatsError::Duplicate { what: "unit", .. })));
}

proptest! {
    #[test]
    fn draws_keep_the_quotas_in_strata_and_in_total(
        sizes in prop::collection::vec(1_usize..9, 1..6),
        weights in prop::collection::vec(1_u32..5, 2..5),
        seed in any::<[u8; 32]>(),
    ) {
        let lottery = lottery(&sizes, &weights);
        let arms = lottery.assign(seed);
        prop_assert!(lottery.check_assignment(&arms).is_ok());
        let sum: f64 = weights.iter().map(|weight| f64::from(*weight)).sum();
        let mut groups: Vec<&[usize]> = Vec::new();
        let mut rest = &arms[..];
        for size in &sizes {
            let (group, later) = rest.split_at(*size);
            groups.push(group);
            rest = later;
        }
        groups.push(&arms);
        for group in groups {
            for (variant, weight) in weights.iter().enumerate() {
                let quota = group.len() as f64 * f64::from(*weight) / sum;
                let count = totals(group, weights.len())[variant] as f64;
                prop_assert!((count - quota).abs() < 1.0 - 1e-12, "{count} places for a quota of {quota}");
            }
        }
    }

    #[test]
    fn the_order_of_the_input_does_not_matter(
        sizes in prop::collection::vec(1_usize..6, 1..5),
        seed in any::<[u8; 32]>(),
    ) {
        let mut reversed = units(&sizes);
        reversed.reverse();
        let other = Lottery::new(reversed, variants(&[1, 1])).unwrap();
        let lottery = lottery(&sizes, &[1, 1]);
        prop_assert_eq!(other.assign(seed), lottery.assign(seed));
        prop_assert_eq!(other.units(), lottery.units());
    }

    #[test]
    fn the_enumeration_is_complete_and_distinct(
        sizes in prop::collection::vec(1_usize..5, 1..4),
        weights in prop::collection::vec(1_u32..4, 2..4),
    ) {
        let lottery = lottery(&sizes, &weights);
        if let Ok(assignments) = lottery.assignments(20_000) {
            let all: BTreeSet<Vec<usize>> = assignments.collect();
            prop_assert_eq!(all.len() as u128, lottery.assignments_count());
            for arms in &all {
                prop_assert!(lottery.check_assignment(arms).is_ok());
            }
        }
    }
}
