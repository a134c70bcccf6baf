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
    let mut found = Found::default();
    for dimension in question.dimensions {
        if dimension.labels.len() == sample.arms.len() {
            found.add(sample, question, dimension);
        } else {
            let (labels, units, name) = (dimension.labels.len(), sample.arms.len(), &dimension.name);
            found.aside.warn(format!("Segments by {name} have {labels} labels for {units} units and are left out."));
        }
    }
    found.correct();
    found.aside
}

/// What came of all segments so far.
#[derive(Default)]
struct Found {
    aside: Aside,
    /// Places of the rows that are tested.
    family: Vec<usize>,
}

/// A segment that is large enough for a test.
struct Segment {
    label: String,
    /// On the scale.
    effect: f64,
    units: Compared,
}

impl Found {
    fn add(&mut self, sample: &Sample<'_>, question: &Question<'_>, dimension: &Dimension) {
        let name = &dimension.name;
        let labels: BTreeSet<&str> = dimension.labels.iter().map(String::as_str).collect();
        let mut tested: Vec<Segment> = Vec::new();
        for label in labels.into_iter().filter(|label| !label.is_empty()) {
            let units = Compared::of(sample, |place| dimension.labels[place] == label);
            tested.extend(self.segment(sample, question, (name, label), units));
        }
        let unknown = dimension.labels.iter().filter(|it| it.is_empty()).count() as u64;
        if unknown > 0 {
            self.aside.warn(format!("{} without a known {name}.", counted(unknown, "unit is", "units are")));
        }
        self.aside.extend(interaction::interaction(sample, question, name, &tested));
    }

    /// A row for the segment, and the segment itself where it is tested.
    fn segment(
        &mut self,
        sample: &Sample<'_>,
        question: &Question<'_>,
        (dimension, label): (&str, &str),
        units: Compared,
    ) -> Option<Segment> {
        let title = format!("{dimension}: {label}");
        let (scale, control) = (sample.outcome.scale, units.control_mean(sample.outcome.scale));
        let saying = |method| Saying { label: &title, method, scale, control };
        let is_large = units.len() >= MINIMUM_UNITS && units.count(true) >= 2 && units.count(false) >= 2;
        let Some(effect) = units.ancova(question.level).ok().filter(|_| is_large) else {
            self.aside.push(described(question, &units, saying("difference in means, too few units for a test")));
            return None;
        };
        let method = format!("{}, within the segment", Method::AncovaHc3.words());
        let row = saying(&method).effect(&effect)?;
        self.family.push(self.aside.relatives.len());
        self.aside.relatives.push(row);
        Some(Segment { label: label.to_owned(), effect: effect.estimate, units })
    }

    /// Holm (1979) over the p-values of all segments.
    fn correct(&mut self) {
        let rows = &mut self.aside.relatives;
        let p_values: Vec<f64> = self.family.iter().filter_map(|index| rows[*index].p).collect();
        let Ok(adjusted) = adjusted_p_values(&p_values, Multiplicity::Holm) else { return };
        if p_values.len() < 2 {
            return;
        }
        for (index, p) in self.family.iter().zip(adjusted) {
            rows[*index].p = Some(p);
            rows[*index].method.push_str(&format!(", p by Holm over {} segments", p_values.len()));
        }
    }
}

fn described(question: &Question<'_>, units: &Compared, saying: Saying<'_>) -> Option<Relative> {
    let (treated, control) = units.arms();
    if treated.is_empty() || control.is_empty() {
        return None;
    }
    let mean = |figures: &[f64]| figures.iter().sum::<f64>() / figures.len() as f64;
    saying.estimate(mean(&treated) - mean(&control), None, question.level, units.len() as u64)
}

#[cfg(test)]
mod tests;
