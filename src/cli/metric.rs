//! `paceline metric`

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

#[derive(Debug, Subcommand)]
pub(super) enum MetricAction {
    /// Every metric with its unit and statistic
    List,
    /// One metric over time, with n and a 95 % interval
    Show(show::Show),
}

impl MetricAction {
    pub(super) async fn run(self, global: &Global, ambient: &Ambient) -> anyhow::Result<ExitCode> {
        let batch = match self {
            MetricAction::List => list(&global.project()?)?,
            MetricAction::Show(show) => show.batch(&*global.engine()?, ambient).await?,
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
