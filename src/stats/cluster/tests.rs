use super::*;
use crate::stats::{Level, StatsError, UnitRows};
use proptest::prelude::*;

/// Rows of six clusters of unequal size, four of them treated.
struct Example {
    outcome: Vec<f64>,
    treated: Vec<bool>,
    clusters: Vec<usize>,
    weights: Vec<f64>,
    covariates: Vec<Vec<f64>>,
    strata: Vec<usize>,
}

const SIZES: [usize; 6] = [2, 3, 5, 4, 2, 6];

impl Example {
    fn new(outcome: impl Fn(usize) -> f64) -> Example {
        let clusters: Vec<usize> = SIZES.iter().enumerate().flat_map(|(cluster, size)| vec![cluster; *size]).collect();
        let n = clusters.len();
        Example {
            outcome: (0..n).map(outcome).collect(),
            treated: clusters.iter().map(|cluster| cluster % 3 != 0).collect(),
            weights: Vec::new(),
            covariates: vec![(0..n).map(|row| wave(row, 1.7)).collect()],
            strata: Vec::new(),
            clusters,
        }
    }

    fn rows(&self) -> ClusterRows<'_> {
        ClusterRows {
            outcome: &self.outcome,
            treated: &self.treated,
            clusters: &self.clusters,
            weights: &self.weights,
            covariates: &self.covariates,
            strata: &self.strata,
        }
    }

    fn effect(&self, covariance: ClusterCovariance) -> Result<crate::stats::Effect, StatsError> {
        let model = ClusterRegression::ancova(self.rows())?;
        model.robust(covariance)?.treatment(ClusterDegrees::Satterthwaite, Level::NINETY_FIVE)
    }
}

fn wave(row: usize, pace: f64) -> f64 {
    (f64::from(u32::try_from(row).unwrap()) * pace).sin()
}

fn noise(row: usize) -> f64 {
    wave(row, 2.3) + wave(row / 4, 0.9)
}

const COVARIANCES: [ClusterCovariance; 6] = [
    ClusterCovariance::Cr0,
    ClusterCovariance::Cr1,
    ClusterCovariance::Cr1p,
    ClusterCovariance::Cr1s,
    ClusterCovariance::Cr2,
    ClusterCovariance::Cr3,
];

fn check(actual: f64, expected: f64) {
    assert!((actual - expected).abs() <= 1e-10 * expected.abs(), "{actual} is not {expected}");
}

#[test]
fn rows_that_are_their_own_clusters_have_the_errors_of_units() {
    use crate::stats::Covariance;
    let mut example = Example::new(noise);
    example.clusters = (0..example.outcome.len()).collect();
    let units =
        UnitRows { outcome: &example.outcome, treated: &example.treated, covariates: &example.covariates, strata: &[] };
    for (clustered, by_unit) in [
        (ClusterCovariance::Cr0, Covariance::Hc0),
        (ClusterCovariance::Cr1p, Covariance::Hc1),
        (ClusterCovariance::Cr2, Covariance::Hc2),
        (ClusterCovariance::Cr3, Covariance::Hc3),
    ] {
        let expected = crate::stats::ancova(units, by_unit, Level::NINETY_FIVE).unwrap();
        let effect = example.effect(clustered).unwrap();
        check(effect.estimate, expected.estimate);
        check(effect.standard_error, expected.standard_error);
    }
}

#[test]
fn weights_of_one_change_nothing_and_their_scale_does_not_count() {
    let plain = Example::new(noise);
    let n = plain.outcome.len();
    let weights: Vec<f64> = (0..n).map(|row| 1.5 + wave(row, 0.4)).collect();
    let larger: Vec<f64> = weights.iter().map(|weight| weight * 64.0).collect();
    let weighted = |weights: Vec<f64>| Example { weights, ..Example::new(noise) };
    for covariance in COVARIANCES {
        for (one, other) in [(&plain, weighted(vec![1.0; n])), (&weighted(weights.clone()), weighted(larger.clone()))] {
            let (one, other) = (one.effect(covariance).unwrap(), other.effect(covariance).unwrap());
            check(one.estimate, other.estimate);
            check(one.standard_error, other.standard_error);
            check(one.degrees_of_freedom, other.degrees_of_freedom);
        }
    }
}

