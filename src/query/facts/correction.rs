//! Facts of changed rows: which rows these are, what their facts were and are, and the months that are written again.
//!
//! One rule: the metric's own SQL says both, asked over tables that hold only these rows.

use super::changes::{differing, distinct, frame_of, key_of, parts, rows_of, told, with_tied, witnesses};
use super::group::{Base, Follows, Refresh};
use super::local::own;
use super::table::{FactsTable, schema};
use super::{Refreshed, Way, failed, publish, write};
use crate::model::{self, Table};
use crate::project::Metric;
use crate::query::inputs::Inputs;
use crate::query::world::ORIGINS;
use crate::query::{QueryError, Tables, canonical_session, people};
use crate::store::{Manifest, Snapshot, StoreError};
use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use datafusion::catalog::TableProvider;
use datafusion::common::JoinType;
use datafusion::datasource::MemTable;
use datafusion::datasource::empty::EmptyTable;
use datafusion::error::{DataFusionError, Result};
use datafusion::prelude::{DataFrame, SessionContext};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// More changed rows than this share of all are not told apart: everything is computed.
pub(super) const MOST_CHANGED: f64 = 0.2;

/// A view with a row for each pull request.
const PHASES: &str = "pull_request_phases";

/// A metric whose kept facts are right but for rows that changed.
pub(super) struct Member {
    pub metric: Metric,
    pub follows: Follows,
    pub before: Manifest,
}

/// The rows of one entity that changed.
struct Changed {
    keys: Vec<RecordBatch>,
    rows: usize,
    /// Over the changed rows alone, as they were and as they are.
    old: SessionContext,
    new: SessionContext,
}

