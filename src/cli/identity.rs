//! `paceline identity`: names and addresses never leave the identity store by another way.

use super::{Global, output};
use crate::query::Scope;
use crate::store::Store;
use arrow::array::{ArrayRef, AsArray, BooleanArray, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::Int64Type;
use clap::Subcommand;
use futures::TryStreamExt;
use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::Arc;

#[derive(Debug, Subcommand)]
pub(super) enum IdentityAction {
    /// Everybody who authored a commit, after .mailmap, with the number of commits
    List,
}

impl IdentityAction {
    pub(super) async fn run(self, global: &Global) -> anyhow::Result<ExitCode> {
        let IdentityAction::List = self;
        let engine = global.engine()?;
        let commits = commits_by_identity(&engine).await?;
        let state = Store::open_existing(engine.store().root())?.state()?;
        // One row per canonical name and address, as `git shortlog -sne` prints them.
        let mut rows: BTreeMap<(String, String, String), (bool, i64)> = BTreeMap::new();
        for (id, person, identity) in state.identities()? {
            // Some only committed what others wrote, or wrote what a rewritten history no longer has.
            let Some(count) = commits.get(&id) else { continue };
            let (name, email) = identity.canonical;
            let row = rows.entry((name, email, person)).or_insert((identity.is_bot, 0));
            row.1 += count;
        }
        let text = |pick: fn(&(String, String, String)) -> &String| -> ArrayRef {
            Arc::new(StringArray::from_iter_values(rows.keys().map(pick)))
        };
        let batch = RecordBatch::try_from_iter([
            ("name", text(|key| &key.0)),
            ("email", text(|key| &key.1)),
            ("person_id", text(|key| &key.2)),
            ("is_bot", Arc::new(BooleanArray::from_iter(rows.values().map(|row| Some(row.0)))) as ArrayRef),
            ("commits", Arc::new(Int64Array::from_iter_values(rows.values().map(|row| row.1)))),
        ])?;
        output::print(global.format, &batch.schema(), &[batch])?;
        Ok(ExitCode::SUCCESS)
    }
}

async fn commits_by_identity(engine: &crate::query::Engine) -> anyhow::Result<BTreeMap<String, i64>> {
    let sql = "SELECT author_id, count(*) FROM stored.commits GROUP BY author_id";
    let stream = engine.sql(&Scope::default(), sql).await?;
    let batches: Vec<RecordBatch> = stream.try_collect().await?;
    let mut commits = BTreeMap::new();
    for batch in &batches {
        let ids = batch.column(0).as_string::<i32>().iter().flatten().map(str::to_owned);
        commits.extend(ids.zip(batch.column(1).as_primitive::<Int64Type>().values().iter().copied()));
    }
    Ok(commits)
}
