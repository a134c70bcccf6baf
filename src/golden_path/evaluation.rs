//! Asking every check what it says now, and keeping what is new.

use super::{APPLICATION, GoldenPathError, Result};
use crate::model::Kind;
use crate::model::catalog::COMPONENTS;
use crate::model::golden_paths::CHECK_RESULTS;
use crate::project::{CHECK_COLUMNS, Check};
use crate::query::{Engine, Limits, QueryError};
use crate::store::{Change, Mark, StoreError};
use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, RecordBatch, StringArray, TimestampMicrosecondArray, new_null_array,
};
use arrow::compute::cast;
use arrow::datatypes::{DataType, TimestampMicrosecondType};
use arrow::error::ArrowError;
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// Bounds on the answer of one check.
const LIMITS: Limits = Limits { rows: 1_000_000, time: Duration::from_secs(60) };

/// The evidence of an entity that a check once spoke of and no longer does.
const SILENT: &str = "the check says nothing of it any more";

/// What came of an evaluation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Evaluation {
    /// Answers on entities that the catalog has.
    pub answers: usize,
    /// Of these, how many differ from what was known, which is how many rows were written.
    pub changed: usize,
    /// Checks without an answer. What was known of them stays.
    pub failed: Vec<Failed>,
}

/// A check that could not be evaluated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failed {
    pub check: String,
    pub reason: String,
}

/// What a check says of one entity: whether it passes, and the evidence.
type Said = (Option<bool>, Option<String>);

/// A row to be written.
struct Row {
    check: String,
    entity: String,
    source: String,
    said: Said,
}

/// Whether there is anything to evaluate: checks, and a catalog of a real organisation.
///
/// # Errors
/// [`GoldenPathError::Query`].
pub async fn is_due(engine: &Engine) -> Result<bool> {
    let catalogue = engine.catalogue()?;
    let scope = catalogue.scope(None);
    if engine.project().golden_paths.checks.is_empty() || catalogue.is_simulated(&scope) {
        return Ok(false);
    }
    // A session costs more than a look at the folder.
    let has_catalog = engine.store().versions()?.iter().any(|(table, _)| *table == COMPONENTS.name);
    Ok(has_catalog && !subjects(engine).await?.is_empty())
}

/// Evaluates every check over the real sources and writes the results that are new or other than before, in one transaction.
///
/// Results are dated `now`, or a microsecond after the newest one where the clock stands before it. The caller holds the data
/// folder's lock.
///
/// # Errors
/// [`GoldenPathError::Simulated`] where nothing is real; a check that fails is in [`Evaluation::failed`].
pub async fn evaluate(engine: &Engine, now: DateTime<Utc>) -> Result<Evaluation> {
    let catalogue = engine.catalogue()?;
    if catalogue.is_simulated(&catalogue.scope(None)) {
        return Err(GoldenPathError::Simulated);
    }
    let subjects = subjects(engine).await?;
    let (mut known, newest) = known(engine).await?;
    let mut evaluation = Evaluation::default();
    let mut rows = Vec::new();
    for check in engine.project().golden_paths.checks.values() {
        let said = match ask(engine, check).await {
            Ok(said) => said,
            Err(reason) => {
                evaluation.failed.push(Failed { check: check.name.clone(), reason });
                continue;
            }
        };
        for (entity, sources) in &subjects {
            for source in sources {
                let before = known.remove(&(check.name.clone(), entity.clone(), source.clone()));
                let now = match (said.get(entity), &before) {
                    (Some(said), _) => said.clone(),
                    (None, Some(_)) => (None, Some(SILENT.to_owned())),
                    (None, None) => continue,
                };
                evaluation.answers += 1;
                if before.as_ref() != Some(&now) {
                    rows.push(Row {
                        check: check.name.clone(),
                        entity: entity.clone(),
                        source: source.clone(),
                        said: now,
                    });
                }
            }
        }
    }
    evaluation.changed = rows.len();
    if !rows.is_empty() {
        let at = now.timestamp_micros().max(newest.map_or(i64::MIN, |newest| newest + 1));
        let mark = Mark { application: APPLICATION.to_owned(), version: at };
        let batch = batch(&rows, at).map_err(|source| StoreError::Arrow { table: CHECK_RESULTS.name, source })?;
        engine.store().commit(&CHECK_RESULTS, &Change::Append, &mark, vec![batch]).await?;
    }
    Ok(evaluation)
}

