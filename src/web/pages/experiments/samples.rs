//! Reports and what stands beside them, for tests of the pages. Nothing in them exists.

use super::extra::{Assigned, Definition, Entry, Extra, Listed, Scheduled, Spread, State};
use crate::chart::Group;
use crate::trial::{Report, Role, counted};
use chrono::NaiveDate;

pub const NAMES: [&str; 4] = ["randomised", "observational", "invalid", "running"];

/// A report of `tests/fixtures/experiments`.
pub fn report(name: &str) -> Report {
    let path = format!("{}/tests/fixtures/experiments/{name}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// What stands beside a report whose every part is known; its last day but one is today.
pub(in crate::web) fn extra(report: &Report) -> Extra {
    let last = report.about.end.as_deref().map_or_else(|| day("2026-10-25"), day);
    let today = if report.results.is_empty() { day("2026-11-28") } else { last.pred_opt().unwrap() };
    let scheduled = |title: &str, first: &str, last: &str, state| Scheduled {
        title: title.to_owned(),
        first: day(first),
        last: day(last),
        state,
    };
    Extra {
        query: "?source=acme".to_owned(),
        is_simulated: true,
        today,
        metric_pages: report.results.iter().map(|it| it.metric.clone()).collect(),
        definition: Some(Definition {
            file: format!("experiments/{}.toml", report.about.name),
            text: format!("title = \"{}\"\n\n[assignment]\nunit = \"{}\"\n", report.about.title, report.design.unit),
        }),
        overlapping: vec![
            scheduled("Merge queue", "2026-08-03", "2026-09-27", State::Ended),
            scheduled(
                "A shared cache of builds for every repository of the shop",
                "2026-10-12",
                "2026-12-20",
                State::Assigned,
            ),
        ],
        assignment: assignment(report),
        trail: vec![
            entry("2026-09-11 08:12 UTC", "started", "units drawn, definition frozen"),
            entry("2026-10-02 15:40 UTC", "extended", "until 25 October: two teams began a week late"),
        ],
        spreads: report.results.iter().take(1).map(|it| spread(report, &it.metric)).collect(),
        rerun: vec![format!("paceline experiment report {} --as-of 2026-10-26T00:00:00Z", report.about.name)],
    }
}

fn entry(at: &str, what: &str, why: &str) -> Entry {
    Entry { at: at.to_owned(), what: what.to_owned(), why: why.to_owned(), by: "platform".to_owned() }
}

fn assignment(report: &Report) -> Vec<Assigned> {
    let arms = report.design.variants.iter().flat_map(|it| vec![it.name.clone(); it.units]);
    let strata = ["small, fast", "small, slow", "large, fast", "large, slow"];
    arms.enumerate()
        .map(|(i, variant)| Assigned {
            unit: format!("{}-{:02}", report.design.unit, i + 1),
            stratum: strata[i % 4].to_owned(),
            variant,
        })
        .collect()
}

/// Long on the right, as durations are.
fn spread(report: &Report, metric: &str) -> Spread {
    let value = |i: usize, typical: f64| typical * (1.6 * ((i * 37 % 200) as f64 / 100.0 - 1.0)).exp();
    let group = |arm: usize, typical: f64| Group {
        name: report.design.arm(arm).to_owned(),
        values: (0..200).map(|i| value(i, typical)).collect(),
    };
    Spread { metric: metric.to_owned(), of: "pull requests".to_owned(), groups: vec![group(0, 31.0), group(1, 26.0)] }
}

/// The archive of some reports, and a draft.
pub(in crate::web) fn listed(reports: &[Report]) -> Vec<Listed> {
    let one = |it: &Report| Listed {
        name: it.about.name.clone(),
        title: it.about.title.clone(),
        hypothesis: it.about.hypothesis.clone(),
        state: if it.results.is_empty() { State::Running } else { State::Ended },
        grade: Some(it.grade),
        first: it.about.start.as_deref().map(day),
        last: it.about.end.as_deref().map(day),
        units: counted(it.design.units() as u64, &it.design.unit),
        word: Some(it.decision.word),
        goal: it
            .results
            .iter()
            .find(|it| it.role == Role::Goal)
            .and_then(|it| Some((it.title.clone(), it.effect.clone()?))),
    };
    let draft = Listed {
        name: "pairing".to_owned(),
        title: "Pairing hours".to_owned(),
        hypothesis: "Two hours of pairing a day shorten onboarding.".to_owned(),
        state: State::Draft,
        grade: None,
        first: None,
        last: None,
        units: String::new(),
        word: None,
        goal: None,
    };
    reports.iter().map(one).chain([draft]).collect()
}
