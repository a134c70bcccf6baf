//! The effect by declared strata, and whether it differs between them.
//!
//! One rule: a segment's own p proves no difference from another segment; that is a test of its own.

mod interaction;

use super::aside::Aside;
use super::compared::{Compared, Saying};
use super::words::counted;
use super::{Dimension, MINIMUM_UNITS, Method, Question, Relative, Sample};
use crate::stats::{Multiplicity, adjusted_p_values};
use std::collections::BTreeSet;

/// The effect in every segment of every declared dimension, each adjusted for history within the segment, with p by Holm over all
/// segments that are tested; and for each dimension the two segments furthest apart with one p for all of its differences. Segments of
/// too few units are described.
pub(super) fn segments(sample: &Sample<'_>, question: &Question<'_>) -> Aside {
    let mut aside = Aside::default();
    for dimension in question.dimensions {
        if dimension.labels.len() == sample.arms.len() {
            aside.extend(of_dimension(sample, question, dimension));
        } else {
            let (labels, units) = (dimension.labels.len(), sample.arms.len());
            aside.warn(format!(
                "Segments by {} have {labels} labels for {units} units and are left out.",
                dimension.name
            ));
        }
    }
    correct(&mut aside.relatives);
    aside
}

/// Marks rows that belong to the family until [`correct`] has seen them.
const WITHIN: &str = "within the segment";

fn of_dimension(sample: &Sample<'_>, question: &Question<'_>, dimension: &Dimension) -> Aside {
    let mut aside = Aside::default();
    let mut tested: Vec<Segment> = Vec::new();
    let labels: BTreeSet<&str> = dimension.labels.iter().map(String::as_str).filter(|it| !it.is_empty()).collect();
    for label in labels {
        let units = Compared::of(sample, |place| dimension.labels[place] == label);
        let title = format!("{}: {label}", dimension.name);
        let control = units.control_mean(sample.outcome.scale);
        let saying = |method| Saying { label: &title, method, scale: sample.outcome.scale, control };
        let is_large = units.len() >= MINIMUM_UNITS && units.count(true) >= 2 && units.count(false) >= 2;
        match units.ancova(question.level) {
            Ok(effect) if is_large => {
                let method = format!("{}, {WITHIN}", Method::AncovaHc3.words());
                aside.push(saying(&method).effect(&effect));
                tested.push(Segment { label: label.to_owned(), effect: effect.estimate, units });
            }
            _ => aside.push(described(
                question,
                &units,
                saying("difference in means, described: too few units for a test"),
            )),
        }
    }
    let unknown = dimension.labels.iter().filter(|it| it.is_empty()).count() as u64;
    if unknown > 0 {
        aside.warn(format!("{} without a known {}.", counted(unknown, "unit is", "units are"), dimension.name));
    }
    aside.extend(interaction::interaction(sample, question, &dimension.name, &tested));
    aside
}

/// A segment that is large enough for a test.
struct Segment {
    label: String,
    /// On the scale.
    effect: f64,
    units: Compared,
}

fn described(question: &Question<'_>, units: &Compared, saying: Saying<'_>) -> Option<Relative> {
    let (treated, control) = units.arms();
    if treated.is_empty() || control.is_empty() {
        return None;
    }
    let mean = |figures: &[f64]| figures.iter().sum::<f64>() / figures.len() as f64;
    saying.estimate(mean(&treated) - mean(&control), None, question.level, units.len() as u64)
}

/// Holm (1979) over the p-values of all segments.
fn correct(relatives: &mut [Relative]) {
    let family: Vec<usize> = (0..relatives.len()).filter(|index| relatives[*index].method.ends_with(WITHIN)).collect();
    let p_values: Vec<f64> = family.iter().filter_map(|index| relatives[*index].p).collect();
    if p_values.len() < 2 {
        return;
    }
    let Ok(adjusted) = adjusted_p_values(&p_values, Multiplicity::Holm) else { return };
    for (index, p) in family.iter().zip(adjusted) {
        relatives[*index].p = Some(p);
        relatives[*index].method.push_str(&format!(", p by Holm over {} segments", p_values.len()));
    }
}

#[cfg(test)]
mod tests;
