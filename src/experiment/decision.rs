//! From intervals to words, by a rule that is declared before the data are seen: ship when at least one goal improves and
//! every guardrail holds (Schultzberg, Ankargren & Frånberg 2024).

use crate::project::{Better, Role};
use crate::stats::Interval;

/// What one metric says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Better,
    Worse,
    /// A goal whose interval holds zero.
    NoClearChange,
    /// A guardrail whose worst plausible harm is tolerated.
    WithinMargin,
    /// A guardrail that may have been harmed by more than is tolerated.
    NotShownSafe,
    /// No interval.
    Unknown,
}

/// What the experiment says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recommendation {
    pub words: &'static str,
    pub reason: String,
    pub is_good: Option<bool>,
}

impl Verdict {
    /// Judges a relative effect (0.1 is +10 %).
    pub fn of(role: Role, better: Better, margin: f64, interval: Option<Interval>) -> Verdict {
        let Some(interval) = interval else { return Verdict::Unknown };
        // Turned so that up is good.
        let (low, high) = match better {
            Better::Lower => (-interval.high, -interval.low),
            Better::Higher | Better::Neither => (interval.low, interval.high),
        };
        match role {
            Role::Goal | Role::Guardrail if high < 0.0 => Verdict::Worse,
            Role::Goal if low > 0.0 => Verdict::Better,
            Role::Goal => Verdict::NoClearChange,
            Role::Guardrail if low > -margin => Verdict::WithinMargin,
            Role::Guardrail => Verdict::NotShownSafe,
        }
    }

    pub fn words(self) -> &'static str {
        match self {
            Verdict::Better => "Better",
            Verdict::Worse => "Worse",
            Verdict::NoClearChange => "No clear change",
            Verdict::WithinMargin => "Within margin",
            Verdict::NotShownSafe => "Not shown safe",
            Verdict::Unknown => "Not tested",
        }
    }

    pub fn is_good(self) -> Option<bool> {
        match self {
            Verdict::Better => Some(true),
            Verdict::Worse => Some(false),
            _ => None,
        }
    }
}
