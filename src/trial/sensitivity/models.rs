//! Other models of the same units.

use super::super::aside::Aside;
use super::super::compared::{Compared, Saying};
use super::super::slope::without_history;
use super::super::{Method, Question, Relative, Sample, Scale};
use crate::stats::{
    ConfidenceSet, Mechanism, RatioRows, hodges_lehmann, relative_ratio_effect, relative_ratio_set, van_elteren,
};

/// Slopes by arm, no adjustment, no strata, and ranks.
pub(super) fn models(sample: &Sample<'_>, question: &Question<'_>, compared: &Compared) -> Aside {
    let saying = |label, method| {
        let (scale, control) = (sample.outcome.scale, sample.outcome.mean(sample.arms, 0));
        Saying { label, method, scale, control }
    };
    let mut aside = Aside::default();
    if !compared.covariates.is_empty() {
        let lin = compared.lin(question.level).ok();
        aside.push(lin.and_then(|it| saying("slopes by arm", Method::LinHc3.words()).effect(&it)));
        let welch = compared.welch(question.level).ok();
        let method = "Welch's t-test of units, neither history nor strata";
        aside.push(welch.and_then(|it| saying("without adjustment", method).effect(&it)));
    }
    if is_stratified(sample) {
        let effect = compared.ancova_without_strata(question.level).ok();
        aside.push(effect.and_then(|it| saying("without strata", Method::AncovaHc3.words()).effect(&it)));
    }
    aside.push(ranks(
        question,
        compared,
        saying("by ranks", "Hodges–Lehmann shift of units less their history, p by ranks within strata (van Elteren)"),
    ));
    if sample.outcome.scale == Scale::Linear {
        delta_and_fieller(&mut aside, question, compared);
    }
    aside
}

/// The ratio of the arms' means less one, not adjusted, by two methods that know that the control's mean is an estimate too.
fn delta_and_fieller(aside: &mut Aside, question: &Question<'_>, compared: &Compared) {
    let (treated, control) = compared.arms();
    let ones = vec![1.0; compared.len()];
    let rows = |figures| RatioRows { numerators: figures, denominators: &ones[..figures.len()] };
    let (treated, control) = (rows(&treated), rows(&control));
    let Ok(delta) = relative_ratio_effect(treated, control, question.level) else { return };
    // It is in parts of the control already.
    let saying = |method| Saying { label: "ratio of means", method, scale: Scale::Linear, control: Some(1.0) };
    aside.push(saying("delta method, not adjusted").effect(&delta));
    if let Ok(ConfidenceSet::Interval(set)) = relative_ratio_set(treated, control, question.level) {
        let fieller = saying("Fieller, not adjusted");
        aside.push(fieller.estimate(delta.estimate, Some(set), question.level, delta.n));
    }
}

fn is_stratified(sample: &Sample<'_>) -> bool {
    let units = sample.randomization.lottery().units();
    units.iter().any(|unit| unit.stratum != units[0].stratum)
}

/// Of figures less their history (Rosenbaum 2002). No interval: the shift is over all pairs of units, the test within strata.
fn ranks(question: &Question<'_>, compared: &Compared, saying: Saying<'_>) -> Option<Relative> {
    let figures = match compared.covariates.first() {
        Some(history) => without_history(&compared.figures, history, &vec![false; compared.len()]),
        None => compared.figures.clone(),
    };
    let test = van_elteren(&figures, &compared.treated, &compared.strata).ok()?;
    let (treated, control) = Compared { figures, ..compared.clone() }.arms();
    let shift = hodges_lehmann(&treated, &control, question.level).ok()?.value?;
    let relative = saying.estimate(shift, None, question.level, compared.len() as u64)?;
    Some(Relative { p: Some(test.p), ..relative })
}
