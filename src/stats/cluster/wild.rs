//! The wild cluster bootstrap. The one rule: a draw costs as many steps as there are clusters times columns, however
//! many rows there are.
//!
//! A draw multiplies the residuals of each cluster g by one weight v_g. In the basis of X'WX = I, with s_g = X_g'We and
//! r_g = X_g'WX_g c for the contrast c, it moves the coefficient by Σ v_g c's_g and leaves cluster g the score
//! v_g c's_g − r_g'u, where u = Σ v_h s_h (Roodman, MacKinnon, Nielsen & Webb 2019).

#[cfg(test)]
mod tests;
mod weights;

use super::{ClusterCovariance, ClusterRegression};
use crate::stats::randomization::draw::{Draw, TIES_FROM};
use crate::stats::randomization::inversion;
use crate::stats::{ClusterDegrees, Interval, Level, RandomizationOptions, ReferenceSet, StatsError};
use nalgebra::DVector;
use rand::SeedableRng;
use rand::rngs::ChaCha20Rng;
pub use weights::WildWeights;
use weights::{SignVectors, WeightSource};

/// Whether residuals are those of the model without the effect tested.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum WildResiduals {
    /// The null is imposed (Cameron, Gelbach & Miller 2008). The default: when few clusters are treated the other rejects
    /// far too often, and this one at worst too rarely (MacKinnon & Webb 2017).
    #[default]
    Restricted,
    /// Residuals of the fitted model, and t* around its estimate.
    Unrestricted,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct WildScheme {
    pub weights: WildWeights,
    pub residuals: WildResiduals,
}

#[derive(Debug, Clone, PartialEq)]
pub struct WildBootstrap {
    /// In the unit of the outcome per unit of the column.
    pub estimate: f64,
    /// Of CR1S ([`ClusterCovariance::Cr1s`]), with which every draw is studentised.
    pub standard_error: f64,
    /// `estimate / standard_error`.
    pub t: f64,
    /// Two-sided: the part of the draws with |t*| at least |t|, ties included.
    pub p: f64,
    /// Twice the smaller of the parts with t* ≤ t and t* ≥ t, at most 1.
    pub p_equal_tailed: f64,
    /// Draws at least as extreme, ties included.
    pub at_least: u64,
    /// Assignments are vectors of weights.
    pub reference: ReferenceSet,
    /// Values of the coefficient that the two-sided test does not reject (p > 1 − level); `None` when no value however
    /// far would be rejected on some side.
    pub interval: Option<Interval>,
    /// t* of the draws in ascending order, for a picture of the distribution. Draws without variation have no t*; they
    /// count as extreme in `p`.
    pub statistics: Vec<f64>,
    /// Rows analysed.
    pub n: u64,
    pub level: Level,
}

impl ClusterRegression {
    /// Tests one coefficient against zero by the wild cluster bootstrap-t (Cameron, Gelbach & Miller 2008), and inverts
    /// the test for an interval (MacKinnon, Nielsen & Webb 2023; bisection).
    ///
    /// Rademacher weights are enumerated while 2^G is at most [`RandomizationOptions::exact_limit`]; otherwise, and
    /// always with Webb's weights, draws are seeded. Under a dozen clusters use Webb's: 2^G signs are few values.
    /// Ties: |t*| counts as at least |t| from |t| (1 − 10⁻⁹) on.
    ///
    /// # Errors
    /// [`StatsError::NoColumn`], [`StatsError::NoVariation`], [`StatsError::Overflow`].
    pub fn wild_bootstrap(
        &self,
        column: usize,
        scheme: WildScheme,
        options: RandomizationOptions,
    ) -> Result<WildBootstrap, StatsError> {
        let robust = self.robust(ClusterCovariance::Cr1s)?;
        let effect = robust.coefficient(column, ClusterDegrees::ClustersMinusOne, options.level)?;
        let contrast = self.contrast(column)?;
        let scores = Scores::of(self, &contrast, effect.standard_error, robust.factor, scheme.residuals);
        let draws = Draws::of(&scores, scheme.weights, &options);
        // All is in units of the standard error, and effects are differences from the estimate.
        let p_at = |effect: f64| draws.p(draws.at_least(effect));
        let at_least = draws.at_least(-effect.t);
        let interval = inversion::interval(0.0, 1.0, options.level, p_at);
        let bound = |steps: f64| effect.estimate + steps * effect.standard_error;
        let statistics = draws.statistics(-effect.t);
        Ok(WildBootstrap {
            estimate: effect.estimate,
            standard_error: effect.standard_error,
            t: effect.t,
            p: draws.p(at_least),
            p_equal_tailed: equal_tailed(&draws, &statistics, effect.t),
            at_least,
            reference: draws.reference,
            interval: interval.map(|interval| interval.map(bound)).transpose()?,
            statistics,
            n: effect.n,
            level: options.level,
        })
    }
}

/// What a cluster brings to every draw, in units of the standard error.
struct Scores {
    columns: usize,
    factor: f64,
    is_restricted: bool,
    /// For each cluster: c's, c'q, then s and r, with q = r / c'c the step of s for one step of the null away from the
    /// estimate.
    clusters: Vec<f64>,
    /// 1 / c'c.
    step: f64,
}

