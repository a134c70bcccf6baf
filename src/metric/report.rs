//! Everything that is said of a metric: its numbers, what they are compared with, and whether they changed.
//!
//! One rule: command line and pages say what is in the report, and compute nothing of their own.

use super::compare::{Change, Reached, Spread, seen};
use super::facts::Facts;
use super::figures::{Figures, Measure, Summary};
use super::question::{Question, facts};
use super::teams::Teams;
use super::{Calendar, MetricError, Result, Window};
use crate::project::Statistic;
use crate::query::Engine;
use chrono::{DateTime, Utc};

pub use super::compare::Changed;

/// What a report compares with.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Compare {
    /// As many weeks before.
    pub previous: bool,
    /// The same period a year ago.
    pub year_ago: bool,
    /// The other teams.
    pub spread: bool,
    /// Instead of the target that the metric's header has.
    pub target: Option<f64>,
    /// Since when there are data.
    pub begin: Option<DateTime<Utc>>,
}

/// A metric over a window with what it is compared with.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    pub calendar: Calendar,
    pub window: Window,
    pub all: Figures,
    /// In the order of their names, the unknown last.
    pub groups: Vec<Group>,
    pub previous: Option<Earlier>,
    pub year_ago: Option<Earlier>,
    pub spread: Option<Spread>,
    pub target: Option<(f64, Reached)>,
    /// Said only when it did.
    pub changed: Option<Changed>,
    /// The facts of all windows that were read.
    pub facts: Facts,
}

/// The numbers of one group.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// One a dimension; `None` where it is unknown.
    pub names: Vec<Option<String>>,
    pub figures: Figures,
    pub previous: Option<Earlier>,
    pub year_ago: Option<Earlier>,
}

impl Group {
    /// The names, the unknown and the empty as a dash.
    pub fn titles(&self) -> Vec<String> {
        let title = |name: &Option<String>| name.as_deref().filter(|name| !name.is_empty()).unwrap_or("–").to_owned();
        self.names.iter().map(title).collect()
    }

    /// Whether any of its dimensions is unknown.
    pub fn is_unknown(&self) -> bool {
        self.names.iter().any(|name| name.as_deref().is_none_or(str::is_empty))
    }
}

/// An earlier period, and the change since.
#[derive(Clone, Debug, PartialEq)]
pub struct Earlier {
    pub window: Window,
    pub summary: Summary,
    pub change: Change,
}

/// Reads the facts of a question once, for all of its windows, and says what they come to.
///
/// # Errors
/// [`MetricError`].
pub async fn report(engine: &Engine, question: &Question<'_>, calendar: Calendar, compare: &Compare) -> Result<Report> {
    let metric = question.metric;
    let measure = Measure { metric: &metric.name, header: &metric.header, calendar };
    let window = told(question.window, compare.begin, calendar);
    let question = &Question { window, ..question.clone() };
    let before = |wanted: bool, earlier: Window| seen(earlier, compare.begin, &measure).filter(|_| wanted);
    let previous = before(compare.previous, previous(&measure, &window));
    let year_ago = before(compare.year_ago, window.year_before(calendar));
    let read = previous.iter().chain(&year_ago).fold(window, |read, earlier| read.with(earlier));
    let facts = facts(engine, &Question { window: read, ..question.clone() }).await?;

    let all = measure.figures(&facts, &window)?;
    let of_all = |earlier: &Option<Window>| -> Result<Option<Earlier>> {
        let Some(earlier) = earlier else { return Ok(None) };
        let summary = measure.figures(&facts, earlier)?.summary;
        compared(&measure, &all.summary, *earlier, summary).map(Some)
    };
    let (to_previous, to_year_ago) = (of_all(&previous)?, of_all(&year_ago)?);
    let groups = groups(&measure, &facts, window, &previous, &year_ago)?;
    let spread = if compare.spread { spread(engine, question, &measure).await? } else { None };
    let target = compare.target.or(metric.header.target);
    let target = target.map(|target| (target, Reached::of(&metric.header, &all.summary.estimate, target)));
    let changed = Changed::within(&measure, &all.series)?;
    Ok(Report {
        calendar,
        window,
        all,
        groups,
        previous: to_previous,
        year_ago: to_year_ago,
        spread,
        target,
        changed,
        facts,
    })
}

/// A window without the grains before the data: nothing was seen in them, which is not zero.
fn told(window: Window, begin: Option<DateTime<Utc>>, calendar: Calendar) -> Window {
    let from = begin.map_or(window.from, |begin| window.from.max(calendar.start_of(begin)));
    Window { from: from.min(window.to), ..window }
}

/// The weeks before. Who is counted once is counted over as much time: in a week that is not over there are fewer.
fn previous(measure: &Measure<'_>, window: &Window) -> Window {
    match measure.header.statistic {
        Statistic::Distinct => window.weeks_earlier(measure.calendar.zone),
        _ => window.before(measure.calendar.zone),
    }
}

fn compared(measure: &Measure<'_>, now: &Summary, window: Window, summary: Summary) -> Result<Earlier> {
    let change = Change::of(measure, now, &summary)?;
    Ok(Earlier { window, summary, change })
}

fn groups(
    measure: &Measure<'_>,
    facts: &Facts,
    window: Window,
    previous: &Option<Window>,
    year_ago: &Option<Window>,
) -> Result<Vec<Group>> {
    let Some(groups) = &facts.groups else { return Ok(Vec::new()) };
    let earlier = |window: &Option<Window>| -> Result<Option<(Window, Vec<Figures>)>> {
        let Some(window) = window else { return Ok(None) };
        Ok(Some((*window, measure.figures_by_group(facts, window)?)))
    };
    let (previous, year_ago) = (earlier(previous)?, earlier(year_ago)?);
    let mut all = Vec::new();
    for (place, figures) in measure.figures_by_group(facts, &window)?.into_iter().enumerate() {
        let to = |earlier: &Option<(Window, Vec<Figures>)>| -> Result<Option<Earlier>> {
            let Some((window, earlier)) = earlier else { return Ok(None) };
            compared(measure, &figures.summary, *window, earlier[place].summary.clone()).map(Some)
        };
        let (previous, year_ago) = (to(&previous)?, to(&year_ago)?);
        all.push(Group { names: groups.names[place].clone(), figures, previous, year_ago });
    }
    Ok(all)
}

/// The other teams of the same level, or all that rows name.
async fn spread(engine: &Engine, question: &Question<'_>, measure: &Measure<'_>) -> Result<Option<Spread>> {
    if !measure.header.dimensions.iter().any(|it| it == "team") {
        return Ok(None);
    }
    let this = question.only.iter().find(|(dimension, _)| *dimension == "team").map(|(_, team)| *team);
    let failed = |source| MetricError::Query { metric: measure.metric.to_owned(), source };
    let level = match this {
        Some(team) => Some(Teams::read(engine, &question.scope).await.map_err(failed)?.level(team)),
        None => question.level,
    };
    let only = question.only.iter().copied().filter(|(dimension, _)| *dimension != "team").collect();
    let others = Question { by: vec!["team"], only, level, ..question.clone() };
    let facts = facts(engine, &others).await?;
    let Some(groups) = &facts.groups else { return Ok(None) };
    let figures = measure.figures_by_group(&facts, &question.window)?;
    let named = figures.iter().enumerate().filter_map(|(group, figures)| Some((groups.name(group)?, figures)));
    let named: Vec<(&str, &Figures)> = named.collect();
    Ok(Spread::of(&named, this))
}
