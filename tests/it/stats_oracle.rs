//! The statistics against what established packages answer on the same data: inputs in `tests/oracle/data`, answers in
//! `tests/oracle/ref`, the scripts that made both in `tests/oracle/made-by`. Packages and versions:
//! `ref/*_versions.json`.

mod adjusted;
mod always_valid;
mod cluster;
mod decision_rule;
mod decisions;
mod gee;
mod group_sequential;
mod mixed;
mod power;
mod ranks;
mod robust;
mod staggered;
mod survival;
mod wild;

use paceline::stats::{
    Balance, Covariance, Effect, Interval, Level, Lottery, LotteryRows, RandomizationOptions, RandomizationTest,
    RatioRows, ReferenceSet, Rerandomized, Statistic, Unit, UnitRows, Variant, ancova, distance_bound, lin,
    log_ratio_effect, randomization_test, ratio, ratio_effect, student, welch,
};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;

#[test]
fn welch_and_student_agree_with_r() {
    let reference = reference("cluster_summary.json");
    let teams = Teams::load();
    let (treated, control) = (teams.arm("log_ct_post", "1"), teams.arm("log_ct_post", "0"));
    for (name, effect) in [
        ("welch", welch(&treated, &control, Level::NINETY_FIVE).unwrap()),
        ("student", student(&treated, &control, Level::NINETY_FIVE).unwrap()),
    ] {
        // R's t.test takes arm 0 minus arm 1.
        let expected = &reference[name];
        check(name, effect.t, -number(&expected["t"]));
        check(name, effect.degrees_of_freedom, number(&expected["df"]));
        check(name, effect.p, number(&expected["p"]));
        check(name, effect.interval.low, -number(&expected["ci"][1]));
        check(name, effect.interval.high, -number(&expected["ci"][0]));
        check(name, effect.estimate, number(&expected["est"][1]) - number(&expected["est"][0]));
    }
}

#[test]
fn team_ancova_agrees_with_r() {
    let reference = reference("cluster_summary.json");
    let teams = Teams::load();
    for (name, strata) in [("ancova_team", Vec::new()), ("ancova_team_strata", teams.texts("org"))] {
        let effect = teams.fit(&strata, |rows| ancova(rows, Covariance::Classical, Level::NINETY_FIVE));
        let expected = &reference[name]["table"][1];
        check(name, effect.estimate, number(&expected[0]));
        check(name, effect.standard_error, number(&expected[1]));
        check(name, effect.t, number(&expected[2]));
        check(name, effect.p, number(&expected[3]));
        check(name, effect.degrees_of_freedom, number(&reference[name]["df"]));
    }
}

#[test]
fn lin_agrees_with_estimatr_and_statsmodels() {
    let reference = reference("cluster_summary.json");
    let teams = Teams::load();
    let by = |covariance| teams.fit(&[], |rows| lin(rows, covariance, Level::NINETY_FIVE));
    for (name, covariance) in [("lin_team_HC2", Covariance::Hc2), ("lin_team_HC3", Covariance::Hc3)] {
        let (effect, expected) = (by(covariance), &reference[name][1]);
        check(name, effect.estimate, number(&expected["estimate"]));
        check(name, effect.standard_error, number(&expected["std.error"]));
        check(name, effect.t, number(&expected["statistic"]));
        check(name, effect.p, number(&expected["p.value"]));
        check(name, effect.interval.low, number(&expected["conf.low"]));
        check(name, effect.interval.high, number(&expected["conf.high"]));
        check(name, effect.degrees_of_freedom, number(&expected["df"]));
    }
    check("lin_team_ols", by(Covariance::Classical).standard_error, number(&reference["lin_team_ols"]["table"][1][1]));
    let python = &self::reference("cuped.json")["lin"];
    let covariances = [
        ("nonrobust", Covariance::Classical),
        ("HC1", Covariance::Hc1),
        ("HC2", Covariance::Hc2),
        ("HC3", Covariance::Hc3),
    ];
    for (name, covariance) in covariances {
        let effect = by(covariance);
        check(name, effect.standard_error, number(&python[name]["se"]));
        check(name, effect.p, number(&python[name]["p"]));
    }
}

