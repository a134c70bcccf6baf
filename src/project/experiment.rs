//! `experiments/*.toml`: what is tried on whom, when, and what would count as success.

use super::diagnostic::Diagnostic;
use super::files::{Content, Place};
use super::toml_text;
use chrono::NaiveDate;
use serde::Deserialize;
use std::collections::BTreeMap;
use toml::Spanned;

/// One experiment.
#[derive(Clone, Debug)]
pub struct Experiment {
    pub name: String,
    pub title: String,
    pub hypothesis: String,
    pub assignment: Assignment,
    pub schedule: Schedule,
    /// The metrics that decide, in the order of the file: goals first.
    pub metrics: Vec<Outcome>,
    /// Two-sided error rate of the goals.
    pub alpha: f64,
    pub embedded: bool,
    /// The definition as it was read, for its hash and for showing.
    pub text: String,
    pub file: String,
}

/// How units get their variants.
#[derive(Clone, Debug, PartialEq)]
pub struct Assignment {
    /// The control and the treatment, with their weights. The control is named `control`, or comes first by name.
    pub control: (String, u32),
    pub treatment: (String, u32),
    /// What strata are formed from: `team_size` or a metric over the history.
    pub stratify: Vec<(String, Place)>,
    pub seed: String,
}

/// When it runs. Days begin at 00:00 UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Schedule {
    pub start: NaiveDate,
    /// The last day.
    pub end: NaiveDate,
    /// Days before the start that balance and variance reduction look at.
    pub history_days: u32,
}

/// One metric with the part it plays.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    pub metric: String,
    pub role: Role,
    /// Relative change worth acting on (goal) or tolerated (guardrail), such as 0.1.
    pub margin: f64,
    pub place: Place,
}

/// The part a metric plays in the decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Goal,
    Guardrail,
}

impl Experiment {
    /// Every metric the file names, with its place.
    pub fn metric_references(&self) -> impl Iterator<Item = (&Place, &str)> {
        let strata = self.assignment.stratify.iter().filter(|(name, _)| name != TEAM_SIZE);
        let outcomes = self.metrics.iter().map(|outcome| (&outcome.place, outcome.metric.as_str()));
        strata.map(|(name, place)| (place, name.as_str())).chain(outcomes)
    }
}

