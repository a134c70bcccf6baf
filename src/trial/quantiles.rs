//! The effect at quantiles of the rows, such as the median and the slowest tenth.
//!
//! One rule: rows are counted within the units that were drawn.

use super::aside::Aside;
use super::compared::Saying;
use super::{Question, Sample, Scale};
use crate::stats::{ClusteredValues, cluster_quantile, cluster_quantile_effect};

/// The difference of each declared quantile between arms, of logarithms for log scales, by Woodruff's interval over units. Nothing where
/// there are no single values.
pub(super) fn quantiles(sample: &Sample<'_>, question: &Question<'_>) -> Aside {
    let mut aside = Aside::default();
    let outcome = sample.outcome;
    if question.quantiles.is_empty() || outcome.values.len() != sample.arms.len() {
        return aside;
    }
    let is_on_scale = |value: &f64| value.is_finite() && (outcome.scale == Scale::Linear || *value > 0.0);
    if !outcome.values.iter().flatten().all(is_on_scale) {
        aside.warn("There are no ratios of quantiles, since some values are not above zero.");
        return aside;
    }
    let (treated, control) = (Rows::of(sample, 1), Rows::of(sample, 0));
    for probability in question.quantiles {
        let effect = cluster_quantile_effect(treated.columns(), control.columns(), *probability, question.level);
        let of_control = cluster_quantile(control.columns(), *probability, question.level);
        let (effect, of_control) = match effect.and_then(|effect| Ok((effect, of_control?))) {
            Ok(found) => found,
            Err(error) => {
                aside.warn(format!("There is no effect at quantile {probability}: {error}."));
                continue;
            }
        };
        let label = label(*probability);
        let control = of_control.value.map(|value| outcome.scale.shown(value));
        let saying = Saying { label: &label, method: METHOD, scale: outcome.scale, control };
        aside.push(effect.value.and_then(|it| saying.estimate(it, effect.interval, question.level, effect.n)));
    }
    aside
}

const METHOD: &str = "difference of quantiles of rows, clustered by unit (Woodruff), not adjusted";

fn label(probability: f64) -> String {
    if probability == 0.5 { "median".to_owned() } else { format!("quantile {probability}") }
}

/// The values of an arm, on the scale.
struct Rows {
    values: Vec<f64>,
    clusters: Vec<usize>,
}

impl Rows {
    fn of(sample: &Sample<'_>, arm: usize) -> Rows {
        let mut rows = Rows { values: Vec::new(), clusters: Vec::new() };
        let units = sample.outcome.values.iter().zip(sample.arms).filter(|(_, it)| **it == arm);
        for (cluster, (values, _)) in units.enumerate() {
            for value in values {
                rows.values.push(if sample.outcome.scale.is_log() { value.ln() } else { *value });
                rows.clusters.push(cluster);
            }
        }
        rows
    }

    fn columns(&self) -> ClusteredValues<'_> {
        ClusteredValues { values: &self.values, clusters: &self.clusters }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::Level;
    use crate::trial::Role;
    use crate::trial::planted::planted;

    const QUANTILES: [f64; 2] = [0.5, 0.9];

    fn question() -> Question<'static> {
        let question = Question::new("Cycle time", "hours", Role::Goal, 0.1, Level::NINETY_FIVE);
        Question { quantiles: &QUANTILES, ..question }
    }

    #[test]
    fn a_constant_ratio_is_that_of_every_quantile() {
        let planted = planted(&[60; 40], 4, 0.5_f64.ln(), "quantiles");
        let aside = quantiles(&planted.sample(), &question());
        let [median, slow] = &aside.relatives[..] else { panic!("{aside:?}") };
        assert_eq!((median.label.as_str(), slow.label.as_str()), ("median", "quantile 0.9"));
        for it in [median, slow] {
            assert!(it.low.unwrap() < -0.5 && -0.5 < it.high.unwrap(), "{it:?}");
            assert_eq!((it.n, it.p), (2400, None));
        }
    }

    #[test]
    fn a_tail_that_alone_grows_shows_at_the_tail_alone() {
        let mut planted = planted(&[60; 40], 4, 0.0, "a tail");
        for place in planted.places(1) {
            let values = &mut planted.outcome.values[place];
            values.sort_by(f64::total_cmp);
            values[45..].iter_mut().for_each(|it| *it *= 4.0);
        }
        let aside = quantiles(&planted.sample(), &question());
        assert!(aside.relatives[0].low.unwrap() < 0.0 && 0.0 < aside.relatives[0].high.unwrap());
        assert!(aside.relatives[1].low.unwrap() > 0.5, "{aside:?}");
    }

    #[test]
    fn values_that_have_no_logarithm_are_refused_and_none_are_nothing() {
        let mut planted = planted(&[10; 12], 4, 0.0, "no logs");
        planted.outcome.values[0][0] = 0.0;
        let aside = quantiles(&planted.sample(), &question());
        assert!(aside.relatives.is_empty() && aside.warnings[0].contains("not above zero"), "{aside:?}");
        planted.outcome.values.clear();
        assert_eq!(quantiles(&planted.sample(), &question()), Aside::default());
    }
}
