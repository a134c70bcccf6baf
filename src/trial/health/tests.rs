use super::*;
use crate::trial::planted::{Planted, planted};
use crate::trial::seed;

const SEED: [u8; 32] = [9; 32];

fn teams() -> Planted {
    planted(&[10; 24], 4, 0.0, "health")
}

fn is(check: &Check, status: Status, words: &str) {
    assert_eq!(check.status, status, "{}", check.words);
    assert!(check.words.contains(words), "{}", check.words);
    assert!(check.figures.values().all(|it| it.is_finite()), "{:?}", check.figures);
}

#[test]
fn an_assignment_that_the_seed_does_not_draw_fails_and_names_the_units() {
    let mut teams = teams();
    let drawn = seed("health", "assignment");
    is(&lottery(&teams.randomization, drawn, &teams.arms), Status::Ok, "all 24 units");
    teams.arms[5] = 1 - teams.arms[5];
    let check = lottery(&teams.randomization, drawn, &teams.arms);
    is(&check, Status::Failed, "another variant for 1 of 24 units: team-05");
    assert_eq!(check.figures["different"], 1.0);
    is(&lottery(&teams.randomization, drawn, &teams.arms[1..]), Status::Failed, "23 units have");
    assert_eq!(failures(std::slice::from_ref(&check)), [format!("Lottery: {}", check.words)]);
}

#[test]
fn units_are_held_against_the_lottery_and_people_are_tested() {
    let mut teams = teams();
    fn check(teams: &Planted, counted: Option<Counted<'_>>) -> Check {
        sample_ratio(&teams.randomization, &teams.arms, counted, SEED)
    }
    let ratio = |counts: [u64; 2]| {
        let counted = Counted::OneByOne { what: "people", counts: &counts, weights: &[1.0, 1.0] };
        check(&teams, Some(counted))
    };
    is(&check(&teams, None), Status::Ok, "12 control, 12 treatment");
    is(&ratio([1010, 990]), Status::Ok, "p = 0.655");
    // By hand: 2 · 60² / 1000 = 7.2, p = 0.0073.
    is(&ratio([1060, 940]), Status::Warning, "p = 0.007");
    is(&ratio([1100, 900]), Status::Failed, "control 55.0 % in place of 50.0 %");
    is(&ratio([0, 0]), Status::Unknown, "no ratio of people");
    teams.arms = vec![0; 24];
    is(&check(&teams, None), Status::Failed, "24 control, 0 treatment");
}

#[test]
fn people_who_come_with_their_team_are_tested_by_the_lottery() {
    let teams = teams();
    let check = |seen: &[u64], of: &[u64]| {
        let counted = Counted::ByUnit { what: "People seen", seen, of };
        sample_ratio(&teams.randomization, &teams.arms, Some(counted), SEED)
    };
    // Large teams in one arm are no mismatch where all are seen alike.
    let sizes: Vec<u64> = teams.arms.iter().map(|arm| if *arm == 1 { 40 } else { 10 }).collect();
    let half: Vec<u64> = sizes.iter().map(|size| size / 2).collect();
    is(&check(&half, &sizes), Status::Ok, "People seen: control 60 of 120, treatment 240 of 480, p = 1.000");
    let unseen: Vec<u64> = sizes.iter().zip(&teams.arms).map(|(size, arm)| if *arm == 1 { *size } else { 3 }).collect();
    is(&check(&unseen, &sizes), Status::Failed, "control 36 of 120");
    is(&check(&unseen[1..], &sizes), Status::Unknown, "23 units of 24");
    is(&check(&unseen, &[0; 24]), Status::Unknown, "cannot be tested");
}

#[test]
fn balance_names_the_metric_that_was_planted_apart() {
    let teams = teams();
    let even: Vec<Option<f64>> = (0..24).map(|unit| Some(f64::from(unit % 4))).collect();
    let apart: Vec<Option<f64>> =
        teams.arms.iter().enumerate().map(|(unit, arm)| Some(*arm as f64 * 3.0 + (unit % 3) as f64)).collect();
    let constant = vec![Some(2.0); 24];
    let history = [
        History { name: "even", figures: &even },
        History { name: "constant", figures: &constant },
        History { name: "apart", figures: &apart },
    ];
    let check = balance(&teams.randomization, &teams.arms, &history, SEED);
    is(&check, Status::Warning, "Of 3 metrics before the start apart differs most, by 3.");
    assert!(check.figures["p"] < 0.01, "{:?}", check.figures);
    assert_eq!(check.figures["difference_constant"], 0.0);
    is(&balance(&teams.randomization, &teams.arms, &[], SEED), Status::Unknown, "No metric");
    let unknown = vec![None; 24];
    let check = balance(&teams.randomization, &teams.arms, &[History { name: "x", figures: &unknown }], SEED);
    is(&check, Status::Unknown, "No metric");
}

