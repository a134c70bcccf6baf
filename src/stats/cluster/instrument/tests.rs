use super::*;
use crate::stats::Interval;
use nalgebra::{DMatrix, DVector};
use rand::rngs::ChaCha20Rng;
use rand::{Rng, SeedableRng};

struct Example {
    outcome: Vec<f64>,
    treated: Vec<bool>,
    uptake: Vec<f64>,
    clusters: Vec<usize>,
    covariates: Vec<Vec<f64>>,
}

impl Example {
    /// Rows in clusters of five, every other cluster assigned. About a fifth use it always and `share` if assigned;
    /// `effect` is what use does. Those who would use it have higher outcomes anyway.
    fn draw(clusters: usize, share: f64, effect: f64, seed: u8) -> Example {
        let mut rng = ChaCha20Rng::from_seed([seed; 32]);
        let mut noise = || f64::from(rng.next_u32()) / f64::from(u32::MAX) - 0.5;
        let mut example =
            Example { outcome: vec![], treated: vec![], uptake: vec![], clusters: vec![], covariates: vec![vec![]] };
        for cluster in 0..clusters {
            let shared = noise();
            for _ in 0..5 {
                let (covariate, reserve) = (noise(), noise() + 0.5);
                let is_using = reserve < 0.2 || cluster % 2 == 0 && reserve < 0.2 + share;
                let keenness = if reserve < 0.2 + share { 0.5 } else { 0.0 };
                let use_effect = if is_using { effect } else { 0.0 };
                example.outcome.push(shared + covariate + keenness + use_effect + noise());
                example.treated.push(cluster % 2 == 0);
                example.uptake.push(f64::from(u8::from(is_using)));
                example.clusters.push(cluster);
                example.covariates[0].push(covariate);
            }
        }
        example
    }

    fn rows(&self) -> ClusterRows<'_> {
        ClusterRows {
            outcome: &self.outcome,
            treated: &self.treated,
            clusters: &self.clusters,
            weights: &[],
            covariates: &self.covariates,
            strata: &[],
        }
    }

    fn fit(&self, covariance: ClusterCovariance) -> Result<TwoStage, StatsError> {
        two_stage(self.rows(), &self.uptake, covariance, ClusterDegrees::Satterthwaite, Level::NINETY_FIVE)
    }
}

fn check(actual: f64, expected: f64) {
    assert!((actual - expected).abs() <= 1e-10 * expected.abs(), "{actual} is not {expected}");
}

#[test]
fn without_covariates_it_is_the_estimator_of_wald() {
    let mut example = Example::draw(10, 0.6, 1.0, 1);
    example.covariates.clear();
    example.clusters = (0..50).collect();
    let fitted = example.fit(ClusterCovariance::Cr0).unwrap();
    let arm = |values: &[f64], arm: bool| {
        let of_arm: Vec<f64> =
            values.iter().zip(&example.treated).filter(|(_, treated)| **treated == arm).map(|(y, _)| *y).collect();
        let mean = of_arm.iter().sum::<f64>() / 25.0;
        (mean, of_arm.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / 625.0)
    };
    let difference = |values: &[f64]| arm(values, true).0 - arm(values, false).0;
    let wald = difference(&example.outcome) / difference(&example.uptake);
    check(fitted.effect.unwrap().estimate, wald);
    check(fitted.uptake, difference(&example.uptake));
    check(fitted.intention_to_treat.estimate, difference(&example.outcome));
    let rest: Vec<f64> = example.outcome.iter().zip(&example.uptake).map(|(y, d)| y - wald * d).collect();
    let square = arm(&rest, true).1 + arm(&rest, false).1;
    check(fitted.effect.unwrap().standard_error, square.sqrt() / fitted.uptake);
    check(fitted.first_stage.unwrap().estimate, fitted.uptake);
}

#[test]
fn with_covariates_it_solves_the_moment_equations() {
    let example = Example::draw(12, 0.5, -0.7, 2);
    let fitted = example.fit(ClusterCovariance::Cr0).unwrap();
    // By hand: (Z'X)⁻¹Z'y and its sandwich, with Z = (1, assigned, covariate) and X = (1, uptake, covariate).
    let n = example.outcome.len();
    let assigned: Vec<f64> = example.treated.iter().map(|treated| f64::from(u8::from(*treated))).collect();
    let with =
        |column: &[f64]| DMatrix::from_fn(n, 3, |row, index| [1.0, column[row], example.covariates[0][row]][index]);
    let (z, x, y) = (with(&assigned), with(&example.uptake), DVector::from_column_slice(&example.outcome));
    let inverse = (z.transpose() * &x).try_inverse().unwrap();
    let solution = &inverse * z.transpose() * &y;
    check(fitted.effect.unwrap().estimate, solution[1]);
    let residuals = &y - &x * &solution;
    let mut meat = DMatrix::zeros(3, 3);
    for cluster in 0..12 {
        let score = z.rows(cluster * 5, 5).transpose() * residuals.rows(cluster * 5, 5);
        meat += &score * score.transpose();
    }
    let sandwich = &inverse * meat * inverse.transpose();
    check(fitted.effect.unwrap().standard_error, sandwich[(1, 1)].sqrt());
}

