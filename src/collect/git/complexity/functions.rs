//! From the library's tree of scopes to a list of functions.
//!
//! Its one rule: no recursion. A text nests functions as deep as it likes.

use big_code_analysis::tree_sitter::Tree;
use big_code_analysis::{FuncSpace, LANG, SpaceKind};

use super::structure::{self, Scope};
use super::{FunctionMetrics, volume};

/// How the library names a function without a name.
const ANONYMOUS: &str = "<anonymous>";

/// The functions of a file in the order of their first lines, anonymous ones folded into the named function around them.
pub(super) fn functions(language: LANG, tree: &Tree, file: &FuncSpace) -> Vec<FunctionMetrics> {
    let mut rows: Vec<Row> = Vec::new();
    let mut scopes: Vec<Scope> = Vec::new();
    let mut pending = vec![(file, None)];
    while let Some((space, around)) = pending.pop() {
        let mut inside = around;
        if space.kind == SpaceKind::Function {
            let before = rows.len();
            inside = enter(&mut rows, space, around);
            let (start_line, end_line) = (space.start_line as u64, space.end_line as u64);
            let is_folded = rows.len() == before;
            scopes.extend(inside.map(|row| Scope { start_line, end_line, row, is_folded }));
        }
        pending.extend(space.spaces.iter().rev().map(|child| (child, inside)));
    }
    attribute_lines(&mut rows);
    let structures = structure::structures(language, tree, &scopes, rows.len());
    for (row, structure) in rows.iter_mut().zip(structures) {
        let function = &mut row.function;
        function.nesting = structure.nesting;
        function.cyclomatic = function.cyclomatic.saturating_sub(structure.cyclomatic_excess).max(1);
        function.cognitive = function.cognitive.saturating_sub(structure.cognitive_excess);
    }
    rows.into_iter().map(|row| row.function).collect()
}

struct Row {
    function: FunctionMetrics,
    /// Index of the function around it.
    around: Option<usize>,
}

/// Adds `space` as a row, or to the row around it, and says which row its inner functions are in.
fn enter(rows: &mut Vec<Row>, space: &FuncSpace, around: Option<usize>) -> Option<usize> {
    let name = space.name.clone().filter(|name| name != ANONYMOUS && !name.is_empty());
    let outer = around.and_then(|index| rows.get_mut(index));
    let depth = outer.as_ref().map_or(0, |outer| outer.function.depth + 1);
    if name.is_none()
        && let Some(outer) = outer
        && outer.function.name.is_some()
    {
        // The 1 of an own path through the function is the outer function's already.
        outer.function.cyclomatic += space.metrics.cyclomatic.cyclomatic().saturating_sub(1);
        outer.function.cognitive += space.metrics.cognitive.cognitive();
        return around;
    }
    rows.push(Row { function: function(space, name, depth), around });
    Some(rows.len() - 1)
}

fn function(space: &FuncSpace, name: Option<String>, depth: u64) -> FunctionMetrics {
    let (start_line, end_line) = (space.start_line as u64, space.end_line as u64);
    FunctionMetrics {
        name,
        start_line,
        end_line,
        lines: (end_line + 1).saturating_sub(start_line),
        code_lines: space.metrics.loc.ploc(),
        own_code_lines: 0,
        depth,
        cyclomatic: space.metrics.cyclomatic.cyclomatic(),
        cognitive: space.metrics.cognitive.cognitive(),
        halstead_volume: volume(space),
        parameters: space.metrics.nargs.function_args() + own_closure_parameters(space),
        nesting: 0,
    }
}

/// The parameters of a scope that is itself a closure. A function's scope also counts those of lambdas folded into it,
/// which are no parameters of the function.
fn own_closure_parameters(space: &FuncSpace) -> u64 {
    let is_closure = space.metrics.nom.functions() == 0;
    if is_closure { space.metrics.nargs.closure_args() } else { 0 }
}

/// Gives every line with code to one function.
fn attribute_lines(rows: &mut [Row]) {
    let mut open: Vec<usize> = Vec::new();
    // Last line of the functions that ended before the current one: if it starts there, that line is taken.
    let mut taken_line = 0;
    for index in 0..rows.len() {
        let (start_line, around, code_lines) = match rows.get(index) {
            Some(row) => (row.function.start_line, row.around, row.function.code_lines),
            None => break,
        };
        while open.last().copied() != around {
            let ended = open.pop().and_then(|ended| rows.get(ended));
            let Some(ended) = ended else { break };
            taken_line = taken_line.max(ended.function.end_line);
        }
        open.push(index);
        let attributed = code_lines.saturating_sub(u64::from(start_line == taken_line));
        if let Some(row) = rows.get_mut(index) {
            row.function.own_code_lines = attributed;
        }
        if let Some(outer) = around.and_then(|around| rows.get_mut(around)) {
            outer.function.own_code_lines = outer.function.own_code_lines.saturating_sub(attributed);
        }
    }
}