/// The same rows, each as often as its weight says.
fn repeated(example: &Example) -> Example {
    let rows: Vec<usize> =
        (0..example.outcome.len()).flat_map(|row| vec![row; example.weights[row] as usize]).collect();
    let of = |column: &Vec<f64>| rows.iter().map(|row| column[*row]).collect();
    Example {
        outcome: of(&example.outcome),
        treated: rows.iter().map(|row| example.treated[*row]).collect(),
        clusters: rows.iter().map(|row| example.clusters[*row]).collect(),
        weights: Vec::new(),
        covariates: example.covariates.iter().map(of).collect(),
        strata: rows.iter().map(|row| example.strata[*row]).collect(),
    }
}

#[test]
fn whole_weights_are_repeated_rows() {
    let mut example = Example::new(noise);
    example.weights = (0..22).map(|row| [1.0, 3.0, 2.0][row * row % 3]).collect();
    example.strata = example.clusters.iter().map(|cluster| cluster % 2).collect();
    let repeated = repeated(&example);
    for model in [ClusterRegression::ancova, ClusterRegression::lin] {
        let (one, other) = (model(example.rows()).unwrap(), model(repeated.rows()).unwrap());
        for column in 0..one.columns() {
            let of = |model: &ClusterRegression| {
                let robust = model.robust(ClusterCovariance::Cr0).unwrap();
                robust.coefficient(column, ClusterDegrees::ClustersMinusOne, Level::NINETY_FIVE).unwrap()
            };
            check(of(&one).estimate, of(&other).estimate);
            check(of(&one).standard_error, of(&other).standard_error);
        }
        for residuals in [WildResiduals::Restricted, WildResiduals::Unrestricted] {
            let scheme = WildScheme { residuals, ..WildScheme::default() };
            let options = crate::stats::RandomizationOptions::with_seed([0; 32]);
            let of = |model: &ClusterRegression| model.wild_bootstrap(1, scheme, options).unwrap();
            assert_eq!(of(&one).at_least, of(&other).at_least);
            let (one, other) = (of(&one).statistics[0] / of(&one).t, of(&other).statistics[0] / of(&other).t);
            check(one, other);
        }
    }
    example.covariates.clear();
    example.treated = (0..22).map(|row| row % 2 == 0).collect();
    let plain = self::repeated(&example);
    let of = |example: &Example| stratified_cluster_difference(example.rows(), Level::NINETY_FIVE).unwrap().estimate;
    check(of(&example), of(&plain));
}

#[test]
fn a_stratum_of_one_cluster_is_left_out_by_cr2_and_refused_by_cr3() {
    let mut example = Example::new(noise);
    example.covariates.clear();
    let without = |example: &Example| {
        let kept = |row: &usize| example.clusters[*row] != 5;
        let rows: Vec<usize> = (0..example.outcome.len()).filter(kept).collect();
        Example {
            outcome: rows.iter().map(|row| example.outcome[*row]).collect(),
            treated: rows.iter().map(|row| example.treated[*row]).collect(),
            clusters: rows.iter().map(|row| example.clusters[*row]).collect(),
            weights: Vec::new(),
            covariates: Vec::new(),
            strata: Vec::new(),
        }
    };
    let fewer = without(&example);
    example.strata = example.clusters.iter().map(|cluster| usize::from(*cluster == 5)).collect();
    let (lonely, expected) = (example.effect(ClusterCovariance::Cr2), fewer.effect(ClusterCovariance::Cr2));
    let (lonely, expected) = (lonely.unwrap(), expected.unwrap());
    check(lonely.estimate, expected.estimate);
    check(lonely.standard_error, expected.standard_error);
    check(lonely.degrees_of_freedom, expected.degrees_of_freedom);
    let refused = example.effect(ClusterCovariance::Cr3);
    assert_eq!(refused, Err(StatsError::ClusterLeverage { position: 5 }));
}

