//! Rows that anybody sends: a request is taken whole and once, or not at all, and says what is wrong with it.

use super::python;
use super::served::{Served, until};
use crate::cli::product::Product;
use serde_json::{Value, json};
use std::io::Write;
use std::process::{Command, Stdio};

const DOOR: &str = "/api/v1/events/builds";
const LINES: &str = "application/x-ndjson";
const ARROW: &str = "application/vnd.apache.arrow.stream";

fn project() -> Product {
    let product = Product::new();
    product.write("pipelines/probe.toml", "type = \"events\"\ntoken = { file = \"token\" }\n");
    product.write("pipelines/other.toml", "type = \"events\"\ntoken = { file = \"other\" }\n");
    product.write("token", "t0ken");
    product.write("other", "another");
    product
}

fn headers(kind: &str, key: &str) -> Vec<(&'static str, String)> {
    let mut headers = vec![("content-type", kind.to_owned()), ("authorization", "Bearer t0ken".to_owned())];
    if !key.is_empty() {
        headers.push(("idempotency-key", key.to_owned()));
    }
    headers
}

fn build(id: u32, status: &str) -> String {
    let row = json!({
        "repository": "acme/shop", "build_id": id.to_string(), "status": status, "started_at": "2026-02-01T10:00:00+01:00"
    });
    format!("{row}\n")
}

fn builds(product: &Product) -> Vec<Vec<String>> {
    product.rows("SELECT source, build_id, status, started_at FROM builds ORDER BY source, build_id")
}

fn row(source: &str, id: &str, status: &str) -> Vec<String> {
    [source, id, status, "2026-02-01T09:00:00Z"].map(str::to_owned).to_vec()
}

