//! How a metric changed, in words.
//!
//! One rule: a change is called better or worse only where its interval leaves no doubt.

use super::Figures;
use crate::chart::{Tone, Unit, number};
use crate::metric::{Direction, Earlier};
use crate::project::Better;
use maud::{Markup, html};

impl Figures {
    /// The change against the window before, with its judgement.
    pub(in crate::web) fn change(&self) -> Markup {
        match self.judged() {
            Ok((None, words)) => Tone::Neutral.delta_with("no clear change", &words),
            Ok((Some(_), words)) if self.metric.header.better == Better::Neither => {
                Tone::Neutral.delta_with("changed", &words)
            }
            Ok((Some(tone), words)) => tone.delta(&words),
            Err(why) => html! { span class="delta neutral" { (why) } },
        }
    }

    /// As [`Figures::change`] in fewer words: without the interval of the change.
    pub(in crate::web) fn short_change(&self) -> Markup {
        let size = self.before.as_ref().map(|before| self.plain_size(before)).unwrap_or_default();
        match self.judged() {
            Ok((None, _)) => Tone::Neutral.delta_with("no clear change", ""),
            Ok((Some(_), _)) if self.metric.header.better == Better::Neither => {
                Tone::Neutral.delta_with("changed", &size)
            }
            Ok((Some(tone), _)) => tone.delta(&size),
            Err(why) => html! { span class="delta neutral" { (why) } },
        }
    }

    /// The tone of the change and its size in words; no tone where it may be none. Or why there is no change to speak of.
    pub(in crate::web) fn judged(&self) -> Result<(Option<Tone>, String), &'static str> {
        if self.summary.estimate.value.is_none() {
            return Err(self.missing());
        }
        let before = self.before.as_ref().filter(|before| before.summary.estimate.value.is_some());
        let Some(before) = before else { return Err("no earlier figure") };
        let is_lower_better = match self.metric.header.better {
            Better::Lower => Some(true),
            Better::Higher => Some(false),
            Better::Neither => None,
        };
        let tone = |is_up: bool| match is_lower_better {
            None => Tone::Neutral,
            Some(is_lower_better) if is_up == is_lower_better => Tone::Bad,
            Some(_) => Tone::Good,
        };
        let tone = match before.change.direction {
            Direction::TooLittle => return Err("not enough data for a change"),
            Direction::Unclear => None,
            Direction::Up => Some(tone(true)),
            Direction::Down => Some(tone(false)),
        };
        Ok((tone, self.size(before)))
    }

    /// How large the change is.
    fn plain_size(&self, before: &Earlier) -> String {
        let (difference, quotient) = (&before.change.difference, &before.change.quotient);
        let unit = self.unit();
        match quotient.value.filter(|_| unit != Unit::Share) {
            Some(quotient) => number::relative(quotient - 1.0),
            None => unit.difference(difference.value.unwrap_or_default()),
        }
    }

    /// How large the change is, with its interval.
    fn size(&self, before: &Earlier) -> String {
        let (difference, quotient) = (&before.change.difference, &before.change.quotient);
        let unit = self.unit();
        let range = match quotient.value.filter(|_| unit != Unit::Share) {
            Some(_) => quotient.interval.map(|it| number::relative_range(it.low - 1.0, it.high - 1.0)),
            None => {
                difference.interval.map(|it| format!("{} to {}", unit.difference(it.low), unit.difference(it.high)))
            }
        };
        with_range(self.plain_size(before), range)
    }
}

fn with_range(value: String, range: Option<String>) -> String {
    range.map_or_else(|| value.clone(), |range| format!("{value} ({range})"))
}
