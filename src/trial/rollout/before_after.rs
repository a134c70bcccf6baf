//! Treated units before and after, beside nothing: whatever else changed in that time is counted as if the treatment had done it.

use super::{Found, Panel};
use crate::stats::paired_difference;
use crate::trial::{Finding, Grade, Method, Result};

/// The mean change of the treated units, each from its own periods before to its own periods after, with Student's paired t;
/// `None` of fewer than two units.
pub(super) fn finding(panel: &Panel<'_>) -> Result<Option<Finding>> {
    let treated = panel.treated();
    let (mut figures, mut is_after, mut pairs) = (Vec::new(), Vec::new(), Vec::new());
    for (unit, first) in &treated {
        let (before, after) = panel.figures[*unit].split_at(*first);
        for (half, after) in [(before, false), (after, true)] {
            figures.push(half.iter().sum::<f64>() / half.len() as f64);
            is_after.push(after);
            pairs.push(format!("{unit:08}"));
        }
    }
    if treated.len() < 2 {
        return Ok(None);
    }
    let effect = paired_difference(&figures, &is_after, &pairs, panel.rollout.level)?;
    Ok(Some(Finding { n: treated.len() as u64, ..Finding::of_effect(Method::BeforeAfter, &effect) }))
}

/// The same where nothing better is to be had.
pub(super) fn found(finding: &Finding) -> Found {
    Found {
        grade: Grade::BeforeAfter,
        finding: finding.clone(),
        event_study: Vec::new(),
        joint_p: None,
        placebo_p: None,
        warnings: vec![
            "Nobody is left to compare with: trend, season and whatever else changed are counted as if the treatment had done it."
                .to_owned(),
        ],
    }
}
