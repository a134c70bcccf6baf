//! What a user types: rows, explanations, versions, and facts that are kept fresh.

use crate::cli::product::Product;
use serde_json::json;

fn product() -> Product {
    let product = Product::new();
    product.write("pipelines/forge.toml", "type = \"files\"\npath = \"pulls/*.ndjson\"\ntable = \"pull_requests\"\n");
    product.write(
        "queries/own/own_size.sql",
        "/*\ntitle = \"Own\"\nabout = \"Lines.\"\nunit = \"lines\"\nstatistic = \"mean\"\nbetter = \"lower\"\n\
         dimensions = [\"repository\"]\nentity = \"pull_requests\"\n*/\n\
         SELECT merged_at AS at, lines_added AS value, repository, number, source FROM pull_requests WHERE merged_at IS NOT NULL\n",
    );
    pulls(&product, "a", 1..8);
    product.run(["collect"]).succeeded();
    product
}

fn pulls(product: &Product, file: &str, numbers: std::ops::Range<i64>) {
    let row = |number: i64| {
        let moment = format!("2026-02-{:02}T10:00:00Z", number % 27 + 1);
        json!({"repository": "web", "number": number, "state": "merged", "merged_at": moment, "updated_at": moment,
               "is_revert": false, "lines_added": number * 10, "author_id": "ann@acme.example"})
    };
    let lines: String = numbers.map(|number| format!("{}\n", row(number))).collect();
    product.write(&format!("pulls/{file}.ndjson"), &lines);
}

#[test]
fn rows_and_their_versions() {
    let product = product();
    let rows = product.table(&["metric", "rows", "own_size", "--from", "2026-02-03", "--to", "2026-02-04"]);
    assert_eq!(rows.iter().map(|row| row[3].as_str()).collect::<Vec<_>>(), ["3", "2"], "{rows:?}");
    let week = product.table(&["metric", "rows", "own_size", "--week", "2026-02-05", "--only", "repository=web"]);
    assert_eq!(week.len(), 7);
    let limited = product.run(["metric", "rows", "own_size", "--limit", "2", "--versions"]).succeeded();
    assert!(limited.stderr.contains("2 of 7 rows; --limit shows more"), "{}", limited.stderr);
    let said = limited.stderr.lines().find_map(|line| line.strip_prefix("versions: ")).unwrap().to_owned();
    assert!(limited.stderr.lines().any(|line| line.starts_with("definition: own_size ")), "{}", limited.stderr);

    pulls(&product, "b", 8..10);
    product.run(["collect"]).succeeded();
    let count = |as_of: &[&str]| {
        let args = [["sql", "SELECT count(*) FROM own_size"].as_slice(), as_of].concat();
        product.table(&args)[0][0].clone()
    };
    assert_eq!([count(&[]), count(&["--as-of", &said]), count(&["--as-of", "2100-01-01"])], ["9", "7", "9"]);
    let error = product.run(["sql", "SELECT 1", "--as-of", "2001-01-01"]);
    assert_eq!(error.code, Some(1));
    assert!(
        error.stderr.starts_with("error: nothing was stored by 2001-01-01T00:00:00Z; the oldest version is of "),
        "{}",
        error.stderr
    );
    let error = product.run(["metric", "show", "own_size", "--as-of", "pull_request=1"]);
    assert_eq!(error.code, Some(2));
    assert!(error.stderr.contains("there is no table pull_request; did you mean pull_requests?"), "{}", error.stderr);
}

#[test]
fn facts_are_kept_once_they_were_asked_for() {
    let product = product();
    assert!(!product.data().join("facts").exists());
    let first = product.table(&["metric", "refresh"]);
    let own = |rows: &[Vec<String>]| rows.iter().find(|row| row[0] == "own_size").unwrap()[1..].to_vec();
    assert_eq!(own(&first), ["whole", "7", "1"]);
    assert_eq!(own(&product.table(&["metric", "refresh"])), ["fresh", "7", "0"]);
    pulls(&product, "b", 8..9);
    let collected = product.run(["collect"]).succeeded();
    assert!(collected.stderr.contains(" metrics refreshed\n"), "{}", collected.stderr);
    assert_eq!(own(&product.table(&["metric", "refresh"])), ["fresh", "8", "0"]);
    let explained = product.run(["metric", "explain", "own_size"]).succeeded();
    let text = String::from_utf8(explained.stdout).unwrap();
    assert!(text.contains("n = 8: 8 rows of own_size ") && text.contains("pull_requests="), "{text}");
}
