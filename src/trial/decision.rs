//! From intervals to words, by a rule that is declared before the data are seen: ship when at least one goal improves, every
//! guardrail holds, nothing deteriorates and the experiment is valid (Schultzberg, Ankargren & Frånberg 2024).

use crate::stats::{Interval, Level, StatsError};
use serde::{Deserialize, Serialize};

/// The part that a metric plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// One of them must improve. They share the error rate.
    Goal,
    /// Shown, and decides nothing but that it must not get clearly worse.
    Secondary,
    /// Must be worse by less than a margin.
    Guardrail,
}

impl Role {
    /// The level of a metric's interval: goals share the two-sided error rate, the others keep it (Schultzberg et al. 2024).
    ///
    /// # Errors
    /// [`StatsError::Level`] for a rate that is none.
    pub fn level(self, alpha: f64, goals: usize) -> Result<Level, StatsError> {
        let parts = if self == Role::Goal { goals.max(1) } else { 1 };
        Level::new(1.0 - alpha / parts as f64)
    }
}

/// Which direction is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Better {
    Lower,
    Higher,
    Neither,
}

/// What one metric says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    Better,
    Worse,
    /// The interval holds zero.
    NoClearChange,
    /// A clear change of a metric of which neither direction is good.
    Changed,
    /// A guardrail whose worst plausible harm is tolerated.
    WithinMargin,
    /// A guardrail that may have been harmed by more than is tolerated.
    NotShownSafe,
    /// No interval.
    NotTested,
}

/// Judges a relative effect (0.1 is +10 %) by its interval.
pub fn judge(role: Role, better: Better, margin: f64, interval: Option<Interval>) -> Verdict {
    let Some(interval) = interval else { return Verdict::NotTested };
    let is_clear = interval.low > 0.0 || interval.high < 0.0;
    // Turned so that up is good.
    let (low, high) = match better {
        Better::Lower => (-interval.high, -interval.low),
        Better::Higher => (interval.low, interval.high),
        // Of a guardrail a change in either direction is harm.
        Better::Neither if role == Role::Guardrail => (interval.low.min(-interval.high), f64::INFINITY),
        Better::Neither if is_clear => return Verdict::Changed,
        Better::Neither => return Verdict::NoClearChange,
    };
    match role {
        Role::Guardrail if low > -margin && high >= 0.0 => Verdict::WithinMargin,
        _ if high < 0.0 => Verdict::Worse,
        Role::Guardrail => Verdict::NotShownSafe,
        _ if low > 0.0 => Verdict::Better,
        _ => Verdict::NoClearChange,
    }
}

impl Verdict {
    pub fn words(self) -> &'static str {
        match self {
            Verdict::Better => "Better",
            Verdict::Worse => "Worse",
            Verdict::NoClearChange => "No clear change",
            Verdict::Changed => "Changed",
            Verdict::WithinMargin => "Within margin",
            Verdict::NotShownSafe => "Not shown safe",
            Verdict::NotTested => "Not tested",
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

/// One metric as the decision sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct Judged {
    /// What people call it.
    pub title: String,
    pub role: Role,
    pub better: Better,
    pub verdict: Verdict,
    /// Relative.
    pub estimate: Option<f64>,
    pub interval: Option<Interval>,
    pub margin: f64,
}

/// What the experiment says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Word {
    Ship,
    DoNotShip,
    KeepRunning,
    Invalid,
}

impl Word {
    pub fn words(self) -> &'static str {
        match self {
            Word::Ship => "Ship",
            Word::DoNotShip => "Do not ship",
            Word::KeepRunning => "Keep running",
            Word::Invalid => "Invalid",
        }
    }

    pub fn is_good(self) -> Option<bool> {
        match self {
            Word::Ship => Some(true),
            Word::DoNotShip | Word::Invalid => Some(false),
            Word::KeepRunning => None,
        }
    }
}

