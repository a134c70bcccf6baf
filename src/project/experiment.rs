//! `experiments/*.toml`: what is tried on whom, when, and what would count as success.
//!
//! One rule: a definition that is read can be drawn or, for a roll-out, compared. What a design needs and does not have is
//! refused here, with its place.

mod assignment;
mod design;
mod either;
mod flag;
mod metrics;
mod monitoring;
mod rollout;
mod schedule;
mod unit_kind;
mod written;

use super::diagnostic::Diagnostic;
use super::files::{Content, Place};
use super::percentage::part;
use super::reading::Reading;
use super::toml_text;
use crate::trial::Design;
use std::collections::BTreeMap;
use toml::Spanned;
use written::{AnalysisFile, ExperimentFile};

pub use crate::trial::Role;
pub use assignment::{Assignment, HOLDOUT, TEAM_SIZE};
pub use flag::Flag;
pub use metrics::Outcome;
pub use monitoring::{Monitoring, Spending};
pub use rollout::{Rollout, Started};
pub use schedule::Schedule;
pub use unit_kind::UnitKind;

/// One experiment: the treatment is drawn by lot.
#[derive(Clone, Debug)]
pub struct Experiment {
    pub name: String,
    pub title: String,
    pub hypothesis: String,
    /// The team or group that answers for it.
    pub owner: Option<String>,
    /// Experiments of one group never share a unit while they run.
    pub exclusive: Option<String>,
    /// The part of the eligible units (0.1 is a tenth) that is drawn first and never treated.
    pub holdout: Option<f64>,
    pub assignment: Assignment,
    pub schedule: Schedule,
    /// The metrics that decide, in the order of the file: goals first, then secondary ones, then guardrails.
    pub metrics: Vec<Outcome>,
    /// Two-sided error rate of the goals.
    pub alpha: f64,
    /// The chance of seeing what is worth acting on that plans aim for.
    pub power: f64,
    pub monitoring: Monitoring,
    /// Whose use counts as compliance.
    pub tool: Option<String>,
    /// By what the effect is shown apart: [`TEAM_SIZE`], the block, or a metric over the history.
    pub segments: Vec<(String, Place)>,
    /// At which quantiles of the rows the effect is shown; between 0 and 1, ascending.
    pub quantiles: Vec<f64>,
    /// What tools are told.
    pub flag: Flag,
    pub embedded: bool,
    /// The definition as it was read, for its hash and for showing.
    pub text: String,
    pub file: String,
}

impl Experiment {
    /// Reads a definition that is not in a folder, such as one that was recorded.
    ///
    /// # Errors
    /// What is wrong with it, at its places.
    pub fn read(name: &str, text: &str) -> Result<Experiment, Vec<Diagnostic>> {
        let file = format!("experiments/{name}.toml");
        let content = Content { file, text: text.to_owned(), embedded: false };
        match parse(&content)? {
            Definition::Experiment(experiment) => Ok(*experiment),
            Definition::Rollout(_) => Err(vec![content.diagnostic(0..0, "is a roll-out".to_owned(), None)]),
        }
    }

    /// Every metric the file names, with its place.
    pub fn metric_references(&self) -> impl Iterator<Item = (&Place, &str)> {
        let block = self.assignment.block.as_ref().map(|(name, _)| name.as_str());
        let names = self.assignment.stratify.iter().chain(&self.segments);
        let names = names.filter(move |(name, _)| name != TEAM_SIZE && Some(name.as_str()) != block);
        let outcomes = self.metrics.iter().map(|outcome| (&outcome.place, outcome.metric.as_str()));
        names.map(|(name, place)| (place, name.as_str())).chain(outcomes)
    }

    /// Whether the two run on a common day.
    pub fn overlaps(&self, other: &Experiment) -> bool {
        self.schedule.start <= other.schedule.end && other.schedule.start <= self.schedule.end
    }

    /// Whether the two may not share a unit: they are of one exclusive group and run on a common day.
    pub fn excludes(&self, other: &Experiment) -> bool {
        self.name != other.name && self.exclusive.is_some() && self.exclusive == other.exclusive && self.overlaps(other)
    }
}

/// What one file of the folder defines.
#[derive(Clone, Debug)]
pub(super) enum Definition {
    Experiment(Box<Experiment>),
    Rollout(Box<Rollout>),
}

