//! The tree of teams, and one team: what it is, and the blocks of `dashboards/team.md` for it alone.
//!
//! One rule: a team is shown by its numbers and by how many are in it, never by who.

mod about;
mod tree;

use crate::web::as_of::Asked;
use crate::web::error::PageError;
use crate::web::layout::{Page, team_path};
use crate::web::pages::dashboard;
use crate::web::view::{Parameters, View};
use axum::extract::{Path, Query};
use maud::{Markup, html};
use std::sync::Arc;

/// The dashboard that every team is shown by.
const TEAM: &str = "team";

pub(in crate::web) async fn list(Asked(app): Asked, Query(parameters): Query<Parameters>) -> Result<Markup, PageError> {
    let project = app.engine.project().clone();
    let dashboard = project.dashboards.get(TEAM).ok_or_else(|| PageError::NotFound("dashboards/team.md".to_owned()))?;
    let view = View::new(&app, &parameters, dashboard.weeks).await?;
    let main = html! {
        (view.head("Teams", "/teams"))
        (tree::tree(&app, &view, dashboard).await)
    };
    Ok(Page { title: "Teams", path: "/teams", view: &view, main }.render(&project))
}

pub(in crate::web) async fn show(
    Asked(app): Asked,
    Path(team): Path<String>,
    Query(parameters): Query<Parameters>,
) -> Result<Markup, PageError> {
    let project = app.engine.project().clone();
    let dashboard = project.dashboards.get(TEAM).ok_or_else(|| PageError::NotFound("dashboards/team.md".to_owned()))?;
    let parameters = parameters.of_team(&team);
    let mut view = View::new(&app, &parameters, dashboard.weeks).await?;
    if view.team() != Some(&team) {
        return Err(PageError::NotFound(format!("team {team}")));
    }
    view.offer(&app, &parameters, dashboard).await;
    view.without_team_picker();
    let view = Arc::new(view);
    let main = html! {
        nav class="crumbs" aria-label="Breadcrumb" { ol {
            li { a href={ "/teams" (view.query_without_team()) } { "Teams" } }
            @for above in view.teams().line(&team).iter().skip(1).rev() {
                li { a href={ (team_path(above)) (view.query_without_team()) } { (above) } }
            }
            li aria-current="page" { (team) }
        } }
        (view.head(&format!("Team {team}"), &team_path(&team)))
        (about::about(&app, &view, &team).await?)
        (dashboard::body(&app, &view, dashboard).await)
    };
    Ok(Page { title: &team, path: "/teams", view: &view, main }.render(&project))
}
