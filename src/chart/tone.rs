//! Whether a change is good news.
//!
//! The one rule: good and bad are always colour, sign and word together, so that no reader depends on colour.

use maud::{Markup, html};

/// Good, bad or neither.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tone {
    Good,
    Bad,
    #[default]
    Neutral,
}

impl Tone {
    /// The tone of `change` where lower values are better (or higher ones); within ±`steady` it is neutral.
    pub fn of(change: f64, lower_is_better: bool, steady: f64) -> Tone {
        if !change.is_finite() || change.abs() <= steady {
            return Tone::Neutral;
        }
        if (change < 0.0) == lower_is_better { Tone::Good } else { Tone::Bad }
    }

    /// The class that colours it.
    pub fn class(self) -> &'static str {
        match self {
            Tone::Good => "good",
            Tone::Bad => "bad",
            Tone::Neutral => "neutral",
        }
    }

    /// The sign that stands before the word.
    pub fn sign(self) -> &'static str {
        match self {
            Tone::Good => "▲",
            Tone::Bad => "▼",
            Tone::Neutral => "●",
        }
    }

    /// The word for a change over time.
    pub fn word(self) -> &'static str {
        match self {
            Tone::Good => "better",
            Tone::Bad => "worse",
            Tone::Neutral => "steady",
        }
    }

    /// A card's change line: "▲ better −18 %". `change` is already formatted.
    pub fn delta(self, change: &str) -> Markup {
        self.delta_with(self.word(), change)
    }

    /// The change line with a word of its own, for metrics that are neither better high nor low: "● changed +12 %".
    pub fn delta_with(self, word: &str, change: &str) -> Markup {
        html! {
            span class={ "delta " (self.class()) } { span aria-hidden="true" { (self.sign()) } " " (word) " " (change) }
        }
    }

    /// A badge such as "Better" or "No clear change" in this tone.
    pub fn badge(self, word: &str) -> Markup {
        html! {
            span class={ "badge " (self.class()) } { span aria-hidden="true" { (self.sign()) } " " (word) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn direction_and_margin_decide() {
        assert_eq!(Tone::of(-0.18, true, 0.05), Tone::Good);
        assert_eq!(Tone::of(-0.18, false, 0.05), Tone::Bad);
        assert_eq!(Tone::of(0.03, true, 0.05), Tone::Neutral);
        assert_eq!(Tone::of(f64::NAN, true, 0.05), Tone::Neutral);
    }

    #[test]
    fn delta_has_colour_sign_and_word() {
        let html = Tone::Bad.delta("+0.6 pp").into_string();
        let sign = r#"<span aria-hidden="true">▼</span>"#;
        assert_eq!(html, format!(r#"<span class="delta bad">{sign} worse +0.6 pp</span>"#));
    }
}
