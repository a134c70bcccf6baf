//! Which rows of a metric a command asks for: of what time, team, source and versions of the tables.

use crate::ambient::Ambient;
use crate::cli::as_of::Asked;
use crate::metric::{self, Question, Teams, Window};
use crate::project::{Metric, closest};
use crate::query::{Engine, Scope};
use anyhow::anyhow;
use chrono::{DateTime, Datelike, NaiveDate, TimeDelta, Utc};
use chrono_tz::Tz;
use clap::Args;
use std::collections::BTreeSet;

#[derive(Debug, Args)]
pub(super) struct Part {
    /// Weeks up to the newest data
    #[arg(long, default_value_t = 26, value_parser = clap::value_parser!(u32).range(1..=1_040))]
    weeks: u32,
    /// First day, instead of weeks
    #[arg(long, value_name = "DAY", value_parser = day, requires = "to", conflicts_with = "weeks")]
    from: Option<NaiveDate>,
    /// Last day
    #[arg(long, value_name = "DAY", value_parser = day, requires = "from")]
    to: Option<NaiveDate>,
    /// Only rows where a dimension has a value; may be given several times
    #[arg(long, value_name = "DIMENSION=VALUE", value_parser = pair)]
    pub only: Vec<(String, String)>,
    /// Only this team and all below it
    #[arg(long)]
    pub team: Option<String>,
    /// Only this source [default: all real ones, or a simulated one where nothing is real]
    #[arg(long)]
    source: Option<String>,
    #[command(flatten)]
    pub asked: Asked,
}

/// What was asked for, with the days of the team that it is about.
pub(super) struct Looked<'p> {
    pub scope: Scope,
    pub zone: Tz,
    pub window: Window,
    /// All of the data.
    pub span: Window,
    only: Vec<(&'p str, &'p str)>,
}

impl Part {
    pub async fn look(&self, engine: &Engine, ambient: &Ambient) -> anyhow::Result<Looked<'_>> {
        let scope = scope(engine, self.source.as_deref())?;
        let mut only: Vec<(&str, &str)> =
            self.only.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        only.extend(self.team.as_deref().map(|team| ("team", team)));
        once(only.iter().map(|(dimension, _)| *dimension))?;
        let team = only.iter().find(|(dimension, _)| *dimension == "team").map(|(_, team)| *team);
        if let Some(team) = team {
            check_team(&Teams::read(engine, &scope).await?, team)?;
        }
        let span = metric::data_span(engine, &scope, ambient.now()).await?;
        let span = span.ok_or_else(|| {
            anyhow!("the sources {} brought nothing yet", scope.sources.clone().unwrap_or_default().join(", "))
        })?;
        let zone = engine.zone(&scope, team, span.to).await?;
        let window = match self.from.zip(self.to) {
            Some((first, last)) if first > last => anyhow::bail!("the first day {first} is after the last, {last}"),
            Some((first, last)) => {
                let heard = if self.asked.is_past() { None } else { heard_until(engine, &scope, ambient.now())? };
                within(Window::days(first, last, zone), &span, heard.map_or(span.to, |heard| heard.max(span.to)), zone)?
            }
            None => Window::weeks_to(span.to, self.weeks, zone).since(span.from, zone),
        };
        Ok(Looked { scope, zone, window, span, only })
    }
}

/// When the newest run of a scope's sources began that did not fail.
fn heard_until(engine: &Engine, scope: &Scope, now: DateTime<Utc>) -> anyhow::Result<Option<DateTime<Utc>>> {
    let catalogue = engine.catalogue()?;
    let is_meant = |source: &String| scope.sources.as_ref().is_none_or(|sources| sources.contains(source));
    let heard = catalogue.collectors(now).filter(|it| is_meant(&it.origin.source));
    Ok(heard.filter_map(|it| it.complete_until).max())
}

/// Days of which something can be known: after the sources were last heard nothing was seen, which is not zero.
fn within(window: Window, span: &Window, heard: DateTime<Utc>, zone: Tz) -> anyhow::Result<Window> {
    let day = |moment: DateTime<Utc>| moment.with_timezone(&zone).format("%Y-%m-%d");
    if window.to <= span.from || window.from > heard {
        anyhow::bail!("nothing is known of these days; the data are of {} to {}", day(span.from), day(span.to));
    }
    Ok(Window { to: window.to.min(heard + TimeDelta::microseconds(1)), ..window })
}

impl<'p> Looked<'p> {
    /// The question about a metric.
    pub fn question(&self, metric: &'p Metric) -> Question<'p> {
        Question { only: self.only.clone(), ..Question::of(metric, self.scope.clone(), self.window) }
    }
}

/// The scope of a source, or the usual one.
pub(in crate::cli) fn scope(engine: &Engine, source: Option<&str>) -> anyhow::Result<Scope> {
    let catalogue = engine.catalogue()?;
    let scope = catalogue.scope(source);
    if let (Some(source), Some([])) = (source, scope.sources.as_deref()) {
        let names: Vec<&str> = catalogue.origins.iter().map(|origin| origin.source.as_str()).collect();
        let meant = closest(source, &names).map_or_else(String::new, |meant| format!("; did you mean {meant}?"));
        anyhow::bail!("no source {source}; there are {}{meant}", names.join(", "));
    }
    Ok(scope)
}

/// Refuses a dimension that is named twice: no row has two values of one.
pub(super) fn once<'n>(names: impl IntoIterator<Item = &'n str>) -> anyhow::Result<()> {
    let mut seen = BTreeSet::new();
    match names.into_iter().find(|name| !seen.insert(*name)) {
        Some(name) => Err(anyhow!("{name} is asked for twice; name it once")),
        None => Ok(()),
    }
}

/// A day, or what one looks like.
pub(super) fn day(text: &str) -> Result<NaiveDate, String> {
    let day: Option<NaiveDate> = text.parse().ok();
    day.filter(|day| (1970..=9999).contains(&day.year())).ok_or_else(|| "expected a day such as 2026-10-05".to_owned())
}

fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=').filter(|(dimension, _)| !dimension.is_empty()) {
        Some((dimension, value)) => Ok((dimension.to_owned(), value.to_owned())),
        None => Err("expected a dimension and a value, such as team=core".to_owned()),
    }
}

fn check_team(teams: &Teams, team: &str) -> anyhow::Result<()> {
    let names: Vec<&str> = teams.names().collect();
    if names.contains(&team) {
        return Ok(());
    }
    match closest(team, &names) {
        Some(meant) => anyhow::bail!("no team {team}; did you mean {meant}?"),
        None if names.is_empty() => anyhow::bail!("no team {team}; no source tells of teams"),
        None => anyhow::bail!("no team {team}; there are {}", names.join(", ")),
    }
}
