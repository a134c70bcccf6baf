//! The decision rule against spotify-confidence: levels, power, tests, bounds and plans under six corrections, and its
//! sequential bounds, which its own grid gives to four digits.

use super::{Table, check, check_near, number, reference};
use paceline::stats::{
    Alternative, Better, DecisionMetrics, Effect, Interval, Level, LevelRule, Multiplicity, OneSided, Precision, Sides,
    Spending, adjusted_p_values, decision_levels, noninferiority, spending_boundaries, superiority, units_needed,
};
use serde_json::Value;

const ALPHA: f64 = 0.05;
const POWER: f64 = 0.8;
/// So many degrees of freedom are a normal distribution.
const NORMAL: f64 = 1e15;

struct Arm {
    n: f64,
    mean: f64,
    variance: f64,
}

fn arm(table: &Table, metric: &str, arm: &str) -> Arm {
    let row = (0..table.lines.len())
        .find(|row| table.texts("metric")[*row] == metric && table.texts("arm")[*row] == arm)
        .unwrap();
    let [n, sum, squares] = ["n", "sum", "sumsq"].map(|name| table.texts(name)[row].parse::<f64>().unwrap());
    Arm { n, mean: sum / n, variance: (squares - sum * sum / n) / (n - 1.0) }
}

fn effect(treated: &Arm, control: &Arm, alpha: f64) -> Effect {
    let standard_error = (treated.variance / treated.n + control.variance / control.n).sqrt();
    let estimate = treated.mean - control.mean;
    Effect {
        estimate,
        standard_error,
        degrees_of_freedom: NORMAL,
        t: estimate / standard_error,
        p: f64::NAN,
        interval: Interval { low: f64::NAN, high: f64::NAN },
        n: 800,
        level: Level::new(1.0 - alpha).unwrap(),
    }
}

/// The one-sided test of a row at a level.
fn test_of(case: &Value, table: &Table, alpha: f64) -> OneSided {
    let metric = case["metric"].as_str().unwrap();
    let control = arm(table, metric, "control");
    let effect = effect(&arm(table, metric, case["level_2"].as_str().unwrap()), &control, alpha);
    check("difference", effect.estimate, number(&case["difference"]));
    let better = if case["preference"] == "increase" { Better::Higher } else { Better::Lower };
    match case["non-inferiority margin"].as_f64() {
        Some(margin) => {
            let margin = margin * control.mean;
            check("null", number(&case["null_hypothesis"]).abs(), margin);
            noninferiority(&effect, margin, better).unwrap()
        }
        None => superiority(&effect, better).unwrap(),
    }
}

/// The bound on the side of the null, named low or high in the table.
fn bound(case: &Value, prefix: &str) -> f64 {
    let side = if case["preference"] == "increase" { "ci_lower" } else { "ci_upper" };
    number(&case[format!("{prefix}{side}")])
}

