use super::*;
use crate::stats::{Unit, Variant};
use crate::trial::planted::{Planted, planted, variants};
use crate::trial::{Better, Design, Scale, Verdict};
use proptest::prelude::*;

const FALL: f64 = -0.223_143_551_314_209_7; // ln 0.8

fn goal() -> Question<'static> {
    Question::new("Cycle time", "hours", Role::Goal, 0.1, Level::NINETY_FIVE)
}

fn noted(planted: &Planted) -> String {
    let report = report_outcome(planted.sample(), &goal());
    assert_eq!((report.effect, report.verdict), (None, Verdict::NotTested));
    report.note.unwrap()
}

#[test]
fn finds_a_constant_fall_and_says_it_is_better() {
    let planted = planted(&[20; 24], 4, FALL, "a constant fall");
    let report = report_outcome(planted.sample(), &goal());
    let effect = report.effect.unwrap();
    assert!(effect.low.unwrap() < -0.2 && -0.2 < effect.high.unwrap(), "{effect:?}");
    assert_eq!((report.verdict, report.note, report.units, report.rows), (Verdict::Better, None, 24, 480));
    let ratio = report.treatment.unwrap() / report.control.unwrap();
    assert!((0.5..1.1).contains(&ratio), "{ratio}");
    assert!(effect.method.starts_with("randomization"));
    assert!(report.beside[0].method.starts_with("ANCOVA"));
}

#[test]
fn answers_the_same_twice() {
    let planted = planted(&[7; 16], 4, FALL, "twice");
    assert_eq!(report_outcome(planted.sample(), &goal()), report_outcome(planted.sample(), &goal()));
}

#[test]
fn an_arm_of_one_unit_or_none_is_a_note() {
    let mut planted = planted(&[5; 12], 12, 0.0, "an empty arm");
    let treated = planted.places(1);
    treated[1..].iter().for_each(|place| planted.outcome.during[*place] = None);
    assert_eq!(noted(&planted), "Treatment has 1 units with pr_cycle_time; a comparison needs at least 2 in each arm.");
    planted.outcome.during[treated[0]] = None;
    assert!(noted(&planted).starts_with("Treatment has 0 units"));
    planted.outcome.during = vec![None; 12];
    assert!(noted(&planted).starts_with("Control has 0 units"));
}

#[test]
fn equal_outcomes_few_units_and_bad_numbers_are_notes() {
    let mut equal = planted(&[5; 12], 12, 0.0, "equal");
    equal.outcome.during = vec![Some(1.5); 12];
    assert_eq!(noted(&equal), "Every unit has the same pr_cycle_time; there is nothing to compare.");
    assert!(noted(&planted(&[5; 6], 6, 0.0, "few")).contains("described and not tested"));
    equal.outcome.during[3] = Some(f64::INFINITY);
    assert!(noted(&equal).contains("position 3 is inf"));
    equal.outcome.during.pop();
    assert!(noted(&equal).contains("has 11 entries, expected 12"));
}

#[test]
fn a_zero_control_mean_has_no_relative_change() {
    let mut planted = planted(&[5; 12], 12, 0.0, "zero");
    planted.outcome.scale = Scale::Linear;
    for (place, arm) in planted.arms.iter().enumerate() {
        planted.outcome.during[place] = Some(if *arm == 1 { place as f64 } else { 0.0 });
    }
    assert_eq!(noted(&planted), "The control's mean is zero, so that no change in parts of it exists.");
}

#[test]
fn three_variants_are_a_note() {
    let units = |count: usize| -> Vec<Unit> {
        (0..count).map(|unit| Unit { id: format!("u{unit:02}"), stratum: String::new() }).collect()
    };
    let mut three = planted(&[5; 12], 12, 0.0, "three");
    let variants: Vec<Variant> =
        variants().into_iter().chain([Variant { name: "other".to_owned(), weight: 1 }]).collect();
    three.randomization = Randomization::new(Design::Complete, units(12), variants, &[]).unwrap();
    three.arms = three.randomization.assign([7; 32]).unwrap();
    assert!(noted(&three).contains("compares 2 variants, this lottery has 3"));
}

#[test]
fn a_stepped_wedge_is_compared_over_its_periods() {
    let units = (0..12).map(|unit| Unit { id: format!("u{unit:02}"), stratum: String::new() }).collect();
    let mut wedge = planted(&[5; 12], 12, 0.0, "wedge");
    wedge.randomization = Randomization::new(Design::SteppedWedge { steps: 3 }, units, Vec::new(), &[]).unwrap();
    wedge.arms = wedge.randomization.assign([7; 32]).unwrap();
    let Randomization::Sequences(sequences) = &wedge.randomization else { panic!("a wedge draws sequences") };
    let figure = |unit: usize, period: usize| {
        let effect = if sequences.schedules()[wedge.arms[unit]][period] { 0.8_f64.ln() } else { 0.0 };
        let rest = ((unit * 7 + period * 3) % 5) as f64 * 0.01;
        Some(unit as f64 * 0.3 + period as f64 * 0.1 + effect + rest)
    };
    wedge.outcome.periods = (0..12).map(|unit| (0..4).map(|period| figure(unit, period)).collect()).collect();
    let report = report_outcome(wedge.sample(), &goal());
    let effect = report.effect.unwrap();
    assert!((effect.estimate + 0.2).abs() < 0.02 && effect.high.unwrap() < 0.0, "{effect:?}");
    assert_eq!((report.verdict, report.units), (Verdict::Better, 12));
}

