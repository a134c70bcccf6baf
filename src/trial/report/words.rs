//! The words of a report that its page and its Markdown share.
//!
//! One rule: a number that no lottery stands behind is never called an effect; it bears the name of its design.

use super::{DesignReport, OutcomeReport, Relative, Report, Status};
use crate::trial::{Better, Grade, Role, Verdict, Word};

impl Grade {
    /// What the numbers of this grade are called: `effect`, or `difference (observational: synthetic control)`.
    pub fn noun(self) -> String {
        if self.is_randomised() { "effect".to_owned() } else { format!("difference ({})", self.words()) }
    }
}

impl Word {
    /// The sign that stands before it.
    pub fn sign(self) -> &'static str {
        match self {
            Word::Ship => "✓",
            Word::KeepRunning => "●",
            Word::DoNotShip | Word::Invalid => "✗",
        }
    }
}

impl Verdict {
    /// The sign that stands before it.
    pub fn sign(self) -> &'static str {
        match self {
            Verdict::Better => "▲",
            Verdict::Worse => "▼",
            Verdict::NotShownSafe | Verdict::NotTested => "?",
            Verdict::NoClearChange | Verdict::Changed | Verdict::WithinMargin => "●",
        }
    }
}

impl Status {
    /// The sign that stands before it.
    pub fn sign(self) -> &'static str {
        match self {
            Status::Ok => "✓",
            Status::Warning => "▲",
            Status::Failed => "✗",
            Status::Unknown => "?",
        }
    }

    pub fn words(self) -> &'static str {
        match self {
            Status::Ok => "Fine",
            Status::Warning => "Warning",
            Status::Failed => "Failed",
            Status::Unknown => "Unknown",
        }
    }
}

impl Role {
    /// In the order in which they are shown.
    pub const ALL: [Role; 3] = [Role::Goal, Role::Secondary, Role::Guardrail];

    /// The heading of its metrics.
    pub fn heading(self) -> &'static str {
        match self {
            Role::Goal => "Goals",
            Role::Secondary => "Secondary",
            Role::Guardrail => "Guardrails",
        }
    }
}

impl Better {
    pub fn words(self) -> &'static str {
        match self {
            Better::Lower => "lower is better",
            Better::Higher => "higher is better",
            Better::Neither => "neither direction is better",
        }
    }
}

impl DesignReport {
    /// Units over all variants.
    pub fn units(&self) -> usize {
        self.variants.iter().map(|it| it.units).sum()
    }

    /// Such as `24 teams, stratified, 4 strata`.
    pub fn words(&self) -> String {
        let strata = if self.strata > 1 { format!(", {} strata", self.strata) } else { String::new() };
        format!("{}, {}{strata}", counted(self.units() as u64, &self.unit), self.design)
    }

    /// The name of an arm: 0 is the control.
    pub fn arm(&self, arm: usize) -> &str {
        let fallback = if arm == 0 { "control" } else { "treatment" };
        self.variants.get(arm).map_or(fallback, |it| it.name.as_str())
    }
}

/// More rows of a sensitivity analysis than this hide what they should show; all of them are in the JSON.
const SHOWN_SENSITIVITY: usize = 10;

impl OutcomeReport {
    /// The rows of the sensitivity analysis that move the number most, in the report's order.
    pub fn telling_sensitivity(&self) -> Vec<&Relative> {
        let usual = self.effect.as_ref().map_or(0.0, |effect| effect.estimate);
        let mut places: Vec<usize> = (0..self.sensitivity.len()).collect();
        let moved = |place: &usize| (self.sensitivity[*place].estimate - usual).abs();
        places.sort_by(|a, b| moved(b).total_cmp(&moved(a)).then(a.cmp(b)));
        places.truncate(SHOWN_SENSITIVITY);
        places.sort_unstable();
        places.into_iter().map(|place| &self.sensitivity[place]).collect()
    }

    /// The heading of these rows.
    pub fn sensitivity_heading(&self) -> String {
        match self.sensitivity.len() {
            all if all > SHOWN_SENSITIVITY => {
                format!(
                    "Sensitivity: the {SHOWN_SENSITIVITY} of {all} that move the number most; the others are in the JSON"
                )
            }
            _ => "Sensitivity".to_owned(),
        }
    }

