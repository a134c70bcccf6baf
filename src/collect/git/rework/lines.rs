//! Runs of lines that one commit wrote, and what a change does to them.

use crate::collect::git::numstat::Hunk;

/// Neighbouring lines by one writer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Run {
    /// From 0.
    pub first: u32,
    /// The line after the last.
    pub end: u32,
    /// Position of the commit that wrote them.
    pub writer: usize,
}

/// The parts of runs of the old version that a change removes. Runs and hunks are in order.
pub fn removed<'r>(runs: &'r [Run], hunks: &'r [Hunk]) -> impl Iterator<Item = Run> + 'r {
    let ranges = hunks.iter().map(|hunk| (hunk.before, hunk.before.saturating_add(hunk.removed)));
    ranges.flat_map(|range| within(runs, range))
}

/// The runs that a change leaves, where they are in the new version.
pub fn carried(runs: &[Run], hunks: &[Hunk]) -> Vec<Run> {
    let mut kept = Vec::with_capacity(runs.len() + hunks.len());
    for (before, after, end) in unchanged(hunks) {
        let place = |line: u32| line - before + after;
        kept.extend(within(runs, (before, end)).map(|run| Run { first: place(run.first), end: place(run.end), ..run }));
    }
    kept
}

/// The runs that a change adds.
pub fn added(hunks: &[Hunk], writer: usize) -> impl Iterator<Item = Run> {
    let adding = hunks.iter().filter(|hunk| hunk.added > 0);
    adding.map(move |hunk| Run { first: hunk.after, end: hunk.after.saturating_add(hunk.added), writer })
}

/// The runs of a merged file: each line is that of the first parent that has it, and the merge's own where none does. Every
/// parent comes with its runs and the changes from it to the merge.
pub fn joined(parents: &[(&[Run], &[Hunk])], merge: usize) -> Vec<Run> {
    let mut open = vec![Run { first: 0, end: u32::MAX, writer: merge }];
    let mut found = Vec::new();
    for (runs, hunks) in parents {
        let carried = carried(runs, hunks);
        found.extend(open.iter().flat_map(|it| within(&carried, (it.first, it.end))));
        let changed: Vec<Run> = added(hunks, merge).collect();
        open = open.iter().flat_map(|it| within(&changed, (it.first, it.end))).collect();
    }
    found.extend(open);
    found
}

/// The parts of runs between two lines.
fn within(runs: &[Run], (first, end): (u32, u32)) -> impl Iterator<Item = Run> + '_ {
    let start = runs.partition_point(|run| run.end <= first);
    let inside = runs[start..].iter().take_while(move |run| run.first < end);
    inside
        .map(move |run| Run { first: run.first.max(first), end: run.end.min(end), ..*run })
        .filter(|it| it.first < it.end)
}

/// The stretches between hunks, as first line before, first line after, and the line after the last before.
fn unchanged(hunks: &[Hunk]) -> impl Iterator<Item = (u32, u32, u32)> + '_ {
    let ends = hunks.iter().map(|hunk| hunk.before).chain([u32::MAX]);
    let starts = [(0, 0)].into_iter().chain(hunks.iter().map(|it| (it.before + it.removed, it.after + it.added)));
    starts.zip(ends).map(|((before, after), end)| (before, after, end))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Lines are taken out of a list and put into it as a change says, one by one.
        #[test]
        fn a_change_does_to_runs_what_it_does_to_lines(lines in lines(), changes in changes()) {
            let (hunks, after) = apply(&lines, &changes, 9);
            let runs = runs_of(&lines);
            let mut found = carried(&runs, &hunks);
            found.extend(added(&hunks, 9));
            prop_assert_eq!(lines_of(&found, after.len()), after);
            let total: u32 = removed(&runs, &hunks).map(|run| run.end - run.first).sum();
            prop_assert_eq!(total, hunks.iter().map(|hunk| hunk.removed).sum::<u32>());
        }

        /// A line of a merge is that of the first parent that has it.
        #[test]
        fn a_merge_takes_each_line_from_the_first_parent_that_has_it(
            first in lines(), one in changes(), second in lines(), other in changes(),
        ) {
            let ((hunks_one, one), (hunks_other, other)) = (apply(&first, &one, 9), apply(&second, &other, 9));
            let length = one.len().min(other.len());
            let parents = [(runs_of(&first), hunks_one), (runs_of(&second), hunks_other)];
            let sides: Vec<(&[Run], &[Hunk])> = parents.iter().map(|(runs, hunks)| (&runs[..], &hunks[..])).collect();
            let expected: Vec<usize> = (0..length).map(|at| if one[at] == 9 { other[at] } else { one[at] }).collect();
            prop_assert_eq!(&lines_of(&joined(&sides, 9), length)[..length], &expected[..]);
        }
    }

    fn lines() -> impl Strategy<Value = Vec<usize>> {
        prop::collection::vec(0..4_usize, 0..12)
    }

    /// Lines kept, removed and added, in turn.
    fn changes() -> impl Strategy<Value = Vec<(usize, usize, usize)>> {
        prop::collection::vec((1..4_usize, 0..3_usize, 0..3_usize), 0..5)
    }

    fn apply(lines: &[usize], changes: &[(usize, usize, usize)], writer: usize) -> (Vec<Hunk>, Vec<usize>) {
        let count = |number: usize| u32::try_from(number).unwrap();
        let (mut hunks, mut after, mut at) = (Vec::new(), Vec::new(), 0);
        for (keep, remove, add) in changes {
            let kept = (at + keep).min(lines.len());
            after.extend_from_slice(&lines[at..kept]);
            let end = (kept + remove).min(lines.len());
            let hunk =
                Hunk { before: count(kept), removed: count(end - kept), after: count(after.len()), added: count(*add) };
            hunks.push(hunk);
            after.extend(vec![writer; *add]);
            at = end;
        }
        after.extend_from_slice(&lines[at..]);
        (hunks, after)
    }

    fn runs_of(lines: &[usize]) -> Vec<Run> {
        let run = |(at, writer): (usize, &usize)| {
            let first = u32::try_from(at).unwrap();
            Run { first, end: first + 1, writer: *writer }
        };
        lines.iter().enumerate().map(run).collect()
    }

    fn lines_of(runs: &[Run], length: usize) -> Vec<usize> {
        let mut runs = runs.to_vec();
        runs.sort_by_key(|run| run.first);
        let lines: Vec<usize> =
            runs.iter().flat_map(|run| vec![run.writer; usize::try_from(run.end - run.first).unwrap()]).collect();
        assert!(lines.len() >= length);
        lines
    }
}
