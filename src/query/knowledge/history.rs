//! Who changed each file how often, through the history of one repository.
//!
//! One rule: a file keeps its changes when it is renamed, and ends when it is deleted: one that comes back under its path is
//! another one.

use super::authorship::{Work, truck_factor};
use std::collections::{BTreeMap, HashMap};

/// One change of a file.
pub struct Change<'c> {
    pub path: &'c str,
    pub what: What<'c>,
    /// `None` for a bot and for who is not known: nobody who can leave.
    pub person: Option<&'c str>,
}

/// What happened to a file.
pub enum What<'c> {
    Added,
    Modified,
    /// From that path.
    Renamed(&'c str),
    Deleted,
}

/// A repository at a moment.
#[derive(Debug, PartialEq, Eq)]
pub struct Sampled {
    /// Microseconds since 1970.
    pub at: i64,
    /// `None` without files.
    pub factor: Option<usize>,
    /// Files that a person changed.
    pub files: usize,
}

/// A repository as its changes come.
pub struct History {
    /// Moments that are still to come, the next one last.
    samples: Vec<i64>,
    found: Vec<Sampled>,
    files: HashMap<String, Work>,
    people: BTreeMap<String, usize>,
}

impl History {
    /// Looked at in these moments, which are in order.
    pub fn new(mut samples: Vec<i64>) -> History {
        samples.reverse();
        History { samples, found: Vec::new(), files: HashMap::new(), people: BTreeMap::new() }
    }

    /// Takes the next change; time does not run backwards.
    pub fn take(&mut self, at: i64, change: &Change<'_>) {
        while self.samples.last().is_some_and(|sample| *sample < at) {
            self.sample();
        }
        let mut work = match change.what {
            What::Deleted => {
                self.files.remove(change.path);
                return;
            }
            What::Added => Work::default(),
            What::Modified => self.files.remove(change.path).unwrap_or_default(),
            What::Renamed(from) => self.files.remove(from).unwrap_or_default(),
        };
        let is_new = work.is_new();
        let person = change.person.map(|person| self.person(person));
        work.take(person, is_new);
        self.files.insert(change.path.to_owned(), work);
    }

    /// What was found at each moment.
    pub fn finish(mut self) -> Vec<Sampled> {
        while !self.samples.is_empty() {
            self.sample();
        }
        self.found
    }

    fn sample(&mut self) {
        let Some(at) = self.samples.pop() else { return };
        let files: Vec<&Work> = self.files.values().filter(|work| work.has_people()).collect();
        // People are told apart by the order of their ids, so that a tie has one winner.
        let order: Vec<usize> = {
            let mut order = vec![0; self.people.len()];
            for (place, number) in self.people.values().enumerate() {
                order[*number] = place;
            }
            order
        };
        let factor = truck_factor(files.iter().map(|work| work.authors()), &order);
        self.found.push(Sampled { at, factor, files: files.len() });
    }

    fn person(&mut self, person: &str) -> usize {
        if let Some(number) = self.people.get(person) {
            return *number;
        }
        let number = self.people.len();
        self.people.insert(person.to_owned(), number);
        number
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sampled(changes: &[(i64, &str, What<'_>, Option<&str>)], samples: &[i64]) -> Vec<(i64, Option<usize>, usize)> {
        let mut history = History::new(samples.to_vec());
        for (at, path, what, person) in changes {
            let what = match what {
                What::Added => What::Added,
                What::Modified => What::Modified,
                What::Renamed(from) => What::Renamed(from),
                What::Deleted => What::Deleted,
            };
            history.take(*at, &Change { path, what, person: *person });
        }
        history.finish().into_iter().map(|it| (it.at, it.factor, it.files)).collect()
    }

    #[test]
    fn a_renamed_file_keeps_its_author_and_a_deleted_one_does_not() {
        use What::{Added, Deleted, Renamed};
        let changes = [
            (1, "a", Added, Some("ada")),
            (2, "b", Added, Some("bo")),
            // A bot that renames is nobody's work.
            (3, "c", Renamed("a"), None),
            (4, "b", Deleted, Some("ada")),
            (5, "b", Added, Some("cy")),
            (5, "d", Added, Some("cy")),
        ];
        // 0: nothing. 2: ada and bo have one file each: without either half is left, which is enough; without both none.
        // 4: ada's alone. 9: ada one, cy two of three: without cy less than half.
        let expected = [(0, None, 0), (2, Some(2), 2), (4, Some(1), 1), (9, Some(1), 3)];
        assert_eq!(sampled(&changes, &[0, 2, 4, 9]), expected);
    }

    #[test]
    fn what_only_bots_changed_is_nobodys_to_begin_with() {
        assert_eq!(sampled(&[(1, "a", What::Added, None)], &[2]), [(2, None, 0)]);
        let changes = [(1, "a", What::Added, None), (2, "a", What::Modified, Some("ada"))];
        assert_eq!(sampled(&changes, &[2]), [(2, Some(1), 1)]);
    }
}
