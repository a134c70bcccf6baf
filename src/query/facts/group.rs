//! One refresh: which metrics are up to date, which are made anew, and which may be corrected where rows changed.
//!
//! One rule: facts are corrected only where their plan says that no other row matters. What a plan says is kept with the facts,
//! since finding it out takes longer than most corrections.

use super::correction::Member;
use super::local::{is_local, own};
use super::{Present, Refreshed, Way, fingerprint, known, publish, timed, write};
use crate::model;
use crate::project::Metric;
use crate::query::inputs::Inputs;
use crate::query::world::World;
use crate::query::{Engine, Scope, inputs};
use crate::store::{FactsFolder, Manifest};
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::LogicalPlan;
use datafusion::prelude::SessionContext;
use std::collections::BTreeSet;

pub(super) struct Refresh<'r> {
    pub engine: &'r Engine,
    pub scope: &'r Scope,
    pub world: &'r World,
    pub present: &'r Present,
    pub folder: &'r FactsFolder,
    /// Over everything, with all metrics as views.
    pub session: &'r SessionContext,
}

/// What facts follow from.
#[derive(Clone)]
pub(super) struct Follows {
    /// Hash of the plan.
    pub plan: String,
    pub inputs: Inputs,
    /// Each from one row of the metric's entity and that one's parts, and from nothing that follows from others of these.
    pub is_local: bool,
    /// Tables of which a changed row changes only facts of its own moments and weeks.
    pub timed: BTreeSet<&'static str>,
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
        let plan = fingerprint(frame.logical_plan(), metric, self.engine.project());
        let before = self.folder.manifest(&metric.name).filter(|before| !wholly && before.plan == plan);
        let Some(before) = before else {
            let follows = self.follows(metric, frame.logical_plan(), plan).await?;
            return self.whole(metric, &follows).await.map(Planned::Done);
        };
        let (inputs, timed) = (Inputs::kept(&before), known(before.timed.iter()));
        let follows = Follows { plan, inputs, is_local: before.is_local, timed };
        match self.present.changed(&before, &follows.plan) {
            Some(changed) if changed.is_empty() => {
                let rows = before.parts.iter().map(|part| part.rows).sum();
                let name = metric.name.clone();
                Ok(Planned::Done(Refreshed { metric: name, way: Way::Fresh, rows, written: 0, error: None }))
            }
            Some(changed) if let Some(base) = base(metric, &before, &changed, self.world) => {
                Ok(Planned::Changed(base, Box::new(Member { metric: metric.clone(), follows, before })))
            }
            Some(changed) if changed.is_subset(&follows.timed) => {
                let member = Member { metric: metric.clone(), follows, before };
                match self.changed_months(&member, &changed).await {
                    Some(months) => self.ask_again(&member, months).await.map(Planned::Done),
                    None => self.whole(metric, &member.follows).await.map(Planned::Done),
                }
            }
            _ => self.whole(metric, &follows).await.map(Planned::Done),
        }
    }

    async fn follows(&self, metric: &Metric, plan: &LogicalPlan, hash: String) -> Result<Follows> {
        let inputs = inputs::of(self.session, plan).await?;
        if inputs.is_fleeting {
            let problem = "its SQL asks the clock or chance, so that its facts cannot be kept";
            return Err(DataFusionError::Plan(problem.to_owned()));
        }
        let is_local = match metric.header.entity.as_deref().and_then(model::table) {
            Some(entity) => is_local(self.session, plan, entity).await?,
            None => false,
        };
        let timed = if is_local { BTreeSet::new() } else { timed::tables(self.session, plan).await? };
        Ok(Follows { plan: hash, inputs, is_local, timed })
    }

    /// The facts of a metric, made from everything.
    pub async fn whole(&self, metric: &Metric, follows: &Follows) -> Result<Refreshed> {
        let frame = self.session.sql(&metric.sql).await?;
        let before = self.folder.manifest(&metric.name).map(|manifest| manifest.parts).unwrap_or_default();
        let parts = write::write(self.folder, &metric.name, frame).await?;
        let manifest = self.present.manifest(metric, follows, parts);
        publish(self.folder, metric, manifest, &before, Way::Whole)
    }
}

/// What the metric's facts can be corrected from, where each follows from one row of its entity and only those rows and their
/// parts changed.
fn base(metric: &Metric, before: &Manifest, changed: &BTreeSet<&'static str>, world: &World) -> Option<Base> {
    let entity = metric.header.entity.as_deref().and_then(model::table)?;
    let own = own(entity);
    if !before.is_local || !changed.is_subset(&own) {
        return None;
    }
    // A table that the facts do not read is as it is now: then more of them have a base in common.
    let version = |table: &&'static str| match before.tables.get(*table) {
        Some(version) => (*table, *version),
        None => (*table, world.version(table)),
    };
    Some(Base { entity: entity.name, versions: own.iter().map(version).collect() })
}
