//! The commits of a history as a graph in memory.

use crate::collect::git::history::{Commit, History};
use gix::ObjectId;
use gix::hashtable::HashMap;
use std::collections::BinaryHeap;

/// Commits as indexes into the history. A parent's index is smaller than its child's, which is all that the search for
/// a branch needs; dates, which may lie, play no part.
pub(super) struct Graph<'h> {
    commits: &'h [Commit],
    index_by_id: HashMap<ObjectId, usize>,
    parents: Vec<Vec<usize>>,
    reach: Vec<Reach>,
}

/// From where a search has reached a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    Not,
    Branch,
    Mainline,
}

impl<'h> Graph<'h> {
    pub(super) fn new(history: &'h History) -> Self {
        let commits = &history.commits;
        let index_by_id: HashMap<ObjectId, usize> =
            commits.iter().enumerate().map(|(index, commit)| (commit.id, index)).collect();
        let known = |commit: &Commit| commit.parents.iter().filter_map(|id| index_by_id.get(id).copied()).collect();
        let parents = commits.iter().map(known).collect();
        Self { commits, index_by_id, parents, reach: vec![Reach::Not; commits.len()] }
    }

    /// `tip` and what it reaches, in the history's order.
    pub(super) fn ancestors(&self, tip: ObjectId) -> Vec<usize> {
        let Some(&tip) = self.index_by_id.get(&tip) else { return Vec::new() };
        let mut reached = vec![false; tip + 1];
        reached[tip] = true;
        for index in (0..=tip).rev() {
            if reached[index] {
                self.parents[index].iter().for_each(|parent| reached[*parent] = true);
            }
        }
        (0..=tip).filter(|index| reached[*index]).collect()
    }

    pub(super) fn mainline(&self, tip: ObjectId) -> Vec<bool> {
        let mut on_mainline = vec![false; self.commits.len()];
        let mut next = self.index_by_id.get(&tip).copied();
        while let Some(index) = next {
            on_mainline[index] = true;
            next = self.commits[index].parents.first().and_then(|id| self.index_by_id.get(id)).copied();
        }
        on_mainline
    }

    /// Commits that `merge` reaches through its other parents and not through its first, oldest first.
    ///
    /// Commits are visited from the highest index down, so what reaches a commit is settled when its turn comes, and
    /// the search ends as soon as no commit of the branch is left to visit.
    pub(super) fn branch_of(&mut self, merge: usize) -> Vec<&'h Commit> {
        let mut waiting = BinaryHeap::new();
        let mut touched = Vec::new();
        let mut branch_waiting = 0;
        let mut branch = Vec::new();
        let first_parent = self.commits[merge].parents.first().and_then(|id| self.index_by_id.get(id)).copied();
        for parent in self.parents[merge].clone() {
            let from = if Some(parent) == first_parent { Reach::Mainline } else { Reach::Branch };
            self.reached(parent, from, &mut waiting, &mut touched, &mut branch_waiting);
        }
        while branch_waiting > 0 {
            let Some(index) = waiting.pop() else { break };
            let from = self.reach[index];
            if from == Reach::Branch {
                branch_waiting -= 1;
                branch.push(&self.commits[index]);
            }
            for at in 0..self.parents[index].len() {
                self.reached(self.parents[index][at], from, &mut waiting, &mut touched, &mut branch_waiting);
            }
        }
        for index in touched {
            self.reach[index] = Reach::Not;
        }
        branch.reverse();
        branch
    }

    fn reached(
        &mut self,
        index: usize,
        from: Reach,
        waiting: &mut BinaryHeap<usize>,
        touched: &mut Vec<usize>,
        branch_waiting: &mut usize,
    ) {
        let known = self.reach[index];
        if known == Reach::Not {
            waiting.push(index);
            touched.push(index);
            *branch_waiting += usize::from(from == Reach::Branch);
            self.reach[index] = from;
        } else if known == Reach::Branch && from == Reach::Mainline {
            *branch_waiting -= 1;
            self.reach[index] = from;
        }
    }
}
