//! Whether an answer hangs on one unit, one model, one weighting or on what is missing.
//!
//! One rule: these never replace the primary answer; where they disagree with it, that is the finding.

mod leave_out;
mod missing;
mod models;
mod rows;

use super::aside::Aside;
use super::compared::Compared;
use super::{Question, Sample};
pub use missing::BOUNDS_OF_MISSING;

/// Beyond so many units none of them decides, and leaving each out takes long.
const MOST_LEFT_OUT: usize = 300;

/// Answers to the same question with something left out, bounded or modelled otherwise.
pub(super) fn sensitivity(sample: &Sample<'_>, question: &Question<'_>) -> Aside {
    let compared = Compared::of(sample, |_| true);
    let mut aside = models::models(sample, question, &compared);
    aside.extend(rows::rows(sample, question, &compared));
    aside.extend(leave_out::leave_out(sample, question, &compared));
    aside.extend(missing::missing(sample, question, &compared));
    aside
}

#[cfg(test)]
mod tests;
