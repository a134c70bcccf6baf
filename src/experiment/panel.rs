//! One figure a team and period: the experiment's panel, in polars.

use super::assignment::{midnight, team_sizes};
use super::{ExperimentError, Result};
use crate::metric::{self, Facts, Measure, MetricError, Question, Values, Window};
use crate::project::{Experiment, Metric, Statistic};
use crate::query::{Engine, QueryError, Scope};
use arrow::array::RecordBatch;
use chrono::Days;
use polars::prelude::*;
use std::collections::BTreeMap;

/// How a metric's rows become a team's figure, and how two figures are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// Mean of logs: effects are ratios of geometric means. For durations.
    LogMean,
    /// Log of rows per engineer-week: effects are ratios of rates.
    LogRate,
    /// Mean, share or ratio as it is: effects are differences, shown relative to the control's mean.
    Linear,
}

impl Scale {
    /// The scale for a metric.
    pub fn of(metric: &Metric) -> Scale {
        match metric.header.statistic {
            Statistic::Count => Scale::LogRate,
            Statistic::GeometricMean => Scale::LogMean,
            Statistic::Mean | Statistic::Quantile(_) if metric.header.unit == "hours" => Scale::LogMean,
            _ => Scale::Linear,
        }
    }

    /// What is estimated, in words.
    pub fn words(self) -> &'static str {
        match self {
            Scale::LogMean => "ratio of geometric means",
            Scale::LogRate => "ratio of rates per engineer-week",
            Scale::Linear => "difference relative to the control's mean",
        }
    }
}

/// A metric by team, before the start and during the experiment, on its [`Scale`].
#[derive(Clone, Debug, Default)]
pub(super) struct Panel {
    pub before: BTreeMap<String, f64>,
    pub during: BTreeMap<String, f64>,
    /// Rows behind `during`.
    pub rows: u64,
    /// The values behind `during`, by team, for showing their distribution.
    pub values: BTreeMap<String, Vec<f64>>,
}

/// Reads both periods of a metric.
pub(super) async fn read(engine: &Engine, experiment: &Experiment, metric: &Metric) -> Result<Panel> {
    let (before, during) = windows(experiment);
    let sizes = team_sizes(engine, experiment.schedule.start).await?;
    let scale = Scale::of(metric);
    let earlier = facts(engine, metric, before).await?;
    let facts = facts(engine, metric, during).await?;
    let panel = |facts: &Facts, window: Window| -> Result<BTreeMap<String, f64>> {
        if let Some(figures) = whole_figures(metric, facts, window)? {
            return Ok(figures);
        }
        let failed = |source| ExperimentError::Panel { experiment: experiment.name.clone(), source };
        by_team(facts, scale, &sizes, window).map_err(failed)
    };
    Ok(Panel {
        before: panel(&earlier, before)?,
        during: panel(&facts, during)?,
        rows: facts.len() as u64,
        values: values(&facts),
    })
}

/// A metric over the history before the start, by team in the order given. A team without a figure gets the middle one, so
/// that it can be put into a stratum.
pub(super) async fn history(
    engine: &Engine,
    experiment: &Experiment,
    metric: &str,
    teams: &[String],
) -> Result<Vec<f64>> {
    let Some(metric) = engine.project().metrics.get(metric) else {
        let problem = "no such metric".to_owned();
        return Err(MetricError::Facts { metric: metric.to_owned(), problem }.into());
    };
    let (before, _) = windows(experiment);
    let sizes = team_sizes(engine, experiment.schedule.start).await?;
    let failed = |source| ExperimentError::Panel { experiment: experiment.name.clone(), source };
    let facts = facts(engine, metric, before).await?;
    let figures = match whole_figures(metric, &facts, before)? {
        Some(figures) => figures,
        None => by_team(&facts, Scale::of(metric), &sizes, before).map_err(failed)?,
    };
    let mut known: Vec<f64> = figures.values().copied().collect();
    known.sort_by(f64::total_cmp);
    let middle = known.get(known.len() / 2).copied().unwrap_or_default();
    Ok(teams.iter().map(|team| figures.get(team).copied().unwrap_or(middle)).collect())
}

fn windows(experiment: &Experiment) -> (Window, Window) {
    let schedule = &experiment.schedule;
    let start = midnight(schedule.start);
    let history = Days::new(u64::from(schedule.history_days));
    let before = Window { from: start.checked_sub_days(history).unwrap_or(start), to: start };
    let end = midnight(schedule.end) + chrono::Duration::days(1);
    (before, Window { from: start, to: end })
}

