//! The weights, none negative and 1 in sum, whose mean of given points is nearest to the origin. The one rule: the answer
//! carries its own proof, the duality gap.

use crate::stats::StatsError;
use crate::stats::error::computed;
use crate::stats::symmetric::inverse;
use nalgebra::{DMatrix, DVector};

/// A duality gap below this part of the largest square is rounding.
const CONVERGED_BELOW: f64 = 1e-14;
/// Where rounding stops the search, a gap up to this is good enough to answer with.
const ACCEPTED_BELOW: f64 = 1e-9;
/// A point lies in the affine hull of others when less than this part of its square is outside.
const DEPENDENT_BELOW: f64 = 1e-13;
const REFINEMENTS: usize = 2;
/// A weight below this is none.
const NO_WEIGHT: f64 = 1e-14;

/// Part of the largest square.
const LEAST_PENALTY: f64 = 1e-10;
/// From this part of the largest square on, the penalty keeps most points, and the search starts from all of them.
const STRONG_PENALTY: f64 = 1e-6;

/// Products of all pairs of points.
pub(super) struct Points {
    products: DMatrix<f64>,
    /// The largest square.
    scale: f64,
    is_strongly_penalised: bool,
}

pub(super) struct SimplexWeights {
    pub weights: Vec<f64>,
    /// (x'x − min x'pⱼ) / max pⱼ'pⱼ at the mean x: zero at the optimum and above the loss in x'x elsewhere.
    pub gap: f64,
}

impl Points {
    /// `penalty` is added for each unit of the sum of squared weights. At least [`LEAST_PENALTY`] is, so that of several
    /// weights that are equally good the most even ones are the answer.
    pub(super) fn new(points: &[Vec<f64>], penalty: f64) -> Points {
        let largest =
            points.iter().map(|point| point.iter().map(|value| value * value).sum::<f64>()).fold(0.0, f64::max);
        let penalty = penalty.max(LEAST_PENALTY * largest);
        let products = DMatrix::from_fn(points.len(), points.len(), |left, right| {
            let product: f64 = points[left].iter().zip(&points[right]).map(|(one, other)| one * other).sum();
            product + if left == right { penalty } else { 0.0 }
        });
        let scale = products.diagonal().max();
        Points { products, scale, is_strongly_penalised: penalty > STRONG_PENALTY * scale }
    }

    /// The algorithm of Wolfe (1976): the point nearest to the origin in the affine hull of a few of the points, which are
    /// exchanged until no other point is nearer. It ends after finitely many steps and is deterministic.
    pub(super) fn nearest_to_origin(&self) -> Result<SimplexWeights, StatsError> {
        computed("squared distance", self.scale)?;
        let count = self.products.nrows();
        let steps = 100 + 20 * count;
        let first = (0..count).fold(0, |best, point| if self.square(point) < self.square(best) { point } else { best });
        let start = if self.is_strongly_penalised { (0..count).collect() } else { vec![first] };
        let mut weights = vec![0.0; count];
        for point in &start {
            weights[*point] = 1.0 / count_of(start.len());
        }
        if self.scale <= 0.0 {
            return accept(weights, 0.0, steps);
        }
        let mut corral = Corral::new(self, start)?;
        corral.descend(self, &mut weights);
        for _ in 0..steps {
            let (nearest, gap) = self.gap(&weights);
            if gap <= CONVERGED_BELOW || corral.members.contains(&nearest) || !corral.add(self, nearest) {
                break;
            }
            corral.descend(self, &mut weights);
        }
        // The inverse has been carried along; once more from the start it has no rounding but its own.
        let polished = self.polished(corral.members, &weights);
        let gap = self.gap(&weights).1;
        match polished.map(|polished| (self.gap(&polished).1, polished)) {
            Ok((polished_gap, polished)) if polished_gap <= gap => accept(polished, polished_gap, steps),
            _ => accept(weights, gap, steps),
        }
    }

    fn polished(&self, members: Vec<usize>, weights: &[f64]) -> Result<Vec<f64>, StatsError> {
        let mut polished = weights.to_vec();
        Corral::new(self, members)?.descend(self, &mut polished);
        Ok(polished)
    }

    /// K + c 11'.
    fn system(&self, row: usize, column: usize) -> f64 {
        self.products[(row, column)] + self.scale
    }

    fn square(&self, point: usize) -> f64 {
        self.products[(point, point)]
    }

    /// The point farthest in the direction of the origin, and the duality gap.
    fn gap(&self, weights: &[f64]) -> (usize, f64) {
        let used: Vec<usize> = (0..weights.len()).filter(|point| weights[*point] > 0.0).collect();
        let along: Vec<f64> = (0..weights.len())
            .map(|point| used.iter().map(|other| weights[*other] * self.products[(*other, point)]).sum())
            .collect();
        let square: f64 = along.iter().zip(weights).map(|(along, weight)| along * weight).sum();
        let mut nearest = 0;
        for (point, value) in along.iter().enumerate() {
            if *value < along[nearest] {
                nearest = point;
            }
        }
        (nearest, ((square - along[nearest]) / self.scale).max(0.0))
    }
}

