//! Rows by SQL: from files, programs and taps, and what happens where they do not fit.

mod command;
mod csv;
mod devlake;
mod helpdesk;
mod singer;
mod taps;

use crate::cli::product::{Answer, Product};

/// A project with one pipeline and its SQL files.
fn project(pipeline: &str, mappings: &[(&str, &str)]) -> Product {
    let product = Product::new();
    product.write("pipelines/tail.toml", pipeline);
    for (file, text) in mappings {
        product.write(&format!("pipelines/{file}"), text);
    }
    product
}

/// What a run that left something out said, and that it said so by its code.
fn said(answer: &Answer) -> Vec<&str> {
    assert_eq!(answer.code, Some(3), "{}", answer.stderr);
    answer.stderr.lines().collect()
}

#[test]
fn every_ready_mapping_is_sound() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("pipelines/mappings");
    let product = Product::new();
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let pipeline = match name.starts_with("tap-") {
            true => format!("type = \"singer\"\ntap = [\"{name}\"]\nmap = \"{name}\"\n"),
            false => format!("type = \"files\"\npath = \"in/*\"\nmap = \"{name}\"\n"),
        };
        product.write(&format!("pipelines/x-{name}.toml"), &pipeline);
        names.push(name);
    }
    assert!(names.len() >= 9, "{names:?}");
    let answer = product.run(["check"]).succeeded();
    assert!(answer.stderr.starts_with(&format!("ok: {} pipelines, ", names.len())), "{}", answer.stderr);
}

#[test]
fn hours_of_gh_archive_become_pull_requests() {
    let product = project("type = \"files\"\npath = \"hours/*.json.gz\"\nmap = \"gharchive\"\n", &[]);
    let event = |kind: &str, at: &str, payload: serde_json::Value| {
        let event = serde_json::json!({"id": at, "type": kind, "actor": {"login": "ann"}, "repo": {"id": 1, "name": "acme/app"},
            "payload": payload, "public": true, "created_at": at});
        format!("{event}\n")
    };
    let pull = |state: &str, merged: Option<&str>| {
        serde_json::json!({"number": 7, "title": "Revert \"x\"", "state": state, "user": {"login": "ann"}, "draft": false,
            "created_at": "2025-01-01T10:00:00Z", "merged_at": merged, "merged": merged.is_some(), "additions": 3})
    };
    let action = |action: &str, pull: serde_json::Value| serde_json::json!({"action": action, "number": 7, "pull_request": pull});
    let hours = [
        event("PullRequestEvent", "2025-01-01T10:00:01Z", action("opened", pull("open", None)))
            + &event("PushEvent", "2025-01-01T10:00:02Z", serde_json::json!({"size": 1})),
        event(
            "PullRequestReviewEvent",
            "2025-01-01T11:00:00Z",
            serde_json::json!({"action": "created", "pull_request": {"number": 7},
            "review": {"id": 9, "state": "APPROVED", "submitted_at": "2025-01-01T11:00:00Z", "user": {"login": "bob"}}}),
        ) + &event(
            "IssueCommentEvent",
            "2025-01-01T11:30:00Z",
            serde_json::json!({"action": "created", "issue": {"number": 8},
            "comment": {"id": 5, "user": {"login": "bob"}, "created_at": "2025-01-01T11:30:00Z"}}),
        ) + &event(
            "PullRequestEvent",
            "2025-01-01T11:40:00Z",
            action("closed", pull("closed", Some("2025-01-01T11:39:00Z"))),
        ),
    ];
    std::fs::create_dir_all(product.home().join("hours")).unwrap();
    for (hour, text) in hours.iter().enumerate() {
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        std::io::Write::write_all(&mut packed, text.as_bytes()).unwrap();
        std::fs::write(product.home().join(format!("hours/2025-01-01-{hour}.json.gz")), packed.finish().unwrap())
            .unwrap();
    }
    product.run(["collect"]).succeeded();
    let pulls = product.rows("SELECT repository, number, state, merged_at, is_revert, lines_added FROM pull_requests");
    assert_eq!(pulls, [["acme/app", "7", "merged", "2025-01-01T11:39:00Z", "true", "3"]]);
    assert_eq!(product.rows("SELECT review_id, state FROM reviews"), [["9", "approved"]]);
    assert_eq!(product.rows("SELECT count(*) FROM review_comments"), [["0"]]);
}
