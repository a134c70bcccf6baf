//! The rows behind a metric.

use super::{MetricError, Result, Window};
use crate::project::{Metric, Statistic};
use crate::query::{Engine, QueryError, Scope};
use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Float64Type, TimeUnit, TimestampMicrosecondType};
use datafusion::error::DataFusionError;
use datafusion::logical_expr::{Expr, cast, col, lit};
use datafusion::scalar::ScalarValue;
use std::collections::BTreeMap;

const GROUP: &str = "group";
const SAMPLED: &str = "sampled";

/// Which facts of which metric.
#[derive(Clone, Debug)]
pub struct Question<'a> {
    pub metric: &'a Metric,
    pub scope: Scope,
    pub window: Window,
    /// Dimension to keep apart.
    pub by: Option<&'a str>,
    /// Only rows where this dimension has this value.
    pub only: Vec<(&'a str, &'a str)>,
}

/// Rows of a metric, in the order of time.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Facts {
    /// Microseconds since 1970.
    pub at: Vec<i64>,
    pub values: Values,
    /// The dimension's value, where one was asked for.
    pub groups: Option<Vec<Option<String>>>,
    /// What a row is a sample of, for a stock: its repository.
    pub sampled: Option<Vec<Option<String>>>,
}

/// What the rows hold beside their time.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Values {
    /// Nothing: the rows themselves are counted.
    #[default]
    Rows,
    Numbers(Vec<Option<f64>>),
    Pairs(Vec<Option<(f64, f64)>>),
    Keys(Vec<Option<String>>),
}

impl Values {
    /// The known numbers.
    pub fn numbers(&self) -> Vec<f64> {
        match self {
            Values::Numbers(numbers) => numbers.iter().flatten().copied().collect(),
            _ => Vec::new(),
        }
    }

    /// The known numerators and denominators.
    pub fn pairs(&self) -> (Vec<f64>, Vec<f64>) {
        match self {
            Values::Pairs(pairs) => pairs.iter().flatten().copied().unzip(),
            _ => (Vec::new(), Vec::new()),
        }
    }

    fn pick(&self, rows: &[usize]) -> Values {
        match self {
            Values::Rows => Values::Rows,
            Values::Numbers(all) => Values::Numbers(rows.iter().map(|row| all[*row]).collect()),
            Values::Pairs(all) => Values::Pairs(rows.iter().map(|row| all[*row]).collect()),
            Values::Keys(all) => Values::Keys(rows.iter().map(|row| all[*row].clone()).collect()),
        }
    }
}

impl Facts {
    /// Rows whose value is unknown.
    pub fn unknown(&self) -> u64 {
        let unknown = match &self.values {
            Values::Rows => 0,
            Values::Numbers(all) => all.iter().filter(|value| value.is_none()).count(),
            Values::Pairs(all) => all.iter().filter(|value| value.is_none()).count(),
            Values::Keys(all) => all.iter().filter(|value| value.is_none()).count(),
        };
        unknown as u64
    }

    /// These rows alone.
    pub fn pick(&self, rows: &[usize]) -> Facts {
        Facts {
            at: rows.iter().map(|row| self.at[*row]).collect(),
            values: self.values.pick(rows),
            groups: pick(self.groups.as_deref(), rows),
            sampled: pick(self.sampled.as_deref(), rows),
        }
    }

    /// The rows of the newest sample of each thing that is sampled: the newest commits of repositories differ in their time.
    pub fn newest(&self) -> Facts {
        let sampled = |row: usize| self.sampled.as_ref().and_then(|sampled| sampled[row].as_deref());
        let mut newest: BTreeMap<Option<&str>, i64> = BTreeMap::new();
        for (row, at) in self.at.iter().enumerate() {
            let latest = newest.entry(sampled(row)).or_insert(*at);
            *latest = (*latest).max(*at);
        }
        let is_newest = |row: &usize| newest.get(&sampled(*row)) == Some(&self.at[*row]);
        let rows: Vec<usize> = (0..self.at.len()).filter(is_newest).collect();
        self.pick(&rows)
    }

    /// The rows of each group, by name; rows without one are under the empty name.
    pub fn by_group(&self) -> BTreeMap<String, Facts> {
        let mut rows: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (row, group) in self.groups.iter().flatten().enumerate() {
            rows.entry(group.clone().unwrap_or_default()).or_default().push(row);
        }
        rows.into_iter().map(|(group, rows)| (group, self.pick(&rows))).collect()
    }
}

fn pick(all: Option<&[Option<String>]>, rows: &[usize]) -> Option<Vec<Option<String>>> {
    all.map(|all| rows.iter().map(|row| all[*row].clone()).collect())
}

