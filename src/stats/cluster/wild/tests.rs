use super::super::ClusterRows;
use super::*;
use proptest::prelude::*;

const CLUSTERS: usize = 9;

/// Four rows in each of nine clusters, four of them treated by 0.8.
fn outcome(seed: u32) -> Vec<f64> {
    let wave = |row: usize, pace: f64| ((row as f64 + f64::from(seed)) * pace).sin();
    (0..4 * CLUSTERS).map(|row| wave(row, 2.3) + wave(row / 4, 5.1) + if is_treated(row) { 0.8 } else { 0.0 }).collect()
}

fn is_treated(row: usize) -> bool {
    row / 4 % 2 == 1
}

fn fit(outcome: &[f64]) -> ClusterRegression {
    fit_numbered(outcome, |cluster| cluster)
}

fn fit_numbered(outcome: &[f64], number: impl Fn(usize) -> usize) -> ClusterRegression {
    let clusters: Vec<usize> = (0..outcome.len()).map(|row| number(row / 4)).collect();
    let treated: Vec<bool> = (0..outcome.len()).map(is_treated).collect();
    let covariates = [(0..outcome.len()).map(|row| (row as f64 * 1.3).cos()).collect()];
    let rows = ClusterRows {
        outcome,
        treated: &treated,
        clusters: &clusters,
        weights: &[],
        covariates: &covariates,
        strata: &[],
    };
    ClusterRegression::ancova(rows).unwrap()
}

fn scheme(weights: WildWeights, residuals: WildResiduals) -> WildScheme {
    WildScheme { weights, residuals }
}

fn options(seed: u8) -> RandomizationOptions {
    RandomizationOptions::with_seed([seed; 32])
}

const RESTRICTED: WildScheme = WildScheme { weights: WildWeights::Rademacher, residuals: WildResiduals::Restricted };

#[test]
fn the_interval_ends_where_the_test_begins_to_reject() {
    let outcome = outcome(0);
    for residuals in [WildResiduals::Restricted, WildResiduals::Unrestricted] {
        let scheme = scheme(WildWeights::Rademacher, residuals);
        let test = fit(&outcome).wild_bootstrap(1, scheme, options(0)).unwrap();
        let Interval { low, high } = test.interval.unwrap();
        assert!(low < test.estimate && test.estimate < high);
        let width = high - low;
        for (effect, is_inside) in [
            (low + 1e-6 * width, true),
            (low - 1e-6 * width, false),
            (high - 1e-6 * width, true),
            (high + 1e-6 * width, false),
        ] {
            let lifted = |row: usize| if is_treated(row) { effect } else { 0.0 };
            let moved: Vec<f64> = outcome.iter().enumerate().map(|(row, value)| value - lifted(row)).collect();
            let p = fit(&moved).wild_bootstrap(1, scheme, options(0)).unwrap().p;
            assert_eq!(p > 0.05, is_inside, "{residuals:?} {effect} {p}");
        }
    }
}

#[test]
fn draws_agree_with_the_enumeration_and_are_repeatable() {
    let model = fit(&outcome(1));
    let exact = model.wild_bootstrap(1, RESTRICTED, options(0)).unwrap();
    assert_eq!(exact.reference, ReferenceSet::Exact { assignments: 512 });
    assert_eq!(exact.statistics.len(), 512);
    let drawn = RandomizationOptions { exact_limit: 511, draws: 20_000, ..options(1) };
    let monte_carlo = model.wild_bootstrap(1, RESTRICTED, drawn).unwrap();
    assert_eq!(monte_carlo.reference, ReferenceSet::MonteCarlo { draws: 20_000 });
    // Four Monte Carlo errors.
    let error = 4.0 * (exact.p * (1.0 - exact.p) / 20_000.0).sqrt();
    assert!((monte_carlo.p - exact.p).abs() < error, "{} {}", monte_carlo.p, exact.p);
    assert_eq!(model.wild_bootstrap(1, RESTRICTED, drawn).unwrap(), monte_carlo);
    let webb = scheme(WildWeights::Webb, WildResiduals::Restricted);
    let webb = model.wild_bootstrap(1, webb, RandomizationOptions { draws: 20_000, ..options(2) }).unwrap();
    assert_eq!(webb.reference, ReferenceSet::MonteCarlo { draws: 20_000 });
    assert!((webb.p - exact.p).abs() < 0.05, "{} {}", webb.p, exact.p);
}

#[test]
fn the_numbers_of_clusters_do_not_matter() {
    let outcome = outcome(5);
    let one = fit(&outcome).wild_bootstrap(1, RESTRICTED, options(0)).unwrap();
    let other = fit_numbered(&outcome, |cluster| 3 * (CLUSTERS - 1 - cluster));
    assert_eq!(other.clusters(), CLUSTERS);
    let other = other.wild_bootstrap(1, RESTRICTED, options(0)).unwrap();
    assert_eq!(one.at_least, other.at_least);
    let (one, other) = (one.interval.unwrap(), other.interval.unwrap());
    assert!((one.low - other.low).abs() < 1e-9 && (one.high - other.high).abs() < 1e-9);
}

#[test]
fn too_few_clusters_for_the_level_leave_no_interval() {
    // Of 16 vectors of signs two are the rows themselves and their mirror: no p is below 1/8.
    let test = fit(&outcome(0)[..16]).wild_bootstrap(1, RESTRICTED, options(0)).unwrap();
    assert!(test.p >= 0.125 && test.interval.is_none(), "{test:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    #[test]
    fn scale_and_shift_of_the_outcome_do_not_matter(seed in 0_u32..100, scale in 1e-6..1e6_f64) {
        let one = outcome(seed);
        let other: Vec<f64> = one.iter().map(|value| -scale * value + 7.0 * scale).collect();
        let one = fit(&one).wild_bootstrap(1, RESTRICTED, options(0)).unwrap();
        let other = fit(&other).wild_bootstrap(1, RESTRICTED, options(0)).unwrap();
        prop_assert_eq!(one.at_least, other.at_least);
        prop_assert!((one.t + other.t).abs() < 1e-9 * one.t.abs().max(1.0));
        if let (Some(one), Some(other)) = (one.interval, other.interval) {
            prop_assert!((one.low * scale + other.high).abs() < 1e-8 * scale);
        }
    }
}
