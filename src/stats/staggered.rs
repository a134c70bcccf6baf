//! Difference-in-differences when units are treated at different times (Callaway & Sant'Anna 2021). The one rule: a unit
//! is compared only with units not treated yet, never with units treated earlier.

mod aggregation;
mod comparison;
mod logit;
mod trend;

#[cfg(test)]
mod tests;

use super::error::{check_finite, check_length};
use super::{Asymptotic, Level, StatsError};
pub use aggregation::{Aggregation, Average};
use comparison::Comparison;
pub use trend::PreTrend;

/// A balanced panel. Periods are counted from zero.
#[derive(Debug, Clone, Copy)]
pub struct Panel<'a> {
    /// One row a unit, each with one outcome a period; any unit of measure.
    pub outcomes: &'a [Vec<f64>],
    /// The first period in which each unit is treated; `None`, or a period after the panel, for never.
    pub first_treated: &'a [Option<usize>],
    /// Columns known before any treatment, each with one entry a unit; may be empty.
    pub covariates: &'a [Vec<f64>],
}

/// Whom a group is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Controls {
    /// Units never treated within the panel.
    NeverTreated,
    /// Also units whose treatment starts after both periods compared.
    #[default]
    NotYetTreated,
}

/// How covariates are taken into account; without covariates all three agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Adjustment {
    /// The change of the controls is regressed on the covariates (Heckman, Ichimura & Todd 1997).
    Regression,
    /// Controls are weighted by the odds of treatment, with weights that sum to one (Abadie 2005; Hájek 1971).
    Weighting,
    /// Both, right when either model is (Sant'Anna & Zhao 2020, eq. 3.1 with least squares and maximum likelihood).
    #[default]
    DoublyRobust,
}

/// ATT(g, t): the mean effect in period t on the units first treated in period g, in the unit of the outcome.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GroupTimeEffect {
    pub group: usize,
    pub period: usize,
    pub effect: Asymptotic,
}

impl GroupTimeEffect {
    /// Whether the group is treated in this period. Before, the figure is a placebo that should be near zero.
    #[must_use]
    pub fn is_post(&self) -> bool {
        self.period >= self.group
    }
}

/// All ATT(g, t), by group, then period.
#[derive(Debug, Clone, PartialEq)]
pub struct GroupTimeEffects {
    pub effects: Vec<GroupTimeEffect>,
    /// Group and period of what nobody was left to compare with.
    pub without_controls: Vec<(usize, usize)>,
    /// Units treated from the first period on: they were never seen untreated and are left out.
    pub always_treated: usize,
    /// For each effect, the influence of each unit kept.
    influence: Vec<Vec<f64>>,
    /// The group of each unit kept.
    groups: Vec<Option<usize>>,
    level: Level,
}

