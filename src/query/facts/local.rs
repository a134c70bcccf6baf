//! Whether a query answers row by row: each of its rows follows from one row of a table and that one's parts, and says which.
//!
//! One rule: what is not surely so is not. Then the facts of changed rows can be computed without the others.

use super::changes::{key_of, parts};
use crate::model::{self, Table};
use crate::query::inputs;
use crate::query::views::STORED;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::common::{Column, Result};
use datafusion::logical_expr::{Distinct, Expr, Join, JoinType, LogicalPlan, TableScan};
use datafusion::prelude::SessionContext;
use std::collections::{BTreeMap, BTreeSet};

/// Derived tables, and the table whose key they have: a row of theirs follows from that table's row, its parts and rows tied to it,
/// and from what is none of these.
const DERIVED: [(&str, &str); 6] = [
    ("pull_requests_derived", "pull_requests"),
    ("pull_request_moments", "pull_requests"),
    ("pull_requests_owned", "pull_requests"),
    ("reviews_derived", "reviews"),
    ("tickets_derived", "tickets"),
    ("deployments_derived", "deployments"),
];

/// A derived table about sources. That it is what it was is seen to otherwise, see [`super::changes::witnesses`].
const ABOUT_SOURCES: &str = "review_sources";

/// What is known of a part of a plan.
enum Trace {
    /// It does not read the table, nor what follows from it.
    Absent,
    /// Each row follows from one of the table.
    Local {
        /// Where the key's columns are, if they are still there.
        places: Vec<Option<usize>>,
        /// There is that row: a part may name a whole that there is not, or none.
        is_named: bool,
    },
    /// Its rows may follow from several.
    Mixed,
}

/// A table whose rows facts may follow from one by one.
struct Entity {
    table: &'static Table,
    /// Stored tables of which each row is of one of the entity's, with the columns that say of which.
    rows: BTreeMap<&'static str, Vec<&'static str>>,
    /// Stored tables that follow from it otherwise.
    mixed: BTreeSet<String>,
}

