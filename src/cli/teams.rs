//! `paceline teams`: what changed in teams, with names, which no page shows.

use super::{Global, output};
use crate::query::Scope;
use crate::store::{Identity, Store};
use arrow::array::{ArrayRef, AsArray, RecordBatch, StringArray};
use clap::{Args, Subcommand};
use futures::TryStreamExt;
use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::Arc;

#[derive(Debug, Subcommand)]
pub(super) enum TeamsAction {
    /// Who joined and left, and which teams were created, removed, renamed or moved, by the newest collection of each source
    Log(Log),
}

#[derive(Debug, Args)]
pub(super) struct Log {
    /// By every collection, the newest first
    #[arg(long)]
    all: bool,
}

impl TeamsAction {
    pub(super) async fn run(self, global: &Global) -> anyhow::Result<ExitCode> {
        let TeamsAction::Log(Log { all }) = self;
        let engine = global.engine()?;
        let newest = if all { "" } else { "WHERE changed_at = newest" };
        let sql = format!(
            "SELECT changed_at, source, team, change, person_id, before, after
             FROM (SELECT *, max(changed_at) OVER (PARTITION BY source) AS newest FROM stored.team_changes
                   WHERE deleted_at IS NULL)
             {newest} ORDER BY changed_at DESC, source, ordinal"
        );
        let stream = engine.sql(&Scope::default(), &sql).await?;
        let schema = stream.schema();
        let batches: Vec<RecordBatch> = stream.try_collect().await?;
        let batch = arrow::compute::concat_batches(&schema, &batches)?;
        let identities = Store::open_existing(engine.store().root())?.state()?.identities()?;
        let names = names(&identities);
        let ids = batch.column(4).as_string::<i32>();
        let named = ids.iter().map(|id| id.map(|id| names.get(id).map_or(id, String::as_str)));
        let people: ArrayRef = Arc::new(StringArray::from_iter(named));
        let column = |at: usize| batch.column(at).clone();
        let shown = RecordBatch::try_from_iter_with_nullable([
            ("changed_at", column(0), false),
            ("source", column(1), false),
            ("team", column(2), false),
            ("change", column(3), false),
            ("person", people, true),
            ("before", column(5), true),
            ("after", column(6), true),
        ])?;
        output::print(global.format, &shown.schema(), &[shown])?;
        Ok(ExitCode::SUCCESS)
    }
}

/// What people are called, by identity.
fn names(identities: &[(String, String, Identity)]) -> BTreeMap<&str, String> {
    let name = |identity: &Identity| {
        let (name, email) = &identity.canonical;
        let login = identity.account.as_ref().map_or(&identity.key.login, |account| &account.login);
        [login, name, email, &identity.key.login].into_iter().find(|it| !it.is_empty()).cloned()
    };
    identities.iter().filter_map(|(id, _, identity)| Some((id.as_str(), name(identity)?))).collect()
}
