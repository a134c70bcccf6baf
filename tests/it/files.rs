//! Rows from lines of JSON: each once, in whatever order the files come and whatever moment a run dies at.

use crate::cli::product::{Answer, Product, assert_same};
use flate2::Compression;
use flate2::write::GzEncoder;
use paceline::store::Store;
use serde_json::json;
use std::io::Write;
use std::time::{Duration, Instant};

/// A line with one version of a build.
fn build(id: usize, version: u32) -> String {
    let (repository, minute) = (id % 3, id % 60);
    let row = json!({
        "repository": format!("acme/r{repository}"), "build_id": id.to_string(), "status": format!("v{version}"),
        "started_at": format!("2026-02-01T10:{minute:02}:00+01:00"),
        "updated_at": format!("2026-02-0{version}T11:{minute:02}:00Z"),
    });
    format!("{row}\n")
}

fn builds(ids: std::ops::Range<usize>, version: u32) -> String {
    ids.map(|id| build(id, version)).collect()
}

fn product(table: &str) -> Product {
    let product = Product::new();
    let text = format!("type = \"files\"\npath = \"events/*.ndjson*\"\ntable = \"{table}\"\n");
    product.write("pipelines/ci.toml", &text);
    product
}

fn packed(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

fn collect(product: &Product) -> String {
    product.run(["collect"]).succeeded().stderr
}

#[test]
fn the_order_of_files_does_not_matter() {
    let texts = [builds(0..30, 1), builds(10..40, 3), builds(20..35, 2), builds(15..25, 1)];
    let whole = product("builds");
    for (index, text) in texts.iter().enumerate() {
        whole.write(&format!("events/{index}.ndjson"), text);
    }
    assert_eq!(collect(&whole), "ci: 40 builds\n");
    let expected = whole.dump(&[]);
    let versions = whole.rows("SELECT status, count(*), count(DISTINCT build_id) FROM builds GROUP BY 1 ORDER BY 1");
    assert_eq!(versions, [["v1", "10", "10"], ["v3", "30", "30"]]);
    assert_eq!(whole.rows("SELECT DISTINCT source FROM builds"), [["ci"]]);

    let backwards = product("builds");
    for (index, text) in texts.iter().rev().enumerate() {
        backwards.write(&format!("events/{index}.ndjson"), text);
    }
    collect(&backwards);
    assert_same(&backwards.dump(&[]), &expected, "in the other order");

    let parts = product("builds");
    for index in [2, 0, 3, 1] {
        let path = parts.home().join(format!("events/{index}.ndjson.gz"));
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, packed(&texts[index])).unwrap();
        collect(&parts);
    }
    assert_same(&parts.dump(&[]), &expected, "one by one, packed");
    assert_eq!(collect(&parts), "ci: nothing new\n");

    // Neither another name nor another file of the same content is new; what was added to one is.
    std::fs::rename(parts.home().join("events/2.ndjson.gz"), parts.home().join("events/5.ndjson.gz")).unwrap();
    assert_eq!(collect(&parts), "ci: nothing new\n");
    whole.write("events/0.ndjson", &(texts[0].clone() + &build(40, 1)));
    collect(&whole);
    assert_eq!(whole.rows("SELECT count(*), max(status) FROM builds WHERE build_id IN ('29', '40')"), [["2", "v3"]]);
}

#[test]
fn without_versions_the_last_line_stands() {
    let product = product("builds");
    let line = |id: &str, status: &str| {
        let row = json!({"repository": "r", "build_id": id, "status": status, "started_at": "2026-02-01T10:00:00Z"});
        format!("{row}\n")
    };
    product.write("events/b.ndjson", &line("1", "from b"));
    product.write("events/a.ndjson", &(line("1", "from a") + &line("2", "first") + &line("2", "second")));
    collect(&product);
    product.write("events/0.ndjson", &line("2", "of a later run"));
    collect(&product);
    let rows = product.rows("SELECT build_id, status, updated_at IS NULL FROM builds ORDER BY 1");
    assert_eq!(rows, [["1", "from b", "true"], ["2", "of a later run", "true"]]);
}

#[test]
fn lines_that_do_not_fit_are_said_and_the_others_stored() {
    let product = product("builds");
    let wrong = build(7, 1).replace("status", "result");
    product.write("events/a.ndjson", &format!("{}{}\nnot JSON\n{}", build(1, 1), wrong.trim(), build(2, 1)));
    product.write("events/b.ndjson", &"{}\n".repeat(20));
    let Answer { code, stderr, .. } = product.run(["collect"]);
    let missing = |line: usize| format!("warning: events/b.ndjson:{line}: repository is missing");
    let expected = [
        "warning: events/a.ndjson:2: builds has no column result".to_owned(),
        "warning: events/a.ndjson:3: not JSON: expected ident at column 2".to_owned(),
        missing(1),
        missing(2),
        missing(3),
        "error: 22 of 24 lines were refused; the others are stored".to_owned(),
    ];
    assert_eq!((code, stderr.lines().collect::<Vec<_>>()), (Some(3), expected.iter().map(String::as_str).collect()));
    assert_eq!(product.rows("SELECT build_id FROM builds ORDER BY 1"), [["1"], ["2"]]);
    assert_eq!(collect(&product), "ci: nothing new\n");
    std::fs::remove_dir_all(product.home().join("events")).unwrap();
    assert_eq!(product.run(["collect"]).failed(3), "./events/*.ndjson*: no file is there");
}

