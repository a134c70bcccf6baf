//! Lines added and deleted between two texts, by Myers' algorithm with git's heuristics (gix's `imara-diff`).
//!
//! Most changes touch a few lines of a long file, so the equal lines at both ends are set aside before any line is
//! hashed.

use std::ops::Range;

use gix::diff::blob::{Algorithm, Diff, IndentHeuristic, IndentLevel, Interner, SliderHeuristic, Token};

use super::{Hunk, Lines};

/// Common lines on each side of a change of one piece that are looked at to find its place.
const CONTEXT_LINES: usize = 64;

/// A change that may have happened this near to the end of those lines needs more of them: git looks at so many empty lines.
const MARGIN_LINES: u32 = 22;

/// Columns between tab stops, as git counts how far a line is indented.
const TAB_WIDTH: u8 = 8;

/// Counts changed lines; keeps its buffers from one file to the next.
#[derive(Default)]
pub struct LineCounter {
    diff: Diff,
    before: Vec<Token>,
    after: Vec<Token>,
}

impl LineCounter {
    /// Lines of `new` that `old` lacks, and the reverse. A last line without line feed counts as a line.
    pub fn count(&mut self, old: &[u8], new: &[u8]) -> Lines {
        let (head, tail) = common_ends(old, new);
        let old_middle = &old[head..old.len() - tail];
        let new_middle = &new[head..new.len() - tail];
        let all = || Lines { added: count_lines(new_middle), deleted: count_lines(old_middle) };
        if old_middle.is_empty() || new_middle.is_empty() {
            return all();
        }
        let mut interner = Interner::new((old_middle.len() + new_middle.len()) / 24 + 8);
        self.before.clear();
        self.before.extend(lines(old_middle).map(|line| interner.intern(line)));
        let old_vocabulary = interner.num_tokens();
        self.after.clear();
        self.after.extend(lines(new_middle).map(|line| interner.intern(line)));
        if self.after.iter().all(|token| token.0 >= old_vocabulary) {
            return all();
        }
        self.surround(&mut interner, &old[..head], &old[old.len() - tail..]);
        self.diff.compute_with(Algorithm::Myers, &self.before, &self.after, interner.num_tokens());
        Lines { added: u64::from(self.diff.count_additions()), deleted: u64::from(self.diff.count_removals()) }
    }

    /// Where the lines changed, in order. Of the places where a change may equally well have happened it is the one that
    /// `git diff` and `git blame` choose.
    pub fn hunks(&mut self, old: &[u8], new: &[u8]) -> Box<[Hunk]> {
        if old.is_empty() || new.is_empty() {
            let (removed, added) = (as_count(lines(old).count()), as_count(lines(new).count()));
            let all = (removed + added > 0).then_some(Hunk { before: 0, removed, after: 0, added });
            return all.into_iter().collect();
        }
        let ends = common_ends(old, new);
        self.hunks_near(old, new, ends).unwrap_or_else(|| self.hunks_within(old, new, ends, ends).0)
    }

    /// The hunks of a change of one piece, which needs no more than the lines around it; `None` where it needs them all.
    fn hunks_near(&mut self, old: &[u8], new: &[u8], (head, tail): (usize, usize)) -> Option<Box<[Hunk]>> {
        let (old_middle, new_middle) = (&old[head..old.len() - tail], &new[head..new.len() - tail]);
        if !old_middle.is_empty() && !new_middle.is_empty() {
            let mut interner = Interner::new((old_middle.len() + new_middle.len()) / 24 + 8);
            lines(old_middle).for_each(|line| {
                interner.intern(line);
            });
            let old_vocabulary = interner.num_tokens();
            if lines(new_middle).any(|line| interner.intern(line).0 < old_vocabulary) {
                return None;
            }
        }
        let above = last_lines(&old[..head], CONTEXT_LINES);
        let below = first_lines(&old[old.len() - tail..], CONTEXT_LINES);
        let (hunks, reach) = self.hunks_within(old, new, (head, tail), (above.len(), below.len()));
        let lines_in_all = self.before.len().min(self.after.len());
        let is_cut_above = above.len() < head && reach.0 < MARGIN_LINES;
        let is_cut_below = below.len() < tail && reach.1 as usize + MARGIN_LINES as usize > lines_in_all;
        (!is_cut_above && !is_cut_below).then_some(hunks)
    }

