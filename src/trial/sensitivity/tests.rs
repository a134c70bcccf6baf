use super::*;
use crate::stats::Level;
use crate::trial::planted::{Planted, planted};
use crate::trial::{Relative, Role, Scale};

const FALL: f64 = -0.223_143_551_314_209_7; // ln 0.8

fn aside(planted: &Planted) -> Aside {
    sensitivity(&planted.sample(), &Question::new("Cycle time", "hours", Role::Goal, 0.1, Level::NINETY_FIVE))
}

fn labelled<'a>(aside: &'a Aside, label: &str) -> Vec<&'a Relative> {
    aside.relatives.iter().filter(|it| it.label.starts_with(label)).collect()
}

#[test]
fn every_method_holds_a_constant_fall_of_a_fifth() {
    let planted = planted(&[30; 24], 4, FALL, "every method");
    let aside = aside(&planted);
    let labels: Vec<&str> = aside.relatives.iter().map(|it| it.label.as_str()).collect();
    assert_eq!(
        labels[..6],
        [
            "slopes by arm",
            "without adjustment",
            "without strata",
            "by ranks",
            "each row counts the same",
            "each row counts the same"
        ]
    );
    for it in &aside.relatives {
        let (Some(low), Some(high)) = (it.low, it.high) else {
            assert_eq!(it.label, "by ranks");
            continue;
        };
        assert!(low < -0.2 && -0.2 < high, "{it:?}");
        assert!(low < it.estimate && it.estimate < high, "{it:?}");
    }
    assert_eq!(labelled(&aside, "without team-").len(), 2);
}

#[test]
fn rows_of_equal_units_have_the_estimate_of_the_units() {
    let planted = planted(&[30; 24], 4, FALL, "equal units");
    let compared = Compared::of(&planted.sample(), |_| true);
    let unit = compared.ancova(Level::NINETY_FIVE).unwrap().estimate.exp() - 1.0;
    for row in labelled(&aside(&planted), "each row") {
        assert!((row.estimate - unit).abs() < 1e-9, "{row:?} {unit}");
        assert_eq!(row.n, 720);
    }
}

#[test]
fn a_unit_that_carries_the_answer_is_named() {
    let mut planted = planted(&[30; 16], 16, 0.0, "one unit");
    let treated = planted.places(1);
    // Without it the fall is clear, with it nothing is.
    for place in &treated {
        planted.outcome.during[*place] = planted.outcome.before[*place].map(|it| it - 0.3);
    }
    for place in planted.places(0) {
        planted.outcome.during[place] = planted.outcome.before[place].map(|it| it + 0.02 * (place % 3) as f64);
    }
    planted.outcome.during[treated[2]] = Some(9.0);
    let id = planted.id(treated[2]).to_owned();
    let aside = aside(&planted);
    let sentence = aside.warnings.iter().find(|it| it.contains("With one unit left out")).unwrap();
    assert!(sentence.contains(&format!("another in 1 of 16 cases ({id})")), "{sentence}");
    assert!(labelled(&aside, &format!("without {id}, the lowest of 16")).len() == 1);
}

#[test]
fn pairs_are_left_out_as_pairs() {
    let aside = aside(&planted(&[30; 16], 2, FALL, "pairs"));
    for it in labelled(&aside, "without team-") {
        assert!(it.label.contains(" and team-") && it.label.ends_with("of 8"), "{}", it.label);
    }
}

#[test]
fn an_effect_that_goes_with_size_is_a_warning_and_a_constant_one_is_not() {
    let sizes: Vec<usize> = (0..24).map(|unit| if unit % 4 == 0 { 200 } else { 20 }).collect();
    let mut planted = planted(&sizes, 4, 0.0, "sizes");
    assert!(aside(&planted).warnings.iter().all(|it| !it.contains("size of the units")));
    for place in planted.places(1) {
        if sizes[place] == 200 {
            planted.outcome.during[place] = planted.outcome.during[place].map(|it| it - 1.0);
            planted.outcome.values[place].iter_mut().for_each(|it| *it *= (-1.0_f64).exp());
        }
    }
    let aside = aside(&planted);
    assert!(aside.warnings.iter().any(|it| it.contains("The effect goes with the size of the units")), "{aside:?}");
}

