//! How units get their variants.

use super::super::files::Place;
use super::super::reading::Reading;
use super::design;
use super::schedule::Schedule;
use super::unit_kind::UnitKind;
use super::written::AssignmentFile;
use crate::trial::Design;
use std::collections::BTreeMap;
use toml::Spanned;

/// The stratification variable that is not a metric: members at the start.
pub const TEAM_SIZE: &str = "team_size";

/// The variant of units that were drawn to be kept out.
pub const HOLDOUT: &str = "holdout";

/// How units get their variants.
#[derive(Clone, Debug, PartialEq)]
pub struct Assignment {
    /// What is measured, and drawn where no cluster is named.
    pub unit: UnitKind,
    /// What is drawn: all units of a cluster get its variant.
    pub cluster: Option<UnitKind>,
    /// What the drawn ones are drawn within: a kind of unit that they belong to, or else a column of `eligible`.
    pub block: Option<(String, Place)>,
    pub design: Design,
    /// Days of a step, a period or a block of time, for designs over time.
    pub period_days: Option<u32>,
    /// The control and the treatment, with their weights. The control is named `control`, or comes first by name.
    pub control: (String, u32),
    pub treatment: (String, u32),
    /// The history that strata and pairs are formed from and that rerandomization balances: `team_size` or a metric.
    pub stratify: Vec<(String, Place)>,
    /// A query for the ones that may be drawn, in its first column.
    pub eligible: Option<(String, Place)>,
    pub seed: String,
}

impl Assignment {
    /// What is drawn.
    pub fn drawn(&self) -> UnitKind {
        self.cluster.unwrap_or(self.unit)
    }
}

pub(super) fn read(
    file: &AssignmentFile,
    schedule: Option<&Schedule>,
    reading: &mut Reading<'_>,
) -> Option<Assignment> {
    check_units(file, reading);
    let stratify = reading.names(&file.stratify);
    let unit = *file.unit.get_ref();
    let cluster = file.cluster.as_ref().map(|it| *it.get_ref());
    if let Some(size) = file.stratify.iter().find(|it| it.get_ref() == TEAM_SIZE)
        && cluster.unwrap_or(unit) != UnitKind::Team
    {
        let drawn = cluster.unwrap_or(unit).plural();
        reading.refuse(size.span(), format!("{TEAM_SIZE} is known of teams; {drawn} are drawn here"));
    }
    let variants = variants(&file.variants, reading);
    let weights = variants.as_ref().map(|(control, treatment)| [control.1, treatment.1]);
    let (design, period_days) = design::read(file, weights, schedule, reading)?;
    let eligible = file.eligible.as_ref().map(|it| (reading.filled("eligible", it), reading.place(it)));
    let block = file.block.as_ref().map(|it| (reading.filled("block", it), reading.place(it)));
    let seed = reading.filled("the seed", &file.seed);
    let (control, treatment) = variants?;
    Some(Assignment { unit, cluster, block, design, period_days, control, treatment, stratify, eligible, seed })
}

/// A unit belongs to one cluster, and what is drawn to one block.
fn check_units(file: &AssignmentFile, reading: &mut Reading<'_>) {
    let unit = *file.unit.get_ref();
    if let Some(cluster) = &file.cluster
        && !unit.belongs_to().contains(cluster.get_ref())
    {
        let (unit, cluster_name) = (unit.name(), cluster.get_ref().name());
        reading
            .refuse(cluster.span(), format!("a {unit} does not belong to one {cluster_name}; {}", clusters_of(file)));
    }
    let drawn = file.cluster.as_ref().map_or(unit, |it| *it.get_ref());
    let Some(block) = &file.block else { return };
    match UnitKind::of(block.get_ref()) {
        Some(kind) if !drawn.belongs_to().contains(&kind) => {
            let message =
                format!("a {} does not belong to one {}, so it cannot be drawn within it", drawn.name(), kind.name());
            reading.refuse(block.span(), message);
        }
        None if file.eligible.is_none() => {
            let kinds: Vec<&str> = drawn.belongs_to().iter().map(|it| it.name()).collect();
            let message = format!(
                "a block {} needs eligible = \"SELECT {}, {} FROM …\"",
                block.get_ref(),
                drawn.name(),
                block.get_ref()
            );
            reading.refuse_name(block, message, &kinds);
        }
        _ => {}
    }
}

fn clusters_of(file: &AssignmentFile) -> String {
    let kinds: Vec<&str> = file.unit.get_ref().belongs_to().iter().map(|it| it.name()).collect();
    if kinds.is_empty() { "leave cluster out".to_owned() } else { format!("expected one of {}", kinds.join(", ")) }
}

type Variant = (String, u32);

fn variants(
    file: &Spanned<BTreeMap<Spanned<String>, Spanned<i64>>>,
    reading: &mut Reading<'_>,
) -> Option<(Variant, Variant)> {
    let named = file.get_ref();
    if named.len() != 2 {
        let message = match named.len() {
            0 => "no variant; an experiment compares two".to_owned(),
            1 => "1 variant; an experiment compares two".to_owned(),
            count => format!(
                "{count} variants; an experiment compares two: test the others in one of their own, with the same exclusive group"
            ),
        };
        reading.refuse(file.span(), message);
        return None;
    }
    let mut all: Vec<Variant> = Vec::with_capacity(2);
    for (name, weight) in named {
        if name.get_ref() == HOLDOUT {
            let message = format!("{HOLDOUT} is the variant of units that are kept out; name this one otherwise");
            reading.refuse(name.span(), message);
        }
        let given = *weight.get_ref();
        match u32::try_from(given) {
            Ok(it) if it > 0 => all.push((name.get_ref().clone(), it)),
            Ok(_) => reading.refuse(weight.span(), "a variant with weight 0 gets no unit; give both a positive weight"),
            Err(_) => {
                reading.refuse(weight.span(), format!("{given} is no weight; write a positive number such as 50"))
            }
        }
    }
    all.sort_by_key(|(name, _)| name != "control");
    let [control, treatment] = all.try_into().ok()?;
    Some((control, treatment))
}
