//! The wild cluster bootstrap against full enumeration and wildboottest, and few treated clusters.

use super::cluster::Clustered;
use super::{Table, check, check_near, number, reference};
use paceline::stats::{
    ClusterCovariance, ClusterDegrees, ClusterRegression, Level, RandomizationOptions, ReferenceSet, WildBootstrap,
    WildResiduals, WildScheme, WildWeights,
};

fn model(name: &str) -> ClusterRegression {
    let (file, covariates): (_, &[&str]) = match name {
        "small8_y~arm+x" => ("small8.csv", &["x"]),
        "few12_y~arm+x" => ("few_treated12.csv", &["x"]),
        "small8_y~arm" => ("small8.csv", &[]),
        other => panic!("no model for {other}"),
    };
    ClusterRegression::ancova(Clustered::new(&Table::load(file), "y", covariates, "team").rows()).unwrap()
}

fn enumerated(model: &ClusterRegression, residuals: WildResiduals) -> WildBootstrap {
    let scheme = WildScheme { weights: WildWeights::Rademacher, residuals };
    model.wild_bootstrap(1, scheme, RandomizationOptions::with_seed([0; 32])).unwrap()
}

#[test]
fn agrees_with_the_enumeration() {
    let reference = reference("wild_cluster_bootstrap.json");
    let names: Vec<&String> = reference.as_object().unwrap().keys().filter(|name| name.contains('~')).collect();
    assert_eq!(names.len(), 3);
    for name in names {
        for (label, residuals) in [("WCR", WildResiduals::Restricted), ("WCU", WildResiduals::Unrestricted)] {
            let test = enumerated(&model(name), residuals);
            let expected = &reference[name][label];
            check(name, test.estimate, number(&expected["beta"]));
            check(name, test.standard_error, number(&expected["se"]));
            check(name, test.t, number(&expected["t"]));
            let draws = expected["n_draws"].as_u64().unwrap();
            assert_eq!(test.reference, ReferenceSet::Exact { assignments: draws });
            assert_eq!(1 << expected["G"].as_u64().unwrap(), draws);
            assert_eq!(test.at_least, expected["n_ge"].as_u64().unwrap(), "{name} {label}");
            check_near(name, test.p, number(&expected["p_ge"]), 1e-15);
            check_near(name, test.p_equal_tailed, number(&expected["p_equal_tailed"]), 1e-15);
            let above = test.statistics.iter().filter(|t| t.abs() > test.t.abs() * (1.0 + 1e-9)).count();
            assert_eq!(above as u64, expected["n_gt"].as_u64().unwrap());
            check_near(name, above as f64 / draws as f64, number(&expected["p_gt"]), 1e-15);
            assert_eq!(test.statistics.len() as u64, draws);
            for (index, expected) in expected["tstar_sorted_first20"].as_array().unwrap().iter().enumerate() {
                check(name, test.statistics[index], number(expected));
            }
            let mut magnitudes: Vec<f64> = test.statistics.iter().map(|t| t.abs()).collect();
            magnitudes.sort_unstable_by(f64::total_cmp);
            let sorted = paceline::stats::Sorted::new(magnitudes).unwrap();
            check(name, sorted.quantile(0.95).unwrap().unwrap(), number(&expected["q975_abs"]));
        }
    }
}

#[test]
fn agrees_with_wildboottest_but_for_ties() {
    let reference = &reference("wild_cluster_bootstrap.json")["wildboottest_0.3.2_full_enum"];
    for (data, name) in [("small8", "small8_y~arm+x"), ("few12", "few12_y~arm+x")] {
        for (imposed, residuals) in [("True", WildResiduals::Restricted), ("False", WildResiduals::Unrestricted)] {
            let test = enumerated(&model(name), residuals);
            let expected = &reference[format!("{data}_11_null{imposed}")][0];
            let text = |key: &str| expected[key].as_str().unwrap().parse::<f64>().unwrap();
            check(name, test.t, text("statistic"));
            // It counts the draw of the rows themselves and its mirror on one of these, and not on the other.
            let above = test.statistics.iter().filter(|t| t.abs() > test.t.abs() * (1.0 + 1e-9)).count();
            let strict = above as f64 / test.statistics.len() as f64;
            let p = text("p-value");
            assert!(
                (test.p - p).abs() < 1e-15 || (strict - p).abs() < 1e-15,
                "{name} {imposed}: {} is not {p}",
                test.p
            );
        }
    }
}

#[test]
fn few_treated_clusters_mislead_the_unrestricted_bootstrap() {
    let model = model("few12_y~arm+x");
    let p = |covariance| {
        let robust = model.robust(covariance).unwrap();
        robust.treatment(ClusterDegrees::Satterthwaite, Level::NINETY_FIVE).unwrap().p
    };
    let unrestricted = enumerated(&model, WildResiduals::Unrestricted);
    assert_eq!(unrestricted.at_least, 0, "not one of 4,096 draws is as extreme");
    let restricted = enumerated(&model, WildResiduals::Restricted);
    check_near("restricted", restricted.p, 0.009, 5e-4);
    check_near("CR2", p(ClusterCovariance::Cr2), 0.012, 5e-4);
    check_near("CR3", p(ClusterCovariance::Cr3), 0.032, 5e-4);
}
