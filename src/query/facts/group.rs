//! One refresh: which metrics are up to date, which are made anew, and which may be corrected where rows changed.
//!
//! One rule: facts are corrected only where their plan says that no other row matters.

use super::changes::{key_of, parts};
use super::correction::Member;
use super::local::is_local;
use super::{Present, Refreshed, Way, fingerprint, publish, write};
use crate::model::{self, Table};
use crate::project::Metric;
use crate::query::inputs::Inputs;
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

/// Derived tables of which a row follows from one row of their entity, its parts and rows tied to it, and from what is none of these.
const LOCAL: [&str; 7] = [
    "pull_requests_derived",
    "reviews_derived",
    "tickets_derived",
    "deployments_derived",
    "pull_request_moments",
    "pull_requests_owned",
    "review_sources",
];

/// The column of pull requests that says what a source would have told if it tells of others, whether or not a table was derived.
const DELIVERY: &str = "delivery";

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
        let plan = fingerprint(frame.logical_plan(), metric, self.engine.project());
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
        self.whole(metric, &inputs, plan).await.map(Planned::Done)
    }

    /// The facts of a metric, made from everything.
    pub async fn whole(&self, metric: &Metric, inputs: &Inputs, plan: String) -> Result<Refreshed> {
        let frame = self.session.sql(&metric.sql).await?;
        let before = self.folder.manifest(&metric.name).map(|manifest| manifest.parts).unwrap_or_default();
        let parts = write::write(self.folder, &metric.name, frame).await?;
        let manifest = self.present.manifest(metric, plan, inputs, parts);
        publish(self.folder, metric, manifest, &before, Way::Whole)
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

    /// Each fact follows from one row of one view, that from one stored row of the entity and its parts, and nothing else that is
    /// read follows from those.
    async fn is_local(&self, metric: &Metric, entity: &'static Table, own: &BTreeSet<&'static str>) -> Result<bool> {
        let key = key_of(entity);
        let opaque = self.opaque().await?;
        let plan = opaque.state().create_logical_plan(&metric.sql).await?;
        let mut of_entity = None;
        for table in tables_of(&plan)? {
            let Ok(view) = self.session.table(table.as_str()).await else { return Ok(false) };
            let read = inputs::of(self.session, view.logical_plan()).await?;
            if read.tables.is_disjoint(own) {
                continue;
            }
            if of_entity.is_some() || !is_local(view.logical_plan(), &stored(entity.name), &key)? {
                return Ok(false);
            }
            of_entity = Some(table);
        }
        let Some(view) = of_entity.filter(|view| !(view == "pull_requests" && names(&plan, DELIVERY))) else {
            return Ok(false);
        };
        Ok(is_local(&plan, &TableReference::bare(view), &key)? && self.is_derived_locally(metric, own).await?)
    }

    /// Whatever the facts read that was derived from the entity and its parts was derived of each row by itself.
    async fn is_derived_locally(&self, metric: &Metric, own: &BTreeSet<&'static str>) -> Result<bool> {
        let plan = self.session.sql(&metric.sql).await?;
        for scan in inputs::scans(self.session, plan.logical_plan())? {
            let name = scan.table_name.table();
            let is_local = model::table(name).is_some() || LOCAL.contains(&name);
            if !is_local && !inputs::of_scan(self.session, &scan).await?.tables.is_disjoint(own) {
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

/// Whether a plan asks for a column of that name.
fn names(plan: &LogicalPlan, name: &str) -> bool {
    let mut is_named = false;
    let _ = plan.apply_with_subqueries(|node| {
        node.apply_expressions(|expression| {
            is_named |= expression.column_refs().iter().any(|column| column.name == name);
            Ok(TreeNodeRecursion::Continue)
        })
    });
    is_named
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