/// The stratification variable that is not a metric: members at the start.
pub const TEAM_SIZE: &str = "team_size";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ExperimentFile {
    title: String,
    #[serde(default)]
    hypothesis: String,
    assignment: AssignmentFile,
    schedule: ScheduleFile,
    analysis: AnalysisFile,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AssignmentFile {
    unit: UnitFile,
    variants: Spanned<BTreeMap<String, u32>>,
    #[serde(default)]
    stratify: Vec<Spanned<String>>,
    seed: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum UnitFile {
    Team,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ScheduleFile {
    start: Spanned<toml::value::Datetime>,
    end: Spanned<toml::value::Datetime>,
    #[serde(default = "default_history_days")]
    history_days: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AnalysisFile {
    goals: BTreeMap<Spanned<String>, Spanned<String>>,
    #[serde(default)]
    guardrails: BTreeMap<Spanned<String>, Spanned<String>>,
    #[serde(default = "default_alpha")]
    alpha: Spanned<f64>,
}

fn default_history_days() -> u32 {
    56
}

fn default_alpha() -> Spanned<f64> {
    Spanned::new(0..0, 0.05)
}

pub(super) fn parse(content: &Content) -> Result<Experiment, Vec<Diagnostic>> {
    let file: ExperimentFile = toml_text::parse(content, 0..content.text.len()).map_err(|error| vec![error])?;
    let UnitFile::Team = file.assignment.unit;
    let mut wrong = Vec::new();
    let mut metrics = outcomes(content, &file.analysis.goals, Role::Goal, &mut wrong);
    metrics.extend(outcomes(content, &file.analysis.guardrails, Role::Guardrail, &mut wrong));
    let alpha = *file.analysis.alpha.get_ref();
    if !(alpha > 0.0 && alpha < 0.5) {
        let message = format!("alpha is {alpha}; it must lie between 0 and 0.5");
        wrong.push(content.diagnostic(file.analysis.alpha.span(), message, None));
    }
    let schedule = schedule(content, &file.schedule, &mut wrong);
    let variants = variants(content, &file.assignment.variants, &mut wrong);
    let (Some(schedule), Some((control, treatment)), true) = (schedule, variants, wrong.is_empty()) else {
        return Err(wrong);
    };
    let place = |name: Spanned<String>| {
        let place = content.place(name.span().start);
        (name.into_inner(), place)
    };
    let stratify = file.assignment.stratify.into_iter().map(place).collect();
    Ok(Experiment {
        name: content.name(),
        title: file.title,
        hypothesis: file.hypothesis,
        assignment: Assignment { control, treatment, stratify, seed: file.assignment.seed },
        schedule,
        metrics,
        alpha,
        embedded: content.embedded,
        text: content.text.clone(),
        file: content.file.clone(),
    })
}

fn outcomes(
    content: &Content,
    named: &BTreeMap<Spanned<String>, Spanned<String>>,
    role: Role,
    wrong: &mut Vec<Diagnostic>,
) -> Vec<Outcome> {
    let mut all = Vec::new();
    for (metric, margin) in named {
        let Some(value) = percent(margin.get_ref()) else {
            let message = format!("{} is not a margin; write a positive percentage such as \"10%\"", margin.get_ref());
            wrong.push(content.diagnostic(margin.span(), message, None));
            continue;
        };
        let place = content.place(metric.span().start);
        all.push(Outcome { metric: metric.get_ref().clone(), role, margin: value, place });
    }
    // A map is ordered by name; the file's order is the author's.
    all.sort_by_key(|outcome| (outcome.place.line, outcome.place.column));
    all
}

fn percent(text: &str) -> Option<f64> {
    let value: f64 = text.trim().strip_suffix('%')?.trim().parse().ok()?;
    (value > 0.0 && value.is_finite()).then_some(value / 100.0)
}

fn schedule(content: &Content, file: &ScheduleFile, wrong: &mut Vec<Diagnostic>) -> Option<Schedule> {
    let mut day = |value: &Spanned<toml::value::Datetime>| {
        let date = value
            .get_ref()
            .date
            .and_then(|date| NaiveDate::from_ymd_opt(i32::from(date.year), u32::from(date.month), u32::from(date.day)));
        if date.is_none() {
            wrong.push(content.diagnostic(value.span(), format!("{} is not a day", value.get_ref()), None));
        }
        date
    };
    let (start, end) = (day(&file.start)?, day(&file.end)?);
    if end < start {
        let message = format!("the experiment ends on {end}, before it starts on {start}");
        wrong.push(content.diagnostic(file.end.span(), message, None));
    }
    Some(Schedule { start, end, history_days: file.history_days })
}

type Variant = (String, u32);

fn variants(
    content: &Content,
    file: &Spanned<BTreeMap<String, u32>>,
    wrong: &mut Vec<Diagnostic>,
) -> Option<(Variant, Variant)> {
    let mut all: Vec<Variant> = file.get_ref().clone().into_iter().collect();
    all.sort_by_key(|(name, _)| name != "control");
    let [control, treatment] = all.as_slice() else {
        let message = format!("{} variants; an experiment compares two", all.len());
        wrong.push(content.diagnostic(file.span(), message, None));
        return None;
    };
    if control.1 == 0 || treatment.1 == 0 {
        let message = "a variant with weight 0 gets no unit; give both a positive weight".to_owned();
        wrong.push(content.diagnostic(file.span(), message, None));
    }
    Some((control.clone(), treatment.clone()))
}
