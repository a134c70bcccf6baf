//! Experiments as other pages tell of them: in a digest, on a line over time.

use super::gathered;
use crate::chart::{Annotation, Tone};
use crate::digest;
use crate::experiment;
use crate::project::UnitKind;
use crate::web::App;
use crate::web::analyses::{Subject, analysis};
use crate::web::error::PageError;
use crate::web::view::View;
use chrono::{NaiveDate, TimeDelta};

/// The first and the last day of a view.
fn days(view: &View) -> (NaiveDate, NaiveDate) {
    let last = view.window.to - TimeDelta::microseconds(1);
    (view.window.from.with_timezone(&view.zone).date_naive(), last.with_timezone(&view.zone).date_naive())
}

/// Experiments that ran in the period, with what is said of them.
pub(in crate::web) async fn of_period(app: &App, view: &View) -> Result<Vec<digest::Experiment>, PageError> {
    let (first, last) = days(view);
    let mut told = Vec::new();
    for subject in Subject::all(app) {
        let Some(analysis) = analysis(app, &subject, view.now).await? else { continue };
        let listed = gathered::listed(&subject, Some(&analysis), view.now.date_naive())?;
        let ran = listed.first.zip(listed.last).is_some_and(|(begun, ended)| begun <= last && ended >= first);
        if !ran || !is_about(app, view, &subject).await? {
            continue;
        }
        let decision = &analysis.report.decision;
        told.push(digest::Experiment {
            title: listed.title,
            tone: match decision.word.is_good() {
                Some(true) => Tone::Good,
                Some(false) => Tone::Bad,
                None => Tone::Neutral,
            },
            status: decision.word.words().to_lowercase(),
            sentence: decision.reasons.join(" "),
            path: Some(format!("/experiments/{}", listed.name)),
        });
    }
    Ok(told)
}

/// The days of experiments on what is in view, for a line over time.
pub(in crate::web) async fn on_a_line(app: &App, view: &View) -> Result<Vec<Annotation>, PageError> {
    let (first, last) = days(view);
    let mut all = Vec::new();
    for subject in Subject::all(app) {
        let Subject::Experiment(file) = &subject else { continue };
        let events = experiment::events(&app.engine, &file.name).await?;
        let Some(held) = experiment::held(&file.name, &events)? else { continue };
        let (begun, ended) = (held.schedule.start, held.schedule.end);
        if begun <= last && ended >= first && is_about(app, view, &subject).await? {
            all.push(Annotation { from: begun.max(first), to: Some(ended.min(last)), label: held.title.clone() });
        }
    }
    Ok(all)
}

/// Whether it is on what is in view: its teams are, or it is a roll-out or on something else than teams.
async fn is_about(app: &App, view: &View, subject: &Subject) -> Result<bool, PageError> {
    let Subject::Experiment(file) = subject else { return Ok(true) };
    if file.assignment.drawn() != UnitKind::Team {
        return Ok(true);
    }
    let assigned = experiment::assignments(&app.engine, &file.name).await?;
    let is_seen = |team: &str| match view.team() {
        Some(seen) => view.teams().below(seen).contains(team),
        None => view.teams().names().any(|it| it == team),
    };
    Ok(assigned.iter().any(|it| is_seen(&it.unit)))
}
