//! Senders of other products than GitHub: what each signed is taken once, nothing else is, and another pipeline may run for it.

use super::python;
use super::served::{Served, until};
use crate::cli::product::Product;
use crate::github_world::webhooks::signature;
use paceline::store::Store;
use serde_json::{Value, json};
use std::collections::BTreeSet;

const SECRET: &str = "a secret of the tests";
const SIGNING: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

type Headers = Vec<(&'static str, String)>;

/// A project with one pipeline that takes webhooks, and one that reads files when something came in.
fn project(sender: &str, secret: &str, runs: bool) -> Product {
    let product = Product::new();
    let runs = if runs { "runs = \"history\"\n" } else { "" };
    let text =
        format!("type = \"webhooks\"\nsignature = \"{sender}\"\nwebhook_secret = {{ file = \"secret\" }}\n{runs}");
    product.write("pipelines/desk.toml", &text);
    product.write("pipelines/history.toml", "type = \"files\"\npath = \"*.ndjson\"\ntable = \"incidents\"\n");
    product.write("incidents.ndjson", "{\"incident_id\": \"7\", \"opened_at\": \"2026-02-01T10:00:00Z\"}\n");
    product.write("secret", secret);
    product
}

const DOOR: &str = "/api/v1/webhooks/desk";

fn json_headers(headers: &[(&'static str, &str)]) -> Headers {
    let all = [&[("content-type", "application/json")], headers].concat();
    all.into_iter().map(|(name, value)| (name, value.to_owned())).collect()
}

#[test]
fn each_sender_comes_in_by_its_own_headers() {
    let body = json!({
        "event": {"id": "E1", "event_type": "incident.triggered"}, "webhookEvent": "jira:issue_updated",
        "object_kind": "pipeline"
    });
    let body = body.to_string();
    let hub = signature(SECRET, body.as_bytes());
    let pagerduty = hub.replace("sha256=", "v1=");
    let cases: [(&str, &str, Headers); 3] = [
        ("jira", "d-1", json_headers(&[("x-hub-signature", &hub), ("x-atlassian-webhook-identifier", "d-1")])),
        ("pagerduty", "E1", json_headers(&[("x-pagerduty-signature", &format!("v1={},{pagerduty}", "0".repeat(64)))])),
        (
            "gitlab",
            "k-1",
            json_headers(&[
                ("x-gitlab-token", SECRET),
                ("x-gitlab-event", "Pipeline Hook"),
                ("idempotency-key", "k-1"),
            ]),
        ),
    ];
    for (sender, id, headers) in cases {
        let product = project(sender, SECRET, false);
        let server = Served::start(&product);
        let mut unsigned = headers.clone();
        unsigned.remove(1);
        assert_eq!(server.post(DOOR, &unsigned, body.as_bytes()).0, 401, "{sender}");
        let mut forged = headers.clone();
        let last = forged[1].1.pop().map(|last| if last == '0' { '1' } else { '0' });
        forged[1].1.extend(last);
        assert_eq!(server.post(DOOR, &forged, body.as_bytes()).0, 401, "{sender}");
        let mut plain = headers.clone();
        plain[0].1 = "text/plain".to_owned();
        assert_eq!(server.post(DOOR, &plain, body.as_bytes()).0, 415, "{sender}");
        assert_eq!(server.post(DOOR, &headers, body.as_bytes()), (202, json!({"status": "taken"})), "{sender}");
        assert_eq!(server.post(DOOR, &headers, body.as_bytes()), (200, json!({"status": "taken before"})), "{sender}");
        // Nothing says what it means: it is kept.
        until("it is put aside", || !product.table(&["collect", "--quarantine"]).is_empty());
        let aside = product.table(&["collect", "--quarantine"]);
        assert_eq!((aside.len(), aside[0][3].as_str()), (1, "nothing says which table it is for"), "{sender}");
        assert!(aside[0][2].starts_with(&format!("delivery {id} (")), "{sender}: {}", aside[0][2]);
        assert_eq!(aside[0][4], body, "{sender}");
        let page = server.get("/collectors").1;
        assert!(page.contains("takes what is sent") && page.contains("1 delivered"), "{page}");
        let status = product.run(["collect", "--status", "--format", "json"]).succeeded().stdout;
        let status: Value = serde_json::from_slice(&status).unwrap();
        assert_eq!(status[0]["type"], "webhooks");
        assert_eq!(status[0]["delivered_at"], "2026-03-01T12:00:00Z");
    }
}

/// The published formula of Zendesk, at the moment that its example was signed.
#[test]
fn a_delivery_runs_the_pipeline_that_can_ask() {
    let mut product = project("zendesk", "dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ==", true);
    product.now = "2021-07-25T10:04:00Z";
    let mut server = Served::start(&product);
    let headers = json_headers(&[
        ("x-zendesk-webhook-signature", "gf3v0LzLRHPUnIdhbvwRDVEvzSb07/QN0GYjSNlkBT0="),
        ("x-zendesk-webhook-signature-timestamp", "2021-07-25T10:00:00Z"),
        ("x-zendesk-webhook-invocation-id", "01FBDX"),
    ]);
    assert_eq!(product.rows("SELECT count(*) FROM incidents"), [["0"]]);
    assert_eq!(server.post(DOOR, &headers, br#"{"say": "hello!"}"#).0, 401);
    assert_eq!(server.post(DOOR, &headers, br#"{"say": "hello"}"#), (202, json!({"status": "taken"})));
    assert_eq!(server.post(DOOR, &headers, br#"{"say": "hello"}"#), (200, json!({"status": "taken before"})));
    until("the other pipeline has run", || product.rows("SELECT incident_id FROM incidents") == [["7"]]);
    server.kill();
    product.now = "2021-07-25T10:06:00Z";
    let server = Served::start(&product);
    let (status, said) = server.post(DOOR, &headers, br#"{"say": "hello"}"#);
    assert_eq!(status, 401);
    assert!(said["error"].as_str().unwrap().contains("more than 5 minutes from now"), "{said}");
}

/// Each with the keys that only say whom to ask: nobody answers there, so that what is wanted stays wanted.
#[test]
fn a_delivery_makes_a_pipeline_of_its_own_type_due() {
    let body = r#"{"say": "hello"}"#;
    let hub = signature(SECRET, body.as_bytes());
    let cases: [(&str, &str, &str, Headers); 4] = [
        ("gitlab", "projects = [\"acme/*\"]", SECRET, json_headers(&[("x-gitlab-token", SECRET)])),
        ("jira", "projects = [\"OPS\"]", SECRET, json_headers(&[("x-hub-signature", &hub)])),
        ("pagerduty", "", SECRET, json_headers(&[("x-pagerduty-signature", &hub.replace("sha256=", "v1="))])),
        (
            "zendesk",
            "",
            "dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ==",
            json_headers(&[
                ("x-zendesk-webhook-signature", "gf3v0LzLRHPUnIdhbvwRDVEvzSb07/QN0GYjSNlkBT0="),
                ("x-zendesk-webhook-signature-timestamp", "2021-07-25T10:00:00Z"),
            ]),
        ),
    ];
    for (kind, keys, secret, headers) in cases {
        let mut product = Product::new();
        product.now = "2021-07-25T10:04:00Z";
        let asks = "url = \"http://127.0.0.1:9\"\ntoken = { file = \"token\" }\nwebhook_secret = { file = \"secret\" }";
        product.write("pipelines/source.toml", &format!("type = \"{kind}\"\n{asks}\n{keys}\n"));
        product.write("token", "t0ken");
        product.write("secret", secret);
        let server = Served::start(&product);
        assert_eq!(server.said, ["taking deliveries at /api/v1/webhooks/NAME: source"], "{kind}");
        let door = "/api/v1/webhooks/source";
        assert_eq!(server.post(door, &headers[..1], body.as_bytes()).0, 401, "{kind}");
        let state = || Store::open(&product.data()).unwrap().state().unwrap();
        assert_eq!(state().wanted().unwrap(), BTreeSet::new(), "{kind}");
        assert_eq!(server.post(door, &headers, body.as_bytes()), (202, json!({"status": "taken"})), "{kind}");
        until("it is due", || state().wanted().unwrap() == BTreeSet::from(["source".to_owned()]));
        assert_eq!(server.post(door, &headers, body.as_bytes()), (200, json!({"status": "taken before"})), "{kind}");
        assert_eq!(state().refused().unwrap(), [], "{kind}");
    }
}

#[test]
fn what_the_package_of_standard_webhooks_signs_is_taken() {
    for sender in ["standard", "gitlab"] {
        let product = project(sender, SIGNING, false);
        let server = Served::start(&product);
        let url = format!("http://{}{DOOR}", server.address);
        let Some(answers) = python::send(&["standard", &url, SIGNING, "2026-03-01T11:56:00+00:00"]) else { return };
        let statuses: Vec<u16> = answers.iter().map(|it| it.0).collect();
        assert_eq!(statuses, [202, 200, 401, 202, 202], "{sender}: {answers:?}");
        for (time, status) in [("2026-03-01T11:54:59+00:00", 401), ("2026-03-01T12:05:01+00:00", 401)] {
            let answers = python::send(&["standard", &url, SIGNING, time]).unwrap();
            assert!(answers.iter().all(|it| it.0 == status), "{sender} at {time}: {answers:?}");
        }
        let other = python::send(&["standard", &url, "whsec_QUJDREVGR0g=", "2026-03-01T12:00:00+00:00"]).unwrap();
        assert!(other.iter().all(|it| it.0 == 401), "{sender}: {other:?}");
        until("all are put aside", || product.table(&["collect", "--quarantine"]).len() == 3);
    }
}

#[test]
fn doors_say_what_they_are_for() {
    let product = project("jira", SECRET, false);
    product.write("pipelines/ci.toml", "type = \"cdevents\"\ntoken = { file = \"secret\" }\n");
    product.write("pipelines/probe.toml", "type = \"events\"\ntoken = { file = \"token\" }\n");
    product.write("pipelines/twin.toml", "type = \"events\"\ntoken = { file = \"token\" }\n");
    product.write("token", "t0ken");
    let server = Served::start(&product);
    assert_eq!(
        server.said,
        [
            "error: twin: deliveries are refused: its token is that of probe too; give each its own",
            "taking deliveries at /api/v1/webhooks/NAME: desk",
            "taking deliveries at /api/v1/cdevents/NAME: ci",
            "taking deliveries at /api/v1/events/TABLE: probe, twin",
        ]
    );
    for door in [DOOR, "/api/v1/cdevents/ci", "/api/v1/events/builds"] {
        let (status, said) = server.get(door);
        assert_eq!(status, 405, "{door}");
        assert!(said.contains("by POST"), "{said}");
    }
    // Nobody comes in at another's door.
    let headers = json_headers(&[("authorization", &format!("Bearer {SECRET}"))]);
    for door in ["/api/v1/webhooks/ci", "/api/v1/cdevents/desk", "/api/v1/cdevents/probe", "/api/v1/events/nothing"] {
        assert!([401, 404, 415].contains(&server.post(door, &headers, b"{}").0), "{door}");
    }
    // Running what only receives does nothing, and says nothing.
    let mut collect = product.command(["collect"]);
    collect.env("PACELINE_DATA", product.home().join("other"));
    assert_eq!(String::from_utf8(collect.output().unwrap().stderr).unwrap(), "history: 1 incidents\n");
    product.write(
        "pipelines/desk.toml",
        "type = \"webhooks\"\nsignature = \"jira\"\nwebhook_secret = { file = \"secret\" }\nruns = \"histroy\"\n",
    );
    let line = product.run(["collect"]).failed(1).to_owned();
    assert!(line.contains("pipelines/desk.toml:4:8: no pipeline histroy can be run; did you mean history?"), "{line}");
}
