//! What follows from the order of a service's deployments: the one before, what is a rollback or a copy, which commits each
//! one brought.
//!
//! One rule: what was deployed before the first deployment that is known is not known, so that the first one brings nothing.

use super::environment::is_production;
use super::frontier::{Frontier, Heights};
use super::graph::{self, Graph, Walker};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// A deployment as it is told.
#[derive(Clone, Debug, Default)]
pub(super) struct Deployment {
    pub source: String,
    pub service: String,
    pub id: String,
    pub environment: String,
    pub sha: Option<String>,
    pub is_success: bool,
    /// Microseconds since 1970, as all moments here.
    pub started: i64,
    pub finished: Option<i64>,
    pub is_rollback: bool,
    pub fixes: Option<String>,
    /// The component that the service is called by, which has a folder of a repository for itself.
    pub folder: Option<String>,
    /// The component that it is of, or that its repository is.
    pub component: Option<String>,
}

impl Deployment {
    /// What decides the order of deployments. One of which nobody knows when it finished stands where it started.
    pub fn order(&self) -> (i64, i64, &str) {
        (self.finished.unwrap_or(self.started), self.started, &self.id)
    }

    pub fn is_production(&self) -> bool {
        is_production(&self.environment)
    }
}

/// How far the commits of a deployment are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum History {
    Known,
    /// The first one that is seen of its service: what was there before is not known.
    First,
    /// Its commit is not told or was not collected.
    UnknownCommit,
    /// It reaches commits whose parents are not known.
    Incomplete,
}

impl History {
    pub fn word(self) -> &'static str {
        match self {
            History::Known => "known",
            History::First => "first",
            History::UnknownCommit => "unknown commit",
            History::Incomplete => "incomplete",
        }
    }
}

/// What follows for one successful deployment.
#[derive(Clone, Debug)]
pub(super) struct Followed {
    /// Position of the successful one before it in the same environment.
    pub previous: Option<usize>,
    /// It is said to return to an earlier version, or its commit is older than what it replaced.
    pub is_rollback: bool,
    /// Position of the deployment that this one repeats in a further environment of production.
    pub copy_of: Option<usize>,
    pub history: History,
}

/// A commit that a deployment brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Brought {
    pub deployment: usize,
    pub commit: u32,
    /// No deployment whose commit is unknown can have brought it before.
    pub is_certain: bool,
}

/// Where a commit that somebody waits for arrived.
#[derive(Clone, Copy, Debug)]
pub(super) struct Arrival {
    pub deployment: usize,
    pub is_certain: bool,
}

/// A service in production, for the question whether a change has arrived there.
#[derive(Debug, Default)]
pub(super) struct Production {
    pub source: String,
    /// A folder of a repository that is all of the service.
    pub folder: Option<String>,
    /// The commits that were deployed.
    pub deployed: Vec<u32>,
    /// Of the commits that are waited for.
    pub arrived: HashMap<u32, Arrival>,
    /// When the last deployment whose commit is unknown started: what was merged before may have been in it.
    pub unknown_until: Option<i64>,
}

/// What is known of commits.
pub(super) trait Commits {
    /// When it was committed, microseconds since 1970.
    fn committed(&self, commit: u32) -> i64;
    /// Whether it changes files of a component; `None` where its files are not known.
    fn touches(&self, commit: u32, component: &str) -> Option<bool>;
    /// Whether a pull request waits for it.
    fn is_awaited(&self, commit: u32) -> bool;
}

/// Everything that the order says.
#[derive(Debug, Default)]
pub(super) struct Chains {
    /// By position of the deployment; `None` for one that was not successful.
    pub followed: Vec<Option<Followed>>,
    pub brought: Vec<Brought>,
    pub productions: Vec<Production>,
}

/// Follows every service through each of its environments. Environments of production are one: what any of them has is in
/// production.
pub(super) fn follow(deployments: &[Deployment], graph: &Graph<'_>, commits: &impl Commits) -> Chains {
    let mut chains = Chains { followed: vec![None; deployments.len()], ..Chains::default() };
    let mut walker = Walker::new(graph);
    let has_others = deployments.iter().any(|it| it.is_success && !it.is_production());
    let heights = if has_others { Heights::of(graph) } else { Heights::default() };
    for chain in
        chained(
            deployments,
            |it| {
                if it.is_production() { "production".to_owned() } else { it.environment.to_lowercase() }
            },
        )
    {
        chains.walk(deployments, &chain, (graph, &heights), &mut walker, commits);
    }
    for chain in chained(deployments, |it| it.environment.to_lowercase()) {
        chains.compare(deployments, &chain);
    }
    chains.mark_copies(deployments);
    chains
}

