//! The effect on those who used the treatment because it was assigned to them.
//!
//! One rule: assignment, which was drawn, is the instrument; users and non-users are never compared, for they chose.

use super::compared::{Compared, Saying};
use super::words::percent;
use super::{Question, Relative, Sample};
use crate::stats::{ClusterCovariance, ClusterDegrees, ClusterRows, ConfidenceSet, TwoStage, two_stage};

/// A first stage with a smaller F carries no estimate (Staiger & Stock 1997).
const WEAKEST: f64 = 10.0;

/// The effect of full use, or why there is none.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Compliers {
    /// Use is not recorded.
    NotAsked,
    Found {
        relative: Relative,
        remark: Option<String>,
    },
    Refused(String),
}

/// The effect of going from no use to full use in a unit (two-stage least squares at the level of units, with history and strata) with the
/// interval of Anderson & Rubin (1949), which holds however weak the first stage is. Of units whose use is not known nothing enters.
pub(super) fn compliers(sample: &Sample<'_>, question: &Question<'_>) -> Compliers {
    let used = question.used;
    if used.is_empty() {
        return Compliers::NotAsked;
    }
    if used.len() != sample.arms.len() {
        return refused(format!("use has entries for {} of {} units", used.len(), sample.arms.len()));
    }
    if let Some(share) = used.iter().flatten().find(|share| !(0.0..=1.0).contains(*share)) {
        return refused(format!("a share of use is {share}, expected 0 to 1"));
    }
    let units = Compared::of(sample, |place| used[place].is_some());
    let uptake: Vec<f64> = units.places.iter().filter_map(|place| used[*place]).collect();
    match found(&units, &uptake, question) {
        Ok(stages) => judged(sample, question, &stages),
        Err(error) => refused(error.to_string()),
    }
}

fn found(units: &Compared, uptake: &[f64], question: &Question<'_>) -> Result<TwoStage, crate::stats::StatsError> {
    let clusters: Vec<usize> = (0..units.len()).collect();
    let strata = units.stratum_numbers();
    let rows = ClusterRows {
        outcome: &units.figures,
        treated: &units.treated,
        clusters: &clusters,
        weights: &[],
        covariates: &units.covariates,
        strata: &strata,
    };
    two_stage(rows, uptake, ClusterCovariance::Cr2, ClusterDegrees::Satterthwaite, question.level)
}

const METHOD: &str = "two-stage least squares of units with assignment as instrument, Anderson–Rubin interval";

fn judged(sample: &Sample<'_>, question: &Question<'_>, stages: &TwoStage) -> Compliers {
    let f = stages.first_stage.map(|stage| stage.t * stage.t);
    let uptake = percent(stages.uptake);
    if stages.uptake <= 0.0 {
        return refused(format!("assignment changed the share of use by {uptake}"));
    }
    if let Some(f) = f.filter(|f| *f < WEAKEST) {
        return refused(format!(
            "assignment changed the share of use by {uptake}, with F = {f:.1} where {WEAKEST:.0} is needed"
        ));
    }
    let Some(effect) = stages.effect else {
        return refused("assignment did not change the share of use".to_owned());
    };
    let (scale, control) = (sample.outcome.scale, sample.outcome.mean(sample.arms, 0));
    let saying = Saying { label: "on those who used it", method: METHOD, scale, control };
    let interval = stages.anderson_rubin.interval();
    let Some(relative) = saying.estimate(effect.estimate, interval, question.level, effect.n) else {
        return refused("the control's mean is zero".to_owned());
    };
    // The test of no effect is the same whether asked of assignment or of use.
    let p = Some(stages.intention_to_treat.p);
    let degrees_of_freedom = Some(stages.intention_to_treat.degrees_of_freedom);
    let relative = Relative { p, degrees_of_freedom, ..relative };
    Compliers::Found { relative, remark: remark(stages.anderson_rubin) }
}

fn refused(why: String) -> Compliers {
    Compliers::Refused(format!("There is no estimate for those who used it: {why}."))
}

/// A set that is no interval, in words.
fn remark(set: ConfidenceSet) -> Option<String> {
    let rest = match set {
        ConfidenceSet::Interval(_) => return None,
        ConfidenceSet::Empty => "no effect of use is compatible with the data",
        ConfidenceSet::Everything => "every effect of use is compatible with the data",
        ConfidenceSet::Outside { .. } => {
            "the effects of use that are compatible with the data are not bounded on either side"
        }
        ConfidenceSet::AtMost(_) => "the effects of use that are compatible with the data are not bounded below",
        ConfidenceSet::AtLeast(_) => "the effects of use that are compatible with the data are not bounded above",
    };
    Some(format!("For those who used it there is no interval: {rest} (Anderson–Rubin)."))
}

#[cfg(test)]
mod tests;
