//! The marks of a dashboard, filled with a view's numbers.

use super::App;
use super::error::PageError;
use super::figures::{self, Figures, figures, grain, unit};
use super::view::View;
use crate::chart::{
    Bar, Bars, Distribution, Frame, Group, HeatRow, Heatmap, Measure, Risk, Scatter, Sparkline, Spot, Stage, Stages, Trend,
    Unit,
};
use crate::metric;
use crate::project::{Mark, Reference, Statistic};
use crate::query::QueryError;
use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::Float64Type;
use maud::{Markup, html};
use std::collections::BTreeMap;

/// Series over time or bars with more groups than this say nothing to a reader.
const GROUPS: usize = 24;

/// What a mark became.
pub(super) enum Drawn {
    /// Figures of one kind side by side.
    Cards(Markup),
    /// A panel of its own.
    Panel(Markup),
    /// No source in view tells of these.
    Absent(Vec<String>),
}

/// Draws a mark; `id` is unique in the page.
pub(super) async fn draw(app: &App, view: &View, mark: &Mark, id: &str) -> Result<Drawn, PageError> {
    match mark {
        Mark::Metrics { metrics } => cards(app, view, metrics).await,
        Mark::Trend { metric, target } => trend(app, view, &metric.metric, *target, id).await,
        Mark::Heatmap { metric, by } => heatmap(app, view, &metric.metric, by, id).await,
        Mark::Bars { metric, by } => bars(app, view, &metric.metric, by, id).await,
        Mark::Stages { metrics } => stages(app, view, metrics, id).await,
        Mark::Distribution { metric } => distribution(app, view, &metric.metric, id).await,
        Mark::Risk => risk(app, view, id).await,
        Mark::Hotspots => hotspots(app, view, id).await,
    }
}

async fn cards(app: &App, view: &View, metrics: &[Reference]) -> Result<Drawn, PageError> {
    let mut present = Vec::new();
    let mut absent = Vec::new();
    for reference in metrics {
        let figures = figures(app, view, &reference.metric).await?;
        if figures.is_collected() {
            present.push(figures);
        } else {
            absent.push(figures.metric.header.title.clone());
        }
    }
    if present.is_empty() {
        return Ok(Drawn::Absent(absent));
    }
    Ok(Drawn::Cards(html! {
        div class="cards" { @for figures in &present { (card(figures, view)) } }
        @if !absent.is_empty() { p class="aside" { "Not collected here: " (absent.join(", ")) } }
    }))
}

fn card(figures: &Figures<'_>, view: &View) -> Markup {
    let title = &figures.metric.header.title;
    let unit = figures.unit();
    let values = figures.series.iter().map(|point| point.estimate.value).collect();
    let label = format!("{title}, last {} weeks", view.weeks);
    html! {
        a class="card" href={ "/metrics/" (figures.metric.name) (view.query()) } {
            span class="label" { (title) }
            span class="value" {
                @match figures.summary.estimate.value {
                    Some(value) => (unit.value(value)),
                    None => "not enough data",
                }
            }
            (figures.change())
            (Sparkline { label: &label, unit, values }.render())
            span class="note" { (figures.caption()) " · " (figures.certainty()) }
        }
    }
}

async fn trend(app: &App, view: &View, name: &str, target: Option<f64>, id: &str) -> Result<Drawn, PageError> {
    let figures = figures(app, view, name).await?;
    if !figures.is_collected() {
        return Ok(Drawn::Absent(vec![figures.metric.header.title.clone()]));
    }
    Ok(Drawn::Panel(trend_of(&figures, target, id)))
}

/// A metric over time, with the interval of every point.
pub(super) fn trend_of(figures: &Figures<'_>, target: Option<f64>, id: &str) -> Markup {
    let header = &figures.metric.header;
    let points = figures.series.iter().map(|point| crate::chart::Point {
        at: point.start.date_naive(),
        value: point.estimate.value,
        low: point.estimate.interval.map(|interval| interval.low),
        high: point.estimate.interval.map(|interval| interval.high),
        n: Some(point.estimate.n),
    });
    let has_band = figures.series.iter().any(|point| point.estimate.interval.is_some());
    let about = if has_band { format!("{}, with its 95 % interval", figures.caption()) } else { figures.caption() };
    let trend = Trend {
        frame: Frame { id, title: &header.title, about: &about },
        unit: figures.unit(),
        grain: grain(figures.metric),
        points: points.collect(),
        band: has_band.then_some("95 % interval"),
        target,
        annotations: Vec::new(),
        from_zero: !matches!(header.statistic, Statistic::Ratio | Statistic::P90),
    };
    trend.render()
}