    /// The hunks found with so many bytes of the common ends, and the lines, from the first of those, that changes may be at.
    fn hunks_within(
        &mut self,
        old: &[u8],
        new: &[u8],
        (head, tail): (usize, usize),
        (above, below): (usize, usize),
    ) -> (Box<[Hunk]>, (u32, u32)) {
        let mut interner = Interner::new((old.len() - head - tail + new.len() - head - tail + above + below) / 24 + 8);
        self.before.clear();
        self.before.extend(lines(&old[head..old.len() - tail]).map(|line| interner.intern(line)));
        self.after.clear();
        self.after.extend(lines(&new[head..new.len() - tail]).map(|line| interner.intern(line)));
        let end = old.len() - tail;
        self.surround(&mut interner, &old[head - above..head], &old[end..end + below]);
        self.diff.compute_with(Algorithm::Myers, &self.before, &self.after, interner.num_tokens());
        let indent = |token: Token| IndentLevel::for_ascii_line(interner[token].iter().copied(), TAB_WIDTH);
        let mut git = IndentHeuristic::new(indent);
        let mut reach = (u32::MAX, 0);
        let heuristic = |tokens: &[Token], hunk: Range<u32>, earliest_end: u32| {
            let earliest_start = (earliest_end + hunk.start).saturating_sub(hunk.end);
            // How many lines are left below is the same in both versions.
            reach = (reach.0.min(earliest_start), reach.1.max(hunk.start));
            git.best_slider_end(tokens, hunk, earliest_end)
        };
        self.diff.postprocess_with(&self.before, &self.after, heuristic);
        let skipped = as_count(memchr::memchr_iter(b'\n', &old[..head - above]).count());
        let mut found = Vec::new();
        for hunk in self.diff.hunks() {
            reach = (
                reach.0.min(hunk.before.start.min(hunk.after.start)),
                reach.1.max(hunk.before.end.min(hunk.after.end)),
            );
            found.push(Hunk {
                before: skipped + hunk.before.start,
                removed: hunk.before.end - hunk.before.start,
                after: skipped + hunk.after.start,
                added: hunk.after.end - hunk.after.start,
            });
        }
        (found.into(), reach)
    }

    /// Puts the lines common to both files around the rest: the heuristics weigh a line by how often it occurs in the
    /// whole file.
    fn surround<'a>(&mut self, interner: &mut Interner<&'a [u8]>, head: &'a [u8], tail: &'a [u8]) {
        let head: Vec<Token> = lines(head).map(|line| interner.intern(line)).collect();
        let tail: Vec<Token> = lines(tail).map(|line| interner.intern(line)).collect();
        for file in [&mut self.before, &mut self.after] {
            file.splice(..0, head.iter().copied());
            file.extend_from_slice(&tail);
        }
    }
}

/// Bytes at the start and at the end that consist of whole lines common to both texts; they do not overlap.
fn common_ends(old: &[u8], new: &[u8]) -> (usize, usize) {
    let equal = common_prefix(old, new);
    let head = if equal == old.len() && equal == new.len() { equal } else { after_last_line_feed(&old[..equal]) };
    let (old, new) = (&old[head..], &new[head..]);
    let equal = common_suffix(old, new);
    let starts_line = |text: &[u8]| {
        let start = text.len() - equal;
        start == 0 || text[start - 1] == b'\n'
    };
    if starts_line(old) && starts_line(new) {
        return (head, equal);
    }
    let suffix = &old[old.len() - equal..];
    let tail = gix::bstr::ByteSlice::find_byte(suffix, b'\n').map_or(0, |at| suffix.len() - at - 1);
    (head, tail)
}

fn after_last_line_feed(text: &[u8]) -> usize {
    gix::bstr::ByteSlice::rfind_byte(text, b'\n').map_or(0, |at| at + 1)
}

/// Compared in blocks, which the compiler turns into wide loads.
const BLOCK: usize = 32;

fn common_prefix(a: &[u8], b: &[u8]) -> usize {
    let blocks = a.chunks_exact(BLOCK).zip(b.chunks_exact(BLOCK)).take_while(|(a, b)| a == b).count() * BLOCK;
    blocks + a[blocks..].iter().zip(&b[blocks..]).take_while(|(a, b)| a == b).count()
}

fn common_suffix(a: &[u8], b: &[u8]) -> usize {
    let blocks = a.rchunks_exact(BLOCK).zip(b.rchunks_exact(BLOCK)).take_while(|(a, b)| a == b).count() * BLOCK;
    let (a, b) = (&a[..a.len() - blocks], &b[..b.len() - blocks]);
    blocks + a.iter().rev().zip(b.iter().rev()).take_while(|(a, b)| a == b).count()
}

/// The last lines of a text that ends with a line feed.
fn last_lines(text: &[u8], most: usize) -> &[u8] {
    let mut feeds = memchr::memrchr_iter(b'\n', text).skip(most);
    feeds.next().map_or(text, |feed| &text[feed + 1..])
}

