//! `paceline metric show`

use super::find;
use super::table::table;
use crate::ambient::Ambient;
use crate::metric::{self, Calendar, Compare, Question, Report, Teams, Window};
use crate::project::{Grain, Metric, closest};
use crate::query::{Engine, Scope};
use anyhow::anyhow;
use arrow::array::RecordBatch;
use chrono::NaiveDate;
use clap::{Args, ValueEnum};

#[derive(Debug, Args)]
pub(in crate::cli) struct Show {
    /// Name, as `paceline metric list` prints it
    #[arg(required_unless_present = "all")]
    name: Option<String>,
    /// Every metric; those that have none of the dimensions are left out
    #[arg(long, conflicts_with = "name")]
    all: bool,
    /// Weeks up to the newest data
    #[arg(long, default_value_t = 26, value_parser = clap::value_parser!(u32).range(1..=1_040))]
    weeks: u32,
    /// First day, instead of weeks
    #[arg(long, value_name = "DAY", requires = "to", conflicts_with = "weeks")]
    from: Option<NaiveDate>,
    /// Last day
    #[arg(long, value_name = "DAY", requires = "from")]
    to: Option<NaiveDate>,
    /// Period of one number [default: the metric's own]
    #[arg(long)]
    grain: Option<GrainName>,
    /// Cut by a dimension: one row each for the whole window; may be given several times
    #[arg(long, value_name = "DIMENSION", value_delimiter = ',')]
    by: Vec<String>,
    /// With --by: also each period of each group
    #[arg(long, requires = "by")]
    series: bool,
    /// Only rows where a dimension has a value; may be given several times
    #[arg(long, value_name = "DIMENSION=VALUE", value_parser = pair)]
    only: Vec<(String, String)>,
    /// Only this team and all below it
    #[arg(long)]
    team: Option<String>,
    /// With --by team: teams of this depth, 1 at the top
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=100))]
    level: Option<u32>,
    /// Compare with the weeks before, a year ago, and the other teams
    #[arg(long)]
    compare: bool,
    /// Only this source [default: all real ones, or a simulated one where nothing is real]
    #[arg(long)]
    source: Option<String>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum GrainName {
    Day,
    Week,
    Month,
    Quarter,
}

impl From<GrainName> for Grain {
    fn from(name: GrainName) -> Grain {
        match name {
            GrainName::Day => Grain::Day,
            GrainName::Week => Grain::Week,
            GrainName::Month => Grain::Month,
            GrainName::Quarter => Grain::Quarter,
        }
    }
}

fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((dimension, value)) => Ok((dimension.to_owned(), value.to_owned())),
        None => Err("expected a dimension and a value, such as team=core".to_owned()),
    }
}

impl Show {
    pub(super) async fn batch(&self, engine: &Engine, ambient: &Ambient) -> anyhow::Result<RecordBatch> {
        let scope = self.scope(engine)?;
        let by: Vec<&str> = self.by.iter().map(String::as_str).collect();
        let mut only: Vec<(&str, &str)> =
            self.only.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        only.extend(self.team.as_deref().map(|team| ("team", team)));
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
            Some((first, last)) => Window::days(first, last, zone),
            None => Window::weeks_to(span.to, self.weeks, zone).since(span.from, zone),
        };
        let compare = Compare {
            previous: self.compare,
            year_ago: self.compare,
            spread: self.compare,
            target: None,
            begin: Some(span.from),
        };
        let level = self.level.map(|level| level as usize);
        let mut reports: Vec<(&Metric, Report)> = Vec::new();
        for metric in self.metrics(engine)? {
            let calendar = Calendar { grain: self.grain.map_or(metric.header.grain, Grain::from), zone };
            let (by, only) = (by.clone(), only.clone());
            let question = Question { by, only, level, ..Question::of(metric, scope.clone(), window) };
            let mut report = metric::report(engine, &question, calendar, &compare).await?;
            // The next metric's facts may need the memory.
            report.facts = metric::Facts::default();
            notes(metric, &report).iter().for_each(|note| eprintln!("{note}"));
            reports.push((metric, report));
        }
        table(&reports, &by, self.all, self.series, self.compare)
    }

    fn metrics<'e>(&self, engine: &'e Engine) -> anyhow::Result<Vec<&'e Metric>> {
        let project = engine.project();
        if let Some(name) = &self.name {
            return Ok(vec![find(project, name)?]);
        }
        let needed = self.by.iter().chain(self.only.iter().map(|(dimension, _)| dimension));
        let mut needed: Vec<&str> = needed.map(String::as_str).collect();
        needed.extend(self.team.as_ref().map(|_| "team"));
        let has = |metric: &&Metric| needed.iter().all(|it| metric.header.dimensions.iter().any(|has| has == it));
        Ok(project.metrics.values().filter(has).collect())
    }

    fn scope(&self, engine: &Engine) -> anyhow::Result<Scope> {
        let catalogue = engine.catalogue()?;
        let scope = catalogue.scope(self.source.as_deref());
        if let (Some(source), Some([])) = (&self.source, scope.sources.as_deref()) {
            let names: Vec<&str> = catalogue.origins.iter().map(|origin| origin.source.as_str()).collect();
            let meant = closest(source, &names).map_or_else(String::new, |meant| format!("; did you mean {meant}?"));
            anyhow::bail!("no source {source}; there are {}{meant}", names.join(", "));
        }
        Ok(scope)
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

/// What is said beside the numbers.
fn notes(metric: &Metric, report: &Report) -> Vec<String> {
    let mut notes = Vec::new();
    let name = &metric.name;
    if let Some((target, reached)) = report.target {
        notes.push(format!("{name}: target {target}: {}", reached.words()));
    }
    if let Some(changed) = report.changed {
        let since = changed.since.with_timezone(&report.calendar.zone).format("%Y-%m-%d");
        let grain = metric::grain_word(report.calendar.grain);
        notes.push(format!(
            "{name}: changed since the {grain} of {since}: from {} to {}",
            changed.before, changed.after
        ));
    }
    if let Some(spread) = &report.spread {
        let [low, middle, high] = spread.quartiles;
        let above = spread.above.map(|above| format!("; {:.0} % of the others have less", above * 100.0));
        let teams = spread.teams;
        notes
            .push(format!("{name}: quartiles over {teams} teams {low}, {middle}, {high}{}", above.unwrap_or_default()));
    }
    notes
}