#[test]
fn missing_outcomes_are_bounded_and_known_ones_are_not() {
    let mut planted = planted(&[30; 24], 24, FALL, "missing");
    assert!(labelled(&aside(&planted), "missing").is_empty());
    planted.outcome.before.clear();
    let treated = planted.places(1);
    // The lowest treated figures vanish.
    let mut by_figure = treated.clone();
    by_figure.sort_by(|a, b| planted.outcome.during[*a].unwrap().total_cmp(&planted.outcome.during[*b].unwrap()));
    by_figure[..3].iter().for_each(|place| planted.outcome.during[*place] = None);
    let aside = aside(&planted);
    let known: Vec<f64> = planted.outcome.during.iter().flatten().copied().collect();
    let (least, most) = known.iter().fold((f64::MAX, f64::MIN), |(low, high), it| (low.min(*it), high.max(*it)));
    let mean = |places: &[usize], gap: f64| {
        places.iter().map(|place| planted.outcome.during[*place].unwrap_or(gap)).sum::<f64>() / 12.0
    };
    let control = mean(&planted.places(0), f64::NAN);
    let [low, high] = [least, most].map(|gap| (mean(&treated, gap) - control).exp() - 1.0);
    let found: Vec<f64> = labelled(&aside, "missing outcomes").iter().map(|it| it.estimate).collect();
    assert!((found[0] - low).abs() < 1e-12 && (found[1] - high).abs() < 1e-12, "{found:?} {low} {high}");
    assert!(low < -0.2 && -0.2 < high);
    let trimmed: Vec<f64> = labelled(&aside, "unequal gaps").iter().map(|it| it.estimate).collect();
    assert!(trimmed[0] < -0.2 && -0.2 < trimmed[1], "{trimmed:?}");
}

#[test]
fn history_makes_bounds_narrower() {
    let mut planted = planted(&[30; 24], 24, FALL, "narrower");
    let places = [planted.places(0)[3], planted.places(1)[5]];
    places.iter().for_each(|place| planted.outcome.during[*place] = None);
    let width = |planted: &Planted| {
        let aside = aside(planted);
        let [low, high] = labelled(&aside, "missing outcomes")[..] else { panic!("{aside:?}") };
        assert!(low.low.unwrap() < -0.2 && -0.2 < high.high.unwrap(), "{low:?} {high:?}");
        high.estimate - low.estimate
    };
    let with_history = width(&planted);
    planted.outcome.before.clear();
    assert!(with_history < 0.6 * width(&planted), "{with_history}");
}

#[test]
fn values_without_the_scale_have_no_answer_by_rows() {
    let mut planted = planted(&[30; 16], 4, FALL, "no logs");
    planted.outcome.values[3][0] = 0.0;
    assert!(labelled(&aside(&planted), "each row").is_empty());
    planted.outcome.values.clear();
    assert!(labelled(&aside(&planted), "each row").is_empty());
}

/// Arms of 4 and 4 with means 12 and 10 and squared errors of 1/3 each, by hand: the delta method's error is √(1/3 + 1/3 · 1.44) / 10.
#[test]
fn ratios_of_means_know_that_the_control_is_an_estimate() {
    let mut planted = planted(&[5; 8], 8, 0.0, "ratio");
    planted.outcome.scale = Scale::Linear;
    planted.outcome.before.clear();
    planted.outcome.values.clear();
    for arm in [0, 1] {
        for (place, step) in planted.places(arm).into_iter().zip([-1.0, -1.0, 1.0, 1.0]) {
            planted.outcome.during[place] = Some(10.0 + 2.0 * arm as f64 + step);
        }
    }
    let aside = aside(&planted);
    let [delta, fieller] = labelled(&aside, "ratio of means")[..] else { panic!("{aside:?}") };
    let reach = 2.446_911_851_144_97 * (1.0_f64 / 3.0 * 2.44).sqrt() / 10.0;
    assert!((delta.estimate - 0.2).abs() < 1e-12 && (delta.high.unwrap() - 0.2 - reach).abs() < 1e-9, "{delta:?}");
    // Fieller's interval is wider and reaches further up.
    let (low, high) = (fieller.low.unwrap(), fieller.high.unwrap());
    assert!(high - low > 2.0 * reach && high - 0.2 > 0.2 - low, "{fieller:?}");
}