#[test]
fn success_and_guardrail_rows_agree_with_spotify_confidence() {
    let reference = reference("spotify_confidence.json");
    let table = Table::load("spotify_rule_input.csv");
    let metrics = DecisionMetrics { success: 2, guardrails: 3, treatments: 2 };
    let mut compared = 0;
    for (name, cases) in reference.as_object().unwrap() {
        let Some(method) = name.strip_prefix("diff_") else { continue };
        let cases = cases.as_array().unwrap();
        assert_eq!(cases.len(), 10);
        let plain: Vec<f64> = cases.iter().map(|case| test_of(case, &table, ALPHA).p).collect();
        let (rule, correction) = match method {
            "bonferroni" => (Some(LevelRule::EveryRow), None),
            "bonferroni-do-not-count-non-inferiority" | "spot-1-bonferroni" => {
                (Some(LevelRule::SpotifyConfidence), None)
            }
            "spot-1-holm" => (Some(LevelRule::SpotifyConfidence), Some(Multiplicity::Holm)),
            "holm" => (None, Some(Multiplicity::Holm)),
            "fdr_bh" => (None, Some(Multiplicity::BenjaminiHochberg)),
            _ => panic!("{method} is not compared"),
        };
        let levels = rule.map(|rule| decision_levels(metrics, rule, ALPHA, POWER, 0.0).unwrap());
        let adjusted = correction.map(|correction| adjusted_p_values(&plain, correction).unwrap());
        for (row, case) in cases.iter().enumerate() {
            // Spot-1 shows both sides and doubles levels and p-values; its bounds are those of one side.
            let sides = if case["preference_used_in_test"] == "two-sided" { 2.0 } else { 1.0 };
            let is_guardrail = !case["non-inferiority margin"].is_null();
            let (alpha, power) = match levels {
                Some(levels) if is_guardrail => (levels.guardrail_alpha, levels.power),
                Some(levels) => (levels.success_alpha.unwrap(), levels.power),
                None => (ALPHA, POWER),
            };
            check("alpha", sides * alpha, number(&case["adjusted_alpha"]));
            check("planned alpha", sides * alpha, number(&case["adjusted_alpha_power_sample_size"]));
            check("power", power, number(&case["adjusted_power"]));
            let test = test_of(case, &table, ALPHA);
            let p = if sides > 1.0 { 2.0 * test.p.min(1.0 - test.p) } else { test.p };
            check_near("p", p, number(&case["p-value"]), 2e-13);
            check_near("bound", test.bound, bound(case, ""), 1e-11);
            let of_row = match &adjusted {
                Some(adjusted) => adjusted[row],
                None => (p * ALPHA / alpha).min(1.0),
            };
            check_near("adjusted p", of_row, number(&case["adjusted p-value"]), 2e-12);
            assert_eq!(of_row <= sides * ALPHA, case["is_significant"].as_bool().unwrap());
            match correction {
                // It has none for Benjamini–Hochberg, and leaves those of Holm where they are on these data.
                Some(Multiplicity::BenjaminiHochberg) => assert!(case["adjusted ci_upper"].is_null()),
                Some(_) => check_near("Holm's bound", test.bound, bound(case, "adjusted "), 1e-11),
                None => {
                    check_near("adjusted bound", test_of(case, &table, alpha).bound, bound(case, "adjusted "), 1e-11)
                }
            }
            check_plan(case, &table, alpha, power);
            compared += 1;
        }
    }
    assert_eq!(compared, 60);
}

/// The effect that can be found, and the units that a guardrail's margin needs, with the variance of control.
fn check_plan(case: &Value, table: &Table, alpha: f64, power: f64) {
    let control = arm(table, case["metric"].as_str().unwrap(), "control");
    let level = Level::new(1.0 - alpha).unwrap();
    let precision_at =
        |n: f64| Ok(Precision { standard_error: (2.0 * control.variance / n).sqrt(), degrees_of_freedom: 1e9 });
    let found = precision_at(control.n)
        .and_then(|it: Precision| it.smallest_detectable_effect(power, Alternative::OneSided, level));
    let expected = number(&case["powered_effect"]);
    check_near("powered effect", found.unwrap(), expected, 1e-7 * expected);
    if let Some(units) = case["required_sample_size"].as_f64() {
        let margin = number(&case["null_hypothesis"]);
        let needed = units_needed(precision_at, margin, power, Alternative::OneSided, level).unwrap();
        assert!((2.0 * needed.ceil() - units).abs() < 0.5, "{needed} an arm, not {units} in all");
    }
}

#[test]
fn sequential_bounds_agree_nearly_with_spotify_confidence() {
    let reference = reference("spotify_confidence.json");
    let mut compared = 0;
    for (name, case) in reference.as_object().unwrap().iter().filter(|(name, _)| name.starts_with("bounds_")) {
        let information: Vec<f64> = case["t"].as_array().unwrap().iter().map(number).collect();
        let (sides, tail) = if name.contains("_s2_") { (Sides::Both, 2.0) } else { (Sides::Upper, 1.0) };
        let alpha: f64 = name.split("_a").nth(1).unwrap().split('_').next().unwrap().parse().unwrap();
        let looks = spending_boundaries(&information, Spending::Power(2.0), alpha / tail, sides).unwrap();
        for (look, z) in looks.iter().zip(case["z"].as_array().unwrap()) {
            check_near(name, look.z, number(z), 1.2e-4);
            compared += 1;
        }
    }
    assert_eq!(compared, 72);
}
