//! Which commits a deployment brings to an environment that no earlier one brought, found near its commit.
//!
//! One rule: what earlier deployments reach is followed only as deep as a later one asks, so that an environment costs what lies
//! between its deployments and not the history below them. Previews of pull requests are as many as these.

use super::graph::{Brought, Graph};
use std::collections::hash_map::Entry;
use std::collections::{BinaryHeap, HashMap};

/// How many commits lie on the longest way from each commit to one without parents: more than from any of its ancestors.
#[derive(Debug, Default)]
pub(super) struct Heights(Vec<u32>);

impl Heights {
    pub fn of(graph: &Graph<'_>) -> Heights {
        const UNSEEN: u32 = u32::MAX;
        let mut heights = vec![UNSEEN; graph.len()];
        // Without recursion, since a history is as deep as it is long. Twice on the path: before and after its parents.
        let mut path: Vec<(u32, bool)> = Vec::new();
        for from in 0..graph.len() as u32 {
            path.push((from, false));
            while let Some((commit, is_after)) = path.pop() {
                let parents = graph.parents(commit);
                if is_after {
                    let highest = parents.iter().map(|parent| heights[*parent as usize]).max();
                    heights[commit as usize] = highest.map_or(0, |height| height.saturating_add(1).min(UNSEEN - 1));
                } else if heights[commit as usize] == UNSEEN {
                    // No history is a circle; where rows say so, the way ends here.
                    heights[commit as usize] = 0;
                    path.push((commit, true));
                    path.extend(parents.iter().map(|parent| (*parent, false)));
                }
            }
        }
        Heights(heights)
    }
}

/// What the deployments of one environment have reached so far.
#[derive(Debug)]
pub(super) struct Frontier<'g, 's> {
    graph: &'g Graph<'s>,
    heights: &'g Heights,
    /// Commits whose parents were not looked at, the highest first, so that whatever reaches a commit comes before it.
    waiting: BinaryHeap<(u32, u32)>,
    /// Of each commit that was met whether an earlier deployment reaches it.
    is_earlier: HashMap<u32, bool>,
    /// How many of those that wait are not reached by an earlier one.
    new: usize,
}

impl<'g, 's> Frontier<'g, 's> {
    pub fn new(graph: &'g Graph<'s>, heights: &'g Heights) -> Frontier<'g, 's> {
        Frontier { graph, heights, waiting: BinaryHeap::new(), is_earlier: HashMap::new(), new: 0 }
    }

    /// The first deployment: all that it reaches was there.
    pub fn begin(&mut self, from: u32) {
        self.meet(from, true);
    }

    /// Goes from a commit to all that no earlier deployment reaches.
    pub fn reach(&mut self, from: u32) -> Brought {
        let mut brought = Brought::default();
        self.meet(from, false);
        while self.new > 0 {
            let Some((_, commit)) = self.waiting.pop() else { break };
            let is_earlier = self.is_earlier.get(&commit).copied().unwrap_or_default();
            if !is_earlier {
                self.new -= 1;
                brought.take(self.graph, commit);
            }
            for parent in self.graph.parents(commit) {
                self.meet(*parent, is_earlier);
            }
        }
        self.is_earlier.extend(brought.commits.iter().map(|commit| (*commit, true)));
        brought
    }

    fn meet(&mut self, commit: u32, is_earlier: bool) {
        match self.is_earlier.entry(commit) {
            Entry::Vacant(entry) => {
                entry.insert(is_earlier);
                self.new += usize::from(!is_earlier);
                self.waiting.push((self.heights.0[commit as usize], commit));
            }
            Entry::Occupied(mut entry) if is_earlier && !entry.get() => {
                entry.insert(true);
                self.new = self.new.saturating_sub(1);
            }
            Entry::Occupied(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::graph::{Told, Walker};
    use super::*;
    use proptest::prelude::*;

    fn told(texts: &[(String, String)]) -> Vec<Told<'_>> {
        let count = |parents: &str| parents.split_ascii_whitespace().count() as i64;
        texts.iter().map(|(sha, all)| Told { sha, parents: Some(all.as_str()), count: count(all) }).collect()
    }

    proptest! {
        /// The walk through all of the history finds the same after the first deployment.
        #[test]
        fn the_whole_walk_finds_the_same(
            parents in proptest::collection::vec(proptest::collection::vec(0_usize..1000, 0..4), 1..60),
            tips in proptest::collection::vec(0_usize..1000, 1..12),
        ) {
            // A parent has a smaller number, so there is no circle.
            let of = |number: usize, all: &[usize]| match number {
                0 => String::new(),
                _ => all.iter().map(|it| format!("c{}", it % number)).collect::<Vec<_>>().join(" "),
            };
            let texts: Vec<(String, String)> =
                parents.iter().enumerate().map(|(number, all)| (format!("c{number}"), of(number, all))).collect();
            let commits = told(&texts);
            let graph = Graph::new(&commits);
            let heights = Heights::of(&graph);
            let (mut walker, mut frontier) = (Walker::new(&graph), Frontier::new(&graph, &heights));
            walker.begin();
            for (nth, tip) in tips.iter().map(|tip| (tip % commits.len()) as u32).enumerate() {
                let mut expected = walker.reach(tip);
                if nth == 0 {
                    frontier.begin(tip);
                    continue;
                }
                let mut found = frontier.reach(tip);
                expected.commits.sort_unstable();
                found.commits.sort_unstable();
                prop_assert_eq!(found, expected);
            }
        }
    }

    /// As many previews of pull requests as there are, each with two deployments, near the end of a long history.
    #[test]
    fn previews_do_not_walk_the_history() {
        let name = |number: usize| format!("{number:040x}");
        let texts: Vec<(String, String)> = (0..100_000)
            .map(|number| (name(number), if number == 0 { String::new() } else { name(number - 1) }))
            .collect();
        let commits = told(&texts);
        let graph = Graph::new(&commits);
        let heights = Heights::of(&graph);
        let mut met = 0;
        for preview in 0..20_000_u32 {
            let mut frontier = Frontier::new(&graph, &heights);
            frontier.begin(70_000 + preview);
            assert_eq!(frontier.reach(70_003 + preview).commits.len(), 3);
            met += frontier.is_earlier.len();
        }
        assert!(met <= 5 * 20_000, "{met}");
    }

    #[test]
    fn a_circle_ends() {
        let texts = [("a", "b"), ("b", "c a"), ("c", "a")].map(|(sha, parents)| (sha.to_owned(), parents.to_owned()));
        let commits = told(&texts);
        let graph = Graph::new(&commits);
        let heights = Heights::of(&graph);
        let mut frontier = Frontier::new(&graph, &heights);
        frontier.begin(0);
        frontier.reach(1);
        frontier.reach(2);
    }
}
