//! The keys of the files as they are written.

use super::either::{DaysOrCount, NameOr, TableOrSql};
use super::monitoring::Spending;
use super::unit_kind::UnitKind;
use serde::Deserialize;
use std::collections::BTreeMap;
use toml::Spanned;
use toml::value::Datetime;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ExperimentFile {
    pub title: String,
    #[serde(default)]
    pub hypothesis: String,
    pub owner: Option<Spanned<String>>,
    pub exclusive: Option<Spanned<String>>,
    pub holdout: Option<Spanned<String>>,
    pub assignment: Option<Spanned<AssignmentFile>>,
    pub rollout: Option<Spanned<RolloutFile>>,
    pub schedule: ScheduleFile,
    pub analysis: AnalysisFile,
    pub flag: Option<Spanned<FlagFile>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AssignmentFile {
    pub unit: Spanned<UnitKind>,
    pub cluster: Option<Spanned<UnitKind>>,
    pub block: Option<Spanned<String>>,
    pub design: Option<Spanned<DesignName>>,
    pub accepted: Option<Spanned<String>>,
    pub steps: Option<Spanned<i64>>,
    pub period_days: Option<Spanned<i64>>,
    pub variants: Spanned<BTreeMap<Spanned<String>, Spanned<i64>>>,
    #[serde(default)]
    pub stratify: Vec<Spanned<String>>,
    pub eligible: Option<Spanned<String>>,
    pub seed: Spanned<String>,
}

#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(super) enum DesignName {
    Complete,
    Stratified,
    Pairs,
    Rerandomized,
    SteppedWedge,
    Switchback,
    Crossover,
    Hash,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RolloutFile {
    pub unit: Option<UnitKind>,
    pub started: Spanned<TableOrSql>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ScheduleFile {
    pub start: Spanned<Datetime>,
    pub end: Spanned<Datetime>,
    pub history_days: Option<Spanned<i64>>,
    pub followup_days: Option<Spanned<i64>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AnalysisFile {
    pub goals: Spanned<BTreeMap<Spanned<String>, Spanned<String>>>,
    #[serde(default)]
    pub secondary: Vec<Spanned<String>>,
    #[serde(default)]
    pub guardrails: BTreeMap<Spanned<String>, Spanned<String>>,
    #[serde(default = "default_alpha")]
    pub alpha: Spanned<f64>,
    #[serde(default = "default_power")]
    pub power: Spanned<f64>,
    pub monitoring: Option<Spanned<NameOr<MonitoringFile>>>,
    pub tool: Option<Spanned<String>>,
    #[serde(default)]
    pub segments: Vec<Spanned<String>>,
    #[serde(default)]
    pub quantiles: Vec<Spanned<f64>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MonitoringFile {
    pub looks: Spanned<DaysOrCount>,
    #[serde(default)]
    pub spending: Spending,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FlagFile {
    pub key: Option<Spanned<String>>,
    pub values: Option<Spanned<BTreeMap<Spanned<String>, Spanned<serde_json::Value>>>>,
}

fn default_alpha() -> Spanned<f64> {
    Spanned::new(0..0, 0.05)
}

fn default_power() -> Spanned<f64> {
    Spanned::new(0..0, 0.8)
}