/// Every entity of the catalog as it is now, with the sources that know it.
async fn subjects(engine: &Engine) -> Result<BTreeMap<String, Vec<String>>> {
    let sql = "SELECT DISTINCT entity, source FROM components WHERE valid_to IS NULL ORDER BY entity, source";
    let mut all: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for batch in rows_of(engine, sql).await? {
        let (entities, sources) = (batch.column(0).as_string::<i32>(), batch.column(1).as_string::<i32>());
        for (entity, source) in entities.iter().flatten().zip(sources.iter().flatten()) {
            all.entry(entity.to_owned()).or_default().push(source.to_owned());
        }
    }
    Ok(all)
}

/// What is known by check, entity and source, and the moment of the newest result.
async fn known(engine: &Engine) -> Result<(BTreeMap<(String, String, String), Said>, Option<i64>)> {
    let sql =
        "SELECT check_name, entity, source, passed, evidence, valid_from FROM check_states WHERE valid_to IS NULL";
    let (mut all, mut newest) = (BTreeMap::new(), None);
    for batch in rows_of(engine, sql).await? {
        let text = |column: usize, row: usize| {
            let texts = batch.column(column).as_string::<i32>();
            texts.is_valid(row).then(|| texts.value(row).to_owned())
        };
        let (passed, times) =
            (batch.column(3).as_boolean(), batch.column(5).as_primitive::<TimestampMicrosecondType>());
        for row in 0..batch.num_rows() {
            let [check, entity, source] = [0, 1, 2].map(|column| text(column, row).unwrap_or_default());
            let is_passed = passed.is_valid(row).then(|| passed.value(row));
            all.insert((check, entity, source), (is_passed, text(4, row)));
            newest = newest.max(Some(times.value(row)));
        }
    }
    Ok((all, newest))
}

async fn rows_of(engine: &Engine, sql: &str) -> Result<Vec<RecordBatch>, QueryError> {
    let session = engine.session(&engine.catalogue()?.scope(None)).await?;
    let frame = session.sql(sql).await?;
    Ok(frame.collect().await?)
}

/// One check's answer by entity, or why there is none.
async fn ask(engine: &Engine, check: &Check) -> Result<BTreeMap<String, Said>, String> {
    let scope = engine.catalogue().map_err(|error| error.to_string())?.scope(None);
    let answer = engine.sql_limited(&scope, &check.sql, &LIMITS).await.map_err(|error| error.to_string())?;
    let (batches, is_cut) = answer;
    if is_cut {
        return Err(format!("it has more than {} rows", LIMITS.rows));
    }
    let mut all = BTreeMap::new();
    for batch in &batches {
        let column = |name: &str, kind: &DataType| -> Result<ArrayRef, String> {
            let column = batch.column_by_name(name).ok_or_else(|| format!("it has no column {name}"))?;
            cast(column, kind).map_err(|error| error.to_string())
        };
        let [entity, passed, evidence] = CHECK_COLUMNS;
        let (entities, passed) = (column(entity, &DataType::Utf8)?, column(passed, &DataType::Boolean)?);
        let evidence = column(evidence, &DataType::Utf8)?;
        let (entities, passed, evidence) =
            (entities.as_string::<i32>(), passed.as_boolean(), evidence.as_string::<i32>());
        for row in 0..batch.num_rows() {
            if entities.is_null(row) {
                return Err("a row has no entity".to_owned());
            }
            let is_passed = passed.is_valid(row).then(|| passed.value(row));
            let words = evidence.is_valid(row).then(|| evidence.value(row).to_owned());
            if all.insert(entities.value(row).to_owned(), (is_passed, words)).is_some() {
                return Err(format!("it has two rows for {}; group them by entity", entities.value(row)));
            }
        }
    }
    Ok(all)
}

fn batch(rows: &[Row], at: i64) -> Result<RecordBatch, ArrowError> {
    let text =
        |pick: &dyn Fn(&Row) -> Option<String>| -> ArrayRef { Arc::new(StringArray::from_iter(rows.iter().map(pick))) };
    let time = || -> ArrayRef {
        Arc::new(TimestampMicrosecondArray::from_iter_values(rows.iter().map(|_| at)).with_timezone("UTC"))
    };
    let columns = vec![
        text(&|row| Some(row.check.clone())),
        text(&|row| Some(row.entity.clone())),
        time(),
        Arc::new(BooleanArray::from_iter(rows.iter().map(|row| row.said.0))) as ArrayRef,
        text(&|row| row.said.1.clone()),
        text(&|row| Some(row.source.clone())),
        new_null_array(&Kind::Text.arrow(), rows.len()),
        time(),
        new_null_array(&Kind::Time.arrow(), rows.len()),
        time(),
    ];
    RecordBatch::try_new(CHECK_RESULTS.schema(), columns)
}
