//! Whether a query answers time by time: each of its rows follows from rows that have the same moment, or one in the same week.
//!
//! One rule: what is not surely so is not. Then only the months have to be asked for again in which a row changed, whatever its
//! facts are put together from.

use super::local::asks_within;
use crate::model;
use crate::query::inputs;
use crate::query::views::{STORED, TEAMS};
use arrow::datatypes::DataType;
use datafusion::common::Result;
use datafusion::logical_expr::{Distinct, Expr, Join, JoinType, LogicalPlan, TableScan};
use datafusion::prelude::SessionContext;
use datafusion::scalar::ScalarValue;
use std::collections::{BTreeMap, BTreeSet};

/// Moments that say when something was told and not when it happened.
const OF_TELLING: [&str; 3] = ["ingested_at", "updated_at", "deleted_at"];

/// Units of `date_trunc` by which a moment stays in its month, or comes into that of its week's Monday.
const UNITS: [&str; 7] = ["microsecond", "millisecond", "second", "minute", "hour", "day", "week"];

/// What is known of a part of a plan.
enum Trace {
    /// It reads none of the tables.
    Absent,
    /// Each row follows from rows of the tables that have its moment in these places, or one in the same week.
    Timed(BTreeSet<usize>),
    /// Its rows may follow from others.
    Mixed,
}

/// The moments of a table's rows by which facts may be found.
pub(super) fn moments(table: &model::Table) -> Vec<&'static str> {
    let is_moment = |name: &&str| {
        let schema = table.schema();
        let found = schema.field_with_name(name).is_ok_and(|it| matches!(it.data_type(), DataType::Timestamp(..)));
        found && !OF_TELLING.contains(name)
    };
    table.all_columns().map(|column| column.name).filter(is_moment).collect()
}

/// The tables of which a changed row can change facts only whose `at` is one of its moments, or the beginning of one's hour, day
/// or week; none where that is not surely so. Whatever else the plan reads must not change with them.
pub(super) async fn tables(session: &SessionContext, plan: &LogicalPlan) -> Result<BTreeSet<&'static str>> {
    let asked = inputs::of_expressions(plan)?;
    let plan = inputs::optimised(session, plan)?;
    let scans = inputs::scans_of(&plan)?;
    let tables = scans.iter().filter(|scan| scan.table_name.schema() == Some(STORED));
    let tables = tables.filter_map(|scan| model::table(scan.table_name.table())).map(|table| table.name);
    let tables: BTreeSet<&'static str> =
        tables.filter(|name| !TEAMS.contains(name) && !asked.tables.contains(name)).collect();
    let mut reads: BTreeMap<String, bool> = BTreeMap::new();
    for scan in &scans {
        let read = inputs::of_scan(session, scan).await?.tables;
        let is_table = model::table(scan.table_name.table()).is_some();
        reads.insert(scan.table_name.to_string(), !is_table && !read.is_disjoint(&tables));
    }
    let times = Times { tables: &tables, reads: &reads };
    let Some(at) = plan.schema().fields().iter().position(|field| field.name() == "at") else {
        return Ok(BTreeSet::new());
    };
    let is_timed = matches!(times.trace(&plan)?, Trace::Timed(places) if places.contains(&at));
    Ok(if is_timed { tables } else { BTreeSet::new() })
}

struct Times<'t> {
    tables: &'t BTreeSet<&'static str>,
    /// Of what else is scanned, whether it follows from the tables.
    reads: &'t BTreeMap<String, bool>,
}

