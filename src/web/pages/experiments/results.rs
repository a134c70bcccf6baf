//! The table of results: one interval a row, all on one axis, guardrails apart.

use super::extra::Extra;
use super::metric;
use super::words::{axis, badge, bounds, p_value, tone};
use crate::chart::{Interval, IntervalAxis, Tone, Unit, capitalised, number};
use crate::trial::{OutcomeReport, Relative, Report, Role, Verdict, Word};
use maud::{Markup, html};

const COLUMNS: &str = "7";

/// What all rows of the table share.
struct Shared<'a> {
    report: &'a Report,
    extra: &'a Extra,
    axis: IntervalAxis,
    /// The level that the heading names.
    level: Option<f64>,
}

pub(super) fn section(report: &Report, extra: &Extra) -> Markup {
    html! {
        section class="panel" id="results" aria-labelledby="results-title" {
            h2 id="results-title" { "Results" }
            @if report.results.is_empty() {
                p class="sub" { "No number is shown before the end: whoever looks early and stops at a good moment finds improvements that are none." }
            } @else {
                p class="sub" { (about(report)) }
                (caveat(report))
                (table(report, extra))
            }
        }
    }
}

fn about(report: &Report) -> String {
    let design = &report.design;
    let how = if report.grade.is_randomised() {
        format!("Intention to treat: each {} counts for what it drew", design.unit)
    } else {
        format!("Each {} counts once", design.unit)
    };
    format!(
        "{} of {} against {}, in parts of the latter; {}. {how}. Control and treatment are as observed, the {} is adjusted.",
        capitalised(&report.grade.noun()),
        design.arm(1),
        design.arm(0),
        report.intervals_words(),
        if report.grade.is_randomised() { "effect" } else { "difference" },
    )
}

/// What a reader must know before the first number.
fn caveat(report: &Report) -> Markup {
    html! {
        @if report.decision.word == Word::Invalid {
            p class="bad" { span aria-hidden="true" { "✗ " } "The experiment is not valid: these figures help to see why, and say nothing about the treatment." }
        }
        @if !report.grade.is_randomised() {
            p class="warn" { span aria-hidden="true" { "▲ " } "No lottery decided who was treated: what else set the treated apart is in these differences too." }
        }
    }
}

fn table(report: &Report, extra: &Extra) -> Markup {
    let levels = report.levels();
    let level = levels.first().copied().filter(|_| levels.len() == 1);
    let axis = axis(report.results.iter().filter_map(|it| it.effect.as_ref()));
    let shared = Shared { report, extra, axis, level };
    let noun = if report.grade.is_randomised() { "Effect" } else { "Difference" };
    html! {
        div class="scroll" tabindex="0" role="region" aria-label="Results" { table {
            caption class="sr" { (capitalised(&report.grade.noun())) " by metric" }
            thead { tr {
                th scope="col" { "Metric" } th scope="col" class="num" { (capitalised(report.design.arm(0))) } th scope="col" class="num" { (capitalised(report.design.arm(1))) }
                th scope="col" colspan="2" { (noun) ", " (report.intervals_words()) (shared.axis.header()) }
                th scope="col" class="num" { "p" } th scope="col" { "Verdict" }
            } }
            @for role in Role::ALL {
                @let rows: Vec<_> = report.results.iter().filter(|it| it.role == role).collect();
                @if !rows.is_empty() { tbody {
                    tr { th class="group" colspan=(COLUMNS) scope="rowgroup" { (role.heading()) } }
                    @for outcome in rows { (row(&shared, outcome)) (more(&shared, outcome)) }
                } }
            }
        } }
    }
}

fn row(shared: &Shared, outcome: &OutcomeReport) -> Markup {
    let unit = Unit::named(&outcome.unit);
    html! { tr class="metric" {
        th scope="row" {
            @if shared.extra.metric_pages.contains(&outcome.metric) {
                a href={ "/metrics/" (outcome.metric) (shared.extra.query) } { (outcome.title) }
            } @else { (outcome.title) }
            small { (subtitle(outcome)) }
        }
        td class="num" { (unit.optional(outcome.control)) }
        td class="num" { (unit.optional(outcome.treatment)) }
        @match &outcome.effect {
            Some(effect) => (numbers(shared, effect, outcome.verdict)),
            None => td class="words muted" colspan="3" { (outcome.note.as_deref().unwrap_or("no number")) },
        }
        td { (verdict(shared, outcome.verdict)) }
    } }
}

fn subtitle(outcome: &OutcomeReport) -> String {
    let margin = outcome.margin_words().filter(|_| outcome.margin > 0.0);
    let margin = margin.map(|it| format!("; {it} {}", number::relative(outcome.margin).trim_start_matches('+')));
    outcome.better.words().to_owned() + &margin.unwrap_or_default()
}

fn numbers(shared: &Shared, effect: &Relative, verdict: Verdict) -> Markup {
    html! {
        td { (picture(&shared.axis, effect, shown_tone(shared, verdict))) }
        td class="estimate" { (number::relative_aligned(effect.estimate)) small { (bounds(effect, shared.level)) } }
        td class="num" { (p_value(effect)) }
    }
}

/// The numbers of an invalid experiment are neither good nor bad.
fn shown_tone(shared: &Shared, verdict: Verdict) -> Tone {
    if shared.report.decision.word == Word::Invalid { Tone::Neutral } else { tone(verdict) }
}

fn verdict(shared: &Shared, verdict: Verdict) -> Markup {
    let class = match (shared.report.decision.word, verdict) {
        (Word::Invalid, _) => return badge("neutral", "✗", "Not valid"),
        (_, Verdict::NotShownSafe) => "warn",
        _ => tone(verdict).class(),
    };
    badge(class, verdict.sign(), verdict.words())
}

/// The interval on its axis; nothing where there is none, since the next cell says so.
pub(super) fn picture(axis: &IntervalAxis, it: &Relative, tone: Tone) -> Markup {
    html! { @if it.bounds().is_some() {
        (Interval { axis, estimate: Some(it.estimate), low: it.low, high: it.high, tone }.render())
    } }
}

/// Below each metric: how its number was found, and everything beside it.
fn more(shared: &Shared, outcome: &OutcomeReport) -> Markup {
    let in_short = metric::in_short(shared.report, outcome);
    html! { tr class="more" { td colspan=(COLUMNS) { details {
        summary {
            @if let Some(effect) = &outcome.effect { span class="narrow" { (verdict(shared, outcome.verdict)) " " b { (number::relative_aligned(effect.estimate)) } " (" (bounds(effect, shared.level)) ")" } }
            (in_short) span class="sr" { ": " (outcome.title) }
        }
        (metric::details(shared.report, outcome, shown_tone(shared, outcome.verdict)))
    } p class="paper" { (in_short) } } } }
}
