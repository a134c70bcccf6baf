//! The rows behind a number are those that it counts.

use super::folder::{Folder, id};
use arrow::array::{Array, AsArray, RecordBatch};
use paceline::metric::{Measure, Question, Window, facts, rows};
use paceline::query::Scope;
use serde_json::{Value, json};

const METRICS: [(&str, &str); 4] = [
    (
        "cycle",
        "entity = \"pull_requests\"\nstatistic = \"median\"\n*/\nSELECT merged_at AS at, hours_between(first_commit_at, merged_at) AS value, \
         repository AS team, repository, number, source FROM pull_requests WHERE merged_at IS NOT NULL",
    ),
    (
        "people",
        "entity = \"pull_requests\"\nstatistic = \"distinct\"\n*/\nSELECT merged_at AS at, author_id AS value, team, repository, number, source FROM pull_requests",
    ),
    (
        "asked",
        "entity = \"tickets\"\nstatistic = \"median\"\n*/\nSELECT opened_at AS at, 1 AS value, team, ticket_id, source FROM tickets",
    ),
    (
        "stock",
        "is_stock = true\nstatistic = \"median\"\n*/\nSELECT merged_at AS at, number AS value, team, repository FROM pull_requests WHERE merged_at IS NOT NULL",
    ),
];

async fn filled() -> Folder {
    let folder = Folder::with(&METRICS);
    let origin = |repository: &str, origin: Value| json!({"source": "app", "repository": repository, "origin": origin});
    folder
        .append(
            "repositories",
            &[origin("web", json!("https://github.com/acme/web")), origin("lib", json!("/srv/lib"))],
        )
        .await;
    let pull = |number: i64, repository: &str, first: Value, merged: Value| {
        json!({"source": "app", "repository": repository, "number": number, "state": "merged", "author_id": id("ann"),
               "first_commit_at": first, "merged_at": merged})
    };
    let day = |day: i64| json!(format!("2026-01-{day:02}T00:00:00Z"));
    let mut pulls: Vec<Value> = (5..=12).map(|number| pull(number, "web", day(1), day(number))).collect();
    // One of unknown duration, one before the window, one that is not merged.
    pulls.extend([
        pull(20, "lib", Value::Null, day(6)),
        pull(21, "lib", day(1), day(2)),
        pull(22, "lib", day(1), Value::Null),
    ]);
    pulls.push(pull(23, "lib", day(1), day(7)));
    folder.append("pull_requests", &pulls).await;
    let ticket = json!({"source": "desk", "ticket_id": "7", "opened_at": "2026-01-08T00:00:00Z", "url": "https://desk.example.org/7"});
    folder.append("tickets", &[ticket]).await;
    folder
}

fn window() -> Window {
    Window { from: "2026-01-05T00:00:00Z".parse().unwrap(), to: "2026-01-12T00:00:00Z".parse().unwrap() }
}

#[tokio::test(flavor = "multi_thread")]
async fn as_many_rows_as_the_number_counts() {
    let folder = filled().await;
    for kept in [false, true] {
        if kept {
            folder.refresh(false).await;
        }
        for (name, only) in [("cycle", vec![]), ("cycle", vec![("team", "web")]), ("asked", vec![]), ("stock", vec![])]
        {
            let metric = &folder.engine.project().metrics[name];
            let question = Question { only, ..Question::of(metric, Scope::default(), window()) };
            let found = facts(&folder.engine, &question).await.unwrap();
            let number = Measure::of(name, &metric.header).figures(&found, &window()).unwrap().summary.estimate;
            let behind = rows(&folder.engine, &question, 1_000).await.unwrap();
            assert_eq!(behind.count as u64, number.n, "{name} {:?}", question.only);
            let shown: usize = behind.batches.iter().map(RecordBatch::num_rows).sum();
            assert_eq!(shown, behind.count);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_has_its_key_and_its_page_and_nobodys_name() {
    let folder = filled().await;
    let ask = async |name: &str, limit: usize| {
        let metric = &folder.engine.project().metrics[name];
        let question = Question::of(metric, Scope::default(), window());
        let found = rows(&folder.engine, &question, limit).await.unwrap();
        let columns: Vec<String> = found.schema.fields().iter().map(|field| field.name().clone()).collect();
        let urls: Vec<Option<String>> = found
            .batches
            .iter()
            .flat_map(|batch| {
                let urls = batch.column_by_name("source_url").unwrap().as_string::<i32>();
                (0..urls.len()).map(|row| urls.is_valid(row).then(|| urls.value(row).to_owned())).collect::<Vec<_>>()
            })
            .collect();
        (found.count, columns, urls)
    };
    let (count, columns, urls) = ask("cycle", 2).await;
    assert_eq!(
        (count, columns),
        (8, ["at", "value", "team", "repository", "number", "source", "source_url"].map(str::to_owned).to_vec())
    );
    let page = |number: i64| Some(format!("https://github.com/acme/web/pull/{number}"));
    assert_eq!(urls, [page(11), page(10)], "the newest first");
    let (_, _, urls) = ask("cycle", 100).await;
    assert_eq!(urls.iter().filter(|url| url.is_none()).count(), 1, "a repository on a disk has no page");
    let (count, columns, _) = ask("people", 100).await;
    assert_eq!(count, 9);
    assert!(!columns.iter().any(|name| name == "value"), "{columns:?}");
    assert_eq!(ask("asked", 100).await.2, [Some("https://desk.example.org/7".to_owned())]);
}

#[tokio::test(flavor = "multi_thread")]
async fn analysts_have_the_page_as_a_function() {
    let folder = filled().await;
    let sql = "SELECT source_url('pull_requests', source, repository, number) FROM pull_requests WHERE number IN (5, 21) ORDER BY number";
    assert_eq!(folder.lines(sql).await, ["https://github.com/acme/web/pull/5", ""]);
    assert_eq!(
        folder.lines("SELECT source_url('commits', 'app', 'web', 'abc')").await,
        ["https://github.com/acme/web/commit/abc"]
    );
}
