//! From a metric's SQL to its facts.

use super::engine::EmptyEngine;
use super::numbers::{header, named, stock, window};
use paceline::metric::{Facts, MetricError, Question, Values, facts};
use paceline::project::{Grain, Header, Metric, Statistic};
use paceline::query::Scope;

const FACTS: &str = "/* a test */
    SELECT arrow_cast(at, 'Timestamp(Microsecond, Some(\"UTC\"))') AS at, value, team, repository
    FROM (VALUES ('2024-01-08T00:00:00Z', 6, 'core', 'app'),
                 ('2024-01-03T00:00:00Z', 5, 'edge', 'app'),
                 ('2024-01-02T00:00:00Z', NULL, 'core', 'lib'),
                 ('2024-01-03T00:00:00Z', 4, NULL, 'lib'),
                 ('2024-01-01T00:00:00Z', 2, 'core', 'app'),
                 ('2023-12-31T23:59:59Z', 1, 'core', 'app')) AS t (at, value, team, repository)";

#[tokio::test]
async fn facts_are_the_rows_of_the_window() {
    let metric = metric(header(named("median"), Grain::Week), FACTS);
    let found = ask(&metric, &[], &[]).await.unwrap();
    // Monday's first moment is within, that of the next Monday is not.
    let Values::Numbers(values) = &found.values else { panic!("{:?}", found.values) };
    let mut rows: Vec<(u32, Option<f64>)> =
        days(&found).into_iter().enumerate().map(|(row, day)| (day, values.get(row))).collect();
    rows.sort_by(|a, b| a.partial_cmp(b).unwrap());
    assert_eq!(rows, [(1, Some(2.0)), (2, None), (3, Some(4.0)), (3, Some(5.0))]);
    assert_eq!((found.groups, found.sampled, found.weights), (None, None, None));
}

#[tokio::test]
async fn facts_can_be_cut_and_grouped() {
    let metric = metric(header(Statistic::Count, Grain::Week), FACTS);
    let found = ask(&metric, &["team"], &[("repository", "lib")]).await.unwrap();
    assert_eq!(grouped(&found), ["core 2", "– 3"]);
    assert_eq!(found.values, Values::Rows);
    let found = ask(&metric, &["repository", "team"], &[]).await.unwrap();
    assert_eq!(grouped(&found), ["app core 1", "app edge 3", "lib core 2", "lib – 3"]);
}

#[tokio::test]
async fn facts_of_a_stock_say_what_was_sampled() {
    let metric = metric(stock(named("median")), FACTS);
    let found = ask(&metric, &["team"], &[]).await.unwrap();
    let sampled = found.sampled.clone().unwrap();
    let mut rows: Vec<(u32, &str)> =
        days(&found).into_iter().enumerate().map(|(row, day)| (day, sampled.get(row).unwrap())).collect();
    rows.sort();
    assert_eq!(rows, [(1, "app"), (2, "lib"), (3, "app"), (3, "lib")]);
    assert_eq!(grouped(&found), ["core 1", "core 2", "edge 3", "– 3"]);
}

#[tokio::test]
async fn a_pair_needs_both_of_its_halves() {
    let sql = "/* a test */
        SELECT arrow_cast('2024-01-01T00:00:00Z', 'Timestamp(Microsecond, Some(\"UTC\"))') AS at, numerator, denominator
        FROM (VALUES (1, 2), (2, NULL), (NULL, 3)) AS t (numerator, denominator)";
    let metric = metric(header(Statistic::Ratio, Grain::Week), sql);
    let found = ask(&metric, &[], &[]).await.unwrap();
    assert_eq!((0..3).filter(|row| found.is_known(*row)).count(), 1);
    assert_eq!(found.len(), 3);
}

#[tokio::test]
async fn what_cannot_be_asked_is_an_error_that_says_so() {
    let metric = metric(header(Statistic::Count, Grain::Week), FACTS);
    let error = ask(&metric, &["size"], &[]).await.unwrap_err();
    assert_eq!(error.to_string(), "m cannot be cut by size; it has team, repository");
    let error = ask(&metric, &[], &[("repositry", "app")]).await.unwrap_err();
    assert_eq!(error.to_string(), "m cannot be cut by repositry; did you mean repository?");
    let broken = Metric { sql: "/* a test */ SELECT nothing FROM nowhere".to_owned(), ..metric.clone() };
    assert!(matches!(ask(&broken, &[], &[]).await.unwrap_err(), MetricError::Query { .. }));
    let timeless = Metric { sql: FACTS.replace("'2024-01-02T00:00:00Z'", "NULL"), ..metric };
    let error = ask(&timeless, &[], &[]).await.unwrap_err();
    assert_eq!(error.to_string(), "m: a fact has no time: column at is NULL; run `paceline check`");
}

fn metric(header: Header, sql: &str) -> Metric {
    let dimensions = ["team", "repository"].map(str::to_owned).to_vec();
    Metric {
        name: "m".to_owned(),
        family: "test".to_owned(),
        file: "queries/test/m.sql".to_owned(),
        header: Header { dimensions, ..header },
        sql: sql.to_owned(),
    }
}

async fn ask(metric: &Metric, by: &[&str], only: &[(&str, &str)]) -> Result<Facts, MetricError> {
    let question = Question {
        by: by.to_vec(),
        only: only.to_vec(),
        ..Question::of(metric, Scope::default(), window("2024-01-01", "2024-01-08"))
    };
    facts(&EmptyEngine::new().engine, &question).await
}

/// The days of January.
fn days(facts: &Facts) -> Vec<u32> {
    use chrono::Datelike;
    facts.at.iter().map(|at| chrono::DateTime::from_timestamp_micros(*at).unwrap().day()).collect()
}

/// The names of groups and the days of their rows, in the order of groups.
fn grouped(facts: &Facts) -> Vec<String> {
    let (groups, days) = (facts.groups.as_ref().unwrap(), days(facts));
    let mut rows: Vec<(u32, u32)> = groups.entries().map(|part| (part.group, days[part.row as usize])).collect();
    rows.sort();
    let name = |group: u32| {
        let names = groups.names[group as usize].iter().map(|name| name.as_deref().unwrap_or("–"));
        names.collect::<Vec<_>>().join(" ")
    };
    rows.into_iter().map(|(group, day)| format!("{} {day}", name(group))).collect()
}
