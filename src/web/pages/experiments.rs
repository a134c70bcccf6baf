//! Experiments: the list, and one with its health and results.

mod archive;
mod design;
mod extra;
mod health;
mod metric;
mod provenance;
mod recommendation;
mod results;
#[cfg(test)]
mod samples;
mod show;
#[cfg(test)]
mod tests;
mod words;

use crate::chart::{Distribution, Frame, Group, Interval, IntervalAxis, Tone, number};
use crate::experiment::{self, Analysis, Health, OutcomeResult};
use crate::project::{Experiment, Role};
use crate::web::App;
use crate::web::error::PageError;
use crate::web::figures;
use crate::web::layout::Page;
use crate::web::view::{Parameters, View};
use axum::extract::{Path, Query, State};
use maud::{Markup, html};

const WEEKS: u32 = 26;

/// Standardised mean differences beyond this are worth a look (Rubin 2001).
const BALANCE_LIMIT: f64 = 0.25;

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
            Some(analysis) => { (recommendation(&app, experiment, analysis)) (results(&app, analysis)?) (distributions(&app, analysis)?) },
        }
        div class="panel" { h2 { "Definition" } p class="sub" { code { (experiment.file) } } pre tabindex="0" { code { (experiment.text) } } }
    };
    Ok(Page { title: &experiment.title, path: "/experiments", view: &view, main }.render(&project))
}

fn recommendation(app: &App, experiment: &Experiment, analysis: &Analysis) -> Markup {
    let said = &analysis.recommendation;
    let tone = match said.is_good {
        Some(true) => "callout good",
        Some(false) => "callout bad",
        None => "callout warn",
    };
    let Health { control_teams, treatment_teams, matches_lottery, balance, is_complete, .. } = &analysis.health;
    let worst = balance.iter().max_by(|a, b| a.1.abs().total_cmp(&b.1.abs()));
    html! {
        div class=(tone) {
            p class="label" { "Recommendation" }
            h2 { (said.words) }
            p { (said.reason) }
            dl {
                dt { "Design" }
                dd { "Teams randomised within strata of " (strata(app, experiment)) ", " (days(experiment)) }
                dt { "Teams" }
                dd { (control_teams) " " (experiment.assignment.control.0) ", " (treatment_teams) " " (experiment.assignment.treatment.0) }
                dt { "Assignment check" }
                dd { @if *matches_lottery { "✓ the recorded assignment is what the seed draws" } @else { "✗ the recorded assignment is not what the seed draws" } }
                dt { "Balance before" }
                dd { @match worst {
                    Some((metric, d)) => {
                        @if d.abs() <= BALANCE_LIMIT { "✓ " } @else { "▲ " }
                        "largest standardised difference " (format!("{:.2}", d.abs())) " (" (title(app, metric)) "); the analysis adjusts for it"
                    },
                    None => "no history",
                } }
                dt { "Data" } dd { @if *is_complete { "✓ complete" } @else { "until the last day is over no effect is shown" } }
            }
        }
    }
}

fn strata(app: &App, experiment: &Experiment) -> String {
    let names: Vec<String> = experiment.assignment.stratify.iter().map(|(name, _)| title(app, name)).collect();
    if names.is_empty() { "one kind".to_owned() } else { names.join(" and ") }
}

/// What people call a metric.
fn title(app: &App, metric: &str) -> String {
    app.engine.project().metrics.get(metric).map_or_else(|| metric.replace('_', " "), |it| it.header.title.clone())
}

fn days(experiment: &Experiment) -> String {
    let day = |day: chrono::NaiveDate| day.format("%-d\u{a0}%b\u{a0}%Y").to_string();
    format!("{} to {}", day(experiment.schedule.start), day(experiment.schedule.end))
}

