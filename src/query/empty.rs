//! What is surely empty, of which a plan is better rid before it is planned further.
//!
//! One rule: only what is surely empty is taken for empty. A project seldom has every kind of source, and most of what is asked of
//! the others is nothing: planning that takes longer than asking it.

use datafusion::catalog::TableProvider;
use datafusion::common::stats::Precision;
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::datasource::empty::EmptyTable;
use datafusion::datasource::source_as_provider;
use datafusion::error::Result;
use datafusion::logical_expr::{EmptyRelation, Expr, Join, JoinType, LogicalPlan};
use datafusion::optimizer::{OptimizerConfig, OptimizerRule};

/// Whether a table is known to have no rows, without reading it.
pub(super) fn has_no_rows(table: &dyn TableProvider) -> bool {
    table.statistics().is_some_and(|it| it.num_rows == Precision::Exact(0)) || table.is::<EmptyTable>()
}

/// Puts an empty relation in the place of whatever has no rows because tables have none.
///
/// An outer join with nothing is left alone: DataFusion would make its columns constant, and then fails to plan a union of such
/// that is sorted by them (`SortPreservingMergeExec … does not satisfy order requirements`, DataFusion 55.2).
#[derive(Debug)]
pub(super) struct EmptyTables;

impl OptimizerRule for EmptyTables {
    fn name(&self) -> &'static str {
        "empty_tables"
    }

    fn supports_rewrite(&self) -> bool {
        true
    }

    fn rewrite(&self, plan: LogicalPlan, _: &dyn OptimizerConfig) -> Result<Transformed<LogicalPlan>> {
        if reads_nothing(&plan)? { emptied(plan) } else { Ok(Transformed::no(plan)) }
    }
}

/// Whether any table of the plan has no rows.
fn reads_nothing(plan: &LogicalPlan) -> Result<bool> {
    let mut is_any = false;
    plan.apply(|node| {
        is_any |= matches!(node, LogicalPlan::TableScan(_)) && is_empty(node);
        Ok(if is_any { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Continue })
    })?;
    Ok(is_any)
}

fn emptied(plan: LogicalPlan) -> Result<Transformed<LogicalPlan>> {
    if is_empty(&plan) {
        let schema = plan.schema().clone();
        return Ok(match plan {
            LogicalPlan::EmptyRelation(_) => Transformed::no(plan),
            _ => Transformed::yes(LogicalPlan::EmptyRelation(EmptyRelation { produce_one_row: false, schema })),
        });
    }
    match &plan {
        LogicalPlan::Join(join) if is_outer(join) => Ok(Transformed::no(plan)),
        _ => plan.map_children(emptied),
    }
}

/// Whether a side of an outer join is empty whose columns the join keeps as NULL.
fn is_outer(join: &Join) -> bool {
    match join.join_type {
        JoinType::Left => is_empty(&join.right),
        JoinType::Right => is_empty(&join.left),
        JoinType::Full => is_empty(&join.left) || is_empty(&join.right),
        _ => false,
    }
}

