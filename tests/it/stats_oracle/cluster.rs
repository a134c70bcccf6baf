//! Least squares within clusters against clubSandwich, estimatr, pyfixest and statsmodels.

use super::{Table, check, check_near, number, reference};
use paceline::stats::{
    ClusterCovariance, ClusterDegrees, ClusterRegression, ClusterRobust, ClusterRows, Effect, Level, paired_difference,
    stratified_cluster_difference, stratified_difference,
};
use serde_json::{Map, Value};
use std::collections::BTreeSet;

const COVARIANCES: [(&str, ClusterCovariance); 6] = [
    ("CR0", ClusterCovariance::Cr0),
    ("CR1", ClusterCovariance::Cr1),
    ("CR1p", ClusterCovariance::Cr1p),
    ("CR1S", ClusterCovariance::Cr1s),
    ("CR2", ClusterCovariance::Cr2),
    ("CR3", ClusterCovariance::Cr3),
];

/// A table whose rows are within clusters.
pub(super) struct Clustered {
    pub(super) outcome: Vec<f64>,
    pub(super) treated: Vec<bool>,
    pub(super) clusters: Vec<usize>,
    pub(super) weights: Vec<f64>,
    pub(super) covariates: Vec<Vec<f64>>,
    pub(super) strata: Vec<usize>,
}

impl Clustered {
    pub(super) fn new(table: &Table, outcome: &str, covariates: &[&str], cluster: &str) -> Clustered {
        Clustered {
            outcome: table.numbers(outcome),
            treated: table.texts("arm").iter().map(|arm| arm == "1").collect(),
            clusters: numbered(&table.texts(cluster)),
            weights: Vec::new(),
            covariates: covariates.iter().map(|name| table.numbers(name)).collect(),
            strata: Vec::new(),
        }
    }

    pub(super) fn by(self, strata: &[String]) -> Clustered {
        Clustered { strata: numbered(strata), ..self }
    }

    pub(super) fn rows(&self) -> ClusterRows<'_> {
        ClusterRows {
            outcome: &self.outcome,
            treated: &self.treated,
            clusters: &self.clusters,
            weights: &self.weights,
            covariates: &self.covariates,
            strata: &self.strata,
        }
    }

    fn ancova(&self) -> ClusterRegression {
        ClusterRegression::ancova(self.rows()).unwrap()
    }

    fn lin(&self) -> ClusterRegression {
        ClusterRegression::lin(self.rows()).unwrap()
    }
}

/// Labels by their place in the alphabet.
pub(super) fn numbered(labels: &[String]) -> Vec<usize> {
    let all: BTreeSet<&String> = labels.iter().collect();
    labels.iter().map(|label| all.iter().position(|other| *other == label).unwrap()).collect()
}

fn developers(covariates: &[&str]) -> Clustered {
    Clustered::new(&Table::load("teams_dev.csv"), "log_ct_post", covariates, "team")
}

fn developers_by_org(covariates: &[&str]) -> Clustered {
    developers(covariates).by(&Table::load("teams_dev.csv").texts("org"))
}

#[test]
fn clustered_errors_agree_with_club_sandwich() {
    let models = reference("cr2_satterthwaite.json");
    let models = models.as_object().unwrap();
    assert_eq!(models.len(), 7);
    for (name, expected) in models {
        let before = ["log_ct_pre"];
        let model = match name.as_str() {
            "teams_simple" => developers(&[]).ancova(),
            "teams_ancova" => developers(&before).ancova(),
            "teams_strata" => developers_by_org(&before).ancova(),
            "teams_lin" => developers(&before).lin(),
            "teams_wls" => {
                Clustered { weights: Table::load("teams_dev.csv").numbers("n_prs"), ..developers(&before) }.ancova()
            }
            "small8" => Clustered::new(&Table::load("small8.csv"), "y", &["x"], "team").ancova(),
            "few12" => Clustered::new(&Table::load("few_treated12.csv"), "y", &["x"], "team").ancova(),
            other => panic!("no model for {other}"),
        };
        assert_eq!(model.rows() as u64, expected["n"].as_u64().unwrap());
        assert_eq!(model.clusters() as u64, expected["clusters"].as_u64().unwrap());
        let coefficients = expected["coef"].as_object().unwrap();
        assert_eq!(model.columns(), coefficients.len());
        let types = expected["types"].as_object().unwrap();
        assert_eq!(types.len(), COVARIANCES.len());
        for (label, covariance) in COVARIANCES {
            let robust = model.robust(covariance).unwrap();
            for (column, (term, coefficient)) in in_order(coefficients).into_iter().enumerate() {
                let what = format!("{name} {label} {term}");
                check(&what, model.coefficient(column).unwrap(), number(coefficient));
                check_term(&what, &robust, column, term, types[label].as_object().unwrap());
            }
        }
    }
}