async fn facts(engine: &Engine, metric: &Metric, window: Window) -> Result<Facts> {
    let all = Question::of(metric, Scope::default(), window);
    Ok(metric::facts(engine, &Question { by: vec!["team"], homes: true, ..all }).await?)
}

/// One figure a team where rows do not add up to one: people who are counted once, what is open on average, survival.
fn whole_figures(metric: &Metric, facts: &Facts, window: Window) -> Result<Option<BTreeMap<String, f64>>> {
    let statistic = metric.header.statistic;
    if !matches!(statistic, Statistic::Distinct | Statistic::TimeAverage | Statistic::Survival) {
        return Ok(None);
    }
    let figures = Measure::of(&metric.name, &metric.header).figures_by_group(facts, &window)?;
    let teams = figures.into_iter().enumerate().filter_map(|(group, figures)| {
        let team = facts.groups.as_ref()?.name(group)?;
        Some((team.to_owned(), figures.summary.estimate.value?))
    });
    Ok(Some(teams.collect()))
}

/// The known numbers of each team, the smallest first.
fn values(facts: &Facts) -> BTreeMap<String, Vec<f64>> {
    let mut values: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    if let (Some(groups), Values::Numbers(numbers)) = (&facts.groups, &facts.values) {
        for part in groups.entries() {
            if let (Some(team), Some(value)) = (groups.name(part.group as usize), numbers.get(part.row as usize)) {
                values.entry(team.to_owned()).or_default().push(value);
            }
        }
    }
    values.values_mut().for_each(|values| values.sort_unstable_by(f64::total_cmp));
    values
}

/// Aggregates rows to one figure a team.
fn by_team(
    facts: &Facts,
    scale: Scale,
    sizes: &BTreeMap<String, i64>,
    window: Window,
) -> PolarsResult<BTreeMap<String, f64>> {
    let mut rows: Vec<(&str, f64, f64)> = Vec::new();
    for part in facts.groups.iter().flat_map(|groups| groups.entries()) {
        let row = part.row as usize;
        let pair = match &facts.values {
            // A duration of zero has no logarithm; such rows are left out.
            Values::Numbers(all) if scale == Scale::LogMean => {
                all.get(row).filter(|value| *value > 0.0).map(|value| (value.ln(), 1.0))
            }
            Values::Numbers(all) => all.get(row).map(|value| (value, 1.0)),
            Values::Pairs(numerators, denominators) => numerators.get(row).zip(denominators.get(row)),
            Values::Rows | Values::Keys(_) | Values::Ends(_) => Some((1.0, 1.0)),
        };
        let team = facts.groups.as_ref().and_then(|groups| groups.name(part.group as usize));
        rows.extend(team.zip(pair).map(|(team, (numerator, denominator))| (team, numerator, denominator)));
    }
    // Sums over the rows have one order and one last digit.
    rows.sort_unstable_by(|a, b| a.0.cmp(b.0).then(a.1.total_cmp(&b.1)).then(a.2.total_cmp(&b.2)));
    let teams: Vec<&str> = rows.iter().map(|row| row.0).collect();
    let numerators: Vec<f64> = rows.iter().map(|row| row.1).collect();
    let denominators: Vec<f64> = rows.iter().map(|row| row.2).collect();
    let rows = df!("team" => teams, "numerator" => numerators, "denominator" => denominators)?;
    let figure = match scale {
        Scale::LogMean => col("numerator").mean(),
        Scale::LogRate => col("numerator").sum(),
        Scale::Linear => col("numerator").sum() / col("denominator").sum(),
    };
    let panel = rows
        .lazy()
        .group_by([col("team")])
        .agg([figure.alias("figure")])
        .sort(["team"], Default::default())
        .collect()?;
    let weeks = (window.to - window.from).num_hours() as f64 / (7.0 * 24.0);
    let teams = panel.column("team")?.str()?.iter();
    let figures = panel.column("figure")?.f64()?.iter();
    let all = teams.zip(figures).filter_map(|(team, figure)| {
        let (team, figure) = (team?, figure?);
        let figure = match scale {
            Scale::LogRate => (figure / (*sizes.get(team)? as f64 * weeks)).ln(),
            _ => figure,
        };
        figure.is_finite().then(|| (team.to_owned(), figure))
    });
    Ok(all.collect())
}

/// Runs SQL of ours over all sources.
pub(super) async fn collect(engine: &Engine, sql: &str) -> Result<Vec<RecordBatch>> {
    let session = engine.session(&Scope::default()).await?;
    let read = async { session.sql(sql).await?.collect().await };
    Ok(read.await.map_err(QueryError::from)?)
}