fn results(app: &App, analysis: &Analysis) -> Result<Markup, PageError> {
    if analysis.outcomes.is_empty() {
        return Ok(html! {});
    }
    let bounds = |it: &OutcomeResult| it.interval.map(|interval| (interval.low, interval.high));
    let axis = IntervalAxis::covering(analysis.outcomes.iter().filter_map(bounds));
    let mut groups = Vec::new();
    for (role, title) in [(Role::Goal, "Goals"), (Role::Guardrail, "Guardrails")] {
        let mut rows = Vec::new();
        for outcome in analysis.outcomes.iter().filter(|it| it.role == role) {
            rows.push(row(app, &axis, outcome)?);
        }
        groups.push((title, rows));
    }
    Ok(html! {
        div class="panel" {
            h2 { "Results" }
            p class="sub" { "Intention to treat, one figure a team. Control and treatment are means over teams as observed; the effect is adjusted for each team's own history and stratum." }
            div class="scroll" tabindex="0" role="region" aria-label="Results" { table {
                thead { tr {
                    th scope="col" { "Metric" } th scope="col" class="num" { "Control" } th scope="col" class="num" { "Treatment" }
                    th scope="col" { "Effect" (axis.header()) } th scope="col" class="num" { "Effect, adjusted" }
                    th scope="col" class="num" { "p" } th scope="col" { "Verdict" }
                } }
                tbody { @for (title, rows) in &groups { @if !rows.is_empty() {
                    tr { th class="group" colspan="7" scope="colgroup" { (title) } }
                    @for row in rows { (row) }
                } } }
            } }
            dl { @for outcome in &analysis.outcomes {
                dt { (title(app, &outcome.metric)) }
                dd {
                    (outcome.scale.words()) ", " (outcome.teams) " teams, " (number::count(outcome.rows)) " rows; "
                    (outcome.note.as_deref().unwrap_or(&outcome.method))
                    @if let Some((method, p)) = &outcome.other_p { "; for comparison " (method) ": p = " (number::p_value(*p)) }
                }
            } }
        }
    })
}

fn row(app: &App, axis: &IntervalAxis, outcome: &OutcomeResult) -> Result<Markup, PageError> {
    let metric = figures::metric(app, &outcome.metric)?;
    let unit = figures::unit(metric);
    let tone = match outcome.verdict.is_good() {
        Some(true) => Tone::Good,
        Some(false) => Tone::Bad,
        None => Tone::Neutral,
    };
    let interval = Interval {
        axis,
        estimate: outcome.effect,
        low: outcome.interval.map(|interval| interval.low),
        high: outcome.interval.map(|interval| interval.high),
        tone,
    };
    Ok(html! { tr {
        th scope="row" { a href={ "/metrics/" (outcome.metric) } { (metric.header.title) } small { (outcome.scale.words()) } }
        td class="num" { (unit.optional(outcome.control)) }
        td class="num" { (unit.optional(outcome.treatment)) }
        td { (interval.render()) }
        td class="num" {
            @match outcome.effect { Some(effect) => (number::relative_aligned(effect)), None => (number::MISSING) }
            @if let Some(interval) = outcome.interval { small { (number::relative_range(interval.low, interval.high)) } }
        }
        td class="num" { @match outcome.p { Some(p) => (number::p_value(p)), None => (number::MISSING) } }
        td { (tone.badge(outcome.verdict.words())) }
    } })
}

/// The goals' facts by variant.
fn distributions(app: &App, analysis: &Analysis) -> Result<Markup, PageError> {
    let mut panels = Vec::new();
    for outcome in analysis.outcomes.iter().filter(|it| it.role == Role::Goal) {
        let metric = figures::metric(app, &outcome.metric)?;
        let groups: Vec<Group> =
            outcome.values.iter().map(|(name, values)| Group { name: name.clone(), values: values.clone() }).collect();
        if groups.iter().all(|group| group.values.is_empty()) {
            continue;
        }
        let id = format!("distribution-{}", outcome.metric);
        let title = format!("{} by variant", metric.header.title);
        let about = format!("{}; the bar is the middle half, the dot the median", metric.header.unit);
        let frame = Frame { id: &id, title: &title, about: &about };
        panels.push(Distribution { frame, unit: figures::unit(metric), what: "Variant", groups }.render());
    }
    Ok(html! { @for panel in &panels { div class="panel" { (panel) } } })
}
