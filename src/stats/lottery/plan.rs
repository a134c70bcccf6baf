//! Which strata give which variant the odd place. The one rule: the totals over all strata are as declared.
//!
//! Layer s holds what the first s strata can have handed out beyond their base places; paths from the first to the last
//! layer are the possible tables of counts.

use super::random::pick;
use super::stratum::{Stratum, quotas};
use crate::stats::StatsError;
use rand::Rng;
use std::collections::BTreeMap;

/// More states than this over all layers are refused.
const STATES_LIMIT: usize = 200_000;

#[derive(Debug, Clone)]
pub(super) struct Plan {
    /// One layer after each stratum; every node is reached at least once.
    layers: Vec<Vec<Node>>,
    /// The nodes of the last layer at which the totals are as declared.
    ends: Vec<usize>,
}

/// Extra places handed out so far, and the ways to get there.
#[derive(Debug, Clone)]
struct Node {
    extra: Vec<usize>,
    arrivals: Vec<Arrival>,
    /// Proportional to the number of assignments up to here; only comparable within a layer.
    weight: f64,
    /// The number of assignments up to here, saturating.
    count: u128,
}

#[derive(Debug, Clone)]
struct Arrival {
    from: usize,
    choice: usize,
    weight: f64,
}

impl Plan {
    pub(super) fn new(strata: &[Stratum], units: usize, weights: &[u32]) -> Result<Plan, StatsError> {
        let totals = quotas(units, weights);
        let base_of = |variant: usize| strata.iter().map(|stratum| stratum.base()[variant]).sum::<usize>();
        let least: Vec<usize> =
            (0..weights.len()).map(|variant| totals[variant].whole.saturating_sub(base_of(variant))).collect();
        let is_rounded: Vec<bool> = totals.iter().map(|total| total.remainder > 0).collect();
        let most: Vec<usize> =
            least.iter().zip(&is_rounded).map(|(least, rounded)| least + usize::from(*rounded)).collect();
        let mut layers: Vec<Vec<Node>> = Vec::with_capacity(strata.len());
        let mut states = 0;
        for stratum in strata {
            let layer = match layers.last() {
                Some(before) => next_layer(before, stratum, &most),
                None => next_layer(&[Node::start(weights.len())], stratum, &most),
            };
            states += layer.len();
            if states > STATES_LIMIT {
                return Err(StatsError::LotteryTooLarge { strata: strata.len(), limit: STATES_LIMIT });
            }
            layers.push(layer);
        }
        let remainders: Vec<u128> = totals.iter().map(|total| total.remainder).collect();
        let ends = ends(layers.last().map_or(&[], Vec::as_slice), &least, &remainders);
        Ok(Plan { layers, ends })
    }

    /// The choice of each stratum, drawn in proportion to the assignments that have it.
    pub(super) fn draw<R: Rng + ?Sized>(&self, rng: &mut R) -> Vec<usize> {
        let last = &self.layers[self.layers.len() - 1];
        let mut node = self.ends[pick(self.ends.iter().map(|end| last[*end].weight), rng)];
        let mut choices = Vec::with_capacity(self.layers.len());
        for layer in self.layers.iter().rev() {
            let arrivals = &layer[node].arrivals;
            let arrival = &arrivals[pick(arrivals.iter().map(|arrival| arrival.weight), rng)];
            choices.push(arrival.choice);
            node = arrival.from;
        }
        choices.reverse();
        choices
    }

    pub(super) fn count(&self) -> u128 {
        let last = &self.layers[self.layers.len() - 1];
        self.ends.iter().fold(0, |sum: u128, end| sum.saturating_add(last[*end].count))
    }

