//! A roll-out that nobody drew by lot: what changed where the treatment came, beside what changed where it had not come yet.
//!
//! One rule: such numbers never stand without the name of their design, [`Grade::words`], and never alone: what a plain comparison of
//! before and after would have claimed, and whether the groups moved alike before, stand beside them.

mod before_after;
mod staggered;
mod synthetic;
#[cfg(test)]
mod tests;
mod trend;
mod words;

use super::panel::Complete;
use super::{Finding, Grade, OutcomeReport, Relative, Result, Scale, TrialError};
use crate::stats::Level;
pub use trend::PreTrend;

/// From this many treated units on, standard errors of differences-in-differences rest on enough of them; below, the comparison is
/// built and tested by placebos.
pub const STAGGERED_UNITS: usize = 10;

/// Periods seen before and during a treatment.
const MINIMUM_BEFORE: usize = 2;

/// What was measured while a treatment spread.
#[derive(Clone, Copy, Debug)]
pub struct Rollout<'a> {
    /// The metric's name.
    pub outcome: &'a str,
    pub scale: Scale,
    pub ids: &'a [String],
    /// Units × periods on the scale; `None` is unknown, never zero.
    pub periods: &'a [Vec<Option<f64>>],
    /// The first period, from 0, in which each unit was treated; `None`, or a period after the last, for never.
    pub first_treated: &'a [Option<usize>],
    pub level: Level,
    /// Of the placebos.
    pub seed: [u8; 32],
    /// All choices of placebo units up to so many, else so many draws.
    pub draws: u32,
}

/// What a roll-out seems to have done.
#[derive(Clone, Debug, PartialEq)]
pub struct RolloutAnswer {
    pub grade: Grade,
    /// On the scale, the mean over treated units and their treated periods.
    pub finding: Finding,
    /// What the treated units would have had without, in the unit of the metric, by the same design.
    pub baseline: Option<f64>,
    /// What a plain comparison of the treated units before and after claims.
    pub before_after: Option<Finding>,
    pub pre_trend: Option<PreTrend>,
    /// By periods since the first treated one, which is 0; below that placebos, which should be near zero.
    pub event_study: Vec<(i64, Finding)>,
    /// The part of placebo choices with a figure as large, of synthetic comparisons.
    pub placebo_p: Option<f64>,
    pub treated: usize,
    /// Units never treated while it was measured.
    pub never_treated: usize,
    /// Sentences.
    pub warnings: Vec<String>,
    /// Sentences, which begin with the name of the design.
    pub words: String,
    scale: Scale,
}

/// Reads a roll-out by the best design that its units allow: with [`STAGGERED_UNITS`] treated ones the staggered
/// difference-in-differences of Callaway & Sant'Anna (2021) with not-yet-treated controls, with fewer the synthetic
/// difference-in-differences of Arkhangelsky et al. (2021) with placebos, and where nobody is left to compare with, before and after.
///
/// Units and periods with unknown cells are left out as in [`super::analyse_panel`], with a warning.
///
/// # Errors
/// [`TrialError::Design`] for columns that do not fit and where nobody was treated, [`TrialError::UnknownCells`],
/// [`TrialError::NoVariation`], [`TrialError::Stats`].
pub fn analyse_rollout(rollout: Rollout<'_>) -> Result<RolloutAnswer> {
    let (panel, mut warnings) = Panel::of(rollout)?;
    let treated = panel.treated().len();
    let never_treated = panel.first.len() - treated;
    let before_after = before_after::finding(&panel)?;
    let found = if treated >= STAGGERED_UNITS {
        staggered::found(&panel)?
    } else {
        match synthetic::found(&panel)? {
            Some(found) => Some(found),
            None => staggered::found(&panel)?,
        }
    };
    let found = match (found, &before_after) {
        (Some(found), _) => found,
        (None, Some(finding)) => before_after::found(finding),
        (None, None) => {
            let needed = "2 treated units with periods before and after, or units to compare with".to_owned();
            let actual = format!("{treated} treated and {never_treated} others");
            return Err(TrialError::Design { design: "a comparison over a roll-out", needed, actual });
        }
    };
    let pre_trend = trend::pre_trend(&panel, found.joint_p)?;
    warnings.extend(found.warnings.iter().cloned());
    let baseline = panel.baseline(found.finding.estimate);
    let mut answer = RolloutAnswer {
        grade: found.grade,
        finding: found.finding,
        baseline,
        before_after,
        pre_trend,
        event_study: found.event_study,
        placebo_p: found.placebo_p,
        treated,
        never_treated,
        warnings,
        words: String::new(),
        scale: rollout.scale,
    };
    answer.warnings.extend(words::warnings(&answer));
    answer.words = words::sentences(&answer);
    Ok(answer)
}

