//! How figures of units are compared, and how a difference is said.

use serde::{Deserialize, Serialize};

/// How a unit's rows become its figure, and how figures are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Scale {
    /// The mean of logs: effects are ratios of geometric means. For durations.
    LogMean,
    /// The log of a count or sum per time at risk: effects are ratios of rates.
    LogRate,
    /// The mean, share or ratio as it is: effects are differences, said in parts of the control's mean.
    Linear,
}

impl Scale {
    pub fn is_log(self) -> bool {
        self != Scale::Linear
    }

    /// What is estimated, in words.
    pub fn words(self) -> &'static str {
        match self {
            Scale::LogMean => "ratio of geometric means",
            Scale::LogRate => "ratio of rates",
            Scale::Linear => "difference relative to the control's mean",
        }
    }

    /// An effect on the scale as a part of the control's mean: −0.1 is 10 % less. `None` where the control's mean is zero.
    pub fn relative(self, effect: f64, control_mean: Option<f64>) -> Option<f64> {
        let value = match self {
            Scale::LogMean | Scale::LogRate => effect.exp() - 1.0,
            Scale::Linear => effect / control_mean.filter(|mean| *mean != 0.0)?.abs(),
        };
        value.is_finite().then_some(value)
    }

    /// A relative change, above −1, as an effect on the scale: the reverse of [`Scale::relative`].
    pub fn absolute(self, relative: f64, control_mean: Option<f64>) -> Option<f64> {
        let value = match self {
            Scale::LogMean | Scale::LogRate => (1.0 + relative).ln(),
            Scale::Linear => relative * control_mean.filter(|mean| *mean != 0.0)?.abs(),
        };
        value.is_finite().then_some(value)
    }

    /// A figure in the unit of the metric.
    pub fn shown(self, figure: f64) -> f64 {
        if self.is_log() { figure.exp() } else { figure }
    }
}