#[test]
fn ratios_agree_with_the_delta_method() {
    let reference = reference("delta_ratio.json");
    let rows = Table::load("teams_ratio_inputs.csv");
    let metrics =
        [("revert_rate_per_pr", "num", "den"), ("loc_per_pr", "loc", "den"), ("cycle_h_per_pr", "cyc", "den")];
    for (name, numerator, denominator) in metrics.into_iter().chain([("tickets_per_dev", "tick", "devs")]) {
        let columns = ["0", "1"].map(|arm| (rows.arm(numerator, arm), rows.arm(denominator, arm)));
        let [control, treated] =
            [0, 1].map(|arm| RatioRows { numerators: &columns[arm].0, denominators: &columns[arm].1 });
        let expected = &reference[name];
        check(name, ratio(control, Level::NINETY_FIVE).unwrap().value.unwrap(), number(&expected["ratio0"]));
        let effect = ratio_effect(treated, control, Level::NINETY_FIVE).unwrap();
        check_near(name, effect.estimate, number(&expected["abs"]["diff"]), 1e-12 * number(&expected["ratio0"]));
        check(name, effect.standard_error, number(&expected["abs"]["se"]));
        check(name, effect.degrees_of_freedom, number(&expected["abs"]["df_welch"]));
        check(name, effect.p, number(&expected["abs"]["p_t"]));
        check(name, effect.interval.high, number(&expected["abs"]["ci_t"][1]));
        let log = log_ratio_effect(treated, control, Level::NINETY_FIVE).unwrap();
        check_near(name, log.estimate, number(&expected["log"]["log_ratio"]), 1e-12);
        check(name, log.standard_error, number(&expected["log"]["se"]));
        check(name, log.p, number(&expected["log"]["p_t"]));
        let relative = log.interval.map(f64::exp_m1).unwrap();
        check(name, relative.low, number(&expected["log"]["ci"][0]));
        check(name, relative.high, number(&expected["log"]["ci"][1]));
    }
}

#[test]
fn stratified_lottery_agrees_with_the_enumeration() {
    let reference = reference("randomization_inference.json");
    let teams = Table::load("teams_summary.csv");
    let drawn = Drawn::new(&teams.texts("team"), &teams.texts("org"), &teams);
    let [outcome, before] = ["log_ct_post", "log_ct_pre"].map(|column| drawn.column(&teams, column));
    let plain = drawn.test(&outcome, &[], Statistic::DifferenceInMeans);
    let expected = &reference["stratified_diff_in_means"];
    check("difference in means", plain.statistic, number(&expected["statistic"]));
    check_counts(&plain, &expected["n_ge"], &expected["n_assignments"]);
    check("p less", plain.p_less, number(&expected["p_less"]));
    assert!(plain.p_greater > 0.9);
    check_near("p", plain.p, number(&expected["p_two_sided"]), 1e-16);

    // In arms of equal size the studentised statistic orders the assignments as the difference in mean residuals does.
    let adjusted = drawn.test(&outcome, &[before], Statistic::StudentisedResidual);
    let expected = &reference["stratified_resid_ancova"];
    check_counts(&adjusted, &expected["n_ge"], &expected["n_assignments"]);
    check_near("p", adjusted.p, number(&expected["p_two_sided"]), 1e-17);
    // The reference's own statistic: mean residuals after strata and the pre-period.
    let residuals = residuals_within(&drawn.lottery.strata(), &drawn.column(&teams, "log_ct_pre"), &outcome);
    let of_residuals = drawn.test(&residuals, &[], Statistic::DifferenceInMeans);
    check("mean residual", of_residuals.statistic, number(&expected["statistic"]));
    check_counts(&of_residuals, &expected["n_ge"], &expected["n_assignments"]);
    let ancova = &self::reference("cluster_summary.json")["ancova_team_strata"]["table"][1][0];
    check("additive effect", adjusted.estimate, number(ancova));
}

/// What strata and one covariate leave of the outcome.
fn residuals_within(strata: &[String], covariate: &[f64], outcome: &[f64]) -> Vec<f64> {
    let centred = |values: &[f64]| -> Vec<f64> {
        let mean = |stratum: &String| {
            let members = values.iter().zip(strata).filter(|(_, other)| *other == stratum).map(|(value, _)| *value);
            let members: Vec<f64> = members.collect();
            members.iter().sum::<f64>() / members.len() as f64
        };
        values.iter().zip(strata).map(|(value, stratum)| value - mean(stratum)).collect()
    };
    let (x, y) = (centred(covariate), centred(outcome));
    let products: f64 = x.iter().zip(&y).map(|(x, y)| x * y).sum();
    let slope = products / x.iter().map(|x| x * x).sum::<f64>();
    x.iter().zip(&y).map(|(x, y)| y - slope * x).collect()
}

