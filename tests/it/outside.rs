//! Tables of experiments that were run elsewhere: the figures of established packages from the file to the report, and what
//! is refused.

use paceline::experiment::{OutcomeTable, analyse_table};
use paceline::project::{AnalysisSpec, Content};
use paceline::trial::{Grade, OutcomeReport, Report, Status, Verdict, Word};
use serde_json::Value;
use std::path::Path;

mod refusals;

/// Columns `team`, `arm`, `hours`.
const SPEC: &str = r#"title = "Elsewhere"
[data]
unit = "team"
treatment = "arm"
control = "off"
treated = "on"
[design]
design = "complete"
[[outcome]]
column = "hours"
role = "goal"
margin = "10%"
better = "lower"
"#;

fn spec(text: &str) -> AnalysisSpec {
    AnalysisSpec::parse(&Content { file: "spec.toml".to_owned(), text: text.to_owned(), embedded: false }).unwrap()
}

fn analyse(text: &str, csv: &str) -> Report {
    try_to(text, csv).unwrap_or_else(|error| panic!("{error}"))
}

fn try_to(text: &str, csv: &str) -> Result<Report, String> {
    let table = OutcomeTable::parse("outcomes.csv", csv.as_bytes()).map_err(|error| error.to_string())?;
    analyse_table(&spec(text), &table).map_err(|error| error.to_string())
}

/// Teams that take turns, with figures around 20 hours, of which the treatment takes a part.
fn teams(count: usize, part: f64) -> String {
    let row = |team: usize| {
        let (is_treated, noise) = (team % 2 == 1, ((team * 37) % 11) as f64 / 10.0);
        let hours = (20.0 + noise) * if is_treated { part } else { 1.0 };
        format!("t{team:02},{},{hours}\n", if is_treated { "on" } else { "off" })
    };
    format!("team,arm,hours\n{}", (0..count).map(row).collect::<String>())
}

fn oracle(name: &str) -> String {
    let path = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/oracle")).join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn reference(name: &str, key: &str) -> Value {
    serde_json::from_str::<Value>(&oracle(&format!("ref/{name}"))).unwrap()[key].clone()
}

fn near(what: &str, actual: f64, expected: &Value, tolerance: f64) {
    let expected = expected.as_f64().unwrap();
    assert!((actual - expected).abs() <= tolerance, "{what}: {actual} is not {expected}");
}

fn check(report: &Report, name: &str) -> Status {
    report.health.iter().find(|it| it.name == name).unwrap_or_else(|| panic!("{name}: {:?}", report.health)).status
}

/// The effect on the outcome's own scale again: linear ones are said in parts of the control's mean.
fn difference(result: &OutcomeReport) -> f64 {
    result.effect.as_ref().unwrap().estimate * result.control.unwrap()
}

const STRATIFIED: &str = r#"title = "Teams"
[data]
unit = "team"
block = "org"
treatment = "arm"
control = 0
treated = 1
[design]
design = "stratified"
shares = { control = 50, treated = 50 }
[[outcome]]
column = "log_ct_post"
before = "log_ct_pre"
role = "goal"
margin = "10%"
better = "lower"
"#;

#[test]
fn a_stratified_table_gives_the_enumerated_p_and_the_estimate_of_r() {
    let report = analyse(STRATIFIED, &oracle("data/teams_summary.csv"));
    let result = &report.results[0];
    let expected = reference("randomization_inference.json", "stratified_resid_ancova");
    near("p", result.effect.as_ref().unwrap().p.unwrap(), &expected["p_two_sided"], 1e-15);
    let ancova = reference("cluster_summary.json", "ancova_team_strata");
    near("estimate", difference(result), &ancova["table"][1][0], 1e-10);
    assert_eq!(report.design.assignments, expected["n_assignments"].to_string());
    assert_eq!((report.design.strata, result.units, result.verdict), (3, 24, Verdict::Better));
    assert_eq!((report.grade, report.decision.word), (Grade::Randomised, Word::Ship));
    assert_eq!(check(&report, "sample_ratio"), Status::Ok);
    assert_eq!(check(&report, "missing"), Status::Ok);
}

