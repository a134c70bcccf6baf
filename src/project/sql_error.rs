//! What DataFusion says of a statement that it cannot plan, as a diagnostic of the file it stands in.

use super::diagnostic::{Diagnostic, closest};
use datafusion::common::Diagnostic as SqlDiagnostic;
use datafusion::error::DataFusionError;

/// The sentence of an error: DataFusion's carry backtraces and context over several lines.
pub fn one_line(error: &DataFusionError) -> String {
    let text = error.find_root().strip_backtrace();
    text.lines().next().unwrap_or_default().to_owned()
}

/// A planning error in the coordinates of the file it stands in.
pub fn sql_diagnostic(file: &str, sql: &str, error: &DataFusionError) -> Diagnostic {
    let message = one_line(error);
    let (line, column) = error
        .diagnostic()
        .and_then(|diagnostic: &SqlDiagnostic| diagnostic.span)
        .map(|span| (span.start.line as usize, span.start.column as usize))
        .or_else(|| line_and_column(&message))
        .unwrap_or_else(|| (sql.find("*/").map_or(1, |end| sql[..end].matches('\n').count() + 2), 1));
    // What was meant stands in a line of its own.
    let text = error.find_root().strip_backtrace();
    let meant = text.lines().nth(1).filter(|line| line.starts_with("Did you mean '")).map(|line| format!(" {line}"));
    let (message, suggestion) = plain(&format!("{message}{}", meant.unwrap_or_default()));
    Diagnostic { file: file.to_owned(), line, column, message, suggestion }
}

/// The sentence inside DataFusion's wrapping, and the name that was probably meant.
fn plain(message: &str) -> (String, Option<String>) {
    let wrapping = ["Schema error: ", "Error during planning: "];
    let message = wrapping.iter().find_map(|words| message.strip_prefix(words)).unwrap_or(message);
    let message =
        message.strip_prefix("SQL error: ParserError(\"").map_or(message, |rest| rest.trim_end_matches("\")"));
    let sentence = message.split(" at Line: ").next().unwrap_or(message);
    let (sentence, meant) = match sentence.split_once(". Did you mean '") {
        Some((sentence, meant)) => (sentence, Some(bare(meant.trim_end_matches("'?.")))),
        None => (sentence, misspelt(sentence)),
    };
    (sentence.trim_end_matches('.').to_owned(), meant)
}

/// A column's name without its table.
fn bare(name: &str) -> String {
    name.trim_matches(['.', ' ', '"', '\'', '?']).rsplit('.').next().unwrap_or(name).to_owned()
}

/// The parser writes its position into the text: `at Line: 3, Column: 5`.
fn line_and_column(message: &str) -> Option<(usize, usize)> {
    let number = |after: &str| {
        let digits: String = message.split(after).nth(1)?.chars().take_while(char::is_ascii_digit).collect();
        digits.parse().ok()
    };
    Some((number("Line: ")?, number("Column: ")?))
}

/// `No field named x. Valid fields are a, b.` holds the candidates.
fn misspelt(message: &str) -> Option<String> {
    let (unknown, valid) = message.split_once("No field named ")?.1.split_once(". Valid fields are ")?;
    let names: Vec<String> = valid.split(',').map(bare).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    closest(&bare(unknown), &names)
}
