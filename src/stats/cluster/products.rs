//! Cross-products of the rows of each cluster. The one rule: they are taken to a basis in which X'WX of all rows is the
//! identity, so that nothing after has to invert it.

use super::design::Design;
use crate::stats::StatsError;
use nalgebra::DMatrix;

/// A column is superfluous when less than this part of its square is left outside the columns before it. Cross-products
/// carry twice the digits of what they resolve.
const COLLINEAR_BELOW: f64 = 1e-10;

/// Of one cluster. Z are the columns of the design and, with weights, the same columns times the weight again: the rows
/// and columns that belong to the latter are the last k either way.
#[derive(Debug, Clone)]
pub(super) struct Block {
    /// Z'Z.
    pub(super) zz: DMatrix<f64>,
    /// Z'y, one column for each outcome.
    pub(super) zy: DMatrix<f64>,
    /// Orthonormal columns that span those of Z'Z. They are few where most columns are indicators of other strata.
    pub(super) range: DMatrix<f64>,
}

#[derive(Debug, Clone)]
pub(super) struct Products {
    /// In ascending order of cluster numbers.
    pub(super) blocks: Vec<Block>,
    /// k, the columns of the design.
    pub(super) columns: usize,
    /// Means that were taken off the outcomes.
    pub(super) centres: Vec<f64>,
    /// Σ w y² of each outcome less its mean.
    pub(super) squares: Vec<f64>,
}

impl Products {
    pub(super) fn of(design: &Design, outcomes: &[&[f64]]) -> Result<Products, StatsError> {
        let (columns, width) = (design.columns(), design.width());
        let positions = positions(design.rows.clusters);
        let count = positions.iter().flatten().count();
        let stride = width * (width + outcomes.len());
        let mut sums = vec![0.0; count * stride];
        let centres: Vec<f64> = outcomes.iter().map(|outcome| mean(outcome)).collect();
        let mut squares = vec![0.0; outcomes.len()];
        let mut z = vec![0.0; width];
        let mut y = vec![0.0; outcomes.len()];
        for (row, cluster) in design.rows.clusters.iter().enumerate() {
            let Some(position) = positions[*cluster] else { continue };
            let weight = design.rows.weight(row);
            design.fill(row, &mut z[..columns]);
            for column in columns..width {
                z[column] = weight * z[column - columns];
            }
            for (index, outcome) in outcomes.iter().enumerate() {
                y[index] = outcome[row] - centres[index];
                squares[index] += weight * y[index] * y[index];
            }
            add(&mut sums[position * stride..(position + 1) * stride], &z, &y);
        }
        if sums.iter().chain(&squares).any(|sum| !sum.is_finite()) {
            return Err(StatsError::Overflow { what: "a cross-product of rows" });
        }
        let blocks = sums.chunks_exact(stride).map(|sums| Block::of(sums, width)).collect();
        Ok(Products { blocks, columns, centres, squares })
    }

    /// Takes the columns of the design to a basis of X'WX = I and returns T with which a contrast of coefficients c
    /// becomes Tc.
    pub(super) fn whiten(&mut self, name: impl Fn(usize) -> String) -> Result<DMatrix<f64>, StatsError> {
        let k = self.columns;
        let lower = cholesky(&self.total(), name)?;
        let Some(inverse) = lower.solve_lower_triangular(&DMatrix::identity(k, k)) else {
            return Err(StatsError::Overflow { what: "the inverse of cross-products" });
        };
        let width = self.blocks.first().map_or(k, |block| block.zz.nrows());
        let mut both = DMatrix::zeros(width, width);
        both.view_mut((0, 0), (k, k)).copy_from(&inverse);
        both.view_mut((width - k, width - k), (k, k)).copy_from(&inverse);
        for block in &mut self.blocks {
            block.transform(&both);
            if block.zz.iter().chain(&block.zy).any(|value| !value.is_finite()) {
                return Err(StatsError::Overflow { what: "the inverse of cross-products" });
            }
        }
        Ok(inverse)
    }

