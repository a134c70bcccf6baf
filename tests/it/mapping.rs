//! Rows by SQL: from files, programs and taps, and what happens where they do not fit.

mod csv;
mod helpdesk;

use crate::cli::product::{Answer, Product};

/// A project with one pipeline and its SQL files.
fn project(pipeline: &str, mappings: &[(&str, &str)]) -> Product {
    let product = Product::new();
    product.write("pipelines/tail.toml", pipeline);
    for (file, text) in mappings {
        product.write(&format!("pipelines/{file}"), text);
    }
    product
}

/// What a run that left something out said, and that it said so by its code.
fn said(answer: &Answer) -> Vec<&str> {
    assert_eq!(answer.code, Some(3), "{}", answer.stderr);
    answer.stderr.lines().collect()
}
