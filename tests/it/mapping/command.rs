//! Programs that print JSON lines, and what happens when they fail.

use super::{project, said};
use crate::cli::product::Product;
use std::time::{Duration, Instant};

const SQL: &str = "SELECT id AS ticket_id, json_text(json, 'at.opened') AS opened_at, status FROM input";

/// A pipeline that runs a shell script.
fn script(text: &str, more: &str) -> Product {
    let pipeline =
        format!("type = \"command\"\nrun = [\"/bin/sh\", \"print.sh\"]\nmap = {{ tickets = \"t.sql\" }}\n{more}\n");
    let product = project(&pipeline, &[("t.sql", SQL)]);
    product.write("print.sh", text);
    product
}

fn line(id: u32, status: &str) -> String {
    format!("echo '{{\"id\": {id}, \"at\": {{\"opened\": \"2026-02-01T10:00:00Z\"}}, \"status\": \"{status}\"}}'\n")
}

#[test]
fn what_a_program_prints_becomes_rows() {
    let product = script(&(line(1, "open") + "echo nonsense\n" + &line(2, "open")), "");
    let answer = product.run(["collect"]);
    let lines = said(&answer);
    assert_eq!(lines[0], "warning: tail.ndjson:2: not JSON: expected ident at column 2");
    let all = "SELECT ticket_id, status, opened_at FROM tickets ORDER BY 1";
    assert_eq!(product.rows(all), [["1", "open", "2026-02-01T10:00:00Z"], ["2", "open", "2026-02-01T10:00:00Z"]]);
    product.write("print.sh", &(line(2, "done") + &line(3, "open")));
    assert_eq!(product.run(["collect"]).succeeded().stderr, "tail: 2 tickets\n");
    assert_eq!(
        product.rows("SELECT ticket_id, status FROM tickets ORDER BY 1"),
        [["1", "open"], ["2", "done"], ["3", "open"]]
    );
    assert_eq!(product.run(["collect"]).succeeded().stderr, "tail: nothing new\n");
    // What it printed named people, and is gone.
    assert!(product.files("spool").is_empty());
    assert!(product.table(&["collect", "--quarantine"]).is_empty(), "the line was read anew");
}

#[test]
fn a_program_that_fails_brings_nothing() {
    let product = script(&(line(1, "open") + "echo starting >&2\necho 'no connection' >&2\nexit 3\n"), "");
    let answer = product.run(["collect"]);
    assert_eq!(answer.failed(3), "/bin/sh: ended with exit status: 3: no connection");
    assert!(!product.data().join("tables/tickets").exists());
    product.write("pipelines/tail.toml", "type = \"command\"\nrun = [\"no-such-program\"]\ntable = \"tickets\"\n");
    let answer = product.run(["collect"]);
    assert!(answer.failed(3).starts_with("no-such-program: cannot be started: "), "{}", answer.stderr);
}

#[test]
fn a_program_that_hangs_is_ended_with_its_children() {
    let product = script(&(line(1, "open") + "sleep 300 &\necho $! > child\nsleep 300\n"), "timeout = \"1s\"");
    let started = Instant::now();
    let answer = product.run(["collect"]);
    assert_eq!(answer.failed(3), "/bin/sh: was ended after 1 s; a longer timeout = \"…\" lets it go on");
    assert!(started.elapsed() < Duration::from_secs(60));
    let child = std::fs::read_to_string(product.home().join("child")).unwrap();
    let status = std::fs::read_to_string(format!("/proc/{}/stat", child.trim())).unwrap_or_default();
    assert!(status.is_empty() || status.contains(") Z "), "the child lives on: {status}");
    assert!(!product.data().join("tables/tickets").exists());
}

#[test]
fn secrets_are_given_by_the_environment() {
    let product = script(
        "echo \"{\\\"id\\\": 1, \\\"at\\\": {\\\"opened\\\": \\\"2026-02-01T10:00:00Z\\\"}, \\\"status\\\": \\\"$WORD\\\"}\"\n",
        "env = { WORD = { file = \"word\" } }",
    );
    assert!(product.run(["collect"]).failed(3).contains("word: No such file"));
    product.write("word", "from the file\n");
    product.run(["collect"]).succeeded();
    assert_eq!(product.rows("SELECT status FROM tickets"), [["from the file"]]);
}

#[test]
fn a_run_that_died_is_carried_out_by_the_next() {
    let product = script(&line(7, "open"), "");
    // As a run leaves it that died between the end of the program and the first row.
    product.run(["collect"]).succeeded();
    std::fs::write(
        product.data().join("spool/tail.ndjson"),
        "{\"id\": 8, \"at\": {\"opened\": \"2026-02-01T10:00:00Z\"}}\n",
    )
    .unwrap();
    product.run(["collect"]).succeeded();
    assert_eq!(product.rows("SELECT ticket_id FROM tickets ORDER BY 1"), [["7"], ["8"]]);
    let sample = product.run(["collect", "tail", "--sample", "1", "--format", "csv"]).succeeded();
    let text = String::from_utf8(sample.stdout).unwrap();
    assert_eq!(text, "ticket_id,status,opened_at\n7,open,2026-02-01T10:00:00Z\n");
}
