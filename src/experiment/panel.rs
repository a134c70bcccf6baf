//! One figure a team and period: the experiment's panel, in polars.

use super::assignment::{midnight, team_sizes};
use super::{ExperimentError, Result};
use crate::metric::{self, Facts, MetricError, Question, Values, Window};
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
            Statistic::Mean | Statistic::GeometricMean | Statistic::Quantile(_) if metric.header.unit == "hours" => {
                Scale::LogMean
            }
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
    let failed = |source| ExperimentError::Panel { experiment: experiment.name.clone(), source };
    let values = facts.by_group().into_iter().map(|(team, facts)| (team, facts.values.numbers())).collect();
    Ok(Panel {
        before: by_team(&earlier, scale, &sizes, before).map_err(failed)?,
        during: by_team(&facts, scale, &sizes, during).map_err(failed)?,
        rows: facts.at.len() as u64,
        values,
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
    let figures = by_team(&facts(engine, metric, before).await?, Scale::of(metric), &sizes, before).map_err(failed)?;
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
    let question = Question { metric, scope: Scope::default(), window, by: Some("team"), only: Vec::new() };
    Ok(metric::facts(engine, &question).await?)
}

/// Aggregates rows to one figure a team.
fn by_team(
    facts: &Facts,
    scale: Scale,
    sizes: &BTreeMap<String, i64>,
    window: Window,
) -> PolarsResult<BTreeMap<String, f64>> {
    let teams: Vec<Option<String>> = facts.groups.clone().unwrap_or_default();
    let (numerators, denominators): (Vec<Option<f64>>, Vec<Option<f64>>) = match &facts.values {
        // A duration of zero has no logarithm; such rows are left out.
        Values::Numbers(all) if scale == Scale::LogMean => {
            let log = |value: Option<f64>| value.filter(|value| *value > 0.0).map(f64::ln);
            (all.iter().map(|value| log(*value)).collect(), vec![Some(1.0); all.len()])
        }
        Values::Numbers(all) => (all.clone(), all.iter().map(|value| value.map(|_| 1.0)).collect()),
        Values::Pairs(all) => all.iter().map(|pair| (pair.map(|it| it.0), pair.map(|it| it.1))).unzip(),
        _ => (vec![Some(1.0); facts.at.len()], vec![Some(1.0); facts.at.len()]),
    };
    let rows = df!("team" => teams, "numerator" => numerators, "denominator" => denominators)?;
    let known = rows.lazy().filter(col("team").is_not_null().and(col("numerator").is_not_null()));
    let figure = match scale {
        Scale::LogMean => col("numerator").mean(),
        Scale::LogRate => col("numerator").sum(),
        Scale::Linear => col("numerator").sum() / col("denominator").sum(),
    };
    let panel =
        known.group_by([col("team")]).agg([figure.alias("figure")]).sort(["team"], Default::default()).collect()?;
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
