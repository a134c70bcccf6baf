//! From the rows of a unit to its figure.

use super::lottery::Drawing;
use super::rows::Rows;
use super::{OutcomeTable, Result, cells};
use crate::project::{AnalysisSpec, ColumnOutcome, Named, Transformation};
use crate::trial::{Dimension, Outcome, Scale};
use std::collections::BTreeMap;

/// One outcome of the table.
#[derive(Clone, Debug)]
pub(super) struct Measured {
    pub outcome: Outcome,
    /// Rows without a value.
    pub missing_rows: u64,
}

pub(super) fn measure(
    spec: &AnalysisSpec,
    outcome: &ColumnOutcome,
    table: &OutcomeTable,
    rows: &Rows,
    drawing: &Drawing,
) -> Result<Measured> {
    let reading = Reading { spec, outcome, table, rows };
    let during = reading.figures(&outcome.column, true)?;
    let before = match &outcome.before {
        Some(before) => reading.figures(before, false)?.of_drawn,
        None => vec![None; rows.drawn.len()],
    };
    let further = outcome
        .covariates
        .iter()
        .map(|it| Ok(ordered(&reading.levels(&it.name)?, drawing)))
        .collect::<Result<Vec<Vec<Option<f64>>>>>()?;
    let known: Vec<f64> = during.of_drawn.iter().flatten().copied().collect();
    if known.iter().all(|figure| Some(figure) == known.first()) {
        let (column, drawn) = (&outcome.column.name, &spec.columns.drawn().name);
        let problem = match known.first() {
            Some(_) => format!("{column} is the same for every {drawn}; there is nothing to compare"),
            None => format!("{column} is not known of any {drawn}"),
        };
        return Err(table.problem(problem));
    }
    let has_rows = rows.drawn_of.len() > rows.drawn.len();
    let are_single = has_rows && outcome.exposure.is_none() && spec.columns.weight.is_none();
    let outcome = Outcome {
        name: outcome.column.name.clone(),
        scale: scale(outcome.transformation),
        better: outcome.better,
        during: ordered(&during.of_drawn, drawing),
        before: ordered(&before, drawing),
        further,
        rows: ordered(&during.rows, drawing),
        values: if are_single { ordered(&during.values, drawing) } else { Vec::new() },
        periods: Vec::new(),
    };
    Ok(Measured { outcome, missing_rows: during.missing })
}

/// The labels of the drawn units by each column that the effect is shown apart by, in the order of the lottery.
pub(super) fn segments(
    spec: &AnalysisSpec,
    table: &OutcomeTable,
    rows: &Rows,
    drawing: &Drawing,
) -> Result<Vec<Dimension>> {
    let mut all = Vec::with_capacity(spec.segments.len());
    for Named { name, .. } in &spec.segments {
        let mut labels: Vec<Option<(usize, &str)>> = vec![None; rows.drawn.len()];
        for (row, label) in table.column(name).into_iter().enumerate() {
            let label = label.unwrap_or_default();
            let unit = rows.drawn_of[row];
            let (first, known) = *labels[unit].get_or_insert((row, label));
            if known != label {
                let (what, id, line) = (&spec.columns.drawn().name, &rows.drawn[unit].id, table.line(first));
                let problem = format!("{name} of {what} {id} is {label} here and {known} on line {line}");
                return Err(table.problem_at(row, format!("{problem}; what was drawn is in one segment")));
            }
        }
        let labels: Vec<String> = labels.into_iter().map(|it| it.map_or(String::new(), |it| it.1.to_owned())).collect();
        all.push(Dimension { name: name.clone(), labels: ordered(&labels, drawing) });
    }
    Ok(all)
}

fn scale(transformation: Transformation) -> Scale {
    match transformation {
        Transformation::None => Scale::Linear,
        Transformation::Log => Scale::LogMean,
        Transformation::Rate => Scale::LogRate,
    }
}

/// In the order of the lottery.
fn ordered<T: Clone + Default>(of_drawn: &[T], drawing: &Drawing) -> Vec<T> {
    let mut all = vec![T::default(); of_drawn.len()];
    of_drawn.iter().zip(&drawing.places).for_each(|(it, place)| all[*place] = it.clone());
    all
}

/// Figures of the drawn units in the order of the table's.
struct Figures {
    of_drawn: Vec<Option<f64>>,
    rows: Vec<u64>,
    /// Known values, the smallest first.
    values: Vec<Vec<f64>>,
    missing: u64,
}

struct Reading<'a> {
    spec: &'a AnalysisSpec,
    outcome: &'a ColumnOutcome,
    table: &'a OutcomeTable,
    rows: &'a Rows,
}

