//! What is refused with a clear word, and never answered with a number.

use super::{SPEC, teams, try_to};
use paceline::trial::{Verdict, Word};

fn refused(text: &str, csv: &str, expected: &str) {
    match try_to(text, csv) {
        Ok(report) => panic!("{expected}: {report:?}"),
        Err(error) => assert_eq!(error, expected),
    }
}

#[test]
fn a_third_treatment() {
    refused(
        SPEC,
        &teams(12, 0.8).replace("t05,on", "t05,onn"),
        "outcomes.csv:7: arm is onn, neither off (control) nor on (treated); did you mean on?",
    );
    refused(
        SPEC,
        &teams(12, 0.8).replace("t05,on", "t05,beta"),
        "outcomes.csv:7: arm is beta, neither off (control) nor on (treated)",
    );
    refused(SPEC, &teams(12, 0.8).replace("t05,on", "t05,"), "outcomes.csv:7: arm is empty; every row needs it");
}

#[test]
fn labels_that_the_table_does_not_have() {
    refused(
        SPEC,
        &teams(12, 0.8).replace(",on,", ",1,").replace(",off,", ",0,"),
        "outcomes.csv: no row has arm = off (control) or on (treated), the labels of spec.toml; it has 0, 1",
    );
}

#[test]
fn a_unit_in_both_arms() {
    refused(
        SPEC,
        &format!("{}t05,off,21\n", teams(12, 0.8)),
        "outcomes.csv:14: team t05 is in both arms: off here and on on line 7; what was drawn has one",
    );
}

#[test]
fn a_cluster_in_both_arms_and_a_unit_in_two_clusters() {
    let clustered = SPEC.replace("unit = \"team\"", "unit = \"person\"\ncluster = \"team\"");
    let csv = teams(12, 0.8).replace("hours\n", "hours,person\n");
    let lines = csv.lines().enumerate();
    let csv: String =
        lines.map(|(line, it)| if line == 0 { format!("{it}\n") } else { format!("{it},p{line}\n") }).collect();
    refused(
        &clustered,
        &format!("{csv}t05,off,21,p99\n"),
        "outcomes.csv:14: team t05 is in both arms: off here and on on line 7; what was drawn has one",
    );
    refused(&clustered, &format!("{csv}t05,on,21,p1\n"), "outcomes.csv:14: person p1 is in t05, and in t00 on line 2");
}

#[test]
fn one_arm_empty_and_a_single_unit_in_an_arm() {
    let only_control: String =
        teams(12, 0.8).lines().filter(|it| !it.contains(",on,")).map(|it| format!("{it}\n")).collect();
    refused(SPEC, &only_control, "outcomes.csv: 0 team with arm = on; a comparison needs at least 2 in each arm");
    refused(
        SPEC,
        &format!("{only_control}t99,on,12\nt99,on,14\n"),
        "outcomes.csv: 1 team with arm = on; a comparison needs at least 2 in each arm",
    );
}

#[test]
fn outcomes_that_are_all_equal_or_all_unknown() {
    let with = |hours: &str| -> String {
        let row = |it: &str| {
            if it.starts_with("team") {
                format!("{it}\n")
            } else {
                format!("{}{hours}\n", &it[..it.rfind(',').unwrap() + 1])
            }
        };
        teams(12, 0.8).lines().map(row).collect()
    };
    refused(SPEC, &with("7"), "outcomes.csv: hours is the same for every team; there is nothing to compare");
    refused(SPEC, &with(""), "outcomes.csv: hours is not known of any team");
}

#[test]
fn what_is_no_number() {
    let with = |hours: &str| format!("{}t12,off,{hours}\n", teams(12, 0.8));
    refused(SPEC, &with("fast"), "outcomes.csv:14: hours is fast, which is not a number");
    refused(SPEC, &with("NaN"), "outcomes.csv:14: hours is NaN; leave the field empty where a value is not known");
    refused(SPEC, &with("-inf"), "outcomes.csv:14: hours is -inf; leave the field empty where a value is not known");
}