fn is_empty(plan: &LogicalPlan) -> bool {
    match plan {
        LogicalPlan::TableScan(scan) => source_as_provider(&scan.source).is_ok_and(|it| has_no_rows(it.as_ref())),
        LogicalPlan::EmptyRelation(empty) => !empty.produce_one_row,
        LogicalPlan::Projection(_)
        | LogicalPlan::Filter(_)
        | LogicalPlan::Window(_)
        | LogicalPlan::Sort(_)
        | LogicalPlan::SubqueryAlias(_)
        | LogicalPlan::Repartition(_)
        | LogicalPlan::Limit(_)
        | LogicalPlan::Distinct(_) => plan.inputs().into_iter().all(is_empty),
        // One row of all rows is there without any.
        LogicalPlan::Aggregate(aggregate) => {
            let is_grouped = !aggregate.group_expr.is_empty()
                && !aggregate.group_expr.iter().any(|it| matches!(it, Expr::GroupingSet(_)));
            is_grouped && is_empty(&aggregate.input)
        }
        LogicalPlan::Union(union) => union.inputs.iter().all(|input| is_empty(input)),
        LogicalPlan::Join(join) => match join.join_type {
            JoinType::Inner | JoinType::LeftSemi | JoinType::RightSemi => is_empty(&join.left) || is_empty(&join.right),
            JoinType::Left | JoinType::LeftAnti | JoinType::LeftMark => is_empty(&join.left),
            JoinType::Right | JoinType::RightAnti | JoinType::RightMark => is_empty(&join.right),
            JoinType::Full => is_empty(&join.left) && is_empty(&join.right),
        },
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::datatypes::{DataType, Field, Schema};
    use arrow::util::pretty::pretty_format_batches;
    use datafusion::execution::SessionStateBuilder;
    use datafusion::prelude::SessionContext;
    use std::sync::Arc;

    async fn session(rules: bool) -> SessionContext {
        let state = SessionStateBuilder::new().with_default_features();
        let state = if rules { state.with_optimizer_rules(crate::query::rules()) } else { state };
        let session = SessionContext::new_with_state(state.build());
        let schema =
            Arc::new(Schema::new(vec![Field::new("a", DataType::Int64, true), Field::new("b", DataType::Utf8, true)]));
        session.register_table("nothing", Arc::new(EmptyTable::new(schema))).unwrap();
        let sql = "CREATE TABLE some AS SELECT column1 AS a, column2 AS b FROM (VALUES (1, 'x'), (2, NULL))";
        session.sql(sql).await.unwrap().collect().await.unwrap();
        session
    }

    async fn ask(session: &SessionContext, sql: &str) -> String {
        pretty_format_batches(&session.sql(sql).await.unwrap().collect().await.unwrap()).unwrap().to_string()
    }

    #[tokio::test]
    async fn the_same_answers_without_what_is_empty() {
        let (ours, plain) = (session(true).await, session(false).await);
        let sides = ["LEFT", "RIGHT", "FULL", "INNER", "LEFT SEMI", "LEFT ANTI", "RIGHT SEMI", "RIGHT ANTI"];
        let joins =
            sides.iter().flat_map(|side| [("some", "nothing"), ("nothing", "some")].map(|tables| (*side, tables)));
        let mut asked: Vec<String> = joins
            .map(|(side, (left, right))| {
                let column = if side.starts_with("RIGHT ") { "r.a" } else { "l.a" };
                format!("SELECT {column} AS a FROM {left} l {side} JOIN {right} r ON l.a = r.a ORDER BY 1")
            })
            .collect();
        asked.extend(
            [
                "SELECT count(*), sum(a) FROM nothing",
                "SELECT b, count(*) FROM nothing GROUP BY b",
                "SELECT b, count(*) FROM nothing GROUP BY ROLLUP (b)",
                "SELECT a FROM some WHERE a IN (SELECT a FROM nothing)",
                "SELECT a FROM some WHERE a NOT IN (SELECT a FROM nothing) ORDER BY a",
                "SELECT a, (SELECT max(a) FROM nothing) AS most FROM some ORDER BY a",
                "SELECT DISTINCT b FROM (SELECT * FROM nothing UNION ALL SELECT * FROM some) ORDER BY b",
                "SELECT a, row_number() OVER (ORDER BY a) FROM nothing",
                // Columns of nothing are constant: see the rule.
                "SELECT s.a, n.b, 1 AS c FROM some s LEFT JOIN nothing n ON n.a = s.a UNION ALL SELECT a, NULL, NULL FROM some ORDER BY 1, 3, 2",
                "SELECT max(least(a, b)) FROM (SELECT a, 1 AS b FROM some UNION ALL SELECT a, a AS b FROM nothing) GROUP BY a ORDER BY 1",
            ]
            .map(str::to_owned),
        );
        for sql in asked {
            assert_eq!(ask(&ours, &sql).await, ask(&plain, &sql).await, "{sql}");
        }
        let plan = ask(&ours, "EXPLAIN SELECT b, count(*) FROM nothing JOIN some USING (a, b) GROUP BY b").await;
        assert!(plan.contains("EmptyExec") && !plan.contains("Join"), "{plan}");
    }
}
