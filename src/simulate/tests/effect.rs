//! The configured effect is the one found in the rows.

use super::*;
use chrono::Duration;

/// Sixty teams with a rollout in week 12 of 24 that everybody in a treated team takes up at once.
fn large() -> Config {
    let mut config = Config { teams: 60, weeks: 24, ..small() };
    let rollout = config.rollout.as_mut().unwrap();
    rollout.start = config.start + Days::new(12 * 7);
    rollout.adoption = 1.0;
    rollout.contamination = 0.0;
    rollout.novelty = None;
    rollout.effect = Effect { cycle_time: -0.15, ..Effect::default() };
    config
}

/// When everything begun has been finished, so that nothing is censored.
fn settled(config: &Config) -> DateTime<Utc> {
    config.ends() + Duration::weeks(30)
}

fn everywhere(config: Config) -> Config {
    let assignment = teams(&config).into_iter().map(|team| (team, "assistant".into())).collect();
    Config { assignment, ..config }
}

/// Log hours from first commit to merge of people's pull requests, with the moment they were begun, by team.
fn log_cycles(history: &History) -> BTreeMap<String, Vec<(i64, f64)>> {
    let batch = &history["pull_requests"];
    let (begun, merged) = (times(batch, "first_commit_at"), times(batch, "merged_at"));
    let mut all: BTreeMap<String, Vec<(i64, f64)>> = BTreeMap::new();
    for row in (0..batch.num_rows()).filter(|row| merged.is_valid(*row)) {
        if texts(batch, "author_id").value(row).starts_with("dev-") {
            let team = texts(batch, "repository").value(row).split('-').next().unwrap().to_owned();
            let hours = (merged.value(row) - begun.value(row)) as f64 / 3.6e9;
            all.entry(team).or_default().push((begun.value(row), hours.ln()));
        }
    }
    all
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (count, sum) = values.fold((0.0, 0.0), |(count, sum), value| (count + 1.0, sum + value));
    sum / count
}

#[test]
fn same_pull_requests_with_and_without_the_tool_differ_by_the_effect() {
    let config = large();
    // Four weeks after the start nearly everybody has used it once.
    let from = (rollout_begins(&config) + Duration::weeks(4)).timestamp_micros();
    let average = |config: &Config| {
        let cycles = log_cycles(&simulate(config, settled(config)).unwrap());
        mean(cycles.into_values().flatten().filter(|(begun, _)| *begun >= from).map(|(_, log)| log))
    };
    let effect = (average(&everywhere(large())) - average(&config)).exp() - 1.0;
    // Some 9,000 pull requests; their landing in working hours leaves a standard error near .006, and first uses later
    // than four weeks after the start take a hundredth of the effect.
    assert!((effect + 0.15).abs() < 0.02, "{effect}");
}

#[test]
fn difference_in_differences_of_two_arms_finds_the_effect() {
    let config = assigned(large());
    let begins = rollout_begins(&config);
    let (start, from) = (begins.timestamp_micros(), (begins + Duration::weeks(3)).timestamp_micros());
    let mut arms: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for (team, rows) in log_cycles(&simulate(&config, settled(&config)).unwrap()) {
        let before = mean(rows.iter().filter(|row| row.0 < start).map(|row| row.1));
        let after = mean(rows.iter().filter(|row| row.0 >= from).map(|row| row.1));
        arms.entry(&config.assignment[&team]).or_default().push(after - before);
    }
    let average = |arm: &Vec<f64>| mean(arm.iter().copied());
    let variance = |arm: &Vec<f64>| {
        let centre = average(arm);
        arm.iter().map(|value| (value - centre).powi(2)).sum::<f64>() / (arm.len() * (arm.len() - 1)) as f64
    };
    let difference = average(&arms["assistant"]) - average(&arms["control"]);
    let error = (variance(&arms["assistant"]) + variance(&arms["control"])).sqrt();
    assert!(error < 0.06, "{error}");
    assert!((difference - 0.85_f64.ln()).abs() < 3.0 * error, "{difference} ± {error}");
}

#[test]
fn tickets_and_incidents_follow_their_effects() {
    let mut config = large();
    let effect = Effect { tickets: -0.47, change_fail_rate: 1.0, ..Effect::default() };
    config.rollout.as_mut().unwrap().effect = effect;
    let from = (rollout_begins(&config) + Duration::weeks(3)).timestamp_micros();
    let count = |history: &History, table: &str| {
        times(&history[table], "opened_at").values().iter().filter(|opened| **opened >= from).count() as f64
    };
    let (without, with) = (
        simulate(&config, settled(&config)).unwrap(),
        simulate(&everywhere(config.clone()), settled(&config)).unwrap(),
    );
    let tickets = count(&with, "tickets") / count(&without, "tickets");
    // Thinning some 500 requests: standard error near .022.
    assert!((tickets - 0.53).abs() < 0.08, "{tickets}");
    // Outages of other causes and bots' changes dilute the harm.
    let incidents = count(&with, "incidents") / count(&without, "incidents");
    assert!((1.35..2.1).contains(&incidents), "{incidents}");
}

#[test]
fn exposures_follow_adoption_and_contamination() {
    let mut config = assigned(large());
    let rollout = config.rollout.as_mut().unwrap();
    rollout.adoption = 0.7;
    rollout.contamination = 0.1;
    let history = simulate(&config, settled(&config)).unwrap();
    let exposed = &history["exposures"];
    let first = times(exposed, "exposed_at").values().iter().min().copied().unwrap();
    assert!(first >= rollout_begins(&config).timestamp_micros());
    let people = |variant: &str| -> std::collections::BTreeSet<&str> {
        let members = &history["team_members"];
        (0..members.num_rows())
            .filter(|row| config.assignment[texts(members, "team").value(*row)] == variant)
            .filter(|row| times(members, "valid_to").is_null(*row))
            .map(|row| texts(members, "person_id").value(row))
            .collect()
    };
    let users: std::collections::BTreeSet<&str> = texts(exposed, "person_id").iter().flatten().collect();
    let share = |variant: &str| {
        let people = people(variant);
        people.intersection(&users).count() as f64 / people.len() as f64
    };
    assert!((share("assistant") - 0.7).abs() < 0.09, "{}", share("assistant"));
    assert!((share("control") - 0.1).abs() < 0.07, "{}", share("control"));
    assert_eq!(simulate(&large(), settled(&config)).unwrap()["exposures"].num_rows(), 0);
}
