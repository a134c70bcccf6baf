//! What only the plan tells: that a query returns one number instead of facts, and constants that are no number.

use super::*;
use datafusion::common::DFSchema;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::logical_expr::simplify::SimplifyContext;
use datafusion::logical_expr::{Aggregate, BinaryExpr, Expr, ExprSchemable, LogicalPlan, Operator};
use datafusion::optimizer::simplify_expressions::ExprSimplifier;
use datafusion::scalar::ScalarValue;

/// An aggregate at the top whose groups are no things: no groups at all, or nothing but what the metric is cut by anyway.
/// Groups with a time, or with a key, are facts.
pub(super) fn aggregate_instead_of_facts(plan: &LogicalPlan, metric: &Metric, text: &Text) -> Vec<Diagnostic> {
    let Some(aggregate) = top_aggregate(plan, text) else { return Vec::new() };
    let schema = aggregate.input.schema();
    let is_of_facts = aggregate.group_expr.iter().any(|group| {
        let is_time = group.get_type(schema).is_ok_and(|kind| matches!(kind, DataType::Timestamp(..)));
        let name = group.qualified_name().1;
        let is_cut = metric.header.dimensions.contains(&name) || ["source", "team", "is_bot"].contains(&name.as_str());
        is_time || !is_cut
    });
    if is_of_facts {
        return Vec::new();
    }
    let groups: Vec<String> = aggregate.group_expr.iter().map(|group| group.qualified_name().1).collect();
    let what =
        if groups.is_empty() { "one number".to_owned() } else { format!("one number per {}", groups.join(" and ")) };
    let message = format!(
        "this query returns {what} and not facts: a query returns facts, one row a thing with its time, and paceline \
         aggregates them by statistic = \"{}\", period and dimension; leave the aggregate out",
        metric.header.statistic.name()
    );
    let column = metric.header.columns().next().unwrap_or("at");
    vec![text.place_of_column(column).diagnostic(message, None)]
}

fn top_aggregate<'a>(plan: &'a LogicalPlan, text: &Text) -> Option<&'a Aggregate> {
    match plan {
        _ if is_table(plan, text) => None,
        LogicalPlan::Aggregate(aggregate) => Some(aggregate),
        LogicalPlan::Projection(_)
        | LogicalPlan::Filter(_)
        | LogicalPlan::Sort(_)
        | LogicalPlan::Limit(_)
        | LogicalPlan::SubqueryAlias(_)
        | LogicalPlan::Union(_) => top_aggregate(plan.inputs().first()?, text),
        _ => None,
    }
}

/// The plan of a table of the session stands in that of whoever reads it, under the table's name.
fn is_table(plan: &LogicalPlan, text: &Text) -> bool {
    matches!(plan, LogicalPlan::SubqueryAlias(it) if text.tables().any(|(name, _)| name == it.alias.table()))
}

/// Constants that are NaN or infinite, and divisions by a constant that is zero once it is computed.
pub(super) fn endless_constants(plan: &LogicalPlan, text: &Text) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let _ = plan.apply(|node| {
        // Only the metric's own words are looked at.
        if is_table(node, text) {
            return Ok(TreeNodeRecursion::Jump);
        }
        let mut schema = DFSchema::empty();
        for input in node.inputs() {
            schema.merge(input.schema());
        }
        for expression in node.expressions() {
            let name = expression.qualified_name().1;
            if let Some(what) = endless(expression, &schema) {
                let message = format!("{name} has {what}: write NULL for what is unknown");
                let diagnostic = text.place_of_column(&name).diagnostic(message, None);
                // An expression stands in several nodes of a plan.
                if !found.contains(&diagnostic) {
                    found.push(diagnostic);
                }
            }
        }
        Ok(TreeNodeRecursion::Continue)
    });
    found
}

fn endless(expression: Expr, schema: &DFSchema) -> Option<&'static str> {
    let context = SimplifyContext::builder().with_schema(Arc::new(schema.clone())).build();
    let simplifier = ExprSimplifier::new(context);
    let coerced = simplifier.coerce(expression.clone(), schema).unwrap_or(expression);
    let simple = simplifier.simplify(coerced.clone()).unwrap_or(coerced);
    let mut found = None;
    let _ = simple.apply(|part| {
        let number = match part {
            Expr::Literal(ScalarValue::Float64(number), _) => *number,
            Expr::Literal(ScalarValue::Float32(number), _) => number.map(f64::from),
            _ => None,
        };
        let what = match part {
            _ if number.is_some_and(|number| !number.is_finite()) => Some(if number.is_some_and(f64::is_nan) {
                "a constant that is no number (NaN)"
            } else {
                "an infinite constant"
            }),
            Expr::BinaryExpr(BinaryExpr { op: Operator::Divide | Operator::Modulo, right, .. }) if is_zero(right) => {
                Some("a division by zero")
            }
            _ => None,
        };
        found = found.or(what);
        Ok(TreeNodeRecursion::Continue)
    });
    found
}

fn is_zero(expression: &Expr) -> bool {
    match expression {
        Expr::Literal(value, _) => {
            value.cast_to(&DataType::Float64).is_ok_and(|it| it == ScalarValue::Float64(Some(0.0)))
        }
        Expr::Cast(cast) => is_zero(&cast.expr),
        _ => false,
    }
}