/// The points that carry weight.
struct Corral {
    members: Vec<usize>,
    /// (K + c 11')⁻¹ for the products K of the members and c the scale: its row sums, scaled to 1, are the weights of the
    /// point nearest to the origin in their affine hull, whatever c > 0.
    inverse: DMatrix<f64>,
}

impl Corral {
    fn new(points: &Points, members: Vec<usize>) -> Result<Corral, StatsError> {
        let size = members.len();
        let system = DMatrix::from_fn(size, size, |row, column| points.system(members[row], members[column]));
        let inverse = inverse(&system, |point| format!("unit or period {point}"))?;
        Ok(Corral { members, inverse })
    }

    /// Borders the inverse by one point. False when it lies in the affine hull already.
    fn add(&mut self, points: &Points, point: usize) -> bool {
        let size = self.members.len();
        let border = self.members.iter().map(|member| points.system(*member, point));
        let border = DVector::from_iterator(size, border);
        let lean = self.solve(points, &border);
        let corner = points.system(point, point);
        let left = corner - border.dot(&lean);
        if left <= DEPENDENT_BELOW * corner {
            return false;
        }
        self.inverse = DMatrix::from_fn(size + 1, size + 1, |row, column| match (row < size, column < size) {
            (true, true) => self.inverse[(row, column)] + lean[row] * lean[column] / left,
            (true, false) => -lean[row] / left,
            (false, true) => -lean[column] / left,
            (false, false) => 1.0 / left,
        });
        self.members.push(point);
        true
    }

    fn remove(&mut self, position: usize) {
        let pivot = self.inverse[(position, position)];
        let kept: Vec<usize> = (0..self.members.len()).filter(|other| *other != position).collect();
        self.inverse = DMatrix::from_fn(kept.len(), kept.len(), |row, column| {
            let (row, column) = (kept[row], kept[column]);
            self.inverse[(row, column)] - self.inverse[(row, position)] * self.inverse[(position, column)] / pivot
        });
        self.members.remove(position);
    }

    /// The inverse times `right`, refined by what the system itself leaves (Wilkinson 1963), because the inverse is carried
    /// along.
    fn solve(&self, points: &Points, right: &DVector<f64>) -> DVector<f64> {
        let mut solution = &self.inverse * right;
        for _ in 0..REFINEMENTS {
            let left = DVector::from_fn(self.members.len(), |row, _| {
                let terms = self.members.iter().zip(solution.iter());
                right[row] - terms.map(|(other, value)| points.system(self.members[row], *other) * value).sum::<f64>()
            });
            solution += &self.inverse * left;
        }
        solution
    }

    /// Moves to the nearest point of the affine hull, dropping the members whose weight falls to zero on the way.
    fn descend(&mut self, points: &Points, weights: &mut [f64]) {
        loop {
            let sums = self.solve(points, &DVector::from_element(self.members.len(), 1.0));
            let total: f64 = sums.iter().sum();
            let mut step = 1.0;
            let mut blocking = None;
            for (position, (member, sum)) in self.members.iter().zip(sums.iter()).enumerate() {
                let (weight, wanted) = (weights[*member], sum / total);
                if wanted <= NO_WEIGHT {
                    let part = if weight > wanted { weight / (weight - wanted) } else { 0.0 };
                    if blocking.is_none() || part < step {
                        (step, blocking) = (part, Some(position));
                    }
                }
            }
            for (member, sum) in self.members.iter().zip(sums.iter()) {
                weights[*member] += step * (sum / total - weights[*member]);
            }
            let Some(position) = blocking.filter(|_| self.members.len() > 1) else { return };
            weights[self.members[position]] = 0.0;
            self.remove(position);
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "a number of points is far below 2^53")]
fn count_of(points: usize) -> f64 {
    points as f64
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
        assert!((inside.weights[0] - 0.7).abs() < 1e-9 && inside.gap < 1e-12);
        let corner = solve(&[vec![1.0, 1.0], vec![2.0, 3.0]], 0.0);
        assert_eq!(corner.weights, [1.0, 0.0]);
        let same = solve(&[vec![0.0; 2], vec![0.0; 2]], 0.0);
        assert!((same.weights.iter().sum::<f64>() - 1.0).abs() < 1e-15);
    }

    #[test]
    fn of_weights_that_are_equally_good_the_most_even_are_taken() {
        let points = [vec![1.0], vec![-1.0], vec![1.0], vec![-1.0], vec![0.0]];
        let found = solve(&points, 0.0);
        assert!(found.weights.iter().all(|weight| (weight - 0.2).abs() < 1e-6), "{:?}", found.weights);
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
                    prop_assert!(best <= loss(&[left, right, 1.0 - left - right]) + 1e-8);
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
            prop_assert!(found.gap < 1e-12, "{}", found.gap);
            prop_assert!(found.weights.iter().all(|weight| *weight >= 0.0));
            prop_assert!((found.weights.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        }
    }
}
