//! The weights, none negative and 1 in sum, whose mean of given points is nearest to the origin. The one rule: the answer
//! carries its own proof, the duality gap.

use crate::stats::StatsError;
use crate::stats::error::computed;
use crate::stats::symmetric::inverse;
use nalgebra::DMatrix;

/// A duality gap below this part of the largest square is rounding.
const CONVERGED_BELOW: f64 = 1e-14;
/// Where rounding stops the search, a gap up to this is good enough to answer with.
const ACCEPTED_BELOW: f64 = 1e-9;
/// A weight below this is none.
const NO_WEIGHT: f64 = 1e-14;

/// Products of all pairs of points.
pub(super) struct Points {
    products: DMatrix<f64>,
    /// The largest square.
    scale: f64,
}

pub(super) struct SimplexWeights {
    pub weights: Vec<f64>,
    /// (x'x − min x'pⱼ) / max pⱼ'pⱼ at the mean x: zero at the optimum and above the loss in x'x elsewhere.
    pub gap: f64,
}

impl Points {
    /// `penalty` is added for each unit of the sum of squared weights.
    pub(super) fn new(points: &[Vec<f64>], penalty: f64) -> Points {
        let products = DMatrix::from_fn(points.len(), points.len(), |left, right| {
            let product: f64 = points[left].iter().zip(&points[right]).map(|(one, other)| one * other).sum();
            product + if left == right { penalty } else { 0.0 }
        });
        let scale = products.diagonal().max();
        Points { products, scale }
    }

    /// The algorithm of Wolfe (1976): the point nearest to the origin in the affine hull of a few of the points, which are
    /// exchanged until no other point is nearer. It ends after finitely many steps and is deterministic.
    pub(super) fn nearest_to_origin(&self) -> Result<SimplexWeights, StatsError> {
        computed("squared distance", self.scale)?;
        let count = self.products.nrows();
        let steps = 100 + 20 * count;
        let first = (0..count).fold(0, |best, point| if self.square(point) < self.square(best) { point } else { best });
        let mut members = vec![first];
        let mut weights = vec![0.0; count];
        weights[first] = 1.0;
        for _ in 0..steps {
            let (nearest, gap) = self.gap(&weights);
            let is_stuck = members.contains(&nearest);
            if gap <= CONVERGED_BELOW || is_stuck {
                return accept(weights, gap, steps);
            }
            members.push(nearest);
            if !self.descend(&mut members, &mut weights) {
                return accept(weights, gap, steps);
            }
        }
        let (_, gap) = self.gap(&weights);
        accept(weights, gap, steps)
    }

    fn square(&self, point: usize) -> f64 {
        self.products[(point, point)]
    }

    /// The point farthest in the direction of the origin, and the duality gap.
    fn gap(&self, weights: &[f64]) -> (usize, f64) {
        let along: Vec<f64> = (0..weights.len())
            .map(|point| weights.iter().enumerate().map(|(other, weight)| weight * self.products[(point, other)]).sum())
            .collect();
        let square: f64 = along.iter().zip(weights).map(|(along, weight)| along * weight).sum();
        let mut nearest = 0;
        for (point, value) in along.iter().enumerate() {
            if *value < along[nearest] {
                nearest = point;
            }
        }
        let gap = if self.scale > 0.0 { (square - along[nearest]) / self.scale } else { 0.0 };
        (nearest, gap.max(0.0))
    }

    /// Moves to the nearest point of the affine hull of the members, dropping members whose weight falls to zero on the
    /// way. False when rounding leaves no affine hull.
    fn descend(&self, members: &mut Vec<usize>, weights: &mut [f64]) -> bool {
        loop {
            let Some(wanted) = self.affine_weights(members) else { return false };
            let mut step = 1.0_f64;
            for (member, wanted) in members.iter().zip(&wanted) {
                if *wanted <= NO_WEIGHT {
                    let weight = weights[*member];
                    step = step.min(if weight > *wanted { weight / (weight - wanted) } else { 0.0 });
                }
            }
            for (member, wanted) in members.iter().zip(&wanted) {
                weights[*member] += step * (wanted - weights[*member]);
            }
            if wanted.iter().all(|wanted| *wanted > NO_WEIGHT) {
                return true;
            }
            let before = members.len();
            members.retain(|member| {
                let is_kept = weights[*member] > NO_WEIGHT;
                if !is_kept {
                    weights[*member] = 0.0;
                }
                is_kept
            });
            if members.len() == before || members.is_empty() {
                return false;
            }
        }
    }

