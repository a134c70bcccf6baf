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
}

/// What the rows hold beside their time.
#[derive(Clone, Debug, PartialEq)]
pub enum Values {
    /// Nothing: the rows themselves are counted.
    Rows,
    Numbers(Vec<Option<f64>>),
    Pairs(Vec<Option<(f64, f64)>>),
    Keys(Vec<Option<String>>),
}

impl Default for Values {
    fn default() -> Values {
        Values::Rows
    }
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
            groups: self.groups.as_ref().map(|groups| rows.iter().map(|row| groups[*row].clone()).collect()),
        }
    }

    /// The rows of the newest moment.
    pub fn newest(&self) -> Facts {
        let newest = self.at.iter().max().copied();
        let rows: Vec<usize> = (0..self.at.len()).filter(|row| Some(self.at[*row]) == newest).collect();
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
        let frame = question.only.iter().try_fold(frame, |frame, (dimension, value)| {
            frame.filter(col(*dimension).eq(lit(*value)))
        })?;
        frame.select(columns(metric, question.by))?.collect().await
    };
    let batches = read.await.map_err(|error: DataFusionError| failed(error.into()))?;
    gather(metric, question.by.is_some(), &batches)
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
    col("at").gt_eq(moment(window.from)).and(col("at").lt(moment(window.to)))
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
    if let Some(dimension) = by {
        columns.push(cast(col(dimension), DataType::Utf8).alias("group"));
    }
    columns
}

fn gather(metric: &Metric, grouped: bool, batches: &[RecordBatch]) -> Result<Facts> {
    let statistic = metric.header.statistic;
    let mut facts = Facts { groups: grouped.then(Vec::new), ..Facts::default() };
    facts.values = match statistic {
        Statistic::Count => Values::Rows,
        Statistic::Ratio => Values::Pairs(Vec::new()),
        Statistic::Distinct => Values::Keys(Vec::new()),
        _ => Values::Numbers(Vec::new()),
    };
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
            Values::Keys(all) => all.extend(batch.column(1).as_string::<i32>().iter().map(|key| key.map(str::to_owned))),
        }
        if let Some(groups) = &mut facts.groups {
            let column = batch.column(batch.num_columns() - 1).as_string::<i32>();
            groups.extend(column.iter().map(|group| group.map(str::to_owned)));
        }
    }
    Ok(facts)
}
