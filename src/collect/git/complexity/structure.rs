//! What the syntax tree says of each function beyond the library: how deep its control structures nest, and where the
//! library counts otherwise than the definitions that [`super`] states.
//!
//! One rule: one walk without recursion, and a node belongs to the function that [`Scope`] says, so that a correction is made in
//! the row in which the library counted.

use std::collections::{BTreeMap, VecDeque};

use big_code_analysis::LANG;
use big_code_analysis::tree_sitter::{Node, Tree};

/// One function scope of the library, in the order of its first line and, of nested ones, from the outside in.
pub(super) struct Scope {
    pub start_line: u64,
    pub end_line: u64,
    /// The row that its figures are added to.
    pub row: usize,
    /// It has no row of its own.
    pub is_folded: bool,
}

/// What is found of one row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Structure {
    /// The deepest nesting of its control structures.
    pub nesting: u64,
    /// What the library counted as decisions and is none.
    pub cyclomatic_excess: u64,
    /// What the library charged too much for nesting.
    pub cognitive_excess: u64,
}

/// The structures of `rows` rows.
pub(super) fn structures(language: LANG, tree: &Tree, scopes: &[Scope], rows: usize) -> Vec<Structure> {
    let mut walk = Walk::new(language, scopes, rows);
    let mut cursor = tree.walk();
    loop {
        walk.enter(cursor.node());
        if cursor.goto_first_child() {
            continue;
        }
        walk.leave();
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return walk.found;
            }
            walk.leave();
        }
    }
}

struct Walk {
    language: LANG,
    /// Scopes that no node opened yet, by their lines: the lines of a node are all that it has in common with its scope.
    unopened: BTreeMap<(u64, u64), VecDeque<Opened>>,
    /// The state around each node on the path from the root.
    path: Vec<State>,
    found: Vec<Structure>,
}

#[derive(Clone, Copy)]
struct Opened {
    row: usize,
    is_folded: bool,
}

#[derive(Clone, Copy)]
struct State {
    kind: &'static str,
    row: Option<usize>,
    /// Control structures around, within the row.
    nesting: u64,
    /// The outermost of the arrow functions around has no function around it.
    in_free_arrow: bool,
}

impl Walk {
    fn new(language: LANG, scopes: &[Scope], rows: usize) -> Walk {
        let mut unopened: BTreeMap<_, VecDeque<Opened>> = BTreeMap::new();
        for scope in scopes {
            let opened = Opened { row: scope.row, is_folded: scope.is_folded };
            unopened.entry((scope.start_line, scope.end_line)).or_default().push_back(opened);
        }
        Walk { language, unopened, path: Vec::new(), found: vec![Structure::default(); rows] }
    }

    fn enter(&mut self, node: Node<'_>) {
        let around =
            self.path.last().copied().unwrap_or(State { kind: "", row: None, nesting: 0, in_free_arrow: false });
        let mut state = State { kind: node.kind(), ..around };
        if !node.is_named() {
            self.path.push(state);
            return;
        }
        if let Some(opened) = self.open(node) {
            let is_arrow = node.kind() == "arrow_function";
            state.in_free_arrow = is_arrow && (around.row.is_none() || around.in_free_arrow);
            state.nesting = if opened.is_folded { around.nesting } else { 0 };
            state.row = Some(opened.row);
        }
        if is_control(node.kind()) && !is_else_if(node, around.kind) {
            state.nesting += 1;
        }
        let charged_lambdas =
            if (self.language, node.kind()) == (LANG::Python, "boolean_operator") { self.charged_lambdas() } else { 0 };
        if let Some(found) = state.row.and_then(|row| self.found.get_mut(row)) {
            found.nesting = found.nesting.max(state.nesting);
            found.cyclomatic_excess += u64::from(is_no_decision(self.language, node, around.kind));
            let is_charged = state.in_free_arrow && is_charged_for_nesting(node, around.kind);
            found.cognitive_excess += u64::from(is_charged) + charged_lambdas;
        }
        self.path.push(state);
    }

    fn leave(&mut self) {
        self.path.pop();
    }

    /// What the library adds to the outermost `and` or `or` of a Python lambda for the lambdas around it. Campbell counts such a
    /// sequence once, wherever it stands.
    fn charged_lambdas(&self) -> u64 {
        let around = || self.path.iter().rev().map(|state| state.kind);
        if around().take_while(|kind| *kind != "lambda").any(|kind| kind == "boolean_operator") {
            return 0;
        }
        let is_end =
            |kind: &str| matches!(kind, "expression_list" | "if_statement" | "for_statement" | "while_statement");
        around().take_while(|kind| !is_end(kind)).filter(|kind| *kind == "lambda").count() as u64
    }

