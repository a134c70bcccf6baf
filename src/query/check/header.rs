//! The keys of a header that contradict each other, or say nothing.
//!
//! One rule: a key that is taken has an effect.

use crate::project::{Better, Diagnostic, Metric};

pub(super) fn check(metric: &Metric) -> Vec<Diagnostic> {
    let header = &metric.header;
    let mut found = Vec::new();
    let mut wrong = |key: &str, message: &str| {
        found.push(metric.place_of_key(key).diagnostic(message.to_owned(), None));
    };
    match header.target {
        Some(target) if !target.is_finite() => {
            wrong("target", "a target is a number: write one, or leave the target out")
        }
        Some(_) if header.better == Better::Neither => wrong(
            "target",
            "a target needs a direction: write better = \"lower\" or \"higher\", or leave the target out",
        ),
        _ => {}
    }
    if header.sampled_of.is_some() && !header.is_stock {
        wrong("sampled_of", "only a stock has samples: write is_stock = true, or leave sampled_of out");
    }
    found
}
