use super::*;
use crate::stats::one_way;
use crate::trial::parallel::in_parallel;
use simulated::simulate;

fn options(experiments: usize) -> CalibrationOptions {
    // 5 % of 99 draws and one more are whole, so that tests are exact.
    CalibrationOptions { seed: "tests".to_owned(), experiments, reference_experiments: experiments, draws: 99 }
}

fn world(teams: usize) -> World {
    World { teams, intraclass_correlation: 0.2, tails: Tails::Normal }
}

#[test]
fn the_default_keeps_its_level_where_rows_do_not() {
    let cell = cell::cell(world(12), Design::Stratified, &options(400)).unwrap();
    // Four standard errors of 400 experiments.
    let bound = 4.0 * (0.05_f64 * 0.95 / 400.0).sqrt();
    assert!((cell.false_positives - 0.05).abs() < bound, "{}", cell.false_positives);
    assert!(cell.coverage > 0.95 - 2.0 * bound, "{}", cell.coverage);
    let rate = |method| cell.references.iter().find(|it| it.method == method).unwrap().false_positives;
    assert!(rate(ReferenceMethod::RowsWelch) > 0.35, "{}", rate(ReferenceMethod::RowsWelch));
    assert!(rate(ReferenceMethod::RowsCr0Normal) > 0.12, "{}", rate(ReferenceMethod::RowsCr0Normal));
    assert!(rate(ReferenceMethod::RowsCr2) < 0.1 && rate(ReferenceMethod::Ancova) < 0.1);
}

#[test]
fn the_same_seed_gives_the_same_row_and_another_another() {
    let row = |seed: &str| {
        let options = CalibrationOptions { seed: seed.to_owned(), ..options(24) };
        cell::cell(world(10), Design::Complete, &options).unwrap()
    };
    assert_eq!(row("one"), row("one"));
    assert_ne!(row("one").width, row("two").width);
}

#[test]
fn answers_come_in_order_from_all_processors() {
    assert_eq!(in_parallel(1001, |number| number * 2), (0..1001).map(|number| number * 2).collect::<Vec<_>>());
    assert!(in_parallel(0, |number| number).is_empty());
}

#[test]
fn worlds_have_the_correlation_that_they_declare() {
    for declared in [0.05, 0.5] {
        let world = World { teams: 400, intraclass_correlation: declared, tails: Tails::Normal };
        let rows = world.organisation(crate::trial::seed("tests", "world")).window(1);
        let teams: Vec<usize> = rows.iter().enumerate().flat_map(|(team, rows)| vec![team; rows.len()]).collect();
        let found = one_way(&rows.concat(), &teams).unwrap().intraclass_correlation;
        // Rows of one developer go together, which counts for the team with a few developers.
        assert!((found - declared).abs() < 0.09, "{found} is not {declared}");
    }
}

#[test]
fn ten_teams_reach_five_per_cent_but_not_in_pairs() {
    let attainable = |design| simulate(world(10), design, "tests").unwrap().drawn.attainable(0.05);
    // 12 of 252 assignments.
    assert!((attainable(Design::Complete) - 12.0 / 252.0).abs() < 1e-12);
    assert!(attainable(Design::Stratified) > 0.04);
    // 2 of 32 are more than 5 %.
    assert!(attainable(Design::Pairs).abs() < 1e-12);
    let pairs = cell::cell(world(10), Design::Pairs, &options(8)).unwrap();
    assert!((pairs.refused - 1.0).abs() < 1e-12);
}

#[test]
fn looking_every_week_costs_what_declared_looks_do_not() {
    let looks = peeking::peeking(world(16), &options(1200)).unwrap();
    assert!(looks.undeclared > 0.09, "{looks:?}");
    assert!(looks.undeclared > looks.obrien_fleming && looks.undeclared > looks.pocock);
    assert!(looks.obrien_fleming < 0.09 && looks.pocock < 0.09, "{looks:?}");
}

#[test]
fn decisions_keep_the_error_rate_over_goals_and_guardrails() {
    let family = family::family(world(16), &options(800)).unwrap();
    assert!(family.ships_without_effect < 0.09 && family.ships_harm < 0.09, "{family:?}");
    assert!(family.ships_without_effect_undivided > family.ships_without_effect);
}

#[test]
fn the_document_names_what_does_not_hold() {
    let mut table = CalibrationTable {
        options: options(10),
        worlds: vec![cell::cell(world(10), Design::Complete, &options(8)).unwrap()],
        designs: Vec::new(),
        varying: Vec::new(),
        families: Vec::new(),
        peeking: Vec::new(),
        planned: Vec::new(),
    };
    let row = &mut table.worlds[0];
    (row.false_positives, row.coverage) = (0.05, 0.95);
    assert!(table.failures().is_empty() && table.markdown().contains("Every row holds what is asked for."));
    table.worlds[0].false_positives = 0.061;
    assert_eq!(table.failures(), ["10 teams, complete, normal logs, ICC 0.2: 6.1 % false positives"]);
    assert!(table.markdown().contains("- Not held: 10 teams, complete"));
    // Three in a hundred are too few only where the lottery could have more.
    (table.worlds[0].false_positives, table.worlds[0].attainable) = (0.03, 0.032);
    assert!(table.failures().is_empty());
}
