//! Callaway & Sant'Anna against csdid and diff-diff.

use super::{Table, check_near, number, reference};
use paceline::stats::staggered::{Adjustment, Aggregation, Controls, Panel};
use paceline::stats::{Asymptotic, GroupTimeEffects, Level, group_time_effects};
use serde_json::Value;

#[test]
fn group_time_effects_agree_with_csdid() {
    let reference = reference("did_callaway_santanna.json");
    let mut checked = 0;
    for (name, expected) in reference.as_object().unwrap().iter().filter(|(name, _)| name.starts_with("csdid_")) {
        let controls = if name.contains("never") { Controls::NeverTreated } else { Controls::NotYetTreated };
        let adjustment = match name.rsplit('_').next().unwrap() {
            "reg" => Adjustment::Regression,
            "ipw" => Adjustment::Weighting,
            "dr" => Adjustment::DoublyRobust,
            other => panic!("{other}"),
        };
        let found = fit(controls, adjustment, name.contains("y~x"));
        // csdid stops its logit at a relative change of 1e-8.
        let tolerance = if adjustment == Adjustment::Regression { 1e-12 } else { 1e-11 };
        let rows = expected["att_gt"].as_array().unwrap();
        assert_eq!(found.effects.len(), rows.len());
        for (found, row) in found.effects.iter().zip(rows) {
            assert_eq!((found.group + 1) as u64, row["Group"].as_u64().unwrap());
            assert_eq!((found.period + 1) as u64, row["Time"].as_u64().unwrap());
            assert_eq!(u64::from(found.is_post()), row["Post"].as_u64().unwrap());
            // This table is rounded to twelve digits after the point.
            check_near(name, found.effect.estimate, number(&row["ATT(g, t)"]), tolerance);
            check_near(name, found.effect.standard_error, number(&row["Std. Error"]), tolerance);
            check_near(name, found.effect.interval.low, number(&row["[95% Pointwise"]), 2.0 * tolerance);
            check_near(name, found.effect.interval.high, number(&row["Conf. Band]"]), 2.0 * tolerance);
        }
        for (key, by, from_one) in [
            ("simple", Aggregation::Simple, 0),
            ("group", Aggregation::Group, 1),
            ("dynamic", Aggregation::EventTime, 0),
            ("calendar", Aggregation::Calendar, 1),
        ] {
            let (average, expected) = (found.average(by).unwrap(), &expected[key]);
            check_effect(name, average.overall, &expected["overall"], &expected["se"], tolerance);
            let parts = expected["egt"].as_array().map_or(&[][..], Vec::as_slice);
            assert_eq!(average.parts.len(), parts.len());
            for (index, (key, part)) in average.parts.iter().enumerate() {
                assert_eq!(key + from_one, parts[index].as_i64().unwrap());
                check_effect(name, *part, &expected["att"][index], &expected["se_egt"][index], tolerance);
            }
        }
        checked += 1;
    }
    assert_eq!(checked, 8);
}

#[test]
fn group_time_effects_agree_with_diff_diff() {
    let reference = reference("did_callaway_santanna.json");
    for (name, controls) in [("never_treated", Controls::NeverTreated), ("not_yet_treated", Controls::NotYetTreated)] {
        let expected = &reference[format!("diffdiff_staggered_{name}")];
        let found = fit(controls, Adjustment::Regression, false);
        let overall = found.average(Aggregation::Simple).unwrap().overall;
        check_effect(name, overall, &expected["overall"], &expected["se"], 1e-12);
        assert_eq!(found.effects.len(), expected["gt"].as_object().unwrap().len());
        for found in &found.effects {
            let key = format!("(np.int64({}), np.int64({}))", found.group + 1, found.period + 1);
            check_effect(&key, found.effect, &expected["gt"][&key]["effect"], &expected["gt"][&key]["se"], 1e-12);
        }
        let events = found.average(Aggregation::EventTime).unwrap().parts;
        assert_eq!(events.len(), expected["es"].as_object().unwrap().len());
        for (time, effect) in events {
            let expected = &expected["es"][time.to_string()];
            check_effect(name, effect, &expected["effect"], &expected["se"], 1e-12);
        }
    }
}

fn fit(controls: Controls, adjustment: Adjustment, with_covariate: bool) -> GroupTimeEffects {
    let table = Table::load("staggered.csv");
    let (firsts, x, y) = (table.numbers("first_treat"), table.numbers("x"), table.numbers("y"));
    let outcomes: Vec<Vec<f64>> = y.chunks(8).map(<[f64]>::to_vec).collect();
    assert_eq!(outcomes.len(), 30);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "periods 4, 5 and 7")]
    let first_treated: Vec<Option<usize>> =
        firsts.iter().step_by(8).map(|first| (*first > 0.0).then(|| *first as usize - 1)).collect();
    let covariates = if with_covariate { vec![x.iter().step_by(8).copied().collect()] } else { Vec::new() };
    let panel = Panel { outcomes: &outcomes, first_treated: &first_treated, covariates: &covariates };
    group_time_effects(panel, controls, adjustment, Level::NINETY_FIVE).unwrap()
}

fn check_effect(name: &str, actual: Asymptotic, estimate: &Value, standard_error: &Value, tolerance: f64) {
    check_near(name, actual.estimate, number(estimate), tolerance);
    check_near(name, actual.standard_error, number(standard_error), tolerance);
}
