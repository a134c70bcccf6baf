//! `paceline metric`

mod explain;
mod part;
mod refresh;
mod rows;
mod show;
mod table;

use super::{Global, output};
use crate::ambient::Ambient;
use crate::project::{Metric, Project, closest};
use anyhow::anyhow;
use arrow::array::{ArrayRef, RecordBatch, StringArray};
use clap::Subcommand;
use std::process::ExitCode;
use std::sync::Arc;

pub(super) use part::scope;

#[derive(Debug, Subcommand)]
pub(super) enum MetricAction {
    /// Every metric with its unit and statistic
    List,
    /// One metric over time, with n and a 95 % interval
    Show(show::Show),
    /// The rows behind a number, each with its page at the source
    Rows(rows::Rows),
    /// How a number comes about: definition, rows, statistic, interval, sources and SQL
    Explain(explain::Explain),
    /// Keep the facts of every metric as files, or bring them up to date
    Refresh(refresh::Refresh),
}

impl MetricAction {
    pub(super) async fn run(self, global: &Global, ambient: &Ambient) -> anyhow::Result<ExitCode> {
        let batch = match self {
            MetricAction::List => list(&global.project()?)?,
            MetricAction::Show(show) => {
                let engine = show.part.asked.engine(global).await?;
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