#[test]
fn developers_of_drawn_teams_give_the_figures_of_their_teams() {
    let by_developer = STRATIFIED.replace("unit = \"team\"", "unit = \"dev\"\ncluster = \"team\"");
    let report = analyse(&by_developer, &oracle("data/teams_dev.csv"));
    let result = &report.results[0];
    let expected = reference("randomization_inference.json", "stratified_resid_ancova");
    near("p", result.effect.as_ref().unwrap().p.unwrap(), &expected["p_two_sided"], 1e-15);
    let ancova = reference("cluster_summary.json", "ancova_team_strata");
    near("estimate", difference(result), &ancova["table"][1][0], 1e-10);
    assert_eq!((report.design.unit.as_str(), result.units), ("team", 24));
    assert_eq!(result.rows, oracle("data/teams_dev.csv").lines().count() as u64 - 1);
}

#[test]
fn further_covariates_are_adjusted_for() {
    let text = STRATIFIED.replace("before = \"log_ct_pre\"", "covariates = [\"log_ct_pre\"]");
    let csv = oracle("data/teams_summary.csv");
    let of_before = analyse(STRATIFIED, &csv);
    let report = analyse(&text, &csv);
    assert_eq!(report.results[0].effect, of_before.results[0].effect);
    let both = text.replace("[\"log_ct_pre\"]", "[\"log_ct_pre\", \"tickets_pre\"]");
    let more = analyse(&both, &csv);
    let (one, two) = (report.results[0].effect.as_ref().unwrap(), more.results[0].effect.as_ref().unwrap());
    assert!(one.estimate != two.estimate && (one.estimate - two.estimate).abs() < 0.02, "{one:?} {two:?}");
    let ancova = |report: &Report| report.results[0].beside[0].degrees_of_freedom.unwrap();
    assert_eq!(ancova(&report) - ancova(&more), 1.0);
}

#[test]
fn pairs_give_the_p_and_the_interval_of_sign_flips() {
    let text = STRATIFIED
        .replace("\"org\"", "\"pair\"")
        .replace("\"stratified\"", "\"pairs\"")
        .replace("before = \"log_ct_pre\"\n", "")
        .replace("log_ct_post", "post");
    let report = analyse(&text, &oracle("data/pairs.csv"));
    let result = &report.results[0];
    let expected = reference("randomization_inference.json", "pairs_signflip");
    near("p", result.effect.as_ref().unwrap().p.unwrap(), &expected["p"], 1e-15);
    near("mean of differences", difference(result), &expected["statistic"], 1e-10);
    assert_eq!((report.design.assignments.as_str(), report.design.design.as_str()), ("1024", "matched pairs"));
}

const SMALL: &str = r#"title = "Eight teams"
[data]
unit = "team"
treatment = "arm"
control = "0"
treated = "1"
[design]
design = "complete"
[[outcome]]
column = "y"
role = "goal"
margin = "10%"
better = "higher"
"#;

#[test]
fn many_rows_of_a_unit_become_one_figure_and_scipys_p() {
    let report = analyse(SMALL, &oracle("data/small8.csv"));
    let result = &report.results[0];
    let expected = reference("randomization_inference.json", "small8_scipy_exact");
    near("p", result.effect.as_ref().unwrap().p.unwrap(), &expected["p"], 1e-12);
    near("difference", difference(result), &expected["stat"], 1e-12);
    assert_eq!((result.units, report.design.assignments.as_str()), (8, "70"));
    assert_eq!((result.verdict, report.decision.word), (Verdict::NoClearChange, Word::DoNotShip));
    assert_eq!(check(&report, "sample_ratio"), Status::Unknown);
}

#[test]
fn a_rerandomized_table_is_held_against_the_accepted_assignments_alone() {
    let declared = "design = \"rerandomized\"\naccepted = \"70%\"\ncovariates = [\"x\"]";
    let report = analyse(&SMALL.replace("design = \"complete\"", declared), &oracle("data/small8.csv"));
    let expected = reference("randomization_inference.json", "small8_rerandomised");
    near("p", report.results[0].effect.as_ref().unwrap().p.unwrap(), &expected["p"], 1e-12);
    assert_eq!(report.design.assignments, expected["n_accept"].to_string());
}

