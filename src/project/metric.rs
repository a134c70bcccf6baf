//! `queries/**/*.sql`: one metric a file, a TOML header in the leading comment and a query that returns facts.

mod hash;
mod places;
mod statistic;

use super::diagnostic::Diagnostic;
use super::files::Content;
use super::toml_text;
use serde::Deserialize;

pub use statistic::{Permille, Statistic};

/// One metric.
#[derive(Clone, Debug)]
pub struct Metric {
    /// File name, metric id and SQL view.
    pub name: String,
    /// The folder the file is in, such as `flow`.
    pub family: String,
    /// Path from the project folder.
    pub file: String,
    pub header: Header,
    /// The whole file: the header is a comment, so that lines and columns of SQL errors are the file's.
    pub sql: String,
}

/// The keys of a metric's header.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    pub title: String,
    /// The exact definition, in a sentence or two.
    pub about: String,
    /// What one unit of the value is, such as `hours`.
    pub unit: String,
    pub statistic: Statistic,
    /// Which direction is good.
    pub better: Better,
    /// Columns that it may be cut by.
    #[serde(default)]
    pub dimensions: Vec<String>,
    #[serde(default)]
    pub grain: Grain,
    /// The facts describe a state of repositories at sampled moments: a number is made of the newest sample of each, not of
    /// all of the period.
    #[serde(default)]
    pub is_stock: bool,
    /// What a row of a stock is a sample of: the column whose newest sample of each value counts, `repository` unless said.
    #[serde(default)]
    pub sampled_of: Option<String>,
    /// The table that a fact is a row of. The facts then have its key and `source`, so that a number leads to its rows.
    #[serde(default)]
    pub entity: Option<String>,
    /// What the number should be, in its unit: reached when it is on the good side of it.
    #[serde(default)]
    pub target: Option<f64>,
}

impl Header {
    /// The columns beside `at` and the dimensions that the facts must have.
    pub fn columns(&self) -> impl Iterator<Item = &str> {
        self.statistic.columns().iter().copied().chain(self.is_stock.then_some(self.sampled_of()))
    }

    /// The column that says what a row of a stock is a sample of.
    pub fn sampled_of(&self) -> &str {
        self.sampled_of.as_deref().unwrap_or(SAMPLED_OF)
    }
}

/// The column that may stand beside `team` and says how a row is split between teams, such as `core=0.4 edge=0.6`; NULL
/// where it is one team's or nobody's. `team` is then the one with more than half.
pub const TEAM_SHARES: &str = "team_shares";

/// The column that says what a row of a stock is a sample of, unless the header names another.
const SAMPLED_OF: &str = "repository";

/// Which direction is good.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Better {
    Lower,
    Higher,
    /// Neither: a change is news, not a judgement.
    Neither,
}

/// The period of one point of a series.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Grain {
    Day,
    /// ISO weeks, from Monday.
    #[default]
    Week,
    Month,
    Quarter,
}

pub(super) fn parse(content: &Content) -> Result<Metric, Vec<Diagnostic>> {
    let missing = |message: &str| vec![content.diagnostic(0..0, message.to_owned(), None)];
    if content.text.starts_with('\u{feff}') {
        return Err(missing(
            "the file begins with a byte order mark, which SQL does not know: save it as UTF-8 without one",
        ));
    }
    if !content.text.starts_with("/*") {
        return Err(missing("a metric starts with its header: /* title = \"…\" … */"));
    }
    let Some(end) = content.text.find("*/") else { return Err(missing("the header comment is not closed by */")) };
    let header: Header = toml_text::parse(content, 2..end).map_err(|error| vec![error])?;
    let family = content.file.split('/').nth(1).filter(|part| !part.ends_with(".sql")).unwrap_or_default();
    Ok(Metric {
        name: content.name(),
        family: family.to_owned(),
        file: content.file.clone(),
        header,
        sql: content.text.clone(),
    })
}
