//! Experiments: the list, and one with its health and results.

use crate::experiment;
use crate::project::Experiment;
use crate::web::App;
use crate::web::error::PageError;
use crate::web::layout::Page;
use crate::web::view::{Parameters, View};
use axum::extract::{Path, Query, State};
use maud::{Markup, html};

const WEEKS: u32 = 26;

pub(in crate::web) async fn list(
    State(app): State<App>,
    Query(parameters): Query<Parameters>,
) -> Result<Markup, PageError> {
    let view = View::new(&app, &parameters, WEEKS).await?;
    let project = app.engine.project().clone();
    let mut rows = Vec::new();
    for experiment in project.experiments.values() {
        let teams = experiment::assignments(&app.engine, &experiment.name).await?.len();
        // A built-in example that nobody started is no experiment of this organisation.
        if teams > 0 || !experiment.embedded {
            rows.push((experiment, teams));
        }
    }
    let simulated = super::has_simulated(&app)?;
    let main = html! {
        div class="head" { div { h1 { "Experiments" @if simulated { " " span class="badge simulated" { "simulated data" } } } p class="sub" { "Which change was tried on whom, and what came of it" } } }
        @if rows.is_empty() {
            p class="callout" { "No experiment yet. Describe one in " code { "experiments/NAME.toml" } " and draw its teams with " code { "paceline experiment start NAME" } "." }
        } @else {
            div class="panel" { div class="scroll" tabindex="0" role="region" aria-label="Experiments" { table {
                thead { tr { th scope="col" { "Experiment" } th scope="col" { "Dates" } th scope="col" class="num" { "Teams" } th scope="col" { "Status" } } }
                tbody { @for (experiment, teams) in &rows { tr {
                    th scope="row" { a href={ "/experiments/" (experiment.name) (view.query()) } { (experiment.title) } small { (experiment.hypothesis) } }
                    td { (days(experiment)) }
                    td class="num" { (teams) }
                    td { (status(experiment, *teams, &view)) }
                } } }
            } } }
        }
    };
    Ok(Page { title: "Experiments", path: "/experiments", view: &view, main }.render(&project))
}

fn status(experiment: &Experiment, teams: usize, view: &View) -> &'static str {
    let today = view.now.date_naive();
    if teams == 0 {
        "draft"
    } else if today > experiment.schedule.end {
        "ended"
    } else if today < experiment.schedule.start {
        "assigned"
    } else {
        "running"
    }
}

pub(in crate::web) async fn show(
    State(app): State<App>,
    Path(name): Path<String>,
    Query(parameters): Query<Parameters>,
) -> Result<Markup, PageError> {
    let project = app.engine.project().clone();
    let experiment = project.experiments.get(&name).ok_or_else(|| PageError::NotFound(format!("experiment {name}")))?;
    let view = View::new(&app, &parameters, WEEKS).await?;
    let analysis = match experiment::analyse(&app.engine, experiment, view.now).await {
        Ok(analysis) => Some(analysis),
        Err(experiment::ExperimentError::NotStarted { .. }) => None,
        Err(error) => return Err(error.into()),
    };
    // Teams come from simulated sources alone so far.
    let simulated = super::has_simulated(&app)?;
    let main = html! {
        nav class="crumbs" aria-label="Breadcrumb" { ol {
            li { a href={ "/experiments" (view.query()) } { "Experiments" } }
            li aria-current="page" { (name) }
        } }
        div class="head" { div {
            h1 { (experiment.title) @if simulated { " " span class="badge simulated" { "simulated data" } } }
            p class="sub" { (experiment.hypothesis) }
        } }
        @match &analysis {
            None => p class="callout" { "Not started: draw its teams with " code { "paceline experiment start " (name) } "." },
            Some(analysis) => { p { (analysis.report.decision.word.words()) } },
        }
        div class="panel" { h2 { "Definition" } p class="sub" { code { (experiment.file) } } pre tabindex="0" { code { (experiment.text) } } }
    };
    Ok(Page { title: &experiment.title, path: "/experiments", view: &view, main }.render(&project))
}

fn days(experiment: &Experiment) -> String {
    let day = |day: chrono::NaiveDate| day.format("%-d\u{a0}%b\u{a0}%Y").to_string();
    format!("{} to {}", day(experiment.schedule.start), day(experiment.schedule.end))
}

