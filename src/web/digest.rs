//! The digest of what is looked at: the marks of `dashboards/digest.md` as numbers and words, for a mail, a sheet and Slack.
//!
//! One rule: it says what the pages say. Figures are those under the file's headings, each with its page.

use super::App;
use super::error::PageError;
use super::figures::{Figures, figures};
use super::marks::change_words;
use super::pages::experiments;
use super::view::{Parameters, View};
use crate::chart::Tone;
use crate::digest::{Change, Digest, Figure, Group, Period, Point};
use crate::project::{Better, Block, Dashboard, Mark, Reference};
use chrono::{Days, NaiveDate, TimeDelta};

/// The file that says what is in it.
pub(super) const FILE: &str = "digest";

/// What a digest is about.
#[derive(Clone, Debug, Default)]
pub struct DigestOf {
    /// One source instead of all real ones.
    pub source: Option<String>,
    /// One team and those below it.
    pub team: Option<String>,
    /// Instead of what the file says.
    pub weeks: Option<u32>,
    /// The last day, instead of that of the data.
    pub to: Option<NaiveDate>,
    /// Where the pages are, for links.
    pub server: Option<String>,
}

/// Why there is no digest.
#[derive(Debug, thiserror::Error)]
#[error("no digest: {0}")]
pub struct DigestError(String);

/// The digest of a team or of everybody.
///
/// # Errors
/// [`DigestError`] without data, for a team that no source tells of, and with what reading says.
pub async fn digest(app: &App, of: &DigestOf) -> Result<Digest, DigestError> {
    let failed = |error: PageError| DigestError(error.to_string());
    let dashboard = dashboard(app).map_err(failed)?;
    let parameters = Parameters::try_from(of.pairs(dashboard.weeks)).map_err(DigestError)?;
    let view = View::new(app, &parameters, dashboard.weeks).await.map_err(failed)?;
    if let Some(problem) = view.problems().next() {
        return Err(DigestError(problem));
    }
    if !view.has_data() {
        return Err(DigestError("nothing is collected yet; run paceline collect first".to_owned()));
    }
    let digest = filled(app, &view, dashboard).await.map_err(failed)?;
    Ok(Digest { server: of.server.clone(), ..digest })
}

impl DigestOf {
    fn pairs(&self, weeks: u32) -> Vec<(String, String)> {
        let mut pairs = Vec::new();
        pairs.extend(self.source.clone().map(|source| ("source", source)));
        pairs.extend(self.team.clone().map(|team| ("team", team)));
        let days = Days::new(u64::from(7 * self.weeks.unwrap_or(weeks)) - 1);
        match self.to.and_then(|to| Some((to.checked_sub_days(days)?, to))) {
            Some((from, to)) => pairs.extend([("from", from.to_string()), ("to", to.to_string())]),
            None => pairs.extend(self.weeks.map(|weeks| ("weeks", weeks.to_string()))),
        }
        pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }
}

/// The file of the project, or the built-in one.
pub(super) fn dashboard(app: &App) -> Result<&Dashboard, PageError> {
    app.engine.project().dashboards.get(FILE).ok_or_else(|| PageError::NotFound(format!("dashboards/{FILE}.md")))
}

/// The digest of a view.
pub(super) async fn filled(app: &App, view: &View, dashboard: &Dashboard) -> Result<Digest, PageError> {
    let mut groups: Vec<Group> = vec![Group::default()];
    let mut changed = String::new();
    for block in &dashboard.blocks {
        match block {
            Block::Prose(prose) => {
                groups.extend(heading(&prose.text).map(|title| Group { title, figures: Vec::new() }))
            }
            Block::Mark(Mark::Changes { metrics }, _) => {
                changed = change_words(app, view, metrics).await?.unwrap_or_default();
            }
            Block::Mark(Mark::Metrics { metrics }, _) => {
                let figures = of_metrics(app, view, metrics).await?;
                groups.iter_mut().rev().take(1).for_each(|group| group.figures.extend(figures.iter().cloned()));
            }
            // The others are for a page.
            Block::Mark(..) | Block::Broken(_) => {}
        }
    }
    groups.retain(|group| !group.figures.is_empty());
    let late = view.late_sources();
    let notes = late.iter().map(|source| format!("The newest run of {source} failed: its figures may be behind."));
    Ok(Digest {
        title: dashboard.title.clone(),
        scope: view.subject(),
        period: period(view),
        changed,
        groups,
        experiments: experiments::of_period(app, view).await?,
        notes: notes.collect(),
        server: None,
        path: Some(format!("/{FILE}{}", view.same_query())),
        produced: format!(
            "Paceline {}, data through {}",
            env!("CARGO_PKG_VERSION"),
            view.through().unwrap_or_else(|| "nowhere yet".to_owned())
        ),
    })
}

fn period(view: &View) -> Period {
    let day = |at: chrono::DateTime<chrono::Utc>| at.with_timezone(&view.zone).date_naive();
    Period {
        words: view.period.words(),
        first: day(view.window.from),
        last: day(view.window.to - TimeDelta::microseconds(1)),
    }
}

/// The heading that a text ends with.
fn heading(text: &str) -> Option<String> {
    let line = text.lines().rev().find(|line| line.starts_with('#'))?;
    Some(line.trim_start_matches('#').trim().to_owned())
}

async fn of_metrics(app: &App, view: &View, metrics: &[Reference]) -> Result<Vec<Figure>, PageError> {
    let mut all = Vec::new();
    for reference in metrics {
        let figures = figures(app, view, &reference.metric).await?;
        if figures.is_collected() {
            all.push(figure(&figures, view));
        }
    }
    Ok(all)
}

fn figure(figures: &Figures, view: &View) -> Figure {
    let estimate = &figures.summary.estimate;
    let point = |(point, value): (&crate::metric::Point, Option<f64>)| Point {
        at: figures.day(point),
        value,
        low: point.estimate.interval.map(|it| it.low),
        high: point.estimate.interval.map(|it| it.high),
    };
    Figure {
        title: figures.metric.header.title.clone(),
        value: estimate.value,
        unit: figures.unit(),
        caption: figures.caption(),
        interval: estimate.interval.map(|it| (it.low, it.high)),
        n: Some(estimate.n),
        change: change(figures),
        series: figures.drawn().map(point).collect(),
        target: figures.target.map(|(target, _)| target),
        path: Some(format!("/metrics/{}{}", figures.metric.name, view.same_query())),
        missing: figures.missing().to_owned(),
    }
}

fn change(figures: &Figures) -> Option<Change> {
    let (tone, size) = figures.judged().ok()?;
    let is_neither = figures.metric.header.better == Better::Neither;
    let word = match tone {
        None => "no clear change",
        Some(_) if is_neither => "changed",
        Some(tone) => tone.word(),
    };
    Some(Change { tone: tone.unwrap_or(Tone::Neutral), word: word.to_owned(), size })
}
