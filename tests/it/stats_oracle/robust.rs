//! Quantiles, winsorised sums and robust tests against numpy and scipy: every entry of the file.

use super::ranks::team_figures;
use super::{Table, Teams, check, number, reference};
use paceline::stats::{
    Level, QuantileType, Sorted, hodges_lehmann, mann_whitney, quantile_of_type, welch, winsorised, yuen,
};

const LEVEL: Level = Level::NINETY_FIVE;

#[test]
fn robust_figures_agree_with_numpy_and_scipy() {
    let reference = reference("quantile_robust.json");
    let rows = Table::load("teams_pr.csv");
    let teams = Teams::load();
    let hours = |arm: &str| rows.arm("cycle_h", arm);
    let pooled = Sorted::new(rows.numbers("cycle_h")).unwrap();
    let cap = pooled.quantile(0.99).unwrap().unwrap();
    let logs = |arm: &str| teams.arm("log_ct_post", arm);
    for (name, expected) in reference.as_object().unwrap() {
        match name.as_str() {
            "arm0" | "arm1" => {
                let sorted = Sorted::new(hours(&name[3..])).unwrap();
                let quantiles = expected.as_object().unwrap();
                assert_eq!(quantiles.len(), 20);
                for (key, expected) in quantiles {
                    let (percent, kind) = key[1..].split_once("_type").unwrap();
                    let kind = match kind {
                        "1" => QuantileType::Inverse,
                        "6" => QuantileType::Weibull,
                        "7" => QuantileType::Linear,
                        "8" => QuantileType::MedianUnbiased,
                        _ => panic!("type {kind} is not compared"),
                    };
                    let actual = quantile_of_type(&sorted, percent.parse::<f64>().unwrap() / 100.0, kind);
                    check(key, actual.unwrap().unwrap(), number(expected));
                }
            }
            "pooled_p99" => check(name, cap, number(expected)),
            "winsor_team_sum" => {
                let capped = winsorised(&rows.numbers("cycle_h"), cap).unwrap();
                for (team, expected) in expected.as_object().unwrap() {
                    let of_team = rows.texts("team").into_iter().zip(&capped).filter(|(it, _)| it == team);
                    check(team, of_team.map(|(_, hours)| hours).sum(), number(expected));
                }
            }
            "hl_shift" => {
                let logs = |arm: &str| hours(arm).iter().map(|hours| hours.ln()).collect::<Vec<f64>>();
                let shift = hodges_lehmann(&logs("1"), &logs("0"), LEVEL).unwrap();
                check(name, shift.value.unwrap(), number(expected));
                assert!(shift.interval.unwrap().contains(number(expected)));
            }
            "mwu_pr_level_NAIVE" => {
                let test = mann_whitney(&hours("1"), &hours("0")).unwrap();
                check(name, test.u, number(&expected["U"]));
                check(name, test.p_corrected, number(&expected["p"]));
                assert_eq!(test.p_exact, None);
            }
            "mwu_team_medians_exact" => {
                let median = |values: &[f64]| Sorted::new(values.to_vec()).unwrap().quantile(0.5).unwrap().unwrap();
                let [control, treated] = team_figures(&rows, "cycle_h", median);
                let test = mann_whitney(&treated, &control).unwrap();
                check(name, test.u, number(&expected["U"]));
                check(name, test.p_exact.unwrap(), number(&expected["p"]));
            }
            "geometric_mean_ratio_team" => {
                let effect = welch(&logs("1"), &logs("0"), LEVEL).unwrap();
                check(name, effect.estimate.exp(), number(expected));
            }
            "yuen_trim20" => {
                let effect = yuen(&logs("1"), &logs("0"), 0.2, LEVEL).unwrap();
                check(name, effect.t, number(&expected["t"]));
                check(name, effect.p, number(&expected["p"]));
                check(name, effect.degrees_of_freedom, number(&expected["df"]));
            }
            _ => panic!("{name} is not compared"),
        }
    }
}
