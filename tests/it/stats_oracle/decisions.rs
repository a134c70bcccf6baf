//! Multiplicity, sample ratio, margins and exact Poisson rates against R.

use super::{Teams, check, check_near, number, reference};
use paceline::stats::{
    Better, Events, Level, Multiplicity, adjusted_p_values, equivalence, noninferiority, poisson_rate_ratio,
    sample_ratio_test, welch,
};

#[test]
fn adjusted_p_values_agree_with_r() {
    let reference = reference("p_adjust.json");
    let numbers = |name: &str| reference[name].as_array().unwrap().iter().map(number).collect::<Vec<f64>>();
    let p = numbers("p");
    let mut compared = 0;
    for name in reference.as_object().unwrap().keys() {
        let correction = match name.as_str() {
            "holm" => Multiplicity::Holm,
            "hochberg" => Multiplicity::Hochberg,
            "hommel" => Multiplicity::Hommel,
            "bonferroni" => Multiplicity::Bonferroni,
            "BH" | "fdr" => Multiplicity::BenjaminiHochberg,
            "BY" => Multiplicity::BenjaminiYekutieli,
            "p" | "none" => continue,
            _ => panic!("{name} is not compared"),
        };
        for (actual, expected) in adjusted_p_values(&p, correction).unwrap().into_iter().zip(numbers(name)) {
            check_near(name, actual, expected, 2e-15);
            compared += 1;
        }
    }
    assert_eq!(compared, 70);
}

#[test]
fn sample_ratios_agree_with_r() {
    let reference = reference("srm.json");
    for (name, expected) in reference.as_object().unwrap() {
        let (counts, weights): (Vec<u64>, Vec<f64>) = match expected.get("obs") {
            Some(observed) => {
                let counts = observed.as_array().unwrap().iter().map(|count| count.as_u64().unwrap());
                (counts.collect(), expected["exp"].as_array().unwrap().iter().map(number).collect())
            }
            None => name.split('_').map(|count| (count.parse::<u64>().unwrap(), 1.0)).unzip(),
        };
        let test = sample_ratio_test(&counts, &weights).unwrap();
        check_near(name, test.chi_square, number(&expected["x2"]), 1e-13);
        check_near(name, test.p, number(&expected["p"]), 1e-14);
        match expected.get("p_exact_binom").filter(|p| !p.is_null()) {
            Some(exact) => check_near(name, test.exact_p.unwrap(), number(exact), 1e-11),
            None => assert_eq!(test.exact_p, None),
        }
    }
}

#[test]
fn margins_agree_with_r() {
    let reference = reference("noninferiority.json");
    let teams = Teams::load();
    let effect = welch(&teams.arm("log_ct_post", "1"), &teams.arm("log_ct_post", "0"), Level::NINETY_FIVE).unwrap();
    for (name, expected) in reference.as_object().unwrap() {
        if name == "tost_.5" {
            let test = equivalence(&effect, -0.5, 0.5).unwrap();
            check(name, test.p_above_low, number(&expected["p_lower"]));
            check(name, test.p_below_high, number(&expected["p_upper"]));
            check(name, test.p, number(&expected["p"]));
            continue;
        }
        let test = noninferiority(&effect, number(&expected["margin"]), Better::Lower).unwrap();
        check(name, test.t, number(&expected["t"]));
        check(name, test.degrees_of_freedom, number(&expected["df"]));
        check(name, test.p, number(&expected["p"]));
        check_near(name, test.bound, number(&expected["upper95"]), 1e-14);
    }
}

#[test]
fn poisson_rates_agree_with_r() {
    let expected = &reference("poisson_rate.json")["poisson_rate_ratio"];
    let events =
        |arm: usize| Events { count: expected["x"][arm].as_u64().unwrap(), exposure: number(&expected["T"][arm]) };
    let actual = poisson_rate_ratio(events(0), events(1), Level::NINETY_FIVE).unwrap();
    check("p", actual.p, number(&expected["p"]));
    check("ratio", actual.ratio.value.unwrap(), number(&expected["est"]));
    let interval = actual.ratio.interval.unwrap();
    check("low", interval.low, number(&expected["ci"][0]));
    check("high", interval.high, number(&expected["ci"][1]));
}
