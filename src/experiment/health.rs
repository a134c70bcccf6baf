//! Whether the numbers may be believed, apart from what they say: the questions of [`trial::health`] put to the tables.

use super::people::{Members, People};
use super::record::{self, Action};
use super::setting::Setting;
use super::study;
use super::{Result, assignment, hashed};
use crate::query::Engine;
use crate::trial::health::{
    Amendment, Counted, Definition, History, Overlap, Roster, Shared, Source, Users, attrition, balance, definition,
    exposure, freshness, interference, lottery, missing, movers, overlap, sample_ratio,
};
use crate::trial::{self, Check, Design, Outcome, Status};
use chrono::{DateTime, Utc};

/// Every check of an experiment. The outcomes are those of all its metrics.
pub(super) async fn checks(
    engine: &Engine,
    setting: &Setting,
    people: &People,
    outcomes: &[Outcome],
    file_hash: &str,
    now: DateTime<Utc>,
) -> Result<Vec<Check>> {
    let Setting { experiment, randomization, arms, study, .. } = setting;
    let seed = &experiment.assignment.seed;
    let own = |purpose: &str| trial::seed(seed, purpose);
    let title = |metric: &str| {
        engine.project().metrics.get(metric).map_or_else(|| metric.to_owned(), |it| it.header.title.clone())
    };
    let titles: Vec<String> = outcomes.iter().map(|it| title(&it.name)).collect();
    let before = titles.iter().zip(outcomes);
    let history: Vec<History<'_>> = before.map(|(name, it)| History { name, figures: &it.before }).collect();
    let measured: Vec<&Outcome> = outcomes.iter().collect();
    let mut checks = vec![
        defined(setting, file_hash),
        drawn(setting),
        ratio(setting),
        balance(randomization, arms, &history, own("balance")),
        used(setting, people),
    ];
    if !people.by_unit.is_empty() {
        let all = |pick: fn(&Members) -> u64| people.by_unit.values().map(pick).sum::<u64>();
        checks.push(movers(all(|it| it.people), all(|it| it.moved)));
        let column = |pick: fn(&Members) -> u64| -> Vec<u64> {
            study.units.iter().map(|unit| people.by_unit.get(unit).map_or(0, pick)).collect()
        };
        let (members, gone) = (column(|it| it.people), column(|it| it.gone));
        checks.push(attrition(randomization, arms, Roster { people: &members, gone: &gone }, own("attrition")));
        let (all, crossing) = people.reviews;
        checks.push(interference(&[Shared { what: "reviews", all, crossing }]));
    }
    checks.push(missing(randomization, arms, &measured, own("missing")));
    checks.push(fresh(setting, people, now));
    checks.push(others(engine, setting).await?);
    Ok(checks)
}

/// Whether the recorded assignment is what the seed, or the hash, gives.
fn drawn(setting: &Setting) -> Check {
    let Setting { experiment, randomization, arms, assigned, drawing, .. } = setting;
    if drawing.design != Design::Hash {
        return lottery(randomization, trial::seed(&experiment.assignment.seed, ""), arms);
    }
    let (all, others) = (assigned.len(), hashed::fallen_otherwise(experiment, assigned, drawing));
    let (status, words) = match others {
        0 => (Status::Ok, format!("The hash gives the recorded variant of all {all} developers.")),
        _ => (Status::Failed, format!("The hash gives another variant for {others} of {all} developers.")),
    };
    Check::new("lottery", "Lottery", status, words).with("units", all as f64).with("different", others as f64)
}

/// Units by variant; those that fell one by one are held against the declared weights.
fn ratio(setting: &Setting) -> Check {
    let Setting { experiment, randomization, arms, drawing, .. } = setting;
    let seed = trial::seed(&experiment.assignment.seed, "sample ratio");
    let count = |arm: usize| arms.iter().filter(|it| **it == arm).count() as u64;
    let weights = [&experiment.assignment.control, &experiment.assignment.treatment].map(|it| f64::from(it.1));
    let counts = [count(0), count(1)];
    let counted = Counted::OneByOne { what: "developers", counts: &counts, weights: &weights };
    sample_ratio(randomization, arms, (drawing.design == Design::Hash).then_some(counted), seed)
}

fn defined(setting: &Setting, file_hash: &str) -> Check {
    let changes = setting.events.iter().filter(|it| matches!(it.action, Action::Amend | Action::Extend));
    let days: Vec<(String, &str)> = changes.map(|it| (day(it.happened_at), it.definition_hash.as_str())).collect();
    let amendments: Vec<Amendment<'_>> = days.iter().map(|(day, hash)| Amendment { day, hash }).collect();
    let started = setting.events.first().map(|it| it.definition_hash.as_str());
    definition(Definition { started, now: file_hash, amendments: &amendments })
}

fn used(setting: &Setting, people: &People) -> Check {
    if !people.has_use || people.by_unit.is_empty() {
        return exposure(None, None);
    }
    let of = |arm: usize| {
        let units = setting.study.units.iter().zip(&setting.arms).filter(|(_, it)| **it == arm);
        let members = units.filter_map(|(unit, _)| people.by_unit.get(unit));
        members.fold(Users { people: 0, users: 0 }, |sum, it| Users {
            people: sum.people + it.people,
            users: sum.users + it.users,
        })
    };
    exposure(Some(of(1)), Some(of(0)))
}

fn fresh(setting: &Setting, people: &People, now: DateTime<Utc>) -> Check {
    let needed = setting.study.during().to.min(now);
    let through: Vec<Option<String>> = people.sources.iter().map(|(_, until)| until.map(day)).collect();
    let late = |until: Option<DateTime<Utc>>| until.map_or(0, |it| (needed - it).num_days().max(0) as u32);
    let source = |((name, until), through): (&(String, Option<DateTime<Utc>>), &'_ Option<String>)| {
        (name.clone(), through.clone(), late(*until))
    };
    let all: Vec<(String, Option<String>, u32)> = people.sources.iter().zip(&through).map(source).collect();
    let sources: Vec<Source<'_>> = all
        .iter()
        .map(|(name, through, late_days)| Source { name, through: through.as_deref(), late_days: *late_days })
        .collect();
    freshness(&sources)
}

/// Other experiments that run on the same units at the time.
async fn others(engine: &Engine, setting: &Setting) -> Result<Check> {
    let mut sharing: Vec<(String, u64)> = Vec::new();
    for other in engine.project().experiments.values().filter(|it| it.name != setting.experiment.name) {
        let events = record::events(engine, &other.name).await?;
        let Some(held) = record::held(&other.name, &events)? else { continue };
        let stopped = events.iter().find(|it| it.action == Action::Stop).map(|it| it.happened_at);
        let ends = stopped.unwrap_or_else(|| study::end(&held.schedule));
        if !held.overlaps(&setting.experiment) || ends <= setting.study.during().from {
            continue;
        }
        let units = assignment::assignments(engine, &other.name).await?;
        let places = setting.study.places();
        let shared = units.iter().filter(|it| places.contains_key(it.unit.as_str())).count();
        sharing.push((held.title, shared as u64));
    }
    let others: Vec<Overlap<'_>> = sharing.iter().map(|(name, units)| Overlap { name, units: *units }).collect();
    Ok(overlap(setting.study.units.len() as u64, &others))
}

/// A day as it is written in reports.
pub(super) fn day(moment: DateTime<Utc>) -> String {
    moment.format("%Y-%m-%d").to_string()
}
