//! What a team is: how many are in it, which teams are above and below it, and in which experiments it is.

use crate::experiment;
use crate::project::UnitKind;
use crate::query::QueryError;
use crate::web::App;
use crate::web::analyses::Subject;
use crate::web::error::PageError;
use crate::web::layout::team_path;
use crate::web::view::View;
use arrow::array::AsArray;
use arrow::datatypes::Int64Type;
use maud::{Markup, html};

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
    let below: Vec<String> =
        view.teams().below(team).iter().map(|it| format!("'{}'", it.replace('\'', "''"))).collect();
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

/// An experiment that a team is in.
struct Within {
    name: String,
    title: String,
    /// What it drew; `None` where a team above it did.
    variant: String,
    unit: String,
}

impl Within {
    fn link(&self, view: &View) -> Markup {
        html! {
            a href={ "/experiments/" (self.name) (view.query_without_team()) } { (self.title) }
            " (" (self.unit) ": " (self.variant) ")"
        }
    }
}

/// The experiments on teams that drew it or a team above it.
async fn experiments(app: &App, view: &View, team: &str) -> Result<Vec<Within>, PageError> {
    let line = view.teams().line(team);
    let mut within = Vec::new();
    for subject in Subject::all(app) {
        let Subject::Experiment(it) = &subject else { continue };
        if it.assignment.drawn() != UnitKind::Team {
            continue;
        }
        let assigned = experiment::assignments(&app.engine, &it.name).await?;
        let drawn = assigned.into_iter().filter(|assigned| line.contains(&assigned.unit.as_str()));
        within.extend(drawn.map(|assigned| Within {
            name: it.name.clone(),
            title: it.title.clone(),
            variant: assigned.variant,
            unit: assigned.unit,
        }));
    }
    Ok(within)
}
