//! The card on top: the word, what led to it, and the facts of the design.

use super::extra::Extra;
use super::words::{bounds, class, day, day_of, tone};
use crate::chart::number;
use crate::trial::{Check, OutcomeReport, Report, Role, Status, Verdict, Word, counted};
use chrono::NaiveDate;
use maud::{Markup, html};

/// Checks that stand on the card whatever they say; others do when they have something to say.
const ALWAYS: [&str; 2] = ["sample_ratio", "balance"];

pub(super) fn card(report: &Report, extra: &Extra) -> Markup {
    let decision = &report.decision;
    html! {
        div class={ "callout verdict " (class(decision.word.is_good())) } {
            div {
                p class="label" { "Recommendation" }
                h2 { span aria-hidden="true" { (decision.word.sign()) } " " (decision.word.words()) }
                @for reason in &decision.reasons { p { (reason) } }
                (deciding(report))
                @if !decision.would_change.is_empty() {
                    p class="label" { "What would change the answer" }
                    ul { @for line in &decision.would_change { li { (line) } } }
                }
            }
            dl {
                dt { "Evidence" } dd { (report.grade.words()) }
                dt { "Design" } dd { (report.design.words()) }
                @if let Some(running) = running(report, extra.today) { dt { "Days" } dd { (running) } }
                @if let Some(worth) = worth_acting_on(report) { dt { "Worth acting on" } dd { (worth) } }
                @for check in told(&report.health) {
                    dt { (check.title) } dd { (sign(check.status)) " " (first_sentence(&check.words)) }
                }
                dt { "All checks" } dd { a href="#health" { (tally(&report.health)) } }
            }
        }
    }
}

/// The numbers behind the reasons: the goals, and whatever stood in the way.
fn deciding(report: &Report) -> Markup {
    let stands_out =
        |it: &&OutcomeReport| it.role == Role::Goal || matches!(it.verdict, Verdict::Worse | Verdict::NotShownSafe);
    let shown = report.results.iter().filter(|_| report.decision.word != Word::Invalid).filter(stands_out);
    let shown: Vec<_> = shown.filter_map(|it| Some((it, it.effect.as_ref()?))).collect();
    html! { @if !shown.is_empty() { ul class="plain" { @for (it, number) in shown { li {
        span class=(tone(it.verdict).class()) { span aria-hidden="true" { (it.verdict.sign()) } " " (it.title) " " b { (number::relative_aligned(number.estimate)) } }
        " (" (bounds(number, None)) ")"
    } } } } }
}

/// Those that are always told, and those that failed or ask for a look.
fn told(health: &[Check]) -> impl Iterator<Item = &Check> {
    health.iter().filter(|check| {
        ALWAYS.contains(&check.name.as_str()) || matches!(check.status, Status::Warning | Status::Failed)
    })
}

/// The sign in its colour, with its word for those who do not see it.
pub(super) fn sign(status: Status) -> Markup {
    html! { span class=(status_class(status)) { span aria-hidden="true" { (status.sign()) } span class="sr" { (status.words()) ":" } } }
}

pub(super) fn status_class(status: Status) -> &'static str {
    match status {
        Status::Ok => "good",
        Status::Warning => "warn",
        Status::Failed => "bad",
        Status::Unknown => "neutral",
    }
}

fn first_sentence(words: &str) -> &str {
    let end = [". ", "; "].into_iter().filter_map(|it| words.find(it)).min();
    end.map_or(words.trim_end_matches('.'), |end| &words[..end])
}

/// `7 fine, 2 to look at`.
pub(super) fn tally(health: &[Check]) -> String {
    let count = |status| health.iter().filter(|check| check.status == status).count();
    let parts = [
        (count(Status::Failed), "failed"),
        (count(Status::Warning), "with a warning"),
        (count(Status::Ok), "fine"),
        (count(Status::Unknown), "unknown"),
    ];
    let parts: Vec<String> = parts.iter().filter(|(n, _)| *n > 0).map(|(n, word)| format!("{n} {word}")).collect();
    if parts.is_empty() { "none made".to_owned() } else { parts.join(", ") }
}

/// `41 of 42, to 25 Oct 2026`.
fn running(report: &Report, today: NaiveDate) -> Option<String> {
    let (start, end) = (report.about.start.as_deref()?, report.about.end.as_deref()?);
    let (Ok(first), Ok(last)) = (start.parse::<NaiveDate>(), end.parse::<NaiveDate>()) else {
        return Some(format!("{} to {}", day_of(start), day_of(end)));
    };
    let all = (last - first).num_days() + 1;
    let span = format!("{} to {}", day(first), day(last));
    Some(if today > last {
        format!("{}, {span}", counted(all.max(0) as u64, "day"))
    } else if today < first {
        format!("{}, from {}", counted(all.max(0) as u64, "day"), day(first))
    } else {
        format!("{} of {all}, {span}", (today - first).num_days() + 1)
    })
}

/// The declared size of the goals.
fn worth_acting_on(report: &Report) -> Option<String> {
    let goals = report.results.iter().filter(|it| it.role == Role::Goal && it.margin > 0.0);
    let words: Vec<String> =
        goals.map(|it| format!("{} by {}", it.title, number::relative(it.margin).trim_start_matches('+'))).collect();
    (!words.is_empty()).then(|| words.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_card_takes_a_first_sentence_and_keeps_decimals() {
        assert_eq!(first_sentence("The largest is 0.08 (x); it is adjusted for."), "The largest is 0.08 (x)");
        assert_eq!(first_sentence("Complete to the last day."), "Complete to the last day");
    }

    #[test]
    fn no_check_is_not_a_passed_check() {
        assert_eq!(tally(&[]), "none made");
    }
}
