//! Everything that has a name, found by a few letters. The palette of Ctrl+K shows the list of this page.

use crate::query::{QueryError, Scope};
use crate::web::App;
use crate::web::analyses::Subject;
use crate::web::error::PageError;
use crate::web::find::{Place, found};
use crate::web::layout::{Page, navigation, team_path};
use crate::web::view::{Parameters, View};
use arrow::array::AsArray;
use axum::extract::{Query, State};
use maud::{Markup, html};
use serde::Deserialize;

const WEEKS: u32 = 26;

/// A longer list is read by nobody.
const MOST: usize = 20;

const COMPONENTS: &str = "SELECT DISTINCT coalesce(title, name), entity FROM components
    WHERE kind = 'component' AND valid_to IS NULL ORDER BY 1, 2 LIMIT 10000";

#[derive(Deserialize)]
pub(in crate::web) struct Typed {
    #[serde(default)]
    q: String,
}

pub(in crate::web) async fn page(
    State(app): State<App>,
    Query(typed): Query<Typed>,
    Query(parameters): Query<Parameters>,
) -> Result<Markup, PageError> {
    let view = View::new(&app, &parameters, WEEKS).await?;
    let places = places(&app, &view).await?;
    let found = found(&places, &typed.q, MOST);
    let main = html! {
        h1 { "Find" }
        form class="panel actions" method="get" action="/find" role="search" {
            @for (name, value) in view.kept() { input type="hidden" name=(name) value=(value); }
            label for="q" { "Page, team, component, metric or experiment" }
            input type="search" id="q" name="q" value=(typed.q) autocomplete="off" spellcheck="false";
            button { "Find" }
        }
        @if found.is_empty() { p class="empty" role="status" { "Nothing is called " (typed.q.trim()) "." } }
        ol id="found" class="plain panel" {
            @for place in found { li { a href=(place.href) { (place.title) } " " small { (place.kind) } } }
        }
    };
    Ok(Page { title: "Find", path: "/find", view: &view, main }.render(app.engine.project()))
}

async fn places(app: &App, view: &View) -> Result<Vec<Place>, PageError> {
    let project = app.engine.project();
    let query = view.query();
    let place = |kind, title: &str, also: &str, path: String| Place {
        kind,
        title: title.to_owned(),
        also: also.to_owned(),
        href: format!("{path}{query}"),
    };
    let mut places: Vec<Place> = Vec::new();
    for (path, title) in navigation(project) {
        places.push(place("Page", &title, "", path));
    }
    for metric in project.metrics.values() {
        places.push(place("Metric", &metric.header.title, &metric.name, format!("/metrics/{}", metric.name)));
    }
    for subject in Subject::all(app).iter().filter(|it| !it.is_embedded()) {
        let path = format!("/experiments/{}", subject.name());
        places.push(place("Experiment", subject.title(), subject.name(), path));
    }
    for team in view.teams().in_order() {
        let href = format!("{}{}", team_path(team), view.query_without_team());
        places.push(Place { kind: "Team", title: team.to_owned(), also: String::new(), href });
    }
    for (title, entity) in components(app, &view.scope).await? {
        places.push(place("Component", &title, &entity, "/golden-paths".to_owned()));
    }
    Ok(places)
}

async fn components(app: &App, scope: &Scope) -> Result<Vec<(String, String)>, PageError> {
    let session = app.engine.session(scope).await?;
    let read = async { session.sql(COMPONENTS).await?.collect().await };
    let mut all = Vec::new();
    for batch in read.await.map_err(QueryError::from)? {
        let (titles, entities) = (batch.column(0).as_string::<i32>(), batch.column(1).as_string::<i32>());
        all.extend((0..batch.num_rows()).map(|row| (titles.value(row).to_owned(), entities.value(row).to_owned())));
    }
    Ok(all)
}