#[test]
fn anderson_and_rubin_accept_the_effects_whose_removal_leaves_nothing() {
    let example = Example::draw(14, 0.7, 1.0, 3);
    let fitted = example.fit(ClusterCovariance::Cr2).unwrap();
    let Interval { low, high } = fitted.anderson_rubin.interval().unwrap();
    assert!(low < fitted.effect.unwrap().estimate && fitted.effect.unwrap().estimate < high);
    for bound in [low, high] {
        let outcome: Vec<f64> = example.outcome.iter().zip(&example.uptake).map(|(y, d)| y - bound * d).collect();
        let rows = ClusterRows { outcome: &outcome, ..example.rows() };
        let model = ClusterRegression::ancova(rows).unwrap();
        let robust = model.robust(ClusterCovariance::Cr2).unwrap();
        let left = robust.treatment(ClusterDegrees::Satterthwaite, Level::NINETY_FIVE).unwrap();
        assert!((left.p - 0.05).abs() < 1e-9, "{left:?}");
    }
}

#[test]
fn full_compliance_is_the_intention_to_treat() {
    let mut example = Example::draw(12, 0.5, 0.4, 4);
    example.uptake = example.treated.iter().map(|treated| f64::from(u8::from(*treated))).collect();
    let fitted = example.fit(ClusterCovariance::Cr2).unwrap();
    let (effect, assigned) = (fitted.effect.unwrap(), fitted.intention_to_treat);
    check(effect.estimate, assigned.estimate);
    check(effect.standard_error, assigned.standard_error);
    check(fitted.uptake, 1.0);
    assert!(fitted.first_stage.is_none());
    let interval = fitted.anderson_rubin.interval().unwrap();
    check(interval.low, assigned.interval.low);
    check(interval.high, assigned.interval.high);
}

#[test]
fn a_weak_first_stage_bounds_nothing_and_none_has_no_effect() {
    let weak = Example::draw(12, 0.05, 0.0, 5);
    let fitted = weak.fit(ClusterCovariance::Cr2).unwrap();
    assert!(fitted.first_stage.unwrap().p > 0.05);
    assert!(fitted.anderson_rubin.interval().is_none(), "{:?}", fitted.anderson_rubin);
    assert!(fitted.anderson_rubin.contains(fitted.effect.unwrap().estimate));

    let mut none = Example::draw(12, 0.5, 0.0, 6);
    none.covariates.clear();
    none.uptake = (0..60).map(|row| f64::from(u8::from(row % 5 < 2))).collect();
    let refused = none.fit(ClusterCovariance::Cr2);
    // Every cluster has the same share of users, so nothing says how sure the first stage is.
    assert!(matches!(refused, Err(StatsError::NoVariation { .. })), "{refused:?}");
    none.uptake[1] = 0.0;
    none.uptake[6] = 0.0;
    let fitted = none.fit(ClusterCovariance::Cr2).unwrap();
    assert!(fitted.effect.is_none() && fitted.uptake.abs() < 1e-15, "{fitted:?}");
    assert!(fitted.anderson_rubin.interval().is_none());

    let constant = Example { uptake: vec![1.0; 60], ..Example::draw(12, 0.5, 0.0, 6) };
    assert!(matches!(constant.fit(ClusterCovariance::Cr2), Err(StatsError::NoVariation { what: "uptake", n: 60 })));
}

#[test]
fn the_anderson_rubin_set_covers_at_its_level() {
    // 400 trials at 95 %: four standard errors are 4.4 points.
    let covered = |share: f64| {
        let is_covered = |trial: u16| {
            let mut example = Example::draw(12, share, 1.0, u8::try_from(trial % 256).unwrap());
            if trial >= 256 {
                example = Example::draw(14, share, 1.0, u8::try_from(trial - 256).unwrap());
            }
            example.fit(ClusterCovariance::Cr2).unwrap().anderson_rubin.contains(1.0)
        };
        (0..400).filter(|trial| is_covered(*trial)).count()
    };
    for share in [0.1, 0.6] {
        let covered = covered(share);
        assert!((363..=397).contains(&covered), "{covered} of 400 at {share}");
    }
}