async fn heatmap(app: &App, view: &View, name: &str, by: &str, id: &str) -> Result<Drawn, PageError> {
    let metric = figures::metric(app, name)?;
    let facts = figures::facts(app, view, metric, view.window, Some(by)).await?;
    let groups = named_groups(&facts);
    let title = format!("{} by {by}", metric.header.title);
    if groups.is_empty() {
        return Ok(Drawn::Absent(vec![title]));
    }
    let mut rows = Vec::new();
    for (group, facts) in groups {
        let series = metric::series(name, &metric.header, &facts, &view.window)?;
        rows.push(HeatRow { name: group, values: series.iter().map(|point| point.estimate.value).collect() });
    }
    let words = match metric.header.better {
        crate::project::Better::Lower => ("better", "worse"),
        crate::project::Better::Higher => ("worse", "better"),
        crate::project::Better::Neither => ("less", "more"),
    };
    let starts = metric::grain_starts(metric.header.grain, &view.window);
    let heatmap = Heatmap {
        frame: Frame { id, title: &title, about: metric.header.statistic.word() },
        unit: unit(metric),
        grain: grain(metric),
        what: by,
        columns: starts.iter().map(|start| start.date_naive()).collect(),
        rows,
        words: Some(words),
    };
    Ok(Drawn::Panel(heatmap.render()))
}

/// Groups with a name, by name.
fn named_groups(facts: &metric::Facts) -> BTreeMap<String, metric::Facts> {
    let mut groups = facts.by_group();
    groups.remove("");
    groups
}

async fn bars(app: &App, view: &View, name: &str, by: &str, id: &str) -> Result<Drawn, PageError> {
    let metric = figures::metric(app, name)?;
    let facts = figures::facts(app, view, metric, view.window, Some(by)).await?;
    let title = format!("{} by {by}", metric.header.title);
    let mut bars = Vec::new();
    for (group, facts) in named_groups(&facts) {
        let estimate = metric::summary(name, &metric.header, &facts, &view.window)?.estimate;
        bars.push(Bar { name: group, value: estimate.value, n: Some(estimate.n) });
    }
    if bars.is_empty() {
        return Ok(Drawn::Absent(vec![title]));
    }
    bars.sort_by(|a, b| b.n.cmp(&a.n).then_with(|| a.name.cmp(&b.name)));
    bars.truncate(GROUPS);
    let about = format!("{}, the groups with the most facts first", metric.header.statistic.word());
    let bars = Bars { frame: Frame { id, title: &title, about: &about }, what: by, unit: unit(metric), bars };
    Ok(Drawn::Panel(bars.render()))
}

async fn stages(app: &App, view: &View, metrics: &[Reference], id: &str) -> Result<Drawn, PageError> {
    let mut stages = Vec::new();
    let mut titles = Vec::new();
    for reference in metrics {
        let metric = figures::metric(app, &reference.metric)?;
        let facts = figures::facts(app, view, metric, view.window, None).await?;
        let summary = metric::summary(&metric.name, &metric.header, &facts, &view.window)?;
        titles.push(metric.header.title.clone());
        stages.push(Stage { name: metric.header.title.clone(), value: summary.estimate.value });
    }
    if stages.iter().all(|stage| stage.value.is_none()) {
        return Ok(Drawn::Absent(titles));
    }
    let about = "median hours of each phase; medians do not add up to the median of the whole";
    let stages = Stages { frame: Frame { id, title: "Where the time goes", about }, unit: Unit::Hours, stages };
    Ok(Drawn::Panel(stages.render()))
}