/// In the order of columns; the JSON is read in the order of the alphabet.
fn in_order(coefficients: &Map<String, Value>) -> Vec<(&String, &Value)> {
    const ORDER: [&str; 8] =
        ["(Intercept)", "arm", "x", "log_ct_pre", "preC", "factor(org)data", "factor(org)mobile", "arm:preC"];
    let mut terms: Vec<(&String, &Value)> = coefficients.iter().collect();
    terms.sort_by_key(|(term, _)| ORDER.iter().position(|other| other == term).unwrap());
    terms
}

fn check_term(what: &str, robust: &ClusterRobust, column: usize, term: &str, expected: &Map<String, Value>) {
    let of = |key: &str| number(&expected[key][term]);
    let effect = robust.coefficient(column, ClusterDegrees::Satterthwaite, Level::NINETY_FIVE).unwrap();
    check(what, effect.standard_error, of("se"));
    if expected.len() == 1 {
        return;
    }
    check(what, effect.t, of("tstat"));
    check(what, effect.degrees_of_freedom, of("df"));
    check(what, effect.p, of("p"));
    check(what, effect.interval.low, of("ci_lo"));
    check(what, effect.interval.high, of("ci_hi"));
    let effect = robust.coefficient(column, ClusterDegrees::ClustersMinusOne, Level::NINETY_FIVE).unwrap();
    check(what, effect.p, of("p_naive_t_Gm1"));
    assert_eq!(expected.len(), 7, "{what}");
}

#[test]
fn the_joint_test_agrees_with_club_sandwich() {
    let expected = &reference("cr2_htz_wald.json")["tests"];
    let table = Table::load("teams_dev.csv");
    let mut rows = developers(&["log_ct_pre"]);
    let orgs = table.texts("org");
    for treated_only in [false, true] {
        for org in ["data", "mobile"] {
            let is_set =
                orgs.iter().zip(&rows.treated).map(|(other, treated)| other == org && (*treated || !treated_only));
            rows.covariates.push(is_set.map(|is_set| f64::from(u8::from(is_set))).collect());
        }
    }
    let model = rows.ancova();
    let test = model.robust(ClusterCovariance::Cr2).unwrap().joint(&[1, 5, 6]).unwrap();
    let of = |name: &str| expected.as_array().unwrap().iter().find(|test| test["test"] == name).unwrap();
    // The statistic that the others reduce, over its three coefficients.
    check("Wald", test.wald / 3.0, number(&of("Naive-F")["Fstat"]));
    let expected = of("HTZ");
    check("HTZ F", test.f, number(&expected["Fstat"]));
    check("HTZ df", test.denominator_df, number(&expected["df_denom"]));
    check("HTZ q", test.numerator_df, number(&expected["df_num"]));
    check("HTZ p", test.p, number(&expected["p_val"]));
    check("HTZ delta", test.f * test.numerator_df / test.wald, number(&expected["delta"]));
}

#[test]
fn differences_in_clusters_agree_with_estimatr() {
    let reference = reference("cluster_summary.json");
    let before = ["log_ct_pre"];
    for (name, model) in [
        ("dim_clustered", developers(&[]).ancova()),
        ("lm_robust_dev_CR2", developers(&before).ancova()),
        ("lin_dev_CR2", developers(&before).lin()),
        ("lm_robust_fe_CR2", developers_by_org(&before).ancova()),
    ] {
        let robust = model.robust(ClusterCovariance::Cr2).unwrap();
        for expected in reference[name].as_array().unwrap() {
            let term = expected["term"].as_str().unwrap();
            let terms = ["(Intercept)", "arm", "log_ct_pre", "arm:log_ct_pre_c"];
            let column = terms.iter().position(|other| term.trim_end_matches("_c") == other.trim_end_matches("_c"));
            let effect =
                robust.coefficient(column.unwrap(), ClusterDegrees::Satterthwaite, Level::NINETY_FIVE).unwrap();
            check_tidy(&format!("{name} {term}"), &effect, expected);
        }
    }
}

/// A row as broom's `tidy` writes it.
pub(super) fn check_tidy(what: &str, effect: &Effect, expected: &Value) {
    check(what, effect.estimate, number(&expected["estimate"]));
    check(what, effect.standard_error, number(&expected["std.error"]));
    check(what, effect.t, number(&expected["statistic"]));
    check(what, effect.p, number(&expected["p.value"]));
    check(what, effect.interval.low, number(&expected["conf.low"]));
    check(what, effect.interval.high, number(&expected["conf.high"]));
    check(what, effect.degrees_of_freedom, number(&expected["df"]));
}

