//! What a page shows beside a report, from the project, the trail and the analysis.

use super::extra::{Assigned, Definition, Entry, Extra, Listed, Scheduled, Spread, State};
use crate::chart::Group;
use crate::experiment::{self, Analysis, Event, ExperimentError};
use crate::project::{Role, Schedule, UnitKind};
use crate::trial::{About, Relative, counted};
use crate::web::App;
use crate::web::analyses::Subject;
use crate::web::error::PageError;
use crate::web::view::View;
use chrono::NaiveDate;

/// What an experiment is, before it is drawn.
pub(super) fn about(subject: &Subject) -> About {
    let Schedule { start, end, .. } = subject.schedule();
    About {
        name: subject.name().to_owned(),
        title: subject.title().to_owned(),
        hypothesis: subject.hypothesis().to_owned(),
        start: Some(start.to_string()),
        end: Some(end.to_string()),
    }
}

/// One line of the archive.
pub(super) fn listed(
    subject: &Subject,
    analysis: Option<&Analysis>,
    today: NaiveDate,
) -> Result<Listed, ExperimentError> {
    let (state, schedule) = standing(subject, analysis.map_or(&[], |it| it.events.as_slice()), today)?;
    let report = analysis.map(|it| &it.report);
    let goal = report.and_then(|report| -> Option<(String, Relative)> {
        let goal = report.results.iter().find(|it| it.role == Role::Goal)?;
        Some((goal.title.clone(), goal.effect.clone()?))
    });
    Ok(Listed {
        name: subject.name().to_owned(),
        title: subject.title().to_owned(),
        hypothesis: subject.hypothesis().to_owned(),
        state,
        grade: report.map(|it| it.grade),
        first: Some(schedule.start),
        last: Some(schedule.end),
        units: report.map_or(String::new(), |it| counted(it.design.units() as u64, &it.design.unit)),
        word: report.map(|it| it.decision.word),
        goal,
    })
}

/// Where it stands, with the days that hold.
fn standing(subject: &Subject, events: &[Event], today: NaiveDate) -> Result<(State, Schedule), ExperimentError> {
    let experiment = match subject {
        Subject::Experiment(experiment) => experiment,
        Subject::Rollout(rollout) => {
            let state = if today > rollout.schedule.end { State::Ended } else { State::Running };
            return Ok((state, rollout.schedule));
        }
    };
    let held = experiment::held(&experiment.name, events)?;
    let state = match experiment::State::of(held.as_ref(), events, today) {
        experiment::State::Draft => State::Draft,
        experiment::State::Assigned => State::Assigned,
        experiment::State::Running => State::Running,
        experiment::State::Ended | experiment::State::Stopped => State::Ended,
    };
    Ok((state, held.map_or(experiment.schedule, |held| held.schedule)))
}

/// Everything beside the report.
pub(super) async fn extra(
    app: &App,
    subject: &Subject,
    analysis: Option<&Analysis>,
    view: &View,
) -> Result<Extra, PageError> {
    let today = view.now.date_naive();
    let events = analysis.map_or(&[][..], |it| it.events.as_slice());
    let (file, text) = subject.definition();
    let definition = events.last().map_or(text, |event| &event.definition);
    let assigned = experiment::assignments(&app.engine, subject.name()).await?;
    Ok(Extra {
        query: view.query(),
        is_simulated: super::super::has_simulated(app)?,
        today,
        metric_pages: app.engine.project().metrics.keys().cloned().collect(),
        definition: Some(Definition { file: file.to_owned(), text: definition.to_owned() }),
        overlapping: overlapping(app, subject, today).await?,
        // Developers are counted and not shown.
        assignment: if is_of_people(subject) { Vec::new() } else { assigned.into_iter().map(drawn).collect() },
        trail: events.iter().map(entry).collect(),
        spreads: analysis.map_or_else(Vec::new, |it| spreads(app, it)),
        rerun: analysis.map_or_else(Vec::new, |it| rerun(subject, it)),
    })
}

fn is_of_people(subject: &Subject) -> bool {
    matches!(subject, Subject::Experiment(it) if it.assignment.drawn() == UnitKind::Developer)
}

fn drawn(assigned: experiment::Assigned) -> Assigned {
    Assigned { unit: assigned.unit, stratum: assigned.stratum, variant: assigned.variant }
}

async fn overlapping(app: &App, subject: &Subject, today: NaiveDate) -> Result<Vec<Scheduled>, PageError> {
    let days = subject.schedule();
    let mut all = Vec::new();
    for other in Subject::all(app).into_iter().filter(|it| it.name() != subject.name()) {
        let events = experiment::events(&app.engine, other.name()).await?;
        let (state, Schedule { start, end, .. }) = standing(&other, &events, today)?;
        // A built-in example that nobody started is no neighbour.
        if start <= days.end && days.start <= end && !(state == State::Draft && other.is_embedded()) {
            all.push(Scheduled { title: other.title().to_owned(), first: start, last: end, state });
        }
    }
    Ok(all)
}

fn entry(event: &Event) -> Entry {
    Entry {
        at: event.happened_at.format("%Y-%m-%d %H:%M UTC").to_string(),
        what: event.action.done().to_owned(),
        why: event.reason.clone().unwrap_or_default(),
        by: String::new(),
    }
}

fn spreads(app: &App, analysis: &Analysis) -> Vec<Spread> {
    let goals = analysis.report.results.iter().filter(|it| it.role == Role::Goal);
    let spread = |metric: &str| {
        let values = analysis.values.get(metric)?;
        let header = &app.engine.project().metrics.get(metric)?.header;
        let variants = analysis.report.design.variants.iter();
        let groups: Vec<Group> = variants
            .filter_map(|it| Some(Group { name: it.name.clone(), values: values.get(&it.name)?.clone() }))
            .filter(|group| !group.values.is_empty())
            .collect();
        let of = header.entity.as_deref().unwrap_or("values").replace('_', " ");
        (!groups.is_empty()).then(|| Spread { metric: metric.to_owned(), of, groups })
    };
    goals.filter_map(|it| spread(&it.metric)).collect()
}

/// The command that gives the same bytes, as long as these versions can be read.
fn rerun(subject: &Subject, analysis: &Analysis) -> Vec<String> {
    let versions = &analysis.report.provenance.data;
    let versions: Vec<String> = versions.iter().map(|(table, version)| format!("{table}={version}")).collect();
    vec![format!("paceline experiment show {} --format json --as-of {}", subject.name(), versions.join(","))]
}
