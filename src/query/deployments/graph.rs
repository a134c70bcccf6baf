//! Which commits a deployment brings that no earlier one of its service brought.
//!
//! One rule: an object id means the same commit wherever it is told, so that all repositories are one graph.

use std::collections::HashMap;

/// Commits by number, each with its parents.
#[derive(Debug, Default)]
pub(super) struct Graph<'s> {
    numbers: HashMap<&'s str, u32>,
    /// Where the parents of a commit begin in `parents`; one more than there are commits.
    starts: Vec<u32>,
    parents: Vec<u32>,
    /// It has parents, and no source says which.
    is_blind: Vec<bool>,
    /// It has a parent that is not here.
    is_cut: Vec<bool>,
}

/// One commit as it is told.
#[derive(Clone, Copy, Debug)]
pub(super) struct Told<'s> {
    pub sha: &'s str,
    /// Object ids between spaces, `None` where the source does not say.
    pub parents: Option<&'s str>,
    /// How many there are.
    pub count: i64,
}

impl<'s> Graph<'s> {
    /// The graph of commits, which are numbered as they come. Of a commit that comes twice the first counts.
    pub fn new(commits: &[Told<'s>]) -> Graph<'s> {
        let mut graph = Graph { numbers: HashMap::with_capacity(commits.len()), ..Graph::default() };
        for (number, commit) in commits.iter().enumerate() {
            graph.numbers.entry(commit.sha).or_insert(number as u32);
        }
        for commit in commits {
            graph.starts.push(graph.parents.len() as u32);
            let (known, before) = (commit.parents.unwrap_or_default(), graph.parents.len());
            let mut named = 0;
            for sha in known.split_ascii_whitespace() {
                named += 1;
                graph.parents.extend(graph.numbers.get(sha));
            }
            graph.is_blind.push(named < commit.count);
            graph.is_cut.push(graph.parents.len() - before < named as usize);
        }
        graph.starts.push(graph.parents.len() as u32);
        graph
    }

    /// The number of a commit, where it is known.
    pub fn number(&self, sha: &str) -> Option<u32> {
        self.numbers.get(sha).copied()
    }

    /// Whether the parents of any commit are not told.
    pub fn has_blind(&self) -> bool {
        self.is_blind.contains(&true)
    }

    pub fn len(&self) -> usize {
        self.is_cut.len()
    }

    pub fn parents(&self, commit: u32) -> &[u32] {
        let at = commit as usize;
        &self.parents[self.starts[at] as usize..self.starts[at + 1] as usize]
    }
}

/// Walks the graph for one service after the other.
///
/// What earlier deployments reach is marked and everything below a mark is marked too, so a commit is visited once for each
/// service however often it is deployed: the time is linear in commits and services, the memory in commits.
#[derive(Debug)]
pub(super) struct Walker<'g, 's> {
    graph: &'g Graph<'s>,
    /// The last service that reached the commit.
    marks: Vec<u32>,
    service: u32,
    waiting: Vec<u32>,
}

/// What one deployment brings.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Brought {
    /// As `git rev-list deployed ^earlier…` lists them, in no order of meaning.
    pub commits: Vec<u32>,
    /// Some of them has parents that no source names: what else it brings is unknown.
    pub is_blind: bool,
    /// Some of them has a parent that was not collected.
    pub is_cut: bool,
}

impl<'g, 's> Walker<'g, 's> {
    pub fn new(graph: &'g Graph<'s>) -> Walker<'g, 's> {
        Walker { graph, marks: vec![0; graph.len()], service: 0, waiting: Vec::new() }
    }

    /// Forgets what was reached, for the next service.
    pub fn begin(&mut self) {
        self.service += 1;
    }

    /// Goes from a commit to all that were not reached since [`Walker::begin`].
    pub fn reach(&mut self, from: u32) -> Brought {
        let mut brought = Brought::default();
        self.visit(from, &mut brought);
        while let Some(commit) = self.waiting.pop() {
            for parent in self.graph.parents(commit) {
                self.visit(*parent, &mut brought);
            }
        }
        brought
    }

