//! `dashboards/*.md`: prose and fenced blocks whose info string names a mark. No colours and no sizes: a metric's meaning
//! decides its look.
//!
//! One rule: a dashboard can always be shown. What cannot be read stands in its place as what is wrong with it.

mod fences;
mod filters;
mod front;
mod live;
mod mark;
mod references;
#[cfg(test)]
mod tests;

use super::diagnostic::Diagnostic;
use super::files::{Content, Place};
use std::ops::Range;

pub use filters::Filters;
pub use live::{Live, Piece, Shown, pieces};
pub use mark::{Dimension, MOST_GROUPS, Mark, Reference, Sql};

use filters::WITHOUT_METRICS;

/// One page of charts.
#[derive(Clone, Debug)]
pub struct Dashboard {
    pub name: String,
    /// That of the file where its front matter cannot be read.
    pub title: String,
    /// Default number of weeks shown.
    pub weeks: u32,
    /// Position in the navigation; pages without one are not in it.
    pub position: Option<u32>,
    /// What a reader may choose.
    pub filters: Filters,
    pub blocks: Vec<Block>,
}

/// A piece of a dashboard, in order.
#[derive(Clone, Debug)]
pub enum Block {
    Prose(Prose),
    Mark(Mark, Place),
    /// What cannot be read, and why.
    Broken(Diagnostic),
}

/// Markdown to render; raw HTML in it is shown as text.
#[derive(Clone, Debug)]
pub struct Prose {
    pub text: String,
    /// The values between double braces, in the order of [`pieces`], or what is wrong with them.
    pub live: Vec<Result<Live, Diagnostic>>,
}

impl Dashboard {
    /// Every metric the file names, with its place.
    pub fn metric_references(&self) -> impl Iterator<Item = (&Place, &str)> {
        self.blocks
            .iter()
            .flat_map(|block| match block {
                Block::Prose(prose) => prose.live.iter().flatten().map(|live| &live.metric).collect(),
                Block::Mark(mark, _) => mark.references(),
                Block::Broken(_) => Vec::new(),
            })
            .map(|reference| (&reference.place, reference.metric.as_str()))
    }

    /// Everything that cannot be read, in the order of the file.
    pub fn wrong(&self) -> impl Iterator<Item = &Diagnostic> {
        self.blocks.iter().flat_map(|block| match block {
            Block::Prose(prose) => prose.live.iter().filter_map(|live| live.as_ref().err()).collect(),
            Block::Mark(..) => Vec::new(),
            Block::Broken(diagnostic) => vec![diagnostic],
        })
    }
}

/// Reads a dashboard; names of metrics are looked up later, when all of them are known.
pub(super) fn parse(content: &Content) -> Dashboard {
    let (front, body) = match front::parse(content) {
        Ok(read) => read,
        Err(diagnostic) => return unreadable(content, diagnostic),
    };
    let mut blocks = Vec::new();
    let mut prose_from = body.start;
    for fence in fences::fences(&content.text, body.clone()) {
        push_prose(content, prose_from..fence.whole.start, &mut blocks);
        prose_from = fence.whole.end;
        match mark::parse(content, &fence) {
            Ok(mark) => blocks.push(Block::Mark(mark, content.place(fence.whole.start))),
            Err(diagnostic) => blocks.push(Block::Broken(diagnostic)),
        }
    }
    push_prose(content, prose_from..body.end, &mut blocks);
    Dashboard {
        name: content.name(),
        title: front.title,
        weeks: front.weeks,
        position: front.position,
        filters: front.filters,
        blocks,
    }
}

/// A page with nothing but what is wrong with it.
fn unreadable(content: &Content, diagnostic: Diagnostic) -> Dashboard {
    Dashboard {
        name: content.name(),
        title: content.name(),
        weeks: front::default_weeks(),
        position: None,
        filters: Filters::default(),
        blocks: vec![Block::Broken(diagnostic)],
    }
}

fn push_prose(content: &Content, range: Range<usize>, blocks: &mut Vec<Block>) {
    let text = content.text.get(range.clone()).unwrap_or_default();
    if !text.trim().is_empty() {
        let live = live::parse(content, range.start, text);
        blocks.push(Block::Prose(Prose { text: text.to_owned(), live }));
    }
}
