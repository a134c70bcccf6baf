//! `queries/golden_paths/checks/*.sql`: one check a file, a TOML header in the leading comment and a query.

use crate::project::diagnostic::Diagnostic;
use crate::project::files::Content;
use crate::project::toml_text;
use serde::Deserialize;

/// The columns that a check's query returns, one row an entity: which one, whether it passes (NULL where that cannot be told),
/// and what was looked at, in words.
pub const CHECK_COLUMNS: [&str; 3] = ["entity", "passed", "evidence"];

/// One check.
#[derive(Clone, Debug)]
pub struct Check {
    pub name: String,
    pub title: String,
    /// What is asked for, and why.
    pub about: String,
    pub file: String,
    /// The whole file: the header is a comment, so that lines and columns of SQL errors are the file's.
    pub sql: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    title: String,
    about: String,
}

pub(super) fn parse(content: &Content) -> Result<Check, Vec<Diagnostic>> {
    let wrong = |message: &str| vec![content.diagnostic(0..0, message.to_owned(), None)];
    if !content.text.starts_with("/*") {
        return Err(wrong("a check starts with its header: /* title = \"…\" about = \"…\" */"));
    }
    let Some(end) = content.text.find("*/") else { return Err(wrong("the header comment is not closed by */")) };
    let header: Header = toml_text::parse(content, 2..end).map_err(|error| vec![error])?;
    Ok(Check {
        name: content.name(),
        title: header.title,
        about: header.about,
        file: content.file.clone(),
        sql: content.text.clone(),
    })
}
