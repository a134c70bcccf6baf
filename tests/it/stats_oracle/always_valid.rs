//! Anytime-valid inference against its closed forms and the confseq library: every entry of both files.

use super::{Teams, check, check_near, number, reference};
use paceline::stats::{
    AnytimeTuning, Covariance, Level, Sides, Stitching, ancova, anytime_t, anytime_t_radius,
    gamma_exponential_boundary, mixture_precision, mixture_radius, mixture_test, normal_mixture_boundary,
    normal_mixture_log_evidence, sequence_radius, sequence_tuning, sequential_sample_ratio, stitched_boundary,
};
use serde_json::Value;

const LEVEL: Level = Level::NINETY_FIVE;

fn cases<'a>(reference: &'a Value, name: &str, count: usize) -> &'a [Value] {
    let cases = reference[name].as_array().unwrap();
    assert_eq!(cases.len(), count, "{name}");
    cases
}

#[test]
fn confidence_sequences_agree_with_closed_forms() {
    let reference = reference("confidence_sequences.json");
    for case in cases(&reference, "asymp_cs", 60) {
        let [deviation, n, alpha, tightest_at] = ["sigma", "n", "alpha", "n_star"].map(|key| number(&case[key]));
        let level = Level::new(1.0 - alpha).unwrap();
        check("rho", sequence_tuning(tightest_at, level).unwrap(), number(&case["rho"]));
        let radius = sequence_radius(deviation, n, tightest_at, level).unwrap();
        check("half-width", radius, number(&case["halfwidth"]));
    }
    for case in cases(&reference, "msprt", 24) {
        let [estimate, variance, mixture] = ["d", "V", "tau2"].map(|key| number(&case[key]));
        let test = mixture_test(estimate, variance, mixture).unwrap();
        check("LR", test.log_evidence.exp(), number(&case["LR"]));
        check("p", test.p, number(&case["p"]));
        check("half-width", mixture_radius(variance, mixture, LEVEL).unwrap(), number(&case["halfwidth95"]));
    }
    for case in cases(&reference, "srm_eprocess", 10) {
        let counts: Vec<u64> = case["n"].as_array().unwrap().iter().map(|count| count.as_u64().unwrap()).collect();
        let numbers = |key: &str| case[key].as_array().unwrap().iter().map(number).collect::<Vec<f64>>();
        let concentration: f64 = numbers("alpha0").iter().sum();
        let test = sequential_sample_ratio(&counts, &numbers("theta"), concentration).unwrap();
        check_near("log e", test.log_evidence, number(&case["log_e"]), 1e-9);
        check_near("p", test.p, number(&case["p"]), 1e-9);
    }
}

#[test]
fn the_anytime_t_test_agrees_with_its_closed_form() {
    let reference = reference("confidence_sequences.json");
    let effect = Teams::load().fit(&[], |rows| ancova(rows, Covariance::Classical, LEVEL));
    for case in cases(&reference, "av_ttest_ancova_teams", 5) {
        let [mixture_precision, information] = ["phi", "z2"].map(|key| number(&case[key]));
        check("t", effect.t, number(&case["t"]));
        check("df", effect.degrees_of_freedom, number(&case["nu"]));
        let test = anytime_t(&effect, AnytimeTuning { information, mixture_precision }).unwrap();
        check("e-value", test.log_evidence.exp(), number(&case["e_value"]));
        check("p", test.p, number(&case["p"]));
    }
    let information = number(&reference["av_ttest_ancova_teams"][0]["z2"]);
    for case in cases(&reference, "av_ttest_crit95", 4) {
        let mixture_precision = number(&case["phi"]);
        let radius = anytime_t_radius(&effect, AnytimeTuning { information, mixture_precision }).unwrap();
        assert_eq!(radius.is_none(), case["halfwidth"].is_null());
        if let Some(radius) = radius {
            check("half-width", radius, number(&case["halfwidth"]));
            check("critical t", radius / effect.standard_error, number(&case["t_crit"]));
        }
    }
}

#[test]
fn boundaries_agree_with_confseq() {
    let reference = reference("confseq_boundaries.json");
    let of = |case: &Value, key: &str| number(&case[key]);
    let precision = |case: &Value, sides| mixture_precision(of(case, "v_opt"), of(case, "alpha_opt"), sides).unwrap();
    for (name, sides) in [("normal_mixture_two_sided", Sides::Both), ("normal_mixture_one_sided", Sides::Upper)] {
        for case in cases(&reference, name, 54) {
            let bound = normal_mixture_boundary(of(case, "v"), precision(case, sides), of(case, "alpha"), sides);
            check(name, bound.unwrap(), of(case, "bound"));
        }
    }
    for case in cases(&reference, "normal_log_mixture_two_sided", 36) {
        let evidence = normal_mixture_log_evidence(of(case, "s"), of(case, "v"), precision(case, Sides::Both));
        check_near("log mixture", evidence.unwrap(), of(case, "log_mix"), 1e-12);
    }
    for case in cases(&reference, "poly_stitching", 27) {
        let stitching = Stitching {
            from_variance: of(case, "v_min"),
            scale: of(case, "c"),
            exponent: of(case, "s"),
            ratio: of(case, "eta"),
        };
        check("stitching", stitched_boundary(of(case, "v"), stitching, of(case, "alpha")).unwrap(), of(case, "bound"));
    }
    for case in cases(&reference, "gamma_exponential", 27) {
        let rho = precision(case, Sides::Upper);
        let bound = gamma_exponential_boundary(of(case, "v"), rho, of(case, "c"), of(case, "alpha"));
        check("gamma-exponential", bound.unwrap(), of(case, "bound"));
    }
    assert_eq!(reference.as_object().unwrap().len(), 6);
}
