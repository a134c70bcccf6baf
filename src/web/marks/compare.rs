//! Metrics by period, and the groups of a dimension side by side.
//!
//! One rule: groups are no league table. None is called best or worst; each is held against what it was before, and all of them
//! together stand first.

use super::figures::{self, Figures, report_at};
use super::{Drawn, size_order};
use crate::chart::number::MISSING;
use crate::chart::{Sparkline, capitalised};
use crate::metric::{Compare, Earlier};
use crate::project::{MOST_GROUPS, Metric, Reference};
use crate::web::App;
use crate::web::error::PageError;
use crate::web::layout::team_path;
use crate::web::view::{View, plural};
use futures::future::try_join_all;
use maud::{Markup, html};
use std::collections::BTreeMap;

/// A table of metrics: now, before, the change, a year ago, and the course.
pub(super) async fn periods(app: &App, view: &View, metrics: &[Reference], id: &str) -> Result<Drawn, PageError> {
    let rows = metrics.iter().map(|reference| with_year_ago(app, view, &reference.metric));
    let (present, absent): (Vec<Figures>, Vec<Figures>) =
        try_join_all(rows).await?.into_iter().partition(Figures::is_collected);
    let absent: Vec<String> = absent.into_iter().map(|figures| figures.metric.header.title).collect();
    if present.is_empty() {
        return Ok(Drawn::Absent(absent));
    }
    let head = html! {
        th scope="col" { "Metric" } th scope="col" class="num" { "Now" } th scope="col" class="num" { "Before" }
        th scope="col" { "Change" } th scope="col" class="num" { "A year ago" } th scope="col" { "Course" }
    };
    let rows = html! { @for figures in &present { tr { (named(view, &figures.metric, &figures.caption())) (period_cells(figures, view)) } } };
    let about =
        format!("{}, the time before and the same time a year ago; with 95 % interval and n", view.period.words());
    Ok(Drawn::Wide(table(id, "By period", &about, &head, &rows), absent))
}

async fn with_year_ago(app: &App, view: &View, name: &str) -> Result<Figures, PageError> {
    let metric = figures::metric(app, name)?;
    let compare = Compare { previous: true, year_ago: true, ..Compare::default() };
    Ok(Figures::of(view, metric, report_at(app, view, metric, None, None, compare).await?))
}

fn period_cells(figures: &Figures, view: &View) -> Markup {
    let earlier = |earlier: &Option<Earlier>| {
        let value = earlier.as_ref().and_then(|earlier| earlier.summary.estimate.value);
        value.map_or_else(|| MISSING.to_owned(), |value| figures.unit().value(value))
    };
    let values: Vec<Option<f64>> = figures.drawn().map(|(_, value)| value).collect();
    let label = format!("{}, {}", figures.metric.header.title, view.period.words());
    html! {
        td class="num" { (value(figures)) }
        td class="num" { (earlier(&figures.before)) }
        td class="words" { (figures.change()) }
        td class="num" { (earlier(&figures.year_ago)) }
        td { (Sparkline { label: &label, unit: figures.unit(), values }.render()) }
    }
}

/// A table of metrics with a column for all together and one for each group.
pub(super) async fn side_by_side(
    app: &App,
    view: &View,
    metrics: &[Reference],
    by: &str,
    groups: &[String],
    id: &str,
) -> Result<Drawn, PageError> {
    let rows = metrics.iter().map(|reference| row(app, view, &reference.metric, by));
    let (present, absent): (Vec<Row>, Vec<Row>) =
        try_join_all(rows).await?.into_iter().partition(|row| row.all.is_collected());
    let absent: Vec<String> =
        absent.into_iter().map(|row| format!("{} by {by}", row.all.metric.header.title)).collect();
    if present.is_empty() {
        return Ok(Drawn::Absent(absent));
    }
    let facts: Vec<BTreeMap<&str, u64>> = present.iter().map(Row::facts).collect();
    let (columns, of) = if groups.is_empty() { most_facts(&facts) } else { (groups.to_vec(), groups.len()) };
    let mut about = "each with 95 % interval, n and its change; not in the order of merit".to_owned();
    if of > columns.len() {
        about = format!("{about}; {} of {of} {}, those with most facts", columns.len(), plural(by));
    }
    let head = html! {
        th scope="col" { "Metric" } th scope="col" { (view.team().unwrap_or("All")) }
        @for column in &columns { th scope="col" { (heading(view, by, column)) } }
    };
    let rows = html! { @for row in &present { tr {
        (named(view, &row.all.metric, &row.all.caption()))
        td { (cell(&row.all)) }
        @for column in &columns { td { @match row.groups.get(column) { Some(figures) => (cell(figures)), None => (MISSING) } } }
    } } };
    let title = format!("{} side by side", capitalised(&plural(by)));
    Ok(Drawn::Wide(table(id, &title, &about, &head, &rows), absent))
}