impl Reading<'_> {
    /// `is_outcome` is false of the history, of which a unit may be without a rate.
    fn figures(&self, column: &Named, is_outcome: bool) -> Result<Figures> {
        let name = &column.name;
        let cells = cells::numbers(self.table, name)?;
        self.check_sign(name, &cells)?;
        let count = self.rows.drawn.len();
        let (mut rows, mut values) = (vec![0; count], vec![Vec::new(); count]);
        for (row, value) in cells.iter().enumerate() {
            if let Some(value) = value {
                rows[self.rows.drawn_of[row]] += 1;
                values[self.rows.drawn_of[row]].push(*value);
            }
        }
        values.iter_mut().for_each(|it| it.sort_by(f64::total_cmp));
        let of_drawn = match &self.outcome.exposure {
            Some(exposure) => self.ratios(name, &exposure.name, &cells, is_outcome)?,
            None => self.means(&cells)?,
        };
        let missing = cells.iter().filter(|it| it.is_none()).count() as u64;
        Ok(Figures { of_drawn, rows, values, missing })
    }

    /// The mean of a covariate over the rows of each drawn unit.
    fn levels(&self, name: &str) -> Result<Vec<Option<f64>>> {
        let mut sums: Vec<Option<(f64, f64)>> = vec![None; self.rows.drawn.len()];
        for (row, value) in cells::numbers(self.table, name)?.into_iter().enumerate() {
            if let Some(value) = value {
                let sum = sums[self.rows.drawn_of[row]].get_or_insert((0.0, 0.0));
                *sum = (sum.0 + value, sum.1 + 1.0);
            }
        }
        Ok(sums.into_iter().map(|it| it.map(|(sum, rows)| sum / rows)).collect())
    }

    /// What has no logarithm is refused: to leave it out would be to choose rows by their outcome.
    fn check_sign(&self, name: &str, cells: &[Option<f64>]) -> Result<()> {
        let (is_wrong, below, needed): (fn(f64) -> bool, _, _) = match self.outcome.transformation {
            Transformation::None => return Ok(()),
            Transformation::Log => (|it| it <= 0.0, "zero or less", "a logarithm needs numbers above zero"),
            Transformation::Rate => (|it| it < 0.0, "less than zero", "a rate needs numbers of zero or more"),
        };
        let wrong = cells.iter().enumerate().filter_map(|(row, it)| it.filter(|it| is_wrong(*it)).map(|it| (row, it)));
        let wrong: Vec<(usize, f64)> = wrong.collect();
        let Some((row, value)) = wrong.first() else { return Ok(()) };
        let (count, all) = (wrong.len(), cells.len());
        let problem = format!(
            "{name} is {value}, and {below} in {count} of {all} rows in all; {needed}: write transformation = \"none\", or correct them"
        );
        Err(self.table.problem_at(*row, problem))
    }

    /// Sums over the exposure.
    fn ratios(&self, name: &str, exposure: &str, cells: &[Option<f64>], is_outcome: bool) -> Result<Vec<Option<f64>>> {
        let needed: Vec<bool> = cells.iter().map(Option::is_some).collect();
        let exposures = cells::positive(self.table, exposure, &needed)?;
        let mut sums: Vec<Option<(f64, f64)>> = vec![None; self.rows.drawn.len()];
        for (row, value) in cells.iter().enumerate() {
            if let Some(value) = value {
                let sum = sums[self.rows.drawn_of[row]].get_or_insert((0.0, 0.0));
                *sum = (sum.0 + value, sum.1 + exposures[row]);
            }
        }
        if self.outcome.transformation != Transformation::Rate {
            return Ok(sums.into_iter().map(|it| it.map(|(sum, exposure)| sum / exposure)).collect());
        }
        let none = sums.iter().zip(&self.rows.drawn).filter(|(it, _)| it.is_some_and(|(sum, _)| sum == 0.0));
        let none: Vec<&str> = none.map(|(_, drawn)| drawn.id.as_str()).collect();
        if let (true, Some(first)) = (is_outcome, none.first()) {
            let (count, drawn) = (none.len(), &self.spec.columns.drawn().name);
            return Err(self.table.problem(format!(
                "{name} is zero over all rows of {drawn} {first}, and so for {count} in all; a rate of zero has no logarithm: write transformation = \"none\" to compare the ratios themselves"
            )));
        }
        let logarithm = |(sum, exposure): (f64, f64)| (sum > 0.0).then(|| (sum / exposure).ln());
        Ok(sums.into_iter().map(|it| it.and_then(logarithm)).collect())
    }

    /// The mean of each drawn unit's units, of which each is the mean of its rows.
    fn means(&self, cells: &[Option<f64>]) -> Result<Vec<Option<f64>>> {
        let needed: Vec<bool> = cells.iter().map(Option::is_some).collect();
        let weights = match &self.spec.columns.weight {
            Some(weight) => cells::positive(self.table, &weight.name, &needed)?,
            None => vec![1.0; cells.len()],
        };
        let is_log = self.outcome.transformation == Transformation::Log;
        let mut of_units: BTreeMap<usize, (usize, f64, f64)> = BTreeMap::new();
        for (row, value) in cells.iter().enumerate() {
            if let Some(value) = value {
                let value = if is_log { value.ln() } else { *value };
                let unit = of_units.entry(self.rows.unit_of[row]).or_insert((self.rows.drawn_of[row], 0.0, 0.0));
                *unit = (unit.0, unit.1 + weights[row] * value, unit.2 + weights[row]);
            }
        }
        let mut of_drawn: Vec<Option<(f64, f64)>> = vec![None; self.rows.drawn.len()];
        for (drawn, sum, weight) in of_units.into_values() {
            let figure = of_drawn[drawn].get_or_insert((0.0, 0.0));
            *figure = (figure.0 + sum / weight, figure.1 + 1.0);
        }
        Ok(of_drawn.into_iter().map(|it| it.map(|(sum, units)| sum / units)).collect())
    }
}
