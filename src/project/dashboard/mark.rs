//! The marks that a fenced block may name, with their keys.

use super::fences::Fence;
use crate::project::diagnostic::{Diagnostic, closest};
use crate::project::files::{Content, Place};
use crate::project::toml_text;
use serde::Deserialize;
use std::ops::Range;
use toml::Spanned;

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
    Heatmap { metric: Reference, by: Dimension },
    /// One metric by a dimension.
    Bars { metric: Reference, by: Dimension },
    /// Durations that follow each other.
    Stages { metrics: Vec<Reference> },
    /// The distribution of a metric's facts.
    Distribution { metric: Reference },
    /// Metrics by period, or by the groups of a dimension side by side.
    Compare { metrics: Vec<Reference>, by: Option<Dimension>, groups: Vec<String> },
    /// The answer to a query of the author.
    Sql(Sql),
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

/// A dimension's name and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dimension {
    pub name: String,
    pub place: Place,
}

/// A query that stands in a dashboard.
#[derive(Clone, Debug)]
pub struct Sql {
    pub text: String,
    /// From a line `-- caption: …`.
    pub caption: Option<String>,
    /// Where its first character stands.
    pub place: Place,
}

const MARKS: [&str; 12] = [
    "metrics",
    "changes",
    "trend",
    "heatmap",
    "bars",
    "stages",
    "distribution",
    "compare",
    "sql",
    "risk",
    "hotspots",
    "couplings",
];

/// More groups side by side nobody reads.
pub const MOST_GROUPS: usize = 12;

/// Columns by which people would stand side by side.
pub(super) const PEOPLE: [&str; 7] =
    ["assignee", "author", "author_id", "developer", "engineer", "person", "person_id"];

impl Mark {
    pub(super) fn references(&self) -> Vec<&Reference> {
        match self {
            Mark::Metrics { metrics }
            | Mark::Changes { metrics }
            | Mark::Stages { metrics }
            | Mark::Compare { metrics, .. } => metrics.iter().collect(),
            Mark::Trend { metric, .. }
            | Mark::Heatmap { metric, .. }
            | Mark::Bars { metric, .. }
            | Mark::Distribution { metric } => vec![metric],
            Mark::Sql(_) | Mark::Risk | Mark::Hotspots | Mark::Couplings => Vec::new(),
        }
    }

    /// What its metrics are cut by.
    pub(super) fn dimension(&self) -> Option<&Dimension> {
        match self {
            Mark::Heatmap { by, .. } | Mark::Bars { by, .. } => Some(by),
            Mark::Compare { by, .. } => by.as_ref(),
            _ => None,
        }
    }
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
    by: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CompareKeys {
    metrics: Vec<Spanned<String>>,
    by: Option<Spanned<String>>,
    groups: Option<Spanned<Vec<String>>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct One {
    metric: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

/// Reads a block.
pub(super) fn parse(content: &Content, fence: &Fence) -> Result<Mark, Diagnostic> {
    let block = Inside { content, at: fence.inside.clone() };
    Ok(match fence.info.as_str() {
        "metrics" => Mark::Metrics { metrics: block.metrics()? },
        "changes" => Mark::Changes { metrics: block.metrics()? },
        "stages" => Mark::Stages { metrics: block.metrics()? },
        "trend" => {
            let keys: TrendKeys = block.keys()?;
            Mark::Trend { metric: block.reference(keys.metric), target: keys.target }
        }
        "heatmap" => block.cut().map(|(metric, by)| Mark::Heatmap { metric, by })?,
        "bars" => block.cut().map(|(metric, by)| Mark::Bars { metric, by })?,
        "distribution" => Mark::Distribution { metric: block.reference(block.keys::<One>()?.metric) },
        "compare" => block.compare()?,
        "sql" => Mark::Sql(block.sql(fence)?),
        "risk" => block.keys::<Nothing>().map(|_| Mark::Risk)?,
        "hotspots" => block.keys::<Nothing>().map(|_| Mark::Hotspots)?,
        "couplings" => block.keys::<Nothing>().map(|_| Mark::Couplings)?,
        other => {
            let message = format!("unknown mark {other}; expected one of {}", MARKS.join(", "));
            return Err(content.diagnostic(fence.whole.clone(), message, closest(other, &MARKS)));
        }
    })
}

/// The text of a block.
struct Inside<'a> {
    content: &'a Content,
    at: Range<usize>,
}

impl Inside<'_> {
    fn keys<T: serde::de::DeserializeOwned>(&self) -> Result<T, Diagnostic> {
        toml_text::parse(self.content, self.at.clone())
    }

    fn metrics(&self) -> Result<Vec<Reference>, Diagnostic> {
        Ok(self.references(self.keys::<Many>()?.metrics))
    }

    fn references(&self, names: Vec<Spanned<String>>) -> Vec<Reference> {
        names.into_iter().map(|name| self.reference(name)).collect()
    }

    fn reference(&self, name: Spanned<String>) -> Reference {
        Reference { place: self.content.place(self.at.start + name.span().start), metric: name.into_inner() }
    }

    fn dimension(&self, name: Spanned<String>) -> Dimension {
        Dimension { place: self.content.place(self.at.start + name.span().start), name: name.into_inner() }
    }

    /// A metric and what it is cut by: teams, unless it says otherwise.
    fn cut(&self) -> Result<(Reference, Dimension), Diagnostic> {
        let keys: ByKeys = self.keys()?;
        let metric = self.reference(keys.metric);
        let by = keys.by.map(|by| self.dimension(by));
        let by = by.unwrap_or_else(|| Dimension { name: "team".to_owned(), place: metric.place.clone() });
        Ok((metric, by))
    }

    fn compare(&self) -> Result<Mark, Diagnostic> {
        let keys: CompareKeys = self.keys()?;
        let at = |place: usize| self.at.start + place..self.at.start + place;
        let refused = |place: usize, message: String| Err(self.content.diagnostic(at(place), message, None));
        if let Some(by) = keys.by.as_ref().filter(|by| PEOPLE.contains(&by.get_ref().as_str())) {
            let message = format!("{} is refused: teams and components are compared, never people", by.get_ref());
            return refused(by.span().start, message);
        }
        if let (Some(groups), None) = (&keys.groups, &keys.by) {
            return refused(groups.span().start, "groups needs by, such as by = \"team\"".to_owned());
        }
        if let Some(groups) = keys.groups.as_ref().filter(|groups| groups.get_ref().len() > MOST_GROUPS) {
            let message =
                format!("{} groups do not fit beside each other; at most {MOST_GROUPS}", groups.get_ref().len());
            return refused(groups.span().start, message);
        }
        Ok(Mark::Compare {
            metrics: self.references(keys.metrics),
            by: keys.by.map(|by| self.dimension(by)),
            groups: keys.groups.map(Spanned::into_inner).unwrap_or_default(),
        })
    }

    fn sql(&self, fence: &Fence) -> Result<Sql, Diagnostic> {
        let text = self.content.text.get(self.at.clone()).unwrap_or_default();
        let comment = |line: &str| line.trim_start().strip_prefix("--").map(|said| said.trim().to_owned());
        if text.lines().all(|line| line.trim().is_empty() || comment(line).is_some()) {
            return Err(self.content.diagnostic(fence.whole.clone(), "the block has no query".to_owned(), None));
        }
        let said =
            text.lines().filter_map(comment).find_map(|said| Some(said.strip_prefix("caption:")?.trim().to_owned()));
        let place = self.content.place(self.at.start);
        Ok(Sql { text: text.to_owned(), caption: said.filter(|said| !said.is_empty()), place })
    }
}