impl RolloutAnswer {
    /// The figures where a report has them: set its grade to [`RolloutAnswer::grade`] beside.
    pub fn fill(&self, report: &mut OutcomeReport) {
        report.units = self.treated + self.never_treated;
        report.control = self.baseline;
        report.effect = self.relative(self.grade.words(), &self.finding);
        report.note = Some(self.words.clone());
        let naive = self.before_after.as_ref().filter(|_| self.grade != Grade::BeforeAfter);
        report.beside = naive.and_then(|it| self.relative(Grade::BeforeAfter.words(), it)).into_iter().collect();
        let label = |time: i64| match time {
            0.. => format!("period {} of treatment", time + 1),
            _ => format!("placebo, {} before", -time),
        };
        let points = self.event_study.iter().filter_map(|(time, it)| self.relative(&label(*time), it));
        report.over_time = points.collect();
        report.warnings.extend(self.warnings.iter().cloned());
    }

    fn relative(&self, label: &str, finding: &Finding) -> Option<Relative> {
        Relative::to_control(label, finding, self.scale, self.baseline)
    }
}

/// What a design found.
struct Found {
    grade: Grade,
    finding: Finding,
    event_study: Vec<(i64, Finding)>,
    /// Of all placebos before treatment being zero.
    joint_p: Option<f64>,
    placebo_p: Option<f64>,
    warnings: Vec<String>,
}

/// The complete part of a roll-out, without units treated from the beginning.
struct Panel<'a> {
    rollout: Rollout<'a>,
    figures: Vec<Vec<f64>>,
    /// In the periods kept; `None` for never within them.
    first: Vec<Option<usize>>,
}

impl<'a> Panel<'a> {
    fn of(rollout: Rollout<'a>) -> Result<(Panel<'a>, Vec<String>)> {
        let fits = |rows: usize| rows == rollout.ids.len();
        let periods = rollout.periods.first().map_or(0, Vec::len);
        if !fits(rollout.periods.len())
            || !fits(rollout.first_treated.len())
            || rollout.periods.iter().any(|it| it.len() != periods)
        {
            let needed = format!("as many figures of each of {} units", rollout.ids.len());
            let actual = format!("{} rows and {} first periods", rollout.periods.len(), rollout.first_treated.len());
            return Err(TrialError::Design { design: "a comparison over a roll-out", needed, actual });
        }
        let complete = Complete::of(rollout.periods);
        if complete.units.is_empty() || complete.periods.len() <= MINIMUM_BEFORE {
            return Err(TrialError::UnknownCells {
                outcome: rollout.outcome.to_owned(),
                unknown: complete.unknown,
                cells: rollout.ids.len() * periods,
                units: complete.units.len(),
                periods: complete.periods.len(),
            });
        }
        let mut warnings: Vec<String> = complete.warning(rollout.ids).into_iter().collect();
        let moved = |first: usize| complete.periods.iter().position(|period| *period >= first);
        let (mut figures, mut first, mut always) = (Vec::new(), Vec::new(), Vec::new());
        for (unit, row) in complete.units.iter().zip(complete.figures) {
            match rollout.first_treated[*unit].and_then(moved) {
                Some(0) => always.push(rollout.ids[*unit].as_str()),
                start => {
                    figures.push(row);
                    first.push(start);
                }
            }
        }
        if !always.is_empty() {
            warnings.push(format!("Treated from the first period on, and so left out: {}.", always.join(", ")));
        }
        let cells = figures.iter().flatten();
        if cells.clone().all(|figure| Some(figure) == cells.clone().next()) {
            return Err(TrialError::NoVariation { outcome: rollout.outcome.to_owned() });
        }
        if first.iter().all(Option::is_none) {
            let (needed, actual) = ("a treated unit".to_owned(), format!("{} units without", first.len()));
            return Err(TrialError::Design { design: "a comparison over a roll-out", needed, actual });
        }
        Ok((Panel { rollout, figures, first }, warnings))
    }

    fn periods(&self) -> usize {
        self.figures.first().map_or(0, Vec::len)
    }

    /// Places of units that are treated at some time, with their first treated period.
    fn treated(&self) -> Vec<(usize, usize)> {
        self.first.iter().enumerate().filter_map(|(unit, first)| first.map(|first| (unit, first))).collect()
    }

    fn never_treated(&self) -> Vec<usize> {
        (0..self.first.len()).filter(|unit| self.first[*unit].is_none()).collect()
    }

    /// First treated periods, ascending.
    fn cohorts(&self) -> Vec<usize> {
        let mut cohorts: Vec<usize> = self.first.iter().flatten().copied().collect();
        cohorts.sort_unstable();
        cohorts.dedup();
        cohorts
    }

    /// The mean of the treated cells less the estimate, in the unit of the metric.
    fn baseline(&self, estimate: f64) -> Option<f64> {
        let cells: Vec<f64> =
            self.treated().iter().flat_map(|(unit, first)| self.figures[*unit][*first..].iter().copied()).collect();
        let mean = cells.iter().sum::<f64>() / cells.len() as f64 - estimate;
        Some(self.rollout.scale.shown(mean)).filter(|it| it.is_finite())
    }
}
