//! CSV, JSON lines and Parquet by SQL: what fits is stored and what does not is put aside, with file, line and reason.

use super::{project, said};
use crate::cli::product::{Product, assert_same};
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::Write;
use std::time::Duration;

const PIPELINE: &str = "type = \"files\"\npath = \"in/*\"\nmap = { tickets = \"t.sql\" }\n";
const SQL: &str = "SELECT id AS ticket_id, opened AS opened_at, who AS requester_id, CAST(n AS BIGINT) AS reopened,
    opened AS updated_at FROM input WHERE kind = 'ticket'\n";
const HEADER: &str = "id,opened,who,n,kind\n";

fn line(id: usize, version: u32) -> String {
    format!("{id},2026-02-{version:02} 10:{:02}:00,dev-{}@acme.example,{version},ticket\n", id % 60, id % 7)
}

fn lines(ids: std::ops::Range<usize>, version: u32) -> String {
    ids.map(|id| line(id, version)).collect()
}

fn tickets() -> Product {
    project(PIPELINE, &[("t.sql", SQL)])
}

fn put_aside(product: &Product) -> Vec<Vec<String>> {
    let rows = product.table(&["collect", "--quarantine"]);
    rows.into_iter().map(|row| vec![row[2].clone(), row[3].clone(), row[4].clone()]).collect()
}

#[test]
fn what_does_not_fit_costs_its_row_and_is_kept_with_file_and_line() {
    let product = tickets();
    let text = [
        HEADER,
        &line(1, 1),
        "2,yesterday,a,1,ticket\n",
        "3,2026-02-01 10:00:00,a,many,ticket\n",
        "4,2026-02-01 10:00:00,a,1\n",
        "5,2026-02-01 10:00:00,\"a\nb\",1,note\n",
        ",2026-02-01 10:00:00,a,1,ticket\n",
        &line(6, 1),
    ]
    .concat();
    product.write("in/a.csv", &text);
    let answer = product.run(["collect"]);
    let aside = [
        ("in/a.csv:3, table tickets", "opened_at is \"yesterday\", not a time such as 2026-01-31T12:00:00Z"),
        ("in/a.csv:4, table tickets", "Cast error: Cannot cast string 'many' to value of Int64 type"),
        ("in/a.csv:5", "has 4 fields, not 5"),
        ("in/a.csv:8, table tickets", "ticket_id is missing"),
    ];
    let mut lines = said(&answer);
    lines.sort_unstable();
    assert_eq!(lines.len(), 5, "{lines:?}");
    assert!(lines.contains(&"error: 4 of 7 lines were refused; the others are stored"), "{lines:?}");
    assert_eq!(product.rows("SELECT ticket_id, reopened FROM tickets ORDER BY 1"), [["1", "1"], ["6", "1"]]);
    let found = put_aside(&product);
    let places: Vec<(&str, &str)> = found.iter().map(|row| (row[0].as_str(), row[1].as_str())).collect();
    assert_eq!(places, aside);
    assert_eq!(found[0][2], "2,yesterday,a,1,ticket");

    // The file is read anew when it changed: what was wrong with it then is forgotten.
    product.write(
        "in/a.csv",
        &text.replace("yesterday", "2026-02-03 10:00:00").replace("many", "3").replace(",a,1\n", ",a,1,note\n"),
    );
    said(&product.run(["collect"]));
    assert_eq!(put_aside(&product).len(), 1);
    let stored = [["1", "1"], ["2", "1"], ["3", "3"], ["6", "1"]];
    assert_eq!(product.rows("SELECT ticket_id, reopened FROM tickets ORDER BY 1"), stored);
}

