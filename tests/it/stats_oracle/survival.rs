//! Kaplan–Meier against lifelines, and quantiles against DuckDB.

use super::{Table, check, check_near, number, reference};
use paceline::stats::{Durations, Level, Sorted, kaplan_meier, restricted_mean_difference, weighted_kaplan_meier};
use serde_json::Value;

#[test]
fn kaplan_meier_agrees_with_lifelines() {
    let reference = reference("survival.json");
    let table = Table::load("survival.csv");
    let names = table.texts("dataset");
    let sets = reference["sets"].as_object().unwrap();
    assert!(sets.len() >= 8);
    for (name, expected) in sets {
        let of = |column: &str| {
            let rows = table.numbers(column).into_iter().zip(&names);
            rows.filter(|(_, other)| *other == name).map(|(value, _)| value).collect::<Vec<f64>>()
        };
        let (durations, weights) = (of("duration"), of("weight"));
        let observed: Vec<bool> = of("observed").iter().map(|seen| *seen > 0.0).collect();
        let rows = Durations { durations: &durations, observed: &observed };
        let curve = weighted_kaplan_meier(rows, &weights).unwrap();
        // Of parts of rows lifelines warns itself that its variance is not right; ours is Greenwood's sum over them.
        let is_whole = weights.iter().all(|weight| *weight >= 1.0);
        if is_whole {
            assert_eq!(curve, kaplan_meier(rows).unwrap(), "{name}");
        }
        let steps = expected["steps"].as_array().unwrap();
        assert_eq!(curve.steps.len(), steps.len(), "{name}");
        for (step, expected) in curve.steps.iter().zip(steps) {
            check(name, step.time, number(&expected["time"]));
            check_near(name, step.at_risk, number(&expected["at_risk"]), 1e-10);
            check_near(name, step.events, number(&expected["events"]), 1e-10);
            // lifelines cuts this column to whole numbers; what is at risk next shows the rest of it.
            check_near(name, (step.censored + 1e-9).trunc(), number(&expected["censored"]), 1e-10);
            // Where all that is at risk has the event the curve is at zero; lifelines misses that by rounding sums of weights.
            let is_end = number(&expected["at_risk"]) - number(&expected["events"]) < 1e-9;
            let survival = if is_end { 0.0 } else { number(&expected["survival"]) };
            check_near(name, step.survival, survival, 1e-10);
            let interval = step.interval(Level::NINETY_FIVE);
            if !is_whole {
                continue;
            }
            check_optional(name, interval.map(|it| it.low), &expected["low"]);
            check_optional(name, interval.map(|it| it.high), &expected["high"]);
        }
        let median = curve.quantile(0.5, Level::NINETY_FIVE).unwrap();
        check_optional(name, median.value, &expected["median"]);
        check_optional(name, curve.quantile(0.25, Level::NINETY_FIVE).unwrap().value, &expected["quarter"]);
        let mean = curve.restricted_mean(number(&expected["horizon"]), Level::NINETY_FIVE).unwrap();
        check(name, mean.value.unwrap(), number(&expected["restricted_mean"]));
        if !is_whole {
            continue;
        }
        let half_width = 1.959_963_984_540_054 * number(&expected["restricted_mean_error"]);
        check(name, mean.interval.unwrap().low, (mean.value.unwrap() - half_width).max(0.0));
        // Where lifelines bounds the median on both sides, so does this; a bound on one side alone is not an interval. Where
        // the curve is at zero lifelines takes its limits for zero too, while nothing is known there of the variance, so that
        // R has no limit there, and neither has this.
        let is_at_zero = |time: f64| curve.survival(time) <= 0.0;
        let bounds = expected["median_low"].as_f64().zip(expected["median_high"].as_f64());
        if let Some((low, high)) = bounds.filter(|(_, high)| !is_at_zero(*high)) {
            let interval = median.interval.unwrap_or_else(|| panic!("{name} has no interval"));
            check(name, interval.low, low);
            check(name, interval.high, high);
        } else {
            assert_eq!(median.interval, None, "{name}");
        }
    }
}

#[test]
fn differences_of_restricted_means_agree_with_lifelines() {
    let reference = reference("survival.json");
    let table = Table::load("survival.csv");
    let names = table.texts("dataset");
    let curve_of = |name: &str| {
        let of = |column: &str| {
            let rows = table.numbers(column).into_iter().zip(&names);
            rows.filter(|(_, other)| *other == name).map(|(value, _)| value).collect::<Vec<f64>>()
        };
        let observed: Vec<bool> = of("observed").iter().map(|seen| *seen > 0.0).collect();
        kaplan_meier(Durations { durations: &of("duration"), observed: &observed }).unwrap()
    };
    let sets = reference["sets"].as_object().unwrap().iter().filter(|(name, _)| *name != "weighted");
    // A second arm in which each set ends at its own horizon: its restricted mean is the horizon, without error.
    let mut checked = 0;
    for (name, expected) in sets {
        let horizon = number(&expected["horizon"]);
        let certain = kaplan_meier(Durations { durations: &[horizon; 2], observed: &[false; 2] }).unwrap();
        let found = restricted_mean_difference(&curve_of(name), &certain, horizon, Level::NINETY_FIVE);
        let found = found.unwrap().unwrap();
        check_near(name, found.estimate, number(&expected["restricted_mean"]) - horizon, 1e-10 * horizon);
        check(name, found.standard_error, number(&expected["restricted_mean_error"]));
        checked += 1;
    }
    assert!(checked >= 7);
}

#[test]
fn quantiles_agree_with_duckdb() {
    let reference = reference("quantiles.json");
    let table = Table::load("quantiles.csv");
    let names = table.texts("sample");
    for (name, expected) in reference["samples"].as_object().unwrap() {
        let rows = table.numbers("value").into_iter().zip(&names);
        let sorted = Sorted::new(rows.filter(|(_, other)| *other == name).map(|(value, _)| value).collect()).unwrap();
        for (permille, expected) in expected.as_object().unwrap() {
            let probability = permille.parse::<f64>().unwrap() / 1000.0;
            check(name, sorted.quantile(probability).unwrap().unwrap(), number(expected));
        }
    }
}

fn check_optional(name: &str, actual: Option<f64>, expected: &Value) {
    match (actual, expected.as_f64()) {
        (Some(actual), Some(expected)) => check_near(name, actual, expected, 1e-10 * expected.abs().max(1.0)),
        (actual, expected) => assert_eq!(actual, expected, "{name}"),
    }
}
