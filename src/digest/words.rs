//! The words of a digest, the same in mail, page and Slack, and made harmless once.
//!
//! One rule: after [`harmless`] a text is one line of bounded length that cannot turn the text beside it around, and a
//! number is finite or absent.

use super::{Digest, Experiment, Figure, Group, Point};
use crate::chart::Unit;
use crate::chart::number::count;
use crate::chart::scale::extent;
use chrono::{Datelike, NaiveDate};

/// Characters of a unit, of a name, of a few words, of a sentence. Longer ones end in an ellipsis.
const UNIT: usize = 40;
const NAME: usize = 80;
const PHRASE: usize = 200;
const SENTENCE: usize = 1200;
/// Of a longer series the newest points are drawn.
const POINTS: usize = 400;

/// The digest with every text on one line, every number finite, and no heading without figures.
pub(super) fn harmless(digest: &Digest) -> Digest {
    let mut clean = digest.clone();
    one_line(&mut clean.title, NAME);
    if clean.title.is_empty() {
        clean.title = "Digest".to_owned();
    }
    one_line(&mut clean.scope, NAME);
    one_line(&mut clean.period.words, NAME);
    one_line(&mut clean.changed, SENTENCE);
    one_line(&mut clean.produced, PHRASE);
    clean.notes.iter_mut().for_each(|note| one_line(note, SENTENCE));
    clean.notes.retain(|note| !note.is_empty());
    clean.experiments.iter_mut().for_each(harmless_experiment);
    for group in &mut clean.groups {
        one_line(&mut group.title, NAME);
        group.figures.iter_mut().for_each(harmless_figure);
    }
    clean.groups.retain(|group: &Group| !group.figures.is_empty());
    clean
}

fn harmless_experiment(experiment: &mut Experiment) {
    one_line(&mut experiment.title, NAME);
    one_line(&mut experiment.status, NAME);
    one_line(&mut experiment.sentence, SENTENCE);
}

pub(super) fn harmless_figure(figure: &mut Figure) {
    one_line(&mut figure.title, NAME);
    one_line(&mut figure.caption, PHRASE);
    one_line(&mut figure.missing, PHRASE);
    if let Unit::Other(word) = &mut figure.unit {
        one_line(word, UNIT);
    }
    if let Some(change) = &mut figure.change {
        one_line(&mut change.word, NAME);
        one_line(&mut change.size, NAME);
    }
    figure.value = finite(figure.value);
    figure.target = finite(figure.target);
    figure.interval = figure.interval.filter(|(low, high)| low.is_finite() && high.is_finite());
    figure.series.sort_by_key(|point| point.at);
    figure.series.drain(..figure.series.len().saturating_sub(POINTS));
    for point in &mut figure.series {
        *point = Point { value: finite(point.value), low: finite(point.low), high: finite(point.high), ..*point };
    }
}

fn finite(value: Option<f64>) -> Option<f64> {
    value.filter(|value| value.is_finite())
}

fn one_line(text: &mut String, most: usize) {
    *text = line(text, most);
}

/// The text on one line of at most `most` characters. What is written from right to left is isolated, so that it does
/// not turn the numbers beside it around.
pub(super) fn line(text: &str, most: usize) -> String {
    let mut kept = String::with_capacity(text.len());
    for c in text.chars().filter(|c| !turns_direction(*c)) {
        let is_space = (c.is_whitespace() && c != '\u{a0}') || c.is_control();
        match (is_space, kept.ends_with(' ')) {
            (false, _) => kept.push(c),
            (true, false) => kept.push(' '),
            (true, true) => {}
        }
    }
    let kept = clipped(kept.trim(), most);
    if kept.chars().any(is_right_to_left) { format!("\u{2068}{kept}\u{2069}") } else { kept }
}

/// At most `most` characters; a longer text ends in an ellipsis.
fn clipped(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let start: String = text.chars().take(most.saturating_sub(1)).collect();
    format!("{}…", start.trim_end())
}

