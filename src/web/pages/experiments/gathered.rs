//! What a page shows beside a report, from the project, the trail and the analysis.

use super::extra::{Assigned, Definition, Entry, Extra, Listed, Scheduled, Spread, State};
use crate::chart::Group;
use crate::experiment::{self, Analysis, Event, ExperimentError};
use crate::project::{Experiment, Role};
use crate::trial::{About, Relative, counted};
use crate::web::App;
use crate::web::error::PageError;
use crate::web::view::View;
use chrono::NaiveDate;

/// What an experiment is, before it is drawn.
pub(super) fn about(experiment: &Experiment) -> About {
    About {
        name: experiment.name.clone(),
        title: experiment.title.clone(),
        hypothesis: experiment.hypothesis.clone(),
        start: Some(experiment.schedule.start.to_string()),
        end: Some(experiment.schedule.end.to_string()),
    }
}

/// One line of the archive.
pub(super) fn listed(
    experiment: &Experiment,
    analysis: Option<&Analysis>,
    today: NaiveDate,
) -> Result<Listed, ExperimentError> {
    let (state, held) = standing(experiment, analysis.map_or(&[], |it| it.events.as_slice()), today)?;
    let report = analysis.map(|it| &it.report);
    let goal = report.and_then(|report| {
        let goal = report.results.iter().find(|it| it.role == Role::Goal)?;
        Some((goal.title.clone(), goal.effect.clone()?)) as Option<(String, Relative)>
    });
    Ok(Listed {
        name: experiment.name.clone(),
        title: held.title,
        hypothesis: held.hypothesis,
        state,
        grade: report.map(|it| it.grade),
        first: Some(held.schedule.start),
        last: Some(held.schedule.end),
        units: report.map_or(String::new(), |it| counted(it.design.units() as u64, &it.design.unit)),
        word: report.map(|it| it.decision.word),
        goal,
    })
}

/// Where an experiment stands, with the definition that holds.
fn standing(
    experiment: &Experiment,
    events: &[Event],
    today: NaiveDate,
) -> Result<(State, Experiment), ExperimentError> {
    let held = experiment::held(&experiment.name, events)?;
    let state = match experiment::State::of(held.as_ref(), events, today) {
        experiment::State::Draft => State::Draft,
        experiment::State::Assigned => State::Assigned,
        experiment::State::Running => State::Running,
        experiment::State::Ended | experiment::State::Stopped => State::Ended,
    };
    Ok((state, held.unwrap_or_else(|| experiment.clone())))
}

/// Everything beside the report.
pub(super) async fn extra(
    app: &App,
    experiment: &Experiment,
    analysis: Option<&Analysis>,
    view: &View,
) -> Result<Extra, PageError> {
    let today = view.now.date_naive();
    let events = analysis.map_or(&[][..], |it| it.events.as_slice());
    let definition = events.last().map_or(&experiment.text, |event| &event.definition).clone();
    let assigned = experiment::assignments(&app.engine, &experiment.name).await?;
    Ok(Extra {
        query: view.query(),
        is_simulated: super::super::has_simulated(app)?,
        today,
        metric_pages: app.engine.project().metrics.keys().cloned().collect(),
        definition: Some(Definition { file: experiment.file.clone(), text: definition }),
        overlapping: overlapping(app, experiment, today).await?,
        assignment: assigned
            .into_iter()
            .map(|it| Assigned { unit: it.unit, stratum: it.stratum, variant: it.variant })
            .collect(),
        trail: events.iter().map(entry).collect(),
        spreads: analysis.map_or_else(Vec::new, |it| spreads(app, it)),
        rerun: analysis.map_or_else(Vec::new, |it| rerun(experiment, it)),
    })
}

async fn overlapping(app: &App, experiment: &Experiment, today: NaiveDate) -> Result<Vec<Scheduled>, PageError> {
    let mut all = Vec::new();
    for other in app.engine.project().experiments.values().filter(|it| it.name != experiment.name) {
        let events = experiment::events(&app.engine, &other.name).await?;
        let (state, held) = standing(other, &events, today)?;
        // A built-in example that nobody started is no neighbour.
        if held.overlaps(experiment) && !(state == State::Draft && other.embedded) {
            let (first, last) = (held.schedule.start, held.schedule.end);
            all.push(Scheduled { title: held.title, first, last, state });
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
fn rerun(experiment: &Experiment, analysis: &Analysis) -> Vec<String> {
    let versions = &analysis.report.provenance.data;
    let versions: Vec<String> = versions.iter().map(|(table, version)| format!("{table}={version}")).collect();
    vec![format!("paceline experiment show {} --format json --as-of {}", experiment.name, versions.join(","))]
}
