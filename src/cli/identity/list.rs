//! `paceline identity list` and `audit`.

use super::Global;
use crate::cli::output;
use crate::query::people::AuditLine;
use crate::query::{Engine, Scope};
use crate::store::Store;
use arrow::array::{ArrayRef, AsArray, BooleanArray, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray};
use arrow::datatypes::Int64Type;
use futures::TryStreamExt;
use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::Arc;

pub(super) async fn list(global: &Global) -> anyhow::Result<ExitCode> {
    let engine = global.engine()?;
    let commits = commits_by_identity(&engine).await?;
    let persons = engine.persons()?;
    let state = Store::open_existing(engine.store().root())?.state()?;
    // One row per canonical name and address, as `git shortlog -sne` prints them.
    let mut rows: BTreeMap<(String, String, String), (bool, i64)> = BTreeMap::new();
    for (id, person, identity) in state.identities()? {
        // Some only committed what others wrote, or wrote what a rewritten history no longer has.
        let Some(count) = commits.get(&id) else { continue };
        let (name, email) = identity.canonical;
        let is_bot = identity.is_bot || persons.get(&person).is_some_and(|person| person.is_bot);
        let row = rows.entry((name, email, person)).or_insert((is_bot, 0));
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

async fn commits_by_identity(engine: &Engine) -> anyhow::Result<BTreeMap<String, i64>> {
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

pub(super) fn audit(global: &Global) -> anyhow::Result<ExitCode> {
    let lines: Vec<AuditLine> = global.engine()?.store().state()?.audit()?;
    let text = |pick: fn(&AuditLine) -> &String| -> ArrayRef {
        Arc::new(StringArray::from_iter_values(lines.iter().map(pick)))
    };
    let at = lines.iter().map(|line| Some(line.at.timestamp_micros()));
    let batch = RecordBatch::try_from_iter([
        ("line", Arc::new(Int64Array::from_iter_values(lines.iter().map(|line| line.number))) as ArrayRef),
        ("at", Arc::new(TimestampMicrosecondArray::from_iter(at).with_timezone("UTC"))),
        ("by", text(|line| &line.by)),
        ("action", text(|line| &line.action)),
        ("about", text(|line| &line.about)),
        ("reason", text(|line| &line.reason)),
    ])?;
    output::print(global.format, &batch.schema(), &[batch])?;
    Ok(ExitCode::SUCCESS)
}