#[test]
fn the_omnibus_part_is_that_of_all_assignments() {
    // Four units in one stratum: of six assignments the two extreme ones are as far apart as the drawn.
    let mut four = planted(&[5; 4], 4, 0.0, "four");
    four.arms = vec![0, 0, 1, 1];
    let figures = [1.0, 2.0, 3.0, 4.0].map(Some);
    let check = balance(&four.randomization, &four.arms, &[History { name: "x", figures: &figures }], SEED);
    assert!((check.figures["p"] - 2.0 / 6.0).abs() < 1e-12, "{:?}", check.figures);
}

#[test]
fn use_is_judged_by_arm() {
    let users = |users| Some(Users { people: 100, users });
    is(&exposure(users(80), users(2)), Status::Ok, "80 of 100 treated people used it (80.0 %)");
    is(&exposure(users(80), users(6)), Status::Warning, "less than the treatment");
    is(&exposure(users(0), users(0)), Status::Failed, "no treatment");
    is(&exposure(users(3), users(70)), Status::Failed, "wrong way round");
    is(&exposure(users(3), None), Status::Unknown, "not recorded");
    is(&exposure(Some(Users { people: 0, users: 0 }), users(1)), Status::Unknown, "no people");
}

#[test]
fn many_movers_are_a_warning() {
    is(&movers(200, 20), Status::Ok, "20 of 200 people");
    is(&movers(200, 21), Status::Warning, "(10.5 %)");
    is(&movers(0, 0), Status::Unknown, "no people");
}

#[test]
fn attrition_of_one_arm_is_found_and_equal_attrition_is_not() {
    let teams = teams();
    let people = [10_u64; 24];
    let check = |gone: &[u64]| attrition(&teams.randomization, &teams.arms, Roster { people: &people, gone }, SEED);
    is(&check(&[0; 24]), Status::Ok, "0 of 240 people");
    is(&check(&[1; 24]), Status::Ok, "p = 1.000");
    is(&check(&[3; 24]), Status::Warning, "72 of 240");
    let of_treated: Vec<u64> = teams.arms.iter().map(|arm| *arm as u64).collect();
    let differs = check(&of_treated);
    is(&differs, Status::Warning, "10.0 % of the treated and 0.0 % of the control people, p < 0.001");
    assert_eq!(differs.figures["share_treated"], 0.1);
    is(&check(&[0; 3]), Status::Unknown, "does not have the lottery's units");
}

#[test]
fn missing_outcomes_of_one_arm_are_found() {
    let mut teams = teams();
    let find = |teams: &Planted| missing(&teams.randomization, &teams.arms, &[&teams.outcome], SEED);
    is(&find(&teams), Status::Ok, "All 24 units have every outcome");
    let treated = teams.places(1);
    teams.outcome.during[treated[0]] = None;
    is(&find(&teams), Status::Ok, "lacks 1 treated and 0 control units");
    treated[..8].iter().for_each(|place| teams.outcome.during[*place] = None);
    is(&find(&teams), Status::Warning, "pr_cycle_time lacks 8 treated and 0 control units");
    is(&missing(&teams.randomization, &teams.arms, &[], SEED), Status::Unknown, "No outcome");
}

#[test]
fn work_across_arms_is_an_index_of_the_worst_kind() {
    let kinds =
        |crossing| [Shared { what: "reviews", all: 200, crossing }, Shared { what: "commits", all: 0, crossing: 0 }];
    is(&interference(&kinds(20)), Status::Ok, "20 of 200 reviews cross arms (10.0 %)");
    is(&interference(&kinds(21)), Status::Warning, "10.5 %");
    is(&interference(&kinds(0)[1..]), Status::Unknown, "No work");
}

#[test]
fn late_and_silent_sources_are_named() {
    let source = |name, through, late_days| Source { name, through, late_days };
    let (github, jira) = (source("github", Some("2026-11-08"), 0), source("jira", Some("2026-11-01"), 7));
    is(&freshness(&[github]), Status::Ok, "2026-11-08");
    is(&freshness(&[github, jira]), Status::Warning, "reach 2026-11-01. Late: jira by 7 days");
    is(&freshness(&[github, source("zendesk", None, 0)]), Status::Unknown, "zendesk never told");
    is(&freshness(&[]), Status::Unknown, "No source");
}

#[test]
fn a_definition_changed_outside_the_trail_fails() {
    let amendments = [Amendment { day: "2026-10-01", hash: "b" }];
    let of = |started, now, amendments| definition(Definition { started, now, amendments });
    is(&of(Some("a"), "a", &[]), Status::Ok, "the one that was started");
    is(&of(Some("a"), "b", &amendments), Status::Warning, "amended after the start, on 2026-10-01");
    is(&of(Some("a"), "c", &amendments), Status::Failed, "no record");
    is(&of(Some("a"), "b", &[]), Status::Failed, "no record");
    is(&of(None, "b", &[]), Status::Unknown, "No start");
}

#[test]
fn overlapping_experiments_are_named() {
    is(&overlap(24, &[Overlap { name: "other", units: 0 }]), Status::Ok, "No other");
    is(&overlap(24, &[Overlap { name: "merge queue", units: 6 }]), Status::Warning, "merge queue (6 of 24 units)");
}