#[test]
fn files_of_every_kind_give_the_same_rows() {
    let whole = tickets();
    whole.write("in/a.csv", &format!("{HEADER}{}", lines(0..50, 1)));
    whole.run(["collect"]).succeeded();
    let expected = whole.dump(&[]);
    assert_eq!(whole.rows("SELECT count(*), count(DISTINCT requester_id) FROM tickets"), [["50", "7"]]);

    let semicolons = tickets();
    semicolons.write("in/a.csv", &format!("{HEADER}{}", lines(0..50, 1)).replace(',', ";").replace('\n', "\r\n"));
    semicolons.run(["collect"]).succeeded();
    assert_same(&semicolons.dump(&[]), &expected, "with semicolons");

    let mixed = tickets();
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    packed.write_all(format!("{HEADER}{}", lines(0..20, 1)).as_bytes()).unwrap();
    mixed.write("in/b.csv", &format!("kind,n,who,opened,id,more\n{}", turned(&lines(20..30, 1))));
    let utf_16: Vec<u8> =
        format!("\u{FEFF}{HEADER}{}", lines(40..50, 1)).encode_utf16().flat_map(u16::to_le_bytes).collect();
    mixed.write("in/d.ndjson", &objects(&lines(30..40, 1)));
    std::fs::write(mixed.home().join("in/a.csv.gz"), packed.finish().unwrap()).unwrap();
    std::fs::write(mixed.home().join("in/e.csv"), utf_16).unwrap();
    mixed.run(["collect"]).succeeded();
    assert_same(&mixed.dump(&[]), &expected, "of four kinds");
    assert_eq!(mixed.run(["collect"]).succeeded().stderr, "tail: nothing new\n");
}

