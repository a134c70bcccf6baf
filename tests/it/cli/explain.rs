//! `paceline metric explain` says what a number is made of, in words and SQL.

use super::JoinNew;
use super::product::Product;
use crate::collect::generated;

#[test]
fn a_number_is_explained_from_its_definition_to_its_rows() {
    let product = Product::new();
    generated(&product.home().join_new("app"), 40, 24);
    product.collect("app");
    product.write("queries/own/changed.sql", OWN);
    product.write(
        "queries/own/by_commit.sql",
        &OWN.replace("commit_files", "changed").replace("lines_added AS value", "value"),
    );
    let said =
        String::from_utf8(product.run(["metric", "explain", "changed", "--weeks", "4"]).succeeded().stdout).unwrap();
    let line =
        |start: &str| said.lines().find(|line| line.starts_with(start)).unwrap_or_else(|| panic!("no {start}: {said}"));
    assert_eq!(line("changed"), "changed: Changed lines");
    assert_eq!(line("Definition"), "Definition  Lines added to a file by a commit.");
    assert!(line("Statistic").contains("median of value over the rows, linear between"), "{said}");
    assert!(line("Interval").contains("95 %, by interpolated order statistics"), "{said}");
    assert_eq!(line("Cut by"), "Cut by      repository");
    assert_eq!(line("Reads"), "Reads       commit_files");
    assert!(line("Stored in").contains("commit_files"), "{said}");
    assert_eq!(line("Used by"), "Used by     metric by_commit");
    assert!(line("Facts").contains(" from 20") && line("Collected").starts_with("Collected   app until "), "{said}");
    let number = line("Number");
    assert!(number.contains(" lines, 95 % interval ") && number.contains("; n = "), "{number}");
    // The number is that of `show`.
    let shown = product.table(&["metric", "show", "changed", "--weeks", "4"]);
    let all = shown.last().unwrap();
    let value: f64 = all[1].parse().unwrap();
    assert!(
        number.starts_with(&format!("Number      {value} lines")) && number.contains(&format!("n = {}:", all[4])),
        "{number} {all:?}"
    );
    assert!(said.ends_with(
        "queries/own/changed.sql:\nSELECT committed_at AS at, lines_added AS value, repository FROM commit_files\n"
    ));
}

#[test]
fn a_metric_of_a_function_of_tables_is_explained() {
    let product = Product::new();
    generated(&product.home().join_new("app"), 20, 24);
    product.collect("app");
    let said = String::from_utf8(product.run(["metric", "explain", "change_coupling"]).succeeded().stdout).unwrap();
    assert!(said.contains("\nReads       change_couplings\n"), "{said}");
}

#[test]
fn an_unknown_metric_is_not_explained() {
    let product = Product::new();
    generated(&product.home().join_new("app"), 20, 24);
    product.collect("app");
    let answer = product.run(["metric", "explain", "pr_cycel_time"]);
    assert_eq!(answer.failed(1), "unknown metric pr_cycel_time; did you mean pr_cycle_time?");
}

const OWN: &str = "/*
title      = \"Changed lines\"
about      = \"Lines added to a file by a commit.\"
unit       = \"lines\"
statistic  = \"median\"
better     = \"neither\"
dimensions = [\"repository\"]
*/
SELECT committed_at AS at, lines_added AS value, repository FROM commit_files
";
