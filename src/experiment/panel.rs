//! What was measured of each unit: sums by unit and week, in polars, and the figures that follow from them.

use super::setting::{Setting, system_of};
use super::study::Study;
use super::{ExperimentError, Result, planning};
use crate::metric::{self, Facts, Measure, PERSON, Question, Values, Window};
use crate::project::{self, Metric, Statistic, UnitKind};
use crate::query::{Engine, QueryError, Scope};
use crate::stats::Mechanism;
use crate::trial::plan::Cell;
use crate::trial::{Better, Design, Outcome, Scale};
use arrow::array::RecordBatch;
use polars::prelude::*;
use std::collections::BTreeMap;

/// What is added to every count of units where one of them is zero, since zero has no logarithm (Haldane 1956; Anscombe 1956).
const ADDED: f64 = 0.5;

/// The scale on which a metric's figures are compared.
pub(super) fn scale_of(metric: &Metric) -> Scale {
    match metric.header.statistic {
        Statistic::Count => Scale::LogRate,
        Statistic::GeometricMean => Scale::LogMean,
        Statistic::Mean | Statistic::Quantile(_) if metric.header.unit == "hours" => Scale::LogMean,
        _ => Scale::Linear,
    }
}

/// Which direction of a metric is good.
pub(super) fn better_of(metric: &Metric) -> Better {
    match metric.header.better {
        project::Better::Lower => Better::Lower,
        project::Better::Higher => Better::Higher,
        project::Better::Neither => Better::Neither,
    }
}

/// Rows of one unit and time, summed: of logs where means of logs are compared, and of how many there are.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Sums {
    pub numerator: f64,
    pub denominator: f64,
    pub rows: u64,
}

impl Sums {
    fn add(self, other: Sums) -> Sums {
        Sums {
            numerator: self.numerator + other.numerator,
            denominator: self.denominator + other.denominator,
            rows: self.rows + other.rows,
        }
    }
}

/// Reads a metric over the history and the experiment.
///
/// # Errors
/// Those of the metric, such as one that cannot be cut by the unit.
pub(super) async fn outcome(engine: &Engine, study: &Study, metric: &Metric) -> Result<Outcome> {
    let scale = scale_of(metric);
    let (history, during) = (study.history(), study.during());
    let earlier = facts(engine, study, metric, history).await?;
    let facts = facts(engine, study, metric, during).await?;
    let mut outcome = Outcome {
        name: metric.name.clone(),
        scale,
        better: better_of(metric),
        during: Vec::new(),
        before: Vec::new(),
        further: Vec::new(),
        rows: Vec::new(),
        values: values(study, &facts, scale),
        periods: Vec::new(),
    };
    if has_whole_figures(metric) {
        outcome.before = whole_figures(study, metric, &earlier, history)?;
        outcome.during = whole_figures(study, metric, &facts, during)?;
        let rows = by_cell(study, &facts, scale, &[during])?;
        outcome.rows = rows.iter().map(|cells| cells[0].rows).collect();
        return Ok(outcome);
    }
    let periods = study.periods();
    let before = by_cell(study, &earlier, scale, &[history])?;
    let cells = by_cell(study, &facts, scale, &periods)?;
    let together: Vec<Sums> =
        cells.iter().map(|cells| cells.iter().fold(Sums::default(), |sum, cell| sum.add(*cell))).collect();
    outcome.rows = together.iter().map(|sums| sums.rows).collect();
    outcome.before = figures(study, scale, &before.iter().map(|cells| cells[0]).collect::<Vec<_>>(), history);
    outcome.during = figures(study, scale, &together, during);
    outcome.periods = figures_by_period(study, scale, &cells, &periods);
    Ok(outcome)
}