/// Marks, embeddings, overrides and isolates of direction: what follows one would be read in another order.
fn turns_direction(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn is_right_to_left(c: char) -> bool {
    matches!(c, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{feff}'
        | '\u{10800}'..='\u{10fff}' | '\u{1e800}'..='\u{1efff}')
}

/// From one day to another: "16 to 22 Nov 2026", "25 May to 16 Nov 2026".
pub(super) fn days(first: NaiveDate, last: NaiveDate) -> String {
    let start = match first {
        _ if first == last => return last.format("%-d %b %Y").to_string(),
        _ if first.year() != last.year() => "%-d %b %Y",
        _ if first.month() != last.month() => "%-d %b",
        _ => "%-d",
    };
    format!("{} to {}", first.format(start), last.format("%-d %b %Y"))
}

impl Digest {
    /// What stands in the list of mails and above everything else.
    pub(super) fn subject(&self) -> String {
        let days = self.days();
        let period = if self.period.words.is_empty() { &days } else { &self.period.words };
        let scope = if self.scope.is_empty() { String::new() } else { format!(": {}", self.scope) };
        format!("{}, {period}{scope}", self.title)
    }

    /// "Week 47: 16 to 22 Nov 2026".
    pub(super) fn period_words(&self) -> String {
        let days = self.days();
        if self.period.words.is_empty() { days } else { format!("{}: {days}", self.period.words) }
    }

    fn days(&self) -> String {
        days(self.period.first, self.period.last)
    }

    /// The address of a path on the server, where the server is known.
    pub(super) fn address(&self, path: Option<&String>) -> Option<String> {
        let server = self.server.as_deref()?.trim().trim_end_matches('/');
        let is_web = server.starts_with("https://") || server.starts_with("http://");
        let address = format!("{server}{}", own_path(path?)?);
        (is_web && is_safe(&address)).then_some(address)
    }
}

/// A path of the server itself. What could lead elsewhere, as "//other.example" or "javascript:" do, is no link.
pub(super) fn own_path(path: &str) -> Option<&str> {
    let stays = path.starts_with('/') && !path.starts_with("//") && !path.contains('\\');
    (stays && is_safe(path)).then_some(path)
}

/// Whether an address has only what RFC 3986 lets stand in one; "<", ">", "|" and quotes have a meaning elsewhere.
fn is_safe(address: &str) -> bool {
    address.len() <= 2000 && address.chars().all(|c| c.is_ascii_alphanumeric() || "-._~:/?#[]@!$&()*+,;=%".contains(c))
}

impl Figure {
    /// The number with its unit, or why there is none.
    pub(super) fn number(&self) -> String {
        match (self.value, self.missing.as_str()) {
            (Some(value), _) => self.unit.value(value),
            (None, "") => "not enough data".to_owned(),
            (None, why) => why.to_owned(),
        }
    }

    /// What the value rests on: "20.1 to 27.2 h, n = 812".
    pub(super) fn certainty(&self) -> String {
        let interval = self.interval.filter(|_| self.value.is_some());
        let interval = interval.map(|(low, high)| format!("{} to {}", self.unit.number(low), self.unit.value(high)));
        let n = self.n.map(|n| format!("n\u{a0}=\u{a0}{}", count(n)));
        interval.into_iter().chain(n).collect::<Vec<_>>().join(", ")
    }

    /// The change as sign and words: "▲ better −18 %".
    pub(super) fn change_words(&self) -> String {
        self.change.as_ref().map_or_else(String::new, |change| {
            format!("{} {} {}", change.tone.sign(), change.word, change.size).trim_end().to_owned()
        })
    }

    pub(super) fn target_words(&self) -> String {
        self.target.map_or_else(String::new, |target| format!("target {}", self.unit.exact(target)))
    }

    /// What the picture shows: "25 May to 16 Nov 2026: 18.2 to 31.0 h". Empty where there is nothing to draw.
    pub(super) fn series_words(&self) -> String {
        let values = self.series.iter().filter_map(|point| point.value);
        let (Some(first), Some(last), Some((low, high))) = (self.series.first(), self.series.last(), extent(values))
        else {
            return String::new();
        };
        let range = format!("{} to {}", self.unit.number(low), self.unit.value(high));
        let gaps = match self.series.iter().filter(|point| point.value.is_none()).count() {
            0 => String::new(),
            gaps => format!(", {gaps} of {} not known", self.series.len()),
        };
        format!("{}: {range}{gaps}", days(first.at, last.at))
    }

    /// The picture in words, for those who do not see it.
    pub(super) fn picture_words(&self) -> String {
        let last = self.series.iter().rev().find_map(|point| point.value);
        let last = last.map(|value| format!("last {}", self.unit.value(value)));
        let target = Some(self.target_words()).filter(|words| !words.is_empty());
        let parts: Vec<String> = [self.series_words()].into_iter().chain(last).chain(target).collect();
        format!("{}, {}", self.title, parts.join(", "))
    }
}

#[cfg(test)]
mod tests;