/// The word with what led to it.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct Decision {
    pub word: Word,
    /// Sentences.
    pub reasons: Vec<String>,
    /// What would have had to be otherwise for another word, sentences.
    pub would_change: Vec<String>,
}

/// Applies the rule. `failures` say why the experiment is not valid, `running` why it is not over yet, in a sentence each.
pub fn decide(failures: &[String], running: Option<&str>, judged: &[Judged]) -> Decision {
    let say = |word, reasons: Vec<String>, would_change| Decision { word, reasons, would_change };
    if !failures.is_empty() {
        return say(Word::Invalid, failures.to_vec(), Vec::new());
    }
    if let Some(running) = running {
        return say(Word::KeepRunning, vec![running.to_owned()], Vec::new());
    }
    let with = |role: Option<Role>, verdicts: &[Verdict]| {
        let is_meant = |it: &&Judged| role.is_none_or(|role| it.role == role) && verdicts.contains(&it.verdict);
        judged.iter().filter(is_meant).collect::<Vec<_>>()
    };
    let titles = |all: &[&Judged]| all.iter().map(|it| it.title.as_str()).collect::<Vec<_>>().join(" and ");
    let better = with(Some(Role::Goal), &[Verdict::Better]);
    let worse = with(None, &[Verdict::Worse]);
    let doubtful = with(Some(Role::Guardrail), &[Verdict::NotShownSafe, Verdict::NotTested]);
    let goals = with(Some(Role::Goal), &[Verdict::NoClearChange]);
    let mut reasons = Vec::new();
    if better.is_empty() {
        reasons.push("No goal shows a clear improvement.".to_owned());
    } else {
        reasons.push(format!("Improved: {}.", titles(&better)));
    }
    if !worse.is_empty() {
        reasons.push(format!("Worse: {}.", titles(&worse)));
    }
    if !doubtful.is_empty() {
        reasons.push(format!("Not shown to stay within the tolerated harm: {}.", titles(&doubtful)));
    }
    let would_change = if better.is_empty() { goals } else { Vec::new() }.into_iter().chain(doubtful.iter().copied());
    let would_change: Vec<String> = would_change.filter_map(needed).collect();
    if !better.is_empty() && worse.is_empty() && doubtful.is_empty() {
        if judged.iter().any(|it| it.role == Role::Guardrail) {
            reasons.push("Every guardrail held.".to_owned());
        }
        return say(Word::Ship, reasons, better.into_iter().filter_map(at_risk).collect());
    }
    say(Word::DoNotShip, reasons, would_change)
}

/// What a metric that did not come out would have needed.
fn needed(it: &Judged) -> Option<String> {
    let (estimate, interval) = (it.estimate?, it.interval?);
    let half_width = (interval.high - interval.low) / 2.0;
    if it.role == Role::Guardrail {
        let harm = match it.better {
            Better::Lower => interval.high,
            Better::Higher => -interval.low,
            Better::Neither => interval.high.max(-interval.low),
        };
        let (harm, margin) = (percent(harm), percent(it.margin));
        return Some(format!("{}: the interval reaches a harm of {harm}, where {margin} is tolerated.", it.title));
    }
    let times = (half_width / estimate).powi(2);
    let more = if times.is_finite() && times < 100.0 {
        format!(
            "; a difference as large as the one estimated would take about {times:.1} times the units or weeks to show"
        )
    } else {
        String::new()
    };
    let half_width = percent(half_width);
    Some(format!("{}: only a change of more than about {half_width} would have shown{more}.", it.title))
}

/// How near a goal that improved is to not having done so.
fn at_risk(it: &Judged) -> Option<String> {
    let interval = it.interval?;
    let least = if interval.low > 0.0 { interval.low } else { interval.high };
    Some(format!("{}: the interval comes as near to no change as {}.", it.title, percent(least)))
}

/// With a true minus sign.
fn percent(part: f64) -> String {
    let sign = if part < 0.0 { "−" } else { "" };
    format!("{sign}{:.1} %", part.abs() * 100.0)
}