#[test]
fn what_was_not_drawn_is_graded_as_observational() {
    let text = SPEC.replace("\"complete\"", "\"observational\"");
    let report = analyse(&text, &teams(16, 0.7));
    assert_eq!(report.grade, Grade::BeforeAfter);
    let result = &report.results[0];
    let effect = result.effect.as_ref().unwrap();
    assert!(effect.method.starts_with("ANCOVA"), "{effect:?}");
    let said = serde_json::to_string(&report).unwrap().to_lowercase();
    for word in ["randomised", "randomization", "lottery"] {
        assert!(!said.contains(word), "{word} in {said}");
    }
    assert_eq!(check(&report, "assignment"), Status::Warning);
    let last = report.decision.reasons.last().unwrap();
    assert_eq!(last, "Observational: before and after: what differs between the arms may have other causes.");
}

#[test]
fn logarithms_compare_geometric_means() {
    let text = format!("{SPEC}transformation = \"log\"\n");
    let report = analyse(&text, &teams(24, 0.7));
    let effect = report.results[0].effect.as_ref().unwrap();
    assert!((effect.estimate + 0.3).abs() < 0.02, "{effect:?}");
    assert_eq!((report.results[0].verdict, report.decision.word), (Verdict::Better, Word::Ship));
}

#[test]
fn rates_are_ratios_of_sums() {
    // Each team has two weeks; the treated have half of the incidents a week.
    let rows = |team: usize| {
        let (arm, count) = if team % 2 == 1 { ("on", 5) } else { ("off", 10) };
        let more = team % 3;
        format!("t{team:02},{arm},{},10\nt{team:02},{arm},{},30\n", count + more, 3 * count)
    };
    let csv = format!("team,arm,incidents,days\n{}", (0..12).map(rows).collect::<String>());
    let text = SPEC.replace("\"hours\"", "\"incidents\"\ntransformation = \"rate\"\nexposure = \"days\"");
    let report = analyse(&text, &csv);
    let result = &report.results[0];
    let expected = {
        let mean = |count: f64| (0..3).map(|more| ((4.0 * count + f64::from(more)) / 40.0).ln()).sum::<f64>() / 3.0;
        (mean(5.0) - mean(10.0)).exp() - 1.0
    };
    assert!((result.effect.as_ref().unwrap().estimate - expected).abs() < 1e-9, "{result:?}");
    assert_eq!((result.units, result.rows), (12, 24));
    let linear = analyse(&text.replace("\"rate\"", "\"none\""), &csv);
    let (treated, control) = (linear.results[0].treatment.unwrap(), linear.results[0].control.unwrap());
    assert!((treated - 21.0 / 40.0).abs() < 1e-12 && (control - 41.0 / 40.0).abs() < 1e-12);
}

#[test]
fn weights_count_rows_that_stand_for_several() {
    let rows = |team: usize| {
        let (arm, hours) = if team % 2 == 1 { ("on", 10 + team) } else { ("off", 20 + team) };
        format!("t{team:02},{arm},{hours},3\nt{team:02},{arm},{},1\n", hours + 4)
    };
    let csv = format!("team,arm,hours,n\n{}", (0..12).map(rows).collect::<String>());
    let report = analyse(&SPEC.replace("[design]", "weight = \"n\"\n[design]"), &csv);
    // The mean of 20, 22, … 30, and a quarter of four more.
    assert!((report.results[0].control.unwrap() - 26.0).abs() < 1e-12, "{:?}", report.results[0]);
}

#[test]
fn semicolons_a_mark_at_the_start_and_unknown_values_are_read() {
    let csv = teams(24, 0.7).replace(',', ";").replace("t03;on;", "t03;on;NA;").replace("NA;14", "NA;");
    let lines: Vec<String> = csv.lines().map(|line| line.split(';').take(3).collect::<Vec<_>>().join(";")).collect();
    let report = analyse(SPEC, &format!("\u{feff}{}\n", lines.join("\n")));
    assert_eq!((report.results[0].units, report.results[0].rows), (23, 23));
    assert!(report.results[0].warnings.contains(&"1 of 24 rows have no hours.".to_owned()), "{:?}", report.results[0]);
}

