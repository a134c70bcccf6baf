//! Whether other methods contradict the primary answer.
//!
//! One rule: a method contradicts where its interval does not hold the primary estimate; one that is merely less sure does not.

use super::Relative;
use super::words::listed;

/// A sentence that names the methods whose interval does not hold the primary estimate.
pub(super) fn contradictions(primary: &Relative, others: &[Relative]) -> Option<String> {
    let (mut asked, mut against) = (0, Vec::new());
    for other in others {
        let Some((low, high)) = other.low.zip(other.high) else { continue };
        asked += 1;
        if primary.estimate < low || high < primary.estimate {
            against.push(name(other));
        }
    }
    let count = against.len();
    (count > 0).then(|| {
        format!("The intervals of {count} of {asked} other answers do not hold the estimate: {}.", listed(&against))
    })
}

fn name(relative: &Relative) -> String {
    match (relative.label.as_str(), relative.method.as_str()) {
        ("", method) => method.to_owned(),
        (label, method) => format!("{label} ({method})"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(label: &str, low: Option<f64>, high: Option<f64>) -> Relative {
        Relative {
            label: label.to_owned(),
            estimate: -0.2,
            low,
            high,
            level: 0.95,
            p: None,
            method: "a method".to_owned(),
            degrees_of_freedom: None,
            n: 24,
        }
    }

    #[test]
    fn only_an_interval_apart_from_the_estimate_contradicts() {
        let unsure = answer("unsure", Some(-0.6), Some(0.4));
        let unknown = answer("unknown", None, None);
        assert_eq!(contradictions(&unsure, &[unsure.clone(), unknown.clone()]), None);
        let apart = answer("by rows", Some(-0.1), Some(0.1));
        let unnamed = answer("", Some(-0.5), Some(-0.3));
        assert_eq!(
            contradictions(&unsure, &[unsure.clone(), apart, unnamed, unknown]).unwrap(),
            "The intervals of 2 of 3 other answers do not hold the estimate: by rows (a method) and a method."
        );
    }
}