#[test]
fn zero_and_less_under_a_logarithm() {
    let text = format!("{SPEC}transformation = \"log\"\n");
    let csv = format!("{}t12,off,0\nt13,on,-2\n", teams(12, 0.8));
    refused(
        &text,
        &csv,
        "outcomes.csv:14: hours is 0, and zero or less in 2 of 14 rows in all; a logarithm needs numbers above zero: write transformation = \"none\", or correct them",
    );
}

#[test]
fn a_rate_of_zero_and_an_exposure_that_is_none() {
    let text = SPEC.replace("\"hours\"", "\"incidents\"\ntransformation = \"rate\"\nexposure = \"days\"");
    let rows = |team: usize| format!("t{team:02},{},{},10\n", if team % 2 == 1 { "on" } else { "off" }, team % 4);
    let csv = format!("team,arm,incidents,days\n{}", (0..12).map(rows).collect::<String>());
    refused(
        &text,
        &csv,
        "outcomes.csv: incidents is zero over all rows of team t00, and so for 3 in all; a rate of zero has no logarithm: write transformation = \"none\" to compare the ratios themselves",
    );
    refused(
        &text,
        &csv.replace("t01,on,1,10", "t01,on,1,0"),
        "outcomes.csv:3: days is 0, expected a number above zero",
    );
    refused(&text, &csv.replace("t01,on,1,10", "t01,on,1,"), "outcomes.csv:3: days is not known, and the outcome is");
    refused(
        &text,
        &csv.replace("t01,on,1,10", "t01,on,-1,10"),
        "outcomes.csv:3: incidents is -1, and less than zero in 1 of 12 rows in all; a rate needs numbers of zero or more: write transformation = \"none\", or correct them",
    );
}

#[test]
fn columns_that_are_not_there_all_at_once() {
    let text = SPEC.replace("\"hours\"", "\"huors\"").replace("unit = \"team\"", "unit = \"squad\"");
    refused(
        &text,
        &teams(12, 0.8),
        "spec.toml:3:8: outcomes.csv has no column squad; it has team, arm, hours\nspec.toml:10:10: outcomes.csv has no column huors; did you mean hours?",
    );
}

#[test]
fn blocks_that_are_none() {
    let text =
        SPEC.replace("unit = \"team\"", "unit = \"team\"\nblock = \"pair\"").replace("\"complete\"", "\"pairs\"");
    let lines: Vec<String> = teams(12, 0.8).lines().map(str::to_owned).collect();
    let row = |(line, it): (usize, &String)| {
        if line == 0 { format!("{it},pair\n") } else { format!("{it},p{}\n", (line - 1) / 2) }
    };
    let csv: String = lines.iter().enumerate().map(row).collect();
    assert!(try_to(&text, &csv).is_ok());
    refused(
        &text,
        &csv.replace("t01,on", "t01,off"),
        "outcomes.csv: pair p0 has 2 control and 0 treated, expected one of each",
    );
    refused(
        &text,
        &format!("{csv}t00,off,20,p5\n"),
        "outcomes.csv:14: team t00 is in block p5 here and in p0 on line 2",
    );
}

#[test]
fn files_that_are_no_table() {
    refused(SPEC, "team,arm,hours\n", "outcomes.csv: it has no rows");
    refused(SPEC, "team,arm,hours,hours\nt0,on,1,2\n", "outcomes.csv: it has two columns hours");
    let error = try_to(SPEC, "team,arm,hours\nt0,on\n").unwrap_err();
    assert!(error.starts_with("outcomes.csv: CSV error: record 1 (line: 2"), "{error}");
}

#[test]
fn too_few_units_are_described_and_not_tested() {
    let report = try_to(SPEC, &teams(6, 0.5)).unwrap();
    let result = &report.results[0];
    assert!(result.effect.is_none() && result.control.is_some() && result.beside.is_empty(), "{result:?}");
    assert!(result.note.as_ref().unwrap().contains("a test needs 8"), "{result:?}");
    assert_eq!((result.verdict, report.decision.word), (Verdict::NotTested, Word::DoNotShip));
}
