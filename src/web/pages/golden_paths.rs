//! Golden paths: which component has reached which level, what it fails and why, and how far campaigns are.

use crate::golden_path::{self, CampaignStanding, Finding, LevelShare, Standing, Subject};
use crate::project::{Campaign, GoldenPaths, Project, Track};
use crate::web::as_of::Asked;
use crate::web::error::PageError;
use crate::web::layout::Page;
use crate::web::view::{Parameters, View};
use axum::extract::Query;
use chrono::{DateTime, NaiveDate, Utc};
use maud::{Markup, html};

const WEEKS: u32 = 26;

pub(in crate::web) async fn page(Asked(app): Asked, Query(parameters): Query<Parameters>) -> Result<Markup, PageError> {
    let view = View::new(&app, &parameters, WEEKS).await?;
    let standing = golden_path::standing(&app.engine, &view.scope).await?.of_team(view.team());
    let project = app.engine.project().clone();
    let paths = &project.golden_paths;
    let main = html! {
        (view.head("Golden paths", "/golden-paths"))
        @if standing.tracks.is_empty() {
            (first_steps())
        } @else {
            (campaigns(paths, &standing, &view))
            @for track in paths.tracks.values() { (matrix(&project, track, &standing)) }
            @if let Some(at) = standing.changed_at {
                p class="note" {
                    "Checks are evaluated after each collection; the newest result that differed from the one before is of "
                    (moment(at)) ". Every result is kept: "
                    a href={ "/metrics/golden_path_adoption" (view.query()) } { "adoption over time" } "."
                }
            }
        }
    };
    Ok(Page { title: "Golden paths", path: "/golden-paths", view: &view, main }.render(&project))
}

fn first_steps() -> Markup {
    html! { div class="panel" {
        h2 { "Nothing was checked yet" }
        ol {
            li { "Collect a software catalog: " code { "catalog-info.yaml" } " files in repositories, or a Backstage server." }
            li { "Checks run after each collection, or now: " code { "paceline checks run" } }
            li { "Write your own checks, tracks and campaigns into " code { "queries/golden_paths/" } "." }
        }
    } }
}

fn campaigns(paths: &GoldenPaths, standing: &Standing, view: &View) -> Markup {
    if paths.campaigns.is_empty() {
        return html! {};
    }
    html! { div class="panel" {
        h2 { "Campaigns" }
        div class="scroll" tabindex="0" role="region" aria-label="Campaigns" { table {
            thead { tr {
                th scope="col" { "Campaign" } th scope="col" { "Owner" } th scope="col" { "Due" }
                th scope="col" class="num" { "Pass" } th scope="col" class="num" { "Target" } th scope="col" { "Status" } th scope="col" { "Behind" }
            } }
            tbody { @for campaign in paths.campaigns.values() {
                @if let Some(of_campaign) = standing.campaigns.get(&campaign.name) { (campaign_row(campaign, of_campaign, view.now)) }
            } }
        } }
    } }
}

fn campaign_row(campaign: &Campaign, standing: &CampaignStanding, now: DateTime<Utc>) -> Markup {
    let is_reached = standing.share.value().is_some_and(|share| share >= campaign.target);
    let (tone, words) = match (is_reached, now.date_naive()) {
        (true, _) => ("good", "✓ reached"),
        (false, today) if today > campaign.due => ("bad", "✗ overdue"),
        (false, today) if today < campaign.start => ("muted", "not begun"),
        _ => ("warn", "under way"),
    };
    html! { tr {
        th scope="row" { (campaign.title) small { (campaign.about) } }
        td { (campaign.owner) }
        td { (day(campaign.due)) }
        td class="num" { (share(&standing.share)) }
        td class="num" { (percent(campaign.target)) }
        td { span class=(tone) { (words) } }
        td class="words" { (behind(standing)) }
    } }
}

fn behind(standing: &CampaignStanding) -> Markup {
    if standing.behind.is_empty() {
        return html! { "nobody" };
    }
    html! { details {
        summary { (standing.behind.len()) " component" @if standing.behind.len() > 1 { "s" } }
        @for (entity, team) in &standing.behind { small { (short(entity)) @if let Some(team) = team { " · " (team) } } }
    } }
}

