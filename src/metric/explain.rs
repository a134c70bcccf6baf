//! Where the facts of a metric come from and how fresh they are.
//!
//! One rule: nothing here is a number of the metric; those come from its facts like every other.

use super::{MetricError, Result};
use crate::project::Metric;
use crate::query::{Engine, QueryError, Reads, Scope};
use arrow::array::AsArray;
use arrow::datatypes::{DataType, Int64Type, TimeUnit, TimestampMicrosecondType};
use chrono::{DateTime, Utc};
use datafusion::error::DataFusionError;
use datafusion::functions_aggregate::expr_fn::{count, max, min};
use datafusion::logical_expr::{cast, col, lit};

/// What is known of a metric's facts before any of them is counted.
#[derive(Clone, Debug)]
pub struct Explanation {
    pub reads: Reads,
    /// Facts of all times.
    pub facts: u64,
    /// Time of the oldest and of the newest fact.
    pub span: Option<(DateTime<Utc>, DateTime<Utc>)>,
    /// The sources that it reads, and when the newest run began after which each is completely known.
    pub complete_until: Vec<(String, Option<DateTime<Utc>>)>,
}

/// Looks a metric's origin up, within a scope, at `now`.
///
/// # Errors
/// [`MetricError::Query`] when the metric is wrong or a table cannot be read.
pub async fn explain(engine: &Engine, scope: &Scope, metric: &Metric, now: DateTime<Utc>) -> Result<Explanation> {
    let failed = |source: QueryError| MetricError::Query { metric: metric.name.clone(), source };
    let reads = engine.reads(scope, metric).await.map_err(failed)?;
    let rows = engine.facts(scope, metric).await.map_err(failed)?;
    let time = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    let read = async {
        let at = || cast(col("at"), time.clone());
        rows.aggregate(vec![], vec![count(lit(1)), min(at()), max(at())])?.collect().await
    };
    let batches = read.await.map_err(|error: DataFusionError| failed(error.into()))?;
    let mut facts = 0;
    let mut span = None;
    for batch in batches.iter().filter(|batch| batch.num_rows() > 0) {
        facts += batch.column(0).as_primitive::<Int64Type>().value(0).unsigned_abs();
        let moment = |column: usize| {
            let times = batch.column(column).as_primitive::<TimestampMicrosecondType>();
            times.iter().next().flatten().and_then(DateTime::from_timestamp_micros)
        };
        span = span.or(moment(1).zip(moment(2)));
    }
    let catalogue = engine.catalogue().map_err(failed)?;
    let collectors = catalogue.collectors(now).filter(|it| reads.sources.contains(&it.origin.source));
    let complete_until = collectors.map(|it| (it.origin.source.clone(), it.complete_until)).collect();
    Ok(Explanation { reads, facts, span, complete_until })
}
