//! Inference that holds at every look, however many there are. The one rule: the tuning is declared before the data, and
//! the units that arrive are the ones that were randomised.
//!
//! These are for experiments to which units keep coming. Over a fixed panel of few teams they do not hold (a confidence
//! sequence is asymptotic in units) or waste power; use [`super::group_sequential`] there.

use super::error::{check_positive, computed};
use super::sample_ratio::shares;
use super::{Effect, Level, StatsError};
use statrs::function::gamma::ln_gamma;

/// Evidence against no effect, valid at every look.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AlwaysValid {
    /// The logarithm of the e-value: under no effect its expectation is at most 1 at any stopping time.
    pub log_evidence: f64,
    /// 1 / evidence, at most 1 (Ville 1939). The smallest one of all looks so far is valid too.
    pub p: f64,
}

impl AlwaysValid {
    fn of(log_evidence: f64) -> Result<AlwaysValid, StatsError> {
        let log_evidence = computed("evidence", log_evidence)?;
        Ok(AlwaysValid { log_evidence, p: (-log_evidence).exp().min(1.0) })
    }
}

/// The half-width of the asymptotic confidence sequence of a mean after `n` units with standard deviation `deviation`:
/// s √(2 (nρ² + 1)/(n²ρ²) ln(√(nρ² + 1)/α)) (Waudby-Smith et al. 2024, equation 9), with ρ such that it is tightest near
/// `tightest_at` units, see [`sequence_tuning`]. Unit of the outcome. For a difference of means pass √n times its
/// standard error as deviation, with n the units of both arms.
///
/// # Errors
/// [`StatsError::OutOfRange`] unless all are above zero, [`StatsError::Overflow`].
pub fn sequence_radius(deviation: f64, n: f64, tightest_at: f64, level: Level) -> Result<f64, StatsError> {
    check_positive("standard deviation", deviation)?;
    check_positive("number of units", n)?;
    let rho = sequence_tuning(tightest_at, level)?;
    let grown = n * rho * rho + 1.0;
    let radius = (2.0 * grown / (n * rho * n * rho) * (grown.sqrt() / level.alpha()).ln()).sqrt();
    computed("half-width", deviation * radius)
}

/// The ρ of [`sequence_radius`]: √((−2 ln α + ln(1 − 2 ln α)) / units) (Waudby-Smith et al. 2024).
///
/// # Errors
/// [`StatsError::OutOfRange`] unless `tightest_at` is above zero.
pub fn sequence_tuning(tightest_at: f64, level: Level) -> Result<f64, StatsError> {
    check_positive("number of units to be tightest at", tightest_at)?;
    Ok((optimal_log(level.alpha()) / tightest_at).sqrt())
}

/// −2 ln α + ln(1 − 2 ln α): the information at which a normal mixture is tightest, times its squared ρ.
pub(super) fn optimal_log(alpha: f64) -> f64 {
    let log = -2.0 * alpha.ln();
    log + log.ln_1p()
}

/// The mixture sequential probability ratio test of an estimate with a known squared standard error V, mixed over normal
/// effects of variance `mixture_variance` (Johari, Koomen, Pekelis & Walsh 2022): √(V/(V + τ²))
/// exp(τ² d²/(2V(V + τ²))).
///
/// # Errors
/// [`StatsError::NotFinite`], [`StatsError::OutOfRange`] unless both variances are above zero, [`StatsError::Overflow`].
pub fn mixture_test(estimate: f64, squared_error: f64, mixture_variance: f64) -> Result<AlwaysValid, StatsError> {
    super::error::check_finite("estimate", &[estimate])?;
    let sum = variance_sum(squared_error, mixture_variance)?;
    let shrunk = mixture_variance / sum * estimate * estimate / (2.0 * squared_error);
    AlwaysValid::of((squared_error / sum).ln() / 2.0 + shrunk)
}