#[test]
fn numbers_in_parquet_files_stand_beside_text() {
    use arrow::array::{Int64Array, RecordBatch, StringArray};
    use std::sync::Arc;
    let product = tickets();
    let texts = |text: &str| Arc::new(StringArray::from(vec![text])) as arrow::array::ArrayRef;
    let numbers = |number: i64| Arc::new(Int64Array::from(vec![number])) as arrow::array::ArrayRef;
    let columns = [
        ("id", numbers(1)),
        ("opened", texts("2026-02-01 10:00:00")),
        ("who", texts("dev-1@acme.example")),
        ("n", numbers(1)),
        ("kind", texts("ticket")),
    ];
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    std::fs::create_dir_all(product.home().join("in")).unwrap();
    let file = std::fs::File::create(product.home().join("in/a.parquet")).unwrap();
    let mut writer = parquet::arrow::ArrowWriter::try_new(file, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    product.write("in/b.csv", &format!("{HEADER}{}", line(2, 1)));
    product.write("in/c.ndjson", &objects(&line(3, 1)));
    product.run(["collect"]).succeeded();
    assert_eq!(
        product.rows("SELECT ticket_id, reopened FROM tickets ORDER BY 1"),
        [["1", "1"], ["2", "1"], ["3", "1"]]
    );
}

#[test]
fn a_mapping_that_reads_names_reads_the_same_content_under_another() {
    let product = tickets();
    product.write("pipelines/t.sql", &SQL.replace("SELECT id AS", "SELECT _file || id AS"));
    product.write("in/a.csv", &format!("_file,{HEADER}x,{}", line(1, 1)));
    product.run(["collect"]).succeeded();
    product.write("in/b.csv", &format!("_file,{HEADER}x,{}", line(1, 1)));
    product.run(["collect"]).succeeded();
    let both = [["in/a.csv1"], ["in/b.csv1"]];
    assert_eq!(product.rows("SELECT ticket_id FROM tickets ORDER BY 1"), both);
    // A file that got another name is the same.
    std::fs::rename(product.home().join("in/b.csv"), product.home().join("in/c.csv")).unwrap();
    assert_eq!(product.run(["collect"]).succeeded().stderr, "tail: nothing new\n");
    assert_eq!(product.rows("SELECT ticket_id FROM tickets ORDER BY 1"), both);
}

/// The same lines with their columns in another order, and one more.
fn turned(lines: &str) -> String {
    let turn = |line: &str| line.split(',').rev().collect::<Vec<_>>().join(",") + ",x\n";
    lines.lines().map(turn).collect()
}

fn objects(lines: &str) -> String {
    let object = |line: &str| {
        let fields: Vec<&str> = line.split(',').collect();
        let n: u32 = fields[3].parse().unwrap();
        let row =
            serde_json::json!({"id": fields[0], "opened": fields[1], "who": fields[2], "n": n, "kind": fields[4]});
        format!("{row}\n")
    };
    lines.lines().map(object).collect()
}

#[test]
fn columns_of_the_tables_need_no_sql() {
    let product = project("type = \"files\"\npath = \"in/*\"\ntable = \"tickets\"\n", &[]);
    product.write("in/a.csv", "ticket_id,opened_at,reopened\n1,2026-02-01T10:00:00+01:00,2\n");
    product.run(["collect"]).succeeded();
    let rows = product.rows("SELECT ticket_id, opened_at, reopened FROM tickets");
    assert_eq!(rows, [["1", "2026-02-01T09:00:00Z", "2"]]);
    product.write("in/0.csv", "");
    product.write("in/a.csv", "ticket_id,opened_at,reopened\n1,2026-02-01T10:00:00+01:00,3\n");
    product.run(["collect"]).succeeded();
    assert_eq!(product.rows("SELECT reopened FROM tickets"), [["3"]]);
    product.write("in/b.csv", "ticket_id,opend_at\n1,2026-02-01T10:00:00+01:00\n");
    let answer = product.run(["collect"]);
    assert_eq!(answer.failed(3), "in/*:1:1: tickets has no column opend_at; did you mean opened_at?");
}

#[test]
fn text_in_another_encoding_is_refused_by_line_or_read_by_its_name() {
    let product = tickets();
    std::fs::create_dir_all(product.home().join("in")).unwrap();
    let text = [HEADER.as_bytes(), b"caf\xE9,2026-02-01 10:00:00,a,1,ticket\n", line(2, 1).as_bytes()].concat();
    std::fs::write(product.home().join("in/a.csv"), &text).unwrap();
    let answer = product.run(["collect"]);
    let words = "warning: in/a.csv:2: byte 0xE9 is not UTF-8; name its encoding, such as encoding = \"windows-1252\"";
    assert_eq!(said(&answer)[0], words);
    assert_eq!(product.rows("SELECT ticket_id FROM tickets"), [["2"]]);
    product.write("pipelines/tail.toml", &format!("{PIPELINE}encoding = \"latin1\"\n"));
    product.run(["collect"]).succeeded();
    assert_eq!(product.rows("SELECT ticket_id FROM tickets ORDER BY 1"), [["2"], ["café"]]);
    assert!(put_aside(&product).is_empty());
    product.write("pipelines/tail.toml", &format!("{PIPELINE}encoding = \"latin\"\n"));
    let words = "pipelines/tail.toml:4:12: unknown encoding latin; write one such as windows-1252 or utf-16le";
    assert_eq!(product.run(["check"]).failed(1), words);
}

#[test]
fn damaged_files_cost_what_is_damaged() {
    let product = tickets();
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    packed.write_all(format!("{HEADER}{}", lines(0..20_000, 1)).as_bytes()).unwrap();
    let packed = packed.finish().unwrap();
    std::fs::create_dir_all(product.home().join("in")).unwrap();
    std::fs::write(product.home().join("in/a.csv.gz"), &packed[..packed.len() / 2]).unwrap();
    product.write("in/b.csv", &format!("{HEADER}{}", lines(30_000..30_001, 1)));
    product.write("in/c.csv", "id,id\n1,2\n");
    product.write("in/d.parquet", "no such thing");
    let answer = product.run(["collect"]);
    let lines = said(&answer);
    assert!(
        lines.iter().any(|line| line.starts_with("warning: in/a.csv.gz:") && line.contains("damaged from here on")),
        "{lines:?}"
    );
    assert!(lines.contains(&"warning: in/c.csv: line 1 has a column id twice"), "{lines:?}");
    assert!(lines.iter().any(|line| line.starts_with("warning: in/d.parquet: ")), "{lines:?}");
    let some = product.rows("SELECT count(*) > 1000, max(CAST(ticket_id AS INT)) FROM tickets");
    assert_eq!(some, [["true", "30000"]]);
}

#[test]
fn a_line_of_a_gigabyte_costs_itself() {
    let product = tickets();
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(objects(&line(1, 1)).as_bytes()).unwrap();
    let part = vec![b'x'; 1 << 20];
    (0..1 << 10).for_each(|_| packed.write_all(&part).unwrap());
    packed.write_all(format!("\n{}", objects(&line(2, 1))).as_bytes()).unwrap();
    std::fs::create_dir_all(product.home().join("in")).unwrap();
    std::fs::write(product.home().join("in/a.ndjson.gz"), packed.finish().unwrap()).unwrap();
    let answer = product.run(["collect"]);
    let words = [
        "warning: in/a.ndjson.gz:2: the line is longer than 33554432 bytes",
        "error: 1 of 3 lines were refused; the others are stored",
    ];
    assert_eq!(said(&answer), words);
    assert_eq!(product.rows("SELECT ticket_id FROM tickets ORDER BY 1"), [["1"], ["2"]]);
}

#[test]
fn a_mapping_is_checked_at_its_place() {
    let product = tickets();
    let wrong = [
        (
            "SELECT id AS ticket_id,\n  at AS opend_at FROM input",
            "pipelines/t.sql:2:9: tickets has no column opend_at; did you mean opened_at?",
        ),
        ("SELECT id AS ticket_id FROM input", "pipelines/t.sql:1:1: tickets needs a column opened_at: opened"),
        ("SELECT id AS ticket_id at AS opened_at FROM input", "pipelines/t.sql:1:24: "),
        (
            "SELECT id AS ticket_id, at AS opened_at FROM inputs",
            "pipelines/t.sql:1:46: unknown table inputs; did you mean input?",
        ),
        ("SELECT id AS ticket_id, lowr(at) AS opened_at FROM input", "pipelines/t.sql:1:25: "),
        (
            "SELECT id AS ticket_id, now() AS opened_at FROM input",
            "pipelines/t.sql:1:25: now gives another answer each time",
        ),
        ("DROP TABLE input", "pipelines/t.sql:1:1: a mapping is one SELECT"),
        ("SELECT id AS ticket_id, at AS opened_at FROM '/etc/passwd'", "pipelines/t.sql:1:"),
    ];
    for (sql, words) in wrong {
        product.write("pipelines/t.sql", sql);
        let answer = product.run(["check"]);
        assert!(answer.code == Some(1) && answer.stderr.contains(words), "{sql}: {}", answer.stderr);
    }
    product.write("pipelines/t.sql", SQL);
    product.write("pipelines/tail.toml", "type = \"files\"\npath = \"in/*\"\nmap = { tickets = \"s.sql\" }\n");
    let words = "pipelines/tail.toml:3:7: there is no file pipelines/s.sql; did you mean t.sql?";
    assert_eq!(product.run(["check"]).failed(1), words);
    product.write("pipelines/tail.toml", "type = \"files\"\npath = \"in/*\"\nmap = \"helpdsk\"\n");
    let words = "pipelines/tail.toml:3:7: unknown mapping helpdsk; did you mean helpdesk?";
    assert_eq!(product.run(["check"]).failed(1), words);
    product.write("pipelines/tail.toml", &format!("{PIPELINE}columns = [\"a\", \"b\", \"a\"]\n"));
    assert_eq!(product.run(["check"]).failed(1), "pipelines/tail.toml:4:11: has a twice");
    // A column that the files lack is found when they are read.
    product.write("pipelines/tail.toml", PIPELINE);
    product.write("in/a.csv", "id,opend,who,n,kind\n");
    let words = "pipelines/t.sql:1:25: No field named opened; did you mean opend?";
    assert_eq!(product.run(["collect"]).failed(3), words);
}

#[test]
fn statements_over_all_rows_are_carried_out_again_when_anything_changed() {
    let sql = "SELECT id AS ticket_id, min(opened) AS opened_at, max(opened) AS resolved_at, count(*) AS reopened
        FROM input GROUP BY id";
    let product = project(PIPELINE, &[("t.sql", sql)]);
    product.write("in/a.csv", &format!("{HEADER}{}", lines(0..30, 1)));
    product.write("in/b.csv", &format!("{HEADER}{}", lines(10..40, 2)));
    product.run(["collect"]).succeeded();
    let totals = "SELECT count(*), sum(reopened) FROM tickets";
    assert_eq!(product.rows(totals), [["40", "60"]]);
    assert_eq!(product.run(["collect"]).succeeded().stderr, "tail: nothing new\n");
    product.write("in/b.csv", &format!("{HEADER}{}", lines(10..35, 2)));
    product.run(["collect"]).succeeded();
    assert_eq!(product.rows(totals), [["35", "55"]]);
    let whole = project(PIPELINE, &[("t.sql", sql)]);
    whole.write("in/a.csv", &format!("{HEADER}{}", lines(0..30, 1)));
    whole.write("in/b.csv", &format!("{HEADER}{}", lines(10..35, 2)));
    whole.run(["collect"]).succeeded();
    assert_same(&product.dump(&[]), &whole.dump(&[]), "in two runs");
    // Another text is another result.
    product.write("pipelines/t.sql", &sql.replace("count(*)", "count(*) + 1"));
    product.run(["collect"]).succeeded();
    assert_eq!(product.rows(totals), [["35", "90"]]);
}

#[test]
fn a_killed_run_is_finished_by_the_next() {
    let text = format!("{HEADER}{}", lines(0..60_000, 1) + &lines(0..30_000, 2));
    let start = || {
        let product = tickets();
        product.write("in/a.csv", &text);
        product
    };
    let undisturbed = start();
    let began = std::time::Instant::now();
    undisturbed.run(["collect"]).succeeded();
    let whole = began.elapsed();
    let expected = undisturbed.dump(&[]);
    let mut killed = 0;
    for moment in 1..6 {
        let product = start();
        killed += u32::from(kill_after(&product, whole * moment / 6));
        product.run(["collect"]).succeeded();
        assert_same(&product.dump(&[]), &expected, &format!("killed in sixth {moment} of {whole:?}"));
    }
    assert!(killed >= 2, "only {killed} of 5 runs were still running when they were to be killed");
}

fn kill_after(product: &Product, after: Duration) -> bool {
    let mut child = product.command(["collect"]).spawn().unwrap();
    std::thread::sleep(after);
    let ended = child.try_wait().unwrap().is_some();
    child.kill().unwrap();
    child.wait().unwrap();
    !ended
}

#[test]
fn a_sample_shows_rows_and_stores_nothing() {
    let product = tickets();
    product.write("in/a.csv", &format!("{HEADER}{}2,yesterday,a,1,ticket\n", lines(0..9, 1)));
    let answer = product.run(["collect", "tail", "--sample", "3", "--format", "csv"]).succeeded();
    let text = String::from_utf8(answer.stdout).unwrap();
    assert_eq!(text.lines().count(), 4, "{text}");
    assert!(text.starts_with("ticket_id,requester_id,opened_at,reopened,updated_at\n0,dev-0@acme.example,"), "{text}");
    let words = "tickets: 3 rows\nput aside: in/a.csv:11, table tickets: opened_at is \"yesterday\", not a time such as \
                 2026-01-31T12:00:00Z\n";
    assert_eq!(answer.stderr, words);
    assert!(!product.data().exists());
    assert_eq!(
        product.run(["collect", "tial", "--sample", "3"]).failed(1),
        "there is no pipeline tial; did you mean tail?"
    );
}
