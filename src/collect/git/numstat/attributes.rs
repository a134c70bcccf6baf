//! The `diff` attribute of a path, which decides whether git compares its lines.
//!
//! Git reads attributes from where the repository is now, not from the commit it looks at: from the files of the
//! working tree and the index, and from `info/attributes`. In a bare repository only the latter remains.

use std::collections::HashMap;

use gix::attrs::StateRef;
use gix::attrs::search::Outcome;
use gix::bstr::{BStr, BString, ByteSlice};
use gix::worktree::stack::state::attributes::Source;

use crate::collect::git::history::{Error, Result};

/// What the attributes say about comparing a file's lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DiffAttribute {
    /// `diff`: compare lines, whatever the content.
    Text,
    /// `-diff` or the macro `binary`: do not.
    Binary,
    /// Nothing: the content decides.
    Unspecified,
}

/// Looks up attributes and remembers the answer for each path.
pub struct Attributes<'r> {
    repo: &'r gix::Repository,
    stack: gix::AttributeStack<'r>,
    outcome: Outcome,
    known: HashMap<BString, DiffAttribute>,
}

impl<'r> Attributes<'r> {
    pub fn new(repo: &'r gix::Repository) -> Result<Self> {
        let problem = |problem: gix::Error| Error::Attributes { problem: problem.to_string() };
        let stack = if repo.workdir().is_some() {
            let index = repo.index_or_empty().map_err(problem)?;
            repo.attributes_only(&index, Source::WorktreeThenIdMapping)
        } else {
            repo.attributes_only(&gix::index::State::new(repo.object_hash()), Source::IdMapping)
        };
        let stack = stack.map_err(problem)?;
        let mut outcome = Outcome::default();
        outcome.initialize_with_selection(stack.attributes_collection(), ["diff"]);
        Ok(Self { repo, stack, outcome, known: HashMap::new() })
    }

    /// The attribute of a file at `path`.
    pub fn diff(&mut self, path: &BStr) -> Result<DiffAttribute> {
        if let Some(known) = self.known.get(path) {
            return Ok(*known);
        }
        let attribute = self.look_up(path)?;
        self.known.insert(path.to_owned(), attribute);
        Ok(attribute)
    }

    fn look_up(&mut self, path: &BStr) -> Result<DiffAttribute> {
        let platform = self
            .stack
            .at_entry(path, None)
            .map_err(|problem| Error::Attributes { problem: format!("{path}: {problem}") })?;
        platform.matching_attributes(&mut self.outcome);
        Ok(match self.outcome.iter_selected().next().map(|found| found.assignment.state) {
            Some(StateRef::Set) => DiffAttribute::Text,
            Some(StateRef::Unset) => DiffAttribute::Binary,
            Some(StateRef::Value(driver)) => self.driver(driver.as_bstr()),
            Some(StateRef::Unspecified) | None => DiffAttribute::Unspecified,
        })
    }

    /// `diff=driver` leaves the decision to the setting `diff.<driver>.binary`, where there is one.
    fn driver(&self, driver: &BStr) -> DiffAttribute {
        let Ok(name) = driver.to_str() else { return DiffAttribute::Unspecified };
        match self.repo.config_snapshot().boolean(format!("diff.{name}.binary").as_str()) {
            Some(true) => DiffAttribute::Binary,
            Some(false) => DiffAttribute::Text,
            None => DiffAttribute::Unspecified,
        }
    }
}