/// The half-width of the confidence sequence that inverts [`mixture_test`]: √(V(V + τ²)/τ² (2 ln(1/α) − ln(V/(V + τ²)))),
/// in the unit of the estimate.
///
/// # Errors
/// As [`mixture_test`].
pub fn mixture_radius(squared_error: f64, mixture_variance: f64, level: Level) -> Result<f64, StatsError> {
    let sum = variance_sum(squared_error, mixture_variance)?;
    let log = -2.0 * level.alpha().ln() - (squared_error / sum).ln();
    computed("half-width", (squared_error * (sum / mixture_variance) * log).sqrt())
}

fn variance_sum(squared_error: f64, mixture_variance: f64) -> Result<f64, StatsError> {
    check_positive("squared standard error", squared_error)?;
    check_positive("mixture variance", mixture_variance)?;
    computed("sum of variances", squared_error + mixture_variance)
}

/// How an anytime-valid t test is tuned.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AnytimeTuning {
    /// (residual standard deviation / standard error)² of the effect: n₁n₀/(n₁ + n₀) for a difference of means.
    pub information: f64,
    /// φ, the information at which the mixture expects an effect of about one residual standard deviation; the smaller,
    /// the later it is tightest.
    pub mixture_precision: f64,
}

impl AnytimeTuning {
    /// φ/(φ + information).
    fn ratio(self) -> Result<f64, StatsError> {
        check_positive("information", self.information)?;
        check_positive("mixture precision", self.mixture_precision)?;
        computed("ratio", self.mixture_precision / (self.mixture_precision + self.information))
    }
}

/// The anytime-valid t test of an effect by least squares (Lindon, Ham, Tingley & Bojinov 2022, with one
/// coefficient): √r ((1 + r t²/ν)/(1 + t²/ν))^(−(ν+1)/2) with r = φ/(φ + information). Exact for normal outcomes, also at
/// few units.
///
/// # Errors
/// [`StatsError::OutOfRange`], [`StatsError::Overflow`].
pub fn anytime_t(effect: &Effect, tuning: AnytimeTuning) -> Result<AlwaysValid, StatsError> {
    let ratio = tuning.ratio()?;
    check_positive("degrees of freedom", effect.degrees_of_freedom)?;
    let square = effect.t * effect.t / effect.degrees_of_freedom;
    let power = (effect.degrees_of_freedom + 1.0) / 2.0;
    AlwaysValid::of(ratio.ln() / 2.0 - power * ((ratio * square).ln_1p() - square.ln_1p()))
}

/// The half-width around the effect (unit of the outcome) of the confidence sequence that inverts [`anytime_t`] at the
/// level of the effect; `None` where no effect however large could be rejected yet.
///
/// # Errors
/// As [`anytime_t`].
pub fn anytime_t_radius(effect: &Effect, tuning: AnytimeTuning) -> Result<Option<f64>, StatsError> {
    let ratio = tuning.ratio()?;
    let df = effect.degrees_of_freedom;
    check_positive("degrees of freedom", df)?;
    // (1 + r q)/(1 + q) = k with q = t²/ν at the bound.
    let k = (-2.0 / (df + 1.0) * (-effect.level.alpha().ln() - ratio.ln() / 2.0)).exp();
    if k <= ratio {
        return Ok(None);
    }
    let critical = (df * (1.0 - k) / (k - ratio)).sqrt();
    computed("half-width", critical * effect.standard_error).map(Some)
}