impl Refresh<'_> {
    /// Corrects the facts of metrics that have a base in common, or makes them anew where that cannot be done.
    pub async fn changed(&self, base: &Base, members: Vec<Member>) -> Vec<Refreshed> {
        let mut read = Inputs::default();
        members.iter().for_each(|member| read.add(member.follows.inputs.clone()));
        let changed = match self.find(base, &read).await {
            Ok(changed) => changed,
            // The old versions are gone.
            Err(QueryError::Store(StoreError::Past(reason))) => {
                tracing::info!("facts of {} are made anew: {reason}", base.entity);
                None
            }
            // What could not be told apart may still be computed as a whole.
            Err(error) => {
                tracing::warn!("facts of {} are made anew: {error}", base.entity);
                None
            }
        };
        let mut done = Vec::new();
        if let Some(changed) = &changed
            && let Err(error) = self.gather(base, &members, changed).await
        {
            tracing::debug!("each metric asks for changed rows by itself: {error}");
        }
        for member in members {
            let refreshed = match &changed {
                Some(changed) => self.correct(base, &member, changed).await,
                None => self.whole(&member.metric, &member.follows).await,
            };
            done.push(refreshed.unwrap_or_else(|error| failed(&member.metric, &error)));
        }
        done
    }

    /// The changed rows; `None` where they cannot be told apart, or are too many.
    async fn find(&self, base: &Base, read: &Inputs) -> crate::query::Result<Option<Changed>> {
        let Some(entity) = model::table(base.entity) else { return Ok(None) };
        let (key, mut keys) = (key_of(entity), Vec::new());
        let mut old: BTreeMap<&'static str, Snapshot> = BTreeMap::new();
        for (name, version) in &base.versions {
            let Some(table) = model::table(name) else { return Ok(None) };
            let then = match version {
                Some(version) => self.engine.store().snapshot_at(table, *version).await?,
                None => Snapshot::never_written(table),
            };
            old.insert(table.name, then);
        }
        for (table, columns) in of_entity(entity, &key) {
            let (Some(then), Some(now)) = (old.get(table.name), self.world.snapshots.get(table.name)) else { continue };
            if then.version() == now.version() {
                continue;
            }
            if told(table, then).await? != told(table, now).await? {
                return Ok(None);
            }
            keys.extend(distinct(differing(then, now, columns).await?, &key).await?);
        }
        // Parts may name no whole, such as comments without a review.
        let mut keys = distinct(keys, &key).await?;
        if let (Some(then), Some(now)) = (old.get(entity.name), self.world.snapshots.get(entity.name)) {
            keys = with_tied(entity, &key, [then, now], keys).await?;
        }
        let rows: usize = keys.iter().map(RecordBatch::num_rows).sum();
        let all = self.world.snapshots.get(entity.name).and_then(Snapshot::rows).unwrap_or_default();
        if rows as f64 > all as f64 * MOST_CHANGED {
            return Ok(None);
        }
        let now: BTreeMap<&'static str, Snapshot> = base
            .versions
            .iter()
            .filter_map(|(table, _)| Some((*table, self.world.snapshots.get(table)?.clone())))
            .collect();
        let old = self.restricted(entity, &old, &keys, read).await?;
        let new = self.restricted(entity, &now, &keys, read).await?;
        Ok(Some(Changed { keys, rows, old, new }))
    }

    /// A session in which an entity and its parts have only the rows of some keys.
    async fn restricted(
        &self,
        entity: &'static Table,
        versions: &BTreeMap<&'static str, Snapshot>,
        keys: &[RecordBatch],
        read: &Inputs,
    ) -> crate::query::Result<SessionContext> {
        let mut tables = Tables::new();
        for table in model::TABLES {
            let empty = || Arc::new(EmptyTable::new(table.schema())) as Arc<dyn TableProvider>;
            let now = self.world.snapshots.get(table.name).filter(|_| read.tables.contains(table.name));
            tables.insert(table.name, now.map_or_else(empty, |now| Arc::new(now.clone()) as Arc<dyn TableProvider>));
        }
        let key = key_of(entity);
        for (table, columns) in of_entity(entity, &key) {
            let Some(all) = versions.get(table.name) else { continue };
            let mut rows = rows_of(all, columns, keys).await?;
            rows.extend(witnesses(table, all).await?);
            let rows = rows.into_iter().map(|batch| RecordBatch::try_new(table.schema(), batch.columns().to_vec()));
            let rows = rows.collect::<std::result::Result<Vec<_>, _>>().map_err(DataFusionError::from)?;
            tables.insert(table.name, Arc::new(MemTable::try_new(table.schema(), vec![rows])?));
        }
        tables.extend(self.world.origin_table().map(|table| (ORIGINS, table)));
        let identities = people::flagged(self.world.identities.clone(), self.engine.project());
        canonical_session(&tables, &identities, self.scope, self.engine.project()).await
    }

    /// Asks once for the changed rows of each view that the metrics read, which is planned longer than it is answered.
    async fn gather(&self, base: &Base, members: &[Member], changed: &Changed) -> Result<()> {
        let Some(entity) = model::table(base.entity) else { return Ok(()) };
        let (state, own) = (self.session.state(), own(entity));
        let mut names = BTreeSet::new();
        for member in members {
            let dialect = &state.config().options().sql_parser.dialect;
            let statement = state.sql_to_statement(&member.metric.sql, dialect)?;
            names.extend(state.resolve_table_references(&statement)?);
        }
        for name in names.into_iter().filter(|name| own.contains(name.table()) || name.table() == PHASES) {
            for session in [&changed.old, &changed.new] {
                let rows = session.table(name.clone()).await?.cache().await?;
                session.deregister_table(name.clone())?;
                session.register_table(name.clone(), rows.into_view())?;
            }
        }
        Ok(())
    }

    /// Takes the old facts of changed rows out of the months that have any, puts the new ones in, and writes these months.
    async fn correct(&self, base: &Base, member: &Member, changed: &Changed) -> Result<Refreshed> {
        let metric = &member.metric;
        let view = self.session.sql(&metric.sql).await?;
        let kept = schema(view.logical_plan());
        let gone = changed.old.sql(&metric.sql).await?.collect().await?;
        let come = cast_to(&kept, changed.new.sql(&metric.sql).await?.collect().await?)?;
        let mut months = write::months(&gone)?;
        months.extend(write::months(&come)?);
        let is_touched = |month: &str| months.contains(month);
        let old = FactsTable::of_parts(self.folder, &metric.name, kept.clone(), &member.before, is_touched);
        let session = self.session.clone();
        let mut frame = session.read_table(Arc::new(old))?;
        if let (Some(entity), Some(keys)) = (model::table(base.entity), frame_of(&session, &changed.keys)?) {
            let key = key_of(entity);
            frame = keys.alias("changed")?.join(frame, JoinType::RightAnti, &key, &key, None)?;
        }
        let frame = frame.union(session.read_table(Arc::new(MemTable::try_new(kept.clone(), vec![come])?))?)?;
        self.replace(member, &months, in_order(frame, &kept)?, changed.rows).await
    }

    /// The facts of these months and no others are new.
    pub async fn replace(
        &self,
        member: &Member,
        months: &BTreeSet<String>,
        facts: DataFrame,
        rows: usize,
    ) -> Result<Refreshed> {
        let (metric, before) = (&member.metric, &member.before.parts);
        let new = write::write(self.folder, &metric.name, facts).await?;
        let untouched = before.iter().filter(|part| !months.contains(&part.month)).cloned();
        let mut parts: Vec<_> = untouched.chain(new).collect();
        // As a whole is written: by time, and facts without one first.
        parts.sort_by_key(|part| part.span);
        let manifest = self.present.manifest(metric, &member.follows, parts);
        publish(self.folder, metric, manifest, before, Way::Changed(rows))
    }
}

/// A table and its parts, each with the columns that name a row of the table.
fn of_entity<'k>(entity: &'static Table, key: &'k [&'static str]) -> Vec<(&'static Table, &'k [&'static str])> {
    let mut all = vec![(entity, key)];
    for (part, columns) in parts(entity) {
        all.push((part, columns));
    }
    all
}

/// The columns of facts in the order in which they are kept.
fn in_order(frame: DataFrame, kept: &SchemaRef) -> Result<DataFrame> {
    let names: Vec<&str> = kept.fields().iter().map(|field| field.name().as_str()).collect();
    frame.select_columns(&names)
}

fn cast_to(kept: &SchemaRef, batches: Vec<RecordBatch>) -> Result<Vec<RecordBatch>> {
    let cast = |batch: RecordBatch| -> Result<RecordBatch> {
        let columns = batch.columns().iter().zip(kept.fields());
        let columns = columns.map(|(column, field)| arrow::compute::cast(column, field.data_type()));
        Ok(RecordBatch::try_new(kept.clone(), columns.collect::<std::result::Result<_, _>>()?)?)
    };
    batches.into_iter().map(cast).collect()
}