impl Times<'_> {
    fn trace(&self, plan: &LogicalPlan) -> Result<Trace> {
        if asks_within(plan)? {
            return Ok(Trace::Mixed);
        }
        Ok(match plan {
            LogicalPlan::TableScan(scan) => self.scanned(plan, scan),
            LogicalPlan::SubqueryAlias(_) | LogicalPlan::Filter(_) => self.trace(plan.inputs()[0])?,
            LogicalPlan::Sort(sort) if sort.fetch.is_none() => self.trace(&sort.input)?,
            LogicalPlan::Projection(projection) => {
                moved(self.trace(&projection.input)?, &projection.input, &projection.expr)
            }
            LogicalPlan::Aggregate(aggregate) => {
                some(moved(self.trace(&aggregate.input)?, &aggregate.input, &aggregate.group_expr))
            }
            LogicalPlan::Distinct(Distinct::All(input)) => some(self.trace(input)?),
            LogicalPlan::Union(union) => {
                let parts = union.inputs.iter().map(|input| self.trace(input)).collect::<Result<Vec<_>>>()?;
                parts.into_iter().reduce(both).unwrap_or(Trace::Absent)
            }
            LogicalPlan::Join(join) => self.joined(join)?,
            other => {
                for input in other.inputs() {
                    if !matches!(self.trace(input)?, Trace::Absent) {
                        return Ok(Trace::Mixed);
                    }
                }
                Trace::Absent
            }
        })
    }

    fn scanned(&self, plan: &LogicalPlan, scan: &TableScan) -> Trace {
        let Some(table) = model::table(scan.table_name.table()).filter(|it| self.tables.contains(it.name)) else {
            let is_read = self.reads.get(&scan.table_name.to_string());
            return if is_read == Some(&false) { Trace::Absent } else { Trace::Mixed };
        };
        if scan.fetch.is_some() {
            return Trace::Mixed;
        }
        let moments = moments(table);
        let fields = plan.schema().fields().iter().enumerate();
        let places = fields.filter(|(_, field)| moments.contains(&field.name().as_str())).map(|(place, _)| place);
        Trace::Timed(places.collect())
    }

    /// Rows that meet must have a moment in common.
    fn joined(&self, join: &Join) -> Result<Trace> {
        use JoinType::{Inner, Left, LeftAnti, LeftMark, LeftSemi, Right, RightAnti, RightSemi};
        let left = self.trace(&join.left)?;
        if inputs::is_idle(join) {
            return Ok(left);
        }
        let before = join.left.schema().fields().len();
        let behind = |places: &BTreeSet<usize>| places.iter().map(|place| place + before).collect::<BTreeSet<_>>();
        Ok(match (left, self.trace(&join.right)?, join.join_type) {
            (Trace::Absent, Trace::Absent, _) => Trace::Absent,
            (timed @ Trace::Timed(_), Trace::Absent, Inner | Left | LeftSemi | LeftAnti | LeftMark) => timed,
            (Trace::Absent, Trace::Timed(places), Inner | Right) => Trace::Timed(behind(&places)),
            (Trace::Absent, timed @ Trace::Timed(_), RightSemi | RightAnti) => timed,
            (Trace::Timed(ours), Trace::Timed(theirs), kind) => {
                let pairs = join.on.iter().filter_map(|(one, other)| {
                    let one = place_of(&join.left, one).filter(|place| ours.contains(place))?;
                    Some((one, place_of(&join.right, other).filter(|place| theirs.contains(place))?))
                });
                // Of all moments of a row only that one is known to be the other's as well.
                let (ours, theirs): (BTreeSet<usize>, BTreeSet<usize>) = pairs.unzip();
                match kind {
                    _ if ours.is_empty() => Trace::Mixed,
                    Inner => Trace::Timed(ours.union(&behind(&theirs)).copied().collect()),
                    Left | LeftSemi | LeftAnti | LeftMark => Trace::Timed(ours),
                    Right => Trace::Timed(behind(&theirs)),
                    RightSemi | RightAnti => Trace::Timed(theirs),
                    _ => Trace::Mixed,
                }
            }
            _ => Trace::Mixed,
        })
    }
}

/// Rows that are put together must have a moment in common.
fn some(trace: Trace) -> Trace {
    match trace {
        Trace::Timed(places) if places.is_empty() => Trace::Mixed,
        other => other,
    }
}

/// What is known of rows that are of either.
fn both(one: Trace, other: Trace) -> Trace {
    match (one, other) {
        (Trace::Absent, Trace::Absent) => Trace::Absent,
        (Trace::Timed(one), Trace::Timed(other)) => Trace::Timed(one.intersection(&other).copied().collect()),
        // Rows that do not change are of no moment that does.
        (Trace::Timed(places), Trace::Absent) | (Trace::Absent, Trace::Timed(places)) => Trace::Timed(places),
        _ => Trace::Mixed,
    }
}

/// Where the moments are after expressions over an input.
fn moved(trace: Trace, input: &LogicalPlan, expressions: &[Expr]) -> Trace {
    let Trace::Timed(places) = trace else { return trace };
    let is_moment = |expression: &Expr| place_of(input, truncated(expression)).is_some_and(|it| places.contains(&it));
    let after = expressions.iter().enumerate().filter(|(_, expression)| is_moment(expression));
    Trace::Timed(after.map(|(place, _)| place).collect())
}

/// What an expression is the beginning of.
fn truncated(expression: &Expr) -> &Expr {
    match expression {
        Expr::Alias(alias) => truncated(&alias.expr),
        Expr::ScalarFunction(call) if call.func.name() == "date_trunc" => match call.args.as_slice() {
            [Expr::Literal(ScalarValue::Utf8(Some(unit)) | ScalarValue::Utf8View(Some(unit)), _), of]
                if UNITS.contains(&unit.to_lowercase().as_str()) =>
            {
                truncated(of)
            }
            _ => expression,
        },
        other => other,
    }
}

fn place_of(input: &LogicalPlan, expression: &Expr) -> Option<usize> {
    match expression {
        Expr::Column(column) => input.schema().maybe_index_of_column(column),
        _ => None,
    }
}