#[test]
fn a_large_mean_costs_no_digits() {
    let plain = Example::new(noise);
    let mut shifted = Example::new(|row| noise(row) + 1024.0);
    for value in &mut shifted.covariates[0] {
        *value += 4096.0;
    }
    for covariance in COVARIANCES {
        let (plain, shifted) = (plain.effect(covariance).unwrap(), shifted.effect(covariance).unwrap());
        check(shifted.standard_error, plain.standard_error);
        check(shifted.degrees_of_freedom, plain.degrees_of_freedom);
    }
}

#[test]
fn a_joint_test_of_one_coefficient_is_its_t_test() {
    let example = Example::new(noise);
    let model = ClusterRegression::lin(example.rows()).unwrap();
    let robust = model.robust(ClusterCovariance::Cr2).unwrap();
    let joint = robust.joint(&[3]).unwrap();
    let single = robust.coefficient(3, ClusterDegrees::Satterthwaite, Level::NINETY_FIVE).unwrap();
    check(joint.f, single.t * single.t);
    check(joint.denominator_df, single.degrees_of_freedom);
    check(joint.p, single.p);
    assert!(matches!(robust.joint(&[]), Err(StatsError::TooFew { .. })));
    assert!(matches!(robust.joint(&[1, 1]), Err(StatsError::Duplicate { .. })));
    assert_eq!(robust.joint(&[4]), Err(StatsError::NoColumn { column: 4, columns: 4 }));
    // Four coefficients from six clusters, some of which say little about the interaction.
    assert!(matches!(robust.joint(&[0, 1, 2, 3]), Err(StatsError::TooFewClusters { clusters: 6, constraints: 4 })));
}

#[test]
fn says_what_is_wrong_with_rows() {
    let refuse = |change: &dyn Fn(&mut Example)| {
        let mut example = Example::new(noise);
        change(&mut example);
        example.effect(ClusterCovariance::Cr2).unwrap_err()
    };
    assert_eq!(
        refuse(&|example| example.clusters[3] = 22),
        StatsError::ClusterNumber { row: 3, cluster: 22, rows: 22 }
    );
    assert!(matches!(refuse(&|example| example.clusters.truncate(4)), StatsError::Length { what: "clusters", .. }));
    assert!(matches!(refuse(&|example| example.strata = vec![0]), StatsError::Length { what: "strata", .. }));
    assert!(matches!(refuse(&|example| example.outcome[1] = f64::NAN), StatsError::NotFinite { index: 1, .. }));
    assert!(matches!(refuse(&|example| example.outcome[1] = 1e200), StatsError::Overflow { .. }));
    assert!(matches!(refuse(&|example| example.weights = vec![0.0; 22]), StatsError::NotPositive { index: 0, .. }));
    let one_treated = |example: &mut Example| {
        example.treated = example.clusters.iter().map(|cluster| *cluster == 2).collect();
    };
    assert_eq!(refuse(&one_treated), StatsError::ArmTooSmall { treated: 1, control: 5, needed: 2 });
    let twice = |example: &mut Example| {
        example.covariates.push(example.covariates[0].iter().map(|value| 3.0 * value + 1.0).collect());
    };
    assert_eq!(refuse(&twice), StatsError::Collinear { column: 3, name: "covariate 1".to_owned() });
    let exact = |example: &mut Example| {
        example.outcome = example.treated.iter().map(|treated| if *treated { 2.0 } else { 0.5 }).collect();
    };
    assert!(matches!(refuse(&exact), StatsError::NoVariation { .. }));
    let many = |example: &mut Example| example.strata = (0..22).collect();
    assert!(matches!(refuse(&many), StatsError::TooFewRows { rows: 22, columns: 24 }));
}

#[test]
fn models_that_outgrow_memory_are_refused() {
    // 6,000 clusters of two rows in as many strata as clusters would take 6,000 squares of side 6,001.
    let rows = 12_000;
    let mut example = Example::new(noise);
    example.outcome = (0..rows).map(noise).collect();
    example.treated = (0..rows).map(|row| row % 2 == 0).collect();
    example.clusters = (0..rows).map(|row| row / 2).collect();
    example.strata.clone_from(&example.clusters);
    example.covariates.clear();
    let refused = example.effect(ClusterCovariance::Cr2);
    assert_eq!(refused, Err(StatsError::TooManyColumns { columns: 6001, clusters: 6000 }));
}