#[test]
fn pairs_agree_with_sign_flips_and_subset_means() {
    let reference = reference("randomization_inference.json");
    let teams = Table::load("pairs.csv");
    let drawn = Drawn::new(&teams.texts("team"), &teams.texts("pair"), &teams);
    let test = drawn.test(&drawn.column(&teams, "post"), &[], Statistic::DifferenceInMeans);
    let expected = &reference["pairs_signflip"];
    check("mean of differences", test.statistic, number(&expected["statistic"]));
    check_counts(&test, &expected["n_ge"], &expected["n"]);
    let Interval { low, high } = test.interval.unwrap();
    let bounds = &reference["pairs_ri_ci95_exact_subset_means"];
    // Ties are counted from 1 − 1e-9 on, which moves the bounds by as much.
    check_near("low", low, number(&bounds["lo"]), 1e-8);
    check_near("high", high, number(&bounds["hi"]), 1e-8);
}

#[test]
fn complete_randomisation_agrees_with_scipy() {
    let reference = &reference("randomization_inference.json")["small8_scipy_exact"];
    let means = small8_means();
    let drawn = Drawn::new(&means.texts("team"), &vec![String::new(); 8], &means);
    let test = drawn.test(&drawn.column(&means, "y"), &[], Statistic::DifferenceInMeans);
    check_near("statistic", test.statistic, number(&reference["stat"]), 1e-14);
    check("p", test.p, number(&reference["p"]));
    assert_eq!(test.reference, ReferenceSet::Exact { assignments: reference["n"].as_u64().unwrap() });
}

#[test]
fn rerandomisation_agrees_with_the_enumeration() {
    let reference = &reference("randomization_inference.json")["small8_rerandomised"];
    let means = small8_means();
    let drawn = Drawn::new(&means.texts("team"), &vec![String::new(); 8], &means);
    let balance = Balance::new(&[drawn.column(&means, "x")]).unwrap();
    let bound = distance_bound(1, 0.7).unwrap();
    check("threshold", bound, number(&reference["mahalanobis_threshold"]));
    check("observed", balance.distance(&drawn.arms).unwrap(), number(&reference["M_observed"]));
    // The reference lists the treated sets of four in lexicographic order.
    let mut sets: Vec<Vec<usize>> = drawn.lottery.assignments(70).unwrap().collect();
    sets.sort_by(|a, b| b.cmp(a));
    let distances = reference["M_all"].as_array().unwrap();
    assert_eq!(sets.len(), distances.len());
    for (arms, expected) in sets.iter().zip(distances) {
        check_near("distance", balance.distance(arms).unwrap(), number(expected), 1e-12);
    }
    let rerandomized = Rerandomized::new(drawn.lottery.clone(), balance, bound).unwrap();
    let accepted = reference["n_accept"].as_u64().unwrap();
    assert_eq!(rerandomized.accepted_count(70).unwrap(), accepted);
    let outcome = drawn.column(&means, "y");
    let rows = LotteryRows { outcome: &outcome, arms: &drawn.arms, covariates: &[], known: &[] };
    let options = RandomizationOptions::with_seed([0; 32]);
    let test = randomization_test(&rerandomized, rows, Statistic::DifferenceInMeans, options).unwrap();
    check_near("statistic", test.statistic, number(&reference["statistic"]), 1e-14);
    check("p", test.p, number(&reference["p"]));
    assert_eq!(test.reference, ReferenceSet::Exact { assignments: accepted });
}

/// The means of outcome and covariate of the eight teams.
fn small8_means() -> Table {
    let rows = Table::load("small8.csv");
    let mut teams: BTreeMap<String, (String, Vec<f64>, Vec<f64>)> = BTreeMap::new();
    let columns = rows.texts("team").into_iter().zip(rows.texts("arm")).zip(rows.numbers("y")).zip(rows.numbers("x"));
    for (((team, arm), y), x) in columns {
        let team = teams.entry(team).or_insert_with(|| (arm, Vec::new(), Vec::new()));
        team.1.push(y);
        team.2.push(x);
    }
    let mean = |values: &[f64]| (values.iter().sum::<f64>() / values.len() as f64).to_string();
    let lines = teams.iter().map(|(team, (arm, ys, xs))| vec![team.clone(), arm.clone(), mean(ys), mean(xs)]);
    Table { names: ["team", "arm", "y", "x"].map(str::to_owned).to_vec(), lines: lines.collect() }
}