    fn visit(&mut self, commit: u32, brought: &mut Brought) {
        let mark = &mut self.marks[commit as usize];
        if *mark == self.service {
            return;
        }
        *mark = self.service;
        brought.take(self.graph, commit);
        self.waiting.push(commit);
    }
}

impl Brought {
    pub fn take(&mut self, graph: &Graph<'_>, commit: u32) {
        self.is_blind |= graph.is_blind[commit as usize];
        self.is_cut |= graph.is_cut[commit as usize];
        self.commits.push(commit);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;
    use std::path::Path;
    use std::process::Command;

    /// Parents by name; the number of parents is what is named.
    fn told<'s>(commits: &[(&'s str, &'s str)]) -> Vec<Told<'s>> {
        let one = |(sha, parents): &(&'s str, &'s str)| {
            let count = parents.split_ascii_whitespace().count() as i64;
            Told { sha, parents: Some(parents), count }
        };
        commits.iter().map(one).collect()
    }

    #[test]
    fn a_deployment_brings_what_no_earlier_one_reached() {
        let commits = told(&[("d", "b c"), ("c", "a"), ("b", "a"), ("a", "")]);
        let graph = Graph::new(&commits);
        let mut walker = Walker::new(&graph);
        walker.begin();
        let names = |sha: &str| {
            let found = walker.reach(graph.number(sha).unwrap());
            assert!(!found.is_blind && !found.is_cut);
            let mut names: Vec<&str> = found.commits.iter().map(|number| commits[*number as usize].sha).collect();
            names.sort_unstable();
            names.concat()
        };
        // Going back and forth brings nothing again.
        assert_eq!(["b", "a", "d", "b", "d"].map(names), ["ab", "", "cd", "", ""]);
    }

    #[test]
    fn another_service_starts_anew() {
        let commits = told(&[("b", "a"), ("a", "")]);
        let graph = Graph::new(&commits);
        let mut walker = Walker::new(&graph);
        for _ in 0..2 {
            walker.begin();
            assert_eq!(walker.reach(0).commits, [0, 1]);
        }
    }

    #[test]
    fn parents_that_are_not_told_are_noticed() {
        let commits = [
            Told { sha: "c", parents: Some("b gone"), count: 2 },
            Told { sha: "b", parents: None, count: 1 },
            Told { sha: "a", parents: None, count: 0 },
        ];
        let graph = Graph::new(&commits);
        let mut walker = Walker::new(&graph);
        walker.begin();
        assert_eq!(walker.reach(2), Brought { commits: vec![2], is_blind: false, is_cut: false });
        assert_eq!(walker.reach(1), Brought { commits: vec![1], is_blind: true, is_cut: false });
        assert_eq!(walker.reach(0), Brought { commits: vec![0], is_blind: false, is_cut: true });
    }

    proptest! {
        #[test]
        fn any_graph_gives_what_sets_give(
            parents in proptest::collection::vec(proptest::collection::vec(0_usize..1000, 0..4), 1..40),
            tips in proptest::collection::vec(0_usize..1000, 1..12),
            rotation in 0_usize..1000,
        ) {
            // A parent has a smaller number, so there is no circle; commits are told from any one on.
            let names: Vec<String> = (0..parents.len()).map(|number| format!("c{number}")).collect();
            let edges: Vec<BTreeSet<usize>> = parents
                .iter()
                .enumerate()
                .map(|(number, parents)| parents.iter().filter(|_| number > 0).map(|it| it % number.max(1)).collect())
                .collect();
            let texts: Vec<String> = edges
                .iter()
                .map(|parents| parents.iter().map(|it| names[*it].as_str()).collect::<Vec<_>>().join(" "))
                .collect();
            let mut pairs: Vec<(&str, &str)> = names.iter().map(String::as_str).zip(texts.iter().map(String::as_str)).collect();
            let middle = rotation % pairs.len();
            pairs.rotate_left(middle);
            let commits = told(&pairs);
            let graph = Graph::new(&commits);
            let mut walker = Walker::new(&graph);
            walker.begin();
            let mut deployed: BTreeSet<usize> = BTreeSet::new();
            for tip in tips.iter().map(|tip| tip % names.len()) {
                let expected: BTreeSet<usize> = &closure(&edges, tip) - &deployed;
                let found = walker.reach(graph.number(&names[tip]).unwrap()).commits;
                let numbers: BTreeSet<usize> =
                    found.iter().map(|it| commits[*it as usize].sha[1..].parse().unwrap()).collect();
                prop_assert_eq!(found.len(), numbers.len());
                prop_assert_eq!(&numbers, &expected);
                deployed.extend(expected);
            }
        }
    }

    /// Everything that is reached, by adding parents until nothing is new.
    fn closure(edges: &[BTreeSet<usize>], tip: usize) -> BTreeSet<usize> {
        let mut reached = BTreeSet::from([tip]);
        loop {
            let next: BTreeSet<usize> = reached.iter().flat_map(|it| edges[*it].iter().copied()).collect();
            if next.is_subset(&reached) {
                return reached;
            }
            reached.extend(next);
        }
    }

    /// The histories to compare with git: this one, and those of the folders in `PACELINE_HISTORIES`, between colons.
    #[test]
    fn git_lists_the_same_commits() {
        let others = std::env::var("PACELINE_HISTORIES").unwrap_or_default();
        let others = others.split(':').filter(|folder| !folder.is_empty());
        for folder in std::iter::once(env!("CARGO_MANIFEST_DIR")).chain(others) {
            compare_with_git(Path::new(folder));
        }
    }

    fn compare_with_git(folder: &Path) {
        let ask = |arguments: &[&str]| {
            let output = Command::new("git").arg("-C").arg(folder).args(arguments).output().unwrap();
            assert!(output.status.success(), "{}: {}", folder.display(), String::from_utf8_lossy(&output.stderr));
            String::from_utf8(output.stdout).unwrap()
        };
        if ask(&["rev-parse", "--is-shallow-repository"]).trim() == "true" {
            eprintln!("{}: skipped, the history is cut off", folder.display());
            return;
        }
        let listed = ask(&["log", "--format=%H %P", "HEAD"]);
        let pairs: Vec<(&str, &str)> = listed.lines().map(|line| line.split_once(' ').unwrap_or((line, ""))).collect();
        let commits = told(&pairs);
        let graph = Graph::new(&commits);
        let mut walker = Walker::new(&graph);
        walker.begin();
        // From the oldest to the newest with steps of odd sizes, and after every third one a step back.
        let count = pairs.len();
        let mut earlier: Vec<String> = Vec::new();
        let mut compared = 0;
        for turn in 0..24_usize {
            let ahead = (turn + 1) * count / 24;
            let at = if turn % 3 == 2 { ahead / 2 } else { ahead };
            let tip = pairs[count - at.clamp(1, count)].0;
            let mut arguments = vec!["rev-list".to_owned(), tip.to_owned()];
            arguments.extend(earlier.iter().map(|sha| format!("^{sha}")));
            let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
            let expected = ask(&arguments);
            let expected: BTreeSet<&str> = expected.lines().collect();
            let found = walker.reach(graph.number(tip).unwrap()).commits;
            let found: BTreeSet<&str> = found.iter().map(|number| commits[*number as usize].sha).collect();
            assert_eq!(found, expected, "{}: {tip}", folder.display());
            compared += found.len();
            earlier.push(tip.to_owned());
        }
        eprintln!("{}: {compared} commits by 24 deployments as git lists them", folder.display());
        assert!(compared > 0);
    }

    /// 100,000 commits, every tenth a merge, and 1,000 deployments: visited once, however deep the history is.
    #[test]
    fn a_long_history_is_walked_once() {
        let names: Vec<String> = (0..100_000).map(|number| format!("{number:040x}")).collect();
        let texts: Vec<String> = (0..names.len())
            .map(|number| match number {
                0 => String::new(),
                number if number % 10 == 0 => format!("{} {}", names[number - 1], names[number.saturating_sub(7)]),
                number => names[number - 1].clone(),
            })
            .collect();
        let pairs: Vec<(&str, &str)> = names.iter().map(String::as_str).zip(texts.iter().map(String::as_str)).collect();
        let commits = told(&pairs);
        let graph = Graph::new(&commits);
        let mut walker = Walker::new(&graph);
        walker.begin();
        let brought: usize = (1..=1000).map(|turn| walker.reach(turn * 100 - 1).commits.len()).sum();
        assert_eq!(brought, 100_000);
    }
}