    /// X'WX of all rows.
    fn total(&self) -> DMatrix<f64> {
        let mut total = DMatrix::zeros(self.columns, self.columns);
        for block in &self.blocks {
            total += block.weighted(self.columns);
        }
        total
    }
}

/// Adds the upper triangle of zz' and each y times z to the sums of a cluster.
fn add(sums: &mut [f64], z: &[f64], y: &[f64]) {
    let width = z.len();
    let (products, loadings) = sums.split_at_mut(width * width);
    for (first, line) in products.chunks_exact_mut(width).enumerate() {
        for (sum, value) in line[first..].iter_mut().zip(&z[first..]) {
            *sum += z[first] * value;
        }
    }
    for (loadings, outcome) in loadings.chunks_exact_mut(width).zip(y) {
        for (sum, value) in loadings.iter_mut().zip(z) {
            *sum += outcome * value;
        }
    }
}

impl Block {
    fn of(sums: &[f64], width: usize) -> Block {
        let (products, loadings) = sums.split_at(width * width);
        let zz = DMatrix::from_fn(width, width, |row, column| products[row.min(column) * width + row.max(column)]);
        let zy = DMatrix::from_column_slice(width, loadings.len() / width, loadings);
        Block { zz, zy, range: DMatrix::identity(width, width) }
    }

    /// Takes Z to Z times the transpose of `transform`.
    fn transform(&mut self, transform: &DMatrix<f64>) {
        let held: Vec<usize> = (0..self.zz.ncols()).filter(|column| self.zz[(*column, *column)] > 0.0).collect();
        let mut onto = transform.select_columns(&held);
        self.zz = &onto * self.zz.select_rows(&held).select_columns(&held) * onto.transpose();
        self.zy = &onto * self.zy.select_rows(&held);
        if held.len() < onto.nrows() {
            // Squares of very large or very small columns would leave the range of f64.
            onto.column_iter_mut().for_each(|mut column| column /= column.amax());
            self.range = onto.qr().q();
        }
    }

    /// X'WX, of k columns.
    pub(super) fn weighted(&self, k: usize) -> DMatrix<f64> {
        self.zz.view((0, self.zz.ncols() - k), (k, k)).into_owned()
    }

    /// X'W²X, of k columns.
    pub(super) fn twice_weighted(&self, k: usize) -> DMatrix<f64> {
        let weighted_from = self.zz.ncols() - k;
        self.zz.view((weighted_from, weighted_from), (k, k)).into_owned()
    }
}

/// A consecutive number for each cluster that has rows.
pub(super) fn positions(clusters: &[usize]) -> Vec<Option<usize>> {
    let mut positions = vec![None; clusters.len()];
    for cluster in clusters {
        positions[*cluster] = Some(0);
    }
    for (number, position) in positions.iter_mut().flatten().enumerate() {
        *position = number;
    }
    positions
}

#[expect(clippy::cast_precision_loss, reason = "a number of rows is far below 2^53")]
fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// L of LL' = `square`.
fn cholesky(square: &DMatrix<f64>, name: impl Fn(usize) -> String) -> Result<DMatrix<f64>, StatsError> {
    let k = square.nrows();
    let mut lower = DMatrix::zeros(k, k);
    for column in 0..k {
        for row in column..k {
            let known: f64 = (0..column).map(|earlier| lower[(row, earlier)] * lower[(column, earlier)]).sum();
            let left = square[(row, column)] - known;
            if row > column {
                lower[(row, column)] = left / lower[(column, column)];
            } else if left > COLLINEAR_BELOW * square[(column, column)] {
                lower[(column, column)] = left.sqrt();
            } else {
                return Err(StatsError::Collinear { column, name: name(column) });
            }
        }
    }
    Ok(lower)
}
