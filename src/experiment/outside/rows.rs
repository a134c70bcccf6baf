//! Which unit each row is of, and which arm each unit is in.

use super::{OutcomeTable, Result};
use crate::project::{AnalysisSpec, closest};
use std::collections::BTreeMap;

/// Units that an arm needs.
const MINIMUM_IN_ARM: usize = 2;

/// What was drawn.
#[derive(Clone, Debug)]
pub(super) struct DrawnUnit {
    pub id: String,
    /// 0 is the control.
    pub arm: usize,
    /// Empty where nothing was drawn within blocks.
    pub block: String,
    /// The first of its rows.
    row: usize,
}

/// The structure of the table.
#[derive(Clone, Debug)]
pub(super) struct Rows {
    /// By id.
    pub drawn: Vec<DrawnUnit>,
    /// Of each row, what of `drawn` it belongs to.
    pub drawn_of: Vec<usize>,
    /// Of each row, its unit within that, numbered over the table.
    pub unit_of: Vec<usize>,
}

pub(super) fn read(spec: &AnalysisSpec, table: &OutcomeTable) -> Result<Rows> {
    check_labels(spec, table)?;
    let columns = &spec.columns;
    let ids = known(table, &columns.drawn().name)?;
    let units = known(table, &columns.unit.name)?;
    let arms = arms(spec, table)?;
    let blocks = match &columns.block {
        Some(block) => known(table, &block.name)?,
        None => vec![""; table.len()],
    };
    let mut drawn: BTreeMap<&str, DrawnUnit> = BTreeMap::new();
    let mut cluster_of: BTreeMap<&str, usize> = BTreeMap::new();
    for row in 0..table.len() {
        let (id, arm, block) = (ids[row], arms[row], blocks[row]);
        let new = DrawnUnit { id: id.to_owned(), arm, block: block.to_owned(), row };
        check_same(spec, table, drawn.entry(id).or_insert(new), row, (arm, block))?;
        let first = *cluster_of.entry(units[row]).or_insert(row);
        if ids[first] != id {
            let (unit, line) = (units[row], table.line(first));
            let problem = format!("{} {unit} is in {id}, and in {} on line {line}", columns.unit.name, ids[first]);
            return Err(table.problem_at(row, problem));
        }
    }
    let numbered: BTreeMap<&str, usize> = cluster_of.keys().enumerate().map(|(number, unit)| (*unit, number)).collect();
    let places: BTreeMap<&str, usize> = drawn.keys().enumerate().map(|(place, id)| (*id, place)).collect();
    let rows = Rows {
        drawn_of: ids.iter().map(|id| places[id]).collect(),
        unit_of: units.iter().map(|unit| numbered[unit]).collect(),
        drawn: drawn.into_values().collect(),
    };
    check_arms(spec, table, &rows)?;
    Ok(rows)
}

/// A column of which no value may be unknown.
fn known<'a>(table: &'a OutcomeTable, name: &str) -> Result<Vec<&'a str>> {
    let value = |(row, text): (usize, Option<&'a str>)| {
        text.ok_or_else(|| table.problem_at(row, format!("{name} is empty; every row needs it")))
    };
    table.column(name).into_iter().enumerate().map(value).collect()
}

/// Says all at once where none of the labels is in the table.
fn check_labels(spec: &AnalysisSpec, table: &OutcomeTable) -> Result<()> {
    const SHOWN: usize = 5;
    let name = &spec.columns.treatment.name;
    let labels = [&spec.columns.control.name, &spec.columns.treated.name];
    let column = table.column(name);
    if column.iter().flatten().any(|value| labels.iter().any(|label| label == value)) {
        return Ok(());
    }
    let mut values: Vec<&str> = column.into_iter().flatten().collect();
    values.sort_unstable();
    values.dedup();
    values.truncate(SHOWN);
    let [control, treated] = labels;
    Err(table.problem(format!(
        "no row has {name} = {control} (control) or {treated} (treated), the labels of {}; it has {}",
        spec.file,
        values.join(", ")
    )))
}

/// The arm of each row.
fn arms(spec: &AnalysisSpec, table: &OutcomeTable) -> Result<Vec<usize>> {
    let name = &spec.columns.treatment.name;
    let labels = [spec.columns.control.name.as_str(), spec.columns.treated.name.as_str()];
    let arm = |(row, value): (usize, &str)| {
        labels.iter().position(|label| *label == value).ok_or_else(|| {
            let [control, treated] = labels;
            let meant = closest(value, &labels).map_or(String::new(), |it| format!("; did you mean {it}?"));
            let problem = format!("{name} is {value}, neither {control} (control) nor {treated} (treated){meant}");
            table.problem_at(row, problem)
        })
    };
    known(table, name)?.into_iter().enumerate().map(arm).collect()
}

/// A drawn unit has one arm and one block.
fn check_same(
    spec: &AnalysisSpec,
    table: &OutcomeTable,
    drawn: &DrawnUnit,
    row: usize,
    (arm, block): (usize, &str),
) -> Result<()> {
    let (what, id, line) = (&spec.columns.drawn().name, &drawn.id, table.line(drawn.row));
    if drawn.arm != arm {
        let labels = [&spec.columns.control.name, &spec.columns.treated.name];
        let problem = format!(
            "{what} {id} is in both arms: {} here and {} on line {line}; what was drawn has one",
            labels[arm], labels[drawn.arm]
        );
        return Err(table.problem_at(row, problem));
    }
    if drawn.block != block {
        let problem = format!("{what} {id} is in block {block} here and in {} on line {line}", drawn.block);
        return Err(table.problem_at(row, problem));
    }
    Ok(())
}

fn check_arms(spec: &AnalysisSpec, table: &OutcomeTable, rows: &Rows) -> Result<()> {
    let columns = &spec.columns;
    for (arm, label) in [&columns.control.name, &columns.treated.name].into_iter().enumerate() {
        let units = rows.drawn.iter().filter(|it| it.arm == arm).count();
        if units < MINIMUM_IN_ARM {
            let (treatment, drawn) = (&columns.treatment.name, &columns.drawn().name);
            return Err(table.problem(format!(
                "{units} {drawn} with {treatment} = {label}; a comparison needs at least {MINIMUM_IN_ARM} in each arm"
            )));
        }
    }
    Ok(())
}
