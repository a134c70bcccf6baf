use super::*;
use crate::stats::Level;
use crate::trial::Role;
use crate::trial::planted::{Planted, planted};

fn by_platform(labels: Vec<String>, planted: &Planted) -> Aside {
    let dimensions = [Dimension { name: "platform".to_owned(), labels }];
    let question = Question::new("Cycle time", "hours", Role::Goal, 0.1, Level::NINETY_FIVE);
    segments(&planted.sample(), &Question { dimensions: &dimensions, ..question })
}

/// Every second stratum of four is mobile.
fn halves(units: usize) -> Vec<String> {
    (0..units).map(|unit| if (unit / 4) % 2 == 0 { "backend" } else { "mobile" }.to_owned()).collect()
}

#[test]
fn an_effect_in_one_segment_alone_is_found_there_and_between() {
    let mut planted = planted(&[40; 40], 4, 0.0, "one segment");
    let labels = halves(40);
    for place in planted.places(1) {
        if labels[place] == "mobile" {
            planted.outcome.during[place] = planted.outcome.during[place].map(|it| it - 0.6);
        }
    }
    let aside = by_platform(labels, &planted);
    let [backend, mobile, between] = &aside.relatives[..] else { panic!("{aside:?}") };
    assert_eq!((backend.label.as_str(), backend.n), ("platform: backend", 20));
    assert!(backend.low.unwrap() < 0.0 && 0.0 < backend.high.unwrap(), "{backend:?}");
    let planted_fall = (-0.6_f64).exp() - 1.0;
    assert!(mobile.low.unwrap() < planted_fall && planted_fall < mobile.high.unwrap(), "{mobile:?}");
    assert!(mobile.p.unwrap() < 0.01 && mobile.method.ends_with("p by Holm over 2 segments"), "{mobile:?}");
    assert_eq!(between.label, "platform: backend beside mobile");
    assert!(between.p.unwrap() < 0.01, "{between:?}");
    assert!(aside.warnings[0].starts_with("The effect differs by platform"), "{:?}", aside.warnings);
}

/// Of 60 samples with one effect for all a test at 5 % finds a difference in about three.
#[test]
fn a_constant_effect_rarely_differs_between_segments() {
    let mut found = 0;
    for sample in 0..60 {
        let planted = planted(&[10; 24], 4, -0.5, &format!("constant {sample}"));
        found += by_platform(halves(24), &planted).warnings.len();
    }
    assert!(found <= 8, "{found} of 60");
}

#[test]
fn small_segments_are_described_without_a_test() {
    let planted = planted(&[10; 16], 4, 0.0, "small");
    let labels = (0..16)
        .map(|unit| {
            if unit < 4 {
                "web"
            } else if unit < 6 {
                ""
            } else {
                "core"
            }
            .to_owned()
        })
        .collect();
    let aside = by_platform(labels, &planted);
    let [core, web] = &aside.relatives[..] else { panic!("{aside:?}") };
    assert!(core.p.is_some() && !core.method.contains("Holm"));
    assert_eq!((web.label.as_str(), web.p, web.low, web.n), ("platform: web", None, None, 4));
    assert_eq!(aside.warnings, ["2 units are without a known platform."]);
}

#[test]
fn labels_for_other_units_are_refused() {
    let aside = by_platform(halves(15), &planted(&[10; 16], 4, 0.0, "other"));
    assert!(aside.relatives.is_empty());
    assert_eq!(aside.warnings, ["Segments by platform have 15 labels for 16 units and are left out."]);
}
