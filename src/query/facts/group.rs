//! One refresh: which metrics are up to date, which are made anew, and which may be corrected where rows changed.
//!
//! One rule: facts are corrected only where their plan says that no other row matters.

use super::changes::{key_of, parts};
use super::correction::Member;
use super::local::is_local;
use super::{Present, Refreshed, Way, fingerprint, whole};
use crate::model::{self, Table};
use crate::project::Metric;
use crate::query::views::stored;
use crate::query::world::World;
use crate::query::{Engine, Scope, inputs};
use crate::store::{FactsFolder, Manifest};
use datafusion::common::TableReference;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::datasource::empty::EmptyTable;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::SessionStateBuilder;
use datafusion::logical_expr::LogicalPlan;
use datafusion::prelude::SessionContext;
use std::collections::BTreeSet;
use std::sync::Arc;

pub(super) struct Refresh<'r> {
    pub engine: &'r Engine,
    pub scope: &'r Scope,
    pub world: &'r World,
    pub present: &'r Present,
    pub folder: &'r FactsFolder,
    /// Over everything, with all metrics as views.
    pub session: &'r SessionContext,
}

/// What metrics have in common whose changed facts can be found at once.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Base {
    pub entity: &'static str,
    /// The versions of the entity and its parts that the kept facts follow from.
    pub versions: Vec<(&'static str, Option<u64>)>,
}

pub(super) enum Planned {
    Done(Refreshed),
    Changed(Base, Box<Member>),
}

impl Refresh<'_> {
    /// Looks at one metric, and does what needs no other.
    pub async fn plan(&self, metric: &Metric, wholly: bool) -> Result<Planned> {
        let frame = self.session.sql(&metric.sql).await?;
        let plan = fingerprint(frame.logical_plan());
        let before = self.folder.manifest(&metric.name).filter(|_| !wholly);
        let changed = before.as_ref().and_then(|before| Some((before, self.present.changed(before, &plan)?)));
        if let Some((before, changed)) = &changed
            && changed.is_empty()
        {
            let rows = before.parts.iter().map(|part| part.rows).sum();
            let name = metric.name.clone();
            return Ok(Planned::Done(Refreshed { metric: name, way: Way::Fresh, rows, written: 0, error: None }));
        }
        let inputs = inputs::of(self.session, frame.logical_plan()).await?;
        if inputs.is_fleeting {
            let problem = "its SQL asks the clock or chance, so that its facts cannot be kept";
            return Err(DataFusionError::Plan(problem.to_owned()));
        }
        if let Some((before, changed)) = changed
            && let Some(base) = self.base(metric, before, &changed).await?
        {
            let member = Member { metric: metric.clone(), inputs, plan, before: before.clone() };
            return Ok(Planned::Changed(base, Box::new(member)));
        }
        whole(self.folder, self.present, metric, frame, &inputs).await.map(Planned::Done)
    }

    /// What the metric's facts can be corrected from, where each follows from one row of its entity and only those rows and
    /// their parts changed.
    async fn base(&self, metric: &Metric, before: &Manifest, changed: &BTreeSet<&'static str>) -> Result<Option<Base>> {
        let Some(entity) = metric.header.entity.as_deref().and_then(model::table) else { return Ok(None) };
        let own: BTreeSet<&'static str> =
            std::iter::once(entity.name).chain(parts(entity).map(|(part, _)| part.name)).collect();
        if !changed.is_subset(&own) || !self.is_local(metric, entity, &own).await? {
            return Ok(None);
        }
        let version = |table: &&'static str| (*table, before.tables.get(*table).copied().flatten());
        // A table that the facts do not read is as it is now.
        let read = own.iter().filter(|table| before.tables.contains_key(**table));
        Ok(Some(Base { entity: entity.name, versions: read.map(version).collect() }))
    }

    /// Each fact follows from one row of the entity's view, that from one stored row and its parts, and nothing else that is
    /// read follows from those.
    async fn is_local(&self, metric: &Metric, entity: &'static Table, own: &BTreeSet<&'static str>) -> Result<bool> {
        let key = key_of(entity);
        let view = self.session.sql(&format!("SELECT * FROM {}", entity.name)).await?;
        if !is_local(view.logical_plan(), &stored(entity.name), &key)? {
            return Ok(false);
        }
        let opaque = self.opaque().await?;
        let plan = opaque.state().create_logical_plan(&metric.sql).await?;
        let reference = TableReference::bare(entity.name);
        if !is_local(&plan, &reference, &key)? {
            return Ok(false);
        }
        for table in tables_of(&plan)? {
            if table == entity.name {
                continue;
            }
            let Ok(other) = self.session.table(table.as_str()).await else { return Ok(false) };
            let read = inputs::of(self.session, other.logical_plan()).await?;
            if read.tables.iter().any(|table| own.contains(table)) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// A session in which views are tables, so that a plan ends at them.
    async fn opaque(&self) -> Result<SessionContext> {
        let state = self.session.state();
        let options = &state.config().options().catalog;
        let (catalog, public) = (options.default_catalog.clone(), options.default_schema.clone());
        let catalogs = Arc::new(datafusion::catalog::MemoryCatalogProviderList::new());
        let built = SessionStateBuilder::new_from_existing(state).with_catalog_list(catalogs.clone()).build();
        let opaque = SessionContext::new_with_state(built);
        let provider = Arc::new(datafusion::catalog::MemoryCatalogProvider::new());
        let names = Arc::new(datafusion::catalog::MemorySchemaProvider::new());
        datafusion::catalog::CatalogProvider::register_schema(provider.as_ref(), &public, names)?;
        datafusion::catalog::CatalogProviderList::register_catalog(catalogs.as_ref(), catalog.clone(), provider);
        let schema = self.session.catalog(&catalog).and_then(|catalog| catalog.schema(&public));
        for name in schema.iter().flat_map(|schema| schema.table_names()) {
            // A broken metric has no view.
            let Ok(table) = self.session.table_provider(name.as_str()).await else { continue };
            opaque.register_table(name.as_str(), Arc::new(EmptyTable::new(table.schema())))?;
        }
        Ok(opaque)
    }
}

/// The tables that a plan ends at.
fn tables_of(plan: &LogicalPlan) -> Result<BTreeSet<String>> {
    let mut tables = BTreeSet::new();
    plan.apply_with_subqueries(|node| {
        if let LogicalPlan::TableScan(scan) = node {
            tables.insert(scan.table_name.table().to_owned());
        }
        Ok(TreeNodeRecursion::Continue)
    })?;
    Ok(tables)
}
