//! Small words and marks that all parts of an experiment's page share.

use crate::chart::{Grain, IntervalAxis, Tone, number};
use crate::trial::{Relative, Verdict, level_words};
use chrono::NaiveDate;
use maud::{Markup, html};

/// `14 Sep 2026`.
pub(super) fn day(day: NaiveDate) -> String {
    Grain::Day.label(day).replace(' ', "\u{a0}")
}

/// A day of a report; what is no day stays as it is.
pub(super) fn day_of(text: &str) -> String {
    text.parse().map_or_else(|_| text.to_owned(), day)
}

/// Class of a card or badge for good, bad, or neither.
pub(super) fn class(is_good: Option<bool>) -> &'static str {
    match is_good {
        Some(true) => "good",
        Some(false) => "bad",
        None => "warn",
    }
}

pub(super) fn tone(verdict: Verdict) -> Tone {
    match verdict.is_good() {
        Some(true) => Tone::Good,
        Some(false) => Tone::Bad,
        None => Tone::Neutral,
    }
}

pub(super) fn badge(class: &str, sign: &str, word: &str) -> Markup {
    html! { span class={ "badge " (class) } { span aria-hidden="true" { (sign) } " " (word) } }
}

/// The axis that some numbers share.
pub(super) fn axis<'a>(all: impl IntoIterator<Item = &'a Relative>) -> IntervalAxis {
    IntervalAxis::covering(all.into_iter().filter_map(Relative::bounds))
}

/// The bounds, with their level where it is not that of the heading.
pub(super) fn bounds(it: &Relative, usual: Option<f64>) -> String {
    let Some((low, high)) = it.bounds() else { return "no interval".to_owned() };
    let level = if usual == Some(it.level) { String::new() } else { format!(", {} interval", level_words(it.level)) };
    number::relative_range(low, high) + &level
}

pub(super) fn p_value(it: &Relative) -> String {
    it.p.map_or_else(|| number::MISSING.to_owned(), number::p_value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_that_is_none_stays_as_it_is() {
        assert_eq!([day_of("2026-09-04"), day_of("week 3")], ["4\u{a0}Sep\u{a0}2026", "week 3"]);
    }

    #[test]
    fn an_interval_says_its_level_unless_the_heading_does() {
        let relative = Relative {
            label: String::new(),
            estimate: -0.1,
            low: Some(-0.2),
            high: None,
            level: 0.975,
            p: None,
            method: String::new(),
            degrees_of_freedom: None,
            n: 24,
        };
        assert_eq!(bounds(&relative, None), "no interval");
        let both = Relative { high: Some(0.05), ..relative };
        assert_eq!(bounds(&both, Some(0.975)), "−20.0 to +5.0\u{a0}%");
        assert_eq!(bounds(&both, Some(0.95)), "−20.0 to +5.0\u{a0}%, 97.5\u{a0}% interval");
    }
}
