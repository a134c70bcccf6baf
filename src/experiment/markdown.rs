//! The report of an experiment as Markdown, for a pull request, a wiki or paper.
//!
//! One rule: pure over the report, so that the same report gives the same bytes; text of users is escaped and
//! cannot become a table's bar or a link.

mod methods;
mod table;

use crate::chart::{Unit, capitalised, number};
use crate::trial::{Report, Role, Word, level_words, plural};
use table::{Align, Table, text};

/// The whole report. Ends with a line feed.
pub fn markdown(report: &Report) -> String {
    let parts = [
        verdict(report),
        health(report),
        results(report),
        design(report),
        methods::section(report),
        would_change(report),
        provenance(report),
    ];
    let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    plain_spaces(&parts.join("\n")).trim_end().to_owned() + "\n"
}

/// Numbers keep together with their unit on a page; a file is searched and compared, where such spaces are in the way.
fn plain_spaces(all: &str) -> String {
    all.replace('\u{a0}', " ")
}

fn verdict(report: &Report) -> String {
    let (about, decision) = (&report.about, &report.decision);
    let days = match (&about.start, &about.end) {
        (Some(start), Some(end)) => format!(" {start} to {end}."),
        _ => String::new(),
    };
    let mut out = format!("# {}\n\n", text(&about.title));
    if !about.hypothesis.is_empty() {
        out += &format!("> {}\n\n", text(&about.hypothesis));
    }
    out += &format!("## {} {}\n\n", decision.word.sign(), decision.word.words());
    out += &list(&decision.reasons);
    out += &format!("\nEvidence: **{}**. {}.{days}\n", report.grade.words(), capitalised(&report.design.words()));
    out
}

fn health(report: &Report) -> String {
    if report.health.is_empty() {
        return String::new();
    }
    let mut table = Table::new(&[("Check", Align::Left), ("Answer", Align::Left), ("What the data say", Align::Left)]);
    for check in &report.health {
        let answer = format!("{} {}", check.status.sign(), check.status.words());
        table.row([text(&check.title), answer, text(&check.words)]);
    }
    format!("## Health\n\nWhether the numbers below may be believed.\n\n{table}")
}

fn results(report: &Report) -> String {
    if report.results.is_empty() {
        return "## Results\n\nNo number is shown before the end.\n".to_owned();
    }
    let noun = capitalised(&report.grade.noun());
    let mut table = Table::new(&[
        ("Metric", Align::Left),
        (report.design.arm(0), Align::Right),
        (report.design.arm(1), Align::Right),
        (&noun, Align::Right),
        ("Interval", Align::Right),
        ("p", Align::Right),
        ("Verdict", Align::Left),
    ]);
    let levels = report.levels();
    let usual = levels.first().copied().filter(|_| levels.len() == 1);
    for role in Role::ALL {
        let rows: Vec<_> = report.results.iter().filter(|it| it.role == role).collect();
        if !rows.is_empty() {
            table.group(role.heading());
        }
        for it in rows {
            let unit = Unit::named(&it.unit);
            let [estimate, interval, p] = it.effect.as_ref().map_or_else(missing, |it| table::figures(it, usual));
            let verdict = if report.decision.word == Word::Invalid {
                "✗ Not valid".to_owned()
            } else {
                format!("{} {}", it.verdict.sign(), it.verdict.words())
            };
            let (control, treatment) = (unit.optional(it.control), unit.optional(it.treatment));
            table.row([text(&it.title), text(&control), text(&treatment), estimate, interval, p, verdict]);
        }
    }
    format!("## Results\n\n{}\n\n{table}{}", about_results(report), notes(report))
}

fn about_results(report: &Report) -> String {
    let invalid = if report.decision.word == Word::Invalid {
        "**The experiment is not valid: these figures help to see why, and say nothing about the treatment.** "
    } else {
        ""
    };
    let how = if report.grade.is_randomised() {
        format!("Intention to treat: each {} counts for what it drew.", report.design.unit)
    } else {
        "No lottery decided who was treated: what else set the treated apart is in these differences too.".to_owned()
    };
    let levels: Vec<String> = report.levels().into_iter().map(level_words).collect();
    let levels = if levels.is_empty() { String::new() } else { format!(" Intervals: {}.", levels.join(" and ")) };
    let (control, treatment) = (text(report.design.arm(0)), text(report.design.arm(1)));
    format!(
        "{invalid}{} of {treatment} against {control}, in parts of {control}. {how}{levels}",
        capitalised(&report.grade.noun())
    )
}

/// Why a metric has no number.
fn notes(report: &Report) -> String {
    let notes = report.results.iter().filter_map(|it| Some(format!("{}: {}", it.title, it.note.as_ref()?)));
    let notes: Vec<String> = notes.collect();
    if notes.is_empty() { String::new() } else { format!("\n{}", list(&notes)) }
}

fn missing() -> [String; 3] {
    [number::MISSING, number::MISSING, number::MISSING].map(str::to_owned)
}

fn design(report: &Report) -> String {
    let design = &report.design;
    let units = capitalised(&plural(&design.unit));
    let mut table = Table::new(&[("Variant", Align::Left), ("Weight", Align::Right), (&units, Align::Right)]);
    for it in &design.variants {
        table.row([text(&it.name), it.weight.to_string(), it.units.to_string()]);
    }
    let lottery = if report.grade.is_randomised() {
        format!(
            "The lottery has {} possible assignments; the smallest p that redrawing it can give is {}.",
            text(&number::digits(&design.assignments)),
            number::one_in(design.smallest_p)
        )
    } else {
        "No lottery: who was treated, and when, was decided by somebody.".to_owned()
    };
    format!("## Design\n\n{}. {lottery}\n\n{table}", capitalised(&text(&design.words())))
}

fn would_change(report: &Report) -> String {
    let lines = &report.decision.would_change;
    if lines.is_empty() { String::new() } else { format!("## What would change the answer\n\n{}", list(lines)) }
}

fn provenance(report: &Report) -> String {
    let origin = &report.provenance;
    let mut table = Table::new(&[("From", Align::Left), ("Version", Align::Left)]);
    table.row(["Definition".to_owned(), text(&origin.definition)]);
    table.row(["Seed".to_owned(), text(&origin.seed)]);
    for (name, version) in &origin.data {
        table.row([text(name), text(version)]);
    }
    if let Some(through) = &origin.data_through {
        table.row(["Data until".to_owned(), text(through)]);
    }
    table.row(["Program".to_owned(), text(&origin.program)]);
    table.row(["Format".to_owned(), text(&report.format)]);
    format!("## Provenance\n\nThe same definition, data, seed and program give the same bytes.\n\n{table}")
}

fn list(lines: &[String]) -> String {
    lines.iter().map(|line| format!("- {}\n", text(line))).collect()
}
