//! Which deployment each incident is linked to, and which deployments were made because of one.
//!
//! One rule: an incident is linked to one deployment at most. What the source says comes first; what is named and not found is
//! linked to nothing else.

use super::chain::{Deployment, Followed};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// An incident of the same service is put down to a deployment that finished at most seven days before, microseconds. It is as
/// long as change fail rate waits before it judges a deployment.
pub(super) const WINDOW: i64 = 7 * 24 * 3_600_000_000;

/// An incident as it is told. Moments are microseconds since 1970.
#[derive(Clone, Debug, Default)]
pub(super) struct Incident {
    pub source: String,
    pub id: String,
    pub service: Option<String>,
    pub component: Option<String>,
    pub deployment: Option<String>,
    pub opened: i64,
    pub resolved: Option<i64>,
}

/// What an incident says of its service: source, name and component.
type Named<'i> = (&'i str, Option<&'i str>, Option<&'i str>);

/// How a failure was linked to its deployment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Link {
    Reference,
    Rollback,
    Hotfix,
    Window,
}

impl Link {
    pub fn word(self) -> &'static str {
        match self {
            Link::Reference => "reference",
            Link::Rollback => "rollback",
            Link::Hotfix => "hotfix",
            Link::Window => "window",
        }
    }
}

/// A deployment that failed, by position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Failure {
    pub deployment: usize,
    /// `None` for a rollback that nobody opened an incident for.
    pub incident: Option<usize>,
    pub link: Link,
    pub failed: i64,
    pub resolved: Option<i64>,
}

/// Deployments and what the order says of them.
pub(super) struct Failures<'d> {
    deployments: &'d [Deployment],
    followed: &'d [Option<Followed>],
    /// Positions in the order of time, by what a service is called or its component.
    named: HashMap<&'d str, Vec<usize>>,
    components: HashMap<&'d str, Vec<usize>>,
    /// By id, which is unique within a service.
    ids: HashMap<&'d str, Vec<usize>>,
    /// Deployments made for an incident, by its id.
    fixes: HashMap<&'d str, Vec<usize>>,
}

