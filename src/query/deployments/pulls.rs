//! Whether a merged pull request is in production, and since when.
//!
//! One rule: it has arrived with the first deployment that is known to have brought it. Where none is and it cannot be ruled out
//! that one did, nobody knows.

use super::chain::{Commits, Deployment, Production};
use std::sync::Arc;

/// A merged pull request.
#[derive(Clone, Debug, Default)]
pub(super) struct Pull {
    pub source: Arc<str>,
    pub repository: Arc<str>,
    pub number: i64,
    /// Microseconds since 1970.
    pub merged: i64,
    /// The commit that it became.
    pub commit: Option<u32>,
    /// Its commits before the merge, where they are asked for and known.
    pub commits: Vec<u32>,
}

/// Where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Arrived {
    /// In production with the deployment at this position.
    With(usize),
    /// Not there, as far as this source was watched.
    NotYet(String),
}

/// Looks where a pull request arrived first, among the services that are deployed from its repository; `None` where nobody
/// knows.
pub(super) fn arrived(
    pull: &Pull,
    services: &[&Production],
    deployments: &[Deployment],
    commits: &impl Commits,
) -> Option<Arrived> {
    let commit = pull.commit?;
    let mut first: Option<usize> = None;
    let (mut is_unknown, mut watched) = (false, None);
    for production in services {
        let is_its = production.folder.as_deref().map_or(Some(true), |folder| touches(pull, commit, folder, commits));
        match (is_its, production.arrived.get(&commit)) {
            (Some(false), _) => {}
            (None, _) => is_unknown = true,
            (Some(true), Some(arrival)) if arrival.is_certain && deployments[arrival.deployment].finished.is_some() => {
                let earlier = |it: &usize| deployments[*it].order() <= deployments[arrival.deployment].order();
                first = first.filter(earlier).or(Some(arrival.deployment));
            }
            (Some(true), Some(_)) => is_unknown = true,
            (Some(true), None) if production.unknown_until.is_some_and(|until| pull.merged <= until) => {
                is_unknown = true
            }
            (Some(true), None) => watched = watched.or(Some(production.source.clone())),
        }
    }
    let waits = || watched.filter(|_| !is_unknown).map(Arrived::NotYet);
    first.map(Arrived::With).or_else(waits)
}

/// Whether it changes files of a component: the commit that it became does, or one of its own.
fn touches(pull: &Pull, commit: u32, component: &str, commits: &impl Commits) -> Option<bool> {
    let mut is_known = false;
    for it in std::iter::once(commit).chain(pull.commits.iter().copied()) {
        match commits.touches(it, component) {
            Some(true) => return Some(true),
            Some(false) => is_known = true,
            None => {}
        }
    }
    is_known.then_some(false)
}
