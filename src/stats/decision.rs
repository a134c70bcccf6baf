//! Error rates of a decision that several metrics make together. The one rule: success metrics share α, guardrails do not,
//! and every test that can stop a good change costs power.

use super::StatsError;

/// The metrics that decide whether a treatment ships, and how many treatments are compared with control.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DecisionMetrics {
    /// At least one of them must be better.
    pub success: usize,
    /// All of them must be worse by less than their margin.
    pub guardrails: usize,
    pub treatments: usize,
}

/// How α is divided over the rows of the table of results.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LevelRule {
    /// Schultzberg, Ankargren & Frånberg (2024): α over the success metrics only. Guardrails keep α, because a wrong
    /// decision needs a false success and all guardrails to pass. The default.
    RiskAware,
    /// As the package spotify-confidence 4.1.0 computes its `spot-1` and `bonferroni-do-not-count-non-inferiority`: the
    /// number of success metrics divides α on the rows of guardrails too, which is stricter than the paper asks for.
    SpotifyConfidence,
    /// α over all rows (Bonferroni), without a correction of power.
    EveryRow,
}

/// One-sided levels of single tests, and the power each of them is planned with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DecisionLevels {
    /// A success metric is better when its one-sided p-value is at most this; `None` without success metrics.
    pub success_alpha: Option<f64>,
    /// A guardrail holds when the p-value of its non-inferiority test is at most this.
    pub guardrail_alpha: f64,
    pub power: f64,
}

/// The levels under which a decision ships a treatment that is no better, or worse on a guardrail, with a chance of at most
/// `alpha`, and the power that single tests need for a good one to ship with the chance `power`.
///
/// With S success metrics, G guardrails and T treatments: α/(S T) for success metrics and α/T for guardrails. A decision
/// needs G guardrails and, where there are any, one success metric to come out, so the chance of a miss 1 − power is
/// divided by G + 1, or by G without success metrics. The chance that deterioration and quality tests stop a good change,
/// `false_alarms` in all, is taken off it before (union bound). Deterioration and quality tests themselves are not
/// corrected here.
///
/// # Errors
/// [`StatsError::TooFew`] without metrics or treatments, [`StatsError::OutOfRange`] for rates outside 0 to 1 or false
/// alarms that leave nothing of 1 − power.
#[expect(clippy::cast_precision_loss, reason = "numbers of metrics are small")]
pub fn decision_levels(
    metrics: DecisionMetrics,
    rule: LevelRule,
    alpha: f64,
    power: f64,
    false_alarms: f64,
) -> Result<DecisionLevels, StatsError> {
    let DecisionMetrics { success, guardrails, treatments } = metrics;
    for (what, count) in [("metrics", success + guardrails), ("treatments", treatments)] {
        if count == 0 {
            return Err(StatsError::TooFew { what, needed: 1, actual: 0 });
        }
    }
    for (what, value) in [("error rate", alpha), ("power", power)] {
        if !(value > 0.0 && value < 1.0) {
            return Err(StatsError::OutOfRange { what, value, expected: "between 0 and 1" });
        }
    }
    let misses = 1.0 - power - false_alarms;
    if !(false_alarms >= 0.0 && misses > 0.0) {
        let expected = "zero or more and less than 1 − power";
        return Err(StatsError::OutOfRange { what: "chance of false alarms", value: false_alarms, expected });
    }
    let per_treatment = alpha / treatments as f64;
    let shared = per_treatment / success.max(1) as f64;
    let must_come_out = guardrails + usize::from(success > 0);
    let corrected = 1.0 - misses / must_come_out as f64;
    let (success_alpha, guardrail_alpha, power) = match rule {
        LevelRule::RiskAware => (shared, per_treatment, corrected),
        LevelRule::SpotifyConfidence => (shared, shared, corrected),
        LevelRule::EveryRow => {
            let each = per_treatment / (success + guardrails) as f64;
            (each, each, 1.0 - misses)
        }
    };
    Ok(DecisionLevels { success_alpha: (success > 0).then_some(success_alpha), guardrail_alpha, power })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::rngs::ChaCha20Rng;
    use rand::{RngExt, SeedableRng};

    const METRICS: DecisionMetrics = DecisionMetrics { success: 2, guardrails: 3, treatments: 1 };

    fn levels(rule: LevelRule) -> DecisionLevels {
        decision_levels(METRICS, rule, 0.05, 0.8, 0.0).unwrap()
    }

    #[test]
    fn guardrails_keep_alpha_in_the_paper_and_not_in_the_package() {
        assert_eq!(levels(LevelRule::RiskAware).success_alpha, Some(0.025));
        assert!((levels(LevelRule::RiskAware).guardrail_alpha - 0.05).abs() < 1e-15);
        assert!((levels(LevelRule::RiskAware).power - 0.95).abs() < 1e-15);
        assert!((levels(LevelRule::SpotifyConfidence).guardrail_alpha - 0.025).abs() < 1e-15);
        assert!((levels(LevelRule::EveryRow).guardrail_alpha - 0.01).abs() < 1e-15);
        let guardrails = DecisionMetrics { success: 0, ..METRICS };
        let only = decision_levels(guardrails, LevelRule::RiskAware, 0.05, 0.7, 0.0).unwrap();
        assert!(only.success_alpha.is_none() && (only.power - 0.9).abs() < 1e-15);
        let alarms = decision_levels(METRICS, LevelRule::RiskAware, 0.05, 0.8, 0.04).unwrap();
        assert!((alarms.power - 0.96).abs() < 1e-15);
    }

    #[test]
    fn refuses_what_is_no_decision() {
        let none = DecisionMetrics { success: 0, guardrails: 0, treatments: 1 };
        assert!(decision_levels(none, LevelRule::RiskAware, 0.05, 0.8, 0.0).is_err());
        let untreated = DecisionMetrics { treatments: 0, ..METRICS };
        assert!(decision_levels(untreated, LevelRule::RiskAware, 0.05, 0.8, 0.0).is_err());
        for (alpha, power, alarms) in [(0.0, 0.8, 0.0), (0.05, 1.0, 0.0), (0.05, 0.8, 0.2), (0.05, 0.8, -0.1)] {
            assert!(decision_levels(METRICS, LevelRule::RiskAware, alpha, power, alarms).is_err());
        }
    }

    /// Independent tests, the worst case for success metrics; a guardrail that is worse by its margin stops as often as it
    /// must.
    #[test]
    fn the_decision_keeps_its_rates() {
        let levels = levels(LevelRule::RiskAware);
        let mut rng = ChaCha20Rng::from_seed([8; 32]);
        let mut is_at_most = |level: f64| rng.random::<f64>() < level;
        let (mut no_better, mut one_worse, mut good) = (0, 0, 0);
        for _ in 0..20_000 {
            let success = levels.success_alpha.unwrap();
            // No effect on success, guardrails certainly fine.
            no_better += u32::from([success; 2].map(&mut is_at_most).contains(&true));
            // One guardrail at its margin, all else certainly good.
            one_worse += u32::from(is_at_most(levels.guardrail_alpha));
            // One success metric and all guardrails at the effect that was planned for, the other success metric without.
            let better = is_at_most(levels.power) | is_at_most(success);
            good += u32::from([levels.power; 3].map(&mut is_at_most) == [true; 3] && better);
        }
        assert!(no_better < 1100 && (800..1150).contains(&one_worse), "{no_better} and {one_worse}");
        assert!(good > 16_000, "{good}");
    }
}