/// An outcome of the systems of a switchback as one of their blocks, which are what was drawn; of other designs as it is. What came
/// before is the same for all blocks of a system and tells none of them apart.
pub(super) fn of_drawn(outcome: Outcome, setting: &Setting) -> Outcome {
    if setting.drawing.design != Design::Switchback {
        return outcome;
    }
    let places = setting.study.places();
    let mut next: BTreeMap<&str, usize> = BTreeMap::new();
    let figure = |unit: &'_ str| places.get(unit).copied();
    let blocks = setting.randomization.lottery().units();
    let mut during = Vec::with_capacity(blocks.len());
    for block in blocks {
        let system = system_of(&block.id);
        // Blocks are in the order of time within their system, as their numbers are.
        let number = next.entry(system).or_default();
        let periods = figure(system).and_then(|place| outcome.periods.get(place));
        during.push(periods.and_then(|periods| periods.get(*number).copied().flatten()));
        *number += 1;
    }
    let before = vec![None; during.len()];
    let rows = during.iter().map(|figure| u64::from(figure.is_some())).collect();
    Outcome { during, before, rows, values: Vec::new(), periods: Vec::new(), ..outcome }
}

/// A metric over the history before the start, a figure for each unit. A unit without one gets the middle one, so that it can be
/// put into a stratum.
pub(super) async fn history(engine: &Engine, study: &Study, metric: &str) -> Result<Vec<f64>> {
    let Some(metric) = engine.project().metrics.get(metric) else {
        let problem = "no such metric".to_owned();
        return Err(metric::MetricError::Facts { metric: metric.to_owned(), problem }.into());
    };
    let window = study.history();
    let facts = facts(engine, study, metric, window).await?;
    let figures = if has_whole_figures(metric) {
        whole_figures(study, metric, &facts, window)?
    } else {
        let scale = scale_of(metric);
        let cells = by_cell(study, &facts, scale, &[window])?;
        figures(study, scale, &cells.iter().map(|cells| cells[0]).collect::<Vec<_>>(), window)
    };
    let mut known: Vec<f64> = figures.iter().copied().flatten().collect();
    known.sort_by(f64::total_cmp);
    let middle = known.get(known.len() / 2).copied().unwrap_or_default();
    Ok(figures.into_iter().map(|figure| figure.unwrap_or(middle)).collect())
}

/// The weeks of each unit before a start, for a plan; windows follow one another.
pub(super) async fn weeks_of(
    engine: &Engine,
    study: &Study,
    metric: &Metric,
    weeks: &[Window],
) -> Result<Vec<Vec<Option<Cell>>>> {
    let (Some(first), Some(last)) = (weeks.first(), weeks.last()) else { return Ok(Vec::new()) };
    let scale = scale_of(metric);
    let facts = facts(engine, study, metric, Window { from: first.from, to: last.to }).await?;
    let cells = by_cell(study, &facts, scale, weeks)?;
    // A week in which nobody had a row is one that no source told of.
    let is_counted: Vec<bool> = (0..weeks.len()).map(|week| cells.iter().any(|cells| cells[week].rows > 0)).collect();
    let of_unit = |(cells, size): (&Vec<Sums>, &f64)| {
        cells.iter().zip(&is_counted).map(|(sums, counted)| planning::cell(scale, *sums, *size, *counted)).collect()
    };
    Ok(cells.iter().zip(&study.sizes).map(of_unit).collect())
}

/// Figures of units by period.
pub(super) struct ByPeriod {
    /// Units × periods.
    pub periods: Vec<Vec<Option<f64>>>,
    pub rows: u64,
}

/// A metric in periods that follow one another.
pub(super) async fn by_period(engine: &Engine, study: &Study, metric: &Metric, periods: &[Window]) -> Result<ByPeriod> {
    let (Some(first), Some(last)) = (periods.first(), periods.last()) else {
        return Ok(ByPeriod { periods: vec![Vec::new(); study.units.len()], rows: 0 });
    };
    let scale = scale_of(metric);
    let facts = facts(engine, study, metric, Window { from: first.from, to: last.to }).await?;
    let cells = by_cell(study, &facts, scale, periods)?;
    let rows = cells.iter().flatten().map(|cell| cell.rows).sum();
    Ok(ByPeriod { periods: figures_by_period(study, scale, &cells, periods), rows })
}

