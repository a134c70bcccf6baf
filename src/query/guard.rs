//! What SQL may do here: read, within bounds. No files, no network, no writes, bounded text, rows and time.

use super::{QueryError, Result};
use crate::project::{Diagnostic, closest};
use arrow::array::RecordBatch;
use datafusion::common::Diagnostic as SqlDiagnostic;
use datafusion::error::DataFusionError;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::execution::context::SQLOptions;
use datafusion::logical_expr::LogicalPlan;
use datafusion::prelude::SessionContext;
use datafusion::sql::sqlparser::dialect::GenericDialect;
use datafusion::sql::sqlparser::tokenizer::{Token, Tokenizer};
use futures::StreamExt;
use std::time::Duration;

/// Memory that all queries of a process share before they spill, bytes.
pub(super) const MEMORY_BYTES: usize = 2 << 30;

/// Longer statements are refused before they are parsed, since parsing is recursive. Bytes.
const STATEMENT_BYTES: usize = 64 << 10;

/// Words and signs of a statement. Every level of nesting takes at least two, in whatever way it is written, and what walks
/// a plan recurses with its depth.
const TOKENS: usize = 4_000;

/// Bounds on one answer.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub rows: usize,
    pub time: Duration,
}

/// Plans one statement that only reads.
pub(super) async fn plan(session: &SessionContext, sql: &str) -> Result<LogicalPlan> {
    if sql.len() > STATEMENT_BYTES {
        let message = format!("the statement has {} bytes; the limit is {STATEMENT_BYTES}", sql.len());
        return Err(QueryError::Refused(message));
    }
    check_tokens(sql)?;
    let plan = session.state().create_logical_plan(sql).await?;
    let read_only = SQLOptions::new().with_allow_ddl(false).with_allow_dml(false).with_allow_statements(false);
    read_only
        .verify_plan(&plan)
        .map_err(|error| QueryError::Refused(format!("only queries are answered here: {}", super::one_line(&error))))?;
    Ok(plan)
}

fn check_tokens(sql: &str) -> Result<()> {
    // What cannot be cut into tokens cannot be parsed either, and the parser says where.
    let Ok(tokens) = Tokenizer::new(&GenericDialect {}, sql).tokenize() else { return Ok(()) };
    let tokens: Vec<Token> = tokens.into_iter().filter(|token| !matches!(token, Token::Whitespace(_))).collect();
    if tokens.len() > TOKENS {
        let message = format!("the statement has {} words and signs; the limit is {TOKENS}", tokens.len());
        return Err(QueryError::Refused(message));
    }
    if tokens.split(|token| *token == Token::SemiColon).filter(|part| !part.is_empty()).count() > 1 {
        return Err(QueryError::Refused("one statement is answered at a time".to_owned()));
    }
    Ok(())
}

/// Gathers an answer until a bound is reached; the flag says that there were more rows.
pub(super) async fn collect(
    stream: impl Future<Output = Result<SendableRecordBatchStream>>,
    limits: &Limits,
) -> Result<(Vec<RecordBatch>, bool)> {
    let gather = async {
        let mut stream = stream.await?;
        let schema = stream.schema();
        let (mut batches, mut rows) = (vec![RecordBatch::new_empty(schema)], 0);
        while let Some(batch) = stream.next().await {
            let batch = batch?;
            if rows + batch.num_rows() > limits.rows {
                batches.push(batch.slice(0, limits.rows - rows));
                return Ok((batches, true));
            }
            rows += batch.num_rows();
            batches.push(batch);
        }
        Ok((batches, false))
    };
    match tokio::time::timeout(limits.time, gather).await {
        Ok(answer) => answer,
        Err(_) => Err(QueryError::Refused(format!("the query took longer than {} s", limits.time.as_secs()))),
    }
}

/// A planning error in the coordinates of the file it stands in.
pub(super) fn diagnostic(file: &str, sql: &str, error: &DataFusionError) -> Diagnostic {
    let message = super::one_line(error);
    let (line, column) = error
        .diagnostic()
        .and_then(|diagnostic: &SqlDiagnostic| diagnostic.span)
        .map(|span| (span.start.line as usize, span.start.column as usize))
        .or_else(|| line_and_column(&message))
        .unwrap_or_else(|| (sql.find("*/").map_or(1, |end| sql[..end].matches('\n').count() + 2), 1));
    let suggestion = misspelt(&message);
    Diagnostic { file: file.to_owned(), line, column, message, suggestion }
}

/// The parser writes its position into the text: `at Line: 3, Column: 5`.
fn line_and_column(message: &str) -> Option<(usize, usize)> {
    let number = |after: &str| {
        let digits: String = message.split(after).nth(1)?.chars().take_while(char::is_ascii_digit).collect();
        digits.parse().ok()
    };
    Some((number("Line: ")?, number("Column: ")?))
}

/// `No field named x. Valid fields are a, b.` holds the candidates.
fn misspelt(message: &str) -> Option<String> {
    let (unknown, valid) = message.split_once("No field named ")?.1.split_once(". Valid fields are ")?;
    let bare = |name: &str| name.trim_matches(['.', ' ', '"']).rsplit('.').next().unwrap_or(name).to_owned();
    let names: Vec<String> = valid.split(',').map(bare).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    closest(&bare(unknown), &names)
}
