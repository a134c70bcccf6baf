//! Singer taps: scripts that behave well and badly, and two that people use.

use super::project;
use crate::cli::product::Product;

const SQL: &str = "SELECT id AS ticket_id, opened AS opened_at, status, changed AS updated_at FROM issues";

/// A tap that prints a file of messages for each run: `messages-0`, and `messages-STATE` after a state.
fn tap(more: &str) -> Product {
    let pipeline =
        format!("type = \"singer\"\ntap = [\"/bin/sh\", \"tap.sh\"]\nmap = {{ tickets = \"t.sql\" }}\n{more}\n");
    let product = project(&pipeline, &[("t.sql", SQL)]);
    let script = "state=0\nwhile [ $# -gt 0 ]; do\n  case $1 in\n    --state) state=$(tr -dc 0-9 < \"$2\"); shift;;\n    \
                  --config) cat \"$2\" > seen-config; shift;;\n  esac\n  shift\ndone\ncat \"messages-$state\"\n\
                  if [ -f \"then-$state\" ]; then . \"./then-$state\"; fi\n";
    product.write("tap.sh", script);
    product
}

fn schema(columns: &[&str]) -> String {
    let properties: serde_json::Map<_, _> =
        columns.iter().map(|it| ((*it).to_owned(), serde_json::json!({}))).collect();
    let schema = serde_json::json!({"type": "SCHEMA", "stream": "issues", "schema": {"properties": properties}, "key_properties": ["id"]});
    format!("{schema}\n")
}

fn issues() -> String {
    schema(&["id", "opened", "status", "changed"])
}

fn record(id: u32, day: u32, status: &str) -> String {
    let record = serde_json::json!({"id": id, "opened": "2026-02-01T10:00:00Z", "status": status, "changed": format!("2026-02-{day:02}T10:00:00Z")});
    format!("{}\n", serde_json::json!({"type": "RECORD", "stream": "issues", "record": record}))
}

fn state(number: u32) -> String {
    format!("{}\n", serde_json::json!({"type": "STATE", "value": {"bookmark": number}}))
}

fn tickets(product: &Product) -> Vec<Vec<String>> {
    product.rows("SELECT ticket_id, status FROM tickets ORDER BY 1")
}

