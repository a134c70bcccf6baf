//! Numbers of metrics as the rows of a table.

use crate::metric::{self, Earlier, Report};
use crate::project::Metric;
use crate::stats::Estimate;
use arrow::array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray};
use std::sync::Arc;

/// What is unknown has a dash, and what is of all has a word.
const ALL: &str = "all";

#[derive(Default)]
struct Row {
    metric: String,
    /// One a dimension that was asked for.
    names: Vec<String>,
    start: String,
    value: Option<f64>,
    bounds: [Option<f64>; 2],
    n: i64,
    coverage: Option<f64>,
    previous: Compared,
    year_ago: Compared,
}

/// An earlier value, and the difference to it with its interval.
type Compared = [Option<f64>; 4];

impl Row {
    fn of(metric: &Metric, names: Vec<String>, start: String, estimate: &Estimate, coverage: Option<f64>) -> Row {
        Row {
            metric: metric.name.clone(),
            names,
            start,
            value: estimate.value,
            bounds: bounds(estimate),
            n: estimate.n.cast_signed(),
            coverage,
            ..Row::default()
        }
    }

    fn compared(self, previous: &Option<Earlier>, year_ago: &Option<Earlier>) -> Row {
        let compared = |earlier: &Option<Earlier>| match earlier {
            None => Compared::default(),
            Some(earlier) => {
                let [low, high] = bounds(&earlier.change.difference);
                [earlier.summary.estimate.value, earlier.change.difference.value, low, high]
            }
        };
        Row { previous: compared(previous), year_ago: compared(year_ago), ..self }
    }
}

fn bounds(estimate: &Estimate) -> [Option<f64>; 2] {
    [estimate.interval.map(|interval| interval.low), estimate.interval.map(|interval| interval.high)]
}

/// A row for each period, or for each group, and one for all; with `series` both.
pub(super) fn table(
    reports: &[(&Metric, Report)],
    by: &[&str],
    has_metric: bool,
    has_series: bool,
    is_compared: bool,
) -> anyhow::Result<RecordBatch> {
    let mut rows: Vec<Row> = Vec::new();
    for (metric, report) in reports {
        let start =
            |point: &metric::Point| point.start.with_timezone(&report.calendar.zone).format("%Y-%m-%d").to_string();
        for group in &report.groups {
            let names: Vec<String> = group.titles();
            if has_series {
                let point = |point| Row::of(metric, names.clone(), start(point), &point.estimate, point.coverage());
                rows.extend(group.figures.series.iter().map(point));
            }
            let summary = &group.figures.summary;
            let row = Row::of(metric, names, ALL.to_owned(), &summary.estimate, summary.coverage());
            rows.push(row.compared(&group.previous, &group.year_ago));
        }
        let all = || vec![ALL.to_owned(); by.len()];
        if by.is_empty() || has_series {
            let point = |point: &metric::Point| Row::of(metric, all(), start(point), &point.estimate, point.coverage());
            rows.extend(report.all.series.iter().map(point));
        }
        let summary = &report.all.summary;
        let row = Row::of(metric, all(), ALL.to_owned(), &summary.estimate, summary.coverage());
        rows.push(row.compared(&report.previous, &report.year_ago));
    }
    let grain = match reports {
        [(_, report)] => metric::grain_word(report.calendar.grain),
        _ => "period",
    };
    let text =
        |pick: &dyn Fn(&Row) -> &str| -> ArrayRef { Arc::new(StringArray::from_iter_values(rows.iter().map(pick))) };
    let number =
        |pick: &dyn Fn(&Row) -> Option<f64>| -> ArrayRef { Arc::new(Float64Array::from_iter(rows.iter().map(pick))) };
    let mut columns: Vec<(String, ArrayRef)> = Vec::new();
    if has_metric {
        columns.push(("metric".to_owned(), text(&|row| &row.metric)));
    }
    for (place, dimension) in by.iter().enumerate() {
        columns.push(((*dimension).to_owned(), text(&|row| &row.names[place])));
    }
    if by.is_empty() || has_series {
        columns.push((grain.to_owned(), text(&|row| &row.start)));
    }
    columns.push(("value".to_owned(), number(&|row| row.value)));
    columns.push(("low_95".to_owned(), number(&|row| row.bounds[0])));
    columns.push(("high_95".to_owned(), number(&|row| row.bounds[1])));
    columns.push(("n".to_owned(), Arc::new(Int64Array::from_iter_values(rows.iter().map(|row| row.n)))));
    columns.push(("coverage".to_owned(), number(&|row| row.coverage)));
    if is_compared {
        for (place, name) in ["previous", "change", "change_low_95", "change_high_95"].into_iter().enumerate() {
            columns.push((name.to_owned(), number(&|row| row.previous[place])));
        }
        for (place, name) in ["year_ago", "yearly_change", "yearly_low_95", "yearly_high_95"].into_iter().enumerate() {
            columns.push((name.to_owned(), number(&|row| row.year_ago[place])));
        }
    }
    Ok(RecordBatch::try_from_iter(columns)?)
}