/// What curl says: status and body.
fn curl(server: &Served, door: &str, token: &str, more: &[&str], body: &str) -> Option<(u16, Value)> {
    let mut command = Command::new("curl");
    let authorization = format!("authorization: Bearer {token}");
    command.args(["-sS", "-w", " %{http_code}", "-H", &authorization, "-H", "content-type: application/x-ndjson"]);
    command.args(more).args(["--data-binary", "@-", &format!("http://{}{door}", server.address)]);
    let mut child = match command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn() {
        Ok(child) => child,
        Err(error) => {
            eprintln!("skipped: curl: {error}");
            return None;
        }
    };
    child.stdin.take().unwrap().write_all(body.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let (body, status) = text.rsplit_once(' ').unwrap();
    Some((status.parse().unwrap(), serde_json::from_str(body).unwrap()))
}

#[test]
fn lines_that_curl_sends_are_rows_once() {
    let product = project();
    let server = Served::start(&product);
    let body = [build(1, "running"), build(2, "success"), "\n".to_owned(), build(1, "failure")].concat();
    let Some(first) = curl(&server, DOOR, "t0ken", &[], &body) else { return };
    assert_eq!(first, (202, json!({"status": "taken"})));
    assert_eq!(curl(&server, DOOR, "t0ken", &[], &body).unwrap(), (200, json!({"status": "taken before"})));
    // Another's rows with the same keys; the token says whose they are.
    assert_eq!(curl(&server, DOOR, "another", &[], &body).unwrap().0, 202);
    let key = ["-H", "idempotency-key: run 7"];
    let chunked = ["-H", "idempotency-key: run 7", "-H", "transfer-encoding: chunked"];
    assert_eq!(curl(&server, DOOR, "t0ken", &chunked, &build(2, "failure")).unwrap().0, 202);
    let again = curl(&server, DOOR, "t0ken", &key, &build(3, "failure")).unwrap();
    assert_eq!(again, (200, json!({"status": "taken before"})), "a key is for one request");
    let tickets = "/api/v1/events/tickets";
    let ticket = json!({
        "ticket_id": "T-1", "requester_id": "Ann <ann@acme.example>", "assignee_id": "bob",
        "opened_at": "2026-02-01T10:00:00Z", "updated_at": "2026-02-02T10:00:00Z"
    });
    // The same key is another one for another table.
    assert_eq!(curl(&server, tickets, "t0ken", &key, &ticket.to_string()).unwrap().0, 202);
    let late = json!({"ticket_id": "T-1", "subject": "old", "opened_at": "2026-02-01T10:00:00Z", "updated_at": "2026-02-01T12:00:00Z"});
    assert_eq!(curl(&server, tickets, "t0ken", &[], &late.to_string()).unwrap().0, 202);
    let expected = [
        row("other", "1", "failure"),
        row("other", "2", "success"),
        row("probe", "1", "failure"),
        // It was sent last.
        row("probe", "2", "failure"),
    ];
    until("the builds", || builds(&product) == expected);
    until("the ticket", || product.rows("SELECT ticket_id FROM tickets") == [["T-1"]]);
    assert_eq!(
        product.rows("SELECT coalesce(subject, 'none') AS subject FROM tickets"),
        [["none"]],
        "an earlier version does not stand"
    );
    let named = "SELECT requester_id IS NOT NULL AND assignee_id IS NOT NULL AS named FROM tickets";
    assert_eq!(product.rows(named), [["true"]]);
    assert!(!product.dump(&[]).contains("ann@acme"), "somebody is named in a table");
    // Taken before also when it has left the log.
    assert_eq!(curl(&server, DOOR, "t0ken", &[], &body).unwrap().0, 200);
    let status = product.run(["collect", "--status", "--format", "json"]).succeeded().stdout;
    let status: Value = serde_json::from_slice(&status).unwrap();
    assert_eq!((&status[1]["source"], &status[1]["type"]), (&json!("probe"), &json!("events")));
    assert!(server.get("/collectors").1.contains("4 delivered"));
}

#[test]
fn arrow_streams_of_pyarrow_are_rows() {
    let product = project();
    let server = Served::start(&product);
    let url = format!("http://{}{DOOR}", server.address);
    let Some(answers) = python::send(&["arrow", &url, "t0ken"]) else { return };
    let said: Vec<(u16, String)> = answers
        .iter()
        .map(|(status, body)| {
            let body: Value = serde_json::from_str(body).unwrap();
            (*status, body.get("error").or(body.get("status")).and_then(Value::as_str).unwrap().to_owned())
        })
        .collect();
    let wrong = |words: &str| (422, format!("{words}; 1 refused and nothing stored"));
    let expected = [
        (202, "taken".to_owned()),
        (200, "taken before".to_owned()),
        (202, "taken".to_owned()),
        (202, "taken".to_owned()),
        wrong("column started_at is Timestamp(µs), not Timestamp(µs, \"UTC\")"),
        wrong("column attempt is Float64, not Int64"),
        wrong("builds has no column repositry; did you mean repository?"),
        wrong("column status is missing"),
        wrong("row 2: status is missing"),
        wrong("the body has no row"),
        wrong("it has dictionaries; send texts as texts"),
        wrong("its buffers are compressed; send them as they are"),
        wrong("its buffers are compressed; send them as they are"),
        wrong("it is no whole Arrow stream: a message is cut off, or longer than the body"),
        wrong("it is no whole Arrow stream: a message is cut off, or longer than the body"),
    ];
    for (found, expected) in said.iter().zip(&expected) {
        assert_eq!(found, expected);
    }
    assert_eq!(said.len(), expected.len());
    until("seven builds", || product.rows("SELECT count(*) FROM builds") == [["7"]]);
    let times = product.rows("SELECT DISTINCT started_at, status, attempt < 7, workflow IS NULL FROM builds");
    assert_eq!(times, [["2026-02-01T09:30:00Z", "success", "true", "true"]]);
}

#[test]
fn of_a_request_with_a_wrong_line_nothing_is_stored() {
    let product = project();
    let server = Served::start(&product);
    let post = |kind: &str, key: &str, body: &[u8]| server.post(DOOR, &headers(kind, key), body);
    let good = build(1, "success");
    let cases = [
        (format!("{good}{{\n"), "line 2: not JSON: "),
        (format!("{good}\n\n[1]\n"), "line 4: not a JSON object"),
        (format!("{good}{{\"repository\": \"x\"}}"), "line 2: build_id is missing"),
        (good.replace("build_id", "build_di"), "line 1: builds has no column build_di; did you mean build_id?"),
        (good.replace("2026-02-01T10:00:00+01:00", "2026-02-01"), "line 1: started_at is \"2026-02-01\", not a time"),
        (good.replace("{", "{\"source\": \"x\", "), "line 1: builds has no column source"),
        (String::new(), "the body has no row"),
        ("\n \n".to_owned(), "the body has no row"),
    ];
    for (body, words) in &cases {
        let (status, said) = post(LINES, "", body.as_bytes());
        let line = said["error"].as_str().unwrap_or_default();
        assert!(status == 422 && line.starts_with(words) && !line.contains('\n'), "{body}: {status} {said}");
    }
    let many: String = (0..20).map(|id| build(id, "success").replace("status", "state")).collect();
    let (status, said) = post(LINES, "", format!("{good}{many}").as_bytes());
    assert_eq!((status, &said["refused"], said["said"].as_array().map(Vec::len)), (422, &json!(20), Some(5)), "{said}");
    assert_eq!(post(LINES, "", &[0xff, 0xfe, 0x00]).0, 422);
    assert_eq!(post("application/json", "", good.as_bytes()).0, 415);
    assert_eq!(post(LINES, "\u{7f}", good.as_bytes()).0, 400);
    assert_eq!(post(LINES, &"k".repeat(256), good.as_bytes()).0, 400);
    let (status, said) = server.post("/api/v1/events/bilds", &headers(LINES, ""), good.as_bytes());
    assert_eq!((status, &said["error"]), (404, &json!("there is no table of that name; did you mean builds?")));
    let mut unknown = headers(LINES, "");
    for (token, words) in [("Bearer nobody", "the token is not that"), ("Basic dDBrZW4=", "not Bearer and a token")] {
        unknown[1].1 = token.to_owned();
        let (status, said) = server.post(DOOR, &unknown, good.as_bytes());
        assert!(status == 401 && said["error"].as_str().unwrap().contains(words), "{said}");
    }
    unknown.remove(1);
    assert_eq!(server.post(DOOR, &unknown, good.as_bytes()).0, 401);
    // Lengths of gigabytes that are promised and not sent.
    for length in [0x7fff_ffff_u32, 0xffff_fff0, 0x0100_0000] {
        let bomb = [&[0xff; 4][..], &length.to_le_bytes(), &[0; 64]].concat();
        assert_eq!(post(ARROW, "", &bomb).0, 422, "{length:#x}");
    }
    // One line of almost the largest body is refused as quickly as another.
    let long = [b"{\"repository\": \"".as_slice(), &vec![b'x'; 24_000_000]].concat();
    assert_eq!(post(LINES, "", &long).0, 422);
    assert!(product.files("landing").iter().all(|(_, bytes)| bytes.len() < 100), "something was stored");
    assert_eq!(builds(&product), Vec::<Vec<String>>::new());
    // The same request without its wrong line is another.
    assert_eq!(post(LINES, "again", good.as_bytes()).0, 202);
    until("the build", || builds(&product) == [row("probe", "1", "success")]);
}
