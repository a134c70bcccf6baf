//! The report of an experiment as data: what pages draw, Markdown tells and `--format json` prints.
//!
//! One rule: the shape is versioned by [`FORMAT`]; a field that is renamed or removed, or means something else, is another version.

mod words;

use super::decision::{Better, Decision, Judged, Role, Verdict};
use super::{Finding, Grade, Outcome, Scale};
use crate::stats::Interval;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
pub use words::{counted, level_words, plural};

/// The version of the shape.
pub const FORMAT: &str = "paceline.experiment/1";

/// Everything that an experiment says.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct Report {
    /// [`FORMAT`].
    pub format: String,
    pub about: About,
    pub grade: Grade,
    pub design: DesignReport,
    /// Whether the numbers may be believed, before any of them.
    pub health: Vec<Check>,
    /// Empty before the end, unless looks were declared.
    pub results: Vec<OutcomeReport>,
    pub decision: Decision,
    pub provenance: Provenance,
}

/// What the experiment is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
pub struct About {
    pub name: String,
    pub title: String,
    pub hypothesis: String,
    /// Days, `2026-09-14`; absent for data from elsewhere.
    pub start: Option<String>,
    /// The last day.
    pub end: Option<String>,
}

/// How it was drawn.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct DesignReport {
    /// What was drawn, such as `team`.
    pub unit: String,
    /// In words, such as `matched pairs`.
    pub design: String,
    /// The control first: name, weight, units that drew it.
    pub variants: Vec<VariantReport>,
    pub strata: usize,
    /// Possible assignments, in digits since there may be more than a JSON number holds; `> 10^38` beyond that.
    pub assignments: String,
    /// The smallest p that a randomization test can have.
    pub smallest_p: f64,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct VariantReport {
    pub name: String,
    pub weight: u32,
    pub units: usize,
}

/// How one question about the experiment's health was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    Ok,
    /// Worth a look; the numbers stand.
    Warning,
    /// The experiment is not valid.
    Failed,
    /// The data do not say.
    Unknown,
}

/// One question about the experiment's health.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct Check {
    /// Such as `sample_ratio`.
    pub name: String,
    /// Such as `Sample ratio`.
    pub title: String,
    pub status: Status,
    /// A sentence with the figures.
    pub words: String,
    /// The figures by name.
    pub figures: BTreeMap<String, f64>,
}

impl Check {
    /// A check without figures.
    pub fn new(name: &str, title: &str, status: Status, words: impl Into<String>) -> Check {
        Check { name: name.to_owned(), title: title.to_owned(), status, words: words.into(), figures: BTreeMap::new() }
    }

    /// With one more figure; what is no number is no figure either.
    pub fn with(mut self, figure: &str, value: f64) -> Check {
        if value.is_finite() {
            self.figures.insert(figure.to_owned(), value);
        }
        self
    }
}

/// One metric's result.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct OutcomeReport {
    pub metric: String,
    pub title: String,
    /// Of the metric, such as `hours`.
    pub unit: String,
    pub role: Role,
    pub better: Better,
    pub scale: Scale,
    /// The relative change worth acting on (goal) or tolerated (guardrail).
    pub margin: f64,
    /// Means over units as observed, in the metric's unit.
    pub control: Option<f64>,
    pub treatment: Option<f64>,
    /// Units with the outcome.
    pub units: usize,
    /// Rows behind it.
    pub rows: u64,
    /// Intention to treat.
    pub effect: Option<Relative>,
    /// Why there is none.
    pub note: Option<String>,
    pub verdict: Verdict,
    /// The same question by other methods.
    pub beside: Vec<Relative>,
    /// What changes when something is left out, bounded or modelled otherwise.
    pub sensitivity: Vec<Relative>,
    /// By declared strata.
    pub segments: Vec<Relative>,
    /// At quantiles of the rows.
    pub quantiles: Vec<Relative>,
    /// By period.
    pub over_time: Vec<Relative>,
    /// On those who used it.
    pub compliers: Option<Relative>,
    /// Sentences.
    pub warnings: Vec<String>,
}

impl OutcomeReport {
    /// A metric without any number yet; the role comes with its margin.
    pub fn unanswered(
        metric: &str,
        (title, unit): (&str, &str),
        (role, margin): (Role, f64),
        better: Better,
        scale: Scale,
    ) -> OutcomeReport {
        OutcomeReport {
            metric: metric.to_owned(),
            title: title.to_owned(),
            unit: unit.to_owned(),
            role,
            better,
            scale,
            margin,
            control: None,
            treatment: None,
            units: 0,
            rows: 0,
            effect: None,
            note: None,
            verdict: Verdict::NotTested,
            beside: Vec::new(),
            sensitivity: Vec::new(),
            segments: Vec::new(),
            quantiles: Vec::new(),
            over_time: Vec::new(),
            compliers: None,
            warnings: Vec::new(),
        }
    }

    /// The result as the decision sees it.
    pub fn judged(&self) -> Judged {
        let effect = self.effect.as_ref();
        Judged {
            title: self.title.clone(),
            role: self.role,
            better: self.better,
            verdict: self.verdict,
            estimate: effect.map(|it| it.estimate),
            interval: effect.and_then(|it| Some(Interval { low: it.low?, high: it.high? })),
            margin: self.margin,
        }
    }
}

/// An effect in parts of the control (−0.1 is 10 % less), with how it was found.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct Relative {
    /// What it is of, such as `without team-07`; empty for the effect itself.
    pub label: String,
    pub estimate: f64,
    pub low: Option<f64>,
    pub high: Option<f64>,
    /// Of the interval, such as 0.95.
    pub level: f64,
    pub p: Option<f64>,
    pub method: String,
    pub degrees_of_freedom: Option<f64>,
    /// Units, or rows for methods on rows.
    pub n: u64,
}

impl Relative {
    /// A finding in parts of the control's mean; `None` where that is zero.
    pub fn of(label: &str, finding: &Finding, outcome: &Outcome, arms: &[usize]) -> Option<Relative> {
        Relative::to_control(label, finding, outcome.scale, outcome.mean(arms, 0))
    }

    /// The same where the control's mean comes from elsewhere, as from untreated periods.
    pub fn to_control(label: &str, finding: &Finding, scale: Scale, control: Option<f64>) -> Option<Relative> {
        let relative = |value: f64| scale.relative(value, control);
        Some(Relative {
            label: label.to_owned(),
            estimate: relative(finding.estimate)?,
            low: finding.interval.and_then(|it| relative(it.low)),
            high: finding.interval.and_then(|it| relative(it.high)),
            level: finding.level.fraction(),
            p: Some(finding.p),
            method: finding.method.words().to_owned(),
            degrees_of_freedom: finding.degrees_of_freedom,
            n: finding.n,
        })
    }
}

/// What a rerun needs to give the same bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
pub struct Provenance {
    /// BLAKE3 of the definition as it was started, or of the specification.
    pub definition: String,
    pub seed: String,
    /// Versions of the tables, or hashes of the files, that were read.
    pub data: BTreeMap<String, String>,
    /// Until when the data reach.
    pub data_through: Option<String>,
    /// Name and version of the program.
    pub program: String,
}