/// Units × periods.
fn figures_by_period(study: &Study, scale: Scale, cells: &[Vec<Sums>], periods: &[Window]) -> Vec<Vec<Option<f64>>> {
    let of_period = |(period, window): (usize, &Window)| {
        figures(study, scale, &cells.iter().map(|cells| cells[period]).collect::<Vec<_>>(), *window)
    };
    let by_period: Vec<Vec<Option<f64>>> = periods.iter().enumerate().map(of_period).collect();
    (0..study.units.len()).map(|unit| by_period.iter().map(|figures| figures[unit]).collect()).collect()
}

/// The figures of units on the scale.
pub(super) fn figures(study: &Study, scale: Scale, sums: &[Sums], window: Window) -> Vec<Option<f64>> {
    // A source that told of nobody at all says nothing of anybody.
    let is_counted = scale == Scale::LogRate && sums.iter().any(|sums| sums.rows > 0);
    let added = if sums.iter().any(|sums| sums.rows == 0) { ADDED } else { 0.0 };
    let weeks = (window.to - window.from).num_minutes() as f64 / (7.0 * 24.0 * 60.0);
    let figure = |(sums, size): (&Sums, &f64)| {
        let figure = match scale {
            Scale::LogRate if is_counted => ((sums.numerator + added) / (size * weeks)).ln(),
            Scale::LogRate => f64::NAN,
            Scale::LogMean | Scale::Linear => sums.numerator / sums.denominator,
        };
        figure.is_finite().then_some(figure)
    };
    sums.iter().zip(&study.sizes).map(figure).collect()
}

pub(super) async fn facts(engine: &Engine, study: &Study, metric: &Metric, window: Window) -> Result<Facts> {
    let all = Question::of(metric, study.scope.clone(), window);
    let by_person = study.kind == UnitKind::Developer;
    let dimension = if by_person { PERSON } else { study.kind.name() };
    Ok(metric::facts(engine, &Question { by: vec![dimension], homes: true, by_person, ..all }).await?)
}

/// Whether rows do not add up to a figure: people who are counted once, what is open on average, survival.
pub(super) fn has_whole_figures(metric: &Metric) -> bool {
    matches!(metric.header.statistic, Statistic::Distinct | Statistic::TimeAverage | Statistic::Survival)
}

fn whole_figures(study: &Study, metric: &Metric, facts: &Facts, window: Window) -> Result<Vec<Option<f64>>> {
    let figures = Measure::of(&metric.name, &metric.header).figures_by_group(facts, &window)?;
    let places = study.places();
    let mut all = vec![None; study.units.len()];
    for (group, figures) in figures.into_iter().enumerate() {
        let unit = facts.groups.as_ref().and_then(|groups| groups.name(group));
        if let Some(place) = unit.and_then(|unit| places.get(unit)) {
            all[*place] = figures.summary.estimate.value;
        }
    }
    Ok(all)
}

/// The known numbers of each unit, the smallest first.
fn values(study: &Study, facts: &Facts, scale: Scale) -> Vec<Vec<f64>> {
    let Values::Numbers(numbers) = &facts.values else { return Vec::new() };
    let mut values = vec![Vec::new(); study.units.len()];
    for (place, row, _) in entries(study, facts) {
        values[place].extend(numbers.get(row).filter(|value| scale == Scale::Linear || *value > 0.0));
    }
    values.iter_mut().for_each(|values| values.sort_unstable_by(f64::total_cmp));
    values
}

/// The place of the unit, the row and the moment of every row of a unit.
fn entries<'a>(study: &'a Study, facts: &'a Facts) -> impl Iterator<Item = (usize, usize, i64)> + 'a {
    let places = study.places();
    let groups = facts.groups.iter();
    groups.flat_map(|groups| groups.entries().map(move |part| (groups, part))).filter_map(move |(groups, part)| {
        let place = places.get(groups.name(part.group as usize)?)?;
        Some((*place, part.row as usize, facts.at[part.row as usize]))
    })
}

