//! Whether a query answers row by row: each of its rows follows from one row of a table and says which.
//!
//! One rule: what is not surely so is not. Then the facts of changed rows can be computed without the others.

use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{Column, Result, TableReference};
use datafusion::logical_expr::{Distinct, Expr, Join, JoinType, LogicalPlan};

/// What is known of a part of a plan.
enum Trace {
    /// It does not read the table.
    Absent,
    /// Each row follows from one of the table; here are the places of the key's columns, where they are still there.
    Local(Vec<Option<usize>>),
    /// Its rows may follow from several.
    Mixed,
}

/// Whether every row of the plan follows from one row of the table and has that row's key in columns of the same names. The table
/// must be read once, and whatever else is read must not change with it.
pub(super) fn is_local(plan: &LogicalPlan, table: &TableReference, key: &[&str]) -> Result<bool> {
    let mut scans = 0;
    plan.apply_with_subqueries(|node| {
        scans += usize::from(matches!(node, LogicalPlan::TableScan(scan) if is_of(&scan.table_name, table)));
        Ok(TreeNodeRecursion::Continue)
    })?;
    if scans != 1 {
        return Ok(false);
    }
    let Trace::Local(places) = trace(plan, table, key)? else { return Ok(false) };
    let is_there =
        |(place, name): (&Option<usize>, &&str)| place.is_some_and(|at| plan.schema().field(at).name() == name);
    Ok(places.iter().zip(key).all(is_there))
}

fn is_of(found: &TableReference, meant: &TableReference) -> bool {
    found.table() == meant.table() && found.schema() == meant.schema()
}

fn trace(plan: &LogicalPlan, table: &TableReference, key: &[&str]) -> Result<Trace> {
    match plan {
        LogicalPlan::TableScan(scan) if is_of(&scan.table_name, table) => {
            let place = |name: &&str| plan.schema().fields().iter().position(|field| field.name() == name);
            Ok(if scan.fetch.is_none() { Trace::Local(key.iter().map(place).collect()) } else { Trace::Mixed })
        }
        LogicalPlan::SubqueryAlias(_) | LogicalPlan::Filter(_) => trace(plan.inputs()[0], table, key),
        LogicalPlan::Sort(sort) if sort.fetch.is_none() => trace(&sort.input, table, key),
        LogicalPlan::Projection(projection) => {
            let inner = trace(&projection.input, table, key)?;
            Ok(moved(inner, &projection.input, &projection.expr))
        }
        LogicalPlan::Aggregate(aggregate) => {
            let inner = trace(&aggregate.input, table, key)?;
            Ok(whole_key(moved(inner, &aggregate.input, &aggregate.group_expr)))
        }
        LogicalPlan::Distinct(Distinct::All(input)) => Ok(whole_key(trace(input, table, key)?)),
        LogicalPlan::Join(join) => joined(join, table, key),
        other => {
            for input in other.inputs() {
                if !matches!(trace(input, table, key)?, Trace::Absent) {
                    return Ok(Trace::Mixed);
                }
            }
            Ok(Trace::Absent)
        }
    }
}

/// Rows of several keys are not put together where the whole key is told apart.
fn whole_key(trace: Trace) -> Trace {
    match trace {
        Trace::Local(places) if places.iter().any(Option::is_none) => Trace::Mixed,
        other => other,
    }
}

/// Where the key is after expressions over an input.
fn moved(trace: Trace, input: &LogicalPlan, expressions: &[Expr]) -> Trace {
    let Trace::Local(places) = trace else { return trace };
    let column = |expression: &Expr| -> Option<usize> {
        match plain(expression) {
            Expr::Column(column) => place_of(input, column),
            _ => None,
        }
    };
    let after: Vec<Option<usize>> = expressions.iter().map(column).collect();
    let find = |place: &Option<usize>| place.and_then(|place| after.iter().position(|it| *it == Some(place)));
    Trace::Local(places.iter().map(find).collect())
}

fn plain(expression: &Expr) -> &Expr {
    match expression {
        Expr::Alias(alias) => plain(&alias.expr),
        other => other,
    }
}

fn place_of(input: &LogicalPlan, column: &Column) -> Option<usize> {
    input.schema().maybe_index_of_column(column)
}

/// Rows of the side that is kept follow from one row of the table each; a row of it may meet several of the other.
fn joined(join: &Join, table: &TableReference, key: &[&str]) -> Result<Trace> {
    use JoinType::{Inner, Left, LeftAnti, LeftMark, LeftSemi, Right, RightAnti, RightSemi};
    Ok(match (trace(&join.left, table, key)?, trace(&join.right, table, key)?, join.join_type) {
        (Trace::Absent, Trace::Absent, _) => Trace::Absent,
        (Trace::Local(places), Trace::Absent, Inner | Left | LeftSemi | LeftAnti | LeftMark) => Trace::Local(places),
        (Trace::Absent, Trace::Local(places), Inner | Right) => {
            let before = join.left.schema().fields().len();
            Trace::Local(places.into_iter().map(|place| Some(place? + before)).collect())
        }
        (Trace::Absent, Trace::Local(places), RightSemi | RightAnti) => Trace::Local(places),
        _ => Trace::Mixed,
    })
}
