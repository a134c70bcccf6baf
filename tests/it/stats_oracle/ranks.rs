//! Permutation and rank tests against coin, exactRankTests, R and scipy.

use super::{Table, Teams, check, check_near, number, reference};
use paceline::stats::{
    Level, hodges_lehmann, mann_whitney, permutation_test, sign_flip_test, signed_rank, stratified_score_test,
    van_elteren,
};
use std::collections::BTreeMap;

const LEVEL: Level = Level::NINETY_FIVE;

/// The mean of a column over the rows of each team, by arm.
pub(super) fn team_figures(table: &Table, column: &str, figure: impl Fn(&[f64]) -> f64) -> [Vec<f64>; 2] {
    let mut teams: BTreeMap<(String, String), Vec<f64>> = BTreeMap::new();
    for ((team, arm), value) in table.texts("team").into_iter().zip(table.texts("arm")).zip(table.numbers(column)) {
        teams.entry((team, arm)).or_default().push(value);
    }
    ["0", "1"].map(|arm| teams.iter().filter(|((_, it), _)| it == arm).map(|(_, values)| figure(values)).collect())
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

#[test]
fn permutation_tests_agree_with_coin() {
    let reference = reference("permutation_rank.json");
    let [control, treated] = team_figures(&Table::load("small8.csv"), "y", mean);
    let expected = &reference["perm_exact_small8_teammeans"];
    check("small8", permutation_test(&treated, &control).unwrap().p, number(&expected["p_two_sided"]));
    // coin sums the control arm, which comes first.
    let outcome = [control.clone(), treated.clone()].concat();
    let is_treated: Vec<bool> = (0..8).map(|unit| unit >= 4).collect();
    let z = stratified_score_test(&outcome, &is_treated, &[]).unwrap().z;
    check_near("small8 z", -z, number(&expected["z"]), 1e-13);

    let teams = Table::load("teams_summary.csv");
    let outcome = teams.numbers("log_ct_post");
    let is_treated: Vec<bool> = teams.texts("arm").iter().map(|arm| arm == "1").collect();
    let expected = &reference["perm_asym_teams"];
    let test = stratified_score_test(&outcome, &is_treated, &[]).unwrap();
    check("teams z", -test.z, number(&expected["z"]));
    check("teams p", test.p, number(&expected["p_asym"]));
    let exact = permutation_test(&teams.arm("log_ct_post", "1"), &teams.arm("log_ct_post", "0")).unwrap();
    check("teams exact", exact.p, number(&expected["p_exact"]));
    let expected = &reference["perm_exact_stratified_teams"];
    let test = stratified_score_test(&outcome, &is_treated, &teams.texts("org")).unwrap();
    check("strata z", -test.z, number(&expected["z"]));
    check("strata p", test.p, number(&expected["p_asym"]));
    // 200,000 draws: three standard errors of the exact answer.
    let exact = number(&self::reference("randomization_inference.json")["stratified_diff_in_means"]["p_two_sided"]);
    check_near("strata draws", exact, number(&expected["p_mc"]), 3.0 * (exact * (1.0 - exact) / 200_000.0).sqrt());
    // coin ranks over all strata and permutes within them; van Elteren ranks within strata.
    let ranks: Vec<f64> =
        outcome.iter().map(|value| outcome.iter().filter(|other| *other <= value).count() as f64).collect();
    let expected = &reference["vanelteren_strat"];
    let test = stratified_score_test(&ranks, &is_treated, &teams.texts("org")).unwrap();
    check("coin's van Elteren z", -test.z, number(&expected["z"]));
    check("coin's van Elteren p", test.p, number(&expected["p"]));
    // The rank sums of the control arms are 14 above the 3 × 18 of chance, whose variance is 3 × 12.
    let within = van_elteren(&outcome, &is_treated, &teams.texts("org")).unwrap();
    check("van Elteren z", -within.z, 7.0 / 3.0);
}

#[test]
fn wilcoxon_agrees_with_r() {
    let reference = reference("permutation_rank.json");
    let teams = Teams::load();
    let (treated, control) = (teams.arm("log_ct_post", "1"), teams.arm("log_ct_post", "0"));
    // R takes arm 0 minus arm 1.
    let expected = &reference["wilcox_teams_exact"];
    let test = mann_whitney(&control, &treated).unwrap();
    check("W", test.u, number(&expected["W"]));
    check("p", test.p_exact.unwrap(), number(&expected["p"]));
    let shift = hodges_lehmann(&control, &treated, LEVEL).unwrap();
    check("hl", shift.value.unwrap(), number(&expected["hl"]));
    check("low", shift.interval.unwrap().low, number(&expected["ci"][0]));
    check("high", shift.interval.unwrap().high, number(&expected["ci"][1]));

    let developers = Table::load("teams_dev.csv");
    let test = mann_whitney(&developers.arm("tickets_post", "0"), &developers.arm("tickets_post", "1")).unwrap();
    let expected = &reference["wilcox_tickets_ties_asym_cc"];
    check("ties W", test.u, number(&expected["W"]));
    check("ties p corrected", test.p_corrected, number(&expected["p_cc"]));
    check("ties p", test.p_normal, number(&expected["p_nocc"]));

    let first = Table { lines: developers.lines[..40].to_vec(), names: developers.names.clone() };
    let test = mann_whitney(&first.arm("tickets_post", "0"), &first.arm("tickets_post", "1")).unwrap();
    let expected = &reference["wilcox_tickets_ties_exact"];
    check("exact ties W", test.u, number(&expected["W"]));
    check("exact ties p", test.p_exact.unwrap(), number(&expected["p"]));
}

#[test]
fn pairs_agree_with_r() {
    let reference = reference("permutation_rank.json");
    let expected = self::reference("randomization_inference.json");
    let expected = expected["pairs_signflip"]["diffs"].as_array().unwrap();
    let pairs = Table::load("pairs.csv");
    // Sorted by pair, so that both arms come in the same order.
    let by_pair = |arm: &str| {
        let rows = pairs.texts("pair").into_iter().zip(pairs.texts("arm")).zip(pairs.numbers("post"));
        let mut of_arm: Vec<(String, f64)> =
            rows.filter(|((_, it), _)| it == arm).map(|((pair, _), value)| (pair, value)).collect();
        of_arm.sort_by(|a, b| a.0.cmp(&b.0));
        of_arm
    };
    let differences: Vec<f64> =
        by_pair("1").into_iter().zip(by_pair("0")).map(|((_, treated), (_, control))| treated - control).collect();
    assert_eq!(differences.len(), expected.len());
    for (actual, expected) in differences.iter().zip(expected) {
        check_near("difference", *actual, number(expected), 1e-14);
    }
    let flipped = sign_flip_test(&differences).unwrap();
    check("sign flip", flipped.p, number(&reference["signflip_pairs"]["p"]));
    let expected = &reference["wilcox_signed"];
    let test = signed_rank(&differences, LEVEL).unwrap();
    check("V", test.v, number(&expected["V"]));
    check("p", test.p, number(&expected["p"]));
    check("low", test.shift.interval.unwrap().low, number(&expected["ci"][0]));
    check("high", test.shift.interval.unwrap().high, number(&expected["ci"][1]));
}

#[test]
fn all_entries_of_the_file_are_compared() {
    let reference = reference("permutation_rank.json");
    let names: Vec<&str> = reference.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "perm_asym_teams",
            "perm_exact_small8_teammeans",
            "perm_exact_stratified_teams",
            "signflip_pairs",
            "vanelteren_strat",
            "wilcox_signed",
            "wilcox_teams_exact",
            "wilcox_tickets_ties_asym_cc",
            "wilcox_tickets_ties_exact",
        ]
    );
}
