//! Webhooks at the doors of the served product: what is taken is on disk, comes into the tables once, and nothing else does.

mod cdevents;
mod doors;
mod events;
mod kill;
mod power_cut;
mod python;
mod senders;
pub mod served;

use crate::cli::product::Product;
use crate::cli::space::Disk;
use crate::github_payloads::webhooks::{bodies, examples};
use paceline::store::Store;
use serde_json::{Value, json};
use served::{SECRET, Served, signed, until};

/// A project whose one pipeline takes webhooks of every repository.
fn project() -> Product {
    let product = Product::new();
    product.write(
        "pipelines/forge.toml",
        "type = \"github\"\npath = \"answers\"\nwebhook_secret = { file = \"secret\" }\n",
    );
    product.write("secret", SECRET);
    product
}

const DOOR: &str = "/api/v1/webhooks/forge";

/// A pull request that was opened.
fn opened(number: u64) -> Vec<u8> {
    let pull = json!({
        "node_id": format!("PR_{number}"), "number": number, "title": "A change", "state": "open", "draft": false,
        "user": {"id": 7, "login": "ann", "type": "User"}, "created_at": "2026-02-01T10:00:00Z",
        "updated_at": "2026-02-01T10:00:00Z", "commits": 1, "additions": 3, "deletions": 1, "changed_files": 1
    });
    let repository = json!({"node_id": "R_1", "full_name": "acme/shop"});
    json!({"action": "opened", "pull_request": pull, "repository": repository}).to_string().into_bytes()
}

fn pull_requests(product: &Product) -> Vec<Vec<String>> {
    product.rows("SELECT repository, number, title FROM pull_requests ORDER BY number")
}

#[test]
fn only_what_github_signed_is_taken_and_once() {
    let product = project();
    let server = Served::start(&product);
    assert_eq!(server.said, ["taking deliveries at /api/v1/webhooks/NAME: forge"]);
    let body = opened(1);
    let with = |name: &'static str, value: &str| {
        let mut headers = signed("pull_request", "d-0", &body);
        headers.retain(|it| it.0 != name);
        if !value.is_empty() {
            headers.push((name, value.to_owned()));
        }
        headers
    };
    let other = format!("sha256={}", "0".repeat(64));
    let cases = [
        (401, with("x-hub-signature-256", &other), "not that of this body"),
        (401, with("x-hub-signature-256", "sha1=00"), "not sha256="),
        (401, with("x-hub-signature-256", ""), "x-hub-signature-256 is missing"),
        (400, with("x-github-delivery", ""), "x-github-delivery is missing"),
        (400, with("x-github-event", "a b"), "not a word"),
        (415, with("content-type", "application/x-www-form-urlencoded"), "application/json"),
    ];
    for (status, headers, words) in cases {
        let (found, said) = server.post(DOOR, &headers, &body);
        assert_eq!(found, status, "{headers:?}");
        assert!(said["error"].as_str().unwrap().contains(words), "{said}");
    }
    let headers = signed("pull_request", "d-0", &body);
    assert_eq!(server.post("/api/v1/webhooks/other", &headers, &body).0, 404);
    assert_eq!(server.get(DOOR).0, 405);
    // One byte less is taken.
    let large = |bytes: usize| {
        let body = opened(2);
        [body[..1].to_vec(), vec![b' '; bytes - body.len()], body[1..].to_vec()].concat()
    };
    let too_large = large(25_000_000);
    assert_eq!(server.post(DOOR, &signed("pull_request", "d-1", &too_large), &too_large).0, 413);
    let chunked = [format!("{:x}\r\n", too_large.len()).as_bytes(), &too_large, b"\r\n0\r\n\r\n"].concat();
    let lines: Vec<String> =
        signed("pull_request", "d-1", &too_large).iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let head = format!("POST {DOOR} HTTP/1.1\r\nhost: test\r\ntransfer-encoding: chunked\r\n{}\r\n", lines.concat());
    assert_eq!(server.connect().ask(&head, &chunked).unwrap().0, 413);
    let unknown = server.post(DOOR, &signed("unheard_of", "d-2", &body), &body);
    assert_eq!(unknown, (200, json!({"status": "ignored", "reason": "no table holds what this event is about"})));
    assert!(product.files("landing").iter().all(|(_, bytes)| bytes.len() < 100), "something was stored");

    assert_eq!(server.post(DOOR, &headers, &body), (202, json!({"status": "taken"})));
    assert_eq!(server.post(DOOR, &headers, &body), (200, json!({"status": "taken before"})));
    let body = large(24_999_999);
    assert_eq!(server.post(DOOR, &signed("pull_request", "d-3", &body), &body).0, 202);
    let row = |number: &str| vec!["acme/shop".to_owned(), number.to_owned(), "A change".to_owned()];
    until("two pull requests", || pull_requests(&product) == [row("1"), row("2")]);
    // It is known also when it has left the log.
    assert_eq!(server.post(DOOR, &headers, &opened(1)), (200, json!({"status": "taken before"})));
}

