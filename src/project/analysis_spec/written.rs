//! The keys of a specification as they are written.

use crate::trial::{Better, Role};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use toml::Spanned;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SpecFile {
    pub title: String,
    #[serde(default)]
    pub hypothesis: String,
    pub data: DataFile,
    pub design: DesignFile,
    #[serde(default)]
    pub analysis: AnalysisFile,
    #[serde(default)]
    pub outcome: Vec<Spanned<OutcomeFile>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DataFile {
    pub unit: Spanned<String>,
    pub cluster: Option<Spanned<String>>,
    pub block: Option<Spanned<String>>,
    pub treatment: Spanned<String>,
    pub control: Spanned<toml::Value>,
    pub treated: Spanned<toml::Value>,
    pub weight: Option<Spanned<String>>,
    pub exposure: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DesignFile {
    pub design: Spanned<DesignName>,
    pub accepted: Option<Spanned<String>>,
    #[serde(default)]
    pub covariates: Vec<Spanned<String>>,
    pub shares: Option<Spanned<BTreeMap<String, Spanned<i64>>>>,
    pub seed: Option<Spanned<String>>,
}

#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(super) enum DesignName {
    Complete,
    Stratified,
    Pairs,
    Rerandomized,
    Switchback,
    SteppedWedge,
    Crossover,
    Observational,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AnalysisFile {
    #[serde(default = "default_alpha")]
    pub alpha: Spanned<f64>,
    #[serde(default)]
    pub missing: Missing,
    #[serde(default)]
    pub segments: Vec<Spanned<String>>,
    #[serde(default)]
    pub quantiles: Vec<Spanned<f64>>,
}

impl Default for AnalysisFile {
    fn default() -> AnalysisFile {
        AnalysisFile {
            alpha: default_alpha(),
            missing: Missing::default(),
            segments: Vec::new(),
            quantiles: Vec::new(),
        }
    }
}

/// What becomes of units without an outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Missing {
    /// The others are compared; the check of missing outcomes says whether the arms differ in them.
    #[default]
    Drop,
    /// The verdict must hold whatever the missing outcomes are, within the range of the known ones (Horowitz & Manski 2000).
    Bounds,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OutcomeFile {
    pub column: Spanned<String>,
    pub title: Option<String>,
    #[serde(default)]
    pub unit: String,
    pub role: Role,
    pub margin: Option<Spanned<String>>,
    pub better: Option<Better>,
    #[serde(default)]
    pub transformation: Option<Spanned<Transformation>>,
    pub exposure: Option<Spanned<String>>,
    pub before: Option<Spanned<String>>,
    #[serde(default)]
    pub covariates: Vec<Spanned<String>>,
}

/// How a unit's rows become its figure, and how figures are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Transformation {
    /// The mean as it is, or the sum over the exposure where one is named: differences in parts of the control's mean.
    None,
    /// The mean of logarithms: ratios of geometric means.
    Log,
    /// The logarithm of the sum over the exposure: ratios of rates.
    Rate,
}

fn default_alpha() -> Spanned<f64> {
    Spanned::new(0..0, 0.05)
}
