//! The statistic of one assignment as a function of a constant additive effect.
//!
//! Under an effect τ the outcome without treatment is y − τz, with z the assignment that was drawn. All that a draw
//! contributes is then linear or quadratic in τ, so each draw is summed up once.

use crate::stats::StatsError;

/// |t*| counts as at least |t| from this part of |t| on.
pub(in crate::stats) const TIES_FROM: f64 = 1.0 - 1e-9;
/// Sums of squares below this part of the outcome's are rounding noise.
const NEGLIGIBLE: f64 = 1e-24;

/// The range of spreads that can be computed with.
const SCALE_FROM: f64 = 1e-60;
pub(super) const SCALE_TO: f64 = 1e60;

/// The columns that draws are contrasted on.
#[derive(Debug, Clone)]
pub(super) struct Contrast {
    /// The units that are compared.
    known: Vec<usize>,
    /// One entry for each of them.
    outcome: Vec<f64>,
    treated: Vec<f64>,
    is_studentised: bool,
    scale: f64,
    negligible_square: f64,
}

/// One assignment: the difference is a − bτ, its squared standard error v − 2cτ + dτ².
#[derive(Debug, Clone, Copy)]
pub(in crate::stats) struct Draw {
    pub(in crate::stats) a: f64,
    pub(in crate::stats) b: f64,
    pub(in crate::stats) v: f64,
    pub(in crate::stats) c: f64,
    pub(in crate::stats) d: f64,
}

impl Contrast {
    pub(super) fn plain(outcome: &[f64], arms: &[usize], known: Vec<usize>) -> Contrast {
        let outcome: Vec<f64> = known.iter().map(|unit| outcome[*unit]).collect();
        let treated = indicator(&known.iter().map(|unit| arms[*unit]).collect::<Vec<_>>());
        let scale = spread(&outcome);
        Contrast { known, outcome, treated, is_studentised: false, scale, negligible_square: 0.0 }
    }

    /// From residuals of outcome and treatment, which have mean zero, of the units that are known.
    pub(super) fn studentised(
        outcome: Vec<f64>,
        treated: Vec<f64>,
        raw_outcome: &[f64],
        known: Vec<usize>,
    ) -> Contrast {
        let scale = spread(&outcome);
        let negligible_square = NEGLIGIBLE * raw_outcome.iter().map(|value| value * value).sum::<f64>();
        Contrast { known, outcome, treated, is_studentised: true, scale, negligible_square }
    }

    /// Refuses constant outcomes, and those whose fourth powers leave the range of f64.
    pub(super) fn check(&self) -> Result<(), StatsError> {
        if self.scale < SCALE_FROM {
            return Err(StatsError::NoVariation { what: "the outcome", n: self.outcome.len() });
        }
        if self.scale > SCALE_TO {
            return Err(StatsError::Overflow { what: "the outcome" });
        }
        Ok(())
    }

    /// The spread of the outcome, in its unit: a first step for searches over effects.
    pub(super) fn scale(&self) -> f64 {
        self.scale
    }

    /// A squared standard error at or below this is none.
    pub(super) fn negligible_square(&self) -> f64 {
        self.negligible_square
    }

    pub(super) fn of(&self, arms: &[usize]) -> Draw {
        let mut sums = [Sums::default(); 2];
        for ((unit, outcome), treated) in self.known.iter().zip(&self.outcome).zip(&self.treated) {
            sums[arms[*unit]].add(*outcome, *treated);
        }
        let [control, treatment] = sums;
        let needed = if self.is_studentised { 2.0 } else { 1.0 };
        if control.n < needed || treatment.n < needed {
            return Draw::UNDEFINED;
        }
        let a = treatment.outcome / treatment.n - control.outcome / control.n;
        let b = treatment.treated / treatment.n - control.treated / control.n;
        if !self.is_studentised {
            return Draw::plain(a, b);
        }
        let [v1, c1, d1] = treatment.squared_errors();
        let [v0, c0, d0] = control.squared_errors();
        Draw { a, b, v: v1 + v0, c: c1 + c0, d: d1 + d0 }
    }
}

impl Draw {
    /// An assignment that leaves an arm with too few known units. It counts as extreme, which can only make p larger.
    const UNDEFINED: Draw = Draw { a: f64::NAN, b: 0.0, v: 0.0, c: 0.0, d: 0.0 };

    /// A statistic a − bτ that is not studentised.
    pub(super) fn plain(a: f64, b: f64) -> Draw {
        Draw { a, b, v: 1.0, c: 0.0, d: 0.0 }
    }

    pub(super) fn difference_at(&self, effect: f64) -> f64 {
        self.a - self.b * effect
    }

    pub(super) fn squared_error_at(&self, effect: f64) -> f64 {
        self.v + effect * (self.d * effect - 2.0 * self.c)
    }

    pub(in crate::stats) fn statistic_at(&self, effect: f64) -> f64 {
        self.difference_at(effect) / self.squared_error_at(effect).sqrt()
    }

    /// The effect at which the difference is zero.
    pub(super) fn effect(&self) -> f64 {
        self.a / self.b
    }

    /// |t| of this draw ≥ |t| of the observed one at this effect, multiplied out so that no division by zero can occur.
    pub(in crate::stats) fn is_at_least(&self, observed: &Draw, effect: f64) -> bool {
        if self.a.is_nan() {
            return true;
        }
        let mine = self.difference_at(effect);
        let theirs = observed.difference_at(effect) * TIES_FROM;
        mine * mine * observed.squared_error_at(effect) >= theirs * theirs * self.squared_error_at(effect)
    }

    /// `sign` × t of this draw ≤ `sign` × t of the observed one without effect, ties included.
    pub(super) fn is_at_most(&self, observed: &Draw, sign: f64) -> bool {
        if self.a.is_nan() {
            return true;
        }
        let mine = sign * self.a * observed.v.sqrt();
        let theirs = sign * observed.a * self.v.sqrt();
        mine <= theirs + theirs.abs() * (1.0 - TIES_FROM)
    }
}

/// Sums over the units of one arm.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    n: f64,
    outcome: f64,
    treated: f64,
    squares: [f64; 3],
}

impl Sums {
    fn add(&mut self, outcome: f64, treated: f64) {
        self.n += 1.0;
        self.outcome += outcome;
        self.treated += treated;
        self.squares[0] += outcome * outcome;
        self.squares[1] += outcome * treated;
        self.squares[2] += treated * treated;
    }

    /// Variances and covariance of outcome and treatment over n: of y², yz and z².
    fn squared_errors(&self) -> [f64; 3] {
        let per = 1.0 / (self.n * (self.n - 1.0));
        let products = [self.outcome * self.outcome, self.outcome * self.treated, self.treated * self.treated];
        [0, 1, 2].map(|index| (self.squares[index] - products[index] / self.n) * per)
    }
}

pub(super) fn indicator(arms: &[usize]) -> Vec<f64> {
    arms.iter().map(|arm| if *arm == 1 { 1.0 } else { 0.0 }).collect()
}

pub(super) fn spread(values: &[f64]) -> f64 {
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    high - low
}
