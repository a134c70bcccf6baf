use super::*;
use crate::trial::Design;
use chrono::NaiveDate;

const WHOLE: &str = r#"title = "Review assistant"

[assignment]
unit = "team"
variants = { control = 50, assistant = 50 }
seed = "s"

[schedule]
start = 2026-09-14
end = 2026-11-15

[analysis]
goals = { pr_cycle_time = "10%" }
"#;

fn content(text: &str) -> Content {
    Content { file: "experiments/own.toml".to_owned(), text: text.to_owned(), embedded: false }
}

fn read(text: &str) -> Experiment {
    match parse(&content(text)) {
        Ok(Definition::Experiment(it)) => *it,
        other => panic!("{other:?}"),
    }
}

/// The whole file with one line replaced by others.
fn with(line: &str, by: &str) -> String {
    assert!(WHOLE.contains(line), "{line}");
    WHOLE.replace(line, by)
}

fn check(text: &str, expected: &[&str]) {
    let wrong: Vec<String> = match parse(&content(text)) {
        Ok(_) => Vec::new(),
        Err(wrong) => wrong.iter().map(|it| it.to_string().replace("experiments/own.toml:", "")).collect(),
    };
    assert_eq!(wrong, expected, "{text}");
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

const SEED: &str = "seed = \"s\"";
const UNIT: &str = "unit = \"team\"";
const VARIANTS: &str = "variants = { control = 50, assistant = 50 }";
const GOALS: &str = "goals = { pr_cycle_time = \"10%\" }";

#[test]
fn the_embedded_experiment_means_what_it_did() {
    let text = include_str!("../../../experiments/review_assistant.toml");
    let it = read(text);
    let names = |all: &[(String, Place)]| all.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
    assert_eq!(it.assignment.control, ("control".to_owned(), 50));
    assert_eq!(it.assignment.treatment, ("assistant".to_owned(), 50));
    assert_eq!(names(&it.assignment.stratify), ["team_size", "pr_cycle_time"]);
    assert_eq!((it.assignment.design, it.assignment.unit), (Design::Stratified, UnitKind::Team));
    assert_eq!((it.schedule.history_days, it.schedule.days()), (56, 63));
    let metrics: Vec<(&str, Role, f64)> =
        it.metrics.iter().map(|it| (it.metric.as_str(), it.role, it.margin)).collect();
    let guardrail = Role::Guardrail;
    assert_eq!(
        metrics,
        [
            ("pr_cycle_time", Role::Goal, 0.1),
            ("change_fail_rate", guardrail, 0.25),
            ("support_tickets", guardrail, 0.1)
        ]
    );
    assert_eq!((it.alpha, it.power, it.monitoring), (0.05, 0.8, Monitoring::None));
    assert_eq!(it.flag.key, "own");
    assert_eq!(it.flag.values["assistant"], "assistant");
}

#[test]
fn a_file_without_strata_is_completely_randomised() {
    assert_eq!(read(WHOLE).assignment.design, Design::Complete);
}

#[test]
fn every_key_is_read() {
    let text = r#"title = "T"
owner = "platform"
exclusive = "code-review"
holdout = "10%"
[assignment]
unit = "developer"
cluster = "team"
block = "site"
design = "rerandomized"
accepted = "2.5%"
variants = { off = 1, on = 2 }
stratify = ["team_size", "pr_cycle_time"]
eligible = "SELECT team, site FROM teams"
seed = "s"
[schedule]
start = 2026-09-14
end = 2026-11-15
history_days = 28
followup_days = 14
[analysis]
goals = { pr_cycle_time = "10%" }
secondary = ["pr_size"]
guardrails = { change_fail_rate = "25%" }
power = 0.9
monitoring = { looks = 3, spending = "pocock" }
tool = "Review assistant"
segments = ["site", "team_size"]
quantiles = [0.9, 0.5]
[flag]
key = "review-assistant"
values = { off = false, on = true }
"#;
    let it = read(text);
    assert_eq!(
        (it.owner.as_deref(), it.exclusive.as_deref(), it.holdout),
        (Some("platform"), Some("code-review"), Some(0.1))
    );
    assert_eq!((it.assignment.unit, it.assignment.drawn()), (UnitKind::Developer, UnitKind::Team));
    assert_eq!(it.assignment.design, Design::Rerandomized { accepted: 0.025 });
    assert_eq!(it.assignment.block.as_ref().unwrap().0, "site");
    assert_eq!(it.assignment.eligible.as_ref().unwrap().0, "SELECT team, site FROM teams");
    assert_eq!((it.assignment.control.0.as_str(), it.assignment.treatment.1), ("off", 2));
    assert_eq!(it.schedule.followup_days, Some(14));
    assert_eq!(it.metrics.iter().map(|it| it.role).collect::<Vec<_>>(), [Role::Goal, Role::Secondary, Role::Guardrail]);
    let looks = ["2026-10-04", "2026-10-25", "2026-11-15"].map(day).to_vec();
    assert_eq!(it.monitoring, Monitoring::GroupSequential { looks, spending: Spending::Pocock });
    assert_eq!((it.power, it.quantiles.as_slice()), (0.9, [0.5, 0.9].as_slice()));
    assert_eq!((it.flag.key.as_str(), &it.flag.values["on"]), ("review-assistant", &serde_json::Value::Bool(true)));
    // Neither the size nor the block is a metric.
    let metrics: Vec<&str> = it.metric_references().map(|(_, name)| name).collect();
    assert_eq!(metrics, ["pr_cycle_time", "pr_cycle_time", "pr_size", "change_fail_rate"]);
}

#[test]
fn units_clusters_and_blocks_must_hold_each_other() {
    check(&with(UNIT, "unit = \"tema\""), &["4:8: unknown value tema; did you mean team?"]);
    check(
        &with(UNIT, "unit = \"developer\"\ncluster = \"repository\""),
        &["5:11: a developer does not belong to one repository; expected one of team"],
    );
    check(
        &with(UNIT, "unit = \"developer\"\nblock = \"repository\""),
        &["5:9: a developer does not belong to one repository, so it cannot be drawn within it"],
    );
    check(
        &with(UNIT, "unit = \"task\"\nblock = \"repositry\""),
        &["5:9: a block repositry needs eligible = \"SELECT task, repositry FROM …\"; did you mean repository?"],
    );
    check(&with(UNIT, "unit = \"task\"\nblock = \"repository\""), &[]);
    check(
        &with(SEED, "stratify = [\"team_size\"]\nseed = \"s\"").replace(UNIT, "unit = \"repository\""),
        &["6:13: team_size is known of teams; repositories are drawn here"],
    );
}

#[test]
fn variants_are_two_with_positive_weights() {
    check(&with(VARIANTS, "variants = { control = 50 }"), &["5:12: 1 variant; an experiment compares two"]);
    check(
        &with(VARIANTS, "variants = { a = 1, b = 1, c = 1 }"),
        &[
            "5:12: 3 variants; an experiment compares two: test the others in one of their own, with the same exclusive group",
        ],
    );
    check(
        &with(VARIANTS, "variants = { control = 50, assistant = 0 }"),
        &["5:40: a variant with weight 0 gets no unit; give both a positive weight"],
    );
    check(
        &with(VARIANTS, "variants = { control = -5, assistant = 0 }"),
        &[
            "5:40: a variant with weight 0 gets no unit; give both a positive weight",
            "5:24: -5 is no weight; write a positive number such as 50",
        ],
    );
    check(
        &with(VARIANTS, "variants = { control = 50, holdout = 50 }"),
        &["5:28: holdout is the variant of units that are kept out; name this one otherwise"],
    );
    check(&with(SEED, "seed = \" \""), &["6:8: the seed is empty"]);
}

#[test]
fn a_design_has_what_it_needs() {
    let design = |keys: &str| with(SEED, &format!("seed = \"s\"\n{keys}"));
    let needs = |what: &str| format!("7:10: {what} needs stratify = [\"team_size\", …], the history that it looks at");
    check(&design("design = \"pairs\""), &[&needs("a design of matched pairs")]);
    check(&design("design = \"stratified\""), &[&needs("a stratified design")]);
    check(&design("design = \"rerandomized\""), &[&needs("a rerandomized design")]);
    check(
        &design("design = \"rerandomized\"\naccepted = \"100%\"\nstratify = [\"pr_size\"]"),
        &["8:12: 100% is no part of the assignments; write one such as \"1%\""],
    );
    check(
        &design("design = \"complete\"\nstratify = [\"pr_size\"]"),
        &[
            "8:13: this design does not look at the history; leave stratify out, or take a design of stratified, pairs, rerandomized",
        ],
    );
    check(
        &design("accepted = \"1%\"\nsteps = 3\nperiod_days = 7"),
        &[
            "7:12: accepted is for rerandomized designs; leave it out, or say which design",
            "8:9: steps is for stepped wedges; leave it out, or say which design",
            "9:15: period_days is for designs over time; leave it out, or say which design",
        ],
    );
    check(&design("stratify = [\"pr_size\", \"pr_size\"]"), &["7:24: pr_size is listed twice"]);
    check(
        &design("design = \"pairs\"\nstratify = [\"pr_size\"]").replace("assistant = 50", "assistant = 20"),
        &["5:12: a matched pairs design treats one half; give both variants the same weight"],
    );
}

#[test]
fn periods_fit_into_the_schedule() {
    let design = |keys: &str| with(SEED, &format!("seed = \"s\"\n{keys}"));
    check(
        &design("design = \"stepped_wedge\"\nperiod_days = 7"),
        &["7:10: a stepped wedge needs steps = 4, the moments at which units begin"],
    );
    check(
        &design("design = \"stepped_wedge\"\nsteps = 4"),
        &["7:10: a stepped wedge design needs period_days = 14, the days of each of its periods"],
    );
    check(
        &design("design = \"stepped_wedge\"\nsteps = 1\nperiod_days = 7"),
        &["8:9: 1 steps; a stepped wedge has from 2 to 100"],
    );
    check(
        &design("design = \"stepped_wedge\"\nsteps = 4\nperiod_days = 13"),
        &["9:15: 4 steps and the time before the first of 13 days take 65 days; the schedule has 63"],
    );
    check(
        &design("design = \"crossover\"\nperiod_days = 32"),
        &["8:15: two periods of 32 days take 64 days; the schedule has 63"],
    );
    check(&design("design = \"switchback\"\nperiod_days = 0"), &["8:15: a period of 0 days; write a positive number"]);
    let it = read(&design("design = \"stepped_wedge\"\nsteps = 4\nperiod_days = 12"));
    assert_eq!((it.assignment.design, it.assignment.period_days), (Design::SteppedWedge { steps: 4 }, Some(12)));
}

#[test]
fn the_schedule_goes_forward() {
    check(
        &with("end = 2026-11-15", "end = 2026-09-13"),
        &["10:7: the experiment ends on 2026-09-13, before it starts on 2026-09-14"],
    );
    check(&with("end = 2026-11-15", "end = 07:30:00"), &["10:7: 07:30:00 is not a day"]);
    check(
        &with("end = 2026-11-15", "end = 2026-11-15\nhistory_days = -1"),
        &["11:16: history_days is -1; it must be from 1 to 3653"],
    );
}

#[test]
fn metrics_play_one_part_with_a_positive_margin() {
    let margin = "is not a margin; write a positive percentage such as \"10%\"";
    check(&with("\"10%\"", "\"-10%\""), &[&format!("13:27: -10% {margin}")]);
    check(&with("\"10%\"", "\"0%\""), &[&format!("13:27: 0% {margin}")]);
    check(
        &with(GOALS, "goals = {}"),
        &["13:9: nothing can be decided without a goal; write goals = { pr_cycle_time = \"10%\" }"],
    );
    check(
        &with(GOALS, "goals = { pr_size = \"10%\" }\nsecondary = [\"pr_size\"]"),
        &["14:14: pr_size is a goal and a secondary metric; a metric plays one part"],
    );
    check(
        &with(GOALS, "goals = { pr_size = \"10%\" }\nsecondary = [\"a\", \"a\"]"),
        &["14:19: a is a secondary metric twice"],
    );
}

#[test]
fn rates_and_quantiles_lie_where_they_can() {
    let with = |keys: &str| with(GOALS, &format!("{GOALS}\n{keys}"));
    check(&with("alpha = 0.5"), &["14:9: alpha is 0.5; it must lie between 0 and 0.5"]);
    check(&with("alpha = nan"), &["14:9: alpha is NaN; it must lie between 0 and 0.5"]);
    check(&with("power = 1.0"), &["14:9: power is 1; it must be at least 0.5 and less than 1"]);
    check(
        &with("quantiles = [0.5, 1.5]"),
        &["14:19: 1.5 is no quantile; it must lie between 0 and 1, such as 0.5 for the median"],
    );
}

#[test]
fn looks_lie_within_the_schedule_and_follow_each_other() {
    let with = |monitoring: &str| with(GOALS, &format!("{GOALS}\nmonitoring = {monitoring}"));
    check(
        &with("\"always_vaild\""),
        &[
            "14:14: unknown value always_vaild; expected one of none, always_valid, or looks such as { looks = 4, spending = \"obrien_fleming\" }; did you mean always_valid?",
        ],
    );
    check(
        &with("{ looks = [2026-10-01, 2026-12-01] }"),
        &["14:37: the look on 2026-12-01 is outside of the schedule, 2026-09-14 to 2026-11-15"],
    );
    check(
        &with("{ looks = [2026-10-01, 2026-10-01] }"),
        &["14:37: the look on 2026-10-01 does not come after that on 2026-10-01"],
    );
    let few =
        "14:24: from 2 to 26 looks at different days can be declared, that at the end among them; 3 to 5 serve best";
    check(&with("{ looks = 1 }"), &[few]);
    check(&with("{ looks = [] }"), &[few]);
    check(&with("{ looks = -3 }"), &[few]);
    check(&with("{ looks = 3, spending = \"pocok\" }"), &["14:38: unknown value pocok; did you mean pocock?"]);
    check(&with("{ look = 3 }"), &["14:16: unknown key look; did you mean looks?"]);
    // The end is a look whether it is named or not.
    let expected = Monitoring::GroupSequential {
        looks: vec![day("2026-10-01"), day("2026-11-15")],
        spending: Spending::OBrienFleming,
    };
    assert_eq!(read(&with("{ looks = [2026-10-01] }")).monitoring, expected);
    assert_eq!(read(&with("{ looks = [2026-10-01, 2026-11-15] }")).monitoring, expected);
    assert_eq!(read(&with("\"always_valid\"")).monitoring, Monitoring::AlwaysValid);
    let over_time = with("\"always_valid\"").replace(SEED, "seed = \"s\"\ndesign = \"crossover\"\nperiod_days = 14");
    check(&over_time, &["16:14: a crossover design is compared over all of its time; leave monitoring out"]);
}

#[test]
fn a_flag_has_a_value_of_one_type_for_each_variant() {
    let flag = |keys: &str| format!("{WHOLE}[flag]\n{keys}");
    check(&flag("key = \"a b\""), &["15:7: \"a b\" is no key of a flag; write a word"]);
    check(&flag("values = { control = false }"), &["15:10: the flag has no value for assistant"]);
    check(
        &flag("values = { control = false, assistent = true }"),
        &[
            "15:29: assistent is no variant of this experiment; did you mean assistant?",
            "15:10: the flag has no value for assistant",
        ],
    );
    check(
        &flag("values = { control = 1, assistant = \"on\" }"),
        &["15:22: a flag has values of one type; this is a number, that of assistant is a text"],
    );
}

#[test]
fn what_is_empty_or_no_part_is_refused() {
    let with = |keys: &str| with("[assignment]", &format!("{keys}\n[assignment]"));
    check(&with("holdout = \"100%\""), &["3:11: 100% is no part of the units; write a percentage such as \"10%\""]);
    check(&with("exclusive = \"\""), &["3:13: the exclusive group is empty"]);
    check(&with("owner = \"\""), &["3:9: owner is empty"]);
}

#[test]
fn a_rollout_takes_the_place_of_an_assignment() {
    let parts: Vec<&str> = WHOLE.split("[assignment]").collect();
    let rest = &parts[1][parts[1].find("[schedule]").unwrap()..];
    let rollout = |keys: &str| format!("{}[rollout]\n{keys}\n{rest}", parts[0]);
    let read = |text: &str| match parse(&content(text)) {
        Ok(Definition::Rollout(it)) => *it,
        other => panic!("{other:?}"),
    };
    let it = read(&rollout("started = { payments = 2026-10-01, search = 2026-10-12 }"));
    let days = [("payments", "2026-10-01"), ("search", "2026-10-12")].map(|(unit, it)| (unit.to_owned(), day(it)));
    assert_eq!((it.unit, it.started), (UnitKind::Team, Started::Listed(days.into())));
    let it = read(&rollout("unit = \"repository\"\nstarted = \"SELECT repository, day FROM starts\""));
    assert!(matches!(it.started, Started::Query(sql, Place { line: 5, column: 11, .. }) if sql.starts_with("SELECT")));
    check(
        &rollout("started = {}"),
        &["4:11: no unit has started; write each with its first day, such as { payments = 2026-05-04 }"],
    );
    check(&rollout("started = { payments = 07:00:00 }"), &["4:24: 07:00:00 is not a day"]);
    check(
        &format!(
            "{}[flag]\nkey = \"k\"\n",
            rollout("started = { payments = 2026-10-01 }").replace(GOALS, &format!("{GOALS}\ntool = \"T\""))
        ),
        &[
            "11:8: tool is for experiments whose treatment is drawn by lot; leave it out",
            "12:1: flag is for experiments whose treatment is drawn by lot; leave it out",
        ],
    );
    check(parts[0], &["1:1: missing field `schedule`"]);
    check(
        &format!("{}{rest}", parts[0]),
        &["1:1: needs an [assignment], or a [rollout] where the treatment was not drawn by lot"],
    );
    check(
        &format!("{WHOLE}[rollout]\nstarted = {{ a = 2026-10-01 }}\n"),
        &["14:1: what was drawn has an [assignment], what was not a [rollout]; leave one out"],
    );
}

#[test]
fn experiments_of_one_group_on_common_days_exclude_each_other() {
    let at = |name: &str, group: &str, start: &str, end: &str| {
        let text = with("[assignment]", &format!("{group}\n[assignment]"));
        let text = text.replace("2026-09-14", start).replace("2026-11-15", end);
        Experiment { name: name.to_owned(), ..read(&text) }
    };
    let group = "exclusive = \"review\"";
    let first = at("first", group, "2026-09-14", "2026-10-14");
    let same_day = at("second", group, "2026-10-14", "2026-11-14");
    let later = at("third", group, "2026-10-15", "2026-11-14");
    let other_group = at("fourth", "exclusive = \"build\"", "2026-09-14", "2026-10-14");
    let without = at("fifth", "", "2026-09-14", "2026-10-14");
    assert!(first.overlaps(&same_day) && same_day.overlaps(&first) && first.excludes(&same_day));
    assert!(!first.overlaps(&later) && !later.overlaps(&first) && !first.excludes(&later));
    assert!(first.overlaps(&other_group) && !first.excludes(&other_group));
    assert!(first.overlaps(&without) && !without.excludes(&Experiment { name: "sixth".to_owned(), ..without.clone() }));
}