/// The first lines of a text.
fn first_lines(text: &[u8], most: usize) -> &[u8] {
    let mut feeds = memchr::memchr_iter(b'\n', text).skip(most.saturating_sub(1));
    feeds.next().map_or(text, |feed| &text[..=feed])
}

/// Contents are smaller than 2³² bytes, see `BIG_FILE_BYTES`.
fn as_count(lines: usize) -> u32 {
    u32::try_from(lines).unwrap_or(u32::MAX)
}

fn count_lines(text: &[u8]) -> u64 {
    lines(text).count() as u64
}

/// Lines with their line feed.
fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    gix::bstr::ByteSlice::lines_with_terminator(text)
}

#[cfg(test)]
mod tests {
    use super::{Hunk, LineCounter, Lines};

    fn check(old: &str, new: &str, added: u64, deleted: u64) {
        let mut counter = LineCounter::default();
        assert_eq!(counter.count(old.as_bytes(), new.as_bytes()), Lines { added, deleted }, "{old:?} to {new:?}");
        let reverse = Lines { added: deleted, deleted: added };
        assert_eq!(counter.count(new.as_bytes(), old.as_bytes()), reverse, "{new:?} to {old:?}");
        let hunks = counter.hunks(old.as_bytes(), new.as_bytes());
        assert_eq!(Lines::of(&hunks), Lines { added, deleted }, "{old:?} to {new:?}");
    }

    #[test]
    fn a_change_of_one_piece_is_where_it_is_in_the_whole_file() {
        // Of many equal lines some are put in, near each end and far from it, with empty lines and without.
        for (at, added) in [(0, 1), (3, 2), (70, 5), (100, 40), (150, 1), (199, 3), (200, 2)] {
            for line in ["x\n", "\n", "    y\n"] {
                let other = |number: usize| format!("{}line {number}\n", " ".repeat(number % 5));
                let file =
                    |equal: usize| (0..100).map(other).chain(vec![line.to_owned(); equal]).chain((100..200).map(other));
                let old: Vec<String> = file(60).collect();
                let mut new = old.clone();
                new.splice(at..at, vec![line.to_owned(); added]);
                let (old, new) = (old.concat(), new.concat());
                let (old, new) = (old.as_bytes(), new.as_bytes());
                let mut counter = LineCounter::default();
                let ends = super::common_ends(old, new);
                assert_eq!(
                    counter.hunks(old, new),
                    counter.hunks_within(old, new, ends, ends).0,
                    "{at} {added} {line:?}"
                );
            }
        }
    }

    #[test]
    fn a_change_that_may_have_happened_in_several_places_is_where_git_says() {
        // The second function is new, though the empty line and brace before it are the same as those after it.
        let old = "fn a() {\n    x\n}\n\nfn c() {\n    z\n}\n";
        let new = "fn a() {\n    x\n}\n\nfn b() {\n    y\n}\n\nfn c() {\n    z\n}\n";
        let mut counter = LineCounter::default();
        let hunks = counter.hunks(old.as_bytes(), new.as_bytes());
        assert_eq!(*hunks, [Hunk { before: 4, removed: 0, after: 4, added: 4 }]);
        let hunks = counter.hunks(new.as_bytes(), old.as_bytes());
        assert_eq!(*hunks, [Hunk { before: 4, removed: 4, after: 4, added: 0 }]);
    }

    #[test]
    fn lines_are_counted_with_and_without_a_last_line_feed() {
        check("", "", 0, 0);
        check("", "a", 1, 0);
        check("", "a\nb\n", 2, 0);
        check("a\nb", "a\nb\n", 1, 1);
        check("a\nb", "a\nb\nc", 2, 1);
        check("a\r\n", "a\n", 1, 1);
    }

    #[test]
    fn equal_ends_do_not_overlap() {
        check("a\na\n", "a\na\na\n", 1, 0);
        check("xa\n", "a\n", 1, 1);
        check("b\nxa\n", "b\na\n", 1, 1);
        check("a\nb\na\nb\n", "a\nb\n", 0, 2);
    }

    #[test]
    fn a_line_that_is_frequent_in_the_whole_file_counts_as_changed_among_others() {
        let file = |word: &str| {
            let lines: String = (0..8).map(|line| format!("{word} {line}\n")).collect();
            "}\n".repeat(100) + &lines + "}\n" + &lines
        };
        check(&file("old"), &file("new"), 17, 17);
    }

    #[test]
    fn moved_lines_are_deleted_and_added() {
        check("1\n2\n3\n4\n", "1\n3\n2\n4\n", 1, 1);
        check("1\n2\n3\n", "3\n2\n1\n", 2, 2);
    }
}
