//! Names of metrics and dimensions, looked up when all files are read.

use super::{Block, Dashboard, Dimension, Mark, Prose, Reference, WITHOUT_METRICS};
use crate::project::diagnostic::{Diagnostic, closest};
use crate::project::metric::Metric;
use std::collections::{BTreeMap, BTreeSet};

type Metrics = BTreeMap<String, Metric>;

impl Dashboard {
    /// Puts what is wrong in the place of whatever names a metric or a dimension that there is not.
    pub(in crate::project) fn look_up(&mut self, metrics: &Metrics) {
        let mut blocks = self.wrong_filters(metrics);
        for block in std::mem::take(&mut self.blocks) {
            match block {
                Block::Mark(mark, place) => {
                    let wrong = wrong(&mark, metrics);
                    if wrong.is_empty() {
                        blocks.push(Block::Mark(mark, place));
                    }
                    blocks.extend(wrong.into_iter().map(Block::Broken));
                }
                Block::Prose(prose) => blocks.push(Block::Prose(looked_up(prose, metrics))),
                Block::Broken(diagnostic) => blocks.push(Block::Broken(diagnostic)),
            }
        }
        self.blocks = blocks;
    }

    /// Takes out the filters that no metric of the page has as a dimension.
    fn wrong_filters(&mut self, metrics: &Metrics) -> Vec<Block> {
        let known = self.metric_references().filter_map(|(_, name)| metrics.get(name));
        let has: BTreeSet<String> = known.flat_map(|metric| metric.header.dimensions.iter().cloned()).collect();
        let names: Vec<&str> = WITHOUT_METRICS.into_iter().chain(has.iter().map(String::as_str)).collect();
        let (known, wrong) =
            std::mem::take(&mut self.filters.dimensions).into_iter().partition(|it: &Dimension| has.contains(&it.name));
        self.filters.dimensions = known;
        let refused = |filter: Dimension| {
            let message = format!("unknown filter {}: no metric of the page can be cut by it", filter.name);
            Block::Broken(filter.place.diagnostic(message, closest(&filter.name, &names)))
        };
        wrong.into_iter().map(refused).collect()
    }
}

fn unknown(reference: &Reference, metrics: &Metrics) -> Diagnostic {
    let names: Vec<&str> = metrics.keys().map(String::as_str).collect();
    let meant = closest(&reference.metric, &names);
    reference.place.diagnostic(format!("unknown metric {}", reference.metric), meant)
}

fn wrong(mark: &Mark, metrics: &Metrics) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for reference in mark.references() {
        match metrics.get(&reference.metric) {
            None => found.push(unknown(reference, metrics)),
            Some(metric) => found.extend(mark.dimension().and_then(|by| uncut(metric, by))),
        }
    }
    found
}

/// What is wrong with cutting a metric.
fn uncut(metric: &Metric, by: &Dimension) -> Option<Diagnostic> {
    let has: Vec<&str> = metric.header.dimensions.iter().map(String::as_str).collect();
    if has.contains(&by.name.as_str()) {
        return None;
    }
    let known = if has.is_empty() { "it has no dimensions".to_owned() } else { format!("it has {}", has.join(", ")) };
    let message = format!("{} cannot be cut by {}; {known}", metric.name, by.name);
    Some(by.place.diagnostic(message, closest(&by.name, &has)))
}

fn looked_up(prose: Prose, metrics: &Metrics) -> Prose {
    let live = prose.live.into_iter().map(|live| match live {
        Ok(live) if !metrics.contains_key(&live.metric.metric) => Err(unknown(&live.metric, metrics)),
        other => other,
    });
    Prose { text: prose.text, live: live.collect() }
}