/// The experiments, and the roll-outs, which nobody drew.
pub(super) fn split(all: BTreeMap<String, Definition>) -> (BTreeMap<String, Experiment>, BTreeMap<String, Rollout>) {
    let (mut experiments, mut rollouts) = (BTreeMap::new(), BTreeMap::new());
    for (name, definition) in all {
        match definition {
            Definition::Experiment(it) => drop(experiments.insert(name, *it)),
            Definition::Rollout(it) => drop(rollouts.insert(name, *it)),
        }
    }
    (experiments, rollouts)
}

pub(super) fn parse(content: &Content) -> Result<Definition, Vec<Diagnostic>> {
    let file: ExperimentFile = toml_text::parse(content, 0..content.text.len()).map_err(|error| vec![error])?;
    let mut reading = Reading::of(content);
    let definition = match (&file.assignment, &file.rollout) {
        (Some(_), None) => experiment(&file, &mut reading).map(|it| Definition::Experiment(Box::new(it))),
        (None, Some(_)) => rollout::read(&file, &mut reading).map(|it| Definition::Rollout(Box::new(it))),
        (Some(_), Some(rollout)) => {
            reading
                .refuse(rollout.span(), "what was drawn has an [assignment], what was not a [rollout]; leave one out");
            None
        }
        (None, None) => {
            reading.refuse(0..0, "needs an [assignment], or a [rollout] where the treatment was not drawn by lot");
            None
        }
    };
    match definition {
        Some(definition) if reading.wrong.is_empty() => Ok(definition),
        _ => Err(reading.wrong),
    }
}

fn experiment(file: &ExperimentFile, reading: &mut Reading<'_>) -> Option<Experiment> {
    let analysis = &file.analysis;
    let schedule = schedule::read(&file.schedule, reading);
    let assignment = assignment::read(file.assignment.as_ref()?.get_ref(), schedule.as_ref(), reading);
    let metrics = metrics::read(analysis, reading);
    let quantiles = reading.quantiles(&analysis.quantiles);
    let segments = reading.names(&analysis.segments);
    let (alpha, power) = rates(analysis, reading);
    let monitoring = schedule.as_ref().and_then(|it| monitoring::read(analysis.monitoring.as_ref(), it, reading));
    let holdout = file.holdout.as_ref().and_then(|it| holdout(it, reading));
    let filled = |text: &Option<Spanned<String>>, what: &str, reading: &mut Reading<'_>| {
        text.as_ref().map(|it| reading.filled(what, it))
    };
    let owner = filled(&file.owner, "owner", reading);
    let exclusive = filled(&file.exclusive, "the exclusive group", reading);
    let tool = filled(&analysis.tool, "tool", reading);
    let (assignment, monitoring) = (assignment?, monitoring?);
    if let (Some(at), true) = (&analysis.monitoring, monitoring != Monitoring::None && assignment.design.is_over_time())
    {
        let design = assignment.design.words();
        reading.refuse(at.span(), format!("a {design} design is compared over all of its time; leave monitoring out"));
    }
    if let (Design::Hash, Some(holdout)) = (assignment.design, &file.holdout) {
        reading.refuse(holdout.span(), "a hash holds nobody out; give the control a larger weight");
    }
    let flag = flag::read(file.flag.as_ref().map(Spanned::get_ref), reading, &assignment);
    Some(Experiment {
        name: reading.content.name(),
        title: file.title.clone(),
        hypothesis: file.hypothesis.clone(),
        owner,
        exclusive,
        holdout,
        assignment,
        schedule: schedule?,
        metrics,
        alpha,
        power,
        monitoring,
        tool,
        segments,
        quantiles,
        flag,
        embedded: reading.content.embedded,
        text: reading.content.text.clone(),
        file: reading.content.file.clone(),
    })
}

/// The error rate and the power.
fn rates(file: &AnalysisFile, reading: &mut Reading<'_>) -> (f64, f64) {
    let (alpha, power) = (*file.alpha.get_ref(), *file.power.get_ref());
    if !(alpha > 0.0 && alpha < 0.5) {
        reading.refuse(file.alpha.span(), format!("alpha is {alpha}; it must lie between 0 and 0.5"));
    }
    if !(0.5..1.0).contains(&power) {
        reading.refuse(file.power.span(), format!("power is {power}; it must be at least 0.5 and less than 1"));
    }
    (alpha, power)
}

fn holdout(text: &Spanned<String>, reading: &mut Reading<'_>) -> Option<f64> {
    let share = part(text.get_ref());
    if share.is_none() {
        let message = format!("{} is no part of the units; write a percentage such as \"10%\"", text.get_ref());
        reading.refuse(text.span(), message);
    }
    share
}

#[cfg(test)]
mod tests;
