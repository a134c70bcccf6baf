//! What checks of golden paths found out about each repository's component.

use super::calendar::{HOUR, WEEK};
use super::organisation::{Organisation, Repository};
use super::stream::Purpose;

/// A check of the built-in track, the share of components that pass it from the first, and the mean time until one of the others
/// does, weeks. By name, as in the table.
pub const CHECKS: [(&str, f64, f64); 4] = [
    ("has_code_owners", 0.35, 70.0),
    ("has_owner", 0.80, 30.0),
    ("has_readme", 0.60, 60.0),
    ("main_is_green", 0.75, 25.0),
];

/// Checks run on Mondays, this long after midnight in UTC.
const CHECKED: i64 = 5 * HOUR;

/// When a check was first evaluated and whether it passed, and when it passed if it did not; `check` is its place in [`CHECKS`].
pub fn findings(organisation: &Organisation, repository: &Repository, check: usize) -> Vec<(i64, bool)> {
    let (_, share, weeks) = CHECKS[check];
    let mut dice = organisation.streams.at(Purpose::Check, repository.owner, u32::try_from(check).unwrap_or_default());
    let (passes, delay) = (dice.chance(share), dice.exponential(weeks));
    let first = organisation.begins() + CHECKED;
    if passes { vec![(first, true)] } else { vec![(first, false), (first + (1 + delay as i64) * WEEK, true)] }
}
