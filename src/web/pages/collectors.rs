//! How each source stands: how far it is known, what the last run brought, what went wrong.

use crate::chart::number::Unit;
use crate::query::{Budget, Collector, Drift, TeamChanges};
use crate::web::App;
use crate::web::error::PageError;
use crate::web::layout::Page;
use crate::web::view::{Parameters, View};
use axum::extract::{Query, State};
use chrono::{DateTime, TimeDelta, Utc};
use maud::{Markup, html};

const WEEKS: u32 = 26;

/// Types of pipelines that nobody runs.
const RECEIVERS: [&str; 3] = ["cdevents", "events", "webhooks"];

pub(in crate::web) async fn page(
    State(app): State<App>,
    Query(parameters): Query<Parameters>,
) -> Result<Markup, PageError> {
    let view = View::new(&app, &parameters, WEEKS).await?;
    let (catalogue, drift) = (app.engine.catalogue()?, app.engine.drift().await?);
    let changes = app.engine.team_changes().await?;
    let main = html! {
        div class="head" { div { h1 { "Collectors" } p class="sub" { "Where the rows come from, and how far each source is known" } } }
        div class="panel" { div class="scroll" tabindex="0" role="region" aria-label="Collectors" { table {
            thead { tr {
                th scope="col" { "Source" }
                th scope="col" { "Status" }
                th scope="col" { "Known until" }
                th scope="col" { "Last run" }
                th scope="col" class="num" { "Rows" }
                th scope="col" class="num" { "Took" }
                th scope="col" class="num" { "Missed" }
                th scope="col" { "Budget left" }
            } }
            tbody { @for collector in catalogue.collectors(view.now) {
                (row(&collector, drift.get(&collector.origin.source), changes.get(&collector.origin.source), view.now))
            } }
        } } }
        p class="sub" {
            "Pipelines with " code { "every" } " run by themselves while these pages are served. Missed are the rows that the "
            "tables lacked, or had in an old version, when they were last compared with the source; they were read then."
        }
        p class="note" { "For whoever looks after this folder: " a href="/identities" { "people and accounts" } }
    };
    Ok(Page { title: "Collectors", path: "/collectors", view: &view, main }.render(app.engine.project()))
}

fn row(collector: &Collector<'_>, drift: Option<&Drift>, changes: Option<&TeamChanges>, now: DateTime<Utc>) -> Markup {
    let Collector { origin, last, complete_until, failures, budgets, waits_until, received, refused } = collector;
    html! { tr {
        th scope="row" {
            (origin.source) @if origin.simulated { " " span class="badge simulated" { "simulated data" } }
            small { (origin.kind) " · " (origin.address) }
        }
        td class="words" {
            @if let Some(until) = waits_until { "waiting for " (product(&origin.kind)) " until " (clock(*until, now)) br; }
            @match last.map(|run| &run.error) {
                None if RECEIVERS.contains(&origin.kind.as_str()) => "takes what is sent",
                None => "never ran",
                Some(None) => "complete",
                Some(Some(error)) => { strong { "failed" @if *failures > 1 { " " (failures) " times" } } small { (error) } }
            }
            @if *refused > 0 { small { (Unit::Count.number(*refused as f64)) " put aside: no table could take it" } }
            @if let Some(changes) = changes { small { "teams " (clock(changes.at, now)) ": " (words(changes)) } }
            @if let Some(received) = received {
                small { (Unit::Count.number(received.deliveries as f64)) " delivered, the last " (clock(received.newest_at, now)) }
            }
        }
        td { @if let Some(time) = complete_until { (moment(*time)) small { (ago(now - *time)) } } @else { "–" } }
        td { @if let Some(run) = last { (moment(run.started_at)) } @else { "–" } }
        td class="num" { @if let Some(run) = last { (Unit::Count.number(run.rows as f64)) } @else { "–" } }
        td class="num" { @if let Some(run) = last { (span(run.finished_at - run.started_at)) } @else { "–" } }
        td class="num" {
            @if let Some(Drift { at_source, missed, gone }) = drift {
                (count(*missed)) small { "of " (count(*at_source)) @if *gone > 0 { ", " (count(*gone)) " gone" } }
            } @else { "–" }
        }
        td { @for budget in budgets { (left(budget, now)) } @if budgets.is_empty() { "–" } }
    } }
}

/// What was left when the source last said so; since then it may have been renewed.
fn left(budget: &Budget, now: DateTime<Utc>) -> Markup {
    html! {
        (Unit::Count.number(budget.remaining as f64))
        @if let Some(most) = budget.most { " of " (Unit::Count.number(most as f64)) }
        small {
            (budget.resource)
            @match budget.resets_at {
                Some(at) if at > now => { " until " (clock(at, now)) }
                Some(at) => { ", renewed " (clock(at, now)) }
                None => {}
            }
        }
    }
}

/// Who it was is not told here: `paceline teams log` does.
fn words(changes: &TeamChanges) -> String {
    let word = |(word, times): (&String, &i64)| format!("{} {word}", count(*times));
    changes.counts.iter().map(word).collect::<Vec<_>>().join(", ")
}

fn count(rows: i64) -> String {
    Unit::Count.number(rows as f64)
}

/// What people call a source of this type.
fn product(kind: &str) -> &str {
    match kind {
        "github" => "GitHub",
        "gitlab" => "GitLab",
        "jira" => "Jira",
        "pagerduty" => "PagerDuty",
        "zendesk" => "Zendesk",
        kind => kind,
    }
}

/// The time alone on the same day.
fn clock(time: DateTime<Utc>, now: DateTime<Utc>) -> Markup {
    let form = if time.date_naive() == now.date_naive() { "%H:%M UTC" } else { "%-d %b %Y, %H:%M UTC" };
    html! { time datetime=(time.to_rfc3339()) { (time.format(form)) } }
}

fn moment(time: DateTime<Utc>) -> Markup {
    html! { time datetime=(time.to_rfc3339()) { (time.format("%-d %b %Y, %H:%M UTC")) } }
}

fn ago(time: TimeDelta) -> String {
    if time < TimeDelta::zero() { "in the future: a clock is wrong".to_owned() } else { format!("{} ago", span(time)) }
}

/// In the largest unit that leaves at least two of it, or seconds.
fn span(time: TimeDelta) -> String {
    let seconds = time.num_seconds();
    match seconds {
        ..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min", seconds / 60),
        7_200..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans() {
        let spans = [0, 119, 120, 7_199, 7_200, 172_799, 172_800].map(|it| span(TimeDelta::seconds(it)));
        assert_eq!(spans, ["0 s", "119 s", "2 min", "119 min", "2 h", "47 h", "2 days"]);
    }
}
