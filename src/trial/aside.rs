//! What stands beside a primary answer: rows of numbers, and sentences where something is amiss.

use super::Relative;

#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Aside {
    pub relatives: Vec<Relative>,
    pub warnings: Vec<String>,
}

impl Aside {
    pub(super) fn push(&mut self, relative: Option<Relative>) {
        self.relatives.extend(relative);
    }

    pub(super) fn warn(&mut self, sentence: impl Into<String>) {
        self.warnings.push(sentence.into());
    }

    pub(super) fn extend(&mut self, other: Aside) {
        self.relatives.extend(other.relatives);
        self.warnings.extend(other.warnings);
    }
}
