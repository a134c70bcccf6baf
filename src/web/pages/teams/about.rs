//! What a team is: how many are in it, which teams are above and below it, and in which experiments it is.

use crate::experiment::{self, Assigned};
use crate::project::UnitKind;
use crate::query::{QueryError, quoted};
use crate::web::App;
use crate::web::analyses::Subject;
use crate::web::error::PageError;
use crate::web::layout::team_path;
use crate::web::view::View;
use arrow::array::AsArray;
use arrow::datatypes::Int64Type;
use maud::{Markup, html};
use std::collections::BTreeSet;

/// A few lines about a team of the view.
pub(super) async fn about(app: &App, view: &View, team: &str) -> Result<Markup, PageError> {
    let members = members(app, view, team).await?;
    let experiments = experiments(app, view, team).await?;
    let teams = view.teams();
    let above = teams.line(team).get(1).copied();
    let below: Vec<&str> = teams.in_order().into_iter().filter(|it| teams.line(it).get(1) == Some(&team)).collect();
    let link = |name: &str| html! { a href={ (team_path(name)) (view.query_without_team()) } { (name) } };
    Ok(html! {
        div class="panel" { dl {
            dt { "Members" }
            dd { @match members { 0 => "not known", 1 => "1", many => { (many) @if !below.is_empty() { ", with those below it" } } } }
            @if let Some(above) = above { dt { "Part of" } dd { (link(above)) } }
            @if !below.is_empty() { dt { "Below it" } dd { (listed(below.into_iter().map(link))) } }
            dt { "Experiments" }
            dd {
                @if experiments.is_empty() { "in none" }
                @else { (listed(experiments.iter().map(|it| it.link(view)))) }
            }
        } }
    })
}

fn listed(links: impl Iterator<Item = Markup>) -> Markup {
    html! { @for (place, link) in links.enumerate() { @if place > 0 { ", " } (link) } }
}

/// How many people are in a team or below it at the end of the period, each once.
async fn members(app: &App, view: &View, team: &str) -> Result<i64, PageError> {
    let below: Vec<String> = view.teams().below(team).iter().map(|it| quoted(it)).collect();
    let end = view.window.to.to_rfc3339();
    let sql = format!(
        "SELECT count(DISTINCT person_id) FROM team_members
         WHERE team IN ({}) AND valid_from < TIMESTAMP '{end}' AND (valid_to IS NULL OR valid_to >= TIMESTAMP '{end}')",
        below.join(", ")
    );
    let session = app.engine.session(&view.scope).await?;
    let batches = async { session.sql(&sql).await?.collect().await }.await.map_err(QueryError::from)?;
    let count = batches.iter().find(|batch| batch.num_rows() > 0);
    Ok(count.map_or(0, |batch| batch.column(0).as_primitive::<Int64Type>().value(0)))
}

/// An experiment that a team has to do with.
struct Within {
    name: String,
    title: String,
    /// What it, or a team above it, drew: "checkout: assistant". Or how many teams below it drew.
    drawn: String,
}

impl Within {
    fn link(&self, view: &View) -> Markup {
        html! {
            a href={ "/experiments/" (self.name) (view.query_without_team()) } { (self.title) } " (" (self.drawn) ")"
        }
    }
}

/// The experiments on teams in which it is, or a team above or below it.
async fn experiments(app: &App, view: &View, team: &str) -> Result<Vec<Within>, PageError> {
    let mut within = Vec::new();
    for subject in Subject::all(app) {
        let Subject::Experiment(it) = &subject else { continue };
        if it.assignment.drawn() != UnitKind::Team {
            continue;
        }
        let assigned = experiment::assignments(&app.engine, &it.name).await?;
        if let Some(drawn) = drawn(&assigned, &view.teams().line(team), &view.teams().below(team)) {
            within.push(Within { name: it.name.clone(), title: it.title.clone(), drawn });
        }
    }
    Ok(within)
}

/// What an experiment drew for a team with those above it, or below.
fn drawn(assigned: &[Assigned], line: &[&str], below: &BTreeSet<String>) -> Option<String> {
    if let Some(own) = assigned.iter().find(|assigned| line.contains(&assigned.unit.as_str())) {
        return Some(format!("{}: {}", own.unit, own.variant));
    }
    match assigned.iter().filter(|assigned| below.contains(&assigned.unit)).count() {
        0 => None,
        1 => Some("1 team below it".to_owned()),
        many => Some(format!("{many} teams below it")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_experiment_is_a_teams_by_itself_by_one_above_or_by_those_below() {
        let assigned = [("core", "treated"), ("edge", "control")].map(|(unit, variant)| Assigned {
            unit: unit.to_owned(),
            variant: variant.to_owned(),
            stratum: String::new(),
        });
        let below = |teams: &[&str]| teams.iter().map(|team| (*team).to_owned()).collect();
        let of = |line: &[&str], teams: &[&str]| drawn(&assigned, line, &below(teams));
        assert_eq!(of(&["core", "platform"], &["core"]).as_deref(), Some("core: treated"));
        assert_eq!(of(&["core-a", "core", "platform"], &["core-a"]).as_deref(), Some("core: treated"));
        assert_eq!(of(&["platform"], &["core", "edge", "platform"]).as_deref(), Some("2 teams below it"));
        assert_eq!(of(&["platform"], &["edge", "platform"]).as_deref(), Some("1 team below it"));
        assert_eq!(of(&["web"], &["web"]), None);
    }
}
