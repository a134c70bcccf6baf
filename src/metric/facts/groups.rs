//! Which group each row belongs to, and with how much of it.
//!
//! One rule: a row is in a group once, and its parts are together at most the row.

/// Rows by group. Most rows are in one group as a whole; the few that are split stand apart.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Groups {
    /// A name for each dimension, or `None` for rows without one; in order, the unknown last.
    pub names: Vec<Vec<Option<String>>>,
    /// The group of each row, or [`Groups::SPLIT`].
    pub of: Vec<u32>,
    /// Parts of split rows, in the order of rows, then groups.
    pub parts: Vec<Part>,
}

/// What a group has of a row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Part {
    pub row: u32,
    pub group: u32,
    /// Above 0 and at most 1.
    pub weight: f64,
}

impl Groups {
    /// A row whose groups are in `parts`.
    pub const SPLIT: u32 = u32::MAX;

    /// Every row with its group and how much of it belongs there; a split row comes several times.
    pub fn entries(&self) -> impl Iterator<Item = Part> {
        let whole = self.of.iter().enumerate().filter(|(_, group)| **group != Groups::SPLIT);
        let whole = whole.map(|(row, group)| Part { row: row as u32, group: *group, weight: 1.0 });
        whole.chain(self.parts.iter().copied())
    }

    /// The name of a group of one dimension.
    pub fn name(&self, group: usize) -> Option<&str> {
        self.names[group].first().and_then(Option::as_deref)
    }

    /// Groups of one row each by the place of their name, for rows that belong to one group as a whole.
    pub fn of_texts(texts: &super::Texts) -> Groups {
        let mut of: Vec<u32> = texts.codes().to_vec();
        let mut names: Vec<Vec<Option<String>>> = texts.names().iter().map(|name| vec![Some(name.clone())]).collect();
        if of.contains(&super::UNKNOWN) {
            let unknown = names.len() as u32;
            of.iter_mut().filter(|code| **code == super::UNKNOWN).for_each(|code| *code = unknown);
            names.push(vec![None]);
        }
        Groups { names, of, parts: Vec::new() }
    }
}
