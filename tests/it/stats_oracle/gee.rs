//! Estimating equations and count models against geepack and statsmodels.

use super::mixed::codes;
use super::{Table, check_near, number, reference};
use paceline::stats::gee::{Divisor, Family, Sandwich, Working};
use paceline::stats::{Asymptotic, Gee, GeeModel, GroupedRows, Level, gee, negative_binomial};
use serde_json::Value;

/// With an estimated correlation geepack stops at a change of 1e-4, which leaves about this error.
const GEEPACK_STOPS: f64 = 1e-6;

#[test]
fn equations_agree_with_geepack() {
    let reference = reference("gee_geepack.json");
    for (name, expected) in reference.as_object().unwrap() {
        let working = if name.contains("exch") { Working::Exchangeable } else { Working::Independence };
        let family = if name.contains("poisson") { Family::Poisson } else { Family::Gaussian };
        let sandwich = if name.ends_with("jack") { Sandwich::Jackknife } else { Sandwich::Robust };
        let found = developers(GeeModel { family, working, divisor: Divisor::All });
        let tolerance = if working == Working::Exchangeable { GEEPACK_STOPS } else { 1e-8 };
        let near = |actual: f64, expected: &Value| {
            check_near(name, actual, number(expected), tolerance * number(expected).abs());
        };
        let table = expected["table"].as_array().unwrap();
        let effects = found.asymptotic(sandwich, Level::NINETY_FIVE).unwrap();
        assert_eq!(effects.len(), table.len());
        for ((effect, row), column) in effects.iter().zip(table).zip(["(Intercept)", "arm", "log_ct_pre"]) {
            near(effect.estimate, &expected["coef"][column]);
            near(effect.estimate, &row[0]);
            near(effect.standard_error, &row[1]);
            let wald = number(&row[2]);
            check_near(name, effect.z * effect.z, wald, 2.0 * tolerance * wald);
            // A p of zero is one that R does not tell from zero.
            let p = number(&row[3]);
            check_near(name, effect.p, p, 2.0 * tolerance * wald * p + 1e-15);
        }
        if let Some(scale) = expected.get("scale") {
            near(found.scale, scale);
        }
        match expected["alpha"].as_f64() {
            Some(alpha) => check_near(name, found.correlation.unwrap(), alpha, tolerance * alpha),
            None => assert_eq!(found.correlation, None),
        }
    }
}

#[test]
fn equations_agree_with_statsmodels() {
    let reference = reference("gee_poisson_statsmodels.json");
    let mut checked = 0;
    for (name, expected) in reference.as_object().unwrap() {
        let family = match &name[..5] {
            "pois_" => Family::Poisson,
            "gauss" => Family::Gaussian,
            _ => continue,
        };
        let working = if name.contains("exch") { Working::Exchangeable } else { Working::Independence };
        let sandwich = match name.rsplit('_').next().unwrap() {
            "robust" => Sandwich::Robust,
            "reduced" => Sandwich::BiasReduced,
            "naive" => Sandwich::ModelBased,
            other => panic!("{other}"),
        };
        let found = developers(GeeModel { family, working, divisor: Divisor::LessCoefficients });
        let effects = found.asymptotic(sandwich, Level::NINETY_FIVE).unwrap();
        check_parameters(name, &effects, &["Intercept", "arm", "log_ct_pre"], expected);
        match expected["dep"].as_f64() {
            Some(correlation) => check_near(name, found.correlation.unwrap(), correlation, 1e-8),
            None => assert_eq!(found.correlation, None),
        }
        // statsmodels sets the scale of counts to 1, with which the model-based error is the same.
        let scale = if family == Family::Poisson { 1.0 } else { found.scale };
        check_near(name, scale, number(&expected["scale"]), 1e-8);
        checked += 1;
    }
    assert_eq!(checked, 12);
}

#[test]
fn counts_with_an_offset_agree_with_statsmodels() {
    let reference = reference("gee_poisson_statsmodels.json");
    let teams = Table::load("teams_ratio_inputs.csv");
    let (tickets, columns) = (teams.numbers("tick"), [teams.numbers("arm")]);
    let offset: Vec<f64> = teams.numbers("devs").into_iter().map(f64::ln).collect();
    let units: Vec<usize> = (0..tickets.len()).collect();
    let rows = GroupedRows { outcome: &tickets, columns: &columns, groups: &units };
    let model = GeeModel { family: Family::Poisson, ..GeeModel::default() };
    let found = gee(rows, &offset, model).unwrap();
    // statsmodels names one HC1 and computes it without the factor n/(n − k).
    for (name, sandwich) in [("HC0", Sandwich::Robust), ("HC1", Sandwich::Robust), ("nonrobust", Sandwich::ModelBased)]
    {
        let expected = &reference[format!("glm_pois_team_offset_{name}")];
        let effects = found.asymptotic(sandwich, Level::NINETY_FIVE).unwrap();
        check_parameters(name, &effects, &["const", "arm"], expected);
    }
    let expected = &reference["nb2_team_offset_mle"];
    let found = negative_binomial(rows, &offset, Level::NINETY_FIVE).unwrap();
    // Its search stops at a score of about 1e-6.
    let all = [found.coefficients[0], found.coefficients[1], found.dispersion];
    check_parameters("nb2", &all, &["const", "arm", "alpha"], expected);
    check_near("nb2", found.log_likelihood, number(&expected["llf"]), 1e-10);

    let developers = Table::load("teams_dev.csv");
    let (tickets, groups) = (developers.numbers("tickets_post"), codes(&developers.texts("team")));
    let columns = [developers.numbers("arm"), developers.numbers("tickets_pre")];
    let found = gee(GroupedRows { outcome: &tickets, columns: &columns, groups: &groups }, &[], model).unwrap();
    let effects = found.asymptotic(Sandwich::Scaled, Level::NINETY_FIVE).unwrap();
    let expected = &reference["poisson_dev_cluster_CR1"];
    check_parameters("poisson_dev_cluster_CR1", &effects, &["Intercept", "arm", "tickets_pre"], expected);
}

fn developers(model: GeeModel) -> Gee {
    let table = Table::load("teams_dev.csv");
    let groups = codes(&table.texts("team"));
    let (outcome, columns) = match model.family {
        Family::Poisson => (table.numbers("tickets_post"), vec![table.numbers("arm")]),
        Family::Gaussian => (table.numbers("log_ct_post"), vec![table.numbers("arm"), table.numbers("log_ct_pre")]),
    };
    gee(GroupedRows { outcome: &outcome, columns: &columns, groups: &groups }, &[], model).unwrap()
}

fn check_parameters(name: &str, found: &[Asymptotic], columns: &[&str], expected: &Value) {
    assert_eq!(found.len(), expected["params"].as_object().unwrap().len());
    for (found, column) in found.iter().zip(columns) {
        let (estimate, error) = (number(&expected["params"][column]), number(&expected["bse"][column]));
        check_near(name, found.estimate, estimate, 1e-8 * estimate.abs());
        check_near(name, found.standard_error, error, 1e-8 * error);
    }
}
