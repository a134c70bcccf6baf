//! The distribution of the paths that have not stopped. The one rule: the Brownian scale, x = z √t, on which increments
//! between looks are independent.

use super::quadrature::{as_f64, gauss_legendre};
use crate::stats::distribution::{normal_density, normal_upper_tail};

/// Paths farther than this many standard deviations from their mean are left out.
const DEVIATIONS: f64 = 9.0;
/// Nodes per standard deviation of the sharpest density, and beside those.
const NODES_PER_DEVIATION: f64 = 2.2;
const NODES_LEAST: f64 = 40.0;

/// Paths at a look, after those that crossed were taken out: nodes, and weight × density there.
#[derive(Debug, Clone)]
pub(super) struct Paths {
    drift: f64,
    information: f64,
    /// A single node of mass 1 at 0 before the first look.
    nodes: Vec<(f64, f64)>,
}

impl Paths {
    /// Before the first look; the drift is the mean of x per unit of information.
    pub(super) fn start(drift: f64) -> Paths {
        Paths { drift, information: 0.0, nodes: vec![(0.0, 1.0)] }
    }

    /// These paths at a later look.
    pub(super) fn at(&self, information: f64) -> Next<'_> {
        let step = information - self.information;
        Next { paths: self, information, mean: self.drift * step, deviation: step.sqrt() }
    }
}

/// Paths that arrive at a look.
pub(super) struct Next<'a> {
    paths: &'a Paths,
    information: f64,
    /// Of the increment.
    mean: f64,
    deviation: f64,
}

impl Next<'_> {
    /// The chance to arrive at or above z.
    pub(super) fn above(&self, z: f64) -> f64 {
        let x = z * self.information.sqrt() - self.mean;
        self.paths.nodes.iter().map(|(node, mass)| mass * normal_upper_tail((x - node) / self.deviation)).sum()
    }

    /// The chance to arrive below z.
    pub(super) fn below(&self, z: f64) -> f64 {
        let x = z * self.information.sqrt() - self.mean;
        self.paths.nodes.iter().map(|(node, mass)| mass * normal_upper_tail((node - x) / self.deviation)).sum()
    }

    /// The paths between two z, as a density that can be carried on to the `next` look.
    pub(super) fn kept(&self, low: f64, high: f64, next: Option<f64>) -> Paths {
        let root = self.information.sqrt();
        let (mean, drift) = (self.paths.drift * self.information, self.paths.drift);
        let low = (low * root).max(mean - DEVIATIONS * root);
        let high = (high * root).min(mean + DEVIATIONS * root);
        let mut kept = Paths { drift, information: self.information, nodes: Vec::new() };
        let Some(next) = next.filter(|_| low < high) else { return kept };
        let sharpest = self.deviation.min((next - self.information).sqrt()) / std::f64::consts::SQRT_2;
        let (middle, half) = (f64::midpoint(low, high), (high - low) / 2.0);
        for (node, weight) in gauss_legendre(nodes_for((high - low) / sharpest)) {
            let x = middle + half * node;
            kept.nodes.push((x, half * weight * self.density(x)));
        }
        kept
    }

    fn density(&self, x: f64) -> f64 {
        let from = |(node, mass): &(f64, f64)| mass * normal_density((x - node - self.mean) / self.deviation);
        self.paths.nodes.iter().map(from).sum::<f64>() / self.deviation
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to a small number")]
fn nodes_for(deviations: f64) -> usize {
    (NODES_LEAST + NODES_PER_DEVIATION * deviations).min(as_f64(NODES_MOST)) as usize
}

/// Looks that follow each other by less than a ten-thousandth of the information lose digits.
const NODES_MOST: usize = 2000;
