//! What else people use: the same experiments without effect by methods that are right and by some that are not.

use super::LEVEL;
use super::simulated::Simulated;
use crate::stats::{ClusterCovariance, ClusterDegrees, ClusterRegression, ClusterRows, Mechanism, welch};
use crate::trial::{Method, analyse};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A method beside the default.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ReferenceMethod {
    RowsWelch,
    RowsCr0Normal,
    RowsCr2,
    /// HC2 in pairs and small strata, as the default does where there are many units.
    Ancova,
}

/// How often it finds an effect where there is none.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize)]
pub struct ReferenceRate {
    pub method: ReferenceMethod,
    pub false_positives: f64,
}

impl ReferenceMethod {
    pub const ALL: [ReferenceMethod; 4] =
        [ReferenceMethod::RowsWelch, ReferenceMethod::RowsCr0Normal, ReferenceMethod::RowsCr2, ReferenceMethod::Ancova];

    /// The heading of its column.
    pub fn words(self) -> &'static str {
        match self {
            ReferenceMethod::RowsWelch => "Welch on rows",
            ReferenceMethod::RowsCr0Normal => "CR0, normal",
            ReferenceMethod::RowsCr2 => "CR2, Satterthwaite",
            ReferenceMethod::Ancova => "ANCOVA HC3 or HC2",
        }
    }

    /// What findings call it.
    pub fn method(self) -> Method {
        match self {
            ReferenceMethod::RowsWelch => Method::RowsWelch,
            ReferenceMethod::RowsCr0Normal => Method::RowsCr0Normal,
            ReferenceMethod::RowsCr2 => Method::RowsCr2,
            ReferenceMethod::Ancova => Method::AncovaHc3,
        }
    }
}

/// The normal quantile of a two-sided 5 %.
const NORMAL: f64 = 1.959_963_984_540_054;

/// Whether each of [`ReferenceMethod::ALL`] finds an effect; `None` where it has no answer.
pub(super) fn found(simulated: &Simulated, draws: u32) -> [Option<bool>; 4] {
    let rows = Rows::of(simulated);
    let alpha = LEVEL.alpha();
    let arm = |wanted: bool| -> Vec<f64> {
        rows.outcome.iter().zip(&rows.treated).filter(|(_, treated)| **treated == wanted).map(|(row, _)| *row).collect()
    };
    let by_welch = welch(&arm(true), &arm(false), LEVEL).ok().map(|it| it.p <= alpha);
    let regression = rows.regression();
    let robust = |covariance, degrees| {
        let robust = regression.as_ref()?.robust(covariance).ok()?;
        robust.treatment(degrees, LEVEL).ok()
    };
    let cr0 = robust(ClusterCovariance::Cr0, ClusterDegrees::ClustersMinusOne).map(|it| it.t.abs() >= NORMAL);
    let cr2 = robust(ClusterCovariance::Cr2, ClusterDegrees::Satterthwaite).map(|it| it.p <= alpha);
    let analysed = analyse(simulated.drawn.sample(&simulated.outcome, draws), LEVEL).ok();
    let mut findings = analysed.iter().flat_map(|it| std::iter::once(&it.primary).chain(&it.beside));
    let ancova = findings.find(|it| it.method != Method::Randomization).map(|it| it.p <= alpha);
    [by_welch, cr0, cr2, ancova]
}

/// The rows of all units.
struct Rows {
    outcome: Vec<f64>,
    treated: Vec<bool>,
    units: Vec<usize>,
    strata: Vec<usize>,
    history: Vec<f64>,
}

impl Rows {
    fn of(simulated: &Simulated) -> Rows {
        let units = simulated.drawn.randomization.lottery().units();
        let strata: Vec<&str> = units.iter().map(|unit| unit.stratum.as_str()).collect();
        let names: BTreeSet<&str> = strata.iter().copied().collect();
        let mut rows = Rows {
            outcome: Vec::new(),
            treated: Vec::new(),
            units: Vec::new(),
            strata: Vec::new(),
            history: Vec::new(),
        };
        for (place, values) in simulated.outcome.values.iter().enumerate() {
            let stratum = names.iter().position(|name| *name == strata[place]).unwrap_or(0);
            let history = simulated.outcome.before[place].unwrap_or(0.0);
            for value in values {
                rows.outcome.push(*value);
                rows.treated.push(simulated.drawn.arms[place] == 1);
                rows.units.push(place);
                rows.strata.push(stratum);
                rows.history.push(history);
            }
        }
        rows
    }

    /// Treatment, strata and the history of the row's unit.
    fn regression(&self) -> Option<ClusterRegression> {
        let covariates = [self.history.clone()];
        let rows = ClusterRows {
            outcome: &self.outcome,
            treated: &self.treated,
            clusters: &self.units,
            weights: &[],
            covariates: &covariates,
            strata: &self.strata,
        };
        ClusterRegression::ancova(rows).ok()
    }
}
