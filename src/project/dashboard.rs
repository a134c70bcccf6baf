//! `dashboards/*.md`: prose and fenced blocks whose info string names a mark. No colours and no sizes: a metric's meaning
//! decides its look.

use super::diagnostic::{Diagnostic, closest};
use super::files::{Content, Place};
use super::toml_text;
use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};
use serde::Deserialize;
use std::ops::Range;
use toml::Spanned;

/// One page of charts.
#[derive(Clone, Debug)]
pub struct Dashboard {
    pub name: String,
    pub title: String,
    /// Default number of weeks shown.
    pub weeks: u32,
    /// Position in the navigation; pages without one are not in it.
    pub position: Option<u32>,
    pub blocks: Vec<Block>,
}

/// A piece of a dashboard, in order.
#[derive(Clone, Debug)]
pub enum Block {
    /// Markdown to render; raw HTML in it is shown as text.
    Prose(String),
    Mark(Mark, Place),
}

/// One drawing.
#[derive(Clone, Debug)]
pub enum Mark {
    /// Key figures with their change and a sparkline.
    Metrics { metrics: Vec<Reference> },
    /// What got better and what got worse, in a sentence.
    Changes { metrics: Vec<Reference> },
    /// One metric over time with its interval.
    Trend { metric: Reference, target: Option<f64> },
    /// One metric by a dimension and over time.
    Heatmap { metric: Reference, by: String },
    /// One metric by a dimension.
    Bars { metric: Reference, by: String },
    /// Durations that follow each other.
    Stages { metrics: Vec<Reference> },
    /// The distribution of a metric's facts.
    Distribution { metric: Reference },
    /// The newest sample's code by the risk of its functions.
    Risk,
    /// Files by revisions and complexity.
    Hotspots,
    /// The pairs of files that change together most.
    Couplings,
}

/// A metric's name and where it stands.
#[derive(Clone, Debug)]
pub struct Reference {
    pub metric: String,
    pub place: Place,
}

const MARKS: [&str; 10] =
    ["metrics", "changes", "trend", "heatmap", "bars", "stages", "distribution", "risk", "hotspots", "couplings"];

impl Dashboard {
    /// Every metric the file names, with its place.
    pub fn metric_references(&self) -> impl Iterator<Item = (&Place, &str)> {
        self.blocks
            .iter()
            .flat_map(|block| match block {
                Block::Prose(_) => Vec::new(),
                Block::Mark(mark, _) => mark.references(),
            })
            .map(|reference| (&reference.place, reference.metric.as_str()))
    }
}