/// Reads the facts of a question.
///
/// # Errors
/// [`MetricError::Query`] when the metric's SQL fails, [`MetricError::Dimension`] for an unknown cut.
pub async fn facts(engine: &Engine, question: &Question<'_>) -> Result<Facts> {
    let metric = question.metric;
    for dimension in question.by.iter().chain(question.only.iter().map(|(dimension, _)| dimension)) {
        check_dimension(metric, dimension)?;
    }
    let failed = |source: QueryError| MetricError::Query { metric: metric.name.clone(), source };
    let session = engine.session(&question.scope).await.map_err(failed)?;
    let read = async {
        // Planned from its text again, so that the error of a broken metric is the metric's and not "no such table".
        let frame = session.sql(&metric.sql).await?;
        let frame = frame.filter(in_window(&question.window))?;
        let frame = question
            .only
            .iter()
            .try_fold(frame, |frame, (dimension, value)| frame.filter(col(*dimension).eq(lit(*value))))?;
        let frame = frame.select(columns(metric, question.by))?;
        // All columns decide, so that sums over the rows have one order and one last digit.
        let order = frame.schema().columns().into_iter().map(|column| Expr::from(column).sort(true, false)).collect();
        frame.sort(order)?.collect().await
    };
    let batches = read.await.map_err(|error: DataFusionError| failed(error.into()))?;
    gather(metric, &batches)
}

fn check_dimension(metric: &Metric, dimension: &str) -> Result<()> {
    if metric.header.dimensions.iter().any(|it| it == dimension) {
        return Ok(());
    }
    Err(MetricError::Dimension {
        metric: metric.name.clone(),
        dimension: dimension.to_owned(),
        has: metric.header.dimensions.clone(),
    })
}

fn in_window(window: &Window) -> Expr {
    let moment = |at: chrono::DateTime<chrono::Utc>| {
        lit(ScalarValue::TimestampMicrosecond(Some(at.timestamp_micros()), Some("UTC".into())))
    };
    let inside = col("at").gt_eq(moment(window.from)).and(col("at").lt(moment(window.to)));
    // A fact without a time would otherwise vanish here instead of being complained about.
    inside.or(col("at").is_null())
}

fn columns(metric: &Metric, by: Option<&str>) -> Vec<Expr> {
    let kind = match metric.header.statistic {
        Statistic::Distinct => DataType::Utf8,
        _ => DataType::Float64,
    };
    let time = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    let mut columns = vec![cast(col("at"), time).alias("at")];
    for name in metric.header.statistic.columns() {
        columns.push(cast(col(*name), kind.clone()).alias(*name));
    }
    let text = |name: &str, alias: &str| cast(col(name), DataType::Utf8).alias(alias);
    columns.extend(by.map(|dimension| text(dimension, GROUP)));
    columns.extend(metric.header.is_stock.then(|| text(metric.header.sampled_of(), SAMPLED)));
    columns
}

fn gather(metric: &Metric, batches: &[RecordBatch]) -> Result<Facts> {
    let values = match metric.header.statistic {
        Statistic::Count => Values::Rows,
        Statistic::Ratio | Statistic::Rate => Values::Pairs(Vec::new()),
        Statistic::Distinct => Values::Keys(Vec::new()),
        _ => Values::Numbers(Vec::new()),
    };
    let mut facts = Facts { values, ..Facts::default() };
    for batch in batches {
        let at = batch.column(0).as_primitive::<TimestampMicrosecondType>();
        if at.null_count() > 0 {
            let problem = "a fact has no time: column at is NULL".to_owned();
            return Err(MetricError::Facts { metric: metric.name.clone(), problem });
        }
        facts.at.extend(at.values());
        let numbers = |column: usize| batch.column(column).as_primitive::<Float64Type>().iter();
        match &mut facts.values {
            Values::Rows => {}
            Values::Numbers(all) => all.extend(numbers(1)),
            Values::Pairs(all) => all.extend(numbers(1).zip(numbers(2)).map(|(a, b)| a.zip(b))),
            Values::Keys(all) => {
                all.extend(batch.column(1).as_string::<i32>().iter().map(|key| key.map(str::to_owned)))
            }
        }
        for (texts, name) in [(&mut facts.groups, GROUP), (&mut facts.sampled, SAMPLED)] {
            if let Some(column) = batch.column_by_name(name) {
                let column = column.as_string::<i32>().iter().map(|text| text.map(str::to_owned));
                texts.get_or_insert_default().extend(column);
            }
        }
    }
    Ok(facts)
}