async fn distribution(app: &App, view: &View, name: &str, id: &str) -> Result<Drawn, PageError> {
    let metric = figures::metric(app, name)?;
    let facts = figures::facts(app, view, metric, view.window, None).await?;
    let values = facts.values.numbers();
    let title = format!("Distribution of {}", metric.header.title);
    if values.is_empty() {
        return Ok(Drawn::Absent(vec![title]));
    }
    let about = format!("{} of {} facts; the bar is the middle half, the dot the median", metric.header.unit, values.len());
    let distribution = Distribution {
        frame: Frame { id, title: &title, about: &about },
        unit: unit(metric),
        what: "Group",
        groups: vec![Group { name: "All".to_owned(), values }],
    };
    Ok(Drawn::Panel(distribution.render()))
}

async fn rows(app: &App, view: &View, sql: &str) -> Result<Vec<RecordBatch>, PageError> {
    let session = app.engine.session(&view.scope).await?;
    let read = async { session.sql(sql).await?.collect().await };
    Ok(read.await.map_err(QueryError::from)?)
}

/// Lines of the newest code by the complexity of their function, at the limits of SIG (Heitlager, Kuipers & Visser 2007).
async fn risk(app: &App, view: &View, id: &str) -> Result<Drawn, PageError> {
    let sum = |condition: &str| format!("CAST(sum(CASE WHEN {condition} THEN own_code_lines ELSE 0 END) AS DOUBLE)");
    let sql = format!(
        "SELECT {}, {}, {}, {} FROM code_units WHERE is_head",
        sum("cyclomatic <= 10"),
        sum("cyclomatic BETWEEN 11 AND 20"),
        sum("cyclomatic BETWEEN 21 AND 50"),
        sum("cyclomatic > 50"),
    );
    let batches = rows(app, view, &sql).await?;
    let level = |column: usize| {
        let batch = batches.first().filter(|batch| batch.num_rows() == 1)?;
        let column = batch.column(column).as_primitive::<Float64Type>();
        column.is_valid(0).then(|| column.value(0))
    };
    let (Some(low), Some(moderate), Some(high), Some(very_high)) = (level(0), level(1), level(2), level(3)) else {
        return Ok(Drawn::Absent(vec!["Risk profile".to_owned()]));
    };
    let about = "code lines by the cyclomatic complexity of their function: up to 10, 20, 50 and above";
    let risk = Risk {
        frame: Frame { id, title: "Risk profile of the functions", about },
        unit: Unit::Lines,
        levels: Some([low, moderate, high, very_high]),
    };
    Ok(Drawn::Panel(risk.render()))
}

/// The files whose complexity is changed most.
async fn hotspots(app: &App, view: &View, id: &str) -> Result<Drawn, PageError> {
    let sql = "SELECT path, CAST(revisions AS DOUBLE), CAST(complexity AS DOUBLE), CAST(lines AS DOUBLE) FROM hotspot
               WHERE at = (SELECT max(at) FROM hotspot) AND complexity > 0 ORDER BY value DESC, path LIMIT 60";
    let batches = rows(app, view, sql).await?;
    let spots: Vec<Spot> = batches.iter().flat_map(spots_of).collect();
    if spots.is_empty() {
        return Ok(Drawn::Absent(vec!["Hotspots".to_owned()]));
    }
    let scatter = Scatter {
        frame: Frame {
            id,
            title: "Hotspots",
            about: "files that are both complex and changed often are where clean-up pays; revisions of the last 365 days",
        },
        what: "File",
        x: Measure { name: "revisions", unit: Unit::Count, log: true },
        y: Measure { name: "cyclomatic complexity", unit: Unit::Count, log: true },
        size: Measure { name: "code lines", unit: Unit::Lines, log: false },
        spots,
        labelled: 6,
    };
    Ok(Drawn::Panel(scatter.render()))
}

fn spots_of(batch: &RecordBatch) -> Vec<Spot> {
    let paths = batch.column(0).as_string::<i32>();
    let number = |column: usize, row: usize| batch.column(column).as_primitive::<Float64Type>().value(row);
    (0..batch.num_rows())
        .map(|row| Spot { name: paths.value(row).to_owned(), x: number(1, row), y: number(2, row), size: number(3, row) })
        .collect()
}
