//! Facts of metrics kept as files, so that numbers of many rows need no join and no derivation.
//!
//! One rule: kept facts are used while everything that they follow from is as it was (definition, views, versions of tables,
//! who is who, the project's files), and are then what the metric's SQL answers; otherwise the SQL answers. A refresh of what
//! changed writes the same bytes as one of everything.

mod changes;
mod correction;
mod group;
mod local;
mod months;
mod table;
mod timed;
mod write;

use super::definitions::Kept;
use super::inputs::Inputs;
use super::world::World;
use super::{Engine, Result, Scope};
use crate::model;
use crate::project::{Metric, Project, one_line};
use crate::store::{FactsFolder, Manifest, Part, Store};
use datafusion::catalog::TableProvider;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::error::Result as DataFusionResult;
use datafusion::logical_expr::LogicalPlan;
use datafusion::prelude::DataFrame;
use group::Follows;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub(super) use table::FactsTable;

impl Inputs {
    /// What kept facts follow from.
    fn kept(manifest: &Manifest) -> Inputs {
        let (people, content) = (manifest.people.is_some(), manifest.content.is_some());
        Inputs { tables: known(manifest.tables.keys()), people, content, is_fleeting: false }
    }
}

/// Tables by their names.
fn known<'n>(names: impl Iterator<Item = &'n String>) -> BTreeSet<&'static str> {
    names.filter_map(|name| model::table(name)).map(|table| table.name).collect()
}

/// How facts came to be up to date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// They were already.
    Fresh,
    /// Facts of so many changed rows were computed again.
    Changed(usize),
    /// All of them were.
    Whole,
}

/// What a refresh did for a metric.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refreshed {
    pub metric: String,
    pub way: Way,
    /// All facts.
    pub rows: u64,
    /// Months whose files are new.
    pub written: usize,
    /// Why there are none, or still the old ones.
    pub error: Option<String>,
}

/// What facts follow from besides their definition, as it is now.
struct Present {
    versions: BTreeMap<String, Option<u64>>,
    people: String,
    content: String,
}

impl Present {
    fn of(world: &World, project: &Project) -> Present {
        let version = |table: &&model::Table| (table.name.to_owned(), world.version(table.name));
        let kinds: Vec<(&str, &str)> =
            world.origins.iter().map(|origin| (origin.source.as_str(), origin.kind.as_str())).collect();
        let files = [
            format!("{:?}", project.topics),
            format!("{:?}", project.investment),
            format!("{:?}", project.golden_paths),
            format!("{kinds:?}"),
        ];
        Present {
            versions: model::TABLES.iter().map(version).collect(),
            people: world.people(project),
            content: digest(files.iter().map(String::as_str)),
        }
    }

    /// What a manifest says of facts that were made now.
    fn manifest(&self, metric: &Metric, follows: &Follows, parts: Vec<Part>) -> Manifest {
        let inputs = &follows.inputs;
        let version = |table: &&str| ((*table).to_owned(), self.versions.get(*table).copied().flatten());
        Manifest {
            definition: metric.hash(),
            plan: follows.plan.clone(),
            is_local: follows.is_local,
            timed: follows.timed.iter().map(|table| (*table).to_owned()).collect(),
            tables: inputs.tables.iter().map(version).collect(),
            people: inputs.people.then(|| self.people.clone()),
            content: inputs.content.then(|| self.content.clone()),
            parts,
            former: BTreeSet::new(),
        }
    }

    /// The tables that changed since, where nothing else did.
    fn changed(&self, manifest: &Manifest, plan: &str) -> Option<BTreeSet<&'static str>> {
        let is_same = |then: &Option<String>, now: &String| then.as_ref().is_none_or(|then| then == now);
        if manifest.plan != plan
            || !is_same(&manifest.people, &self.people)
            || !is_same(&manifest.content, &self.content)
        {
            return None;
        }
        let mut changed = BTreeSet::new();
        for (table, version) in &manifest.tables {
            let table = model::table(table)?;
            if self.versions.get(table.name) != Some(version) {
                changed.insert(table.name);
            }
        }
        Some(changed)
    }
}

impl Engine {
    /// The facts of a metric: the kept ones where they are up to date, what its SQL answers otherwise.
    ///
    /// # Errors
    /// [`super::QueryError::DataFusion`] for wrong SQL: the metric is planned from its text, so that the error is its own.
    pub async fn facts(&self, scope: &Scope, metric: &Metric) -> Result<DataFrame> {
        let session = self.session(scope).await?;
        let is_own = self.project.metrics.get(&metric.name).is_some_and(|own| own.sql == metric.sql);
        if is_own
            && let Ok(provider) = session.table_provider(metric.name.as_str()).await
            && provider.downcast_ref::<FactsTable>().is_some()
        {
            return Ok(session.table(metric.name.as_str()).await?);
        }
        Ok(session.sql(&metric.sql).await?)
    }