/// The sums of each unit in each window; windows follow one another.
pub(super) fn by_cell(study: &Study, facts: &Facts, scale: Scale, windows: &[Window]) -> Result<Vec<Vec<Sums>>> {
    let starts: Vec<i64> = windows.iter().map(|window| window.from.timestamp_micros()).collect();
    let mut rows: Vec<(u32, u32, f64, f64)> = Vec::new();
    for (place, row, at) in entries(study, facts) {
        let pair = match &facts.values {
            // A duration of zero has no logarithm; such rows are left out.
            Values::Numbers(all) if scale == Scale::LogMean => {
                all.get(row).filter(|value| *value > 0.0).map(|value| (value.ln(), 1.0))
            }
            Values::Numbers(all) => all.get(row).map(|value| (value, 1.0)),
            Values::Pairs(numerators, denominators) => numerators.get(row).zip(denominators.get(row)),
            Values::Rows | Values::Keys(_) | Values::Ends(_) => Some((1.0, 1.0)),
        };
        let Some(window) = starts.partition_point(|start| *start <= at).checked_sub(1) else { continue };
        rows.extend(pair.map(|(numerator, denominator)| (place as u32, window as u32, numerator, denominator)));
    }
    // Sums over the rows have one order and one last digit.
    rows.sort_unstable_by(|a, b| (a.0, a.1).cmp(&(b.0, b.1)).then(a.2.total_cmp(&b.2)).then(a.3.total_cmp(&b.3)));
    let failed = |source| ExperimentError::Panel { experiment: study.name.clone(), source };
    sum(&rows, study.units.len(), windows.len()).map_err(failed)
}

fn sum(rows: &[(u32, u32, f64, f64)], units: usize, windows: usize) -> PolarsResult<Vec<Vec<Sums>>> {
    let table = df!(
        "unit" => rows.iter().map(|row| row.0).collect::<Vec<u32>>(),
        "window" => rows.iter().map(|row| row.1).collect::<Vec<u32>>(),
        "numerator" => rows.iter().map(|row| row.2).collect::<Vec<f64>>(),
        "denominator" => rows.iter().map(|row| row.3).collect::<Vec<f64>>(),
    )?;
    let cells = table
        .lazy()
        .group_by([col("unit"), col("window")])
        .agg([col("numerator").sum(), col("denominator").sum(), len().alias("rows")])
        .collect()?;
    let mut all = vec![vec![Sums::default(); windows]; units];
    let (units, windows) = (cells.column("unit")?.u32()?, cells.column("window")?.u32()?);
    let (numerators, denominators) = (cells.column("numerator")?.f64()?, cells.column("denominator")?.f64()?);
    let counts = cells.column("rows")?.u32()?;
    for row in 0..cells.height() {
        let place = units.get(row).zip(windows.get(row));
        let sums = numerators.get(row).zip(denominators.get(row)).zip(counts.get(row));
        if let (Some((unit, window)), Some(((numerator, denominator), rows))) = (place, sums) {
            all[unit as usize][window as usize] = Sums { numerator, denominator, rows: u64::from(rows) };
        }
    }
    Ok(all)
}

/// Runs SQL of ours over all sources.
pub(super) async fn collect(engine: &Engine, sql: &str) -> Result<Vec<RecordBatch>> {
    collect_of(engine, &Scope::default(), sql).await
}

/// Runs SQL of ours over some sources.
pub(super) async fn collect_of(engine: &Engine, scope: &Scope, sql: &str) -> Result<Vec<RecordBatch>> {
    let session = engine.session(scope).await?;
    let read = async { session.sql(sql).await?.collect().await };
    Ok(read.await.map_err(QueryError::from)?)
}

/// The texts of a column.
pub(super) fn texts(batches: &[RecordBatch], column: usize) -> Vec<String> {
    use arrow::array::AsArray;
    let texts = batches.iter().flat_map(|batch| batch.column(column).as_string::<i32>().iter());
    texts.map(|text| text.unwrap_or_default().to_owned()).collect()
}
