//! Matched pairs from pre-period covariates. The one rule: the same units and covariates always give the same pairs.

use super::Balance;
use crate::stats::StatsError;
use crate::stats::error::check_length;
use std::collections::BTreeSet;

/// The label of each unit's pair, in the order of `ids`, such as `pair 03`: strata of two for a [`super::Lottery`] in
/// which either unit of each is treated. Of an odd number one pair has three units.
///
/// Pairs are those of small Mahalanobis distance: the closest two units first, then the closest two of the rest and so on;
/// then, as long as it makes the sum of distances smaller, two pairs exchange units (Greevy et al. 2004 find the least
/// sum; this comes near it). Ties go by id. A unit left over joins the pair whose farther unit is closest. Pairs are
/// numbered by their first id.
///
/// # Errors
/// [`StatsError::TooFew`] under two units, [`StatsError::Length`], [`StatsError::Duplicate`], and those of [`Balance`].
pub fn form_pairs(ids: &[String], covariates: &[Vec<f64>]) -> Result<Vec<String>, StatsError> {
    if ids.len() < 2 {
        return Err(StatsError::TooFew { what: "units", needed: 2, actual: ids.len() });
    }
    let mut seen = BTreeSet::new();
    if let Some(twice) = ids.iter().find(|id| !seen.insert(*id)) {
        return Err(StatsError::Duplicate { what: "unit", name: twice.clone() });
    }
    for covariate in covariates {
        check_length("covariate", ids.len(), covariate.len())?;
    }
    let mut order: Vec<usize> = (0..ids.len()).collect();
    order.sort_by(|a, b| ids[*a].cmp(&ids[*b]));
    let sorted = |covariate: &Vec<f64>| order.iter().map(|unit| covariate[*unit]).collect();
    let balance = Balance::new(&covariates.iter().map(sorted).collect::<Vec<Vec<f64>>>())?;
    let mut groups = greedy(&balance, ids.len());
    improve(&mut groups, &balance);
    place_left_over(&mut groups, &balance, ids.len());
    groups.sort();
    let digits = groups.len().to_string().len();
    let mut labels = vec![String::new(); ids.len()];
    for (number, group) in groups.iter().enumerate() {
        for unit in group {
            labels[order[*unit]] = format!("pair {:0digits$}", number + 1);
        }
    }
    Ok(labels)
}

fn greedy(balance: &Balance, units: usize) -> Vec<Vec<usize>> {
    let mut edges: Vec<(f64, usize, usize)> = Vec::with_capacity(units * (units - 1) / 2);
    for left in 0..units {
        edges.extend((left + 1..units).map(|right| (balance.between(left, right), left, right)));
    }
    edges.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)).then(a.2.cmp(&b.2)));
    let mut is_free = vec![true; units];
    let mut groups = Vec::with_capacity(units / 2);
    for (_, left, right) in edges {
        if is_free[left] && is_free[right] {
            is_free[left] = false;
            is_free[right] = false;
            groups.push(vec![left, right]);
        }
    }
    groups
}

/// Exchanges units between two pairs until no exchange shortens the sum of their distances.
fn improve(groups: &mut [Vec<usize>], balance: &Balance) {
    loop {
        let mut is_better = false;
        for first in 0..groups.len() {
            for second in first + 1..groups.len() {
                let [a, b] = [groups[first][0], groups[first][1]];
                let [c, d] = [groups[second][0], groups[second][1]];
                let now = balance.between(a, b) + balance.between(c, d);
                for (one, other) in [([a, c], [b, d]), ([a, d], [b, c])] {
                    let then = balance.between(one[0], one[1]) + balance.between(other[0], other[1]);
                    if then < now * (1.0 - 1e-9) {
                        groups[first] = sorted_pair(one);
                        groups[second] = sorted_pair(other);
                        is_better = true;
                        break;
                    }
                }
            }
        }
        if !is_better {
            return;
        }
    }
}

fn sorted_pair(mut pair: [usize; 2]) -> Vec<usize> {
    pair.sort_unstable();
    pair.to_vec()
}

fn place_left_over(groups: &mut [Vec<usize>], balance: &Balance, units: usize) {
    let paired: BTreeSet<usize> = groups.iter().flatten().copied().collect();
    let Some(left_over) = (0..units).find(|unit| !paired.contains(unit)) else { return };
    let farther = |group: &Vec<usize>| group.iter().map(|unit| balance.between(*unit, left_over)).fold(0.0, f64::max);
    let closest = groups.iter_mut().min_by(|a, b| farther(a).total_cmp(&farther(b)));
    if let Some(group) = closest {
        group.push(left_over);
        group.sort_unstable();
    }
}