#[test]
fn what_cannot_be_read_is_put_aside_and_holds_up_nothing() {
    let product = project();
    let server = Served::start(&product);
    let broken =
        br#"{"action": "opened", "pull_request": {"number": "one"}, "repository": {"full_name": "acme/shop"}}"#;
    for (id, body) in [("d-1", &broken[..]), ("d-2", b"{\"action\": "), ("d-3", &opened(3))] {
        assert_eq!(server.post(DOOR, &signed("pull_request", id, body), body).0, 202);
    }
    until("the pull request behind them", || pull_requests(&product).len() == 1);
    let aside = product.table(&["collect", "--quarantine"]);
    let said: Vec<String> = aside.iter().map(|it| format!("{} {}: {}", it[0], it[2], it[3])).collect();
    assert_eq!(
        said,
        [
            "forge delivery d-1 (pull_request): pull_request.number: invalid type: string \"one\", expected i64",
            "forge delivery d-2 (pull_request): action: EOF while parsing a value at line 1 column 11",
        ]
    );
    assert_eq!(aside[0][4].as_bytes(), broken);
    let status = product.run(["collect", "--status", "--format", "json"]).succeeded().stdout;
    let status: Value = serde_json::from_slice(&status).unwrap();
    assert_eq!((&status[0]["put_aside"], &status[0]["delivered_at"]), (&json!(2), &json!("2026-03-01T12:00:00Z")));
    assert!(server.get("/collectors").1.contains("2 put aside"));
}

#[test]
fn every_example_is_taken_or_ignored_for_a_reason() {
    let Some(folder) = examples() else { return };
    let product = project();
    let server = Served::start(&product);
    let all = bodies(&folder.join("api.github.com"));
    assert!(all.len() > 200, "{}", all.len());
    let mut taken = 0;
    for (index, (event, body)) in all.iter().enumerate() {
        let body = body.to_string().into_bytes();
        let send = || server.post(DOOR, &signed(event, &format!("d-{index}"), &body), &body);
        match send() {
            (202, said) => {
                assert_eq!(said, json!({"status": "taken"}));
                taken += 1;
                assert_eq!(send(), (200, json!({"status": "taken before"})));
            }
            (200, said) => assert!(said["status"] == "ignored" && said["reason"].is_string(), "{said}"),
            other => panic!("{event}: {other:?}"),
        }
    }
    assert!(taken > 100, "{taken}");
    let state = || Store::open(&product.data()).unwrap().state().unwrap();
    until("all examples", || state().received().unwrap().iter().map(|it| it.deliveries).sum::<u64>() == taken);
    assert_eq!(state().refused().unwrap(), []);
    // The examples end with the deletion of every comment and release.
    for table in ["pull_requests", "reviews", "builds", "build_jobs", "deployments", "repositories"] {
        assert_ne!(product.rows(&format!("SELECT count(*) FROM {table}")), [["0"]], "{table}");
    }
}

#[test]
fn a_full_disk_stops_what_is_taken_and_not_what_is_shown() {
    let product = project();
    let folder = product.home().join("disk");
    std::fs::create_dir(&folder).unwrap();
    let Some(disk) = Disk::mount(folder.clone()) else {
        eprintln!("skipped: a file system of limited size can only be mounted by root");
        return;
    };
    disk.resize(2_048);
    let mut command = product.command(["serve", "--http", "127.0.0.1:0"]);
    command.env("PACELINE_DATA", folder.join("data"));
    let server = Served::by(command);
    let mut number = 0;
    let mut send = || {
        number += 1;
        let mut body = opened(number);
        body.extend(vec![b' '; 100_000]);
        server.post(DOOR, &signed("pull_request", &format!("d-{number}"), &body), &body).0
    };
    let mut answers: Vec<u16> = Vec::new();
    while answers.last() != Some(&503) {
        answers.push(send());
        assert!(answers.len() < 1_000, "the disk does not fill");
    }
    assert!(answers.len() > 5, "{answers:?}");
    assert_eq!(server.get("/collectors").0, 200);
    disk.resize(64 << 10);
    until("space", || send() == 202);
}

#[test]
fn a_second_server_is_refused() {
    let product = project();
    let first = Served::start(&product);
    let refused = product.run(["serve", "--http", "127.0.0.1:0"]);
    let line = refused.failed(1);
    assert!(line.contains("landing is in use by another process (process "), "{line}");
    assert_eq!(first.get("/livez").0, 200);
    // Whoever only writes tables may.
    assert_eq!(product.run(["collect", "--status"]).code, Some(0));
}

#[test]
fn a_secret_that_is_missing_closes_one_door() {
    let product = project();
    product.write(
        "pipelines/other.toml",
        "type = \"github\"\npath = \"answers\"\nwebhook_secret = { env = \"NOT_SET_ANYWHERE\" }\n",
    );
    let server = Served::start(&product);
    assert_eq!(
        server.said[0],
        "error: other: deliveries are refused: environment variable NOT_SET_ANYWHERE is not set"
    );
    let body = opened(1);
    assert_eq!(server.post("/api/v1/webhooks/other", &signed("pull_request", "d-1", &body), &body).0, 404);
    assert_eq!(server.post(DOOR, &signed("pull_request", "d-1", &body), &body).0, 202);
}

/// Bodies are JSON in UTF-8 as GitHub writes it, whose signature is over the bytes and not over what they mean.
#[test]
fn the_signature_is_over_the_bytes() {
    let product = project();
    let server = Served::start(&product);
    let body = opened(1);
    let again: Value = serde_json::from_slice(&body).unwrap();
    let spaced = serde_json::to_vec_pretty(&again).unwrap();
    assert_eq!(server.post(DOOR, &signed("pull_request", "d-1", &body), &spaced).0, 401);
    assert_eq!(server.post(DOOR, &signed("pull_request", "d-1", &spaced), &spaced).0, 202);
}