#[test]
fn means_that_agree_across_clusters_are_no_certainty() {
    // Each cluster's mean is that of its arm, so that only the rows within clusters vary.
    let mut example = Example::new(|_| 0.0);
    example.covariates.clear();
    example.clusters = (0..22).map(|row| row / 2 % 6).collect();
    example.treated = example.clusters.iter().map(|cluster| cluster % 2 == 0).collect();
    example.outcome = (0..22).map(|row| if row % 2 == 0 { 1.1 } else { -0.7 }).collect();
    assert!(matches!(example.effect(ClusterCovariance::Cr2), Err(StatsError::NoVariation { .. })));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn neither_the_order_of_rows_nor_units_nor_the_side_matter(seed in 0_u32..1000, scale in 0.01..100.0_f64) {
        let base = |row: usize| noise(row + usize::try_from(seed).unwrap());
        let example = Example::new(base);
        let mut other = Example::new(|row| base(row) * scale);
        other.outcome.reverse();
        other.covariates[0].reverse();
        other.treated = example.treated.iter().rev().map(|treated| !treated).collect();
        other.clusters.reverse();
        for covariance in COVARIANCES {
            let (one, two) = (example.effect(covariance).unwrap(), other.effect(covariance).unwrap());
            prop_assert!((one.estimate * scale + two.estimate).abs() < 1e-9 * scale);
            prop_assert!((one.standard_error * scale - two.standard_error).abs() < 1e-9 * scale);
            prop_assert!((one.degrees_of_freedom - two.degrees_of_freedom).abs() < 1e-8);
        }
    }
}

#[test]
fn a_single_stratum_of_clusters_is_the_clustered_difference() {
    let mut example = Example::new(noise);
    example.covariates.clear();
    let expected = example.effect(ClusterCovariance::Cr2).unwrap();
    example.strata = vec![7; 22];
    let effect = stratified_cluster_difference(example.rows(), Level::NINETY_FIVE).unwrap();
    check(effect.estimate, expected.estimate);
    check(effect.standard_error, expected.standard_error);
    check(effect.degrees_of_freedom, 4.0);
    example.strata[21] = 8;
    let refused = stratified_cluster_difference(example.rows(), Level::NINETY_FIVE);
    assert_eq!(refused, Err(StatsError::ClusterInStrata { cluster: 5, strata: [7, 8] }));
    example.strata.clear();
    assert!(matches!(
        stratified_cluster_difference(example.rows(), Level::NINETY_FIVE),
        Err(StatsError::Length { .. })
    ));
}

#[test]
fn numbers_at_the_ends_of_their_range_are_answered_or_refused() {
    for scale in [1e-300, 1e-160, 1e-80, 1e80, 1e150, 1e300] {
        for (of_outcome, of_covariate) in [(scale, 1.0), (1.0, scale), (scale, scale)] {
            let mut example = Example::new(|row| noise(row) * of_outcome);
            example.covariates[0].iter_mut().for_each(|value| *value *= of_covariate);
            for covariance in COVARIANCES {
                // An effect has finite figures only; whatever has not is an error.
                if let Ok(effect) = example.effect(covariance) {
                    assert!(effect.standard_error > 0.0 && effect.degrees_of_freedom >= 1.0, "{scale} {effect:?}");
                }
            }
            if let Ok(model) = ClusterRegression::lin(example.rows()) {
                let options = crate::stats::RandomizationOptions::with_seed([0; 32]);
                let test = model.wild_bootstrap(1, WildScheme::default(), options).unwrap();
                assert!(test.statistics.iter().all(|statistic| statistic.is_finite()) && test.p > 0.0);
                if let Ok(joint) = model.robust(ClusterCovariance::Cr2).unwrap().joint(&[1, 3]) {
                    assert!((0.0..=1.0).contains(&joint.p) && joint.f >= 0.0, "{scale} {joint:?}");
                }
            }
        }
    }
}
