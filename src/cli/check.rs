//! `paceline check`

use super::Global;
use crate::collect;
use crate::project::Diagnostics;
use crate::query;
use std::process::ExitCode;

pub(super) async fn run(global: &Global) -> anyhow::Result<ExitCode> {
    let project = global.project()?;
    let mut found = query::check_metrics(&project).await?;
    found.extend(collect::check_mappings(&project).await);
    found.extend(project.wrong_dashboards().cloned());
    if !found.is_empty() {
        return Err(Diagnostics(found).into());
    }
    let of = |count: usize, one: &str| format!("{count} {one}{}", if count == 1 { "" } else { "s" });
    eprintln!(
        "ok: {}, {}, {}, {}",
        of(project.pipelines.len(), "pipeline"),
        of(project.metrics.len(), "metric"),
        of(project.experiments.len(), "experiment"),
        of(project.dashboards.len(), "dashboard"),
    );
    Ok(ExitCode::SUCCESS)
}