impl Scores {
    fn of(
        regression: &ClusterRegression,
        contrast: &DVector<f64>,
        standard_error: f64,
        factor: f64,
        residuals: WildResiduals,
    ) -> Scores {
        let k = regression.columns();
        let step = 1.0 / contrast.norm_squared();
        let mut clusters = Vec::with_capacity(regression.clusters() * (2 + 2 * k));
        for (block, score) in regression.blocks.iter().zip(&regression.scores) {
            let score = score.view((score.nrows() - k, 0), (k, 1)) / standard_error;
            let along = block.weighted(k) * contrast;
            clusters.push(contrast.dot(&score.column(0)));
            clusters.push(contrast.dot(&along) * step);
            clusters.extend(score.iter());
            clusters.extend(along.iter());
        }
        Scores { columns: k, factor, is_restricted: residuals == WildResiduals::Restricted, clusters, step }
    }

    fn lines(&self) -> std::slice::ChunksExact<'_, f64> {
        self.clusters.chunks_exact(2 + 2 * self.columns)
    }

    /// One draw. `moves` is room for 2k numbers.
    fn draw(&self, weights: &[f64], moves: &mut [f64]) -> Draw {
        moves.fill(0.0);
        let (mut a, mut b) = (0.0, 0.0);
        for (line, weight) in self.lines().zip(weights) {
            a += weight * line[0];
            b += weight * line[1];
            for (sum, value) in moves.iter_mut().zip(&line[2..]) {
                *sum += weight * value;
            }
        }
        let (move_of_scores, move_of_steps) = moves.split_at(self.columns);
        let (mut v, mut c, mut d) = (0.0, 0.0, 0.0);
        for (line, weight) in self.lines().zip(weights) {
            let along = &line[2 + self.columns..];
            let score = weight * line[0] - dot(along, move_of_scores);
            v += score * score;
            if self.is_restricted {
                let step = weight * line[1] - dot(along, move_of_steps) * self.step;
                c += score * step;
                d += step * step;
            }
        }
        let b = if self.is_restricted { b } else { 0.0 };
        Draw { a, b, v: v * self.factor, c: c * self.factor, d: d * self.factor }
    }
}

struct Draws {
    draws: Vec<Draw>,
    /// Each draw stands for itself and the one with all signs flipped, whose t* is the negative.
    is_mirrored: bool,
    reference: ReferenceSet,
}

/// The statistic of the rows themselves, in units of its standard error, as a function of the null.
const OBSERVED: Draw = Draw { a: 0.0, b: 1.0, v: 1.0, c: 0.0, d: 0.0 };

impl Draws {
    fn of(scores: &Scores, weights: WildWeights, options: &RandomizationOptions) -> Draws {
        let clusters = scores.lines().len();
        let mut vector = vec![0.0; clusters];
        let mut moves = vec![0.0; 2 * scores.columns];
        let mut draws = Vec::new();
        if weights == WildWeights::Rademacher
            && let Some(vectors) = SignVectors::within(clusters, options.exact_limit)
        {
            for index in 0..vectors.half() {
                vectors.fill(index, &mut vector);
                draws.push(scores.draw(&vector, &mut moves));
            }
            let reference = ReferenceSet::Exact { assignments: 2 * vectors.half() };
            return Draws { draws, is_mirrored: true, reference };
        }
        let mut source = WeightSource::new(ChaCha20Rng::from_seed(options.seed), weights);
        for _ in 0..options.draws {
            source.fill(&mut vector);
            draws.push(scores.draw(&vector, &mut moves));
        }
        let reference = ReferenceSet::MonteCarlo { draws: u64::from(options.draws) };
        Draws { draws, is_mirrored: false, reference }
    }

    fn at_least(&self, effect: f64) -> u64 {
        let count = self.draws.iter().filter(|draw| draw.is_at_least(&OBSERVED, effect)).count() as u64;
        if self.is_mirrored { 2 * count } else { count }
    }

    fn p(&self, at_least: u64) -> f64 {
        self.reference.p(at_least)
    }

    fn statistics(&self, effect: f64) -> Vec<f64> {
        let mut statistics: Vec<f64> = self.draws.iter().map(|draw| draw.statistic_at(effect)).collect();
        if self.is_mirrored {
            statistics.extend_from_within(..);
            let half = statistics.len() / 2;
            statistics[half..].iter_mut().for_each(|statistic| *statistic = -*statistic);
        }
        statistics.retain(|statistic| statistic.is_finite());
        statistics.sort_unstable_by(f64::total_cmp);
        statistics
    }
}

fn equal_tailed(draws: &Draws, statistics: &[f64], t: f64) -> f64 {
    let tie = (1.0 - TIES_FROM) * t.abs();
    let below = statistics.partition_point(|statistic| *statistic <= t + tie);
    let above = statistics.len() - statistics.partition_point(|statistic| *statistic < t - tie);
    (2.0 * draws.p(below.min(above) as u64)).min(1.0)
}

fn dot(left: &[f64], right: &[f64]) -> f64 {
    left.iter().zip(right).map(|(left, right)| left * right).sum()
}
