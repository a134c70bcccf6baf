//! What a reader of a dashboard may choose: `filters = ["team", "weeks", "source", "size"]`.
//!
//! One rule: a page says what it offers, the URL what was chosen; nobody may choose a person.

use super::mark::{Dimension, PEOPLE};
use crate::project::diagnostic::Diagnostic;
use crate::project::files::Content;
use toml::Spanned;

/// The filters that every page may have, whatever its metrics are cut by.
pub(super) const WITHOUT_METRICS: [&str; 3] = ["source", "team", "weeks"];

/// Names that mean something else in the URL of a page.
const TAKEN: [&str; 6] = ["as_of", "from", "to", "sql", "state", "week"];

/// The pickers of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filters {
    pub source: bool,
    pub team: bool,
    /// The period, as a number of weeks or from a day to another.
    pub weeks: bool,
    /// Dimensions of metrics of the page, in the order of the file.
    pub dimensions: Vec<Dimension>,
}

impl Default for Filters {
    fn default() -> Filters {
        Filters { source: true, team: true, weeks: true, dimensions: Vec::new() }
    }
}

impl Filters {
    /// Reads the names, which stand in TOML that begins at `start` of the file.
    pub(super) fn read(content: &Content, start: usize, names: Vec<Spanned<String>>) -> Result<Filters, Diagnostic> {
        let mut filters = Filters { source: false, team: false, weeks: false, dimensions: Vec::new() };
        for name in names {
            let at = start + name.span().start;
            let name = name.into_inner();
            let refused = |message: String| content.diagnostic(at..at, message, None);
            match name.as_str() {
                "source" => filters.source = true,
                "team" => filters.team = true,
                "weeks" => filters.weeks = true,
                taken if TAKEN.contains(&taken) => {
                    return Err(refused(format!("{taken} is no filter: it means something else in the URL of a page")));
                }
                person if PEOPLE.contains(&person) => {
                    return Err(refused(format!("{person} is no filter: pages are not about single people")));
                }
                _ => filters.dimensions.push(Dimension { place: content.place(at), name }),
            }
        }
        Ok(filters)
    }
}
