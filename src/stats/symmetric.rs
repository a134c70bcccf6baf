//! Small symmetric matrices: cross-products of a handful of columns. The one rule: a column that others explain is named
//! and refused, never inverted.

use super::StatsError;
use nalgebra::DMatrix;

/// A column is superfluous when less than this part of its square is left outside the columns before it.
const COLLINEAR_BELOW: f64 = 1e-12;

/// Adds `weight` × row row' to `sum`.
pub(super) fn add_outer(sum: &mut DMatrix<f64>, weight: f64, row: &[f64]) {
    for (column, value) in sum.as_mut_slice().chunks_exact_mut(row.len()).zip(row) {
        for (sum, other) in column.iter_mut().zip(row) {
            *sum += weight * value * other;
        }
    }
}

/// The inverse of a positive definite matrix. `name` is asked for the column to blame.
///
/// # Errors
/// [`StatsError::Collinear`] for the first column which earlier ones explain.
pub(super) fn inverse(matrix: &DMatrix<f64>, name: impl Fn(usize) -> String) -> Result<DMatrix<f64>, StatsError> {
    let half = half_inverse(matrix, name)?;
    Ok(half.transpose() * half)
}

/// H with H'H = A⁻¹ for a positive definite A, by Cholesky's factors of A scaled to a unit diagonal.
///
/// # Errors
/// As [`inverse`].
pub(super) fn half_inverse(matrix: &DMatrix<f64>, name: impl Fn(usize) -> String) -> Result<DMatrix<f64>, StatsError> {
    let k = matrix.nrows();
    let scale: Vec<f64> = (0..k).map(|column| matrix[(column, column)].max(0.0).sqrt()).collect();
    let mut lower = DMatrix::zeros(k, k);
    for column in 0..k {
        let superfluous = || StatsError::Collinear { column, name: name(column) };
        if !(scale[column] > 0.0 && scale[column].is_finite()) {
            return Err(superfluous());
        }
        for row in column..k {
            let mut left = matrix[(row, column)] / scale[row] / scale[column];
            for before in 0..column {
                left -= lower[(row, before)] * lower[(column, before)];
            }
            if row > column {
                lower[(row, column)] = left / lower[(column, column)];
            } else if left > COLLINEAR_BELOW {
                lower[(column, column)] = f64::sqrt(left);
            } else {
                return Err(superfluous());
            }
        }
    }
    let mut half = lower.solve_lower_triangular(&DMatrix::identity(k, k)).unwrap_or_else(|| DMatrix::zeros(k, k));
    for (column, scale) in scale.iter().enumerate() {
        half.column_mut(column).unscale_mut(*scale);
    }
    Ok(half)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inverts_over_many_orders_of_magnitude_and_names_what_is_superfluous() {
        let matrix = DMatrix::from_row_slice(2, 2, &[4e12, 1.0, 1.0, 1e-12]);
        let product = inverse(&matrix, |_| String::new()).unwrap() * &matrix;
        assert!((product - DMatrix::identity(2, 2)).iter().all(|value: &f64| value.abs() < 1e-9 * 1e12));
        let mut sum = DMatrix::zeros(3, 3);
        for row in [[1.0, 2.0, 4.0], [1.0, 3.0, 6.0], [1.0, 5.0, 10.0]] {
            add_outer(&mut sum, 1.0, &row);
        }
        let refused = inverse(&sum, |column| format!("column {column}"));
        assert_eq!(refused, Err(StatsError::Collinear { column: 2, name: "column 2".to_owned() }));
    }
}