/// The stored tables of an entity: its own and those of its parts.
pub(super) fn own(entity: &'static Table) -> BTreeSet<&'static str> {
    std::iter::once(entity.name).chain(parts(entity).map(|(part, _)| part.name)).collect()
}

/// Whether every row of the plan follows from one row of the entity with its parts, and has that row's key in columns of the same
/// names. Whatever else is read must not change with these.
pub(super) async fn is_local(session: &SessionContext, plan: &LogicalPlan, entity: &'static Table) -> Result<bool> {
    let own = own(entity);
    if !inputs::of_expressions(plan)?.tables.is_disjoint(&own) {
        return Ok(false);
    }
    let plan = inputs::optimised(session, plan)?;
    let rows = std::iter::once((entity.name, key_of(entity)))
        .chain(parts(entity).map(|(part, columns)| (part.name, columns.to_vec())))
        .collect::<BTreeMap<_, _>>();
    let derived = DERIVED.iter().filter(|(_, of)| own.contains(of));
    // Of a part's key as much as names the whole.
    let derived = derived.map(|(name, of)| (*name, rows[of].clone())).collect::<Vec<_>>();
    let mut entity = Entity { table: entity, rows, mixed: BTreeSet::new() };
    entity.rows.extend(derived);
    for scan in inputs::scans_of(&plan)? {
        let name = scan.table_name.table();
        let is_known = entity.rows.contains_key(name) || name == ABOUT_SOURCES || model::table(name).is_some();
        let is_stored = scan.table_name.schema() == Some(STORED);
        if !is_stored || (!is_known && !inputs::of_scan(session, &scan).await?.tables.is_disjoint(&own)) {
            entity.mixed.insert(name.to_owned());
        }
    }
    let Trace::Local { places, is_named: true } = entity.trace(&plan)? else { return Ok(false) };
    let key = key_of(entity.table);
    let is_there =
        |(place, name): (&Option<usize>, &&str)| place.is_some_and(|at| plan.schema().field(at).name() == name);
    Ok(places.iter().zip(&key).all(is_there))
}

impl Entity {
    fn trace(&self, plan: &LogicalPlan) -> Result<Trace> {
        if asks_within(plan)? {
            return Ok(Trace::Mixed);
        }
        match plan {
            LogicalPlan::TableScan(scan) => Ok(self.scanned(plan, scan)),
            LogicalPlan::SubqueryAlias(_) | LogicalPlan::Filter(_) => self.trace(plan.inputs()[0]),
            LogicalPlan::Sort(sort) if sort.fetch.is_none() => self.trace(&sort.input),
            LogicalPlan::Projection(projection) => {
                Ok(moved(self.trace(&projection.input)?, &projection.input, &projection.expr))
            }
            LogicalPlan::Aggregate(aggregate) => {
                Ok(whole_key(moved(self.trace(&aggregate.input)?, &aggregate.input, &aggregate.group_expr)))
            }
            LogicalPlan::Distinct(Distinct::All(input)) => Ok(whole_key(self.trace(input)?)),
            LogicalPlan::Join(join) => self.joined(join),
            other => {
                for input in other.inputs() {
                    if !matches!(self.trace(input)?, Trace::Absent) {
                        return Ok(Trace::Mixed);
                    }
                }
                Ok(Trace::Absent)
            }
        }
    }

    fn scanned(&self, plan: &LogicalPlan, scan: &TableScan) -> Trace {
        let name = scan.table_name.table();
        if self.mixed.contains(name) {
            return Trace::Mixed;
        }
        let Some(key) = self.rows.get(name) else { return Trace::Absent };
        if scan.fetch.is_some() {
            return Trace::Mixed;
        }
        let place = |name: &&str| plan.schema().fields().iter().position(|field| field.name() == name);
        Trace::Local { places: key.iter().map(place).collect(), is_named: name == self.table.name }
    }

    /// Rows of the side that is kept follow from one row of the table each; a row of it may meet several of the other, of which
    /// those that follow from the table as well must follow from the same row.
    fn joined(&self, join: &Join) -> Result<Trace> {
        use JoinType::{Inner, Left, LeftAnti, LeftMark, LeftSemi, Right, RightAnti, RightSemi};
        let left = self.trace(&join.left)?;
        if inputs::is_idle(join) {
            return Ok(left);
        }
        let before = join.left.schema().fields().len();
        let behind = |places: Vec<Option<usize>>| places.into_iter().map(|place| Some(place? + before)).collect();
        Ok(match (left, self.trace(&join.right)?, join.join_type) {
            (Trace::Absent, Trace::Absent, _) => Trace::Absent,
            (local @ Trace::Local { .. }, Trace::Absent, Inner | Left | LeftSemi | LeftAnti | LeftMark) => local,
            (Trace::Absent, Trace::Local { places, is_named }, Inner | Right) => {
                Trace::Local { places: behind(places), is_named }
            }
            (Trace::Absent, local @ Trace::Local { .. }, RightSemi | RightAnti) => local,
            (Trace::Local { places: ours, is_named }, Trace::Local { places: theirs, is_named: is_theirs }, kind)
                if is_same_key(join, &ours, &theirs) =>
            {
                match kind {
                    Inner | LeftSemi => Trace::Local { places: ours, is_named: is_named || is_theirs },
                    Left | LeftAnti | LeftMark => Trace::Local { places: ours, is_named },
                    Right => Trace::Local { places: behind(theirs), is_named: is_theirs },
                    RightSemi => Trace::Local { places: theirs, is_named: is_named || is_theirs },
                    RightAnti => Trace::Local { places: theirs, is_named: is_theirs },
                    _ => Trace::Mixed,
                }
            }
            _ => Trace::Mixed,
        })
    }
}

/// Whether an expression of the node itself holds a query.
pub(super) fn asks_within(plan: &LogicalPlan) -> Result<bool> {
    let mut is_asking = false;
    plan.apply_expressions(|expression| {
        expression.apply(|part| {
            is_asking |= matches!(
                part,
                Expr::Exists(_) | Expr::InSubquery(_) | Expr::ScalarSubquery(_) | Expr::SetComparison(_)
            );
            Ok(TreeNodeRecursion::Continue)
        })
    })?;
    Ok(is_asking)
}

/// Whether both sides of a join are joined by the whole key.
fn is_same_key(join: &Join, left: &[Option<usize>], right: &[Option<usize>]) -> bool {
    let place = |side: &LogicalPlan, expression: &Expr| match expression {
        Expr::Column(column) => place_of(side, column),
        _ => None,
    };
    let pairs: Vec<(Option<usize>, Option<usize>)> =
        join.on.iter().map(|(one, other)| (place(&join.left, one), place(&join.right, other))).collect();
    left.len() == right.len()
        && left
            .iter()
            .zip(right)
            .all(|(one, other)| one.is_some() && other.is_some() && pairs.contains(&(*one, *other)))
}

/// Rows of several keys are not put together where the whole key is told apart.
fn whole_key(trace: Trace) -> Trace {
    match trace {
        Trace::Local { places, .. } if places.iter().any(Option::is_none) => Trace::Mixed,
        other => other,
    }
}

/// Where the key is after expressions over an input.
fn moved(trace: Trace, input: &LogicalPlan, expressions: &[Expr]) -> Trace {
    let Trace::Local { places, is_named } = trace else { return trace };
    let column = |expression: &Expr| -> Option<usize> {
        match plain(expression) {
            Expr::Column(column) => place_of(input, column),
            _ => None,
        }
    };
    let after: Vec<Option<usize>> = expressions.iter().map(column).collect();
    let find = |place: &Option<usize>| place.and_then(|place| after.iter().position(|it| *it == Some(place)));
    Trace::Local { places: places.iter().map(find).collect(), is_named }
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
