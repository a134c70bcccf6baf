//! Conditions on the beginning of a moment's week, day or hour as conditions on the moment itself.
//!
//! One rule: exactly the same rows. `date_trunc('week', at) >= …` hides from a scan which files, row groups and pages it can pass
//! over, and is worked out for every row; views that count by week ask it whenever some weeks are asked of them.

use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::error::Result;
use datafusion::logical_expr::{BinaryExpr, Expr, LogicalPlan, Operator, lit};
use datafusion::optimizer::optimizer::ApplyOrder;
use datafusion::optimizer::{OptimizerConfig, OptimizerRule};
use datafusion::scalar::ScalarValue;

const SECOND: i64 = 1_000_000;
const DAY: i64 = 24 * 60 * 60 * SECOND;
/// From the beginning of 1970, a Thursday, to a Monday.
const MONDAY: i64 = 4 * DAY;

/// Units by name, how long they are and when one begins, in microseconds.
const UNITS: [(&str, i64, i64); 5] = [
    ("second", SECOND, 0),
    ("minute", 60 * SECOND, 0),
    ("hour", 60 * 60 * SECOND, 0),
    ("day", DAY, 0),
    ("week", 7 * DAY, MONDAY),
];

/// The rule, after which scans have conditions that they can use.
#[derive(Debug)]
pub(super) struct Truncated;

impl OptimizerRule for Truncated {
    fn name(&self) -> &'static str {
        "truncated_moments"
    }

    fn apply_order(&self) -> Option<ApplyOrder> {
        Some(ApplyOrder::TopDown)
    }

    fn supports_rewrite(&self) -> bool {
        true
    }

    fn rewrite(&self, plan: LogicalPlan, _: &dyn OptimizerConfig) -> Result<Transformed<LogicalPlan>> {
        match plan {
            LogicalPlan::Filter(_) | LogicalPlan::TableScan(_) => {
                plan.map_expressions(|condition| condition.transform_up(|part| Ok(of_moment(part))))
            }
            _ => Ok(Transformed::no(plan)),
        }
    }
}

/// What a condition says of the moment.
fn of_moment(condition: Expr) -> Transformed<Expr> {
    let said = match &condition {
        Expr::BinaryExpr(BinaryExpr { left, op, right }) => compared(left, *op, right),
        Expr::IsNull(of) => truncated(of).map(|(moment, ..)| moment.clone().is_null()),
        Expr::IsNotNull(of) => truncated(of).map(|(moment, ..)| moment.clone().is_not_null()),
        _ => None,
    };
    match said {
        Some(said) => Transformed::yes(said),
        None => Transformed::no(condition),
    }
}

fn compared(left: &Expr, op: Operator, right: &Expr) -> Option<Expr> {
    let (moment, length, begin) = truncated(left)?;
    let Expr::Literal(ScalarValue::TimestampMicrosecond(Some(bound), zone), _) = right else { return None };
    if zone.as_deref().is_some_and(|zone| zone != "UTC") {
        return None;
    }
    let past = (bound - begin).rem_euclid(length);
    let floor = bound.checked_sub(past)?;
    let after = floor.checked_add(length)?;
    let ceiling = if past == 0 { floor } else { after };
    let at = |bound: i64| lit(ScalarValue::TimestampMicrosecond(Some(bound), zone.clone()));
    let moment = moment.clone();
    Some(match op {
        Operator::GtEq => moment.gt_eq(at(ceiling)),
        Operator::Lt => moment.lt(at(ceiling)),
        Operator::Gt => moment.gt_eq(at(after)),
        Operator::LtEq => moment.lt(at(after)),
        Operator::Eq if past == 0 => moment.clone().gt_eq(at(floor)).and(moment.lt(at(after))),
        _ => return None,
    })
}

/// The moment whose beginning an expression is, with length and beginning of the unit.
fn truncated(expression: &Expr) -> Option<(&Expr, i64, i64)> {
    let Expr::ScalarFunction(call) = expression else { return None };
    let [Expr::Literal(ScalarValue::Utf8(Some(unit)) | ScalarValue::Utf8View(Some(unit)), _), moment] =
        call.args.as_slice()
    else {
        return None;
    };
    let (_, length, begin) = UNITS.iter().find(|(name, ..)| unit.eq_ignore_ascii_case(name))?;
    (call.func.name() == "date_trunc" && matches!(moment, Expr::Column(_))).then_some((moment, *length, *begin))
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::util::pretty::pretty_format_batches;
    use datafusion::execution::SessionStateBuilder;
    use datafusion::prelude::SessionContext;
    use std::sync::Arc;

    /// Moments around the beginnings of a second, an hour, a day, a week and 1970, and none.
    const MOMENTS: &str = "CREATE TABLE moments AS SELECT arrow_cast(at, 'Timestamp(Microsecond, Some(\"UTC\"))') AS at FROM (VALUES
        ('1969-12-31T23:59:59.999999Z'), ('1970-01-01T00:00:00Z'), ('2024-02-25T23:59:59.999999Z'), ('2024-02-26T00:00:00Z'),
        ('2024-02-26T00:00:00.000001Z'), ('2024-02-29T12:59:59.5Z'), ('2024-02-29T13:00:00Z'), ('2024-03-03T23:59:59Z'),
        ('2024-03-04T00:00:00Z'), (NULL)) t(at)";

    async fn ask(session: &SessionContext, sql: &str) -> String {
        pretty_format_batches(&session.sql(sql).await.unwrap().collect().await.unwrap()).unwrap().to_string()
    }

    #[tokio::test]
    async fn the_same_rows_without_the_function() {
        let plain = SessionContext::new();
        let state = SessionStateBuilder::new().with_default_features().with_optimizer_rule(Arc::new(Truncated));
        let session = SessionContext::new_with_state(state.build());
        ask(&plain, MOMENTS).await;
        ask(&session, MOMENTS).await;
        for (unit, ..) in UNITS {
            for (op, bound) in [">=", "<", ">", "<=", "="].into_iter().flat_map(|op| {
                ["2024-02-26T00:00:00Z", "2024-02-29T13:00:00Z", "2024-02-29T12:59:59.5Z", "1970-01-01T00:00:00Z"]
                    .map(|bound| (op, bound))
            }) {
                let sql = format!("SELECT at FROM moments WHERE date_trunc('{unit}', at) {op} '{bound}' ORDER BY at");
                assert_eq!(ask(&session, &sql).await, ask(&plain, &sql).await, "{sql}");
                let plan = ask(&session, &format!("EXPLAIN {sql}")).await;
                assert!(!plan.contains("date_trunc") || op == "=", "{plan}");
            }
            let sql = format!("SELECT count(*) FROM moments WHERE date_trunc('{unit}', at) IS NULL");
            assert_eq!(ask(&session, &sql).await, ask(&plain, &sql).await);
        }
    }
}
