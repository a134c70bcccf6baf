//! The covariance of one group. The one rule: it is never formed; its inverse is a diagonal less one product.

use super::likelihood::Component;
use super::products::Subgroup;
use nalgebra::{DMatrix, DVector};

/// In the space of the subgroup means, each times √size, V = D + τ v v' with D = σ² + ω size and v = √size. After Sherman &
/// Morrison (1950) V⁻¹ = D⁻¹ − c w w' with w = D⁻¹v and c = τ / (1 + τ v'w).
pub(super) struct Block {
    /// v, whose squares are the sizes.
    pub root: Vec<f64>,
    diagonal: Vec<f64>,
    lean: Vec<f64>,
    /// v'w.
    sum: f64,
    /// τ.
    outer: f64,
    /// c.
    factor: f64,
}

impl Block {
    /// `variances` are σ², τ and, with subgroups, ω.
    pub(super) fn new(group: &[Subgroup], variances: &[f64]) -> Block {
        let (residual, outer) = (variances[0], variances[1]);
        let inner = variances.get(2).copied().unwrap_or(0.0);
        let root: Vec<f64> = group.iter().map(|subgroup| subgroup.size.sqrt()).collect();
        let diagonal: Vec<f64> = group.iter().map(|subgroup| residual + inner * subgroup.size).collect();
        let lean: Vec<f64> = root.iter().zip(&diagonal).map(|(root, diagonal)| root / diagonal).collect();
        let sum: f64 = root.iter().zip(&lean).map(|(root, lean)| root * lean).sum();
        Block { root, diagonal, lean, sum, outer, factor: outer / (1.0 + outer * sum) }
    }

    pub(super) fn log_determinant(&self) -> f64 {
        self.diagonal.iter().map(|value| value.ln()).sum::<f64>() + (self.outer * self.sum).ln_1p()
    }

    /// V⁻¹ times rows, one a subgroup.
    pub(super) fn solve(&self, rows: &DMatrix<f64>) -> DMatrix<f64> {
        let pulled = weighted_sum(&self.lean, rows);
        DMatrix::from_fn(rows.nrows(), rows.ncols(), |row, column| {
            rows[(row, column)] / self.diagonal[row] - self.factor * self.lean[row] * pulled[column]
        })
    }

    /// ∂V/∂θ times rows: vv' for the variance of groups, else a diagonal.
    pub(super) fn derive(&self, component: Component, rows: &DMatrix<f64>) -> DMatrix<f64> {
        if component == Component::Group {
            let pulled = weighted_sum(&self.root, rows);
            return DMatrix::from_fn(rows.nrows(), rows.ncols(), |row, column| self.root[row] * pulled[column]);
        }
        DMatrix::from_fn(rows.nrows(), rows.ncols(), |row, column| {
            self.diagonal_of(component, row) * rows[(row, column)]
        })
    }

    fn diagonal_of(&self, component: Component, row: usize) -> f64 {
        if component == Component::Subgroup { self.root[row].powi(2) } else { 1.0 }
    }

    /// tr(V⁻¹ ∂V/∂θ).
    pub(super) fn trace(&self, component: Component) -> f64 {
        if component == Component::Group {
            return self.sum * self.shrink();
        }
        let plain = (0..self.root.len()).map(|row| self.diagonal_of(component, row) / self.diagonal[row]);
        plain.sum::<f64>() - self.factor * self.form(component)
    }

    /// tr(V⁻¹ ∂V/∂θ V⁻¹ ∂V/∂η).
    pub(super) fn trace_of_pair(&self, one: Component, other: Component) -> f64 {
        match (one, other) {
            (Component::Group, Component::Group) => (self.sum * self.shrink()).powi(2),
            (Component::Group, diagonal) | (diagonal, Component::Group) => self.shrink().powi(2) * self.form(diagonal),
            (one, other) => {
                let (mut plain, mut mixed) = (0.0, 0.0);
                for row in 0..self.root.len() {
                    let product = self.diagonal_of(one, row) * self.diagonal_of(other, row);
                    plain += product / self.diagonal[row].powi(2);
                    mixed += product * self.lean[row].powi(2) / self.diagonal[row];
                }
                plain - 2.0 * self.factor * mixed + self.factor.powi(2) * self.form(one) * self.form(other)
            }
        }
    }

    /// V⁻¹v = (1 − c v'w) w.
    fn shrink(&self) -> f64 {
        1.0 - self.factor * self.sum
    }

    /// w'Ew for the diagonal E of a component.
    fn form(&self, component: Component) -> f64 {
        (0..self.root.len()).map(|row| self.diagonal_of(component, row) * self.lean[row].powi(2)).sum()
    }
}

fn weighted_sum(weights: &[f64], rows: &DMatrix<f64>) -> DVector<f64> {
    let mut sum = DVector::zeros(rows.ncols());
    for (row, weight) in weights.iter().enumerate() {
        sum += *weight * rows.row(row).transpose();
    }
    sum
}