    /// What the margin means for its role, in the words before the figure; secondary metrics have none.
    pub fn margin_words(&self) -> Option<&'static str> {
        match self.role {
            Role::Goal => Some("worth acting on"),
            Role::Guardrail => Some("tolerated harm"),
            Role::Secondary => None,
        }
    }
}

impl Relative {
    /// Both bounds, where both are known.
    pub fn bounds(&self) -> Option<(f64, f64)> {
        Some((self.low?, self.high?))
    }

    /// What a row of it is called: its label, or its method for another answer to the same question.
    pub fn heading(&self) -> &str {
        if self.label.is_empty() { &self.method } else { &self.label }
    }
}

impl Report {
    /// The levels of the intervals, ascending: usually one; more where goals share the error rate.
    pub fn levels(&self) -> Vec<f64> {
        let mut levels: Vec<f64> = self.results.iter().filter_map(|it| it.effect.as_ref()).map(|it| it.level).collect();
        levels.sort_by(f64::total_cmp);
        levels.dedup();
        levels
    }

    /// The level in the words of a heading: `95 % intervals`, `95 and 97.5 % intervals`.
    pub fn intervals_words(&self) -> String {
        let levels: Vec<String> = self.levels().iter().map(|level| level_digits(*level)).collect();
        if levels.is_empty() { "intervals".to_owned() } else { format!("{}\u{a0}% intervals", levels.join(" and ")) }
    }
}

/// A level such as 0.975 as `97.5 %`.
pub fn level_words(level: f64) -> String {
    format!("{}\u{a0}%", level_digits(level))
}

fn level_digits(level: f64) -> String {
    format!("{:.1}", level * 100.0).trim_end_matches(".0").to_owned()
}

/// `1 team`, `24 teams`, `7 repositories`.
pub fn counted(n: u64, noun: &str) -> String {
    if n == 1 { format!("1 {noun}") } else { format!("{n} {}", plural(noun)) }
}

/// `teams`, `repositories`.
pub fn plural(noun: &str) -> String {
    match noun.strip_suffix('y') {
        Some(stem) if !stem.ends_with(['a', 'e', 'o', 'u']) => format!("{stem}ies"),
        _ => format!("{noun}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trial::Scale;

    #[test]
    fn a_number_without_a_lottery_bears_its_design() {
        assert_eq!(Grade::RandomisedOverTime.noun(), "effect");
        assert_eq!(Grade::BeforeAfter.noun(), "difference (observational: before and after)");
    }

    #[test]
    fn of_many_rows_those_that_move_the_number_most_are_shown() {
        let relative = |label: &str, estimate| Relative {
            label: label.to_owned(),
            estimate,
            low: None,
            high: None,
            level: 0.95,
            p: None,
            method: String::new(),
            degrees_of_freedom: None,
            n: 23,
        };
        let mut outcome = outcome(Some(relative("", -0.1)));
        outcome.sensitivity = (0..12).map(|i| relative(&i.to_string(), -0.1 + f64::from(i % 6) / 10.0)).collect();
        let shown: Vec<&str> = outcome.telling_sensitivity().iter().map(|it| it.label.as_str()).collect();
        assert_eq!(shown, ["1", "2", "3", "4", "5", "7", "8", "9", "10", "11"], "0 and 6 move nothing");
        assert!(outcome.sensitivity_heading().contains("10 of 12"));
        outcome.sensitivity.truncate(3);
        assert_eq!((outcome.telling_sensitivity().len(), outcome.sensitivity_heading().as_str()), (3, "Sensitivity"));
    }

    fn outcome(effect: Option<Relative>) -> OutcomeReport {
        let named = ("M", "");
        OutcomeReport {
            units: 24,
            effect,
            ..OutcomeReport::unanswered("m", named, (Role::Goal, 0.1), Better::Lower, Scale::Linear)
        }
    }

    #[test]
    fn units_are_counted_in_english() {
        assert_eq!(
            [counted(1, "repository"), counted(7, "repository"), counted(24, "team"), counted(0, "day")],
            ["1 repository", "7 repositories", "24 teams", "0 days"]
        );
    }

    #[test]
    fn a_level_has_no_zero_after_the_point() {
        assert_eq!([level_words(0.95), level_words(0.975)], ["95\u{a0}%", "97.5\u{a0}%"]);
    }
}
