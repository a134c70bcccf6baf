//! Lines added and deleted between two texts, by Myers' algorithm with git's heuristics (gix's `imara-diff`).
//!
//! Most changes touch a few lines of a long file, so the equal lines at both ends are set aside before any line is
//! hashed.

use gix::diff::blob::{Algorithm, Diff, Interner, Token};

use super::Lines;

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

fn count_lines(text: &[u8]) -> u64 {
    lines(text).count() as u64
}

/// Lines with their line feed.
fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    gix::bstr::ByteSlice::lines_with_terminator(text)
}

#[cfg(test)]
mod tests {
    use super::{LineCounter, Lines};

    fn check(old: &str, new: &str, added: u64, deleted: u64) {
        let mut counter = LineCounter::default();
        assert_eq!(counter.count(old.as_bytes(), new.as_bytes()), Lines { added, deleted }, "{old:?} to {new:?}");
        let reverse = Lines { added: deleted, deleted: added };
        assert_eq!(counter.count(new.as_bytes(), old.as_bytes()), reverse, "{new:?} to {old:?}");
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
