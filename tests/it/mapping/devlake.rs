//! Apache DevLake's recorded answers of Jenkins and CircleCI through the ready mappings, beside the tables that its tests expect.

use super::project;
use crate::cli::product::Product;
use crate::github_payloads::difference::{Expected, Sheet, compare, plain};
use crate::github_payloads::{shared, table};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;

type Raw = BTreeMap<String, String>;

/// The recorded bodies as lines, each with what was asked for it.
fn lines(path: &Path, asked: impl Fn(&Raw, &Value) -> Vec<(&'static str, Value)>) -> String {
    let line = |row: &Raw| {
        let mut body: Value = serde_json::from_str(&row["data"]).unwrap();
        let input: Value = serde_json::from_str(&row["input"]).unwrap_or_default();
        for (name, value) in asked(row, &input) {
            body[name] = value;
        }
        format!("{body}\n")
    };
    let rows = table::read(path);
    assert!(!rows.is_empty(), "{}", path.display());
    rows.iter().map(line).collect()
}

fn collected(map: &str, lines: &[String], left_out: &str) -> Product {
    let product = project(&format!("type = \"files\"\npath = \"in/*.ndjson\"\nmap = \"{map}\"\n"), &[]);
    for (index, lines) in lines.iter().enumerate() {
        product.write(&format!("in/{index}.ndjson"), lines);
    }
    let answer = product.run(["collect"]);
    assert!(answer.code == Some(0) || answer.stderr == left_out, "{}", answer.stderr);
    product
}

/// Our rows by their first column, the others in DevLake's names.
fn ours(product: &Product, columns: &[(&'static str, &str)], key: &str, table: &str) -> Sheet {
    let list: Vec<String> = columns.iter().enumerate().map(|(at, (_, column))| format!("{column} AS c{at}")).collect();
    let rows = product.rows(&format!("SELECT {key} AS k, {} FROM {table}", list.join(", ")));
    let row =
        |row: &Vec<String>| columns.iter().zip(&row[1..]).map(|((name, _), value)| (*name, plain(value))).collect();
    rows.iter().map(|it| (it[0].clone(), row(it))).collect()
}

fn theirs(path: &Path, key: impl Fn(&Raw) -> String, columns: &[&'static str]) -> Sheet {
    let row = |row: &Raw| columns.iter().map(|name| (*name, plain(&row[*name]))).collect();
    table::read(path).iter().map(|it| (key(it), row(it))).collect()
}

fn replace(sheet: &mut Sheet, column: &str, with: impl Fn(&str) -> String) {
    for row in sheet.values_mut() {
        if let Some(value) = row.get_mut(column) {
            *value = with(value);
        }
    }
}

/// The words of our tables for Jenkins' results.
fn result(word: &str) -> String {
    match word {
        "SUCCESS" => "success",
        "ABORTED" => "cancelled",
        "NOT_BUILD" => "skipped",
        _ => "failure",
    }
    .to_owned()
}

#[test]
fn jenkins_builds() {
    let Some(e2e) = shared("devlake-e2e/jenkins/e2e") else { return };
    let running = "the API says that it is building still: DevLake repeats the result that it would have";
    for (kind, expected) in [
        (
            "builds",
            &[
                ("row", "there", "missing", 1, "a build of another job: DevLake's test reads one job"),
                ("status", "running", "failure", 1, running),
                ("status", "running", "success", 2, running),
            ][..],
        ),
        ("builds_multibranch", &[]),
    ] {
        let raw = e2e.join(format!("raw_tables/_raw_jenkins_api_{kind}.csv"));
        // The body alone does not name the job: DevLake has its full name from what it asked for.
        let name = |row: &Raw, input: &Value| {
            let asked: Value = serde_json::from_str(&row["params"]).unwrap();
            let full = if input["FullName"].is_string() { &input["FullName"] } else { &asked["FullName"] };
            vec![("job", full.clone())]
        };
        let product = collected("jenkins", &[lines(&raw, name)], "");
        let columns = [("result", "status"), ("start_time", "date_trunc('second', started_at)")];
        let mut mine = ours(&product, &columns, "concat(repository, '#', build_id)", "builds");
        for row in mine.values_mut() {
            let status = row.remove("result").unwrap();
            row.insert("status", status);
        }
        let path = e2e.join(format!("snapshot_tables/_tool_jenkins_{kind}.csv"));
        let mut theirs = theirs(&path, |row| row["full_name"].clone(), &["result", "start_time"]);
        replace(&mut theirs, "result", result);
        for row in theirs.values_mut() {
            let status = row.remove("result").unwrap();
            row.insert("status", status);
        }
        check(&format!("Jenkins {kind}"), &mine, &theirs, expected);
    }
}

#[test]
fn jenkins_stages() {
    let Some(e2e) = shared("devlake-e2e/jenkins/e2e") else { return };
    let raw = e2e.join("raw_tables/_raw_jenkins_api_stages_multibranch.csv");
    // Here the links say everything.
    let product = collected("jenkins", &[lines(&raw, |_, _| Vec::new())], "");
    let columns = [
        ("name", "name"),
        ("status", "status"),
        ("start_time_millis", "CAST(date_part('epoch', started_at) * 1000 AS BIGINT)"),
        (
            "duration_millis",
            "CAST((date_part('epoch', finished_at) - date_part('epoch', started_at)) * 1000 + 0.5 AS BIGINT)",
        ),
    ];
    let mine = ours(&product, &columns, "concat(repository, '#', replace(job_id, '/', ' '))", "build_jobs");
    let path = e2e.join("snapshot_tables/_tool_jenkins_stages_multibranch.csv");
    let key = |row: &Raw| format!("{} {}", row["build_name"], row["id"]);
    let mut theirs = theirs(&path, key, &["name", "status", "start_time_millis", "duration_millis"]);
    replace(&mut theirs, "status", |word| if word == "FAILED" { "failure".to_owned() } else { result(word) });
    check("Jenkins stages", &mine, &theirs, &[]);
}

#[test]
fn circleci_workflows_and_jobs() {
    let Some(e2e) = shared("devlake-e2e/circleci/e2e") else { return };
    let raw = |kind: &str| e2e.join(format!("raw_tables/_raw_circleci_api_{kind}.csv"));
    let none = |_: &Raw, _: &Value| Vec::new();
    let workflow = |_: &Raw, input: &Value| vec![("workflow_id", input["id"].clone())];
    let product = collected(
        "circleci",
        &[lines(&raw("pipelines"), none), lines(&raw("workflows"), none), lines(&raw("jobs"), workflow)],
        "warning: table builds, [\"gh/coldgust/coldgust.github.io\",\"b3b77371-e27a-4e93-a554-c728f757cd24\"]: started_at is \
         missing\nerror: 1 of 30 lines were refused; the others are stored\n",
    );
    let status = |word: &str| {
        match word {
            "success" => "success",
            "canceled" => "cancelled",
            "not_run" => "skipped",
            "on_hold" | "running" => "running",
            _ => "failure",
        }
        .to_owned()
    };
    let columns =
        [("name", "workflow"), ("status", "status"), ("created_date", "started_at"), ("stopped_date", "finished_at")];
    let mine = ours(&product, &columns, "build_id", "builds");
    let snapshot = |kind: &str| e2e.join(format!("snapshot_tables/_tool_circleci_{kind}.csv"));
    let mut expected =
        theirs(&snapshot("workflows"), |row| row["id"].clone(), &["name", "status", "created_date", "stopped_date"]);
    replace(&mut expected, "status", status);
    let unknown =
        [("row", "missing", "there", 1, "the API says no time of it, and a build has a beginning: it is put aside")];
    check("CircleCI workflows", &mine, &expected, &unknown);

    let columns = [
        ("workflow_id", "build_id"),
        ("name", "name"),
        ("status", "status"),
        ("started_at", "started_at"),
        ("stopped_at", "finished_at"),
    ];
    let mine = ours(&product, &columns, "job_id", "build_jobs");
    let mut expected = theirs(
        &snapshot("jobs"),
        |row| row["id"].clone(),
        &["workflow_id", "name", "status", "started_at", "stopped_at"],
    );
    replace(&mut expected, "status", status);
    check("CircleCI jobs", &mine, &expected, &[]);

    // A workflow has the commit of its pipeline.
    let revisions: BTreeMap<String, String> = table::read(&snapshot("pipelines"))
        .iter()
        .filter_map(|row| {
            let vcs: Value = serde_json::from_str(&row["vcs"]).ok()?;
            Some((row["id"].clone(), vcs["revision"].as_str()?.to_owned()))
        })
        .collect();
    let shas: BTreeMap<String, String> = product
        .rows("SELECT build_id, sha FROM builds")
        .into_iter()
        .map(|row| (row[0].clone(), row[1].clone()))
        .collect();
    let mut compared = 0_u32;
    for row in table::read(&snapshot("workflows")) {
        if let Some(revision) = revisions.get(&row["pipeline_id"]) {
            let sha = shas.get(&row["id"]);
            assert!(sha.is_none_or(|sha| sha == revision), "{}: {sha:?} {revision}", row["id"]);
            compared += u32::from(sha.is_some());
        }
    }
    assert!(compared > 5, "{compared} commits compared");
}

fn check(what: &str, mine: &Sheet, theirs: &Sheet, expected: &[Expected]) {
    println!("{what}: {} of ours, {} of theirs", mine.len(), theirs.len());
    compare(what, mine, theirs, expected);
}
