use super::*;
use crate::trial::{Better, Design, Role};

const WHOLE: &str = r#"title = "Elsewhere"
[data]
unit = "team"
treatment = "arm"
control = 0
treated = 1
[design]
design = "complete"
[[outcome]]
column = "hours"
role = "goal"
margin = "10%"
better = "lower"
"#;

fn parse(text: &str) -> Result<AnalysisSpec, Diagnostics> {
    AnalysisSpec::parse(&Content { file: "spec.toml".to_owned(), text: text.to_owned(), embedded: false })
}

fn check(line: &str, by: &str, expected: &[&str]) {
    assert!(WHOLE.contains(line), "{line}");
    let wrong: Vec<String> = match parse(&WHOLE.replace(line, by)) {
        Ok(_) => Vec::new(),
        Err(wrong) => wrong.0.iter().map(|it| it.to_string().replace("spec.toml:", "")).collect(),
    };
    assert_eq!(wrong, expected, "{by}");
}

#[test]
fn a_short_specification_takes_the_defaults() {
    let it = parse(WHOLE).unwrap();
    let labels = (it.columns.control.name.as_str(), it.columns.treated.name.as_str());
    assert_eq!((labels, it.columns.drawn().name.as_str()), (("0", "1"), "team"));
    assert_eq!((it.name.as_str(), it.alpha, it.missing), ("spec", 0.05, Missing::Drop));
    let drawn = Drawn::ByLot { design: Design::Complete, seed: None, shares: None, covariates: Vec::new() };
    assert_eq!(it.drawn, drawn);
    let outcome = &it.outcomes[0];
    assert_eq!((outcome.title.as_str(), outcome.role, outcome.better), ("hours", Role::Goal, Better::Lower));
    assert_eq!((outcome.transformation, outcome.margin), (Transformation::None, 0.1));
    assert_eq!(it.named().map(|it| it.name.as_str()).collect::<Vec<_>>(), ["team", "arm", "hours"]);
}

#[test]
fn unknown_keys_and_values_say_what_was_meant() {
    check("treatment = ", "treatmnt = ", &["4:1: unknown key treatmnt; did you mean treatment?"]);
    check("\"complete\"", "\"completed\"", &["8:10: unknown value completed; did you mean complete?"]);
    check("role = \"goal\"", "role = \"goals\"", &["11:8: unknown value goals; did you mean goal?"]);
}

#[test]
fn labels_are_two() {
    check("treated = 1", "treated = \"0\"", &["6:11: control and treated are both 0; the arms need two labels"]);
    let message = "6:11: a label of an arm is a text, a whole number, true or false, as the table has it";
    check("treated = 1", "treated = 1.5", &[message]);
    check("treated = 1", "treated = \"\"", &[message]);
    check("treatment = \"arm\"", "treatment = \"team\"", &["4:13: column team is named twice under [data]"]);
}

#[test]
fn a_design_has_what_it_needs() {
    let design = |by: &str, expected: &[&str]| check("design = \"complete\"", by, expected);
    design(
        "design = \"pairs\"",
        &["8:10: a matched pairs design needs block = \"pair\" under [data], the column that names it"],
    );
    design(
        "design = \"stratified\"",
        &["8:10: a stratified design needs block = \"stratum\" under [data], the column that names it"],
    );
    design(
        "design = \"rerandomized\"",
        &["8:10: a rerandomized design needs covariates = [\"…\"], the columns that it balanced"],
    );
    design(
        "design = \"crossover\"",
        &[
            "8:10: a table of a stepped wedge or a crossover is not analysed here: its units change their arm; for blocks of time that were drawn one by one write switchback",
        ],
    );
    design(
        "design = \"complete\"\naccepted = \"1%\"",
        &["9:12: accepted is for rerandomized designs; leave it out, or say which design"],
    );
    let shares = "9:10: write both shares as positive numbers, such as { control = 50, treated = 50 }";
    design("design = \"complete\"\nshares = { control = 50, treated = 0 }", &[shares]);
    design("design = \"complete\"\nshares = { control = 50, on = 5 }", &[shares]);
    design(
        "design = \"observational\"\nshares = { control = 50, treated = 50 }",
        &["9:10: shares is for what was drawn by lot; leave it out"],
    );
}

#[test]
fn outcomes_have_margins_directions_and_exposures() {
    let not = "is not a margin; write a positive percentage such as \"10%\"";
    check("\"10%\"", "\"-10%\"", &[&format!("12:10: -10% {not}")]);
    check("\"10%\"", "\"0%\"", &[&format!("12:10: 0% {not}")]);
    check("margin = \"10%\"\n", "", &["10:10: hours needs margin = \"10%\""]);
    check(
        "better = \"lower\"",
        "",
        &["10:10: hours needs better = \"lower\" or \"higher\", the direction that is good"],
    );
    check(
        "better = \"lower\"",
        "better = \"lower\"\ntransformation = \"rate\"",
        &["10:10: a rate needs exposure = \"…\", what hours is divided by"],
    );
    check("column = \"hours\"", "column = \"arm\"", &["10:10: arm is named under [data]; it cannot be an outcome"]);
    check(
        "role = \"goal\"\nmargin = \"10%\"",
        "role = \"secondary\"",
        &["9:1: nothing can be decided without a goal; write [[outcome]] with column, role = \"goal\", margin, better"],
    );
    check(
        "better = \"lower\"",
        "better = \"lower\"\n[analysis]\nalpha = 0.0",
        &["15:9: alpha is 0; it must lie between 0 and 0.5"],
    );
    let twice = format!("{WHOLE}[[outcome]]\ncolumn = \"hours\"\nrole = \"secondary\"\n");
    let wrong = parse(&twice).unwrap_err().to_string();
    assert_eq!(wrong, "spec.toml:15:10: hours is an outcome twice; an outcome plays one part");
}