/// Components down, checks across, grouped by level.
fn matrix(project: &Project, track: &Track, standing: &Standing) -> Markup {
    let subjects = standing.tracks.get(&track.name).map_or(&[][..], Vec::as_slice);
    let checks: Vec<&str> =
        track.levels.iter().flat_map(|level| &level.checks).map(|(name, _)| name.as_str()).collect();
    let label = format!("Components of {}", track.title);
    html! { div class="panel" {
        h2 { (track.title) }
        @if !track.about.is_empty() { p class="sub" { (track.about) } }
        dl { @for (number, level) in (1..).zip(&track.levels) {
            dt { (level.name) }
            dd { (level_words(&standing.share(track, number), number == 1)) }
        } }
        @if subjects.is_empty() {
            p class="empty" { "No component in view is on this track." }
        } @else {
            div class="scroll" tabindex="0" role="region" aria-label=(label) { table {
                thead {
                    tr {
                        td colspan="3" {}
                        @for level in &track.levels { th scope="colgroup" colspan=(level.checks.len()) { (level.name) } }
                    }
                    tr {
                        th scope="col" { "Component" } th scope="col" { "Team" } th scope="col" { "Level" }
                        @for check in &checks { (check_head(project, check)) }
                    }
                }
                tbody { @for subject in subjects { (row(track, &checks, subject)) } }
            } }
        }
    } }
}

fn check_head(project: &Project, name: &str) -> Markup {
    let check = project.golden_paths.checks.get(name);
    html! { th scope="col" title=[check.map(|it| it.about.as_str())] { (check.map_or(name, |it| it.title.as_str())) } }
}

fn row(track: &Track, checks: &[&str], subject: &Subject) -> Markup {
    let level = subject.levels.checked_sub(1).and_then(|index| track.levels.get(index));
    html! { tr {
        th scope="row" { (short(&subject.entity)) }
        td { (subject.team.as_deref().unwrap_or("–")) }
        td { (level.map_or("none yet", |it| it.name.as_str())) }
        @for check in checks {
            td { @match subject.results.iter().find(|(name, _)| name == check) {
                Some((_, finding)) => (verdict(finding)),
                None => "–",
            } }
        }
    } }
}

fn verdict(finding: &Finding) -> Markup {
    let (tone, words) = match finding.passed {
        Some(true) => ("good", "✓ passes"),
        Some(false) => ("bad", "✗ fails"),
        None => ("muted", "? unknown"),
    };
    html! {
        span class=(tone) { (words) }
        @if finding.passed != Some(true) { @if let Some(evidence) = &finding.evidence { small { (evidence) } } }
    }
}

fn level_words(share: &LevelShare, is_first: bool) -> Markup {
    html! {
        @match share.value() {
            Some(value) => { strong { (percent(value)) } " of " (share.passed + share.failed) " components pass it" @if !is_first { " and those before it" } },
            None => "of no component it is known whether it passes",
        }
        @if share.unknown > 0 { "; of " (share.unknown) " it cannot be told" }
    }
}

fn share(share: &LevelShare) -> Markup {
    html! {
        @match share.value() { Some(value) => (percent(value)), None => "–" }
        small { (share.passed) " of " (share.passed + share.failed) @if share.unknown > 0 { ", " (share.unknown) " unknown" } }
    }
}

fn percent(share: f64) -> String {
    format!("{:.0}\u{a0}%", share * 100.0)
}

/// `component:default/till` → `till`.
fn short(entity: &str) -> &str {
    entity.strip_prefix("component:default/").unwrap_or(entity)
}

fn day(day: NaiveDate) -> String {
    day.format("%-d\u{a0}%b\u{a0}%Y").to_string()
}

fn moment(time: DateTime<Utc>) -> Markup {
    html! { time datetime=(time.to_rfc3339()) { (time.format("%-d %b %Y, %H:%M UTC")) } }
}
