//! Mixed models against lmerTest and pbkrtest, and intraclass correlations against R.

use super::{Table, check, check_near, number, reference};
use paceline::stats::mixed::Approximation;
use paceline::stats::{GroupedRows, Level, mixed_model, one_way};
use serde_json::Value;

/// lme4 stops its search of the variances at about this relative error.
const OPTIMISER: f64 = 1e-6;

#[test]
fn mixed_models_agree_with_lmer_test() {
    let reference = reference("mixed_models.json");
    let (developers, requests) = (Table::load("teams_dev.csv"), Table::load("teams_pr.csv"));
    let log_hours: Vec<f64> = requests.numbers("cycle_h").into_iter().map(f64::ln).collect();
    let models = [
        ("teams_ri", &developers, developers.numbers("log_ct_post"), &["arm", "log_ct_pre"][..], false),
        ("teams_ri_noX", &developers, developers.numbers("log_ct_post"), &["arm"], false),
        ("pr_nested", &requests, log_hours, &["arm"], true),
    ];
    assert_eq!(reference.as_object().unwrap().len(), models.len());
    for (name, table, outcome, columns, is_nested) in models {
        let expected = &reference[name];
        let groups = codes(&table.texts("team"));
        let subgroups = is_nested.then(|| codes(&table.texts("dev")));
        let columns: Vec<Vec<f64>> = columns.iter().map(|column| table.numbers(column)).collect();
        let rows = GroupedRows { outcome: &outcome, columns: &columns, groups: &groups };
        let model = mixed_model(rows, subgroups.as_deref()).unwrap();
        check(name, model.log_likelihood, number(&expected["logLik"]));
        let variances = expected["varcomp"].as_array().unwrap();
        assert_eq!(variances.len(), if is_nested { 3 } else { 2 });
        for component in variances {
            let actual = match component["grp"].as_str().unwrap() {
                "team" => model.group_variance,
                "dev" => model.subgroup_variance.unwrap(),
                _ => model.residual_variance,
            };
            near(name, actual, &component["vcov"]);
            near(name, actual.sqrt(), &component["sdcor"]);
        }
        for (key, approximation) in
            [("satterthwaite", Approximation::Satterthwaite), ("kenward_roger", Approximation::KenwardRoger)]
        {
            let found = model.coefficients(approximation, Level::NINETY_FIVE).unwrap();
            let rows = expected[key].as_array().unwrap();
            assert_eq!(found.len(), rows.len());
            for (found, row) in found.iter().zip(rows) {
                near(name, found.estimate, &expected["fixef"][row["term"].as_str().unwrap()]);
                near(name, found.estimate, &row["Estimate"]);
                near(name, found.standard_error, &row["Std. Error"]);
                near(name, found.t, &row["t value"]);
                near(name, found.degrees_of_freedom, &row["df"]);
                // p of a large t multiplies the relative error of t by about its square.
                let expected = number(&row["Pr(>|t|)"]);
                check_near(name, found.p, expected, OPTIMISER * expected * found.t.powi(2).max(1.0));
            }
        }
    }
}

#[test]
fn intraclass_correlations_agree_with_r() {
    let reference = reference("icc.json");
    let developers = Table::load("teams_dev.csv");
    let (outcome, groups) = (developers.numbers("log_ct_post"), codes(&developers.texts("team")));
    let found = one_way(&outcome, &groups).unwrap();
    check("between", found.between, number(&reference["anova_msb"]));
    check("within", found.within, number(&reference["anova_msw"]));
    check("typical size", found.typical_size, number(&reference["n0"]));
    check("by analysis of variance", found.intraclass_correlation, number(&reference["icc_anova"]));
    check("variation of sizes", found.size_variation, number(&reference["cv_size"]));
    let model = mixed_model(GroupedRows { outcome: &outcome, columns: &[], groups: &groups }, None).unwrap();
    near("by restricted likelihood", model.intraclass_correlation(), &reference["icc_reml"]);
}

/// Numbers for labels, in the order in which they come.
pub(super) fn codes(labels: &[String]) -> Vec<usize> {
    labels.iter().map(|label| labels.iter().position(|other| other == label).unwrap()).collect()
}

fn near(name: &str, actual: f64, expected: &Value) {
    check_near(name, actual, number(expected), OPTIMISER * number(expected).abs());
}
