//! Numbers within prose: `{{pr_cycle_time}}`, `{{pr_cycle_time.change}}`, `{{pr_cycle_time.n}}`.
//!
//! One rule: they are found in the text that Markdown makes of a file, so that code and HTML stay as they are.

use super::mark::Reference;
use crate::project::diagnostic::{Diagnostic, closest};
use crate::project::files::Content;
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd, TextMergeWithOffset};
use std::ops::Range;

/// One number of a metric.
#[derive(Clone, Debug)]
pub struct Live {
    pub metric: Reference,
    pub shown: Shown,
}

/// What of a metric is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// The number with its unit.
    Value,
    /// The change against the weeks before, with its judgement.
    Change,
    /// How many facts the number is of.
    N,
}

const SHOWN: [&str; 2] = ["change", "n"];

/// A part of Markdown.
#[derive(Clone, Debug, PartialEq)]
pub enum Piece<'a> {
    Event(Event<'a>),
    /// What stands between double braces.
    Live(String),
}

/// The parts of a Markdown text in order, each with its place.
pub fn pieces(text: &str) -> Vec<(Piece<'_>, Range<usize>)> {
    let mut pieces = Vec::new();
    let mut is_code = false;
    let events = Parser::new_ext(text, Options::ENABLE_TABLES).into_offset_iter();
    for (event, range) in TextMergeWithOffset::new(events) {
        match &event {
            Event::Start(Tag::CodeBlock(_)) => is_code = true,
            Event::End(TagEnd::CodeBlock) => is_code = false,
            Event::Text(words) if !is_code && words.contains("{{") => {
                split(words, range.start, &mut pieces);
                continue;
            }
            _ => {}
        }
        pieces.push((Piece::Event(event), range));
    }
    pieces
}

/// Cuts a text where live values stand.
fn split(words: &str, start: usize, pieces: &mut Vec<(Piece<'_>, Range<usize>)>) {
    let mut rest = 0;
    let text = |range: Range<usize>, pieces: &mut Vec<(Piece<'_>, Range<usize>)>| {
        if !range.is_empty() {
            let event = Event::Text(words[range.clone()].to_owned().into());
            pieces.push((Piece::Event(event), start + range.start..start + range.end));
        }
    };
    while let Some(open) = words[rest..].find("{{").map(|at| rest + at) {
        let Some(close) = words[open..].find("}}").map(|at| open + at) else { break };
        text(rest..open, pieces);
        rest = close + 2;
        pieces.push((Piece::Live(words[open + 2..close].trim().to_owned()), start + open..start + rest));
    }
    text(rest..words.len(), pieces);
}

/// The live values of a text that stands at `start` of the file.
pub(super) fn parse(content: &Content, start: usize, text: &str) -> Vec<Result<Live, Diagnostic>> {
    let mut live = Vec::new();
    for (piece, range) in pieces(text) {
        if let Piece::Live(inside) = piece {
            live.push(read(content, start + range.start..start + range.end, &inside));
        }
    }
    live
}

fn read(content: &Content, at: Range<usize>, inside: &str) -> Result<Live, Diagnostic> {
    let (metric, shown) = match inside.split_once('.') {
        None => (inside, Shown::Value),
        Some((metric, "change")) => (metric, Shown::Change),
        Some((metric, "n")) => (metric, Shown::N),
        Some((metric, other)) => {
            let message = format!("{metric} has no {other}; expected one of {}", SHOWN.join(", "));
            return Err(content.diagnostic(at, message, closest(other, &SHOWN)));
        }
    };
    let metric = Reference { metric: metric.to_owned(), place: content.place(at.start) };
    Ok(Live { metric, shown })
}
