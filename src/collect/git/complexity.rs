//! Complexity, size and Halstead volume of each function of one file, from its bytes.
//!
//! Its one rule: every text gets an answer in bounded time and stack. Parsing and counting are big-code-analysis over
//! tree-sitter grammars; this module sets the limits and decides what one function is.
//!
//! # What one function is
//! A named function, method, constructor, accessor or initialiser block is a function wherever it stands. A function
//! without a name (closure, lambda, block, function literal, `() => …`) belongs to the named function around it: its
//! decisions count there, as Campbell's rule for lambdas says and whatever the language. Where no named function is around
//! it, as in a test file's `describe(…, () => …)`, it is a function of its own. Decisions outside any function (module
//! level, field initialisers) belong to none.
//!
//! `lines`, `code_lines` and `halstead_volume` cover the whole extent, nested functions included; `cyclomatic` and
//! `cognitive` leave out nested functions that have a row of their own, so that sums over functions count a decision once.
//! For sums of lines over functions, as in a risk profile, use `own_code_lines`.
//!
//! # How decisions are counted
//! Cyclomatic complexity is 1 + decisions (McCabe 1976, "A Complexity Measure", with his `&&` and `||`). Decisions beyond
//! his: Rust's `?` and `let … else`; `?.` and `??`; comprehensions. Of the n arms of a Rust `match` the last is none, and neither
//! is a loop without a condition, an assertion, `finally`, or the `else` of a loop or a `try`. An exhaustive `when` or `switch`
//! without a wildcard counts n in other languages, one more than his n − 1.
//!
//! Cognitive complexity follows Campbell 2018, "Cognitive Complexity: a new way of measuring understandability", except
//! that recursion adds nothing and `??` adds 1 to its shorthand's 0. A named function inside another starts at nesting 1,
//! whatever stands around it there.
//!
//! Held against complexipy on 1,447 functions of Python, 95.2 % are equal. What it does otherwise: it adds a nested function to the
//! one around it; it counts a call of anything of the same name as recursion (`pprint.pformat` in a `pformat`); it passes over the
//! `else` of a loop or a `try` and over whatever stands in keyword arguments, operands of arithmetic, f-strings, behind `await` or
//! before a call of a method; and it does not nest the filter of a comprehension in its loop. Campbell says nothing of comprehensions,
//! which count here as the loops that they stand for.
//!
//! Nesting is the deepest nesting of control structures within the function: those of SonarSource's rule S134.
//!
//! Inside a Rust macro's arguments, which have no syntax of their own, `if`, `for`, `while`, `&&` and `||` count for
//! cyclomatic complexity and nothing for cognitive.

use std::panic::{AssertUnwindSafe, catch_unwind};

use big_code_analysis::{Ast, FuncSpace, LANG, Metric, MetricsOptions};

mod functions;
mod parse;
mod structure;

/// Largest text that is analysed, bytes. What is larger is data or generated, and would hold up a collection.
pub const SIZE_LIMIT_BYTES: usize = 1024 * 1024;

/// Bytes at the start in which a NUL marks a file as not text: git's own test (`buffer_is_binary`).
const BINARY_PROBE_BYTES: usize = 8000;

/// Figures of one file's content.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FileMetrics {
    /// Whether the figures mean anything: all but `lines` are 0 unless this is [`Status::Analysed`].
    pub status: Status,
    /// Physical lines; 0 for [`Status::NotText`]. A last line without a line break counts.
    pub lines: u64,
    /// Lines with code.
    pub code_lines: u64,
    /// Lines with a comment, a documentation comment or a docstring, beside code or not.
    pub comment_lines: u64,
    /// Statements, which the literature calls logical lines.
    pub logical_lines: u64,
    /// Cyclomatic complexity, summed over `functions`.
    pub cyclomatic: u64,
    /// Cognitive complexity, summed over `functions`.
    pub cognitive: u64,
    /// Halstead volume of the whole file, bits: N log₂ n, N the operators and operands and n the distinct ones
    /// (Halstead 1977, "Elements of Software Science").
    pub halstead_volume: f64,
    /// The functions by where they start.
    pub functions: Vec<FunctionMetrics>,
}

