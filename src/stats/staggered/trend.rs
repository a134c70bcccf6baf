//! Whether treated and controls moved alike before treatment. The one rule: a large p does not say that they did.

use super::GroupTimeEffects;
use crate::stats::StatsError;
use crate::stats::distribution::{chi_square_upper_tail, f_upper_p};
use crate::stats::error::computed;
use crate::stats::symmetric::inverse;
use nalgebra::{DMatrix, DVector};

/// The joint test that every ATT(g, t) before treatment is zero.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PreTrend {
    /// Wald's W = a'V⁻¹a for the estimates a with covariance V of the influence functions.
    pub wald: f64,
    /// Estimates tested.
    pub estimates: usize,
    /// By the chi-square distribution (Callaway & Sant'Anna 2021): rejects far too often unless units are many times the
    /// estimates.
    pub p: f64,
    /// By (n − q)/(q(n − 1)) W as F(q, n − q), which allows for the covariance being estimated from n units (Hotelling
    /// 1931).
    pub p_few_units: f64,
}

impl GroupTimeEffects {
    /// Tests the periods before treatment. `None` when no group has one.
    ///
    /// # Errors
    /// [`StatsError::TooFewRows`] unless units exceed the estimates, [`StatsError::Collinear`] when one estimate follows
    /// from others.
    #[expect(clippy::cast_precision_loss, reason = "a number of units is far below 2^53")]
    pub fn pre_trend(&self) -> Result<Option<PreTrend>, StatsError> {
        let before: Vec<usize> = (0..self.effects.len()).filter(|index| !self.effects[*index].is_post()).collect();
        let (q, n) = (before.len(), self.groups.len());
        if q == 0 {
            return Ok(None);
        }
        if n <= q {
            return Err(StatsError::TooFewRows { rows: n, columns: q });
        }
        let units = n as f64;
        let estimates = DVector::from_iterator(q, before.iter().map(|index| self.effects[*index].effect.estimate));
        let covariance = DMatrix::from_fn(q, q, |left, right| {
            let pairs = self.influence[before[left]].iter().zip(&self.influence[before[right]]);
            pairs.map(|(left, right)| left * right).sum::<f64>() / (units * units)
        });
        let name = |index: usize| {
            let effect = &self.effects[before[index]];
            format!("group {} in period {}", effect.group, effect.period)
        };
        let weighted = inverse(&covariance, name)? * &estimates;
        let wald = computed("Wald statistic", estimates.dot(&weighted))?;
        let df = q as f64;
        let p_few_units = f_upper_p((units - df) / (df * (units - 1.0)) * wald, df, units - df);
        Ok(Some(PreTrend { wald, estimates: q, p: chi_square_upper_tail(wald, df), p_few_units }))
    }
}
