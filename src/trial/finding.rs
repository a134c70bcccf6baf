//! What one method says of one outcome.

use crate::stats::{Effect, Interval, Level, RandomizationTest};

/// How an effect was estimated and tested.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Method {
    /// Redrawing the lottery; the statistic is the studentised difference of ANCOVA residuals.
    Randomization,
    /// Redrawing the sequences of a stepped wedge or crossover.
    PanelRandomization,
    /// One row a unit, HC3 errors, t.
    AncovaHc3,
    /// One row a unit in small strata such as pairs, HC2 errors, t: HC3 doubles the variance of a difference within pairs.
    AncovaHc2,
    /// One row a unit with slopes of each arm, HC3 errors, t (Lin 2013).
    LinHc3,
    /// Rows within units, CR2 errors with Satterthwaite's degrees of freedom.
    RowsCr2,
    /// Rows within units, restricted wild cluster bootstrap.
    WildBootstrap,
    /// Rows as if they were drawn one by one: right for experiments on rows alone.
    RowsWelch,
    /// Rows within units, CR0 errors with normal quantiles.
    RowsCr0Normal,
    /// Ranks within strata, van Elteren (1960).
    Ranks,
    /// Changes beside those of units not treated yet (Callaway & Sant'Anna 2021).
    Staggered,
    /// Changes beside a comparison built from units never treated (Arkhangelsky et al. 2021).
    Synthetic,
    /// Treated units before and after, beside nothing.
    BeforeAfter,
    /// Slopes of units before anybody was treated.
    PreTrend,
}

impl Method {
    /// The name that stands beside a number.
    pub fn words(self) -> &'static str {
        match self {
            Method::Randomization => {
                "randomization under the lottery that was drawn, studentised, adjusted for history where it is known"
            }
            Method::PanelRandomization => "randomization of the sequences that were drawn, with effects of periods",
            Method::AncovaHc3 => "ANCOVA of units on their history, HC3, t",
            Method::AncovaHc2 => "ANCOVA of units on their history, HC2, t",
            Method::LinHc3 => "ANCOVA of units with slopes by arm (Lin), HC3, t",
            Method::RowsCr2 => "least squares on rows, CR2 by unit, Satterthwaite",
            Method::WildBootstrap => "least squares on rows, restricted wild cluster bootstrap by unit",
            Method::RowsWelch => "Welch's t-test on rows",
            Method::RowsCr0Normal => "least squares on rows, CR0 by unit, normal quantiles",
            Method::Ranks => "ranks within strata (van Elteren)",
            Method::Staggered => "difference-in-differences beside units not treated yet (Callaway & Sant'Anna), t",
            Method::Synthetic => "synthetic difference-in-differences (Arkhangelsky et al.), placebo error, t",
            Method::BeforeAfter => "treated units before and after, paired t",
            Method::PreTrend => "slopes of units before treatment, Welch's t",
        }
    }
}

/// One method's answer, on the outcome's scale: a difference, of logarithms for ratios.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    pub method: Method,
    pub estimate: f64,
    /// `None` where no effect however large would be rejected on some side.
    pub interval: Option<Interval>,
    pub level: Level,
    /// Two-sided, against no effect.
    pub p: f64,
    pub degrees_of_freedom: Option<f64>,
    /// What was compared: units, or rows for methods on rows.
    pub n: u64,
}

impl Finding {
    pub fn of_effect(method: Method, effect: &Effect) -> Finding {
        Finding {
            method,
            estimate: effect.estimate,
            interval: Some(effect.interval),
            level: effect.level,
            p: effect.p,
            degrees_of_freedom: Some(effect.degrees_of_freedom),
            n: effect.n,
        }
    }

    pub fn of_test(method: Method, test: &RandomizationTest) -> Finding {
        Finding {
            method,
            estimate: test.estimate,
            interval: test.interval,
            level: test.level,
            p: test.p,
            degrees_of_freedom: None,
            n: test.n,
        }
    }
}
