//! The rows behind a number, each with its key and its page at the source.
//!
//! One rule: they are the facts that the number is made of, no more and no fewer: those of the window whose value is known, and
//! of a stock the newest sample's. Columns about people are left out.

use super::question::condition;
use super::{MetricError, Question, Result, Teams};
use crate::model::{self, Kind, Table};
use crate::project::{Metric, Statistic};
use crate::query::{Engine, QueryError};
use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use datafusion::error::{DataFusionError, Result as DataFusionResult};
use datafusion::execution::FunctionRegistry;
use datafusion::functions_aggregate::min_max::max_udaf;
use datafusion::logical_expr::expr::WindowFunction;
use datafusion::logical_expr::{Expr, ExprFunctionExt, JoinType, lit};
use datafusion::prelude::{DataFrame, SessionContext, col};
use std::collections::BTreeSet;

/// Rows of facts, the newest first.
#[derive(Clone, Debug)]
pub struct Rows {
    /// `at`, the statistic's columns, the dimensions, the entity's key, `source`, `source_url`.
    pub schema: SchemaRef,
    pub batches: Vec<RecordBatch>,
    /// Of all rows, also of those past the limit.
    pub count: usize,
}

/// The first `limit` rows behind a question's number.
///
/// # Errors
/// As [`super::facts()`].
pub async fn rows(engine: &Engine, question: &Question<'_>, limit: usize) -> Result<Rows> {
    let metric = question.metric;
    question.check()?;
    let failed = |source: QueryError| MetricError::Query { metric: metric.name.clone(), source };
    let session = engine.session(&question.scope).await.map_err(failed)?;
    let teams = match question.team() {
        Some(_) => Teams::read(engine, &question.scope).await.map_err(failed)?,
        None => Teams::default(),
    };
    let facts = engine.facts(&question.scope, metric).await.map_err(failed)?;
    let read = async {
        let mut frame = behind(metric, condition(question, &teams, facts)?)?;
        let count = frame.clone().count().await?;
        let (columns, key) = columns(metric, &frame);
        if let Some(entity) = entity(metric) {
            frame = with_page(&session, frame, entity).await?;
        }
        let mut shown: Vec<Expr> = columns.iter().map(|name| column(name)).collect();
        shown.extend(frame.schema().has_column_with_unqualified_name(PAGE).then(|| column(PAGE)));
        let order = std::iter::once("at").chain(key.iter().copied()).map(|name| column(name).sort(name != "at", true));
        let frame = frame.sort(order.collect())?.limit(0, Some(limit))?.select(shown)?;
        let schema = std::sync::Arc::new(frame.schema().as_arrow().clone());
        DataFusionResult::Ok(Rows { schema, batches: frame.collect().await?, count })
    };
    read.await.map_err(|error: DataFusionError| failed(error.into()))
}

/// The page of a row at its source.
const PAGE: &str = "source_url";

/// The facts that a number is made of.
fn behind(metric: &Metric, frame: DataFrame) -> DataFusionResult<DataFrame> {
    // A fact without a time is in no number.
    let mut frame = frame.filter(column("at").is_not_null())?;
    if metric.header.is_stock {
        // Moments of samples differ between repositories: of each the newest, with all that has the same moment.
        let newest = Expr::from(WindowFunction::new(max_udaf(), vec![col("at")]));
        let newest = newest.partition_by(vec![column(metric.header.sampled_of())]).build()?.alias("newest_at");
        frame = frame.with_column("newest_at", newest)?.filter(col("at").eq(col("newest_at")))?;
    }
    let known = match metric.header.statistic {
        Statistic::TimeAverage => {
            // An open end is known, one before the beginning is not.
            frame = frame.filter(column("until").is_null().or(column("until").gt_eq(column("at"))))?;
            &[]
        }
        // What has no logarithm is in no geometric mean.
        Statistic::GeometricMean => {
            frame = frame.filter(column("value").gt(lit(0.0)))?;
            &[]
        }
        statistic => statistic.columns(),
    };
    known.iter().try_fold(frame, |frame, name| frame.filter(column(name).is_not_null()))
}

/// The columns to show that the facts have, in their order, and those of the key among them.
fn columns<'m>(metric: &'m Metric, frame: &DataFrame) -> (Vec<&'m str>, Vec<&'m str>) {
    let entity = entity(metric);
    let key: Vec<&'static str> =
        entity.map(|table| table.key).into_iter().flatten().copied().chain(["source"]).collect();
    let is_person = |name: &str| {
        let of_entity = entity.and_then(|table| table.all_columns().find(|column| column.name == name));
        of_entity.is_some_and(|column| column.kind == Kind::Person)
    };
    // What is told apart may be people.
    let values = metric.header.statistic.columns().iter().copied();
    let values = values.filter(|_| metric.header.statistic != Statistic::Distinct);
    let names = std::iter::once("at").chain(values).chain(metric.header.dimensions.iter().map(String::as_str));
    let mut seen = BTreeSet::new();
    let mut is_meant = |name: &&str| {
        frame.schema().has_column_with_unqualified_name(name) && !is_person(name) && seen.insert((*name).to_owned())
    };
    let shown: Vec<&str> = names.chain(key.iter().copied()).filter(&mut is_meant).collect();
    let key = key.into_iter().filter(|name| shown.contains(name)).collect();
    (shown, key)
}

fn entity(metric: &Metric) -> Option<&'static Table> {
    metric.header.entity.as_deref().and_then(model::table)
}

/// The facts with the page of each row: what the source says, or what follows from the repository's address.
async fn with_page(session: &SessionContext, frame: DataFrame, entity: &Table) -> DataFusionResult<DataFrame> {
    if entity.columns.iter().any(|column| column.name == "url") {
        let keys: Vec<&str> = entity.key.iter().copied().chain(["source"]).collect();
        let mine: Vec<String> = keys.iter().map(|name| format!("page_{name}")).collect();
        let mine: Vec<&str> = mine.iter().map(String::as_str).collect();
        let named = keys.iter().zip(&mine).map(|(name, mine)| column(name).alias(*mine));
        let pages =
            session.table(entity.name).await?.select(named.chain([column("url").alias(PAGE)]).collect::<Vec<_>>())?;
        return frame.join(pages, JoinType::Left, &keys, &mine, None);
    }
    let Some((last, true)) = entity.key.last().map(|last| (*last, entity.key.contains(&"repository"))) else {
        return Ok(frame);
    };
    let page = session.udf(PAGE)?.call(vec![lit(entity.name), column("source"), column("repository"), column(last)]);
    frame.with_column(PAGE, page)
}

fn column(name: &str) -> Expr {
    Expr::Column(datafusion::common::Column::from_name(name))
}
