//! How each number was found, and the same question asked otherwise.

use super::list;
use super::table::{Align, Table, figures, text};
use crate::chart::{Unit, capitalised, number};
use crate::trial::{OutcomeReport, Relative, Report, counted, plural};

pub(super) fn section(report: &Report) -> String {
    if report.results.is_empty() {
        return String::new();
    }
    let outcomes: Vec<String> = report.results.iter().map(|it| outcome(report, it)).collect();
    format!("## Methods\n\n{}", outcomes.join("\n"))
}

fn outcome(report: &Report, it: &OutcomeReport) -> String {
    let mut lines = vec![format!(
        "{}, {}; {}, {} rows",
        capitalised(it.scale.words()),
        it.better.words(),
        counted(it.units as u64, &report.design.unit),
        number::count(it.rows)
    )];
    if let Some(words) = it.margin_words().filter(|_| it.margin > 0.0) {
        lines.push(format!("{}: {}", capitalised(words), number::relative(it.margin).trim_start_matches('+')));
    }
    if let Some(effect) = &it.effect {
        lines.push(format!("{}{}, n = {}", capitalised(&effect.method), degrees(effect), number::count(effect.n)));
    }
    lines.extend(it.warnings.iter().map(|warning| format!("▲ {warning}")));
    let mut out = format!("### {}\n\n{}", text(&it.title), list(&lines));
    if has_more(it) {
        out += &format!("\n{}", beside(report, it));
    }
    out
}

fn degrees(it: &Relative) -> String {
    it.degrees_of_freedom.map_or_else(String::new, |it| format!(", {} degrees of freedom", Unit::Plain.number(it)))
}

fn has_more(it: &OutcomeReport) -> bool {
    let lists = [&it.beside, &it.sensitivity, &it.segments, &it.quantiles, &it.over_time];
    it.compliers.is_some() || lists.iter().any(|list| !list.is_empty())
}

/// Every other answer in one table.
fn beside(report: &Report, it: &OutcomeReport) -> String {
    let noun = capitalised(&report.grade.noun());
    let mut table = Table::new(&[
        ("Analysis", Align::Left),
        (&noun, Align::Right),
        ("Interval", Align::Right),
        ("p", Align::Right),
        ("n", Align::Right),
        ("Method", Align::Left),
    ]);
    let sensitivity = it.sensitivity_heading();
    let groups: [(&str, Vec<&Relative>); 6] = [
        ("Other methods", it.beside.iter().collect()),
        ("On those who used it", it.compliers.iter().collect()),
        ("By stratum", it.segments.iter().collect()),
        ("At quantiles", it.quantiles.iter().collect()),
        ("Over time", it.over_time.iter().collect()),
        (&sensitivity, it.telling_sensitivity()),
    ];
    let all = format!("all {}", plural(&report.design.unit));
    let usual = it.effect.as_ref().map(|effect| effect.level);
    for (name, rows) in groups.into_iter().filter(|(_, rows)| !rows.is_empty()) {
        table.group(name);
        for it in rows {
            let [estimate, interval, p] = figures(it, usual);
            let label = if it.label.is_empty() { all.clone() } else { text(&it.label) };
            let method = format!("{}{}", text(&it.method), degrees(it));
            table.row([label, estimate, interval, p, number::count(it.n), method]);
        }
    }
    table.to_string()
}
