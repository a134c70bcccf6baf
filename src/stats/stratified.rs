//! Differences in means within strata and pairs. The one rule: units are compared with units of their own stratum only.

use super::error::{check_finite, check_length};
use super::mean::Moments;
use super::{Effect, Level, StatsError};
use std::collections::BTreeMap;

/// The difference in means (unit of the outcome), treated minus control, within strata: Σ (n_s/n) τ_s with variance
/// Σ (n_s/n)² (s₁²/n₁ + s₀²/n₀) and n − 2S degrees of freedom over S strata (Neyman 1923; Imbens & Rubin 2015,
/// chapter 9). One entry per unit in every column.
///
/// # Errors
/// [`StatsError::Length`], [`StatsError::NotFinite`], [`StatsError::StratumTooSmall`] under two units of an arm in a
/// stratum, [`StatsError::NoVariation`].
#[expect(clippy::cast_precision_loss, reason = "a number of units is far below 2^53")]
pub fn stratified_difference(
    outcome: &[f64],
    treated: &[bool],
    strata: &[String],
    level: Level,
) -> Result<Effect, StatsError> {
    let n = outcome.len();
    let mut strata_effects = Vec::new();
    for (name, [control, treated]) in by_stratum(outcome, treated, strata)? {
        let too_small = || StatsError::StratumTooSmall {
            name: name.clone(),
            treated: treated.len(),
            control: control.len(),
            needed: 2,
        };
        let [control, treated] = [Moments::of(&control), Moments::of(&treated)]
            .map(|moments| moments.and_then(|moments| Some((moments, moments.variance()?))));
        let ((control, below), (treated, above)) = control.zip(treated).ok_or_else(too_small)?;
        strata_effects.push(StratumEffect {
            share: (treated.n + control.n) / n as f64,
            estimate: treated.mean - control.mean,
            square: above / treated.n + below / control.n,
        });
    }
    let df = n as f64 - 2.0 * strata_effects.len() as f64;
    combine(&strata_effects, df, n, level)
}

/// The mean difference within pairs of one treated and one control unit, with the standard error of the differences and
/// B − 1 degrees of freedom over B pairs: Student's (1908) paired t, in which the pair is the unit and the cluster (de
/// Chaisemartin & Ramirez-Cuellar 2024). One entry per unit in every column.
///
/// # Errors
/// [`StatsError::Length`], [`StatsError::NotFinite`], [`StatsError::NotAPair`] unless every pair has one unit in each
/// arm, [`StatsError::TooFew`] under two pairs, [`StatsError::NoVariation`] when all differences are equal.
pub fn paired_difference(
    outcome: &[f64],
    treated: &[bool],
    pairs: &[String],
    level: Level,
) -> Result<Effect, StatsError> {
    let mut differences = Vec::new();
    for (name, [control, treated]) in by_stratum(outcome, treated, pairs)? {
        let (&[control], &[treated]) = (control.as_slice(), treated.as_slice()) else {
            return Err(StatsError::NotAPair { name, treated: treated.len(), control: control.len() });
        };
        differences.push(treated - control);
    }
    let moments = Moments::of(&differences).and_then(|moments| Some((moments, moments.variance()?)));
    let Some((moments, variance)) = moments else {
        return Err(StatsError::TooFew { what: "pairs", needed: 2, actual: differences.len() });
    };
    Effect::from_t(moments.mean, (variance / moments.n).sqrt(), moments.n - 1.0, outcome.len(), level)
}

/// The effect within one stratum.
#[derive(Debug, Clone, Copy)]
pub(super) struct StratumEffect {
    /// The part of all rows that are in the stratum.
    pub(super) share: f64,
    pub(super) estimate: f64,
    /// The squared standard error.
    pub(super) square: f64,
}

/// Independent effects weighted by the size of their strata.
pub(super) fn combine(strata: &[StratumEffect], df: f64, n: usize, level: Level) -> Result<Effect, StatsError> {
    let estimate = strata.iter().map(|stratum| stratum.share * stratum.estimate).sum();
    let square: f64 = strata.iter().map(|stratum| stratum.share * stratum.share * stratum.square).sum();
    Effect::from_t(estimate, square.sqrt(), df, n, level)
}

