//! What stands behind one metric's number: its method, and the same question asked otherwise.

use super::results::picture;
use super::words::{axis, bounds, day_of, p_value};
use crate::chart::{Frame, Grain, Line, Point, Tone, Trend, Unit, capitalised, number};
use crate::trial::{OutcomeReport, Relative, Report, counted, level_words};
use chrono::NaiveDate;
use maud::{Markup, html};

/// `24 teams, 5,310 rows; randomization …; 1 warning`.
pub(super) fn in_short(report: &Report, outcome: &OutcomeReport) -> String {
    let units = counted(outcome.units as u64, &report.design.unit);
    let rows = if outcome.rows > 0 { format!(", {} rows", number::count(outcome.rows)) } else { String::new() };
    let method = outcome.effect.as_ref().map_or_else(String::new, |effect| format!("; {}", effect.method));
    let warnings = match outcome.warnings.len() as u64 {
        0 => String::new(),
        n => format!("; {}", counted(n, "warning")),
    };
    format!("{units}{rows}{method}{warnings}")
}

pub(super) fn details(report: &Report, outcome: &OutcomeReport, tone: Tone) -> Markup {
    let weeks = periods(outcome);
    html! {
        div class="stack" {
            @if !outcome.warnings.is_empty() {
                ul class="plain" { @for warning in &outcome.warnings {
                    li { span class="warn" { span aria-hidden="true" { "▲" } span class="sr" { "Warning:" } } " " (warning) }
                } }
            }
            (method(report, outcome))
            @if outcome.effect.is_some() { (beside(report, outcome, weeks.is_some(), tone)) }
            @if let Some(points) = weeks { (over_time(report, outcome, points)) }
        }
    }
}

fn method(report: &Report, outcome: &OutcomeReport) -> Markup {
    let unit = Unit::named(&outcome.unit);
    html! { dl {
        dt { "Estimated" } dd { (outcome.scale.words()) ", " (outcome.better.words()) }
        @if let Some(effect) = &outcome.effect {
            dt { "Method" } dd { (effect.method) }
            dt { "Compared" } dd {
                "n = " (number::count(effect.n)) "; " (counted(outcome.units as u64, &report.design.unit)) " with " (number::count(outcome.rows)) " rows"
                @if let Some(degrees) = effect.degrees_of_freedom { "; " (Unit::Plain.number(degrees)) " degrees of freedom" }
            }
            dt { "As observed" } dd { (report.design.arm(0)) " " (unit.optional(outcome.control)) ", " (report.design.arm(1)) " " (unit.optional(outcome.treatment)) }
        }
        @if let Some(note) = &outcome.note { dt { "Note" } dd { (note) } }
    } }
}

/// The groups of numbers that are drawn under one another.
fn groups<'a>(outcome: &'a OutcomeReport, has_trend: bool) -> Vec<(String, Vec<&'a Relative>)> {
    let over_time: &[Relative] = if has_trend { &[] } else { &outcome.over_time };
    let sensitivity = outcome.sensitivity_heading();
    let all: [(&str, Vec<&'a Relative>); 7] = [
        ("This analysis", outcome.effect.iter().collect()),
        ("Other methods", outcome.beside.iter().collect()),
        ("On those who used it", outcome.compliers.iter().collect()),
        ("By stratum", outcome.segments.iter().collect()),
        ("At quantiles", outcome.quantiles.iter().collect()),
        ("Over time", over_time.iter().collect()),
        (&sensitivity, outcome.telling_sensitivity()),
    ];
    all.into_iter().filter(|(_, rows)| !rows.is_empty()).map(|(name, rows)| (name.to_owned(), rows)).collect()
}

fn beside(report: &Report, outcome: &OutcomeReport, has_trend: bool, tone: Tone) -> Markup {
    let groups = groups(outcome, has_trend);
    let axis = axis(groups.iter().flat_map(|(_, rows)| rows.iter().copied()));
    let level = outcome.effect.as_ref().map(|effect| effect.level);
    let title = format!("{}: the same question asked otherwise", outcome.title);
    html! { figure {
        figcaption { strong { (title) } " " span { "Each row is one " (report.grade.noun()) " with its interval" @if let Some(level) = level { " (" (level_words(level)) ")" } "." } }
        div class="scroll" tabindex="0" role="region" aria-label=(title) { table {
            thead { tr {
                th scope="col" { "Analysis" } th scope="col" { span class="sr" { "Drawn" } (axis.header()) } th scope="col" class="num" { "Interval" }
                th scope="col" class="num" { "p" } th scope="col" class="num" { "n" }
            } }
            @for (i, (name, rows)) in groups.iter().enumerate() {
                @let shared = shared_method(rows);
                tbody {
                    tr { th class="group" colspan="5" scope="rowgroup" { (name) @if let Some(method) = shared { " · " span { (method) } } } }
                    @for it in rows { (row(&axis, it, shared.is_some(), level, if i == 0 { tone } else { Tone::Neutral })) }
                }
            }
        } }
    } }
}

/// The method of a group whose rows are labelled and all found by the same one: said once.
fn shared_method<'a>(rows: &[&'a Relative]) -> Option<&'a str> {
    let first = rows.first()?;
    let is_shared = rows.iter().all(|it| it.method == first.method && !it.label.is_empty());
    (is_shared && !first.method.is_empty()).then_some(first.method.as_str())
}

fn row(axis: &crate::chart::IntervalAxis, it: &Relative, is_shared: bool, level: Option<f64>, tone: Tone) -> Markup {
    html! { tr {
        th scope="row" { (it.heading()) @if !is_shared && !it.label.is_empty() { small { (it.method) } } }
        td { (picture(axis, it, tone)) }
        td class="num" { (number::relative_aligned(it.estimate)) small { (bounds(it, level)) } }
        td class="num" { (p_value(it)) }
        td class="num" { (number::count(it.n)) }
    } }
}

/// The numbers over time as points, where their labels are days.
fn periods(outcome: &OutcomeReport) -> Option<Vec<Point>> {
    let point = |it: &Relative| {
        let at: NaiveDate = it.label.parse().ok()?;
        Some(Point { at, value: Some(it.estimate), low: it.low, high: it.high, n: Some(it.n) })
    };
    let points: Option<Vec<Point>> = outcome.over_time.iter().map(point).collect();
    points.filter(|points| points.len() > 1)
}

fn over_time(report: &Report, outcome: &OutcomeReport, points: Vec<Point>) -> Markup {
    let id = format!("over-time-{}", outcome.metric);
    let title = format!("{} over time", outcome.title);
    let first = points.first().map_or_else(String::new, |point| day_of(&point.at.to_string()));
    let about = format!("{} of {}, by period since {first}", capitalised(&report.grade.noun()), report.design.arm(1));
    let band = outcome.over_time.first().map(|it| format!("{} interval", level_words(it.level)));
    let frame = Frame { id: &id, title: &title, about: &about };
    let trend = Trend {
        frame,
        unit: Unit::Share,
        grain: grain(&points),
        lines: vec![Line::only(points)],
        band: band.as_deref(),
        from_zero: true,
        ..Trend::default()
    };
    trend.render()
}

fn grain(points: &[Point]) -> Grain {
    let shortest = points.windows(2).map(|pair| (pair[1].at - pair[0].at).num_days()).min().unwrap_or(7);
    match shortest {
        ..7 => Grain::Day,
        7..28 => Grain::Week,
        _ => Grain::Month,
    }
}
