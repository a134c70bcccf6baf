//! `jira820` from PyPI, a stateful Jira Data Center of somebody else's making: <https://github.com/dongyi-kim/jira820>.
//!
//! Its moments of change are whole days, so that what changes between two runs does so on another day than before.

use super::{TABLES, keys, run};
use crate::github_world::client::send_to;
use crate::vendor_world::folder::Folder;
use serde_json::{Value, json};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

#[tokio::test(flavor = "multi_thread")]
async fn a_jira_that_changed_is_as_if_it_was_collected_at_once() {
    let Some(program) = installed() else { return };
    let state = tempfile::tempdir().unwrap();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let now = "2026-02-03T12:00:00Z".parse().unwrap();
    let folder = Folder::new();

    let jira = Jira::start(&program, state.path(), port, "2026-02-01");
    let keys = keys(&jira.url, &["JIRA820"]);
    let issues = jira.get("/rest/api/2/search?maxResults=1000&jql=")["issues"].as_array().unwrap().clone();
    assert!(issues.len() > 100, "{}: one page would do", issues.len());
    run(&folder, &keys, now, false).await.unwrap();
    assert_eq!(folder.count("SELECT count(*) FROM tickets").await, issues.len());
    assert!(folder.count("SELECT count(*) FROM ticket_events WHERE event = 'commented'").await > 50);
    let states = "SELECT count(DISTINCT state) FROM tickets";
    assert_eq!(folder.count(states).await, 3, "open, active and done");
    // What Jira says is resolved is what its changes made so.
    let unlike = "SELECT count(*) FROM tickets WHERE (resolved_at IS NULL) = (state = 'done')";
    assert_eq!(folder.count(unlike).await, 0);
    // Nothing new writes nothing.
    assert_eq!(run(&folder, &keys, now, false).await.unwrap().rows, []);
    drop(jira);

    let jira = Jira::start(&program, state.path(), port, "2026-02-02");
    let key = |index: usize| issues[index]["key"].as_str().unwrap().to_owned();
    let created = jira.send(
        "POST",
        "/rest/api/2/issue",
        json!({ "fields": {
        "project": { "key": "JIRA820" }, "issuetype": { "name": "Task" }, "summary": "Help with the build" } }),
    );
    let new = created["key"].as_str().unwrap().to_owned();
    for (issue, status) in [(&new, "In Progress"), (&new, "Done"), (&new, "Reopened"), (&key(3), ""), (&key(4), "")] {
        let path = format!("/rest/api/2/issue/{issue}/transitions");
        let transitions = jira.get(&path)["transitions"].as_array().unwrap().clone();
        let transition = transitions.iter().find(|it| status.is_empty() || it["to"]["name"] == status).unwrap();
        jira.send("POST", &path, json!({ "transition": { "id": transition["id"] } }));
    }
    jira.send("POST", &format!("/rest/api/2/issue/{}/comment", key(5)), json!({ "body": "have you tried" }));
    jira.send("PUT", &format!("/rest/api/2/issue/{}", key(6)), json!({ "fields": { "labels": ["b", "a"] } }));
    jira.send("PUT", &format!("/rest/api/2/issue/{}/assignee", key(7)), json!({ "name": "admin" }));
    jira.send("DELETE", &format!("/rest/api/2/issue/{}", key(8)), Value::Null);

    run(&folder, &keys, now, false).await.unwrap();
    let turns = format!(
        "SELECT event, from_value, to_value FROM ticket_events e JOIN tickets t ON t.ticket_id = e.ticket_id
         WHERE t.source_key = '{new}' AND field = 'status' ORDER BY event_id"
    );
    let expected =
        [["changed", "Open", "In Progress"], ["resolved", "In Progress", "Done"], ["reopened", "Done", "Reopened"]];
    assert_eq!(folder.rows(&turns).await, expected);
    let intervals = format!(
        "SELECT count(*) FROM ticket_statuses s JOIN tickets t ON t.ticket_id = s.ticket_id WHERE t.source_key = '{new}'"
    );
    assert_eq!(folder.count(&intervals).await, 4);
    // Nothing tells of a deleted issue but its absence.
    let whole = Folder::new();
    run(&whole, &keys, now, false).await.unwrap();
    let gone = folder.count("SELECT count(*) FROM tickets").await - whole.count("SELECT count(*) FROM tickets").await;
    assert!(gone > 0);
    run(&folder, &keys, now, true).await.unwrap();
    folder.assert_equals(&whole, &TABLES).await;
    let counts = folder.rows("SELECT sum(at_source - found), sum(gone) FROM source_counts").await;
    assert_eq!(counts, [["0".to_owned(), gone.to_string()]]);
}

/// The program, installed where it is missing; `None`, and a word about it, where it cannot be.
fn installed() -> Option<PathBuf> {
    static INSTALLED: OnceLock<bool> = OnceLock::new();
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/jira");
    let program = folder.join("venv/bin/jira820");
    if !*INSTALLED.get_or_init(|| program.exists() || install(&folder)) {
        eprintln!("skipped: jira820 of tests/jira/requirements.txt cannot be installed; no server's Jira is collected");
        return None;
    }
    Some(program)
}

fn install(folder: &Path) -> bool {
    let done = |command: &mut Command| command.current_dir(folder).status().is_ok_and(|status| status.success());
    done(Command::new("python3").args(["-m", "venv", "venv"]))
        && done(Command::new("venv/bin/pip").args(["install", "--quiet", "--requirement", "requirements.txt"]))
}

/// A running server; it ends when it is dropped, and what changed stays in the folder.
struct Jira {
    process: Child,
    url: String,
}

impl Jira {
    fn start(program: &Path, state: &Path, port: u16, date: &str) -> Jira {
        std::fs::write(state.join("config.yaml"), "modules: [Web]\nhistory_per_module: 60\n").unwrap();
        let process = Command::new(program)
            .env("JIRA820_PORT", port.to_string())
            .env("JIRA820_DATE", date)
            .env("JIRA820_PERSIST", state.join("state.json"))
            .env("JIRA820_CONFIG", state.join("config.yaml"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let jira = Jira { process, url: format!("http://127.0.0.1:{port}") };
        let began = Instant::now();
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(began.elapsed() < Duration::from_secs(60), "jira820 does not start");
            std::thread::sleep(Duration::from_millis(50));
        }
        jira
    }

    fn get(&self, path: &str) -> Value {
        self.send("GET", path, Value::Null)
    }

    fn send(&self, method: &str, path: &str, body: Value) -> Value {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let answer = send_to(&self.url, method, path, &[("content-type", "application/json")], &body).unwrap();
        assert!(answer.status < 300, "{method} {path}: {} {}", answer.status, answer.text);
        serde_json::from_str(&answer.text).unwrap_or_default()
    }
}

impl Drop for Jira {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}