/// A metric of everybody and of each group.
struct Row {
    all: Figures,
    groups: BTreeMap<String, Figures>,
}

impl Row {
    fn facts(&self) -> BTreeMap<&str, u64> {
        self.groups.iter().map(|(name, figures)| (name.as_str(), figures.summary.rows)).collect()
    }
}

async fn row(app: &App, view: &View, name: &str, by: &str) -> Result<Row, PageError> {
    let metric = figures::metric(app, name)?;
    let compare = Compare { previous: true, ..Compare::default() };
    let mut report = report_at(app, view, metric, Some(by), None, compare).await?;
    let named = std::mem::take(&mut report.groups).into_iter().filter(|group| !group.is_unknown());
    let groups = named.map(|group| (group.titles().join(", "), Figures::of_group(view, metric, group))).collect();
    Ok(Row { all: Figures::of(view, metric, report), groups })
}

/// The groups with most facts over all metrics, in the order of their names or sizes, and how many there are.
fn most_facts(facts: &[BTreeMap<&str, u64>]) -> (Vec<String>, usize) {
    let mut sums: BTreeMap<&str, u64> = BTreeMap::new();
    for (name, rows) in facts.iter().flatten() {
        *sums.entry(name).or_default() += rows;
    }
    let mut ranked: Vec<(&str, u64)> = sums.into_iter().filter(|(_, rows)| *rows > 0).collect();
    let of = ranked.len();
    ranked.sort_by_key(|(name, rows)| (std::cmp::Reverse(*rows), *name));
    ranked.truncate(MOST_GROUPS);
    let mut names: Vec<String> = ranked.into_iter().map(|(name, _)| name.to_owned()).collect();
    names.sort_by_key(|name| (size_order(name), name.clone()));
    (names, of)
}

fn heading(view: &View, by: &str, group: &str) -> Markup {
    let is_page = by == "team" && view.teams().names().any(|team| team == group);
    // The namespace that a catalog has unless it says one.
    let name = group.strip_prefix("component:default/").unwrap_or(group);
    html! { @if is_page { a href={ (team_path(group)) (view.query_without_team()) } { (name) } } @else { (name) } }
}

/// The heading of a metric's row.
fn named(view: &View, metric: &Metric, caption: &str) -> Markup {
    html! {
        th scope="row" {
            a href={ "/metrics/" (metric.name) (view.same_query()) } { (metric.header.title) }
            small { (caption) }
        }
    }
}

/// The number of a group with its interval, n and change.
pub(in crate::web) fn cell(figures: &Figures) -> Markup {
    html! { (value(figures)) @if figures.summary.estimate.value.is_some() { small { (figures.short_change()) } } }
}

fn value(figures: &Figures) -> Markup {
    html! {
        @match figures.summary.estimate.value {
            Some(value) => { strong { (figures.unit().value(value)) } small { (figures.certainty()) } },
            None => span class="empty" { (figures.missing()) },
        }
    }
}

/// A table whose first column stays in view where it scrolls.
pub(in crate::web) fn table(id: &str, title: &str, about: &str, head: &Markup, rows: &Markup) -> Markup {
    html! {
        figure class="panel compare" id=(id) {
            figcaption { strong { (title) } " " span { (about) } }
            div class="scroll" tabindex="0" role="region" aria-label=(title) { table {
                thead { tr { (head) } }
                tbody { (rows) }
            } }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_groups_with_most_facts_stand_by_name_and_sizes_by_size() {
        let facts = [BTreeMap::from([("b", 5), ("a", 1), ("none", 0)]), BTreeMap::from([("a", 1)])];
        assert_eq!(most_facts(&facts), (vec!["a".to_owned(), "b".to_owned()], 2));
        let sizes = [BTreeMap::from([("L", 1), ("XS", 2), ("M", 3)])];
        assert_eq!(most_facts(&sizes).0, ["XS", "M", "L"]);
    }

    #[test]
    fn of_many_groups_those_with_most_facts_are_shown() {
        let names: Vec<String> = (0..40).map(|team| format!("t{team:02}")).collect();
        let facts = BTreeMap::from_iter(names.iter().enumerate().map(|(rank, name)| (name.as_str(), rank as u64 + 1)));
        let (shown, of) = most_facts(&[facts]);
        assert_eq!((shown.len(), of), (MOST_GROUPS, 40));
        assert_eq!((shown[0].as_str(), shown[11].as_str()), ("t28", "t39"));
    }
}
