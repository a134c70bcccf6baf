//! `paceline metric`

mod explain;
mod refresh;
mod rows;

use super::as_of::Asked;
use super::{Global, output};
use crate::ambient::Ambient;
use crate::metric::{self, Question, Window};
use crate::project::{Metric, Project, closest};
use crate::query::{Engine, Scope};
use crate::stats::Estimate;
use anyhow::anyhow;
use arrow::array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray};
use clap::{Args, Subcommand};
use std::process::ExitCode;
use std::sync::Arc;

#[derive(Debug, Subcommand)]
pub(super) enum MetricAction {
    /// Every metric with its unit and statistic
    List,
    /// One metric over time, with n and a 95 % interval
    Show(Show),
    /// How a number comes about, in words and SQL
    Explain(explain::Explain),
    /// The rows behind a number, each with its page at the source
    Rows(rows::Rows),
    /// Keep the facts of every metric as files, or bring them up to date
    Refresh(refresh::Refresh),
}

#[derive(Debug, Args)]
pub(super) struct Show {
    /// Name, as `paceline metric list` prints it
    name: String,
    /// Weeks up to the newest data
    #[arg(long, default_value_t = 26, value_parser = clap::value_parser!(u32).range(1..=1_040))]
    weeks: u32,
    /// Cut by a dimension: one row each for the whole window
    #[arg(long, value_name = "DIMENSION")]
    by: Option<String>,
    /// Only this source [default: all real ones, or a simulated one where nothing is real]
    #[arg(long)]
    source: Option<String>,
    #[command(flatten)]
    asked: Asked,
}

impl MetricAction {
    pub(super) async fn run(self, global: &Global, ambient: &Ambient) -> anyhow::Result<ExitCode> {
        let batch = match self {
            MetricAction::List => list(&global.project()?)?,
            MetricAction::Show(show) => {
                let engine = show.asked.engine(global).await?;
                show.batch(&engine, ambient).await?
            }
            MetricAction::Explain(explain) => return explain.run(global, ambient).await,
            MetricAction::Rows(rows) => return rows.run(global, ambient).await,
            MetricAction::Refresh(refresh) => return refresh.run(global).await,
        };
        output::print(global.format, &batch.schema(), &[batch])?;
        Ok(ExitCode::SUCCESS)
    }
}

fn list(project: &Project) -> anyhow::Result<RecordBatch> {
    let text = |pick: fn(&Metric) -> &str| -> ArrayRef {
        Arc::new(StringArray::from_iter_values(project.metrics.values().map(pick)))
    };
    let statistics = project.metrics.values().map(|metric| metric.header.statistic.word());
    Ok(RecordBatch::try_from_iter([
        ("metric", text(|metric| &metric.name)),
        ("family", text(|metric| &metric.family)),
        ("title", text(|metric| &metric.header.title)),
        ("statistic", Arc::new(StringArray::from_iter_values(statistics))),
        ("unit", text(|metric| &metric.header.unit)),
        ("definition", Arc::new(StringArray::from_iter_values(project.metrics.values().map(Metric::hash)))),
    ])?)
}

/// The metric of that name, or what was probably meant.
pub(super) fn find<'a>(project: &'a Project, name: &str) -> anyhow::Result<&'a Metric> {
    project.metrics.get(name).ok_or_else(|| {
        let names: Vec<&str> = project.metrics.keys().map(String::as_str).collect();
        match closest(name, &names) {
            Some(meant) => anyhow!("unknown metric {name}; did you mean {meant}?"),
            None => anyhow!("unknown metric {name}; `paceline metric list` shows them"),
        }
    })
}

impl Show {
    async fn batch(&self, engine: &Engine, ambient: &Ambient) -> anyhow::Result<RecordBatch> {
        let metric = find(engine.project(), &self.name)?;
        let scope = scope(engine, self.source.as_deref())?;
        self.asked.say_versions(engine, &scope, &metric.sql).await?;
        self.asked.say_definition(metric);
        let span = metric::data_span(engine, &scope, ambient.now()).await?;
        let span = span.ok_or_else(|| {
            anyhow!("the sources {} brought nothing yet", scope.sources.clone().unwrap_or_default().join(", "))
        })?;
        let window = Window::weeks_to(span.to, self.weeks).since(span.from);
        let question = Question { metric, scope, window, by: self.by.as_deref(), only: Vec::new() };
        let facts = metric::facts(engine, &question).await?;
        let whole = metric::summary(&metric.name, &metric.header, &facts, &window)?;
        let mut rows: Vec<(String, Estimate)> = Vec::new();
        if self.by.is_some() {
            for (group, facts) in facts.by_group() {
                let name = if group.is_empty() { "–".to_owned() } else { group };
                rows.push((name, metric::summary(&metric.name, &metric.header, &facts, &window)?.estimate));
            }
        } else {
            let points = metric::series(&metric.name, &metric.header, &facts, &window)?;
            rows.extend(points.into_iter().map(|point| (point.start.format("%Y-%m-%d").to_string(), point.estimate)));
        }
        rows.push(("all".to_owned(), whole.estimate));
        let first = self.by.as_deref().unwrap_or_else(|| metric::grain_word(metric.header.grain));
        table(first, &rows)
    }
}

/// The scope of a source, or the usual one.
pub(super) fn scope(engine: &Engine, source: Option<&str>) -> anyhow::Result<Scope> {
    let catalogue = engine.catalogue()?;
    let scope = catalogue.scope(source);
    if let (Some(source), Some([])) = (source, scope.sources.as_deref()) {
        let names: Vec<&str> = catalogue.origins.iter().map(|origin| origin.source.as_str()).collect();
        let meant = closest(source, &names).map_or_else(String::new, |meant| format!("; did you mean {meant}?"));
        anyhow::bail!("no source {source}; there are {}{meant}", names.join(", "));
    }
    Ok(scope)
}

fn table(first: &str, rows: &[(String, Estimate)]) -> anyhow::Result<RecordBatch> {
    let number = |pick: fn(&Estimate) -> Option<f64>| -> ArrayRef {
        Arc::new(Float64Array::from_iter(rows.iter().map(|(_, estimate)| pick(estimate))))
    };
    Ok(RecordBatch::try_from_iter([
        (first, Arc::new(StringArray::from_iter_values(rows.iter().map(|(name, _)| name))) as ArrayRef),
        ("value", number(|estimate| estimate.value)),
        ("low_95", number(|estimate| estimate.interval.map(|interval| interval.low))),
        ("high_95", number(|estimate| estimate.interval.map(|interval| interval.high))),
        ("n", Arc::new(Int64Array::from_iter_values(rows.iter().map(|(_, estimate)| estimate.n.cast_signed())))),
    ])?)
}
