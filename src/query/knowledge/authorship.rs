//! Degree of authorship and the truck factor (Avelino, Passos, Hora, Valente 2016, "A novel approach for estimating truck
//! factors").

use std::collections::BTreeMap;

/// An author has at least this share of the best degree of the file.
const SHARE_OF_BEST: f64 = 0.75;

/// And at least this degree, which is that of nobody's in particular.
const LEAST_DEGREE: f64 = 3.293;

/// How often each person changed one file.
#[derive(Clone, Debug, Default)]
pub struct Work {
    creator: Option<usize>,
    /// Changes by person, without the creation.
    deliveries: BTreeMap<usize, u32>,
    /// Changes by people, without the creation.
    changes: u32,
    has_begun: bool,
}

impl Work {
    /// Nothing happened to the file so far.
    pub fn is_new(&self) -> bool {
        !self.has_begun
    }

    /// Takes a change, or the creation, by a person or by nobody.
    pub fn take(&mut self, person: Option<usize>, is_creation: bool) {
        self.has_begun = true;
        let Some(person) = person else { return };
        if is_creation {
            self.creator = Some(person);
        } else {
            *self.deliveries.entry(person).or_default() += 1;
            self.changes += 1;
        }
    }

    pub fn has_people(&self) -> bool {
        self.creator.is_some() || self.changes > 0
    }

    /// Who the authors are, by number.
    pub fn authors(&self) -> Vec<usize> {
        let people = self.creator.iter().chain(self.deliveries.keys().filter(|person| Some(**person) != self.creator));
        let degree = |person: &usize| {
            let deliveries = self.deliveries.get(person).copied().unwrap_or_default();
            degree_of_authorship(self.creator == Some(*person), deliveries, self.changes - deliveries)
        };
        let degrees: Vec<(usize, f64)> = people.map(|person| (*person, degree(person))).collect();
        let best = degrees.iter().map(|(_, degree)| *degree).fold(f64::MIN, f64::max);
        let is_author = |degree: f64| degree >= SHARE_OF_BEST * best && degree >= LEAST_DEGREE;
        degrees.into_iter().filter(|(_, degree)| is_author(*degree)).map(|(person, _)| person).collect()
    }
}

/// How well a person knows a file (Fritz et al. 2010, with the weights of Avelino et al. 2016): whether it created the file, how
/// often it changed it, and how often others did.
pub fn degree_of_authorship(is_creator: bool, deliveries: u32, acceptances: u32) -> f64 {
    let first = if is_creator { 1.098 } else { 0.0 };
    3.293 + first + 0.164 * f64::from(deliveries) - 0.321 * (1.0 + f64::from(acceptances)).ln()
}

/// How many people have to leave, the author of most files first, until more than half of the files have no author; `None`
/// without files. Of two who are authors of as many the one that `order` puts first leaves first.
pub fn truck_factor(files: impl Iterator<Item = Vec<usize>>, order: &[usize]) -> Option<usize> {
    let files: Vec<Vec<usize>> = files.collect();
    if files.is_empty() {
        return None;
    }
    let mut authors_left: Vec<usize> = files.iter().map(Vec::len).collect();
    let mut files_of: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (file, authors) in files.iter().enumerate() {
        for author in authors {
            files_of.entry(*author).or_default().push(file);
        }
    }
    let mut leaving: Vec<(usize, Vec<usize>)> = files_of.into_iter().collect();
    // How many files somebody is an author of does not change when another one leaves.
    let place = |person: usize| order.get(person).copied().unwrap_or(person);
    leaving.sort_by_key(|(person, files)| (std::cmp::Reverse(files.len()), place(*person)));
    let mut orphans = authors_left.iter().filter(|left| **left == 0).count();
    let mut gone = 0;
    for (_, of_person) in leaving {
        if orphans * 2 > files.len() {
            break;
        }
        gone += 1;
        for file in of_person {
            authors_left[file] -= 1;
            orphans += usize::from(authors_left[file] == 0);
        }
    }
    Some(gone)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn degrees_by_hand() {
        let degree = |is_creator, deliveries, acceptances| degree_of_authorship(is_creator, deliveries, acceptances);
        assert!((degree(true, 0, 0) - 4.391).abs() < 1e-12);
        // 3.293 + 10 × 0.164 − 0.321 × ln 3 = 4.933 − 0.352655
        assert!((degree(false, 10, 2) - 4.580_345).abs() < 1e-6);
    }

    #[test]
    fn an_author_has_three_quarters_of_the_best() {
        // 0 creates and changes twice: 4.391 + 0.328 − 0.321 ln 2 = 4.4965; 1 changes once: 3.457 − 0.321 ln 3 = 3.1043,
        // which is below 3.293 though it is above half.
        let mut work = Work::default();
        for (person, is_creation) in [(0, true), (0, false), (1, false), (0, false)] {
            work.take(Some(person), is_creation);
        }
        assert_eq!(work.authors(), [0]);
        // Fifteen changes make 1 the better author: 5.753 − 0.321 ln 3 = 5.4003, and 0 has 4.719 − 0.321 ln 17 = 3.8095, which
        // is 71 %.
        for _ in 0..14 {
            work.take(Some(1), false);
        }
        assert_eq!(work.authors(), [1]);
    }

    #[test]
    fn more_than_half_of_the_files_have_to_be_left() {
        let factor = |files: &[&[usize]]| truck_factor(files.iter().map(|authors| authors.to_vec()), &[0, 1, 2, 3]);
        assert_eq!(factor(&[]), None);
        assert_eq!(factor(&[&[0]]), Some(1));
        // Half is not enough.
        assert_eq!(factor(&[&[0], &[1]]), Some(2));
        assert_eq!(factor(&[&[0], &[0], &[1]]), Some(1));
        assert_eq!(factor(&[&[0, 1], &[0, 1], &[0, 1]]), Some(2));
        // Who knows most files leaves first, even where somebody else's leaving would do.
        assert_eq!(factor(&[&[0, 1], &[0, 2], &[0, 3], &[1], &[1]]), Some(2));
    }

    proptest! {
        /// As the paper has it: as long as at least half of the files have an author, the top author is taken out of all files.
        #[test]
        fn factors_are_those_of_taking_authors_out_one_by_one(
            files in prop::collection::vec(prop::collection::btree_set(0..6_usize, 0..4), 1..20)
        ) {
            let mut left = files.clone();
            let mut expected = 0;
            while left.iter().filter(|authors| !authors.is_empty()).count() * 2 >= files.len() {
                let count = |person: usize| left.iter().filter(|authors| authors.contains(&person)).count();
                let top = (0..6).max_by_key(|person| (count(*person), std::cmp::Reverse(*person))).unwrap();
                if count(top) == 0 {
                    break;
                }
                left.iter_mut().for_each(|authors| { authors.remove(&top); });
                expected += 1;
            }
            let lists = files.iter().map(|authors| authors.iter().copied().collect());
            prop_assert_eq!(truck_factor(lists, &[0, 1, 2, 3, 4, 5]), Some(expected));
        }
    }
}