type Arms = [Vec<f64>; 2];

/// Outcomes of the control and treated units of each stratum, in the order of labels.
fn by_stratum(outcome: &[f64], treated: &[bool], strata: &[String]) -> Result<BTreeMap<String, Arms>, StatsError> {
    check_length("treated", outcome.len(), treated.len())?;
    check_length("strata", outcome.len(), strata.len())?;
    check_finite("outcome", outcome)?;
    let mut arms: BTreeMap<String, Arms> = BTreeMap::new();
    for ((outcome, treated), stratum) in outcome.iter().zip(treated).zip(strata) {
        arms.entry(stratum.clone()).or_default()[usize::from(*treated)].push(*outcome);
    }
    Ok(arms)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn one_stratum_is_the_unpooled_difference() {
        let (treated, control) = ([3.0, 4.0, 5.5], [1.0, 1.5, 2.5]);
        let outcome: Vec<f64> = treated.into_iter().chain(control).collect();
        let arms = [true, true, true, false, false, false];
        let effect = stratified_difference(&outcome, &arms, &names(&["a"; 6]), Level::NINETY_FIVE).unwrap();
        let expected = crate::stats::welch(&treated, &control, Level::NINETY_FIVE).unwrap();
        assert!((effect.estimate - expected.estimate).abs() < 1e-14);
        assert!((effect.standard_error - expected.standard_error).abs() < 1e-14);
        assert!((effect.degrees_of_freedom - 4.0).abs() < f64::EPSILON);
    }

    #[test]
    fn small_strata_and_broken_pairs_are_named() {
        let arms = [true, false, true, false, false];
        let outcome = [1.0, 2.0, 3.0, 5.0, 4.0];
        let strata = names(&["a", "a", "b", "b", "b"]);
        let refused = stratified_difference(&outcome, &arms, &strata, Level::NINETY_FIVE).unwrap_err();
        assert_eq!(refused.to_string(), "stratum a has 1 treated and 1 control units, expected at least 2 of each");
        let refused = paired_difference(&outcome, &arms, &strata, Level::NINETY_FIVE).unwrap_err();
        assert_eq!(refused.to_string(), "pair b has 1 treated and 2 control units, expected one of each");
        let one = paired_difference(&outcome[..2], &arms[..2], &strata[..2], Level::NINETY_FIVE);
        assert_eq!(one, Err(StatsError::TooFew { what: "pairs", needed: 2, actual: 1 }));
        let equal = paired_difference(&[2.0, 1.0, 4.0, 3.0], &arms[..4], &strata[..4], Level::NINETY_FIVE);
        assert!(matches!(equal, Err(StatsError::NoVariation { .. })));
        assert!(matches!(
            stratified_difference(&outcome, &arms, &strata[..3], Level::NINETY_FIVE),
            Err(StatsError::Length { .. })
        ));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]

        #[test]
        fn what_a_pair_shares_does_not_matter(
            units in prop::collection::vec((-10.0..10.0_f64, -10.0..10.0_f64, -1e3..1e3_f64), 2..10),
        ) {
            let pairs: Vec<String> = (0..2 * units.len()).map(|row| format!("{}", row / 2)).collect();
            let arms: Vec<bool> = (0..2 * units.len()).map(|row| row % 2 == 0).collect();
            let plain: Vec<f64> = units.iter().flat_map(|(treated, control, _)| [*treated, *control]).collect();
            let shared: Vec<f64> =
                units.iter().flat_map(|(treated, control, shared)| [treated + shared, control + shared]).collect();
            let plain = paired_difference(&plain, &arms, &pairs, Level::NINETY_FIVE).unwrap();
            let shared = paired_difference(&shared, &arms, &pairs, Level::NINETY_FIVE).unwrap();
            prop_assert!((plain.estimate - shared.estimate).abs() < 1e-9);
            prop_assert!((plain.standard_error - shared.standard_error).abs() < 1e-9);
        }
    }
}
