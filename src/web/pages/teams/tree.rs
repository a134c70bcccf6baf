//! Every team with its key figures: those of the first block of key figures in `dashboards/team.md`.

use crate::metric::Compare;
use crate::project::{Block, Dashboard, Mark, Reference};
use crate::web::App;
use crate::web::broken::broken;
use crate::web::error::PageError;
use crate::web::figures::{self, Figures, report_at};
use crate::web::layout::team_path;
use crate::web::marks::{cell, table};
use crate::web::view::View;
use futures::future::join_all;
use maud::{Markup, html};
use std::collections::BTreeMap;

/// Teams deeper than this are shown by their pages only: each level is a question of its own.
const DEEPEST: usize = 6;

/// The figures of teams by name.
type ByTeam = BTreeMap<String, Figures>;

/// The tree as a table. A team has what is below it.
pub(super) async fn tree(app: &App, view: &View, dashboard: &Dashboard) -> Markup {
    let teams = view.teams();
    let shown: Vec<&str> = match view.team() {
        Some(team) => teams.in_order().into_iter().filter(|it| teams.line(it).contains(&team)).collect(),
        None => teams.in_order(),
    };
    if shown.is_empty() {
        return no_teams();
    }
    let deepest = shown.iter().map(|team| teams.level(team)).max().unwrap_or(1).min(DEEPEST);
    let references = key_figures(dashboard);
    let computed = join_all(references.iter().map(|it| column(app, view, &it.metric, deepest))).await;
    let (mut columns, mut wrong) = (Vec::new(), Vec::new());
    for (reference, computed) in references.iter().zip(computed) {
        match computed {
            Ok((all, by_team)) if all.is_collected() => columns.push((all, by_team)),
            Ok(_) => {}
            // A broken metric must not take the page with it.
            Err(error) => wrong.push(broken(&reference.place.diagnostic(error.to_string(), None))),
        }
    }
    let head = html! {
        th scope="col" { "Team" }
        @for (all, _) in &columns { th scope="col" { (all.metric.header.title) small { (all.caption()) } } }
    };
    let rows = html! {
        tr { th scope="row" { (view.team().unwrap_or("All")) } @for (all, _) in &columns { td { (cell(all)) } } }
        @for team in shown.into_iter().filter(|team| Some(*team) != view.team()) { tr {
            th scope="row" {
                // Depth as text, so that it is printed too; who listens hears what it is part of.
                span class="muted" aria-hidden="true" { ("–\u{a0}".repeat(teams.level(team) - 1)) }
                a href={ (team_path(team)) (view.query_without_team()) } { (team) }
                @if let Some(above) = teams.line(team).get(1) { span class="sr" { ", part of " (above) } }
            }
            @for (_, by_team) in &columns { td { @match by_team.get(team) { Some(figures) => (cell(figures)), None => "–" } } }
        } }
    };
    let about = "each team with what is below it; with 95 % interval, n and its change; not in the order of merit";
    html! {
        @for wrong in &wrong { (wrong) }
        (table("teams", "Teams and their key figures", about, &head, &rows))
    }
}

/// The metrics of a dashboard's first key figures.
fn key_figures(dashboard: &Dashboard) -> &[Reference] {
    let metrics = dashboard.blocks.iter().find_map(|block| match block {
        Block::Mark(Mark::Metrics { metrics }, _) => Some(metrics),
        _ => None,
    });
    metrics.map(Vec::as_slice).unwrap_or_default()
}

/// A metric of everybody in view, and of each team down to a depth.
async fn column(app: &App, view: &View, name: &str, deepest: usize) -> Result<(Figures, ByTeam), PageError> {
    let metric = figures::metric(app, name)?;
    let compare = Compare { previous: true, ..Compare::default() };
    let mut by_team = ByTeam::new();
    let mut all = None;
    let levels = if metric.header.dimensions.iter().any(|it| it == "team") { deepest } else { 0 };
    for level in 1..=levels {
        let mut report = report_at(app, view, metric, Some("team"), Some(level), compare).await?;
        for group in std::mem::take(&mut report.groups) {
            let name = group.names.first().cloned().flatten();
            // A team above the level stands for itself there, without those below it.
            if let Some(name) = name.filter(|name| view.teams().level(name) == level) {
                by_team.insert(name, Figures::of_group(view, metric, group));
            }
        }
        all.get_or_insert_with(|| Figures::of(view, metric, report));
    }
    let all = match all {
        Some(all) => all,
        None => figures::figures(app, view, &metric.name).await?,
    };
    Ok((all, by_team))
}

fn no_teams() -> Markup {
    html! {
        div class="panel" {
            h2 { "No teams yet" }
            p {
                "No source in view tells of teams. They come from GitHub, from a catalog or from a file: "
                code { "docs/organisation.md" } " says how."
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::Project;

    #[test]
    fn a_team_has_the_key_figures_of_the_overview() {
        let project = Project::defaults().unwrap();
        let of = |name: &str| {
            let references = key_figures(&project.dashboards[name]).iter();
            references.map(|it| it.metric.clone()).collect::<Vec<String>>()
        };
        assert_eq!(of("team").len(), 5);
        assert_eq!(of("team"), of("overview"));
    }
}