impl<'d> Failures<'d> {
    pub fn new(deployments: &'d [Deployment], followed: &'d [Option<Followed>]) -> Failures<'d> {
        let mut order: Vec<usize> = (0..deployments.len()).collect();
        order.sort_by_key(|position| deployments[*position].order());
        let mut failures = Failures {
            deployments,
            followed,
            named: HashMap::new(),
            components: HashMap::new(),
            ids: HashMap::new(),
            fixes: HashMap::new(),
        };
        for position in order {
            let it = &deployments[position];
            failures.named.entry(&it.service).or_default().push(position);
            failures.ids.entry(&it.id).or_default().push(position);
            if let Some(component) = &it.component {
                failures.components.entry(component).or_default().push(position);
            }
            if let Some(incident) = it.fixes.as_deref().filter(|_| it.is_success) {
                failures.fixes.entry(incident).or_default().push(position);
            }
        }
        failures
    }

    /// The failures, those of incidents in their order before rollbacks without one.
    pub fn link(&self, incidents: &[Incident]) -> Vec<Failure> {
        let mut found: Vec<Failure> = Vec::new();
        let mut services: BTreeMap<Named<'_>, Vec<usize>> = BTreeMap::new();
        for (position, incident) in incidents.iter().enumerate() {
            let service = (incident.source.as_str(), incident.service.as_deref(), incident.component.as_deref());
            let of_service = services.entry(service).or_insert_with(|| self.of_service(incident));
            let Some((deployment, link)) = self.cause(incident, of_service) else { continue };
            let (failed, resolved) = (incident.opened, incident.resolved);
            found.push(Failure { deployment, incident: Some(position), link, failed, resolved });
        }
        // What several environments of production got and took back failed once.
        let mut failed: BTreeSet<usize> = found.iter().map(|failure| self.original(failure.deployment)).collect();
        for position in self.rollbacks() {
            let undone = self.followed[position].as_ref().and_then(|followed| followed.previous);
            let Some(deployment) = undone.filter(|it| !self.is_rollback(*it)) else { continue };
            if failed.insert(self.original(deployment)) {
                let it = &self.deployments[position];
                let (link, resolved) = (Link::Rollback, it.finished);
                found.push(Failure { deployment, incident: None, link, failed: it.started, resolved });
            }
        }
        found
    }

    /// Those of production, in the order of time.
    fn rollbacks(&self) -> Vec<usize> {
        let all = 0..self.deployments.len();
        let mut found: Vec<usize> =
            all.filter(|it| self.is_rollback(*it) && self.deployments[*it].is_production()).collect();
        found.sort_by_key(|position| self.deployments[*position].order());
        found
    }

    /// The deployment that one repeats in a further environment of production, or itself.
    fn original(&self, position: usize) -> usize {
        self.followed[position].as_ref().and_then(|followed| followed.copy_of).unwrap_or(position)
    }

    /// Deployments of the incident's service, in the order of time: those of its own source, where that tells deployments.
    fn of_service(&self, incident: &Incident) -> Vec<usize> {
        let by = |names: &HashMap<&str, Vec<usize>>, name: &Option<String>| {
            name.as_deref().and_then(|name| names.get(name)).cloned().unwrap_or_default()
        };
        let named: BTreeSet<usize> =
            by(&self.named, &incident.service).into_iter().chain(by(&self.components, &incident.component)).collect();
        let is_own = |it: &usize| self.deployments[*it].source == incident.source;
        let has_own = named.iter().any(is_own);
        let mut found: Vec<usize> = named.into_iter().filter(|it| !has_own || is_own(it)).collect();
        found.sort_by_key(|position| self.deployments[*position].order());
        found
    }

    fn cause(&self, incident: &Incident, of_service: &[usize]) -> Option<(usize, Link)> {
        if let Some(named) = incident.deployment.as_deref() {
            // Ids are unique within a service alone.
            let mut called = self.ids.get(named).into_iter().flatten().copied();
            let is_its = |it: &usize| {
                let own = self.deployments[*it].order();
                let from = of_service.partition_point(|other| self.deployments[*other].order() < own);
                of_service[from..]
                    .iter()
                    .take_while(|other| self.deployments[**other].order() == own)
                    .any(|other| other == it)
            };
            return called.find(is_its).map(|it| (it, Link::Reference));
        }
        let by_fix = self.fix(incident, of_service).and_then(|fix| {
            let link = if self.is_rollback(fix) { Link::Rollback } else { Link::Hotfix };
            let replaced = self.replaced(fix, incident.opened)?;
            let is_near = link == Link::Rollback || self.is_within(replaced, incident.opened);
            is_near.then_some((replaced, link))
        });
        by_fix.or_else(|| {
            let until = of_service.partition_point(|it| self.deployments[*it].order().0 <= incident.opened);
            let before = of_service[..until].iter().rev().copied();
            let mut near = before.take_while(|it| incident.opened - self.deployments[*it].order().0 <= WINDOW);
            near.find(|it| self.is_before(*it, incident.opened)).map(|it| (it, Link::Window))
        })
    }

    /// The deployment that was made for an incident: one that says so, or the first rollback of the service that began while it
    /// was open, and within the window.
    fn fix(&self, incident: &Incident, of_service: &[usize]) -> Option<usize> {
        let declared = self.fixes.get(incident.id.as_str()).into_iter().flatten().copied();
        let declared =
            declared.min_by_key(|it| (self.deployments[*it].source != incident.source, self.deployments[*it].order()));
        let latest = incident.opened.saturating_add(WINDOW);
        let until = incident.resolved.unwrap_or(latest).min(latest);
        let rollback = || {
            let from = of_service.partition_point(|it| self.deployments[*it].order().0 < incident.opened);
            // One that began meanwhile may have finished later.
            let meanwhile = of_service[from..].iter().copied();
            let mut meanwhile = meanwhile.take_while(|it| self.deployments[*it].order().0 <= latest);
            meanwhile.find(|it| {
                let begun = self.deployments[*it].started;
                self.is_rollback(*it)
                    && self.deployments[*it].is_production()
                    && (incident.opened..=until).contains(&begun)
            })
        };
        declared.or_else(rollback)
    }

    /// What a fix replaced, if that brought something to the same environment before the incident. After a first attempt that
    /// did not help a hotfix still is about what came before the incident; a rollback is about what it undoes.
    fn replaced(&self, fix: usize, opened: i64) -> Option<usize> {
        let mut previous = self.followed[fix].as_ref()?.previous;
        while let Some(position) = previous.filter(|it| !self.is_before(*it, opened)) {
            if self.is_rollback(fix) {
                return None;
            }
            previous = self.followed[position].as_ref()?.previous;
        }
        previous
    }

    /// Whether it brought something to production before a moment.
    fn is_before(&self, position: usize, at: i64) -> bool {
        let it = &self.deployments[position];
        it.is_success
            && it.is_production()
            && !self.is_rollback(position)
            && it.finished.is_some_and(|finished| finished <= at)
    }

    fn is_within(&self, position: usize, at: i64) -> bool {
        self.deployments[position].finished.is_some_and(|finished| at - finished <= WINDOW)
    }

    fn is_rollback(&self, position: usize) -> bool {
        self.followed[position].as_ref().is_some_and(|followed| followed.is_rollback)
    }

    /// Why a deployment was not planned, by position: `incident` where it says which one it was made for, `rollback`, and
    /// `hotfix` for the last deployment of the failed service that began and finished while the incident was open. What is
    /// said of a copy is said of the deployment that it repeats.
    pub fn unplanned(&self, failures: &[Failure]) -> BTreeMap<usize, &'static str> {
        let mut found = BTreeMap::new();
        for failure in failures.iter().filter(|failure| failure.incident.is_some()) {
            let (Some(resolved), failed) = (failure.resolved, &self.deployments[failure.deployment]) else { continue };
            let of_service = self.named.get(failed.service.as_str()).map_or(&[][..], Vec::as_slice);
            let bound = |at: i64| of_service.partition_point(|it| self.deployments[*it].order().0 < at);
            // An incident that ended before it began has nothing in between.
            let meanwhile =
                of_service.get(bound(failure.failed)..bound(resolved.saturating_add(1))).unwrap_or_default();
            let is_of_it = |it: &&usize| {
                let it = &self.deployments[**it];
                it.is_success
                    && it.source == failed.source
                    && is_same_place(it, failed)
                    && it.started >= failure.failed
                    && it.finished.is_some()
            };
            found.extend(meanwhile.iter().rfind(is_of_it).map(|it| (*it, "hotfix")));
        }
        for (position, it) in self.deployments.iter().enumerate().filter(|(_, it)| it.is_success) {
            if it.fixes.is_some() {
                found.insert(position, "incident");
            } else if self.is_rollback(position) {
                found.insert(position, "rollback");
            }
        }
        for (position, reason) in found.clone() {
            found.entry(self.original(position)).or_insert(reason);
        }
        found
    }
}