/// ATT(g, t) for each group and each period but the first (Callaway & Sant'Anna 2021, eq. 2.8 to 2.10). Effects are
/// measured from period g − 1; before treatment each period is compared with the one before it. Standard errors are those
/// of the influence functions with units as the clusters, without small-sample correction.
///
/// # Errors
/// [`StatsError::Length`], [`StatsError::NotFinite`]; [`StatsError::NoUnits`] when nobody is treated or, with
/// [`Controls::NeverTreated`], nobody is not; [`StatsError::TooFewRows`] and [`StatsError::Collinear`] when the controls
/// of a group cannot carry the covariates; [`StatsError::NotConverged`] when the covariates tell the treated apart
/// entirely; [`StatsError::NoVariation`].
pub fn group_time_effects(
    panel: Panel,
    controls: Controls,
    adjustment: Adjustment,
    level: Level,
) -> Result<GroupTimeEffects, StatsError> {
    let periods = panel.check()?;
    let adjustment = if panel.covariates.is_empty() { Adjustment::Regression } else { adjustment };
    let kept: Vec<usize> =
        (0..panel.outcomes.len()).filter(|unit| panel.first_treated[*unit].is_none_or(|first| first > 0)).collect();
    let groups: Vec<Option<usize>> =
        kept.iter().map(|unit| panel.first_treated[*unit].filter(|first| *first < periods)).collect();
    let mut found = GroupTimeEffects {
        effects: Vec::new(),
        without_controls: Vec::new(),
        always_treated: panel.outcomes.len() - kept.len(),
        influence: Vec::new(),
        groups,
        level,
    };
    if controls == Controls::NeverTreated && found.groups.iter().all(Option::is_some) {
        return Err(StatsError::NoUnits { what: "never treated" });
    }
    for group in found.distinct_groups() {
        for period in 1..periods {
            let base = if period < group { period - 1 } else { group - 1 };
            let is_control = |other: Option<usize>| match other {
                None => true,
                Some(first) => controls == Controls::NotYetTreated && first > period.max(base) && first != group,
            };
            let members: Vec<usize> = (0..kept.len())
                .filter(|unit| found.groups[*unit] == Some(group) || is_control(found.groups[*unit]))
                .collect();
            let mut comparison = Comparison::default();
            for unit in &members {
                let row = kept[*unit];
                comparison.change.push(panel.outcomes[row][period] - panel.outcomes[row][base]);
                comparison.treated.push(found.groups[*unit] == Some(group));
                let covariates = panel.covariates.iter().map(|column| column[row]);
                comparison.design.push(std::iter::once(1.0).chain(covariates).collect());
            }
            if comparison.treated.iter().all(|treated| *treated) {
                found.without_controls.push((group, period));
                continue;
            }
            found.add(group, period, &members, &comparison.estimate(adjustment)?)?;
        }
    }
    if found.effects.is_empty() {
        return Err(StatsError::NoUnits { what: "treated with somebody to compare it with" });
    }
    Ok(found)
}

impl GroupTimeEffects {
    /// Spreads the influence within one comparison over all units, and adds the effect.
    #[expect(clippy::cast_precision_loss, reason = "a number of units is far below 2^53")]
    fn add(
        &mut self,
        group: usize,
        period: usize,
        members: &[usize],
        estimate: &comparison::Influenced,
    ) -> Result<(), StatsError> {
        let units = self.groups.len();
        let scale = units as f64 / members.len() as f64;
        let mut influence = vec![0.0; units];
        for (unit, part) in members.iter().zip(&estimate.influence) {
            influence[*unit] = scale * part;
        }
        let effect = Asymptotic::new(estimate.value, standard_error(&influence), units, self.level)?;
        self.effects.push(GroupTimeEffect { group, period, effect });
        self.influence.push(influence);
        Ok(())
    }

    /// The groups of treated units, ascending.
    fn distinct_groups(&self) -> Vec<usize> {
        let mut groups: Vec<usize> = self.groups.iter().flatten().copied().collect();
        groups.sort_unstable();
        groups.dedup();
        groups
    }

    /// The share of a group among all units kept.
    #[expect(clippy::cast_precision_loss, reason = "a number of units is far below 2^53")]
    fn share(&self, group: usize) -> f64 {
        self.groups.iter().filter(|other| **other == Some(group)).count() as f64 / self.groups.len() as f64
    }
}

impl Panel<'_> {
    /// The number of periods.
    fn check(&self) -> Result<usize, StatsError> {
        let units = self.outcomes.len();
        let periods = self.outcomes.first().map_or(0, Vec::len);
        if periods < 2 {
            return Err(StatsError::Length { what: "periods of the first unit", expected: 2, actual: periods });
        }
        check_length("first_treated", units, self.first_treated.len())?;
        for outcomes in self.outcomes {
            check_length("outcomes of a unit", periods, outcomes.len())?;
            check_finite("outcome", outcomes)?;
        }
        for covariate in self.covariates {
            check_length("covariate", units, covariate.len())?;
            check_finite("covariate", covariate)?;
        }
        Ok(periods)
    }
}

/// √(Σψ²)/n for influences ψ whose mean is zero.
#[expect(clippy::cast_precision_loss, reason = "a number of units is far below 2^53")]
fn standard_error(influence: &[f64]) -> f64 {
    influence.iter().map(|value| value * value).sum::<f64>().sqrt() / influence.len() as f64
}
