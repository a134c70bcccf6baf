//! What the columns of a table are.

use super::super::files::Place;
use super::super::reading::Reading;
use super::written::DataFile;
use toml::{Spanned, Value};

/// A name in the specification, with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    pub name: String,
    pub place: Place,
}

impl Named {
    pub(super) fn of(name: &Spanned<String>, what: &str, reading: &mut Reading<'_>) -> Named {
        Named { name: reading.filled(what, name), place: reading.place(name) }
    }
}

/// Columns by what they hold, and the labels of the arms.
#[derive(Clone, Debug)]
pub struct Columns {
    /// What was measured, and drawn where no cluster is named.
    pub unit: Named,
    /// What was drawn, where units came along with it.
    pub cluster: Option<Named>,
    /// What the drawn ones were drawn within: strata or pairs.
    pub block: Option<Named>,
    pub treatment: Named,
    /// The value of `treatment` without the treatment.
    pub control: Named,
    /// The value with it.
    pub treated: Named,
    /// The weight of a row in its unit's mean, above zero.
    pub weight: Option<Named>,
}

impl Columns {
    /// The column of what was drawn.
    pub fn drawn(&self) -> &Named {
        self.cluster.as_ref().unwrap_or(&self.unit)
    }
}

pub(super) fn read(file: &DataFile, reading: &mut Reading<'_>) -> Option<Columns> {
    let unit = Named::of(&file.unit, "unit", reading);
    let cluster = file.cluster.as_ref().map(|it| Named::of(it, "cluster", reading));
    let block = file.block.as_ref().map(|it| Named::of(it, "block", reading));
    let treatment = Named::of(&file.treatment, "treatment", reading);
    let weight = file.weight.as_ref().map(|it| Named::of(it, "weight", reading));
    let (control, treated) = (label(&file.control, reading), label(&file.treated, reading));
    let named = [Some(&unit), cluster.as_ref(), block.as_ref(), Some(&treatment), weight.as_ref()];
    let mut seen: Vec<&str> = Vec::new();
    for it in named.into_iter().flatten() {
        if seen.contains(&it.name.as_str()) {
            reading.wrong.push(it.place.diagnostic(format!("column {} is named twice under [data]", it.name), None));
        }
        seen.push(&it.name);
    }
    let (control, treated) = (control?, treated?);
    if control.name == treated.name {
        let message = format!("control and treated are both {}; the arms need two labels", treated.name);
        reading.refuse(file.treated.span(), message);
    }
    Some(Columns { unit, cluster, block, treatment, control, treated, weight })
}

/// A label, which may be written as a text, a whole number or a truth value.
fn label(value: &Spanned<Value>, reading: &mut Reading<'_>) -> Option<Named> {
    let name = match value.get_ref() {
        Value::String(text) if !text.trim().is_empty() => text.trim().to_owned(),
        Value::Integer(number) => number.to_string(),
        Value::Boolean(truth) => truth.to_string(),
        _ => {
            reading.refuse(
                value.span(),
                "a label of an arm is a text, a whole number, true or false, as the table has it",
            );
            return None;
        }
    };
    Some(Named { name, place: reading.place(value) })
}
