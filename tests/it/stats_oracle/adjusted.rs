//! Relative changes of ratios and outcomes adjusted by the pre-period against gbstats, tea-tasting and closed forms.

use super::{Table, Teams, check, check_near, number, reference};
use paceline::stats::{
    BeforeAfter, ConfidenceSet, Covariance, Cuped, CupedSlope, Effect, Level, RatioRows, RatiosBeforeAfter, ancova,
    cuped, lin, ratio, ratio_cuped, ratio_effect, relative_ratio_effect, relative_ratio_set, welch,
};
use serde_json::Value;

#[test]
fn relative_changes_of_ratios_agree_with_gbstats_and_fieller() {
    let reference = reference("delta_ratio.json");
    let rows = Table::load("teams_ratio_inputs.csv");
    let metrics =
        [("revert_rate_per_pr", "num", "den"), ("loc_per_pr", "loc", "den"), ("cycle_h_per_pr", "cyc", "den")];
    assert_eq!(reference.as_object().unwrap().len(), 4);
    for (name, numerator, denominator) in metrics.into_iter().chain([("tickets_per_dev", "tick", "devs")]) {
        let columns = ["0", "1"].map(|arm| (rows.arm(numerator, arm), rows.arm(denominator, arm)));
        let [control, treated] =
            [0, 1].map(|arm| RatioRows { numerators: &columns[arm].0, denominators: &columns[arm].1 });
        let expected = &reference[name];
        let effect = relative_ratio_effect(treated, control, Level::NINETY_FIVE).unwrap();
        check_near(name, effect.estimate, number(&expected["rel"]["lift"]), 1e-13);
        check(name, effect.standard_error, number(&expected["rel"]["se"]));
        let theirs = &expected["gbstats_main"]["relative"];
        check_near(name, effect.estimate, number(&theirs["expected"]), 1e-12);
        check(name, effect.standard_error, number(&theirs["stddev"]));
        check(name, effect.p, number(&theirs["p"]));
        check_interval(name, &effect, &theirs["ci"][0], &theirs["ci"][1]);
        let set = relative_ratio_set(treated, control, Level::NINETY_FIVE).unwrap();
        let ConfidenceSet::Interval(interval) = set else { panic!("{name}: {set:?}") };
        check(name, interval.low, number(&expected["fieller_rel"][0]));
        check(name, interval.high, number(&expected["fieller_rel"][1]));

        let effect = ratio_effect(treated, control, Level::NINETY_FIVE).unwrap();
        let theirs = &expected["gbstats_main"]["absolute"];
        let scale = number(&expected["ratio0"]);
        check_near(name, effect.estimate, number(&theirs["expected"]), 1e-12 * scale);
        check(name, effect.standard_error, number(&theirs["stddev"]));
        check(name, effect.p, number(&theirs["p"]));
        check_interval(name, &effect, &theirs["ci"][0], &theirs["ci"][1]);
        let theirs = &expected["tea_tasting"];
        check(name, ratio(control, Level::NINETY_FIVE).unwrap().value.unwrap(), number(&theirs["control"]));
        check(name, ratio(treated, Level::NINETY_FIVE).unwrap().value.unwrap(), number(&theirs["treatment"]));
        check_near(name, effect.estimate, number(&theirs["effect_size"]), 1e-12 * scale);
        check_interval(name, &effect, &theirs["effect_size_ci_lower"], &theirs["effect_size_ci_upper"]);
        check(name, effect.p, number(&theirs["pvalue"]));
        check(name, effect.t, number(&theirs["statistic"]));
        check(name, effect.t, number(&expected["abs"]["t"]));
        check_interval(name, &effect, &expected["abs"]["ci_t"][0], &expected["abs"]["ci_t"][1]);
    }
}

fn check_interval(name: &str, effect: &Effect, low: &Value, high: &Value) {
    check(name, effect.interval.low, number(low));
    check(name, effect.interval.high, number(high));
}

struct Arm {
    before: Vec<f64>,
    after: Vec<f64>,
}

impl Arm {
    fn load(arm: &str) -> Arm {
        let teams = Teams::load();
        Arm { before: teams.arm("log_ct_pre", arm), after: teams.arm("log_ct_post", arm) }
    }

    fn rows(&self) -> BeforeAfter<'_> {
        BeforeAfter { before: &self.before, after: &self.after }
    }
}

