//! What the metrics of a page are narrowed by, beside the team: `?size=L`.
//!
//! One rule: a metric without the dimension is shown as a whole and says so.

use super::{Parameters, View};
use crate::project::{Dashboard, Dimension, Filters};
use crate::query::QueryError;
use crate::web::App;
use crate::web::error::PageError;
use crate::web::marks::size_order;
use arrow::array::AsArray;
use std::collections::BTreeSet;

/// More values than this are no choice.
const VALUES: usize = 200;

/// A dimension with its values, of which one may be chosen.
pub(super) struct Picker {
    pub dimension: String,
    /// In the order that they are offered in.
    pub values: Vec<String>,
    pub chosen: Option<String>,
}

impl View {
    /// Offers what a dashboard declares, and narrows the page to what the URL chooses of it.
    pub(in crate::web) async fn offer(&mut self, app: &App, parameters: &Parameters, dashboard: &Dashboard) {
        self.offered = dashboard.filters.clone();
        for Dimension { name, .. } in &dashboard.filters.dimensions {
            let values = match values(app, self, dashboard, name).await {
                Ok(values) => values,
                // A broken metric must not take the page with it.
                Err(error) => {
                    self.problems.push(format!("no {} can be chosen: {error}", words(name)));
                    continue;
                }
            };
            let asked = parameters.of(name);
            let chosen = asked.filter(|asked| values.iter().any(|value| value == asked)).map(str::to_owned);
            if let (Some(asked), None) = (asked, &chosen) {
                self.problems.push(format!("there is no {} {asked}: all {}", words(name), plural(name)));
            }
            self.pickers.push(Picker { dimension: name.clone(), values, chosen });
        }
    }

    /// Narrows the page of a metric to what the URL chooses of the metric's dimensions: those of the number it stands behind.
    pub(in crate::web) fn narrow(&mut self, parameters: &Parameters, dimensions: &[String]) {
        for dimension in dimensions.iter().filter(|it| *it != "team") {
            if let Some(chosen) = parameters.of(dimension).map(str::to_owned) {
                let (dimension, values) = (dimension.clone(), vec![chosen.clone()]);
                self.pickers.push(Picker { dimension, values, chosen: Some(chosen) });
            }
        }
    }

    /// Leaves the choice of a team out of the head of the page, which is about one.
    pub(in crate::web) fn without_team_picker(&mut self) {
        self.offered = Filters { team: false, ..self.offered.clone() };
        self.is_of_team = true;
    }

    /// The conditions of a metric with these dimensions.
    pub(in crate::web) fn only(&self, dimensions: &[String]) -> Vec<(&str, &str)> {
        self.conditions().filter(|(name, _)| dimensions.iter().any(|it| it == name)).collect()
    }

    /// What a metric with these dimensions is not narrowed by, though the page is, in words: "all teams", "all sizes".
    pub(in crate::web) fn unheard(&self, dimensions: &[String]) -> Vec<String> {
        let has = |name: &str| dimensions.iter().any(|it| it == name);
        self.conditions().filter(|(name, _)| !has(name)).map(|(name, _)| format!("all {}", plural(name))).collect()
    }

    /// What is chosen beside the team, as parts of a URL.
    pub(super) fn narrowed(&self) -> impl Iterator<Item = (String, String)> {
        let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        self.conditions().filter(|(name, _)| *name != "team").map(owned)
    }

    fn conditions(&self) -> impl Iterator<Item = (&str, &str)> {
        let team = self.team().map(|team| ("team", team));
        let chosen = self.pickers.iter().filter_map(|it| Some((it.dimension.as_str(), it.chosen.as_deref()?)));
        team.into_iter().chain(chosen)
    }
}

/// The values that facts of the page's metrics have of a dimension.
async fn values(app: &App, view: &View, dashboard: &Dashboard, dimension: &str) -> Result<Vec<String>, PageError> {
    let metrics = &app.engine.project().metrics;
    let named: BTreeSet<&str> = dashboard.metric_references().map(|(_, name)| name).collect();
    let has = |name: &&str| metrics.get(*name).is_some_and(|it| it.header.dimensions.iter().any(|it| it == dimension));
    let column = quoted(dimension);
    let facts = |name: &str| format!("SELECT CAST({column} AS VARCHAR) AS value FROM {}", quoted(name));
    let facts: Vec<String> = named.into_iter().filter(has).map(facts).collect();
    if facts.is_empty() {
        return Ok(Vec::new());
    }
    let sql = format!(
        "SELECT DISTINCT arrow_cast(value, 'Utf8') AS value FROM ({}) WHERE value <> '' ORDER BY value LIMIT {VALUES}",
        facts.join(" UNION ALL ")
    );
    let session = app.engine.session(&view.scope).await?;
    let batches = async { session.sql(&sql).await?.collect().await }.await.map_err(QueryError::from)?;
    let mut values: Vec<String> = Vec::new();
    for batch in &batches {
        values.extend(batch.column(0).as_string::<i32>().iter().flatten().map(str::to_owned));
    }
    values.sort_by_key(|value| size_order(value));
    Ok(values)
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

pub(super) fn words(dimension: &str) -> String {
    dimension.replace('_', " ")
}

/// A dimension's name for more than one of it: "sizes", "categories".
pub(in crate::web) fn plural(dimension: &str) -> String {
    let words = words(dimension);
    match words.strip_suffix('y') {
        Some(stem) if !stem.ends_with(['a', 'e', 'o', 'u']) => format!("{stem}ies"),
        _ if words.ends_with('s') => words,
        _ => format!("{words}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_dimensions_have_a_plural() {
        let plurals = ["size", "repository", "owning_team", "day", "dates"].map(plural);
        assert_eq!(plurals, ["sizes", "repositories", "owning teams", "days", "dates"]);
    }

    #[test]
    fn names_of_columns_stay_names() {
        assert_eq!(quoted("a\"; --"), "\"a\"\"; --\"");
    }
}