    fn open(&mut self, node: Node<'_>) -> Option<Opened> {
        if !is_function(self.language, node.kind()) {
            return None;
        }
        let lines = (node.start_position().row as u64 + 1, node.end_position().row as u64 + 1);
        self.unopened.get_mut(&lines)?.pop_front()
    }
}

/// Whether nodes of a kind may open a function scope. A kind that is something else in another grammar is asked for with its
/// language, since it could stand on the lines of a scope and be taken for it.
fn is_function(language: LANG, kind: &str) -> bool {
    match kind {
        "block" | "do_block" | "lambda" | "method" | "singleton_method" => language == LANG::Ruby,
        "indexer_declaration" | "property_declaration" => language == LANG::Csharp,
        "lambda_expression" => language != LANG::Cpp,
        "getter" | "setter" | "anonymous_initializer" | "lambda_literal" | "secondary_constructor" => {
            language == LANG::Kotlin
        }
        "accessor_declaration"
        | "anonymous_function"
        | "anonymous_method_expression"
        | "arrow_function"
        | "class_static_block"
        | "closure_expression"
        | "compact_constructor_declaration"
        | "constructor_declaration"
        | "conversion_operator_declaration"
        | "destructor_declaration"
        | "func_literal"
        | "function_declaration"
        | "function_definition"
        | "function_expression"
        | "function_item"
        | "generator_function"
        | "generator_function_declaration"
        | "local_function_statement"
        | "method_declaration"
        | "method_definition"
        | "operator_declaration"
        | "static_initializer" => true,
        _ => false,
    }
}

/// Control structures that nest, in all grammars: the conditional statements, loops, switches and `try` of SonarSource's rule
/// S134. A conditional expression is none where the language has a statement for it.
fn is_control(kind: &str) -> bool {
    matches!(
        kind,
        "c_style_for_statement"
            | "case"
            | "case_match"
            | "case_statement"
            | "do_statement"
            | "do_while_statement"
            | "enhanced_for_statement"
            | "expression_switch_statement"
            | "for"
            | "for_expression"
            | "for_in_statement"
            | "for_range_loop"
            | "for_statement"
            | "foreach_statement"
            | "if"
            | "if_expression"
            | "if_modifier"
            | "if_statement"
            | "loop_expression"
            | "match_expression"
            | "match_statement"
            | "select_statement"
            | "switch_expression"
            | "switch_statement"
            | "try_expression"
            | "try_statement"
            | "try_with_resources_statement"
            | "type_switch_statement"
            | "unless"
            | "unless_modifier"
            | "until"
            | "until_modifier"
            | "when_expression"
            | "while"
            | "while_expression"
            | "while_modifier"
            | "while_statement"
    )
}

/// An `if` that is the `else` of another nests no deeper than that one.
fn is_else_if(node: Node<'_>, around: &str) -> bool {
    if !matches!(node.kind(), "if_statement" | "if_expression") {
        return false;
    }
    if around == "else_clause" {
        return true;
    }
    around == node.kind() && node.prev_sibling().is_some_and(|before| before.kind() == "else")
}

/// Whether the library counted a decision at this node that McCabe's graph does not have.
fn is_no_decision(language: LANG, node: Node<'_>, around: &str) -> bool {
    match (language, node.kind()) {
        // A contract, not a path: with it a test of forty assertions would be the most complex function.
        (LANG::Python, "assert_statement") => true,
        // The way out of the loop or of the `try`, which was counted with it.
        (LANG::Python, "else_clause") => matches!(around, "for_statement" | "while_statement" | "try_statement"),
        // Nothing is decided where the loop begins again.
        (LANG::Rust, "loop_expression") => true,
        // Of n arms the last is taken where no other is.
        (LANG::Rust, "match_expression") => is_without_wildcard(node),
        _ => false,
    }
}

/// Whether a `match` has arms, none of which is a bare `_`: those the library leaves out itself.
fn is_without_wildcard(node: Node<'_>) -> bool {
    let Some(body) = node.child_by_field_name("body") else { return false };
    let mut cursor = body.walk();
    let mut has_arms = false;
    for arm in body.named_children(&mut cursor).filter(|child| child.kind() == "match_arm") {
        has_arms = true;
        let Some(pattern) = arm.child_by_field_name("pattern") else { continue };
        if pattern.named_child_count() == 0 && pattern.child_count() == 1 {
            return false;
        }
    }
    has_arms
}

/// Whether the library adds the nesting around it for this node of JavaScript.
fn is_charged_for_nesting(node: Node<'_>, around: &str) -> bool {
    match node.kind() {
        "if_statement" => !is_else_if(node, around),
        kind => matches!(
            kind,
            "for_statement"
                | "for_in_statement"
                | "while_statement"
                | "do_statement"
                | "switch_statement"
                | "catch_clause"
                | "ternary_expression"
        ),
    }
}
