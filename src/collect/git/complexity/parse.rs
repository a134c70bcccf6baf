//! Parsing within bounds.
//!
//! Its one rule: a text that no parser was meant for costs seconds, not minutes. Tree-sitter needs no stack for depth, but
//! its recovery from errors can take quadratic time: a MiB of prose read as Kotlin takes minutes.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use big_code_analysis::LANG;
use big_code_analysis::tree_sitter::{ParseOptions, Parser, Tree};

/// Longest time for parsing one text. A clock and not a count of steps, because steps grow dearer by a thousand times in
/// error recovery. Sources of the largest size allowed take under a second, so whatever runs into this limit is no source.
const PARSE_LIMIT: Duration = Duration::from_secs(10);

/// Share of the text in syntax errors, percent, from which the rest is not believed.
const ERROR_LIMIT_PERCENT: usize = 50;

/// The text as the library reads it from a disk: `\n` line ends with one at the end, no byte order mark.
pub(super) fn with_plain_line_ends(bytes: &[u8]) -> Vec<u8> {
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    big_code_analysis::normalize_eol(text.to_vec())
}

/// The syntax tree of `text`, or why there is none worth measuring.
pub(super) fn parse(grammar: LANG, text: &[u8]) -> Result<Tree, String> {
    let language = grammar.tree_sitter_language().map_err(|error| error.to_string())?;
    let mut parser = Parser::new();
    parser.set_language(&language).map_err(|error| error.to_string())?;
    let started = Instant::now();
    let mut watch_clock =
        |_: &_| if started.elapsed() > PARSE_LIMIT { ControlFlow::Break(()) } else { ControlFlow::Continue(()) };
    let options = ParseOptions::new().progress_callback(&mut watch_clock);
    let mut read = |offset: usize, _| text.get(offset..).unwrap_or_default();
    let tree = parser
        .parse_with_options(&mut read, None, Some(options))
        .ok_or_else(|| format!("parsing took over {} s", PARSE_LIMIT.as_secs()))?;
    match error_percent(&tree, text.len()) {
        percent if percent >= ERROR_LIMIT_PERCENT => Err(format!("syntax errors over {percent} % of the text")),
        _ => Ok(tree),
    }
}

/// The share of the text that the grammar found no place for, percent.
///
/// An error often spans a whole file because of one macro, with every function inside it understood: only its loose
/// tokens count, not the constructs in it.
fn error_percent(tree: &Tree, length: usize) -> usize {
    let mut error_bytes = 0;
    let mut in_error = vec![false];
    let mut cursor = tree.walk();
    loop {
        let node = cursor.node();
        if node.child_count() == 0 && (node.is_error() || in_error.last() == Some(&true)) {
            error_bytes += node.byte_range().len();
        } else if node.has_error() && cursor.goto_first_child() {
            in_error.push(node.is_error());
            continue;
        }
        while !cursor.goto_next_sibling() {
            in_error.pop();
            if !cursor.goto_parent() {
                return error_bytes * 100 / length.max(1);
            }
        }
    }
}
