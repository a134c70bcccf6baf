//! What stands between the `+++` lines at the top of a dashboard.

use super::filters::Filters;
use crate::project::diagnostic::Diagnostic;
use crate::project::files::Content;
use crate::project::toml_text;
use serde::Deserialize;
use std::ops::Range;
use toml::Spanned;

/// Weeks of a page that says none.
const WEEKS: u32 = 26;

/// The keys as they are written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    title: String,
    #[serde(default = "default_weeks")]
    weeks: u32,
    position: Option<u32>,
    filters: Option<Vec<Spanned<String>>>,
}

pub(super) fn default_weeks() -> u32 {
    WEEKS
}

/// What is said of a whole page.
pub(super) struct FrontMatter {
    pub title: String,
    pub weeks: u32,
    pub position: Option<u32>,
    pub filters: Filters,
}

/// The front matter, and where the text after it is.
///
/// # Errors
/// What is wrong with it: without it there is no page.
pub(super) fn parse(content: &Content) -> Result<(FrontMatter, Range<usize>), Diagnostic> {
    let (at, body) = places(content)?;
    let start = at.start;
    let Written { title, weeks, position, filters } = toml_text::parse(content, at)?;
    let filters = match filters {
        Some(names) => Filters::read(content, start, names)?,
        None => Filters::default(),
    };
    Ok((FrontMatter { title, weeks, position, filters }, body))
}

/// The byte ranges of the TOML between the `+++` lines and of what follows.
fn places(content: &Content) -> Result<(Range<usize>, Range<usize>), Diagnostic> {
    let text = &content.text;
    let missing =
        || content.diagnostic(0..0, "a dashboard starts with its front matter between +++ lines".into(), None);
    let start = text.strip_prefix("+++\n").map(|_| 4).ok_or_else(missing)?;
    let end = text[start..].find("\n+++").map(|at| start + at + 1).ok_or_else(missing)?;
    let body = text[end..].find('\n').map_or(text.len(), |at| end + at + 1);
    Ok((start..end, body..text.len()))
}