    /// Brings the kept facts of a scope up to date, or begins to keep them. `wholly` computes all of them again. One metric's
    /// failure does not stop the others.
    ///
    /// # Errors
    /// [`super::QueryError::Store`] when another process refreshes, or the disk refuses.
    pub async fn refresh(&self, scope: &Scope, wholly: bool) -> Result<Vec<Refreshed>> {
        let lock = self.store.lock_facts()?;
        let world = World::of(&self.store, None).await?;
        let present = Present::of(&world, &self.project);
        let folder = self.store.facts(&name_of(scope));
        folder.describe(&words_of(scope))?;
        folder.retain(&self.project.metrics.keys().map(String::as_str).collect())?;
        let session = super::session_over(&world.tables(), &world.identities, scope, &self.project).await?;
        let refresh = group::Refresh {
            engine: self,
            scope,
            world: &world,
            present: &present,
            folder: &folder,
            session: &session,
        };
        let mut done = Vec::new();
        let mut groups: BTreeMap<group::Base, Vec<correction::Member>> = BTreeMap::new();
        for metric in self.project.metrics.values() {
            match refresh.plan(metric, wholly).await {
                Ok(group::Planned::Done(refreshed)) => done.push(refreshed),
                Ok(group::Planned::Changed(base, member)) => groups.entry(base).or_default().push(*member),
                Err(error) => done.push(failed(metric, &error)),
            }
        }
        for (base, members) in groups {
            done.extend(refresh.changed(&base, members).await);
        }
        done.sort_by(|a, b| a.metric.cmp(&b.metric));
        // A refresh that died may have been the first, and have done everything but this.
        if done.iter().any(|it| it.way != Way::Fresh) || self.store.refreshes().is_none() {
            self.store.count_refresh()?;
        }
        drop(lock);
        Ok(done)
    }

    /// Brings the facts of every scope up to date whose facts are kept, and removes those of scopes that name a source that
    /// is no longer there.
    ///
    /// # Errors
    /// As [`Engine::refresh`].
    pub async fn refresh_kept(&self) -> Result<Vec<Refreshed>> {
        let origins: BTreeSet<String> =
            self.store.state()?.origins()?.into_iter().map(|origin| origin.source).collect();
        let mut done = Vec::new();
        for (name, words) in self.store.kept_scopes()? {
            let scope: Option<Scope> = serde_json::from_str(&words).ok();
            let named =
                |scope: &Scope| scope.sources.iter().chain(&scope.teams).flatten().all(|it| origins.contains(it));
            match scope.filter(named) {
                Some(scope) => done.extend(self.refresh(&scope, false).await?),
                None => self.store.facts(&name).forget()?,
            }
        }
        Ok(done)
    }
}

fn failed(metric: &Metric, error: &datafusion::error::DataFusionError) -> Refreshed {
    Refreshed { metric: metric.name.clone(), way: Way::Whole, rows: 0, written: 0, error: Some(one_line(error)) }
}

/// Finds the kept facts of a scope that are up to date, for a session to take instead of the views of metrics.
pub(super) fn kept(store: &Store, scope: &Scope, world: &World, project: &Arc<Project>) -> Kept {
    let folder = store.facts(&name_of(scope));
    let present = Present::of(world, project);
    let project = project.clone();
    Box::new(move |name, plan| {
        let metric = project.metrics.get(name)?;
        let manifest = folder.manifest(name)?;
        let is_fresh = present.changed(&manifest, &fingerprint(plan, metric, &project))?.is_empty();
        is_fresh.then(|| Arc::new(FactsTable::new(&folder, name, plan, &manifest)) as Arc<dyn TableProvider>)
    })
}

fn publish(
    folder: &FactsFolder,
    metric: &Metric,
    manifest: Manifest,
    before: &[Part],
    way: Way,
) -> DataFusionResult<Refreshed> {
    let rows = manifest.parts.iter().map(|part| part.rows).sum();
    let written = manifest.parts.iter().filter(|part| !before.contains(part)).count();
    folder.publish(&metric.name, manifest).map_err(external)?;
    Ok(Refreshed { metric: metric.name.clone(), way, rows, written, error: None })
}

/// Hash of a plan with all its views, of the program that reads it, and of the definitions of the metric and those it reads: a
/// plan's text leaves out the arguments of a table function and the later rows of `VALUES`.
fn fingerprint(plan: &LogicalPlan, metric: &Metric, project: &Project) -> String {
    let mut definitions = BTreeSet::from([metric.hash()]);
    // Views stand in it under their names.
    let _ = plan.apply_with_subqueries(|node| {
        if let LogicalPlan::SubqueryAlias(it) = node
            && let Some(read) = project.metrics.get(it.alias.table())
        {
            definitions.insert(read.hash());
        }
        Ok(TreeNodeRecursion::Continue)
    });
    let text = plan.display_indent().to_string();
    let parts = [env!("PACELINE_BUILD"), text.as_str()];
    digest(parts.into_iter().chain(definitions.iter().map(String::as_str)))
}

/// The folder's name of a scope.
fn name_of(scope: &Scope) -> String {
    digest([words_of(scope).as_str()])
}

fn words_of(scope: &Scope) -> String {
    serde_json::to_string(scope).unwrap_or_default()
}

fn digest<'a>(parts: impl IntoIterator<Item = &'a str>) -> String {
    let mut hasher = blake3::Hasher::new();
    for part in parts {
        hasher.update(&(part.len() as u64).to_le_bytes()).update(part.as_bytes());
    }
    hasher.finalize().to_hex()[..16].to_owned()
}

fn external(error: impl std::error::Error + Send + Sync + 'static) -> datafusion::error::DataFusionError {
    datafusion::error::DataFusionError::External(Box::new(error))
}
