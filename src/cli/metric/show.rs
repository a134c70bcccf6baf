//! `paceline metric show`

use super::find;
use super::part::{Part, once};
use super::table::table;
use crate::ambient::Ambient;
use crate::metric::{self, Calendar, Compare, Question, Report};
use crate::project::{Grain, Metric, Project, closest};
use crate::query::Engine;
use anyhow::bail;
use arrow::array::RecordBatch;
use clap::{Args, ValueEnum};

#[derive(Debug, Args)]
pub(in crate::cli) struct Show {
    /// Name, as `paceline metric list` prints it
    #[arg(required_unless_present = "all")]
    name: Option<String>,
    /// Every metric; those that have none of the dimensions are left out
    #[arg(long, conflicts_with = "name")]
    all: bool,
    /// Period of one number [default: the metric's own]
    #[arg(long)]
    grain: Option<GrainName>,
    /// Cut by a dimension: one row each for the whole window; may be given several times
    #[arg(long, value_name = "DIMENSION", value_delimiter = ',')]
    by: Vec<String>,
    /// With --by: also each period of each group
    #[arg(long, requires = "by")]
    series: bool,
    /// With --by team: teams of this depth, 1 at the top
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=100))]
    level: Option<u32>,
    /// Compare with the weeks before, a year ago, and the other teams
    #[arg(long)]
    compare: bool,
    #[command(flatten)]
    pub(super) part: Part,
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

impl Show {
    pub(super) async fn batch(&self, engine: &Engine, ambient: &Ambient) -> anyhow::Result<RecordBatch> {
        let looked = self.part.look(engine, ambient).await?;
        let metrics = self.metrics(engine.project())?;
        for metric in &metrics {
            self.part.asked.say_versions(engine, &looked.scope, &metric.sql).await?;
            self.part.asked.say_definition(metric);
        }
        let by: Vec<&str> = self.by.iter().map(String::as_str).collect();
        once(by.iter().copied())?;
        if self.level.is_some() && !by.contains(&"team") {
            bail!("--level says how deep the teams of --by team are; add --by team");
        }
        let compare = Compare {
            previous: self.compare,
            year_ago: self.compare,
            spread: self.compare,
            target: None,
            begin: Some(looked.span.from),
        };
        let level = self.level.map(|level| level as usize);
        let mut reports: Vec<(&Metric, Report)> = Vec::new();
        for metric in metrics {
            let calendar = Calendar { grain: self.grain.map_or(metric.header.grain, Grain::from), zone: looked.zone };
            let question = Question { by: by.clone(), level, ..looked.question(metric) };
            let mut report = metric::report(engine, &question, calendar, &compare).await?;
            // The next metric's facts may need the memory.
            report.facts = metric::Facts::default();
            notes(metric, &report).iter().for_each(|note| eprintln!("{note}"));
            reports.push((metric, report));
        }
        table(&reports, &by, self.all, self.series, self.compare)
    }

    fn metrics<'e>(&self, project: &'e Project) -> anyhow::Result<Vec<&'e Metric>> {
        if let Some(name) = &self.name {
            return Ok(vec![find(project, name)?]);
        }
        let needed = self.by.iter().chain(self.part.only.iter().map(|(dimension, _)| dimension));
        let mut needed: Vec<&str> = needed.map(String::as_str).collect();
        needed.extend(self.part.team.as_ref().map(|_| "team"));
        let has = |metric: &&Metric| needed.iter().all(|it| metric.header.dimensions.iter().any(|has| has == it));
        let metrics: Vec<&Metric> = project.metrics.values().filter(has).collect();
        if metrics.is_empty() {
            let all = project.metrics.values().flat_map(|metric| &metric.header.dimensions);
            let all: Vec<&str> = all.map(String::as_str).collect();
            let wrong = needed.iter().find_map(|name| closest(name, &all).filter(|meant| meant != name));
            let meant = wrong.map_or_else(String::new, |meant| format!("; did you mean {meant}?"));
            bail!("no metric can be cut by {}{meant}", needed.join(" and "));
        }
        Ok(metrics)
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