fn check(name: &str, actual: f64, expected: f64) {
    check_near(name, actual, expected, 1e-10 * expected.abs());
}

fn check_near(name: &str, actual: f64, expected: f64, tolerance: f64) {
    assert!((actual - expected).abs() <= tolerance, "{name}: {actual} is not {expected}");
}

fn check_counts(test: &RandomizationTest, at_least: &Value, assignments: &Value) {
    assert_eq!(test.at_least, at_least.as_u64().unwrap());
    assert_eq!(test.reference, ReferenceSet::Exact { assignments: assignments.as_u64().unwrap() });
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is not a number"))
}

fn reference(name: &str) -> Value {
    serde_json::from_str(&read(&format!("ref/{name}"))).unwrap()
}

fn read(name: &str) -> String {
    let path = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/oracle")).join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A CSV file without quoted fields.
struct Table {
    names: Vec<String>,
    lines: Vec<Vec<String>>,
}

impl Table {
    fn load(name: &str) -> Table {
        let text = read(&format!("data/{name}"));
        let mut lines = text.lines().map(|line| line.split(',').map(|field| field.trim().to_owned()).collect());
        Table { names: lines.next().unwrap(), lines: lines.collect() }
    }

    fn texts(&self, name: &str) -> Vec<String> {
        let column = self.names.iter().position(|other| other == name).unwrap();
        self.lines.iter().map(|line| line[column].clone()).collect()
    }

    fn numbers(&self, name: &str) -> Vec<f64> {
        self.texts(name).iter().map(|text| text.parse().unwrap()).collect()
    }

    fn arm(&self, name: &str, arm: &str) -> Vec<f64> {
        let rows = self.numbers(name).into_iter().zip(self.texts("arm"));
        rows.filter(|(_, other)| other == arm).map(|(value, _)| value).collect()
    }
}

struct Teams(Table);

impl Teams {
    fn load() -> Teams {
        Teams(Table::load("teams_summary.csv"))
    }

    fn arm(&self, name: &str, arm: &str) -> Vec<f64> {
        self.0.arm(name, arm)
    }

    fn texts(&self, name: &str) -> Vec<String> {
        self.0.texts(name)
    }

    fn fit<E: std::fmt::Debug>(&self, strata: &[String], model: impl Fn(UnitRows) -> Result<Effect, E>) -> Effect {
        let outcome = self.0.numbers("log_ct_post");
        let treated: Vec<bool> = self.0.texts("arm").iter().map(|arm| arm == "1").collect();
        let covariates = [self.0.numbers("log_ct_pre")];
        model(UnitRows { outcome: &outcome, treated: &treated, covariates: &covariates, strata }).unwrap()
    }
}

/// A lottery with one half treated in each stratum, and the assignment it drew.
struct Drawn {
    lottery: Lottery,
    /// The row of the table of each unit, in the order of the lottery.
    order: Vec<usize>,
    arms: Vec<usize>,
}

impl Drawn {
    fn new(ids: &[String], strata: &[String], table: &Table) -> Drawn {
        let units = ids.iter().zip(strata).map(|(id, stratum)| Unit { stratum: stratum.clone(), id: id.clone() });
        let variants = ["control", "treatment"].map(|name| Variant { name: name.to_owned(), weight: 1 });
        let lottery = Lottery::new(units.collect(), variants.to_vec()).unwrap();
        let row_of = |unit: &Unit| ids.iter().position(|id| *id == unit.id).unwrap();
        let order: Vec<usize> = lottery.units().iter().map(row_of).collect();
        let arm = table.texts("arm");
        let arms = order.iter().map(|row| arm[*row].parse().unwrap()).collect();
        Drawn { lottery, order, arms }
    }

    fn column(&self, table: &Table, name: &str) -> Vec<f64> {
        let values = table.numbers(name);
        self.order.iter().map(|row| values[*row]).collect()
    }

    fn test(&self, outcome: &[f64], covariates: &[Vec<f64>], statistic: Statistic) -> RandomizationTest {
        let rows = LotteryRows { outcome, arms: &self.arms, covariates, known: &[] };
        randomization_test(&self.lottery, rows, statistic, RandomizationOptions::with_seed([0; 32])).unwrap()
    }
}