/// Figures of one function; the module says what one function is.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FunctionMetrics {
    /// Its name, or of what it is assigned to; `None` for an anonymous function.
    pub name: Option<String>,
    /// First line, from 1.
    pub start_line: u64,
    /// Last line.
    pub end_line: u64,
    /// Physical lines.
    pub lines: u64,
    /// Lines with code.
    pub code_lines: u64,
    /// Lines with code outside the functions nested in it. A line that several functions share belongs to the innermost,
    /// and of those side by side to the first: a file's sum never exceeds its `code_lines`.
    pub own_code_lines: u64,
    /// Functions around it: 0 for a function that is in no other.
    pub depth: u64,
    /// Cyclomatic complexity, at least 1.
    pub cyclomatic: u64,
    /// Cognitive complexity, from 0.
    pub cognitive: u64,
    /// Halstead volume, bits.
    pub halstead_volume: f64,
    /// Parameters without the receiver (`self`, `this`) where the language declares it apart. Python's `self` counts.
    pub parameters: u64,
    /// Deepest nesting of control structures, 0 without any: those of SonarSource's rule S134.
    pub nesting: u64,
}

/// Whether a file could be analysed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Status {
    /// Its figures are those of the content.
    #[default]
    Analysed,
    /// Over [`SIZE_LIMIT_BYTES`].
    TooLarge,
    /// A NUL near the start.
    NotText,
    /// No grammar, or a text that the grammar makes nothing of; the reason is for people.
    Unparsable(String),
}

/// The figures of a file in `language`, a name of [`language()`](super::language::language).
///
/// Never fails and never panics: what cannot be analysed says so in its status. Seconds for the worst text, which is no
/// source; 3 to 7 MB a second otherwise.
pub fn analyse(language: &str, bytes: &[u8]) -> FileMetrics {
    let refused = |status, lines| FileMetrics { status, lines, ..FileMetrics::default() };
    if bytes.iter().take(BINARY_PROBE_BYTES).any(|&byte| byte == 0) {
        return refused(Status::NotText, 0);
    }
    let lines = count_lines(bytes);
    if bytes.len() > SIZE_LIMIT_BYTES {
        return refused(Status::TooLarge, lines);
    }
    let Some(grammar) = grammar(language) else {
        return refused(Status::Unparsable(format!("no grammar for {language}")), lines);
    };
    // The parser and the counting are other people's code on arbitrary bytes; a defect there costs one file, not the run.
    let outcome = catch_unwind(AssertUnwindSafe(|| measure(grammar, bytes)));
    match outcome.unwrap_or_else(|_| Err("the analyser failed on this text".to_owned())) {
        Ok(metrics) => FileMetrics { lines, ..metrics },
        Err(reason) => refused(Status::Unparsable(reason), lines),
    }
}

fn grammar(language: &str) -> Option<LANG> {
    Some(match language {
        "bash" => LANG::Bash,
        "c" => LANG::C,
        // The C++ grammar reads C headers as well, and the C grammar makes errors of classes.
        "cpp" | "c-header" => LANG::Cpp,
        "csharp" => LANG::Csharp,
        "go" => LANG::Go,
        "java" => LANG::Java,
        "javascript" => LANG::Javascript,
        "kotlin" => LANG::Kotlin,
        "php" => LANG::Php,
        "python" => LANG::Python,
        "ruby" => LANG::Ruby,
        "rust" => LANG::Rust,
        "tsx" => LANG::Tsx,
        "typescript" => LANG::Typescript,
        _ => return None,
    })
}

fn measure(grammar: LANG, bytes: &[u8]) -> Result<FileMetrics, String> {
    let text = parse::with_plain_line_ends(bytes);
    let tree = parse::parse(grammar, &text)?;
    let ast = Ast::from_tree_sitter(grammar, tree, text, None).map_err(|error| error.to_string())?;
    let wanted = [Metric::Loc, Metric::Cyclomatic, Metric::Cognitive, Metric::Halstead, Metric::Nargs];
    let space = ast.metrics(MetricsOptions::default().with_only(&wanted)).map_err(|error| error.to_string())?;
    let functions = functions::functions(grammar, ast.as_tree_sitter(), &space);
    Ok(FileMetrics {
        status: Status::Analysed,
        lines: 0,
        code_lines: space.metrics.loc.ploc(),
        comment_lines: space.metrics.loc.cloc(),
        logical_lines: space.metrics.loc.lloc(),
        cyclomatic: functions.iter().map(|function| function.cyclomatic).sum(),
        cognitive: functions.iter().map(|function| function.cognitive).sum(),
        halstead_volume: volume(&space),
        functions,
    })
}

/// The library guards its logarithm; this guards the tables against a later version that does not.
fn volume(space: &FuncSpace) -> f64 {
    let volume = space.metrics.halstead.volume();
    if volume.is_finite() { volume } else { 0.0 }
}

fn count_lines(bytes: &[u8]) -> u64 {
    let breaks = bytes.iter().filter(|&&byte| byte == b'\n').count();
    let open = bytes.last().is_some_and(|&byte| byte != b'\n');
    (breaks + usize::from(open)) as u64
}