#[test]
fn a_guardrail_that_moves_little_is_within_its_margin() {
    let mut planted = planted(&[400; 24], 4, 0.0, "a guardrail");
    planted.outcome.better = Better::Higher;
    let question = Question { role: Role::Guardrail, margin: 0.25, ..goal() };
    assert_eq!(report_outcome(planted.sample(), &question).verdict, Verdict::WithinMargin);
}

#[test]
fn everything_that_was_asked_stands_around_the_answer() {
    let mut planted = planted(&[25; 24], 4, FALL, "everything");
    planted.outcome.periods = planted.outcome.during.iter().map(|figure| vec![*figure; 4]).collect();
    let labels = (0..24).map(|unit| if unit < 12 { "core" } else { "edge" }.to_owned()).collect();
    let dimensions = [Dimension { name: "area".to_owned(), labels }];
    let used: Vec<Option<f64>> = planted
        .arms
        .iter()
        .enumerate()
        .map(|(unit, arm)| Some(*arm as f64 * (0.7 + 0.1 * (unit % 3) as f64)))
        .collect();
    let question = Question { dimensions: &dimensions, quantiles: &[0.5, 0.9], used: &used, ..goal() };
    let report = report_outcome(planted.sample(), &question);
    let counts =
        [&report.beside, &report.sensitivity, &report.segments, &report.quantiles, &report.over_time].map(Vec::len);
    assert_eq!(counts, [1, 8, 3, 2, 4]);
    assert!(report.compliers.unwrap().estimate < report.effect.unwrap().estimate);
    assert!(report.warnings.is_empty(), "{:?}", report.warnings);
}

#[test]
fn a_refused_answer_has_no_numbers_around_it() {
    let mut planted = planted(&[5; 6], 6, 0.0, "refused");
    planted.outcome.periods = vec![vec![Some(1.0); 4]; 6];
    let report = report_outcome(planted.sample(), &Question { quantiles: &[0.5], used: &[Some(1.0); 6], ..goal() });
    let counts =
        [&report.beside, &report.sensitivity, &report.segments, &report.quantiles, &report.over_time].map(Vec::len);
    assert_eq!((counts, report.compliers), ([0; 5], None));
    assert!(report.note.is_some() && report.control.is_some());
}

#[test]
fn the_report_as_json_has_no_null_in_place_of_a_number() {
    let planted = planted(&[25; 12], 4, FALL, "json");
    let report = report_outcome(planted.sample(), &goal());
    let text = serde_json::to_string(&report).unwrap();
    // A number that is not finite would be written as null and not read again.
    let read: OutcomeReport = serde_json::from_str(&text).unwrap();
    assert_eq!(read.sensitivity.len(), report.sensitivity.len());
}

#[test]
fn a_margin_below_zero_is_a_note() {
    let planted = planted(&[25; 12], 4, FALL, "margin");
    for (margin, words) in [(-0.1, "-0.1"), (f64::NAN, "NaN"), (f64::INFINITY, "inf")] {
        let report = report_outcome(planted.sample(), &Question { margin, ..goal() });
        assert_eq!((report.effect, report.verdict), (None, Verdict::NotTested));
        assert_eq!(report.note.unwrap(), format!("The margin is {words}, expected a relative change of zero or more."));
    }
}

/// Every number of a report.
fn numbers(report: &OutcomeReport) -> Vec<f64> {
    let lists = [&report.beside, &report.sensitivity, &report.segments, &report.quantiles, &report.over_time];
    let all = lists.into_iter().flatten().chain(&report.effect).chain(&report.compliers);
    let of = |it: &Relative| [Some(it.estimate), it.low, it.high, it.p, it.degrees_of_freedom];
    all.flat_map(of).chain([report.control, report.treatment]).flatten().collect()
}

fn odd_figure() -> impl Strategy<Value = Option<f64>> {
    let odd = prop::sample::select(vec![0.0, 1.0, -1.0, 1e-300, 700.0, 1e300, -1e300, f64::NAN, f64::INFINITY]);
    prop_oneof![1 => Just(None), 6 => (-3.0..3.0_f64).prop_map(Some), 1 => odd.prop_map(Some)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn whatever_comes_in_no_number_is_infinite_or_none(
        during in prop::collection::vec(odd_figure(), 12),
        before in prop::collection::vec(odd_figure(), 0..13),
        values in prop::collection::vec(prop::collection::vec(odd_figure(), 0..4), 12),
        used in prop::collection::vec(odd_figure(), 12),
        linear in any::<bool>(),
    ) {
        let mut planted = planted(&[3; 12], 4, 0.0, "whatever");
        planted.outcome.scale = if linear { Scale::Linear } else { Scale::LogMean };
        planted.outcome.periods = during.iter().zip(&used).map(|(one, other)| vec![*one, *other, *one, *other]).collect();
        planted.outcome.values = values.iter().map(|it| it.iter().flatten().copied().collect()).collect();
        planted.outcome.before = before;
        planted.outcome.during = during;
        let dimensions =
            [Dimension { name: "area".to_owned(), labels: (0..12).map(|unit| (unit / 8).to_string()).collect() }];
        let question = Question { dimensions: &dimensions, quantiles: &[0.5, 2.0], used: &used, ..goal() };
        let sample = Sample { draws: 50, ..planted.sample() };
        let report = report_outcome(sample, &question);
        prop_assert!(report.effect.is_some() != report.note.is_some());
        prop_assert!(numbers(&report).iter().all(|it| it.is_finite()), "{report:?}");
    }
}
