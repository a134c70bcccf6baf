//! What is wrong with metrics, told from their headers, their text and their plans before any row is read.
//!
//! One rule: whatever is complained about has a place in the file, and the sentence says what to do.

mod dashboards;
mod facts;
mod header;
mod order;
mod plan;
mod text;

use super::{Result, Scope, canonical_session, golden_paths, register_metric};
use crate::model;
use crate::project::{Diagnostic, Metric, Project, closest, one_line, sql_diagnostic};
use arrow::datatypes::DataType;
use datafusion::catalog::TableProvider;
use datafusion::datasource::empty::EmptyTable;
use datafusion::error::DataFusionError;
use datafusion::prelude::{DataFrame, SessionContext};
use std::sync::Arc;

pub use dashboards::wrong_query;

use order::reading_order;
pub(super) use text::Text;

/// Checks every metric's query against empty tables: it must plan, return facts, and have the columns that its statistic,
/// its dimensions and its entity need; and the query of every check of golden paths and of every dashboard.
///
/// # Errors
/// [`super::QueryError`] when no session can be had at all; what is wrong in the files is in the list.
pub async fn check_metrics(project: &Project) -> Result<Vec<Diagnostic>> {
    let empty = |table: &&model::Table| Arc::new(EmptyTable::new(table.schema())) as Arc<dyn TableProvider>;
    let tables = model::TABLES.iter().map(|table| (table.name, empty(table))).collect();
    let session = canonical_session(&tables, &[], &Scope::default(), project).await?;
    let order = reading_order(&session, project);
    let mut found = order.circles;
    found.extend(golden_paths::check(&session, project).await);
    for metric in order.metrics {
        let wrong = check_metric(&session, project, metric).await;
        if wrong.is_empty() {
            register_metric(&session, metric).await?;
        }
        found.extend(wrong);
    }
    found.extend(dashboards::check(&session, project).await);
    found.sort_by(|a, b| (&a.file, a.line, a.column).cmp(&(&b.file, b.line, b.column)));
    Ok(found)
}

async fn check_metric(session: &SessionContext, project: &Project, metric: &Metric) -> Vec<Diagnostic> {
    if session.table_exist(metric.name.as_str()).unwrap_or(false) {
        let message = format!(
            "there is a table {} already; a metric's name is a table in SQL too: name the file otherwise",
            metric.name
        );
        return vec![metric.place(0).diagnostic(message, None)];
    }
    if let Some(wrong) = text::wrong_statements(metric) {
        return vec![wrong];
    }
    let mut found = header::check(metric);
    let text = match Text::parse(session, metric) {
        Ok(text) => text,
        Err(error) => return vec![sql_diagnostic(&metric.file, &metric.sql, &error)],
    };
    let wrong = text.check();
    let is_planned = wrong.is_empty();
    found.extend(wrong);
    let unreadable = text.tables().find(|(name, _)| project.metrics.contains_key(name) && *name != metric.name);
    if let Some((name, place)) = unreadable.filter(|(name, _)| !session.table_exist(name.as_str()).unwrap_or(false)) {
        found.push(
            place.diagnostic(format!("the metric {name} that is read here is wrong itself: mend it first"), None),
        );
        return found;
    }
    if !is_planned {
        return found;
    }
    match session.sql(&metric.sql).await {
        Ok(frame) => found.extend(check_frame(&frame, metric, &text)),
        Err(error) => found.push(
            unknown_table(session, project, &text, &error)
                .unwrap_or_else(|| sql_diagnostic(&metric.file, &metric.sql, &error)),
        ),
    }
    found
}

/// A table that is not there, where that is why a query cannot be planned.
fn unknown_table(
    session: &SessionContext,
    project: &Project,
    text: &Text,
    error: &DataFusionError,
) -> Option<Diagnostic> {
    let said = one_line(error);
    let (name, place) = text.tables().find(|(name, _)| said.ends_with(&format!(".{name}' not found")))?;
    let mut known: Vec<String> = project.metrics.keys().cloned().collect();
    for catalog in session.catalog_names() {
        let public = session.catalog(&catalog).and_then(|catalog| catalog.schema("public"));
        known.extend(public.iter().flat_map(|schema| schema.table_names()));
    }
    known.sort_unstable();
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    Some(place.diagnostic(format!("there is no table {name}"), closest(&name, &known)))
}

fn check_frame(frame: &DataFrame, metric: &Metric, text: &Text) -> Vec<Diagnostic> {
    let aggregated = plan::aggregate_instead_of_facts(frame.logical_plan(), metric, text);
    if !aggregated.is_empty() {
        return aggregated;
    }
    let mut found = facts::check_columns(frame, metric, text);
    found.extend(plan::endless_constants(frame.logical_plan(), text));
    found
}