#[test]
fn segments_and_quantiles_are_shown_where_they_are_declared() {
    let csv = oracle("data/teams_dev.csv");
    let text = STRATIFIED
        .replace("unit = \"team\"", "unit = \"dev\"\ncluster = \"team\"")
        .replace("[[outcome]]", "[analysis]\nsegments = [\"org\"]\nquantiles = [0.5]\n[[outcome]]");
    let result = analyse(&text, &csv).results.remove(0);
    assert!(result.segments.iter().any(|it| it.label.contains("mobile")), "{:?}", result.segments);
    assert_eq!(result.quantiles.len(), 1, "{:?}", result.quantiles);
    let error = try_to(&text.replace("[\"org\"]", "[\"dev\"]"), &csv).unwrap_err();
    let expected =
        "outcomes.csv:3: dev of team t00 is d00_01 here and d00_00 on line 2; what was drawn is in one segment";
    assert_eq!(error, expected);
}

#[test]
fn missing_outcomes_are_bounded_where_that_is_declared() {
    let mut lines: Vec<String> = teams(40, 0.983).lines().map(str::to_owned).collect();
    for line in [2, 4, 6, 8, 10, 12] {
        let kept = lines[line].rsplit_once(',').unwrap().0.to_owned();
        lines[line] = format!("{kept},");
    }
    let csv = format!("{}\n", lines.join("\n"));
    let dropped = analyse(SPEC, &csv);
    let bounded = analyse(&format!("{}[analysis]\nmissing = \"bounds\"\n", SPEC), &csv);
    assert_eq!(dropped.results[0].verdict, Verdict::Better);
    assert_eq!(bounded.results[0].verdict, Verdict::NoClearChange);
    let warning =
        "The outcome of 6 treated and 0 control units is missing; the verdict is by the bounds of what it may be.";
    assert!(bounded.results[0].warnings.iter().any(|it| it == warning), "{:?}", bounded.results[0].warnings);
    assert_eq!(bounded.decision.word, Word::DoNotShip);
    // Only treated teams lack their outcome.
    assert_eq!(check(&dropped, "missing"), Status::Warning);
}

#[test]
fn arms_that_are_not_in_the_declared_shares_make_it_invalid() {
    let declared = "design = \"complete\"\nshares = { control = 10, treated = 90 }";
    let report = analyse(&SPEC.replace("design = \"complete\"", declared), &teams(40, 0.7));
    assert_eq!(check(&report, "sample_ratio"), Status::Failed);
    assert_eq!(report.decision.word, Word::Invalid);
}

#[test]
fn goals_share_the_error_rate_and_guardrails_do_not() {
    let csv = teams(24, 0.7);
    let header = csv.replace("hours\n", "hours,more,harm\n");
    let rows = header.lines().enumerate().map(|(line, text)| match line {
        0 => format!("{text}\n"),
        _ => format!("{text},{},{}\n", 10 + line % 5, 10 + line % 7),
    });
    let outcome = |column: &str, role: &str| {
        format!("[[outcome]]\ncolumn = \"{column}\"\nrole = \"{role}\"\nmargin = \"50%\"\nbetter = \"lower\"\n")
    };
    let text = format!("{SPEC}{}{}", outcome("more", "goal"), outcome("harm", "guardrail"));
    let report = analyse(&text, &rows.collect::<String>());
    let levels: Vec<f64> = report.results.iter().map(|it| it.effect.as_ref().unwrap().level).collect();
    assert_eq!(levels, [0.975, 0.975, 0.95]);
}

#[test]
fn the_same_files_give_the_same_bytes() {
    let (csv, text) = (teams(40, 0.9), format!("{SPEC}transformation = \"log\"\n"));
    let said = || serde_json::to_string(&analyse(&text, &csv)).unwrap();
    let first = said();
    assert_eq!(first, said());
    let back: Report = serde_json::from_str(&first).unwrap();
    assert_eq!(back.provenance.data["outcomes.csv"], blake3::hash(csv.as_bytes()).to_hex().to_string());
    assert_eq!(back.format, "paceline.experiment/1");
}
