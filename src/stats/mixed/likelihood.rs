//! The restricted likelihood of given variances with its derivatives. The one rule: no matrix has more rows than there
//! are columns in the model.
//!
//! With V = σ² I + τ Σ 11' (over groups) + ω Σ 11' (over subgroups), everything follows from Z'V⁻¹Z, Z'V⁻¹VᵢV⁻¹Z and
//! Z'V⁻¹VᵢV⁻¹VⱼV⁻¹Z, where Z has the design and the outcome and Vᵢ = ∂V/∂θᵢ (Harville 1977).

use super::block::Block;
use super::products::{Products, Subgroup};
use crate::stats::StatsError;
use crate::stats::error::computed;
use crate::stats::grouped::coefficient_name;
use crate::stats::symmetric::inverse;
use nalgebra::{DMatrix, DVector};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Component {
    Residual,
    Group,
    Subgroup,
}

impl Component {
    pub(super) fn name(self) -> &'static str {
        match self {
            Component::Residual => "residual variance",
            Component::Group => "variance of groups",
            Component::Subgroup => "variance of subgroups",
        }
    }
}

/// The model at given variances.
#[derive(Debug, Clone)]
pub(super) struct Fit {
    pub components: Vec<Component>,
    /// One a component.
    pub variances: Vec<f64>,
    pub coefficients: DVector<f64>,
    /// Φ = (X'V⁻¹X)⁻¹.
    pub covariance: DMatrix<f64>,
    pub log_likelihood: f64,
    /// Derivatives of the log likelihood.
    pub score: Vec<f64>,
    /// Less the second derivatives.
    pub observed: DMatrix<f64>,
    /// Their mean: tr(PVᵢPVⱼ)/2.
    pub expected: DMatrix<f64>,
    /// X'V⁻¹VᵢV⁻¹X.
    pub first: Vec<DMatrix<f64>>,
    /// X'V⁻¹VᵢV⁻¹VⱼV⁻¹X.
    pub second: Vec<Vec<DMatrix<f64>>>,
}

/// Sums over the groups, with Z for the design and the outcome.
struct Sums {
    log_determinant: f64,
    plain: DMatrix<f64>,
    first: Vec<DMatrix<f64>>,
    second: Vec<Vec<DMatrix<f64>>>,
    first_trace: Vec<f64>,
    second_trace: DMatrix<f64>,
}

impl Fit {
    pub(super) fn at(products: &Products, components: &[Component], variances: &[f64]) -> Result<Fit, StatsError> {
        let k = products.coefficients;
        let sums = Sums::of(products, components, variances);
        let design = |matrix: &DMatrix<f64>| matrix.view((0, 0), (k, k)).into_owned();
        let plain = design(&sums.plain);
        let covariance = inverse(&plain, coefficient_name)?;
        let coefficients = &covariance * sums.plain.view((0, k), (k, 1)).column(0);
        let first: Vec<DMatrix<f64>> = sums.first.iter().map(design).collect();
        let second: Vec<Vec<DMatrix<f64>>> = sums.second.iter().map(|row| row.iter().map(design).collect()).collect();
        // The residual is Z times this.
        let contrast = (-&coefficients).push(1.0);
        let quadratic = |matrix: &DMatrix<f64>| contrast.dot(&(matrix * &contrast));
        // X'V⁻¹VᵢV⁻¹ times the residual.
        let pulls: Vec<DVector<f64>> =
            sums.first.iter().map(|matrix| (matrix * &contrast).rows(0, k).into_owned()).collect();
        let count = components.len();
        let score = (0..count).map(|index| {
            let trace = sums.first_trace[index] - (&covariance * &first[index]).trace();
            (quadratic(&sums.first[index]) - trace) / 2.0
        });
        let expected = DMatrix::from_fn(count, count, |left, right| {
            let corrected = (&covariance * &first[left] * &covariance * &first[right]).trace();
            (sums.second_trace[(left, right)] - 2.0 * (&covariance * &second[left][right]).trace() + corrected) / 2.0
        });
        let observed = DMatrix::from_fn(count, count, |left, right| {
            let form = quadratic(&sums.second[left][right]) - pulls[left].dot(&(&covariance * &pulls[right]));
            form - expected[(left, right)]
        });
        Ok(Fit {
            components: components.to_vec(),
            variances: variances.to_vec(),
            log_likelihood: log_likelihood(
                products.rows,
                k,
                sums.log_determinant,
                &covariance,
                quadratic(&sums.plain),
            )?,
            score: score.collect(),
            coefficients,
            covariance,
            observed,
            expected,
            first,
            second,
        })
    }
}

/// −½ ((n − k) ln 2π + ln|V| + ln|X'V⁻¹X| + r'V⁻¹r).
#[expect(clippy::cast_precision_loss, reason = "a number of rows is far below 2^53")]
fn log_likelihood(
    rows: usize,
    k: usize,
    log_determinant: f64,
    covariance: &DMatrix<f64>,
    quadratic: f64,
) -> Result<f64, StatsError> {
    let constant = (rows - k) as f64 * std::f64::consts::TAU.ln();
    let of_coefficients = -covariance.determinant().ln();
    computed("restricted likelihood", -(constant + log_determinant + of_coefficients + quadratic) / 2.0)
}

impl Sums {
    #[expect(clippy::cast_precision_loss, reason = "a number of rows is far below 2^53")]
    fn of(products: &Products, components: &[Component], variances: &[f64]) -> Sums {
        let width = products.coefficients + 1;
        let count = components.len();
        let residual = variances[0];
        // Deviations within subgroups know the residual variance alone.
        let free = (products.rows - products.subgroups()) as f64;
        let zero = DMatrix::zeros(width, width);
        let mut sums = Sums {
            log_determinant: free * residual.ln(),
            plain: &products.within / residual,
            first: vec![zero.clone(); count],
            second: vec![vec![zero; count]; count],
            first_trace: vec![0.0; count],
            second_trace: DMatrix::zeros(count, count),
        };
        sums.first[0] = &products.within / (residual * residual);
        sums.second[0][0] = &products.within / residual.powi(3);
        sums.first_trace[0] = free / residual;
        sums.second_trace[(0, 0)] = free / (residual * residual);
        for group in &products.groups {
            sums.add(group, components, variances);
        }
        sums
    }

    fn add(&mut self, group: &[Subgroup], components: &[Component], variances: &[f64]) {
        let block = Block::new(group, variances);
        self.log_determinant += block.log_determinant();
        let rows =
            DMatrix::from_fn(group.len(), self.plain.nrows(), |row, column| block.root[row] * group[row].mean[column]);
        let solved = block.solve(&rows);
        self.plain += rows.transpose() * &solved;
        let derived: Vec<DMatrix<f64>> = components.iter().map(|component| block.derive(*component, &solved)).collect();
        for (left, component) in components.iter().enumerate() {
            self.first[left] += solved.transpose() * &derived[left];
            self.first_trace[left] += block.trace(*component);
            for (right, other) in components.iter().enumerate() {
                self.second[left][right] += derived[left].transpose() * block.solve(&derived[right]);
                self.second_trace[(left, right)] += block.trace_of_pair(*component, *other);
            }
        }
    }
}