impl Mark {
    fn references(&self) -> Vec<&Reference> {
        match self {
            Mark::Metrics { metrics } | Mark::Changes { metrics } | Mark::Stages { metrics } => {
                metrics.iter().collect()
            }
            Mark::Trend { metric, .. }
            | Mark::Heatmap { metric, .. }
            | Mark::Bars { metric, .. }
            | Mark::Distribution { metric } => vec![metric],
            Mark::Risk | Mark::Hotspots | Mark::Couplings => Vec::new(),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FrontMatter {
    title: String,
    #[serde(default = "default_weeks")]
    weeks: u32,
    position: Option<u32>,
}

fn default_weeks() -> u32 {
    26
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Many {
    metrics: Vec<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TrendKeys {
    metric: Spanned<String>,
    target: Option<f64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ByKeys {
    metric: Spanned<String>,
    #[serde(default = "default_by")]
    by: String,
}

fn default_by() -> String {
    "team".to_owned()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct One {
    metric: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

pub(super) fn parse(content: &Content) -> Result<Dashboard, Vec<Diagnostic>> {
    let (front, body) = front_matter(content).map_err(|error| vec![error])?;
    let front: FrontMatter = toml_text::parse(content, front).map_err(|error| vec![error])?;
    let mut wrong = Vec::new();
    let mut blocks = Vec::new();
    let mut prose_from = body.start;
    for fence in fences(&content.text, body.clone()) {
        push_prose(content, prose_from..fence.whole.start, &mut blocks);
        prose_from = fence.whole.end;
        match mark(content, &fence) {
            Ok(mark) => blocks.push(Block::Mark(mark, content.place(fence.whole.start))),
            Err(diagnostic) => wrong.push(diagnostic),
        }
    }
    push_prose(content, prose_from..body.end, &mut blocks);
    if !wrong.is_empty() {
        return Err(wrong);
    }
    Ok(Dashboard { name: content.name(), title: front.title, weeks: front.weeks, position: front.position, blocks })
}

fn push_prose(content: &Content, range: Range<usize>, blocks: &mut Vec<Block>) {
    let text = content.text.get(range).unwrap_or_default();
    if !text.trim().is_empty() {
        blocks.push(Block::Prose(text.to_owned()));
    }
}

/// The byte ranges of the TOML between the `+++` lines and of what follows.
fn front_matter(content: &Content) -> Result<(Range<usize>, Range<usize>), Diagnostic> {
    let text = &content.text;
    let missing =
        || content.diagnostic(0..0, "a dashboard starts with its front matter between +++ lines".into(), None);
    let start = text.strip_prefix("+++\n").map(|_| 4).ok_or_else(missing)?;
    let end = text[start..].find("\n+++").map(|at| start + at + 1).ok_or_else(missing)?;
    let body = text[end..].find('\n').map_or(text.len(), |at| end + at + 1);
    Ok((start..end, body..text.len()))
}

/// A fenced block with an info string.
struct Fence {
    whole: Range<usize>,
    info: String,
    inside: Range<usize>,
}

fn fences(text: &str, body: Range<usize>) -> Vec<Fence> {
    let mut fences = Vec::new();
    let mut open: Option<Fence> = None;
    for (event, range) in Parser::new_ext(&text[body.clone()], Options::empty()).into_offset_iter() {
        let range = body.start + range.start..body.start + range.end;
        match event {
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) if !info.is_empty() => {
                open = Some(Fence { inside: range.end..range.end, whole: range, info: info.trim().to_owned() });
            }
            Event::Text(_) => {
                if let Some(fence) = &mut open {
                    let start = fence.inside.start.min(range.start);
                    fence.inside = start..range.end;
                }
            }
            Event::End(TagEnd::CodeBlock) => fences.extend(open.take()),
            _ => {}
        }
    }
    fences
}

fn mark(content: &Content, fence: &Fence) -> Result<Mark, Diagnostic> {
    let reference = |name: Spanned<String>| Reference {
        place: content.place(fence.inside.start + name.span().start),
        metric: name.into_inner(),
    };
    let references = |names: Vec<Spanned<String>>| names.into_iter().map(reference).collect();
    let inside = || fence.inside.clone();
    Ok(match fence.info.as_str() {
        "metrics" => Mark::Metrics { metrics: references(toml_text::parse::<Many>(content, inside())?.metrics) },
        "changes" => Mark::Changes { metrics: references(toml_text::parse::<Many>(content, inside())?.metrics) },
        "stages" => Mark::Stages { metrics: references(toml_text::parse::<Many>(content, inside())?.metrics) },
        "trend" => {
            let keys: TrendKeys = toml_text::parse(content, inside())?;
            Mark::Trend { metric: reference(keys.metric), target: keys.target }
        }
        "heatmap" => {
            let keys: ByKeys = toml_text::parse(content, inside())?;
            Mark::Heatmap { metric: reference(keys.metric), by: keys.by }
        }
        "bars" => {
            let keys: ByKeys = toml_text::parse(content, inside())?;
            Mark::Bars { metric: reference(keys.metric), by: keys.by }
        }
        "distribution" => Mark::Distribution { metric: reference(toml_text::parse::<One>(content, inside())?.metric) },
        "risk" => toml_text::parse::<Nothing>(content, inside()).map(|_| Mark::Risk)?,
        "hotspots" => toml_text::parse::<Nothing>(content, inside()).map(|_| Mark::Hotspots)?,
        "couplings" => toml_text::parse::<Nothing>(content, inside()).map(|_| Mark::Couplings)?,
        other => {
            let message = format!("unknown mark {other}; expected one of {}", MARKS.join(", "));
            return Err(content.diagnostic(fence.whole.clone(), message, closest(other, &MARKS)));
        }
    })
}