#[test]
fn clustered_errors_agree_with_pyfixest_and_statsmodels() {
    let reference = reference("cluster_ols_py.json");
    let models = [
        ("log_ct_post~arm", developers(&[]).ancova()),
        ("log_ct_post~arm+log_ct_pre", developers(&["log_ct_pre"]).ancova()),
        ("log_ct_post~arm+log_ct_pre|org", developers_by_org(&["log_ct_pre"]).ancova()),
    ];
    for (formula, model) in &models {
        for (label, covariance) in [("CRV1", ClusterCovariance::Cr1s), ("CRV3", ClusterCovariance::Cr3)] {
            let robust = model.robust(covariance).unwrap();
            for expected in reference[format!("pyfixest_{label}_{formula}")].as_array().unwrap() {
                let term = expected["Coefficient"].as_str().unwrap();
                let column = ["Intercept", "arm", "log_ct_pre"].iter().position(|other| *other == term).unwrap();
                let effect = robust.coefficient(column, ClusterDegrees::ClustersMinusOne, Level::NINETY_FIVE).unwrap();
                let what = format!("{label} {formula} {term}");
                check(&what, effect.estimate, number(&expected["Estimate"]));
                // pyfixest widens CRV3 by the factor of CR1S too, which clubSandwich and the jackknife do not.
                let (g, n, k) = (model.clusters() as f64, model.rows() as f64, model.columns() as f64);
                let factor = if label == "CRV3" { (g / (g - 1.0) * (n - 1.0) / (n - k)).sqrt() } else { 1.0 };
                check(&what, effect.standard_error * factor, number(&expected["Std. Error"]));
                check(&what, effect.t / factor, number(&expected["t value"]));
                let half_width = (effect.interval.high - effect.estimate) * factor;
                check(&what, effect.estimate - half_width, number(&expected["2.5%"]));
                check(&what, effect.estimate + half_width, number(&expected["97.5%"]));
                if label == "CRV1" {
                    // It computes p as one minus the rest, which leaves 16 digits after the point.
                    check_near(&what, effect.p, number(&expected["Pr(>|t|)"]), 1e-13);
                }
            }
        }
    }
    let robust = models[1].1.robust(ClusterCovariance::Cr1s).unwrap();
    let expected = &reference["statsmodels_cluster"];
    for (column, term) in ["Intercept", "arm", "log_ct_pre"].into_iter().enumerate() {
        let effect = robust.coefficient(column, ClusterDegrees::ClustersMinusOne, Level::NINETY_FIVE).unwrap();
        check(term, effect.estimate, number(&expected["b"][term]));
        check(term, effect.standard_error, number(&expected["se"][term]));
        check(term, effect.p, number(&expected["p"][term]));
    }
}

#[test]
fn rows_of_pull_requests_have_the_error_of_the_delta_method() {
    let expected = &reference("delta_ratio.json")["loc_per_pr"];
    let model = Clustered::new(&Table::load("teams_pr.csv"), "loc", &[], "team").ancova();
    let robust = model.robust(ClusterCovariance::Cr0).unwrap();
    let effect = robust.treatment(ClusterDegrees::Satterthwaite, Level::NINETY_FIVE).unwrap();
    check("difference", effect.estimate, number(&expected["ols_coef"]));
    check("standard error", effect.standard_error, number(&expected["ols_CR0_se"]));
}

#[test]
fn differences_within_strata_and_pairs_agree_with_estimatr() {
    let reference = reference("cluster_summary.json");
    let table = Table::load("teams_summary.csv");
    let treated = |table: &Table| table.texts("arm").iter().map(|arm| arm == "1").collect::<Vec<bool>>();
    let (outcome, arms) = (table.numbers("log_ct_post"), treated(&table));
    let effect = stratified_difference(&outcome, &arms, &table.texts("org"), Level::NINETY_FIVE).unwrap();
    check_tidy("dim_blocked_teams", &effect, &reference["dim_blocked_teams"][0]);
    let effect = stratified_cluster_difference(developers_by_org(&[]).rows(), Level::NINETY_FIVE).unwrap();
    check_tidy("dim_blocked_clustered", &effect, &reference["dim_blocked_clustered"][0]);

    let table = Table::load("pairs.csv");
    let effect =
        paired_difference(&table.numbers("post"), &treated(&table), &table.texts("pair"), Level::NINETY_FIVE).unwrap();
    check_tidy("dim_pairs", &effect, &reference["dim_pairs"][0]);
    let expected = &reference["paired_t"];
    check("paired_t", effect.estimate, number(&expected["est"]));
    check("paired_t", effect.t, number(&expected["t"]));
    check("paired_t", effect.degrees_of_freedom, number(&expected["df"]));
    check("paired_t", effect.p, number(&expected["p"]));
    check("paired_t", effect.interval.low, number(&expected["ci"][0]));
    check("paired_t", effect.interval.high, number(&expected["ci"][1]));

    // The pair as cluster with an indicator of each pair says the same.
    let pairs = Clustered::new(&table, "post", &[], "pair").by(&table.texts("pair")).ancova();
    let clustered = pairs.robust(ClusterCovariance::Cr2).unwrap();
    let clustered = clustered.treatment(ClusterDegrees::Satterthwaite, Level::NINETY_FIVE).unwrap();
    check_tidy("pair as cluster", &clustered, &reference["dim_pairs"][0]);
}