#[test]
fn cuped_agrees_with_tea_tasting_and_gbstats() {
    let reference = reference("cuped.json");
    let (treated, control) = (Arm::load("1"), Arm::load("0"));
    let by = |slope| cuped(treated.rows(), control.rows(), slope, Level::NINETY_FIVE).unwrap();
    let within = by(CupedSlope::WithinArms);
    check("slope within arms", within.slope, number(&reference["theta_within_arm"]));
    check_two_sample(&within, &reference["two_sample_within_theta"]);
    let pooled = by(CupedSlope::Pooled);
    check_two_sample(&pooled, &reference["two_sample_pooled_theta"]);
    check_tea_tasting(&pooled, &reference["tea_tasting_mean"]);
    let theirs = &reference["gbstats_absolute"];
    check("gbstats", pooled.effect.estimate, number(&theirs["expected"]));
    check("gbstats", pooled.effect.standard_error, number(&theirs["sd"]));
    check("gbstats", pooled.effect.p, number(&theirs["p"]));
    check_interval("gbstats", &pooled.effect, &theirs["ci"][0], &theirs["ci"][1]);

    let plain = welch(&treated.after, &control.after, Level::NINETY_FIVE).unwrap();
    let theirs = &reference["tea_tasting_nocuped"];
    check("no cuped", plain.estimate, number(&theirs["effect_size"]));
    check_interval("no cuped", &plain, &theirs["effect_size_ci_lower"], &theirs["effect_size_ci_upper"]);
    check("no cuped", plain.t, number(&theirs["statistic"]));
    check("no cuped", plain.p, number(&theirs["pvalue"]));
}

fn check_two_sample(actual: &Cuped, expected: &Value) {
    check("slope", actual.slope, number(&expected["theta"]));
    check("difference", actual.effect.estimate, number(&expected["diff"]));
    check("standard error", actual.effect.standard_error, number(&expected["se"]));
    check("degrees of freedom", actual.effect.degrees_of_freedom, number(&expected["df"]));
    check("t", actual.effect.t, number(&expected["t"]));
    check("p", actual.effect.p, number(&expected["p"]));
    check("control", actual.control, number(&expected["mean0"]));
    check("treated", actual.treated, number(&expected["mean1"]));
}

fn check_tea_tasting(actual: &Cuped, expected: &Value) {
    check("control", actual.control, number(&expected["control"]));
    check("treated", actual.treated, number(&expected["treatment"]));
    check("difference", actual.effect.estimate, number(&expected["effect_size"]));
    check_interval("cuped", &actual.effect, &expected["effect_size_ci_lower"], &expected["effect_size_ci_upper"]);
    check("t", actual.effect.t, number(&expected["statistic"]));
    check("p", actual.effect.p, number(&expected["pvalue"]));
    let log_ratio = actual.log_ratio.unwrap();
    check("relative", log_ratio.estimate.exp_m1(), number(&expected["rel_effect_size"]));
    let relative = log_ratio.interval.map(f64::exp_m1).unwrap();
    check("relative", relative.low, number(&expected["rel_effect_size_ci_lower"]));
    check("relative", relative.high, number(&expected["rel_effect_size_ci_upper"]));
}

#[test]
fn ratio_cuped_agrees_with_tea_tasting() {
    let table = Table::load("teams_ratio_inputs.csv");
    let columns = ["0", "1"].map(|arm| ["tick_pre", "tick", "devs"].map(|name| table.arm(name, arm)));
    let [control, treated] = [0, 1].map(|arm: usize| {
        let [before, after, developers] = &columns[arm];
        RatiosBeforeAfter {
            before: RatioRows { numerators: before, denominators: developers },
            after: RatioRows { numerators: after, denominators: developers },
        }
    });
    let actual = ratio_cuped(treated, control, Level::NINETY_FIVE).unwrap();
    check_tea_tasting(&actual, &reference("cuped.json")["tea_ratio_cuped"]);
}

#[test]
fn adjusted_least_squares_agree_with_statsmodels() {
    let reference = reference("cuped.json");
    let teams = Teams::load();
    let effect = teams.fit(&[], |rows| ancova(rows, Covariance::Classical, Level::NINETY_FIVE));
    let expected = &reference["ancova_ols"];
    check("ancova", effect.estimate, number(&expected["b"]));
    check("ancova", effect.standard_error, number(&expected["se"]));
    check("ancova", effect.p, number(&expected["p"]));
    check("ancova", effect.degrees_of_freedom, number(&expected["df"]));
    for expected in reference["lin"].as_object().unwrap().values() {
        let effect = teams.fit(&[], |rows| lin(rows, Covariance::Hc3, Level::NINETY_FIVE));
        check("lin", effect.estimate, number(&expected["b"]));
    }
}
