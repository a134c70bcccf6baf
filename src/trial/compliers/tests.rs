use super::*;
use crate::stats::Level;
use crate::trial::Role;
use crate::trial::planted::{Planted, planted};

fn asked(planted: &Planted, used: &[Option<f64>]) -> Compliers {
    let question = Question::new("Cycle time", "hours", Role::Goal, 0.1, Level::NINETY_FIVE);
    compliers(&planted.sample(), &Question { used, ..question })
}

/// Each treated unit uses it to a share, and its figure falls by half a log point times the share.
fn by_use(share: impl Fn(usize) -> f64) -> (Planted, Vec<Option<f64>>) {
    let mut planted = planted(&[40; 24], 4, 0.0, "use");
    let used: Vec<Option<f64>> =
        planted.arms.iter().enumerate().map(|(unit, arm)| Some(*arm as f64 * share(unit))).collect();
    for (figure, share) in planted.outcome.during.iter_mut().zip(&used) {
        *figure = figure.zip(*share).map(|(figure, share)| figure - 0.5 * share);
    }
    (planted, used)
}

#[test]
fn finds_the_effect_of_use_where_not_all_use_it() {
    let (planted, used) = by_use(|unit| 0.3 + 0.1 * (unit % 5) as f64);
    let Compliers::Found { relative, remark } = asked(&planted, &used) else { panic!() };
    let fall = (-0.5_f64).exp() - 1.0;
    assert!(relative.low.unwrap() < fall && fall < relative.high.unwrap(), "{relative:?}");
    assert_eq!((remark, relative.n), (None, 24));
    let assigned = Compared::of(&planted.sample(), |_| true).ancova(Level::NINETY_FIVE).unwrap();
    assert!(relative.estimate < assigned.estimate.exp() - 1.0, "an effect of use is larger than one of assignment");
}

#[test]
fn full_compliance_gives_the_effect_of_assignment() {
    let (planted, used) = by_use(|_| 1.0);
    let Compliers::Found { relative, .. } = asked(&planted, &used) else { panic!() };
    let assigned = Compared::of(&planted.sample(), |_| true).ancova(Level::NINETY_FIVE).unwrap();
    assert!((relative.estimate - (assigned.estimate.exp() - 1.0)).abs() < 1e-9);
}

#[test]
fn a_weak_first_stage_is_refused_with_its_f() {
    let mut planted = planted(&[40; 24], 4, 0.0, "weak");
    planted.outcome.before.clear();
    let mut used = vec![Some(0.0); 24];
    used[planted.places(1)[0]] = Some(0.2);
    let Compliers::Refused(why) = asked(&planted, &used) else { panic!() };
    assert!(why.contains("changed the share of use by 1.7 %, with F = 1."), "{why}");
}

#[test]
fn no_use_or_bad_shares_are_refused_and_unrecorded_use_is_not_asked() {
    let (planted, mut used) = by_use(|_| 0.5);
    assert_eq!(asked(&planted, &[]), Compliers::NotAsked);
    let Compliers::Refused(why) = asked(&planted, &[Some(0.0); 24]) else { panic!() };
    assert!(why.contains("uptake does not vary"), "{why}");
    assert!(matches!(asked(&planted, &used[1..]), Compliers::Refused(why) if why.contains("23 of 24 units")));
    used[3] = Some(1.5);
    assert!(matches!(asked(&planted, &used), Compliers::Refused(why) if why.contains("a share of use is 1.5")));
    let backwards: Vec<Option<f64>> = planted.arms.iter().map(|arm| Some(1.0 - *arm as f64)).collect();
    assert!(matches!(asked(&planted, &backwards), Compliers::Refused(why) if why.contains("−100.0 %")));
}

#[test]
fn a_set_that_is_no_interval_is_said_in_words() {
    let interval = crate::stats::Interval { low: 0.0, high: 1.0 };
    assert_eq!(remark(ConfidenceSet::Interval(interval)), None);
    for (set, words) in [
        (ConfidenceSet::Everything, "every effect of use"),
        (ConfidenceSet::Empty, "no effect of use"),
        (ConfidenceSet::Outside { until: 0.0, from: 1.0 }, "not bounded on either side"),
        (ConfidenceSet::AtMost(1.0), "not bounded below"),
        (ConfidenceSet::AtLeast(1.0), "not bounded above"),
    ] {
        assert!(remark(set).unwrap().contains(words));
    }
}

/// Of 200 samples 95 % are 190; the bounds are three standard deviations away.
#[test]
fn the_interval_covers_the_effect_of_use() {
    let fall = (-0.5_f64).exp() - 1.0;
    let mut covered = 0;
    for sample in 0..200 {
        let mut planted = planted(&[5; 20], 4, 0.0, &format!("coverage {sample}"));
        let use_of = |(unit, arm): (usize, &usize)| Some(*arm as f64 * (0.5 + 0.1 * (unit % 4) as f64));
        let used: Vec<Option<f64>> = planted.arms.iter().enumerate().map(use_of).collect();
        for (figure, share) in planted.outcome.during.iter_mut().zip(&used) {
            *figure = figure.zip(*share).map(|(figure, share)| figure - 0.5 * share);
        }
        let Compliers::Found { relative, .. } = asked(&planted, &used) else { panic!() };
        covered += u32::from(relative.low.unwrap() <= fall && fall <= relative.high.unwrap());
    }
    assert!((181..=199).contains(&covered), "{covered} of 200");
}
