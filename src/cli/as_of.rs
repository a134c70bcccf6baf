//! `--as-of` and `--versions`: of which versions of the tables a command asks.

use super::Global;
use crate::project::Metric;
use crate::query::{AsOf, Engine, Scope};
use clap::Args;
use std::sync::Arc;

#[derive(Debug, Args)]
pub(super) struct Asked {
    /// The tables as they were: a moment such as 2026-10-01 or 2026-10-01T12:00:00Z, or versions such as
    /// pull_requests=12,teams=3 (the newest of the others)
    #[arg(long, value_name = "MOMENT_OR_VERSIONS")]
    as_of: Option<AsOf>,
    /// Say which versions of tables the answer is made from, as --as-of takes them, and which definition
    #[arg(long)]
    versions: bool,
}

/// The engine over the tables as they were, where that is asked for.
pub(super) async fn engine(global: &Global, as_of: Option<&AsOf>) -> anyhow::Result<Arc<Engine>> {
    let engine = global.engine()?;
    Ok(match as_of {
        Some(as_of) => Arc::new(engine.as_of(as_of).await?),
        None => engine,
    })
}

impl Asked {
    /// The engine that was asked for.
    pub(super) async fn engine(&self, global: &Global) -> anyhow::Result<Arc<Engine>> {
        engine(global, self.as_of.as_ref()).await
    }

    /// Whether older versions of the tables are asked for.
    pub(super) fn is_past(&self) -> bool {
        self.as_of.is_some()
    }

    fn says(&self) -> bool {
        self.versions || self.as_of.is_some()
    }

    /// Which versions of tables a statement reads, where that was asked.
    pub(super) async fn say_versions(&self, engine: &Engine, scope: &Scope, sql: &str) -> anyhow::Result<()> {
        if self.says() {
            eprintln!("versions: {}", engine.versions_read(scope, sql).await?);
        }
        Ok(())
    }

    /// The hash of a metric's definition, where that was asked.
    pub(super) fn say_definition(&self, metric: &Metric) {
        if self.says() {
            eprintln!("definition: {} {}", metric.name, metric.hash());
        }
    }
}
