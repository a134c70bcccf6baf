//! The queries that stand in dashboards.

use crate::project::{Block, Diagnostic, Mark, Project, Sql, sql_diagnostic};
use crate::query::{QueryError, guard};
use datafusion::prelude::SessionContext;

/// Plans every query of every dashboard.
pub(super) async fn check(session: &SessionContext, project: &Project) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for block in project.dashboards.values().flat_map(|dashboard| &dashboard.blocks) {
        let Block::Mark(Mark::Sql(sql), _) = block else { continue };
        if let Err(error) = guard::plan(session, &sql.text).await {
            found.push(wrong_query(sql, &error));
        }
    }
    found
}

/// Why a query of a dashboard is not answered, in the coordinates of its file.
pub fn wrong_query(sql: &Sql, error: &QueryError) -> Diagnostic {
    match error {
        QueryError::DataFusion(error) => {
            let within = sql_diagnostic(&sql.place.file, &sql.text, error);
            Diagnostic { line: sql.place.line + within.line.max(1) - 1, ..within }
        }
        other => sql.place.diagnostic(other.to_string(), None),
    }
}
