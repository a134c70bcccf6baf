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
async fn facts_are_the_rows_of_the_window_in_the_order_of_time() {
    let metric = metric(header(named("median"), Grain::Week), FACTS);
    let found = ask(&metric, None, &[]).await.unwrap();
    // Monday's first moment is within, that of the next Monday is not; among equal times the smaller value is first.
    assert_eq!(days(&found), [1, 2, 3, 3]);
    assert_eq!(found.values, Values::Numbers(vec![Some(2.0), None, Some(4.0), Some(5.0)]));
    assert_eq!((found.groups, found.sampled), (None, None));
}

#[tokio::test]
async fn facts_can_be_cut_and_grouped() {
    let metric = metric(header(Statistic::Count, Grain::Week), FACTS);
    let found = ask(&metric, Some("team"), &[("repository", "lib")]).await.unwrap();
    let groups = found.by_group();
    let days: Vec<(&str, Vec<u32>)> = groups.iter().map(|(group, facts)| (group.as_str(), days(facts))).collect();
    assert_eq!(days, [("", vec![3]), ("core", vec![2])]);
    assert_eq!(found.values, Values::Rows);
}

#[tokio::test]
async fn facts_of_a_stock_say_what_was_sampled() {
    let metric = metric(stock(named("median")), FACTS);
    let found = ask(&metric, Some("team"), &[]).await.unwrap();
    let texts = |texts: &Option<Vec<Option<String>>>| {
        texts.clone().unwrap().into_iter().map(Option::unwrap_or_default).collect::<Vec<_>>()
    };
    assert_eq!(texts(&found.sampled), ["app", "lib", "lib", "app"]);
    assert_eq!(texts(&found.groups), ["core", "core", "", "edge"]);
}

#[tokio::test]
async fn a_pair_needs_both_of_its_halves() {
    let sql = "/* a test */
        SELECT arrow_cast('2024-01-01T00:00:00Z', 'Timestamp(Microsecond, Some(\"UTC\"))') AS at, numerator, denominator
        FROM (VALUES (1, 2), (2, NULL), (NULL, 3)) AS t (numerator, denominator)";
    let metric = metric(header(Statistic::Ratio, Grain::Week), sql);
    let found = ask(&metric, None, &[]).await.unwrap();
    assert_eq!(found.values, Values::Pairs(vec![Some((1.0, 2.0)), None, None]));
}

#[tokio::test]
async fn what_cannot_be_asked_is_an_error_that_says_so() {
    let metric = metric(header(Statistic::Count, Grain::Week), FACTS);
    let error = ask(&metric, Some("size"), &[]).await.unwrap_err();
    assert_eq!(error.to_string(), "m cannot be cut by size; it has team, repository");
    let broken = Metric { sql: "/* a test */ SELECT nothing FROM nowhere".to_owned(), ..metric.clone() };
    assert!(matches!(ask(&broken, None, &[]).await.unwrap_err(), MetricError::Query { .. }));
    let timeless = Metric { sql: FACTS.replace("'2024-01-02T00:00:00Z'", "NULL"), ..metric };
    let error = ask(&timeless, None, &[]).await.unwrap_err();
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

async fn ask(metric: &Metric, by: Option<&str>, only: &[(&str, &str)]) -> Result<Facts, MetricError> {
    let window = window("2024-01-01", "2024-01-08");
    let question = Question { metric, scope: Scope::default(), window, by, only: only.to_vec() };
    facts(&EmptyEngine::new().engine, &question).await
}

/// The days of January.
fn days(facts: &Facts) -> Vec<u32> {
    use chrono::Datelike;
    facts.at.iter().map(|at| chrono::DateTime::from_timestamp_micros(*at).unwrap().day()).collect()
}