#[test]
fn a_tap_is_given_its_state_back() {
    let product = tap("config = { token = { env = \"TAP_TOKEN\" }, pages = 3 }");
    product.write("messages-0", &(issues() + &record(1, 1, "open") + &record(2, 1, "open") + &state(5)));
    product.write("messages-5", &(issues() + &record(2, 2, "done") + &state(6)));
    let mut command = product.command(["collect"]);
    let without = crate::cli::product::Answer::of(product.command(["collect"]));
    assert_eq!(without.failed(3), "/bin/sh: environment variable TAP_TOKEN is not set");
    let answer = crate::cli::product::Answer::of({
        command.env("TAP_TOKEN", "secret-word");
        command
    });
    answer.succeeded();
    assert_eq!(tickets(&product), [["1", "open"], ["2", "open"]]);
    let config = std::fs::read_to_string(product.home().join("seen-config")).unwrap();
    assert_eq!(config, r#"{"pages":3,"token":"secret-word"}"#);
    let mut command = product.command(["collect"]);
    command.env("TAP_TOKEN", "secret-word");
    crate::cli::product::Answer::of(command).succeeded();
    assert_eq!(tickets(&product), [["1", "open"], ["2", "done"]]);
    for (path, bytes) in product.files("") {
        assert!(!bytes.windows(11).any(|window| window == b"secret-word"), "{}", path.display());
    }
}

#[test]
fn a_tap_that_crashes_keeps_what_its_last_state_stands_behind() {
    let product = tap("");
    let messages = issues() + &record(1, 1, "open") + &state(5) + &record(2, 1, "open");
    product.write("messages-0", &messages);
    product.write("then-0", "echo 'CRITICAL no such host' >&2\nexit 1\n");
    let answer = product.run(["collect"]);
    assert_eq!(answer.failed(3), "/bin/sh: ended with exit status: 1: CRITICAL no such host");
    assert_eq!(tickets(&product), [["1", "open"]]);
    product.write("messages-5", &(issues() + &record(2, 1, "open") + &state(6)));
    product.run(["collect"]).succeeded();
    assert_eq!(tickets(&product), [["1", "open"], ["2", "open"]]);
    // The same as if it had not crashed.
    let whole = tap("");
    whole.write("messages-0", &(issues() + &record(1, 1, "open") + &record(2, 1, "open") + &state(6)));
    whole.run(["collect"]).succeeded();
    crate::cli::product::assert_same(&product.dump(&[]), &whole.dump(&[]), "after a crash");
}

#[test]
fn a_tap_that_hangs_is_ended() {
    let product = tap("timeout = \"1s\"");
    product.write("messages-0", &(issues() + &record(1, 1, "open") + &state(5) + &record(2, 1, "open")));
    product.write("then-0", "sleep 300\n");
    let answer = product.run(["collect"]);
    assert_eq!(answer.failed(3), "/bin/sh: was ended after 1 s; a longer timeout = \"…\" lets it go on");
    assert_eq!(tickets(&product), [["1", "open"]]);
}

#[test]
fn garbage_costs_its_line() {
    let product = tap("");
    let record_without_key = record(3, 1, "open").replace("\"id\":3", "\"id\":null");
    let messages = [
        "Traceback\n",
        &issues(),
        &record(1, 1, "open"),
        "{\"type\": \"RECORD\"}\n",
        &record_without_key,
        &record(2, 1, "open"),
        &state(5),
    ];
    product.write("messages-0", &messages.concat());
    let answer = product.run(["collect"]);
    assert_eq!(answer.code, Some(3), "{}", answer.stderr);
    let lines: Vec<&str> = answer.stderr.lines().collect();
    assert!(
        lines
            .iter()
            .any(|line| line.contains("tail: output:1: not a message of a tap: expected value at column 1; put aside")),
        "{lines:?}"
    );
    assert!(
        lines.iter().any(|line| line.contains("tail: output:4: a record that is no object; put aside")),
        "{lines:?}"
    );
    assert!(lines.iter().any(|line| line.contains("table tickets: ticket_id is missing; put aside")), "{lines:?}");
    assert_eq!(lines.len(), 4, "{lines:?}");
    assert_eq!(tickets(&product), [["1", "open"], ["2", "open"]]);
}

#[test]
fn a_schema_that_changes_is_said() {
    let product = tap("");
    product.write("messages-0", &(issues() + &record(1, 1, "open") + &state(5)));
    product.run(["collect"]).succeeded();
    let other = record(2, 2, "open").replace("\"status\":", "\"state\":");
    product.write("messages-5", &(schema(&["id", "opened", "state", "changed"]) + &other + &state(6)));
    let answer = product.run(["collect"]).succeeded();
    let words = "warning: pipelines/t.sql: stream issues has no status, it is NULL; did you mean state?";
    assert_eq!(answer.stderr.lines().next(), Some(words));
    assert_eq!(tickets(&product), [["1", "open"], ["2", ""]]);
}

#[test]
fn a_new_version_of_a_stream_is_the_whole_of_it() {
    let product = tap("");
    let versioned = |id: u32, version: u32| {
        record(id, 1, "open").replace("\"type\":\"RECORD\"", &format!("\"type\":\"RECORD\",\"version\":{version}"))
    };
    let activate =
        |version: u32| format!("{{\"type\": \"ACTIVATE_VERSION\", \"stream\": \"issues\", \"version\": {version}}}\n");
    product.write("messages-0", &(issues() + &versioned(1, 1) + &versioned(2, 1) + &activate(1) + &state(5)));
    product.run(["collect"]).succeeded();
    product.write("messages-5", &(issues() + &versioned(2, 2) + &versioned(3, 2) + &activate(2) + &state(6)));
    product.run(["collect"]).succeeded();
    assert_eq!(tickets(&product), [["2", "open"], ["3", "open"]]);
    // The same version again says nothing of what it does not tell.
    product.write("messages-6", &(issues() + &versioned(4, 2) + &activate(2) + &state(7)));
    product.run(["collect"]).succeeded();
    assert_eq!(tickets(&product), [["2", "open"], ["3", "open"], ["4", "open"]]);
    // A record that does not fit is not a row that is gone.
    let wrong = versioned(3, 3).replace("2026-02-01T10:00:00Z", "yesterday");
    product.write("messages-7", &(issues() + &versioned(2, 3) + &wrong + &activate(3) + &state(8)));
    product.run(["collect"]);
    assert_eq!(tickets(&product), [["2", "open"], ["3", "open"], ["4", "open"]]);
}

#[test]
fn a_status_of_jira_may_stand_behind_other_changes() {
    let pipeline =
        "type = \"singer\"\ntap = [\"/bin/cat\", \"messages\"]\nmap = { ticket_events = \"tap-jira/ticket_events\" }\n";
    let product = project(pipeline, &[]);
    let item = |field: &str, to: &str| serde_json::json!({"field": field, "fromString": "A", "toString": to});
    let change = |id: &str, items: &[serde_json::Value]| {
        let record = serde_json::json!({"id": id, "issueId": "7", "created": "2026-02-01T10:00:00Z", "items": items});
        format!("{}\n", serde_json::json!({"type": "RECORD", "stream": "changelogs", "record": record}))
    };
    let messages = [
        change("1", &[item("resolution", "Fixed"), item("status", "Done")]),
        change("2", &[item("status", "Open"), item("resolution", "None")]),
        change("3", &[item("labels", "x")]),
    ];
    product.write("messages", &messages.concat());
    product.run(["collect"]).succeeded();
    let events = product.rows("SELECT event_id, to_value FROM ticket_events ORDER BY 1");
    assert_eq!(events, [["1", "Done"], ["2", "Open"]]);
}

#[test]
fn a_mapping_of_a_tap_is_checked_and_shown() {
    let product = tap("");
    for (sql, words) in [
        ("SELECT id AS ticket_id, min(opened) AS opened_at FROM issues GROUP BY id", "needs all rows at once"),
        (
            "SELECT i.id AS ticket_id, opened AS opened_at FROM issues i JOIN users u ON i.id = u.id",
            "reads several streams",
        ),
    ] {
        product.write("pipelines/t.sql", sql);
        assert!(product.run(["check"]).failed(1).contains(words), "{sql}");
    }
    product.write("pipelines/t.sql", SQL);
    product.write("messages-0", &(issues() + &record(1, 1, "open") + &record(2, 1, "open") + &state(5)));
    product.write("then-0", "sleep 300\n");
    let answer = product.run(["collect", "tail", "--sample", "1", "--format", "csv"]).succeeded();
    let text = String::from_utf8(answer.stdout).unwrap();
    assert_eq!(text.lines().nth(1), Some("1,open,2026-02-01T10:00:00Z,2026-02-01T10:00:00Z"), "{text}");
    assert!(!product.data().exists());
    // Another text of the mapping is owed everything.
    product.write("then-0", "");
    product.run(["collect"]).succeeded();
    product.write("pipelines/t.sql", &SQL.replace("status,", "upper(status) AS status,"));
    product.run(["collect"]).succeeded();
    assert_eq!(tickets(&product), [["1", "OPEN"], ["2", "OPEN"]]);
}

#[test]
fn a_killed_run_is_finished_by_the_next() {
    let start = || {
        let product = tap("");
        let records: String = (0..4_000).map(|id| record(id, 1, "open")).collect();
        product.write("messages-0", &(issues() + &records + &state(5)));
        product.write("messages-5", &(issues() + &state(5)));
        product
    };
    let undisturbed = start();
    let began = std::time::Instant::now();
    undisturbed.run(["collect"]).succeeded();
    let whole = began.elapsed();
    let expected = undisturbed.dump(&[]);
    for moment in 1..5 {
        let product = start();
        let mut child = product.command(["collect"]).spawn().unwrap();
        std::thread::sleep(whole * moment / 5);
        child.kill().unwrap();
        child.wait().unwrap();
        product.run(["collect"]).succeeded();
        crate::cli::product::assert_same(
            &product.dump(&[]),
            &expected,
            &format!("killed in fifth {moment} of {whole:?}"),
        );
    }
}