#[test]
fn people_are_put_away() {
    let product = product("deployment_statuses");
    let report = |id: usize, who: Option<&str>| {
        let row = json!({"service": "shop", "deployment_id": "1", "status_id": id.to_string(), "status": "success",
            "reporter_id": who, "reported_at": "2026-02-01T10:00:00Z"});
        format!("{row}\n")
    };
    let written =
        [Some("dev-1"), Some("Dev One <dev-one@acme.example>"), Some("dev-one@acme.example"), Some("dev-1"), None];
    let text: String = written.iter().enumerate().map(|(id, who)| report(id, *who)).collect();
    product.write("events/a.ndjson", &text);
    collect(&product);
    let rows =
        product.rows("SELECT count(*), count(reporter_id), count(DISTINCT reporter_id) FROM deployment_statuses");
    // The address joins two of the three.
    assert_eq!(rows, [["5", "4", "2"]]);
    for (path, bytes) in product.files("tables") {
        let has = |word: &str| bytes.windows(word.len()).any(|window| window == word.as_bytes());
        assert!(!has("dev-1") && !has("acme.example"), "{}", path.display());
    }
}

#[test]
fn a_killed_run_is_finished_by_the_next() {
    // The second half brings new versions of the first, within the first run and in a later one.
    let (first, later) = (builds(0..1_500, 1) + &builds(0..750, 2), builds(0..1_500, 3));
    for before in [None, Some(&first)] {
        let (text, name) = before.map_or((&first, "a"), |_| (&later, "b"));
        let start = || {
            let product = product("builds");
            if let Some(before) = before {
                product.write("events/a.ndjson", before);
                collect(&product);
            }
            product.write(&format!("events/{name}.ndjson"), text);
            product
        };
        let undisturbed = start();
        let planned = Instant::now();
        plan(&undisturbed, name, text, before.is_none());
        collect(&undisturbed);
        let whole = planned.elapsed();
        let expected = undisturbed.dump(&[]);
        let at_once = start();
        collect(&at_once);
        assert_same(&at_once.dump(&[]), &expected, "in one chunk");
        let mut killed = 0;
        for moment in 1..8 {
            let product = start();
            plan(&product, name, text, before.is_none());
            killed += u32::from(kill_after(&product, whole * moment / 8));
            collect(&product);
            assert_same(&product.dump(&[]), &expected, &format!("killed in eighth {moment} of {whole:?}"));
        }
        assert!(killed >= 3, "only {killed} of 7 runs were still running when they were to be killed");
    }
}

#[test]
fn files_that_changed_after_a_run_died_are_planned_anew() {
    let text = builds(0..200, 1);
    let product = product("builds");
    product.write("events/a.ndjson", &text);
    plan(&product, "a", &text, true);
    // Rows that the dead run may have written are not written twice.
    kill_after(&product, Duration::from_millis(600));
    product.write("events/a.ndjson", &(builds(0..10, 2) + &builds(150..200, 1)));
    collect(&product);
    let rows = product.rows("SELECT count(*) = count(DISTINCT build_id), count(*) >= 60 FROM builds");
    assert_eq!(rows, [["true", "true"]]);
    assert_eq!(product.rows("SELECT count(*) FROM builds WHERE status = 'v2'"), [["10"]]);
}

#[test]
fn a_pipeline_of_files_is_checked() {
    let product = Product::new();
    let wrong = [
        ("table = \"bilds\"", "pipelines/ci.toml:3:9: unknown table bilds; did you mean builds?"),
        ("table = \"builds\"\nquery = \"SELECT 1\"", "pipelines/ci.toml:4:1: unknown key query"),
        ("", "pipelines/ci.toml:1:8: needs table = \"…\" or map = { TABLE = \"FILE.sql\" }"),
    ];
    for (line, words) in wrong {
        product.write("pipelines/ci.toml", &format!("type = \"files\"\npath = \"events/*.ndjson\"\n{line}\n"));
        let answer = product.run(["check"]);
        let said = format!("{}{}", String::from_utf8_lossy(&answer.stdout), answer.stderr);
        assert!(answer.code == Some(1) && said.contains(words), "{said}");
    }
}

/// Makes the plan that a run would make, in chunks of some hundred lines.
fn plan(product: &Product, name: &str, text: &str, is_first: bool) {
    let content = |name: &str, text: &str| {
        let hash = blake3::hash(text.as_bytes()).to_hex().to_string();
        json!({ "name": format!("events/{name}.ndjson"), "bytes": text.len(), "hash": hash })
    };
    let known: Vec<_> = (!is_first)
        .then(|| std::fs::read_to_string(product.home().join("events/a.ndjson")).unwrap())
        .map(|text| content("a", &text))
        .into_iter()
        .collect();
    let plan = json!({ "known": known, "new": [content(name, text)], "at": product.now, "is_first": is_first,
        "chunk_bytes": 30_000 });
    Store::open(&product.data()).unwrap().state().unwrap().begin("files:ci:builds", &plan.to_string()).unwrap();
}

/// Whether the run had not ended before.
fn kill_after(product: &Product, after: Duration) -> bool {
    let mut child = product.command(["collect"]).spawn().unwrap();
    std::thread::sleep(after);
    let ended = child.try_wait().unwrap().is_some();
    child.kill().unwrap();
    child.wait().unwrap();
    !ended
}
