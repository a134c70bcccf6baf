//! What was derived, as tables.

use super::chain::{Brought, Deployment, Followed};
use super::failures::{Failure, Incident};
use super::pulls::{Arrived, Pull};
use super::read::CommitRows;
use arrow::array::{ArrayRef, BooleanArray, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray};
use datafusion::error::Result;
use std::collections::BTreeMap;
use std::sync::Arc;

/// One row a successful deployment.
pub(super) fn followed(
    deployments: &[Deployment],
    followed: &[Option<Followed>],
    unplanned: &BTreeMap<usize, &'static str>,
) -> Result<RecordBatch> {
    let rows: Vec<(usize, &Followed)> =
        followed.iter().enumerate().filter_map(|(position, it)| Some((position, it.as_ref()?))).collect();
    let of = || rows.iter().map(|(position, _)| &deployments[*position]);
    let id = |position: usize| deployments[position].id.as_str();
    let previous = rows.iter().map(|(_, it)| it.previous.map(id));
    let copied = rows.iter().map(|(_, it)| it.copy_of.map(id));
    table(vec![
        ("source", texts(of().map(|it| Some(&it.source)))),
        ("service", texts(of().map(|it| Some(&it.service)))),
        ("deployment_id", texts(of().map(|it| Some(&it.id)))),
        ("previous_deployment_id", texts(previous)),
        ("is_rollback", bools(rows.iter().map(|(_, it)| it.is_rollback))),
        ("copy_of_deployment_id", texts(copied)),
        ("is_copy", bools(rows.iter().map(|(_, it)| it.copy_of.is_some()))),
        ("history", texts(rows.iter().map(|(_, it)| Some(it.history.word())))),
        ("unplanned", texts(rows.iter().map(|(position, _)| unplanned.get(position)))),
    ])
}

/// One row a commit that a deployment brought.
pub(super) fn brought(
    deployments: &[Deployment],
    commits: &CommitRows,
    mut brought: Vec<Brought>,
) -> Result<RecordBatch> {
    brought.sort_by_key(|it| (it.deployment, commits.sha(it.commit)));
    let of = || brought.iter().map(|it| &deployments[it.deployment]);
    let place = |it: &Brought| &commits.repositories[commits.places[it.commit as usize] as usize];
    table(vec![
        ("source", texts(of().map(|it| Some(&it.source)))),
        ("service", texts(of().map(|it| Some(&it.service)))),
        ("deployment_id", texts(of().map(|it| Some(&it.id)))),
        ("commit_source", texts(brought.iter().map(|it| Some(&place(it).0)))),
        ("repository", texts(brought.iter().map(|it| Some(&place(it).1)))),
        ("sha", texts(brought.iter().map(|it| Some(commits.sha(it.commit))))),
        ("is_certain", bools(brought.iter().map(|it| it.is_certain))),
    ])
}

/// One row a failure.
pub(super) fn failures(
    deployments: &[Deployment],
    incidents: &[Incident],
    failures: &[Failure],
) -> Result<RecordBatch> {
    let of = || failures.iter().map(|it| &deployments[it.deployment]);
    let incident = || failures.iter().map(|it| it.incident.map(|position| &incidents[position]));
    table(vec![
        ("source", texts(of().map(|it| Some(&it.source)))),
        ("service", texts(of().map(|it| Some(&it.service)))),
        ("deployment_id", texts(of().map(|it| Some(&it.id)))),
        ("linked_by", texts(failures.iter().map(|it| Some(it.link.word())))),
        ("incident_source", texts(incident().map(|it| it.map(|it| &it.source)))),
        ("incident_id", texts(incident().map(|it| it.map(|it| &it.id)))),
        ("failed_at", times(failures.iter().map(|it| Some(it.failed)))),
        ("resolved_at", times(failures.iter().map(|it| it.resolved))),
    ])
}

/// One row a merged pull request of which it is known whether it has arrived.
pub(super) fn arrived(deployments: &[Deployment], arrived: &[(&Pull, Arrived)]) -> Result<RecordBatch> {
    let of = || arrived.iter().map(|(pull, _)| pull);
    let with = |it: &Arrived| match it {
        Arrived::With(position) => Some(&deployments[*position]),
        Arrived::NotYet(_) => None,
    };
    let watched = |it: &Arrived| match it {
        Arrived::With(position) => deployments[*position].source.clone(),
        Arrived::NotYet(source) => source.clone(),
    };
    let word = |it: &Arrived| if with(it).is_some() { "deployed" } else { "waiting" };
    table(vec![
        ("source", texts(of().map(|it| Some(&it.source)))),
        ("repository", texts(of().map(|it| Some(&it.repository)))),
        ("number", Arc::new(Int64Array::from_iter_values(of().map(|it| it.number)))),
        ("deployed_at", times(arrived.iter().map(|(_, it)| with(it)?.finished))),
        ("delivery", texts(arrived.iter().map(|(_, it)| Some(word(it))))),
        ("watched_source", texts(arrived.iter().map(|(_, it)| Some(watched(it))))),
    ])
}

fn table(columns: Vec<(&str, ArrayRef)>) -> Result<RecordBatch> {
    let columns = columns.into_iter().map(|(name, values)| (name, values, true));
    Ok(RecordBatch::try_from_iter_with_nullable(columns)?)
}

fn texts<T: AsRef<str>>(values: impl Iterator<Item = Option<T>>) -> ArrayRef {
    Arc::new(values.collect::<StringArray>())
}

fn bools(values: impl Iterator<Item = bool>) -> ArrayRef {
    Arc::new(BooleanArray::from_iter(values.map(Some)))
}

fn times(values: impl Iterator<Item = Option<i64>>) -> ArrayRef {
    Arc::new(values.collect::<TimestampMicrosecondArray>().with_timezone("UTC"))
}