    /// The choices of every possible table of counts, one entry a stratum.
    pub(super) fn tables(&self) -> Vec<Vec<usize>> {
        let mut paths: Vec<(usize, Vec<usize>)> = self.ends.iter().map(|end| (*end, Vec::new())).collect();
        for layer in self.layers.iter().rev() {
            let mut longer = Vec::with_capacity(paths.len());
            for (node, path) in &paths {
                for arrival in &layer[*node].arrivals {
                    let mut extended = path.clone();
                    extended.push(arrival.choice);
                    longer.push((arrival.from, extended));
                }
            }
            paths = longer;
        }
        paths.into_iter().map(|(_, path)| path.into_iter().rev().collect()).collect()
    }

    /// Whether these extra places over all strata are possible.
    pub(super) fn ends_at(&self, extra: &[usize]) -> bool {
        let last = &self.layers[self.layers.len() - 1];
        self.ends.iter().any(|end| last[*end].extra == extra)
    }
}

impl Node {
    fn start(variants: usize) -> Node {
        Node { extra: vec![0; variants], arrivals: Vec::new(), weight: 1.0, count: 1 }
    }
}

fn next_layer(before: &[Node], stratum: &Stratum, most: &[usize]) -> Vec<Node> {
    let ways: Vec<u128> = (0..stratum.choices().len()).map(|choice| multinomial(&stratum.counts(choice))).collect();
    let mut nodes: BTreeMap<Vec<usize>, Node> = BTreeMap::new();
    for (from, node) in before.iter().enumerate() {
        for (choice, variants) in stratum.choices().iter().enumerate() {
            let mut extra = node.extra.clone();
            for variant in variants {
                extra[*variant] += 1;
            }
            if extra.iter().zip(most).any(|(extra, most)| extra > most) {
                continue;
            }
            let weight = node.weight * relative_ways(stratum.base(), variants);
            let target = nodes.entry(extra).or_insert_with_key(|extra| Node {
                extra: extra.clone(),
                arrivals: Vec::new(),
                weight: 0.0,
                count: 0,
            });
            target.weight += weight;
            target.count = target.count.saturating_add(node.count.saturating_mul(ways[choice]));
            target.arrivals.push(Arrival { from, choice, weight });
        }
    }
    let mut layer: Vec<Node> = nodes.into_values().collect();
    let heaviest = layer.iter().map(|node| node.weight).fold(0.0, f64::max);
    for node in &mut layer {
        node.weight /= heaviest;
    }
    layer
}

/// The nodes whose totals are the quotas rounded down or up with the largest sum of remainders rounded up.
fn ends(last: &[Node], whole: &[usize], remainders: &[u128]) -> Vec<usize> {
    let rounded_up = |node: &Node| -> Option<u128> {
        let mut sum = 0;
        for ((extra, whole), remainder) in node.extra.iter().zip(whole).zip(remainders) {
            sum += match extra.checked_sub(*whole)? {
                0 => 0,
                _ => *remainder,
            };
        }
        Some(sum)
    };
    let best = last.iter().filter_map(rounded_up).max();
    (0..last.len()).filter(|index| best.is_some() && rounded_up(&last[*index]) == best).collect()
}

/// The ways to shuffle a stratum with these extra places, up to a factor that all its choices share: n! / Π(base +
/// extra)! is proportional to 1 / Π(base + 1) over the variants with an extra place.
#[expect(clippy::cast_precision_loss, reason = "a stratum has far fewer than 2^53 units")]
fn relative_ways(base: &[usize], variants: &[usize]) -> f64 {
    variants.iter().fold(1.0, |ways, variant| ways / (base[*variant] + 1) as f64)
}

/// (Σ counts)! / Π counts!, saturating.
fn multinomial(counts: &[usize]) -> u128 {
    let mut placed = 0_u128;
    let mut ways = 1_u128;
    for count in counts {
        for place in 1..=*count as u128 {
            placed += 1;
            // ways × placed / place is whole: it runs through binomial coefficients.
            match ways.checked_mul(placed) {
                Some(product) => ways = product / place,
                None => return u128::MAX,
            }
        }
    }
    ways
}