/// The sequential test of a sample ratio: the counts against weights declared beforehand, mixed over a Dirichlet
/// distribution around them that is worth `concentration` units (Lindon & Malek 2022). Holds for units
/// assigned one by one, at every look.
///
/// # Errors
/// As [`super::sample_ratio_test`], [`StatsError::OutOfRange`] unless the concentration is above zero.
#[expect(clippy::cast_precision_loss, reason = "counts beyond 2^53 do not occur")]
pub fn sequential_sample_ratio(counts: &[u64], weights: &[f64], concentration: f64) -> Result<AlwaysValid, StatsError> {
    let shares = shares(counts, weights)?;
    check_positive("concentration", concentration)?;
    let units: u64 = counts.iter().sum();
    let mut log = ln_gamma(concentration) - ln_gamma(concentration + units as f64);
    for (count, share) in counts.iter().zip(&shares) {
        let (count, prior) = (*count as f64, concentration * share);
        log += ln_gamma(prior + count) - ln_gamma(prior) - count * share.ln();
    }
    AlwaysValid::of(log)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rand::rngs::ChaCha20Rng;
    use rand::{RngExt, SeedableRng};

    const LEVEL: Level = Level::NINETY_FIVE;

    #[test]
    fn refuses_tunings_that_are_none() {
        assert!(sequence_radius(0.0, 10.0, 10.0, LEVEL).is_err() && sequence_radius(1.0, 10.0, 0.0, LEVEL).is_err());
        assert!(mixture_test(f64::NAN, 1.0, 1.0).is_err() && mixture_test(1.0, 0.0, 1.0).is_err());
        assert!(mixture_radius(1.0, f64::INFINITY, LEVEL).is_err());
        assert!(sequential_sample_ratio(&[1, 2], &[1.0, 1.0], 0.0).is_err());
        let effect = crate::stats::welch(&[1.0, 2.0, 4.0], &[1.0, 2.0, 2.5], LEVEL).unwrap();
        assert!(anytime_t(&effect, AnytimeTuning { information: 1.5, mixture_precision: 0.0 }).is_err());
    }

    /// Looked at after every unit, an ordinary test would reject in a third of the runs.
    #[test]
    fn holds_at_every_look() {
        let mut rng = ChaCha20Rng::from_seed([4; 32]);
        let mut uniform = || (0..12).map(|_| rng.random::<f64>()).sum::<f64>() - 6.0;
        let (mut sequence, mut mixture, mut plain, trials) = (0, 0, 0, 200);
        for _ in 0..trials {
            let (mut sum, mut left) = (0.0_f64, [false; 3]);
            for unit in 1..=300_u32 {
                sum += uniform();
                let n = f64::from(unit);
                let mean = sum / n;
                if unit < 20 {
                    continue;
                }
                left[0] |= mean.abs() > sequence_radius(1.0, n, 100.0, LEVEL).unwrap();
                left[1] |= mixture_test(mean, 1.0 / n, 0.02).unwrap().p <= 0.05;
                left[2] |= mean.abs() > 1.96 / n.sqrt();
            }
            sequence += u32::from(left[0]);
            mixture += u32::from(left[1]);
            plain += u32::from(left[2]);
        }
        assert!(sequence <= 18 && mixture <= 18, "{sequence} and {mixture} of {trials}");
        assert!(plain > 40, "{plain} of {trials}");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn radii_are_where_the_tests_reject(variance in 1e-3..1.0_f64, tau in 1e-3..1.0_f64, precision in 0.1..3.0_f64) {
            let radius = mixture_radius(variance, tau, LEVEL).unwrap();
            prop_assert!((mixture_test(radius, variance, tau).unwrap().p - 0.05).abs() < 1e-10);
            let effect = crate::stats::welch(&[1.0, 2.0, 4.0, 3.0, 5.5], &[1.0, 2.0, 2.5, 1.4, 2.2], LEVEL).unwrap();
            let tuning = AnytimeTuning { information: 2.5, mixture_precision: precision };
            if let Some(radius) = anytime_t_radius(&effect, tuning).unwrap() {
                let at = Effect { t: radius / effect.standard_error, ..effect };
                prop_assert!((anytime_t(&at, tuning).unwrap().p - 0.05).abs() < 1e-10);
            } else {
                let far = Effect { t: 1e9, ..effect };
                prop_assert!(anytime_t(&far, tuning).unwrap().p > 0.05);
            }
        }

        #[test]
        fn the_order_of_arms_does_not_matter(a in 1_u64..5000, b in 1_u64..5000, weight in 0.1..10.0_f64) {
            let forward = sequential_sample_ratio(&[a, b], &[weight, 1.0], 10.0).unwrap();
            let back = sequential_sample_ratio(&[b, a], &[1.0, weight], 10.0).unwrap();
            prop_assert!((forward.log_evidence - back.log_evidence).abs() < 1e-8);
        }
    }
}