/// Whether two deployments went to the same environment; those of production are one.
fn is_same_place(one: &Deployment, other: &Deployment) -> bool {
    one.environment.to_lowercase() == other.environment.to_lowercase() || one.is_production() && other.is_production()
}

#[cfg(test)]
mod tests {
    use super::super::chain::{Commits, follow};
    use super::super::graph::Graph;
    use super::*;
    use proptest::prelude::*;

    const HOUR: i64 = 3_600_000_000;

    struct Nothing;

    impl Commits for Nothing {
        fn committed(&self, _: u32) -> i64 {
            0
        }

        fn touches(&self, _: u32, _: &str) -> Option<bool> {
            None
        }

        fn is_awaited(&self, _: u32) -> bool {
            false
        }
    }

    fn deployment(service: &str, id: usize, hour: i64, is_rollback: bool) -> Deployment {
        Deployment {
            source: "hub".to_owned(),
            service: service.to_owned(),
            id: id.to_string(),
            environment: "production".to_owned(),
            is_success: true,
            started: hour * HOUR,
            finished: Some(hour * HOUR),
            is_rollback,
            ..Deployment::default()
        }
    }

    fn incident(service: &str, id: usize, hour: i64, hours: i64) -> Incident {
        Incident {
            source: "pager".to_owned(),
            id: id.to_string(),
            service: Some(service.to_owned()),
            opened: hour * HOUR,
            resolved: Some((hour + hours) * HOUR),
            ..Incident::default()
        }
    }

    /// Each failure as words, in order.
    fn linked(deployments: &[Deployment], incidents: &[Incident]) -> Vec<String> {
        let chains = follow(deployments, &Graph::default(), &Nothing);
        let failures = Failures::new(deployments, &chains.followed);
        let word = |failure: Failure| {
            let deployment = &deployments[failure.deployment];
            let incident = failure.incident.map(|it| incidents[it].id.clone());
            format!("{} {} {incident:?} {}", deployment.service, deployment.id, failure.link.word())
        };
        let mut words: Vec<String> = failures.link(incidents).into_iter().map(word).collect();
        words.sort_unstable();
        words
    }

    /// As many deployments and incidents as in DevLake's issue 8130, all of one service.
    #[test]
    fn a_busy_service_is_linked_without_comparing_all_with_all() {
        let deployments: Vec<Deployment> =
            (0..177_462).map(|id| deployment("shop", id, id as i64, id % 100 == 99)).collect();
        let incidents: Vec<Incident> = (0..3_193).map(|id| incident("shop", id, id as i64 * 55, 3)).collect();
        let found = linked(&deployments, &incidents);
        let of_incidents = found.iter().filter(|it| it.contains("Some")).count();
        // Something was deployed in each of the hours before.
        assert_eq!(of_incidents, incidents.len());
    }

    proptest! {
        #[test]
        fn an_incident_is_linked_once_in_whatever_order_rows_come(
            deployed in proptest::collection::vec((0_usize..3, 0_i64..400, any::<bool>()), 0..30),
            opened in proptest::collection::vec((0_usize..3, 0_i64..400, 0_i64..50), 0..20),
            turn in 0_usize..30,
        ) {
            let names = ["shop", "pay", "api"];
            let one = |(id, it): (usize, &(usize, i64, bool))| deployment(names[it.0], id, it.1, it.2);
            let mut deployments: Vec<Deployment> = deployed.iter().enumerate().map(one).collect();
            let one = |(id, it): (usize, &(usize, i64, i64))| incident(names[it.0], id, it.1, it.2);
            let mut incidents: Vec<Incident> = opened.iter().enumerate().map(one).collect();
            let found = linked(&deployments, &incidents);
            let of_incidents: Vec<&str> = found.iter().filter_map(|it| it.split('"').nth(1)).collect();
            let distinct: BTreeSet<&&str> = of_incidents.iter().collect();
            prop_assert_eq!(of_incidents.len(), distinct.len());
            let middle = turn % deployments.len().max(1);
            deployments.rotate_left(middle);
            incidents.reverse();
            prop_assert_eq!(linked(&deployments, &incidents), found);
        }
    }
}
