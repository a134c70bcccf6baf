//! The effect of using what was assigned, when not all who were assigned used it. The one rule: assignment, which was
//! drawn, is the instrument; who uses it chose to.
//!
//! With one instrument, all follows from two regressions on the same columns: of the outcome (coefficient π_y of
//! assignment) and of uptake (π_d). The residual of the structural equation at effect β is that of outcome − β uptake.

#[cfg(test)]
mod tests;

use super::design::{Design, TREATED};
use super::robust::NEGLIGIBLE;
use super::{ClusterCovariance, ClusterDegrees, ClusterRegression, ClusterRobust, ClusterRows};
use crate::stats::distribution::student_t_quantile;
use crate::stats::error::{check_finite, check_length};
use crate::stats::{ConfidenceSet, Effect, Level, StatsError};

/// Of 0/1 uptake, the effects are those on compliers: units that use it if and only if it is assigned to them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TwoStage {
    /// The effect of assignment on the outcome, π_y. Its p is also that of Anderson and Rubin's test of no effect.
    pub intention_to_treat: Effect,
    /// The effect of assignment on uptake, π_d, in the unit of uptake. Of 0/1 uptake without defiers it is the share of
    /// compliers (Angrist, Imbens & Rubin 1996).
    pub uptake: f64,
    /// π_d with its error; t² is the cluster-robust F of the first stage (Olea & Pflueger 2013 with one instrument).
    /// `None` when assignment explains uptake exactly.
    pub first_stage: Option<Effect>,
    /// π_y / π_d by two-stage least squares, in units of outcome per unit of uptake. Its t inference fails when the
    /// first stage is weak; `None` when assignment did not move uptake at all.
    pub effect: Option<Effect>,
    /// The effects that Anderson & Rubin's (1949) test does not reject, valid however weak the first stage is. Not an
    /// interval when π_d could be zero; never empty, as there is one instrument.
    pub anderson_rubin: ConfidenceSet,
}

/// The effect of `uptake` (one entry per row: 0 or 1, or any amount of use) with assignment, [`ClusterRows::treated`],
/// as instrument and covariates and strata as controls of both stages: the estimator of Wald (1940) and two-stage least
/// squares (Theil 1953), with cluster-robust errors and the set of Anderson & Rubin (1949) by the quadratic of Fieller
/// (1954): all β with (π_y − βπ_d)² ≤ t² (V_yy − 2βV_yd + β²V_dd).
///
/// # Errors
/// As [`ClusterRegression::ancova`] and [`ClusterRobust::coefficient`]; [`StatsError::NoVariation`] when uptake does
/// not vary.
pub fn two_stage(
    rows: ClusterRows,
    uptake: &[f64],
    covariance: ClusterCovariance,
    degrees: ClusterDegrees,
    level: Level,
) -> Result<TwoStage, StatsError> {
    let n = rows.outcome.len();
    check_length("uptake", n, uptake.len())?;
    check_finite("uptake", uptake)?;
    if uptake.windows(2).all(|pair| pair[0] == pair[1]) {
        return Err(StatsError::NoVariation { what: "uptake", n });
    }
    let model = ClusterRegression::of(&Design::additive(rows)?, &[rows.outcome, uptake])?;
    let robust = model.robust(covariance)?;
    let intention_to_treat = robust.treatment(degrees, level)?;
    let stages = Stages::of(&model, &robust)?;
    let is_exact = model.classical_square(&model.contrast(TREATED)?, UPTAKE) <= 0.0;
    let first_stage = if is_exact { None } else { Some(robust.coefficient_of(UPTAKE, TREATED, degrees, level)?) };
    let df = intention_to_treat.degrees_of_freedom;
    let t = student_t_quantile(level.upper_probability(), df);
    let effect = if stages.is_moved { Some(stages.effect(df, n, level)?) } else { None };
    let anderson_rubin = stages.anderson_rubin(t * t)?;
    Ok(TwoStage { intention_to_treat, uptake: stages.uptake, first_stage, effect, anderson_rubin })
}

const OUTCOME: usize = 0;
const UPTAKE: usize = 1;

/// Both coefficients of assignment and their covariance.
struct Stages {
    outcome: f64,
    uptake: f64,
    outcome_square: f64,
    product: f64,
    uptake_square: f64,
    /// Whether the coefficient of uptake is more than rounding.
    is_moved: bool,
}

impl Stages {
    #[expect(clippy::cast_precision_loss, reason = "a number of rows is far below 2^53")]
    fn of(model: &ClusterRegression, robust: &ClusterRobust) -> Result<Stages, StatsError> {
        let contrast = model.contrast(TREATED)?;
        let uptake = model.coefficient_of(UPTAKE, TREATED)?;
        let variance_of_rows = model.classical_square(&contrast, UPTAKE) * model.rows() as f64;
        Ok(Stages {
            outcome: model.coefficient_of(OUTCOME, TREATED)?,
            uptake,
            outcome_square: robust.variance(&contrast, OUTCOME, OUTCOME),
            product: robust.variance(&contrast, OUTCOME, UPTAKE),
            uptake_square: robust.variance(&contrast, UPTAKE, UPTAKE),
            is_moved: uptake * uptake > NEGLIGIBLE * variance_of_rows,
        })
    }

    fn effect(&self, df: f64, n: usize, level: Level) -> Result<Effect, StatsError> {
        let effect = self.outcome / self.uptake;
        let square = self.outcome_square - effect * (2.0 * self.product - effect * self.uptake_square);
        if square <= NEGLIGIBLE * (self.outcome_square + effect * effect * self.uptake_square) {
            return Err(StatsError::NoVariation { what: "the outcome around its fit on uptake", n });
        }
        Effect::from_t(effect, square.sqrt() / self.uptake.abs(), df, n, level)
    }

    fn anderson_rubin(&self, square_of_t: f64) -> Result<ConfidenceSet, StatsError> {
        ConfidenceSet::of_quadratic(
            self.uptake * self.uptake - square_of_t * self.uptake_square,
            self.outcome * self.uptake - square_of_t * self.product,
            self.outcome * self.outcome - square_of_t * self.outcome_square,
        )
    }
}
