//! The report of an experiment as files: JSON in a shape that holds, Markdown with bytes that hold.

use paceline::experiment::markdown;
use paceline::trial::{FORMAT, Report};
use proptest::prelude::*;
use serde_json::Value;

const NAMES: [&str; 4] = ["randomised", "observational", "invalid", "running"];

fn path(name: &str, extension: &str) -> String {
    format!("{}/tests/fixtures/experiments/{name}.{extension}", env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn report(name: &str) -> Report {
    serde_json::from_str(&read(&path(name, "json"))).unwrap()
}

fn json(report: &Report) -> String {
    serde_json::to_string_pretty(report).unwrap() + "\n"
}

/// A field that is added, renamed or moved shows here: then decide whether [`FORMAT`] is another.
#[test]
fn json_is_read_and_written_with_the_same_bytes() {
    for name in NAMES {
        let report = report(name);
        assert_eq!(report.format, FORMAT, "{name}");
        assert_eq!(json(&report), read(&path(name, "json")), "{name}");
    }
}

/// JSON has no word for them: serde writes null, and reading that back fails.
#[test]
fn no_number_that_must_be_there_is_null() {
    for name in NAMES {
        let value: Value = serde_json::to_value(report(name)).unwrap();
        let null = |pointer: &str| value.pointer(pointer).is_some_and(Value::is_null);
        for place in 0..value["results"].as_array().unwrap().len() {
            assert!(!null(&format!("/results/{place}/margin")), "{name}");
            assert!(!null(&format!("/results/{place}/effect/estimate")), "{name}");
        }
        assert!(
            value["health"].as_array().unwrap().iter().all(|it| it["figures"]
                .as_object()
                .unwrap()
                .values()
                .all(Value::is_number))
        );
    }
}

#[test]
fn every_field_and_word_is_documented() {
    let docs = read(&format!("{}/docs/experiment-report.md", env!("CARGO_MANIFEST_DIR")));
    let mut missing = Vec::new();
    for name in NAMES {
        named(&serde_json::to_value(report(name)).unwrap(), &mut missing);
    }
    missing.retain(|word| !docs.contains(&format!("`{word}`")));
    assert!(missing.is_empty(), "docs/experiment-report.md does not say what these are: {missing:?}");
}

/// The names of fields and the words of closed sets. Names within `figures` and `data` are those of checks and tables.
fn named(value: &Value, into: &mut Vec<String>) {
    match value {
        Value::Array(all) => all.iter().for_each(|it| named(it, into)),
        Value::Object(fields) => {
            for (name, value) in fields {
                into.push(name.clone());
                let is_word = ["format", "grade", "status", "word", "role", "better", "scale", "verdict"];
                match value {
                    Value::String(word) if is_word.contains(&name.as_str()) => into.push(word.clone()),
                    _ if name == "figures" || name == "data" => {}
                    value => named(value, into),
                }
            }
        }
        _ => {}
    }
}

/// `PACELINE_UPDATE=1` writes the files anew.
#[test]
fn markdown_keeps_its_bytes() {
    for name in NAMES {
        let (text, path) = (markdown(&report(name)), path(name, "md"));
        if std::env::var_os("PACELINE_UPDATE").is_some() {
            std::fs::write(&path, &text).unwrap();
        }
        assert!(text == read(&path), "{path} differs; read it, then run with PACELINE_UPDATE=1:\n{text}");
    }
}

#[test]
fn markdown_without_a_lottery_never_says_effect_alone() {
    let text = markdown(&report("observational"));
    for line in text.lines().filter(|line| line.to_lowercase().contains("effect")) {
        assert!(line.contains("two-way fixed effects"), "{line}");
    }
    assert!(text.contains("| Difference (observational: staggered difference-in-differences) |"), "{text}");
}

#[test]
fn the_word_comes_first_and_health_before_numbers() {
    let text = markdown(&report("randomised"));
    let place = |words: &str| text.find(words).unwrap_or_else(|| panic!("{words} in\n{text}"));
    let order = [
        "## ✗ Do not ship",
        "## Health",
        "## Results",
        "## Design",
        "## Methods",
        "## What would change the answer",
        "## Provenance",
    ];
    assert!(order.map(place).is_sorted(), "{text}");
}

#[test]
fn goals_that_share_the_error_rate_say_their_level() {
    let mut report = report("randomised");
    report.results[0].effect.as_mut().unwrap().level = 0.975;
    let text = markdown(&report);
    assert!(text.contains("Intervals: 95 % and 97.5 %.") && text.contains("−26.1 to −7.8 % (97.5 %)"), "{text}");
}

#[test]
fn every_row_of_a_table_has_the_cells_of_its_head() {
    let mut hostile = report("randomised");
    hostile.results[0].title = "a | b\nc".to_owned();
    hostile.results[0].sensitivity[0].label = "||".to_owned();
    hostile.health[0].words = "x | y".to_owned();
    let text = markdown(&hostile);
    let bars = |line: &str| line.replace(r"\|", "").matches('|').count();
    let mut head: Option<usize> = None;
    for line in text.lines() {
        if !line.starts_with('|') {
            head = None;
            continue;
        }
        assert_eq!(*head.get_or_insert(bars(line)), bars(line), "{line}");
    }
}

proptest! {
    /// Numbers of any digits: a report that was read gives the bytes that were written.
    #[test]
    fn any_number_survives_json(estimate in -1.0..1.0f64, low in -1.0..1.0f64, p in 0.0..1.0f64) {
        let mut report = report("observational");
        let effect = report.results[0].effect.as_mut().unwrap();
        (effect.estimate, effect.low, effect.p) = (estimate, Some(low), Some(p));
        let read: Report = serde_json::from_str(&json(&report)).unwrap();
        let read = read.results[0].effect.clone().unwrap();
        prop_assert_eq!((read.estimate, read.low, read.p), (estimate, Some(low), Some(p)));
    }
}
