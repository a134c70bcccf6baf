//! Looking before the end: what was declared beforehand decides whether an effect may be shown, how long its interval is, and
//! whether the experiment may stop.
//!
//! One rule: whoever looks often and stops at the first p below 5 % is wrong far more often than 5 % of the time, so without a
//! declaration nothing is shown before the end.

mod always_valid;
mod group_sequential;
mod seen;
#[cfg(test)]
mod tests;

use super::decision::Better;
use super::{Result, TrialError};
use crate::stats::{Level, Spending, StatsError};
pub use seen::Seen;
use serde::{Deserialize, Serialize};

/// A confidence sequence is for units that keep coming; over a fixed panel of fewer units than this it is refused.
pub const FIXED_PANEL_UNITS: u64 = 60;

/// Weekly looks for half a year. Three to five looks cost least.
const LOOKS_MOST: usize = 26;

/// Normal quantiles are t quantiles of so many degrees of freedom.
const NORMAL: f64 = 1e9;

/// How the data may be looked at before the end. Declared before the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Monitoring {
    /// Nothing is shown before the end.
    #[default]
    None,
    /// A few looks, at equal distances in time, of which the last is the end. Each may stop the experiment.
    GroupSequential {
        /// 2 to 26, best 3 to 5.
        looks: usize,
        #[serde(default)]
        spending: Shape,
    },
    /// At any time, however often; for units that keep coming, such as developers or pull requests.
    AlwaysValid {
        /// About how many units there will be in the end: there the interval is shortest.
        planned_units: u32,
    },
}

/// How the error rate is spent over the looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    /// Hardly anything early: only a very large effect stops an early look, and the last look is nearly that of an experiment
    /// without looks.
    #[default]
    ObrienFleming,
    /// About as much at each look: stops earlier, and pays at the end.
    Pocock,
}

impl Shape {
    fn spending(self) -> Spending {
        match self {
            Shape::ObrienFleming => Spending::OBrienFleming,
            Shape::Pocock => Spending::Pocock,
        }
    }
}

/// What is asked at a look.
#[derive(Clone, Copy, Debug)]
pub struct LookQuestion<'a> {
    /// Of the whole experiment, such as 95 %.
    pub level: Level,
    /// How many goals share the error rate; 1 for metrics that are no goals.
    pub goals: usize,
    pub better: Better,
    /// The looks before this one, the earliest first.
    pub seen: &'a [Seen],
    pub now: &'a Seen,
    /// How many of the declared looks were due by now; `None` for looks at equal distances in time.
    pub due: Option<usize>,
}

/// Why an experiment may stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Stop {
    /// Clearly better.
    Success,
    /// Clearly worse.
    Harm,
    /// Clearly changed, of a metric of which neither direction is good.
    Changed,
    /// So little that it would hardly be found any more. Going on is allowed and costs no error.
    Futility,
}

/// What a look may say of one outcome.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct Monitored {
    /// Whether the effect may be shown.
    pub may_show: bool,
    /// Which look this is, from 1; of how many where they are counted.
    pub look: usize,
    pub looks: Option<usize>,
    /// The level to compute the shown interval with; `None` where nothing is shown, or no interval is short enough to be one.
    pub level: Option<f64>,
    /// Half of the interval of an always-valid look, around the estimate, on the outcome's scale.
    pub half_width: Option<f64>,
    /// The p of this look: of the finding, or the always-valid one.
    pub p: f64,
    /// The two-sided p at or below which this look stops.
    pub p_needed: Option<f64>,
    pub stop: Option<Stop>,
    /// Of the error rate of this outcome, both sides together: used up to here, and left for later looks.
    pub spent: f64,
    pub left: f64,
    /// A sentence.
    pub words: String,
}

impl Monitoring {
    /// Whether the declaration can be kept with these units. `grows` says that units keep coming while the experiment runs.
    ///
    /// # Errors
    /// [`TrialError::Looks`], [`TrialError::FixedPanel`].
    pub fn check(self, units: u64, grows: bool) -> Result<()> {
        match self {
            Monitoring::GroupSequential { looks, .. } if !(2..=LOOKS_MOST).contains(&looks) => {
                Err(TrialError::Looks { looks, most: LOOKS_MOST })
            }
            Monitoring::AlwaysValid { .. } if !grows && units < FIXED_PANEL_UNITS => {
                Err(TrialError::FixedPanel { units, needed: FIXED_PANEL_UNITS })
            }
            Monitoring::AlwaysValid { planned_units: 0 } => {
                let expected = "at least 1";
                Err(StatsError::OutOfRange { what: "planned units", value: 0.0, expected }.into())
            }
            _ => Ok(()),
        }
    }

    /// What may be said at this look.
    ///
    /// # Errors
    /// [`TrialError::Elapsed`] for a look outside the declared length, [`TrialError::Stats`].
    pub fn look(self, question: LookQuestion<'_>) -> Result<Monitored> {
        question.now.check()?;
        question.seen.iter().try_for_each(Seen::check)?;
        match self {
            Monitoring::None => Ok(question.at_the_end()),
            Monitoring::GroupSequential { looks, spending } => group_sequential::look(looks, spending, question),
            Monitoring::AlwaysValid { planned_units } => always_valid::look(planned_units, question),
        }
    }
}

impl LookQuestion<'_> {
    /// The error rate of this outcome, both sides together.
    fn alpha(&self) -> f64 {
        self.level.alpha() / self.goals.max(1) as f64
    }

    /// Without declared looks.
    fn at_the_end(&self) -> Monitored {
        let (alpha, is_over) = (self.alpha(), self.now.elapsed >= 1.0);
        let passed = self.now.elapsed * 100.0;
        let words = if is_over {
            "The experiment is over.".to_owned()
        } else {
            format!(
                "No looks were declared, so that no effect is shown before the end; {passed:.0} % of the time has passed."
            )
        };
        Monitored {
            may_show: is_over,
            look: 1,
            looks: Some(1),
            level: is_over.then_some(1.0 - alpha),
            half_width: None,
            p: self.now.p,
            p_needed: is_over.then_some(alpha),
            stop: None,
            spent: if is_over { alpha } else { 0.0 },
            left: if is_over { 0.0 } else { alpha },
            words,
        }
    }

    /// What a clear effect in the direction of the estimate is.
    fn clear(&self) -> Stop {
        match (self.better, self.now.estimate > 0.0) {
            (Better::Neither, _) => Stop::Changed,
            (Better::Higher, true) | (Better::Lower, false) => Stop::Success,
            (Better::Higher, false) | (Better::Lower, true) => Stop::Harm,
        }
    }
}

impl Stop {
    /// What follows from it.
    pub fn words(self) -> &'static str {
        match self {
            Stop::Success => "stop for success",
            Stop::Harm => "stop for harm",
            Stop::Changed => "stop, since it changed",
            Stop::Futility => "stop for futility, if you like",
        }
    }
}