/// The successful deployments of each service in their order, by what of their environment keeps them apart.
fn chained(deployments: &[Deployment], apart: impl Fn(&Deployment) -> String) -> Vec<Vec<usize>> {
    let mut chains: BTreeMap<(&str, &str, String), Vec<usize>> = BTreeMap::new();
    for (position, it) in deployments.iter().enumerate().filter(|(_, it)| it.is_success) {
        chains.entry((&it.source, &it.service, apart(it))).or_default().push(position);
    }
    for chain in chains.values_mut() {
        chain.sort_by_key(|position| deployments[*position].order());
    }
    chains.into_values().collect()
}

impl Chains {
    fn walk(
        &mut self,
        deployments: &[Deployment],
        chain: &[usize],
        (graph, heights): (&Graph<'_>, &Heights),
        walker: &mut Walker<'_, '_>,
        commits: &impl Commits,
    ) {
        let Some(newest) = chain.last().map(|position| &deployments[*position]) else { return };
        let is_production = newest.is_production();
        let mut production =
            Production { source: newest.source.clone(), folder: newest.folder.clone(), ..Production::default() };
        // When the last deployment of an unknown commit started: whatever was committed before may have been in it.
        let mut unknown_until: Option<i64> = None;
        let (mut is_first, mut is_blind) = (true, false);
        walker.begin();
        // Environments beside production may be as many as pull requests: none of them costs a walk through the history.
        let mut frontier = (!is_production).then(|| Frontier::new(graph, heights));
        for position in chain {
            let deployment = &deployments[*position];
            let Some(commit) = deployment.sha.as_deref().and_then(|sha| graph.number(sha)) else {
                self.followed[*position] = Some(Followed::new(deployment, History::UnknownCommit));
                unknown_until = unknown_until.max(Some(deployment.started));
                continue;
            };
            let found = match &mut frontier {
                None => walker.reach(commit),
                Some(frontier) if is_first => {
                    frontier.begin(commit);
                    graph::Brought { is_blind: graph.has_blind(), ..graph::Brought::default() }
                }
                Some(frontier) => frontier.reach(commit),
            };
            is_blind |= found.is_blind;
            let history = match (is_first, found.is_blind || found.is_cut) {
                (true, _) => History::First,
                (false, true) => History::Incomplete,
                (false, false) => History::Known,
            };
            self.followed[*position] = Some(Followed::new(deployment, history));
            for commit in found.commits {
                let is_after = unknown_until.is_none_or(|until| commits.committed(commit) > until);
                let is_certain = !is_first && !is_blind && is_after;
                if is_production && commits.is_awaited(commit) {
                    production.arrived.insert(commit, Arrival { deployment: *position, is_certain });
                }
                let folder = deployment.folder.as_deref();
                let is_its = folder.is_none_or(|it| commits.touches(commit, it) == Some(true));
                if !is_first && is_its {
                    self.brought.push(Brought { deployment: *position, commit, is_certain });
                }
            }
            production.deployed.push(commit);
            is_first = false;
        }
        production.unknown_until = unknown_until;
        if is_production && !production.deployed.is_empty() {
            self.productions.push(production);
        }
    }

    /// Within one environment: which is before which, and which goes back.
    fn compare(&mut self, deployments: &[Deployment], chain: &[usize]) {
        // How early each commit was there for the first time.
        let mut first: HashMap<&str, usize> = HashMap::new();
        let mut previous: Option<usize> = None;
        for (nth, position) in chain.iter().enumerate() {
            let sha = deployments[*position].sha.as_deref();
            let here = sha.map(|sha| *first.entry(sha).or_insert(nth));
            let before = previous.and_then(|it| deployments[it].sha.as_deref()).and_then(|sha| first.get(sha).copied());
            if let Some(followed) = &mut self.followed[*position] {
                followed.previous = previous;
                followed.is_rollback |= here.zip(before).is_some_and(|(here, before)| here < before);
            }
            previous = Some(*position);
        }
    }

    /// Which deployments repeat one in a further environment of production. A rollback is repeated by rollbacks alone.
    fn mark_copies(&mut self, deployments: &[Deployment]) {
        let is_production = |it: &Deployment| is_production(&it.environment).then(|| "production".to_owned());
        for chain in chained(deployments, |it| is_production(it).unwrap_or_default()) {
            // The newest deployment of each commit that repeats none, and the environments that have got it since.
            let mut newest: HashMap<(&str, bool), (usize, BTreeSet<String>)> = HashMap::new();
            for position in chain.into_iter().filter(|position| deployments[*position].is_production()) {
                let (Some(sha), Some(followed)) = (deployments[position].sha.as_deref(), &mut self.followed[position])
                else {
                    continue;
                };
                let here = deployments[position].environment.to_lowercase();
                let what = (sha, followed.is_rollback);
                match newest.get_mut(&what) {
                    Some((original, had)) if !had.contains(&here) => {
                        followed.copy_of = Some(*original);
                        had.insert(here);
                    }
                    _ => {
                        newest.insert(what, (position, BTreeSet::from([here])));
                    }
                }
            }
        }
    }
}

impl Followed {
    fn new(deployment: &Deployment, history: History) -> Followed {
        Followed { previous: None, is_rollback: deployment.is_rollback, copy_of: None, history }
    }
}
