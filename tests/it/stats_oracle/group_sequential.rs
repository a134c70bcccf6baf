//! Group-sequential boundaries against a 400-node Gauss–Legendre recursion, and against rpact, whose own integration is
//! good to a few units in the seventh digit.

use super::{check, check_near, number, reference};
use paceline::stats::{
    BoundaryShape, Look, Sides, Spending, futility_boundaries, inflation, sequential_power, shaped_boundaries,
    spending_boundaries,
};
use serde_json::Value;

const ALPHA: f64 = 0.025;
const RPACT: f64 = 1e-6;

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(number).collect()
}

#[test]
fn spending_agrees_with_gauss_legendre() {
    let reference = reference("group_sequential_hp.json");
    let mut compared = 0;
    for (name, expected) in reference.as_object().unwrap().iter().filter(|(name, _)| *name != "convention") {
        let (function, rest) = name.split_once('_').unwrap();
        let spending = match function {
            "OF" => Spending::OBrienFleming,
            "Pocock" => Spending::Pocock,
            "KD2" => Spending::Power(2.0),
            "KD3" => Spending::Power(3.0),
            "HSD-4" => Spending::HwangShihDeCani(-4.0),
            _ => panic!("{function} is not compared"),
        };
        let sides = if rest.ends_with("_two") { Sides::Both } else { Sides::Upper };
        let looks = spending_boundaries(&numbers(&expected["t"]), spending, ALPHA, sides).unwrap();
        for (look, z) in looks.iter().zip(numbers(&expected["z"])) {
            // Far out the figures come from one minus a distribution function, which has no more digits.
            let digits = 1e-12 + 1e-16 / look.nominal_p;
            check_near(name, look.z, z, digits.min(1e-4));
            compared += 1;
        }
        if let Some(spent) = expected.get("cum_alpha_one_side") {
            for (look, spent) in looks.iter().zip(numbers(spent)) {
                check_near(name, look.spent, spent, 1e-15);
            }
        }
    }
    assert_eq!(compared, 314);
}

fn check_looks(name: &str, looks: &[Look], expected: &Value, tails: f64) {
    for (key, figure) in [("z", 0), ("alpha_spent", 1), ("stage", 2)] {
        let Some(values) = expected.get(key) else { continue };
        let values = numbers(values);
        assert_eq!(values.len(), looks.len());
        for (look, value) in looks.iter().zip(values) {
            // Beyond z = 4.8 rpact has fewer digits.
            let tolerance = match figure {
                0 if value > 4.8 => 2e-4,
                0 => RPACT,
                _ => 5e-8,
            };
            check_near(name, [look.z, tails * look.spent, look.nominal_p][figure], value, tolerance);
        }
    }
}

#[test]
fn boundaries_agree_with_rpact() {
    let reference = reference("group_sequential.json");
    for (name, expected) in reference.as_object().unwrap() {
        let Some(arguments) = expected.get("args") else { continue };
        let sides = if arguments["sided"].as_u64() == Some(2) { Sides::Both } else { Sides::Upper };
        let tails = number(&arguments["sided"]);
        let information = numbers(&expected["info"]);
        let spent_by = |spending| spending_boundaries(&information, spending, ALPHA, sides).unwrap();
        let shaped = |shape| shaped_boundaries(&information, shape, ALPHA, sides).unwrap();
        let parameter = arguments.get("gammaA").map(number);
        let looks = match arguments["typeOfDesign"].as_str().unwrap() {
            "asOF" => spent_by(Spending::OBrienFleming),
            "asP" => spent_by(Spending::Pocock),
            "asKD" => spent_by(Spending::Power(parameter.unwrap())),
            "asHSD" => spent_by(Spending::HwangShihDeCani(parameter.unwrap())),
            "OF" => shaped(BoundaryShape::WangTsiatis(0.0)),
            "P" => shaped(BoundaryShape::WangTsiatis(0.5)),
            "WT" => shaped(BoundaryShape::WangTsiatis(number(&arguments["deltaWT"]))),
            "HP" => shaped(BoundaryShape::HaybittlePeto(3.0)),
            other => panic!("{other} is not compared"),
        };
        check_looks(name, &looks, expected, tails);
    }
    let looks = |spending| spending_boundaries(&[0.2, 0.4, 0.6, 0.8, 1.0], spending, ALPHA, Sides::Upper).unwrap();
    let looks = looks(Spending::OBrienFleming);

    let expected = &reference["asOF_bsOF_nonbinding_k5"];
    check_looks("non-binding", &looks, expected, 1.0);
    let futility = futility_boundaries(&looks, Spending::OBrienFleming, 0.2).unwrap();
    for (name, actual, key) in [
        ("futility", &futility.z, "futility"),
        ("power", &futility.rejected, "power"),
        ("missed", &futility.missed, "beta_spent"),
    ] {
        let values = numbers(&expected[key]);
        assert_eq!(values.len(), actual.len());
        for (actual, value) in actual.iter().zip(values) {
            check_near(name, *actual, value, RPACT);
        }
    }

    let expected = &reference["asOF_k5_characteristics"];
    let cost = inflation(&looks, 0.8).unwrap();
    check("nFixed", cost.drift.powi(2) / cost.factor, number(&expected["nFixed"]));
    check_near("shift", cost.drift.powi(2), number(&expected["shift"]), 10.0 * RPACT);
    check_near("inflationFactor", cost.factor, number(&expected["inflationFactor"]), RPACT);
    check_near("avgN_H1", cost.expected_under_effect, number(&expected["avgN_H1"]), RPACT);
    check_near("avgN_H0", cost.expected_under_none, number(&expected["avgN_H0"]), RPACT);
    let power = sequential_power(&looks, cost.drift).unwrap();
    for (actual, value) in power.rejected.iter().zip(numbers(&expected["power"])) {
        check_near("power", *actual, value, RPACT);
    }
}
