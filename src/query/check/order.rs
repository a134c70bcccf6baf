//! Which metrics read which: a metric is a table for the others.

use crate::project::{Diagnostic, Metric, Project};
use datafusion::prelude::SessionContext;
use std::collections::{BTreeMap, BTreeSet};

/// The metrics so that each comes after those it reads.
pub(super) struct ReadingOrder<'a> {
    /// Without those that read each other in a circle.
    pub metrics: Vec<&'a Metric>,
    /// Circles, each at the place where its first metric by name reads the next.
    pub circles: Vec<Diagnostic>,
}

/// Sorts the metrics by what they read, and by name where that leaves a choice. What does not parse reads nothing.
pub(super) fn reading_order<'a>(session: &SessionContext, project: &'a Project) -> ReadingOrder<'a> {
    // A table that has a metric's name is read in its place.
    let is_metric =
        |name: &String| project.metrics.contains_key(name) && !session.table_exist(name.as_str()).unwrap_or(false);
    let reads: BTreeMap<&str, BTreeSet<String>> = project
        .metrics
        .values()
        .map(|metric| {
            let text = super::Text::parse(session, metric);
            let tables = text.iter().flat_map(|text| text.tables()).map(|(name, _)| name);
            (metric.name.as_str(), tables.filter(is_metric).collect())
        })
        .collect();
    let mut order = ReadingOrder { metrics: Vec::new(), circles: Vec::new() };
    let mut done: BTreeSet<&str> = BTreeSet::new();
    loop {
        let is_ready = |metric: &&Metric| {
            !done.contains(metric.name.as_str())
                && reads[metric.name.as_str()].iter().all(|read| done.contains(read.as_str()))
        };
        let ready: Vec<&Metric> = project.metrics.values().filter(is_ready).collect();
        if ready.is_empty() {
            break;
        }
        done.extend(ready.iter().map(|metric| metric.name.as_str()));
        order.metrics.extend(ready);
    }
    let mut told: BTreeSet<&str> = BTreeSet::new();
    for metric in project.metrics.values() {
        let Some(circle) = circle_from(&metric.name, &reads).filter(|_| !told.contains(metric.name.as_str())) else {
            continue;
        };
        told.extend(circle.iter().copied());
        let place = super::Text::parse(session, metric)
            .ok()
            .and_then(|text| text.tables().find(|(name, _)| name == circle[1]).map(|(_, place)| place))
            .unwrap_or_else(|| metric.place_of_query());
        let message =
            format!("metrics read each other in a circle, {}: let one of them read tables", circle.join(" → "));
        order.circles.push(place.diagnostic(message, None));
    }
    // What reads a circle is no part of it, and is checked like the rest.
    let rest =
        project.metrics.values().filter(|it| !done.contains(it.name.as_str()) && !told.contains(it.name.as_str()));
    order.metrics.extend(rest);
    order
}

/// The shortest way from a metric back to itself: its name, what it reads, …, its name again.
fn circle_from<'a>(name: &'a str, reads: &BTreeMap<&'a str, BTreeSet<String>>) -> Option<Vec<&'a str>> {
    let mut ways = vec![vec![name]];
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    while !ways.is_empty() {
        let mut longer = Vec::new();
        for way in ways {
            let last = way[way.len() - 1];
            for (read, _) in reads.iter().filter(|(read, _)| reads[last].contains(**read)) {
                let way = [way.as_slice(), &[*read]].concat();
                if *read == name {
                    return Some(way);
                }
                if seen.insert(*read) {
                    longer.push(way);
                }
            }
        }
        ways = longer;
    }
    None
}
