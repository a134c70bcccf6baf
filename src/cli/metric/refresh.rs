//! `paceline metric refresh`

use super::part::scope;
use crate::cli::{Global, output};
use crate::query::{Refreshed, Way};
use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use clap::Args;
use std::process::ExitCode;
use std::sync::Arc;

#[derive(Debug, Args)]
pub(in crate::cli) struct Refresh {
    /// Only this source [default: all real ones, or a simulated one where nothing is real]
    #[arg(long)]
    source: Option<String>,
    /// Compute all facts again, also those that did not change
    #[arg(long)]
    whole: bool,
}

impl Refresh {
    pub(in crate::cli) async fn run(self, global: &Global) -> anyhow::Result<ExitCode> {
        let engine = global.engine()?;
        let scope = scope(&engine, self.source.as_deref())?;
        let done = engine.refresh(&scope, self.whole).await?;
        let batch = table(&done)?;
        output::print(global.format, &batch.schema(), &[batch])?;
        let failed: Vec<&Refreshed> = done.iter().filter(|it| it.error.is_some()).collect();
        for it in &failed {
            eprintln!("error: {}: {}", it.metric, it.error.as_deref().unwrap_or_default());
        }
        Ok(if failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

fn table(done: &[Refreshed]) -> anyhow::Result<RecordBatch> {
    let way = |it: &Refreshed| match (it.error.is_some(), it.way) {
        (true, _) => "failed".to_owned(),
        (false, Way::Fresh) => "fresh".to_owned(),
        (false, Way::Changed(rows)) => format!("{rows} changed rows"),
        (false, Way::Whole) => "whole".to_owned(),
    };
    let number = |pick: &dyn Fn(&Refreshed) -> u64| -> ArrayRef {
        Arc::new(Int64Array::from_iter_values(done.iter().map(|it| pick(it).cast_signed())))
    };
    Ok(RecordBatch::try_from_iter([
        ("metric", Arc::new(StringArray::from_iter_values(done.iter().map(|it| &it.metric))) as ArrayRef),
        ("refreshed", Arc::new(StringArray::from_iter_values(done.iter().map(way)))),
        ("rows", number(&|it| it.rows)),
        ("months_written", number(&|it| it.written as u64)),
    ])?)
}
