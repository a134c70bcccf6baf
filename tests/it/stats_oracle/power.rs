//! Power against R, pwr and statsmodels.

use super::{check, check_near, number, reference};
use paceline::stats::{Alternative, Level, PlannedClusters, Precision, design_effect, power_of_shares, units_needed};
use serde_json::Value;

const LEVEL: Level = Level::NINETY_FIVE;
/// R's default counts only rejections on the side of the effect, which is a one-sided test at half the level.
const R_LEVEL: f64 = 0.975;

fn clusters(case: &Value) -> Precision {
    let of = |name: &str| number(&case[name]);
    Precision::of_clusters(PlannedClusters {
        per_arm: of("J"),
        mean_size: of("m"),
        size_variation: 0.0,
        intraclass_correlation: of("rho"),
        deviation: 1.0,
    })
    .unwrap()
}

#[test]
fn two_groups_and_pairs_agree_with_r() {
    let reference = reference("power.json");
    let one_tail = Level::new(R_LEVEL).unwrap();
    let groups = |n: f64, m: f64| Precision::of_groups(n, m, 1.0).unwrap();
    let mut compared = 0;
    for (name, expected) in reference.as_object().unwrap() {
        let Some(n) = name.strip_prefix("t2_n").and_then(|rest| rest.split_once('_')) else { continue };
        let n: f64 = n.0.parse().unwrap();
        let power = groups(n, n).power(0.8, Alternative::OneSided, one_tail).unwrap();
        check(name, power, number(&expected["power"]));
        let power = groups(n, n).power(0.8, Alternative::TwoSided, LEVEL).unwrap();
        check(name, power, number(&expected["power_strict"]));
        compared += 1;
    }
    assert_eq!(compared, 7);
    let unequal = groups(9.0, 15.0).power(0.9, Alternative::TwoSided, LEVEL).unwrap();
    check("t2n_unequal", unequal, number(&reference["t2n_unequal"]));
    let paired = Precision::of_pairs(10.0, 1.0).unwrap().power(0.7, Alternative::OneSided, one_tail).unwrap();
    check("paired_n10", paired, number(&reference["paired_n10"]));
    check("prop2", power_of_shares(50.0, 0.3, 0.5, LEVEL).unwrap(), number(&reference["prop2"]));

    // R searches these to a tolerance of ε^¼ only, 1.22e-4; scipy's noncentral t with brentq gives the second figures.
    for (name, alternative, level, scipy) in [
        ("mde_n12", Alternative::OneSided, one_tail, 1.196_813_306_841_543_6),
        ("mde_n12_strict", Alternative::TwoSided, LEVEL, 1.196_811_913_753_230_5),
    ] {
        let effect = groups(12.0, 12.0).smallest_detectable_effect(0.8, alternative, level).unwrap();
        check(name, effect, scipy);
        check_near(name, effect, number(&reference[name]), 1.22e-4);
    }
    let needed = units_needed(|n| Precision::of_groups(n, n, 1.0), 0.5, 0.9, Alternative::OneSided, one_tail).unwrap();
    check("n_d.5", needed, 85.031_313_311_504_9);
    check_near("n_d.5", needed, number(&reference["n_d.5"]), 1.22e-4);
}

#[test]
fn clusters_agree_with_r() {
    let reference = reference("power.json");
    let grid = reference["cluster_nct_grid"].as_array().unwrap();
    assert_eq!(grid.len(), 135);
    for case in grid {
        let power = clusters(case).power(number(&case["delta"]), Alternative::TwoSided, LEVEL).unwrap();
        check("cluster_nct_grid", power, number(&case["power"]));
    }
    let smallest = reference["cluster_mde80"].as_array().unwrap();
    assert_eq!(smallest.len(), 45);
    for case in smallest {
        let effect = clusters(case).smallest_detectable_effect(0.8, Alternative::TwoSided, LEVEL).unwrap();
        check("cluster_mde80", effect, number(&case["mde80"]));
    }
    let eldridge = &reference["eldridge"];
    let [mean_size, variation, correlation] = ["mbar", "cv", "rho"].map(|name| number(&eldridge[name]));
    check("eldridge", design_effect(mean_size, variation, correlation).unwrap(), number(&eldridge["deff"]));
}

#[test]
fn two_groups_agree_with_statsmodels() {
    let reference = reference("power_py.json");
    let cases = reference["ttest_ind"].as_array().unwrap();
    assert_eq!(cases.len(), 12);
    for case in cases {
        let treated = number(&case["n1"]);
        let precision = Precision::of_groups(treated, treated * number(&case["ratio"]), 1.0).unwrap();
        let power = precision.power(number(&case["d"]), Alternative::TwoSided, LEVEL).unwrap();
        check("ttest_ind", power, number(&case["power"]));
    }
}