    /// Weights of sum 1 for the point of the affine hull nearest to the origin: (K + c 11')⁻¹ 1, scaled, for the products K
    /// of the members and any c > 0.
    fn affine_weights(&self, members: &[usize]) -> Option<Vec<f64>> {
        let system = DMatrix::from_fn(members.len(), members.len(), |left, right| {
            self.products[(members[left], members[right])] + self.scale
        });
        let inverse = inverse(&system, |_| String::new()).ok()?;
        let sums: Vec<f64> = inverse.row_iter().map(|row| row.sum()).collect();
        let total: f64 = sums.iter().sum();
        Some(sums.iter().map(|sum| sum / total).collect())
    }
}

fn accept(mut weights: Vec<f64>, gap: f64, steps: usize) -> Result<SimplexWeights, StatsError> {
    if gap > ACCEPTED_BELOW {
        return Err(StatsError::NotConverged { what: "the weights of the comparison", steps });
    }
    let total: f64 = weights.iter().sum();
    weights.iter_mut().for_each(|weight| *weight /= total);
    Ok(SimplexWeights { weights, gap })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn solve(points: &[Vec<f64>], penalty: f64) -> SimplexWeights {
        Points::new(points, penalty).nearest_to_origin().unwrap()
    }

    #[test]
    fn the_nearest_point_of_a_segment_by_hand() {
        // From (1, 2) to (3, -2): nearest to the origin after three tenths of the way.
        let inside = solve(&[vec![1.0, 2.0], vec![3.0, -2.0]], 0.0);
        assert!((inside.weights[0] - 0.7).abs() < 1e-12 && inside.gap < 1e-12);
        let corner = solve(&[vec![1.0, 1.0], vec![2.0, 3.0]], 0.0);
        assert_eq!(corner.weights, [1.0, 0.0]);
        let same = solve(&[vec![0.0; 2], vec![0.0; 2]], 0.0);
        assert!((same.weights.iter().sum::<f64>() - 1.0).abs() < 1e-15);
    }

    #[test]
    fn a_large_penalty_spreads_the_weights_evenly() {
        let found = solve(&[vec![1.0], vec![2.0], vec![-5.0], vec![0.5]], 1e9);
        assert!(found.weights.iter().all(|weight| (weight - 0.25).abs() < 1e-6));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn no_weights_on_a_grid_are_better(
            points in prop::collection::vec(prop::collection::vec(-5.0..5.0_f64, 4), 3),
            penalty in 0.0..3.0_f64,
        ) {
            let found = solve(&points, penalty);
            let loss = |weights: &[f64]| {
                let at = |axis: usize| weights.iter().zip(&points).map(|(weight, point)| weight * point[axis]).sum::<f64>();
                let square: f64 = (0..4).map(|axis| at(axis).powi(2)).sum();
                square + penalty * weights.iter().map(|weight| weight * weight).sum::<f64>()
            };
            prop_assert!(found.gap < 1e-12);
            let best = loss(&found.weights);
            for left in 0..=40_u32 {
                for right in 0..=40 - left {
                    let (left, right) = (f64::from(left) / 40.0, f64::from(right) / 40.0);
                    prop_assert!(best <= loss(&[left, right, 1.0 - left - right]) + 1e-10);
                }
            }
        }

        #[test]
        fn many_points_in_few_dimensions_and_few_in_many_are_solved(
            points in (2_usize..40, 1_usize..25).prop_flat_map(|(count, dimensions)| {
                prop::collection::vec(prop::collection::vec(-1.0..3.0_f64, dimensions), count)
            }),
        ) {
            let found = solve(&points, 0.0);
            prop_assert!(found.gap < 1e-9, "{}", found.gap);
            prop_assert!(found.weights.iter().all(|weight| *weight >= 0.0));
            prop_assert!((found.weights.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        }
    }
}
